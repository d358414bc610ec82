"""Openings: which there are, each as it happens, and the screen in the hall."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final

import anyio
from litestar import Litestar, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream
from sqlalchemy import Connection

from api.desk import AnyRequest, Desk
from api.live import Live, headers_of, room_for
from api.pages import asked, auctions, page
from bidding.views import auction as views
from bidding.views import public
from templates import pages
from trading import regions
from trading.views import lists
from trading.views import lot as lot_views
from trading.views.lot import Lot

_RECENT: Final = 20
_COMING: Final = 5
#: How long the screen in the hall still shows an opening after its hour.
_SHOWN: Final = timedelta(hours=3)


@get("/openings", **page.operation("page.openings"))
def show_openings(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    def view(connection: Connection, _caller: Any) -> dict[str, Any]:
        now = desk.glance_time()
        midnight = asked.end_of_day(now, 1)
        return {
            "today": lists.openings(connection, midnight - timedelta(days=1), end=midnight),
            "coming": lists.openings(connection, midnight),
            "past": lists.opened(connection, midnight - timedelta(days=1), limit=_RECENT),
            "auctions": auctions.listed(connection, desk.floor, views.running(connection)),
            "ended": auctions.listed(connection, desk.floor, views.past(connection)),
            "regions": regions.regions(),
        }

    return page.show_all(desk, request, "public/openings", view)


@get("/openings/{tender:str}", **page.operation("page.openings"))
def show_opening(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    def view(connection: Connection, _caller: Any) -> dict[str, Any]:
        lot = lot_views.load(connection, tender)
        signed = (one for one in lot_views.papers(lot) if one["name"] == "opening_record" and not one["unsigned"])
        return _told(connection, lot) | {"record": next(signed, None)}

    return page.show_all(desk, request, "public/opening", view)


@get("/openings/{tender:str}/events", **page.operation("page.openings", sync=False))
async def follow_opening(
    desk: NamedDependency[Desk], live: NamedDependency[Live], request: AnyRequest, tender: FromPath[str]
) -> Stream:
    """What happens, as server-sent events, from where the reader left off."""

    def check() -> None:
        desk.enter(request)
        with desk.work.reading() as connection:
            lot_views.load(connection, tender)

    room_for(live)
    await anyio.to_thread.run_sync(check)
    known = request.headers.get("last-event-id", "")
    return Stream(live.events(tender, page.language_of(request), known), headers=headers_of())


@get("/hall", **page.operation("page.openings"))
def show_hall(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    """For the large screen of a hall: the opening that is on, or the next one. ``?lot=`` keeps it at one lot."""

    def view(connection: Connection, _caller: Any) -> dict[str, Any]:
        now = desk.glance_time()
        near = lists.openings(connection, now - _SHOWN, limit=_COMING + 1)
        wanted = request.query_params.get("lot") or _on_now(near)
        coming = [one for one in lists.openings(connection, now, limit=_COMING + 1) if one["tender"] != wanted]
        told = None if wanted is None else _on_screen(connection, desk, lot_views.load(connection, wanted))
        here = None if told is None else pages.address(told["path"], page.language_of(request))
        base = page.site(desk, request)
        return {"told": told, "coming": coming[:_COMING], "address": None if here is None else base + here}

    return page.show_all(desk, request, "public/hall", view)


def live_of(desk: Desk) -> Live:
    """The live channels of a desk's lots."""

    def count(tenders: list[str]) -> Mapping[str, str]:
        with desk.work.reading() as connection:
            return {tender: str(number) for tender, number in lot_views.event_counts(connection, tenders).items()}

    def tell(tender: str) -> Mapping[str, bytes]:
        with desk.work.reading() as connection:
            told = _told(connection, lot_views.load(connection, tender))
        return {language: pages.live("public/live", told, language).encode() for language in pages.LANGUAGES}

    return Live(count, tell)


def polling(*lives: Live) -> Any:
    """What runs as long as the application does."""

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        async with anyio.create_task_group() as group:
            for live in lives:
                group.start_soon(live.poll)
            yield
            group.cancel_scope.cancel()

    return lifespan


def _on_now(near: list[dict[str, Any]]) -> str | None:
    """The lot whose hour has come and that is not opened yet; else the next; else the last one opened."""
    waiting = [one for one in near if one["stage"] == "closed"]
    coming = [one for one in near if one["stage"] == "open"]
    chosen = (waiting or coming or near[-1:])[:1]
    return chosen[0]["tender"] if chosen else None


def _on_screen(connection: Connection, desk: Desk, lot: Lot) -> dict[str, Any]:
    """What the screen shows of a lot: its auction where it has one, else its opening. path: of the live page."""
    tender = lot.row.tender
    if lot.procedure.auction is None:
        return {**_told(connection, lot), "auction": None, "path": f"/openings/{tender}"}
    return {**auctions.told(connection, desk.floor, lot), "path": f"/auctions/{tender}"}


def _told(connection: Connection, lot: Lot) -> dict[str, Any]:
    opened = lot.last("lot_opened") is not None
    received = public.received(connection, lot.row.tender) if opened else {}
    return {
        "lot": lot_views.head(lot),
        "region": regions.named(lot.row.content["region"]),
        "opening": public.opening(lot, public.trustee_names(connection), received),
    }


HANDLERS = [show_openings, show_opening, follow_opening, show_hall]
