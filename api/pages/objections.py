"""Objections in a browser: the bidder's page with the form, the agency's list with its answers."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from sqlalchemy import Connection

from api.desk import AnyRequest, Desk
from api.handlers.objections import ObjectionAnswerForm, ObjectionForm, act_answer, act_file
from api.pages import official, page, sent
from api.pages.agency_acts import View, own_view
from api.pages.page import Again
from notary.work import Lock
from trading.acts import stages
from trading.caller import Caller, known
from trading.views import complaints, objections


@get("/bidder/lots/{tender:str}/objections", **page.operation("page.bidder"))
def show_own(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    return page.show(desk, request, "bidder/objections", objector_view(desk, tender))


@post("/bidder/lots/{tender:str}/objections", **page.operation("objection.file"))
def file(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = sent.read(body)
    return page.submit(
        desk,
        request,
        form,
        [Lock(tender)],
        lambda unit, caller: act_file(unit, caller, tender, form.filled(ObjectionForm)),
        lambda _answer: f"/bidder/lots/{tender}/objections?done=filed",
        Again("bidder/objections", objector_view(desk, tender)),
    )


@get("/agency/lots/{tender:str}/objections", **page.operation("page.own_lot"))
def show_all(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    return official.show(desk, request, "agency/objections", _agency_view(desk, tender), tender)


@post("/agency/lots/{tender:str}/objections", **page.operation("objection.answer"))
def answer(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = sent.read(body)
    return official.submit(
        desk,
        request,
        form,
        tender,
        lambda unit, caller: act_answer(unit, caller, tender, form.filled(ObjectionAnswerForm)),
        "/objections?done=answered",
        Again("agency/objections", _agency_view(desk, tender)),
    )


def objector_view(desk: Desk, tender: str) -> View:
    """What an organisation sees of its objections and complaints about a lot."""

    def view(connection: Connection, caller: Caller | None) -> dict[str, Any]:
        own = known(caller)
        row = stages.load_published(connection, tender)
        return {
            "lot": {"tender": row.tender, "title": row.title, "stage": row.stage, "held": row.held},
            "windows": objections.windows(connection, tender, desk.glance_time()),
            "objections": [one for one in objections.own(connection, own) if one["tender"] == tender],
            "complaints": [one for one in complaints.own(connection, own) if one["tender"] == tender],
            "complaint_windows": complaints.windows(connection, own, tender, desk.glance_time()),
            "published": stages.procedure_of(row).objections.published,
        }

    return view


def _agency_view(desk: Desk, tender: str) -> View:
    def more(connection: Connection, own: Caller, row: stages.Tender) -> dict[str, Any]:
        if row.published_at is None:
            return {"objections": [], "complaints": [], "published": ()}
        return {
            "objections": objections.seen(connection, own, tender),
            "complaints": complaints.seen(connection, own, tender),
            "published": stages.procedure_of(row).objections.published,
        }

    return own_view(desk, tender, more)


HANDLERS = [show_own, file, show_all, answer]
