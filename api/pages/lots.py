"""One lot: everything that is public of it in the order of its procedure, its notices, its documents."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream
from sqlalchemy import Connection

from api import auction_live
from api.desk import AnyRequest, Desk, for_saving
from api.handlers.tenders import pieces
from api.pages import page
from bidding.acts import papers as paper_acts
from bidding.views import auction, public
from notary import canonical
from notary.errors import Unknown
from trading import regions
from trading.views import contract as contract_views
from trading.views import draws as draw_views
from trading.views import lot as lot_views
from trading.views import notice as notice_views
from trading.views.agency import organisation_names
from trading.views.lot import Lot

_LARGEST = 1 << 28


@get("/lots/{tender:str}", **page.operation("page.lot"))
def show_lot(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    def view(connection: Connection, _caller: Any) -> dict[str, Any]:
        lot = lot_views.load(connection, tender)
        return _around(lot) | _told(desk, connection, lot)

    return page.show_all(desk, request, "public/lot", view)


@get("/lots/{tender:str}/notices/{number:int}", **page.operation("page.lot"))
def show_notice(
    desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str], number: FromPath[int]
) -> Response[bytes]:
    """The notice as the signed paper has it, and what it changed of the one before."""

    def view(connection: Connection, _caller: Any) -> dict[str, Any]:
        lot = lot_views.load(connection, tender)
        about = notice_views.about(notice_views.notice(lot, number))
        _, facts = paper_acts.facts(
            connection,
            tender,
            f"tender_notice_{number}",
            origin=desk.settings.origin,
            demonstration=desk.settings.demonstration,
        )
        return _around(lot) | {
            "about": about,
            "paper": canonical.loads(facts, max_bytes=_LARGEST),
            "changes": notice_views.changes(lot, number),
            "issued": next((one for one in lot_views.papers(lot) if one["name"] == f"tender_notice_{number}"), None),
        }

    return page.show_all(desk, request, "public/notice", view)


@get("/lots/{tender:str}/documents/{sha256:str}", **page.operation("page.lot"))
def show_document(
    desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str], sha256: FromPath[str]
) -> Stream:
    """A document under its own name, always to be saved: nothing that others wrote is shown in our pages' origin."""
    desk.enter(request)
    with desk.work.reading() as connection:
        found = lot_views.document(lot_views.load(connection, tender), sha256)
    if found is None:
        raise Unknown("document_unknown", "没有这个文件。", "There is no such document.", field="sha256")
    return Stream(
        pieces(desk, f"documents/{sha256}"),
        media_type="application/octet-stream",
        headers={
            "Content-Length": str(found["size"]),
            **for_saving(sha256[:16]),
            "Content-Disposition": f"attachment; filename=\"{sha256[:16]}\"; filename*=UTF-8''{quote(found['name'])}",
        },
    )


def _around(lot: Lot) -> dict[str, Any]:
    return {"lot": lot_views.head(lot), "region": regions.named(lot.row.content["region"])}


def _told(desk: Desk, connection: Connection, lot: Lot) -> dict[str, Any]:
    names = public.trustee_names(connection)
    opened = lot.last("lot_opened") is not None
    received = public.received(connection, lot.row.tender) if opened else {}
    holders = auction.holders(connection, lot.row.tender).values()
    return {
        "steps": lot_views.steps(lot),
        "terms": lot_views.terms(lot),
        "invited": _invited(connection, lot),
        "documents": lot_views.documents(lot),
        "answers": lot_views.answers(lot),
        "history": lot_views.history(lot),
        "opening": public.opening(lot, names, received),
        "auction": auction_live.facts(connection, desk.floor, lot.row.tender) if lot.procedure.auction else None,
        "draws": draw_views.shown(connection, lot.row.tender),
        "ranking": public.ranking(lot),
        "candidates": public.candidates(lot),
        "publicity": lot_views.sale_publicity(connection, lot),
        "award": public.award(lot, {one["organisation"]: one["name"] for one in holders}),
        "papers": lot_views.papers(lot),
        **contract_views.show(connection, lot.row.tender),
    }


def _invited(connection: Connection, lot: Lot) -> list[dict[str, str]]:
    """Who was invited, once it is disclosed: code and name."""
    told = lot_views.invitation(lot)
    codes = [] if told is None or told["bidders"] is None else told["bidders"]
    names = organisation_names(connection, codes)
    return [{"code": code, "name": names[code]} for code in codes]


HANDLERS = [show_lot, show_notice, show_document]
