"""The events of one auction and their chain.

Each event stands in the record with its number and the id of the event before it, so that its own id names all that
came before: whoever knows the same id knows the same auction.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from msgspec import Meta

from notary import signing
from notary.forms import Form, Hex32
from trading.auctions import codec
from trading.auctions.terms import Number, Price, Slug

Sequence: TypeAlias = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Result: TypeAlias = Literal["sold", "no_bids", "below_reserve", "too_few_bidders", "terminated"]


#: Of an event that is not in a record: what is simulated has no need of a salt.
UNSALTED = "0" * 64


class _Event(Form, frozen=True, kw_only=True, tag_field="event"):
    """salt: 32 random bytes in hex. Without it the id of a public event would tell what was hidden before it."""

    at: datetime
    salt: Hex32 = UNSALTED


class Registered(_Event, frozen=True, tag="registered"):
    """A bidder has its number; price: its opened first quote, in descending rounds only."""

    bidder: Number
    price: Price | None


class Started(_Event, frozen=True, tag="started"):
    """The first phase begins."""


class Bid(_Event, frozen=True, tag="bid"):
    """An accepted bid; statement: id of the bidder's signed statement."""

    bidder: Number
    price: Price
    sequence: Sequence
    statement: Hex32


class Prepared(_Event, frozen=True, tag="prepared"):
    """The preparation before the timed phase, or the pause before a round, begins."""


class Timing(_Event, frozen=True, tag="timing"):
    """The first countdown of the timed phase begins."""


class Offering(_Event, frozen=True, tag="offering"):
    """The cap was reached: from now on each bidder may make one sealed offer."""


class Offer(_Event, frozen=True, tag="offer"):
    """An accepted sealed offer. sealed: id of what holds the price; statement: id of the signed statement."""

    bidder: Number
    sealed: Hex32
    sequence: Sequence
    statement: Hex32


class Turn(_Event, frozen=True, tag="turn"):
    """It is this bidder's turn in this round (from 1)."""

    round: Annotated[int, Meta(ge=1, le=9)]
    bidder: Number


class Stopped(_Event, frozen=True, tag="stopped"):
    """The auction is frozen or suspended on a ground of the closed list."""

    ground: Slug


class Announced(_Event, frozen=True, tag="announced"):
    """When the auction goes on."""

    resumes_at: datetime


class Resumed(_Event, frozen=True, tag="resumed"):
    """The auction goes on."""


class Interrupted(_Event, frozen=True, tag="interrupted"):
    """The platform stood still since then; the running countdown starts anew."""

    since: datetime


class Closed(_Event, frozen=True, tag="closed"):
    """No more bids or offers."""


class Opened(_Event, frozen=True, tag="opened"):
    """The sealed offers are opened, all at once; None where one could not be."""

    prices: dict[Number, Price | None]


class Revealed(_Event, frozen=True, tag="revealed"):
    """The reserve price is opened; None where its envelope does not open, or holds no price."""

    price: Price | None


class Drawn(_Event, frozen=True, tag="drawn"):
    """The draw among equal prices fell on this bidder."""

    bidder: Number


class Ended(_Event, frozen=True, tag="ended"):
    """The result."""

    result: Result
    winner: Number | None
    price: Price | None


class Terminated(_Event, frozen=True, tag="terminated"):
    """The auction ends without a result, on a ground of the closed list."""

    ground: Slug


Event: TypeAlias = (
    Registered
    | Started
    | Bid
    | Prepared
    | Timing
    | Offering
    | Offer
    | Turn
    | Stopped
    | Announced
    | Resumed
    | Interrupted
    | Closed
    | Opened
    | Revealed
    | Drawn
    | Ended
    | Terminated
)


class _Line(Form, frozen=True):
    event: Event


def plain(event: Event) -> dict[str, Any]:
    """The event's JSON object."""
    return codec.plain(event)


def read(value: Mapping[str, Any]) -> Event:
    """The event of a JSON object. Raises Malformed."""
    return codec.read({"event": value}, _Line).event


def link(event: Event, number: int, previous: str | None) -> dict[str, Any]:
    """The record ``sunbid/auction-event/1`` of an event at its place (number from 1)."""
    return {"type": "sunbid/auction-event/1", "number": number, "previous": previous, "event": plain(event)}


def link_id(event: Event, number: int, previous: str | None) -> str:
    """The event's id."""
    return signing.object_id(link(event, number, previous))
