"""Live auctions: the state of each as everybody may see it, told to all who watch (api/live.py)."""

from __future__ import annotations

from collections.abc import Mapping

from api.desk import Desk
from api.live import Live
from bidding.views import auction
from notary import canonical

#: The one form in which programs get it: JSON.
DATA = "data"


class AuctionLive(Live):
    """A class of its own, so that a handler can ask for it by type."""


def live_of(desk: Desk) -> AuctionLive:
    """The live channels of a desk's auctions."""

    def count(tenders: list[str]) -> Mapping[str, str]:
        with desk.work.reading() as connection:
            return auction.versions(connection, desk.floor, tenders)

    def tell(tender: str) -> Mapping[str, bytes]:
        with desk.work.reading() as connection:
            return {DATA: canonical.dumps(auction.shown(connection, desk.floor, tender))}

    return AuctionLive(count, tell)
