"""Auctions as everybody sees them: the live page of one, and its events in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import anyio.to_thread
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream
from sqlalchemy import Connection

from api import auction_live as lives
from api.auction_live import AuctionLive
from api.desk import AnyRequest, Desk
from api.live import headers_of, room_for
from api.pages import page
from bidding.acts.auctions import Floor
from bidding.views import auction as views
from trading import regions
from trading.views import lists
from trading.views import lot as lot_views
from trading.views.lot import Lot


@get("/auctions/{tender:str}", **page.operation("page.openings"))
def show(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    def view(connection: Connection, _caller: Any) -> dict[str, Any]:
        return told(connection, desk.floor, lot_views.load(connection, tender))

    return page.show_all(desk, request, "public/auction", view)


@get("/auctions/{tender:str}/events", **page.operation("page.openings", sync=False))
async def follow(
    desk: NamedDependency[Desk],
    auction_live: NamedDependency[AuctionLive],
    request: AnyRequest,
    tender: FromPath[str],
) -> Stream:
    """What happens, in the words of the page, as server-sent events from where the reader left off."""

    def check() -> None:
        desk.enter(request)
        with desk.work.reading() as connection:
            views.terms(connection, tender)

    room_for(auction_live)
    await anyio.to_thread.run_sync(check)
    known = request.headers.get("last-event-id", "")
    return Stream(auction_live.events(tender, page.language_of(request), known), headers=headers_of())


def told(connection: Connection, floor: Floor, lot: Lot) -> dict[str, Any]:
    """What the live page and the screen of a hall show. Raises Unknown where the lot has no auction."""
    return {
        "lot": lot_views.head(lot),
        "region": regions.named(lot.row.content["region"]),
        "auction": lives.facts(connection, floor, lot.row.tender),
    }


def listed(connection: Connection, floor: Floor, tenders: Sequence[str]) -> list[dict[str, Any]]:
    """Lots in a list of auctions, each with how its auction stands."""
    lots = lists.named(connection, tenders)
    return [one | {"auction": lives.facts(connection, floor, one["tender"])} for one in lots]


HANDLERS = [show, follow]
