"""What a notice states of one auction: the kind, prices, times and rules. Nothing is assumed that is not stated.

A kind is the set of parts that it has; the rules look at the parts, never at the name of the kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, TypeAlias

from msgspec import Meta

from notary.errors import Malformed
from notary.forms import Form, Hex32, Line
from trading import money
from trading.auctions import codec

#: A bidder's number (竞买号牌): it hides the name until the end.
Number: TypeAlias = Annotated[str, Meta(pattern="^[0-9]{1,6}$(?!\n)")]
Seconds: TypeAlias = Annotated[int, Meta(ge=1, le=30 * 24 * 3600)]
Some: TypeAlias = Annotated[int, Meta(ge=1, le=1000)]
Price: TypeAlias = Annotated[int, Meta(ge=1, le=money.MOST)]
Slug: TypeAlias = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,39}$(?!\n)")]

#: Kind -> the parts that it has. `offers` joins where there is a cap.
KINDS: Mapping[str, frozenset[str]] = {
    "english": frozenset({"open"}),
    "listing": frozenset({"open", "timed"}),
    "sealed_offer": frozenset({"offers"}),
    "descending_rounds": frozenset({"rounds"}),
}
PARTS = ("open", "timed", "offers", "rounds")


class Open(Form, frozen=True):
    """Bids are free until `closes_at`.

    soft_close_seconds: a bid leaves at least so long for an answer (0: the end stands). resume_seconds: so long is at
    least left after a suspension or an outage.
    """

    closes_at: datetime
    soft_close_seconds: Annotated[int, Meta(ge=0, le=24 * 3600)]
    resume_seconds: Seconds


class Timed(Form, frozen=True):
    """Timed bidding (限时竞价) where `contenders` bidders or more have bid in the free phase, or in its last window.

    preparation_seconds: before the first countdown. countdown_seconds: starts whole with each bid.
    """

    contenders: Annotated[int, Meta(ge=2, le=1000)]
    window_seconds: Seconds | None
    preparation_seconds: Seconds
    countdown_seconds: Seconds


class Offers(Form, frozen=True):
    """One sealed offer of each bidder within so many seconds (一次性报价)."""

    seconds: Seconds


class Rounds(Form, frozen=True):
    """So many rounds of turns, from the highest price to the lowest; a pause before each round."""

    count: Annotated[int, Meta(ge=1, le=9)]
    pause_seconds: Seconds
    turn_seconds: Seconds


class Ground(Form, frozen=True):
    """A ground of the closed list on which an auction stops or ends early.

    effect: `freeze` (冻结) goes on at any time, `suspend` (中止) at a time announced before, `terminate` (终止) ends.
    """

    id: Slug
    effect: Literal["freeze", "suspend", "terminate"]
    cites: Line
    zh: Line
    en: Line


class Terms(Form, frozen=True):
    """The record ``sunbid/auction-terms/1``.

    start_price, step, cap: 分; the first bid is at or above the start price, in descending rounds no price is above it.
    multiples: bids lie whole steps above the start price. leader_may_raise: the leading bidder may bid against itself.
    reserve: id of the envelope that holds the reserve price, if there is one. least_bidders: registered at the start.
    ties: `earlier` or `draw`. outage_seconds: standing still for longer than this starts the running countdown anew.
    """

    type: Literal["sunbid/auction-terms/1"]
    kind: Literal["english", "listing", "sealed_offer", "descending_rounds"]
    start_price: Price
    step: Price
    multiples: bool
    leader_may_raise: bool
    cap: Price | None
    reserve: Hex32 | None
    least_bidders: Some
    registration_until: datetime
    opens_at: datetime
    open: Open | None
    timed: Timed | None
    offers: Offers | None
    rounds: Rounds | None
    ties: Literal["earlier", "draw"]
    outage_seconds: Seconds
    grounds: tuple[Ground, ...]

    @property
    def parts(self) -> frozenset[str]:
        """The names of the parts that are stated."""
        return frozenset(name for name in PARTS if getattr(self, name) is not None)

    @property
    def least_offer(self) -> int:
        """The least that a sealed offer must be, in 分."""
        return self.start_price if self.cap is None else self.cap

    @property
    def earliest_end(self) -> datetime:
        """Before this moment the bidding cannot be over: a trustee releases nothing earlier, whatever it is told."""
        if self.open is not None and self.cap is None:
            return self.open.closes_at
        return self.opens_at + timedelta(seconds=0 if self.offers is None else self.offers.seconds)

    def ground(self, id_: str) -> Ground | None:
        """The ground of that id, if it is in the list."""
        return next((ground for ground in self.grounds if ground.id == id_), None)


def read(content: Mapping[str, Any]) -> Terms:
    """The checked terms of a record. Raises Malformed naming the member."""
    terms = codec.read(content, Terms)
    for field, zh, en in _problems(terms):
        raise Malformed("auction_terms", f"竞价规则不成立：{zh}（{field}）。", f"{en} ({field}).", field=field)
    return terms


def _problems(terms: Terms) -> Iterator[tuple[str, str, str]]:
    wanted = KINDS[terms.kind] | ({"offers"} if terms.cap is not None else frozenset())
    for part in sorted(wanted ^ terms.parts):
        yield part, "该部分与竞价方式不符", "This part does not belong to the kind, or is missing"
    yield from _price_problems(terms)
    yield from _time_problems(terms)
    ids = [ground.id for ground in terms.grounds]
    if len(set(ids)) != len(ids):
        yield "grounds", "事由重复", "A ground is given twice"


def _price_problems(terms: Terms) -> Iterator[tuple[str, str, str]]:
    if terms.cap is not None and terms.open is None:
        yield "cap", "此方式没有最高限价", "This kind has no cap"
    elif terms.cap is not None and terms.cap <= terms.start_price:
        yield "cap", "最高限价应高于起始价", "The cap is above the start price"
    elif terms.cap is not None and (terms.cap - terms.start_price) % terms.step:
        yield "cap", "最高限价与起始价之差应为加价幅度的整数倍", "The cap lies whole steps above the start price"
    if terms.rounds is not None and terms.reserve is not None:
        yield "reserve", "逐轮降价没有保留价", "Descending rounds have no reserve"
    if terms.rounds is not None and terms.step >= terms.start_price:
        yield "step", "降价幅度应低于起始价", "The step is below the start price"


def _time_problems(terms: Terms) -> Iterator[tuple[str, str, str]]:
    last = terms.opens_at if terms.open is None else terms.open.closes_at
    if terms.registration_until > last:
        yield "registration_until", "报名截止不得晚于自由报价截止", "Registration ends before the free phase does"
    if terms.open is not None and terms.open.closes_at <= terms.opens_at:
        yield "open.closes_at", "截止应晚于开始", "The end is after the start"
    if terms.least_bidders > 1 and terms.registration_until > terms.opens_at:
        yield (
            "registration_until",
            "竞买人数有下限的，报名应在开始前截止",
            "Where a number is wanted it ends before the start",
        )
