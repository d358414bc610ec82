"""One lot: everything that is public of it in the order of its procedure, its notices, its documents."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream
from sqlalchemy import Connection

from api.desk import AnyRequest, Desk
from api.handlers.tenders import pieces
from api.pages import page
from bidding import views_opening
from bidding.acts import papers as paper_acts
from notary import canonical
from notary.errors import Unknown
from trading import regions, views_lot, views_notice
from trading.views_lot import Lot

_LARGEST = 1 << 28


@get("/lots/{tender:str}", **page.operation("page.lot"))
def show_lot(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    def view(connection: Connection, _caller: Any) -> dict[str, Any]:
        lot = views_lot.load(connection, tender)
        return _around(lot) | _told(connection, lot)

    return page.show_all(desk, request, "public/lot", view)


@get("/lots/{tender:str}/notices/{number:int}", **page.operation("page.lot"))
def show_notice(
    desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str], number: FromPath[int]
) -> Response[bytes]:
    """The notice as the signed paper has it, and what it changed of the one before."""

    def view(connection: Connection, _caller: Any) -> dict[str, Any]:
        lot = views_lot.load(connection, tender)
        about = views_notice.about(views_notice.notice(lot, number))
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
            "changes": views_notice.changes(lot, number),
            "issued": next((one for one in views_lot.papers(lot) if one["name"] == f"tender_notice_{number}"), None),
        }

    return page.show_all(desk, request, "public/notice", view)


@get("/lots/{tender:str}/documents/{sha256:str}", **page.operation("page.lot"))
def show_document(
    desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str], sha256: FromPath[str]
) -> Stream:
    """A document under its own name, always to be saved: nothing that others wrote is shown in our pages' origin."""
    desk.enter(request)
    with desk.work.reading() as connection:
        found = views_lot.document(views_lot.load(connection, tender), sha256)
    if found is None:
        raise Unknown("document_unknown", "没有这个文件。", "There is no such document.", field="sha256")
    return Stream(
        pieces(desk, f"documents/{sha256}"),
        media_type="application/octet-stream",
        headers={
            "Content-Length": str(found["size"]),
            "Content-Disposition": f"attachment; filename=\"{sha256[:16]}\"; filename*=UTF-8''{quote(found['name'])}",
            "Content-Security-Policy": "sandbox; default-src 'none'",
        },
    )


def _around(lot: Lot) -> dict[str, Any]:
    return {"lot": views_lot.head(lot), "region": regions.named(lot.row.content["region"])}


def _told(connection: Connection, lot: Lot) -> dict[str, Any]:
    names = views_opening.trustee_names(connection)
    opened = lot.last("lot_opened") is not None
    received = views_opening.received(connection, lot.row.tender) if opened else {}
    return {
        "steps": views_lot.steps(lot),
        "terms": views_lot.terms(lot),
        "documents": views_lot.documents(lot),
        "answers": views_lot.answers(lot),
        "history": views_lot.history(lot),
        "opening": views_opening.opening(lot, names, received),
        "ranking": views_opening.ranking(lot),
        "candidates": views_opening.candidates(lot),
        "award": views_opening.award(lot),
        "papers": views_lot.papers(lot),
    }


HANDLERS = [show_lot, show_notice, show_document]
