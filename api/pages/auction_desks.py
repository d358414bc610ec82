"""Officials and an auction: the agency examines who applies; both stop it and let it go on, a supervisor ends it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from sqlalchemy import Connection

from api import auction_live
from api.desk import AnyRequest, Desk
from api.pages import agency_forms, official, page, sent, supervisor
from api.pages.agency_acts import View, own_view
from api.pages.page import Again
from api.pages.sent import Sent
from bidding.acts import auctions as acts
from bidding.acts import registering
from bidding.auctions.state import State
from bidding.views import auction as views
from notary import clock
from notary.errors import Malformed, Refusal
from notary.work import Lock, Unit
from trading.acts import stages
from trading.acts.stages import Tender
from trading.caller import Caller

#: An act of an official on a running auction.
Steer = Callable[[Unit, Tender, Caller], State]


@get("/agency/lots/{tender:str}/auction", **page.operation("page.own_result"))
def show(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    """Who applies, and how the auction stands."""
    return official.show(desk, request, "agency/auction", _view(desk, tender), tender)


@post("/agency/lots/{tender:str}/auction/admissions", **page.operation("auction.admit"))
def admit(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = sent.read(body)
    admitted = form.ticked("admitted")

    def act(unit: Unit, caller: Caller) -> dict[str, Any]:
        application = form.wanted("application")
        if admitted:
            registering.admit(unit, desk.floor, caller, tender, application)
        else:
            registering.refuse(unit, caller, tender, application, form.wanted("clause"), form.wanted("reason"))
        return {}

    return _submit(desk, request, form, tender, act, "admitted" if admitted else "refused")


@post("/agency/lots/{tender:str}/auction/stop", **page.operation("auction.stop"))
def stop(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = sent.read(body)
    return _submit(desk, request, form, tender, _steered(tender, _stop(desk, form)), "stopped")


@post("/agency/lots/{tender:str}/auction/announcement", **page.operation("auction.announce"))
def announce(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = sent.read(body)
    return _submit(desk, request, form, tender, _steered(tender, _announce(desk, form)), "announced")


@post("/agency/lots/{tender:str}/auction/resumption", **page.operation("auction.resume"))
def resume(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = sent.read(body)
    return _submit(desk, request, form, tender, _steered(tender, _resume(desk)), "resumed")


@post("/supervisor/lots/{tender:str}/auction/stop", **page.operation("auction.stop"))
def stop_by_supervisor(
    desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]
) -> Response[bytes]:
    form = sent.read(body)
    return _supervise(desk, request, form, tender, _stop(desk, form), "stopped")


@post("/supervisor/lots/{tender:str}/auction/announcement", **page.operation("auction.announce"))
def announce_by_supervisor(
    desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]
) -> Response[bytes]:
    form = sent.read(body)
    return _supervise(desk, request, form, tender, _announce(desk, form), "announced")


@post("/supervisor/lots/{tender:str}/auction/resumption", **page.operation("auction.resume"))
def resume_by_supervisor(
    desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]
) -> Response[bytes]:
    form = sent.read(body)
    return _supervise(desk, request, form, tender, _resume(desk), "resumed")


@post("/supervisor/lots/{tender:str}/auction/termination", **page.operation("auction.terminate"))
def terminate(
    desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]
) -> Response[bytes]:
    form = sent.read(body)

    def act(unit: Unit, row: Tender, caller: Caller) -> State:
        if not form.ticked("sure"):
            raise Malformed("not_confirmed", "请确认终止。", "Confirm that it is to end.", field="sure")
        try:
            return acts.terminate(unit, desk.floor, row, caller, form.wanted("end_ground"))
        except Refusal as refusal:
            # On the page of a lot two forms ask for a ground.
            refusal.field = "end_ground" if refusal.field == "ground" else refusal.field
            raise

    return _supervise(desk, request, form, tender, act, "terminated")


def _stop(desk: Desk, form: Sent) -> Steer:
    return lambda unit, row, caller: acts.stop(unit, desk.floor, row, caller, form.wanted("ground"))


def _announce(desk: Desk, form: Sent) -> Steer:
    def act(unit: Unit, row: Tender, caller: Caller) -> State:
        resumes_at = clock.parse(agency_forms.moment(form, "resumes_at"))
        return acts.announce(unit, desk.floor, row, caller, resumes_at)

    return act


def _resume(desk: Desk) -> Steer:
    return lambda unit, row, caller: acts.resume(unit, desk.floor, row, caller)


def _steered(tender: str, act: Steer) -> Callable[[Unit, Caller], dict[str, Any]]:
    def done(unit: Unit, caller: Caller) -> dict[str, Any]:
        return {"phase": act(unit, stages.load_published(unit.connection, tender), caller).phase}

    return done


def _submit(
    desk: Desk, request: AnyRequest, form: Sent, tender: str, act: Callable[[Unit, Caller], Any], done: str
) -> Response[bytes]:
    again = Again("agency/auction", _view(desk, tender))
    return official.submit(desk, request, form, tender, act, f"/auction?done={done}", again)


def _supervise(desk: Desk, request: AnyRequest, form: Sent, tender: str, act: Steer, done: str) -> Response[bytes]:
    then = f"/supervisor/lots/{tender}?done={done}"
    again = Again("supervisor/lot", supervisor.lot_view(desk, tender))
    return page.submit(desk, request, form, [Lock(tender)], _steered(tender, act), lambda _answer: then, again)


def _view(desk: Desk, tender: str) -> View:
    def more(connection: Connection, own: Caller, _row: Tender) -> dict[str, Any]:
        return {
            "auction": auction_live.facts(connection, desk.floor, tender),
            "applications": views.applications(connection, own, tender, desk.glance_time()),
        }

    return own_view(desk, tender, more, stages.load_own_published)


HANDLERS = [
    *(show, admit, stop, announce, resume),
    *(stop_by_supervisor, announce_by_supervisor, resume_by_supervisor, terminate),
]
