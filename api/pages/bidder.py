"""The bidder's desk: lots to bid on, and one lot's bid from the form to the receipt. Sealing is the page's script's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from sqlalchemy import Connection

from api.desk import AnyRequest, Desk
from api.pages import auctions, page, sent
from api.pages.keys import vault_of
from api.pages.page import Again
from bidding.views import auction as views
from bidding.views import bidder, deposits
from notary.work import Lock
from trading import calendar
from trading.acts import explanations, questions
from trading.caller import Caller, known
from trading.views import lists

_DAY = timedelta(days=1)


@get("/bidder", **page.operation("page.bidder"))
def show_desk(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    def view(connection: Connection, caller: Caller | None) -> dict[str, Any]:
        own = known(caller)
        keys = bidder.registered_keys(connection, own.organisation, "statement")
        start = calendar.midnight(calendar.beijing_day(desk.glance_time()))
        return {
            **bidder.lots(connection, own),
            "keys": keys,
            "auctions": _auctions(desk, connection, own),
            "answers": bidder.newest_answers(connection, own),
            "today": lists.openings(connection, start, end=start + _DAY),
        }

    return page.show(desk, request, "bidder/desk", view)


@get("/bidder/rehearsal", **page.operation("page.bidder"))
def show_rehearsal(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    return page.show(desk, request, "bidder/rehearsal", lambda _connection, _caller: {}, libraries=True)


@get("/bidder/lots/{tender:str}", **page.operation("page.bidder"))
def show_bid(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    return page.show(desk, request, "bidder/bid", _bid(tender), libraries=True)


@post("/bidder/lots/{tender:str}/questions", **page.operation("question.ask"))
def ask(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = sent.read(body)
    return page.submit(
        desk,
        request,
        form,
        [Lock(tender, shared=True)],
        lambda unit, caller: {"question": questions.ask(unit, caller, tender, form.wanted("question"))},
        lambda _answer: f"/bidder/lots/{tender}?done=asked",
        Again("bidder/bid", _bid(tender), libraries=True),
    )


@post("/bidder/lots/{tender:str}/explanation", **page.operation("explanation.give"))
def explain(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    """Explain the own price, as the committee has asked."""
    form = sent.read(body)
    return page.submit(
        desk,
        request,
        form,
        [Lock(tender)],
        lambda unit, caller: explanations.give(unit, caller, tender, text=form.wanted("text")),
        lambda _answer: f"/bidder/lots/{tender}?done=explained",
        Again("bidder/bid", _bid(tender), libraries=True),
    )


def _auctions(desk: Desk, connection: Connection, own: Caller) -> list[dict[str, Any]]:
    """Auctions that have not ended, each with what the caller's organisation has in it."""
    found = auctions.listed(connection, desk.floor, views.running(connection))
    return [one | {"own": views.own(connection, desk.floor, own, one["tender"], desk.glance_time())} for one in found]


def _bid(tender: str) -> Any:
    def view(connection: Connection, caller: Caller | None) -> dict[str, Any]:
        own = known(caller)
        return {
            **bidder.bid(connection, own, tender),
            "vault": vault_of(own),
            "bidder": own.organisation,
            "deposits": deposits.own(connection, tender, own.organisation),
        }

    return view


HANDLERS = [show_desk, show_rehearsal, show_bid, ask, explain]
