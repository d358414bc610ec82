"""A bidder in an auction: its application, and the hall in which it bids. Bids are signed by the page's script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from sqlalchemy import Connection

from api import auction_live
from api.desk import AnyRequest, Desk
from api.pages import page, sent
from api.pages.keys import vault_of
from api.pages.page import Again
from bidding.acts import registering
from bidding.views import auction as views
from bidding.views import bidder
from notary.errors import Unknown
from notary.work import Lock
from trading.acts import questions, stages
from trading.caller import Caller, known

#: A bid so many steps above the price that leads is asked for once more: a slip of the finger costs a fortune.
JUMP: Final = 5


@get("/bidder/auctions/{tender:str}", **page.operation("page.bidder"))
def show(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    """The application, and what became of it."""
    return page.show(desk, request, "bidder/application", _view(desk, tender))


@post("/bidder/auctions/{tender:str}/applications", **page.operation("auction.apply"))
def apply(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = sent.read(body)
    return page.submit(
        desk,
        request,
        form,
        [Lock(tender)],
        lambda unit, caller: registering.apply(unit, caller, tender, form.wanted("statement")),
        lambda _answer: f"/bidder/auctions/{tender}?done=applied",
        Again("bidder/application", _view(desk, tender)),
    )


@post("/bidder/auctions/{tender:str}/questions", **page.operation("question.ask"))
def ask(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = sent.read(body)
    return page.submit(
        desk,
        request,
        form,
        [Lock(tender, shared=True)],
        lambda unit, caller: {"question": questions.ask(unit, caller, tender, form.wanted("question"))},
        lambda _answer: f"/bidder/auctions/{tender}?done=asked",
        Again("bidder/application", _view(desk, tender)),
    )


@get("/bidder/auctions/{tender:str}/hall", **page.operation("page.bidder"))
def show_hall(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    def view(connection: Connection, caller: Caller | None) -> dict[str, Any]:
        facts = _view(desk, tender)(connection, caller)
        if facts["own"]["number"] is None:
            raise Unknown(
                "no_number",
                "本单位在这次竞价中没有号牌。",
                "Your organisation has no number in this auction.",
                field="tender",
            )
        own = known(caller)
        return {**facts, "vault": vault_of(own), "bidder": own.organisation, "jump": JUMP}

    return page.show(desk, request, "bidder/auction", view, libraries=True)


def _view(desk: Desk, tender: str) -> Callable[[Connection, Caller | None], dict[str, Any]]:
    def view(connection: Connection, caller: Caller | None) -> dict[str, Any]:
        own = known(caller)
        row = stages.load_published(connection, tender)
        return {
            "lot": bidder.head(connection, row),
            "auction": auction_live.facts(connection, desk.floor, tender),
            "own": views.own(connection, desk.floor, own, tender, desk.glance_time()),
            "keys": bidder.registered_keys(connection, own.organisation, "statement"),
        }

    return view


HANDLERS = [show, apply, ask, show_hall]
