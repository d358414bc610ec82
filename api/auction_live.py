"""Live auctions: the state of each as everybody may see it, told to programs and pages that watch (api/live.py)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection

from api.desk import Desk
from api.live import Live
from bidding.acts.auctions import Floor
from bidding.views import auction
from notary import canonical
from templates import pages
from trading.views.lot import sum_of

#: The form in which programs get it: JSON. Pages get it by the name of their language, in its words.
DATA: Final = "data"
#: What a bidder's hall counts and signs with (templates/static/js/auction-page.js).
_NOW: Final = ("phase", "seen", "price", "least", "leading", "winner")


class AuctionLive(Live):
    """A class of its own, so that a handler can ask for it by type."""


def live_of(desk: Desk) -> AuctionLive:
    """The live channels of a desk's auctions."""

    def count(tenders: list[str]) -> Mapping[str, str]:
        with desk.work.reading() as connection:
            return auction.versions(connection, desk.floor, tenders)

    def tell(tender: str) -> Mapping[str, bytes]:
        with desk.work.reading() as connection:
            shown = auction.shown(connection, desk.floor, tender)
            # Thousands get it at once, at the end of all moments.
            shown["bids"] = shown["bids"][: auction.SHOWN]
            told = {"auction": _facts(connection, tender, shown)}
        words = {one: pages.live("public/auction_live", told, one).encode() for one in pages.LANGUAGES}
        return words | {DATA: canonical.dumps(shown)}

    return AuctionLive(count, tell)


def facts(connection: Connection, floor: Floor, tender: str) -> dict[str, Any]:
    """How an auction stands (bidding.views.auction.shown), with its terms, for pages. Raises Unknown."""
    return _facts(connection, tender, auction.shown(connection, floor, tender))


def _facts(connection: Connection, tender: str, shown: dict[str, Any]) -> dict[str, Any]:
    terms = auction.terms(connection, tender)
    return {
        **shown,
        "upper": (sum_of(shown["price"] or shown["start_price"]) or {})["upper"],
        "now": {name: shown[name] for name in _NOW},
        "terms": terms,
        "grounds": terms["grounds"],
    }
