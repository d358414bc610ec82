"""An auction in memory, as a unit of work leads it: advance, act, advance. And terms to try."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bidding.auctions import decide
from bidding.auctions.advance import advance
from bidding.auctions.events import Event
from bidding.auctions.replay import replay
from bidding.auctions.state import BEGINNING, State, apply
from notary.errors import Refusal
from trading.auctions import terms
from trading.auctions.terms import Terms

START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
FREE = timedelta(hours=2)
MILLION = 1_000_000_00  # 分

GROUNDS = [
    {"id": "inquiry", "effect": "freeze", "cites": "公告", "zh": "核查", "en": "Something is looked into"},
    {"id": "ruling", "effect": "suspend", "cites": "公告", "zh": "依法中止", "en": "Suspended by a ruling"},
    {"id": "planning", "effect": "terminate", "cites": "公告", "zh": "规划变更", "en": "The plan has changed"},
]
_PARTS: dict[str, Any] = {"open": None, "timed": None, "offers": None, "rounds": None}
_OPEN = {"closes_at": "2026-11-24T03:00:00.000000Z", "soft_close_seconds": 0, "resume_seconds": 600}
#: 15 minutes to prepare, 5 minutes that start anew (Fujian 33-42); two that bid in the last hour.
FUJIAN = {"contenders": 2, "window_seconds": 3600, "preparation_seconds": 900, "countdown_seconds": 300}
#: 4 minutes that start anew where two or more have bid (Taicang 22-23); a second of preparation is the least here.
TAICANG = {"contenders": 2, "window_seconds": None, "preparation_seconds": 1, "countdown_seconds": 240}

KINDS: dict[str, dict[str, Any]] = {
    "english": {"open": _OPEN | {"soft_close_seconds": 120}},
    "listing": {"open": _OPEN, "timed": FUJIAN},
    "capped": {
        "kind": "listing",
        "open": _OPEN,
        "timed": FUJIAN,
        "cap": "1050000.00",
        "offers": {"seconds": 600},
        "ties": "draw",
    },
    "sealed_offer": {"offers": {"seconds": 600}},
    "descending_rounds": {"rounds": {"count": 3, "pause_seconds": 60, "turn_seconds": 120}},
}


def content(kind: str, /, **changed: Any) -> dict[str, Any]:
    """The record of the terms of one of KINDS."""
    return {
        "type": "sunbid/auction-terms/1",
        "kind": kind,
        "start_price": "1000000.00",
        "step": "10000.00",
        "multiples": True,
        "leader_may_raise": True,
        "cap": None,
        "reserve": None,
        "least_bidders": 1,
        "registration_until": "2026-11-24T01:00:00.000000Z",
        "opens_at": "2026-11-24T01:00:00.000000Z",
        "ties": "earlier",
        "outage_seconds": 30,
        "grounds": GROUNDS,
        **_PARTS,
        **KINDS[kind],
        **changed,
    }


class Hall:
    """events: all that was recorded. refusals: the reasons of what was refused."""

    def __init__(self, rules: Terms, numbers: tuple[str, ...] = ("1", "2", "3"), **first: int) -> None:
        self.terms = rules
        self.state: State = BEGINNING
        self.events: list[Event] = []
        self.refusals: list[str] = []
        self.now = START - timedelta(hours=1)
        self.alive_at = self.now
        for number in numbers:
            price = first.get(f"of_{number}")
            self.do(lambda state, now, n=number, p=price: decide.register(rules, state, now, n, p))  # type: ignore[misc]

    def _sequence(self, bidder: str, given: int | None) -> int:
        known = self.state.bidders.get(bidder)
        return given or (known.sequence + 1 if known else 1)

    def tick(self, moment: datetime | None = None) -> None:
        """The platform looks at the clock; without outage, unless `alive_at` is left behind."""
        self.now = self.now if moment is None else moment
        made, self.state = advance(self.terms, self.state, self.now, self.alive_at)
        self.events += made
        self.alive_at = self.now

    def after(self, **duration: int) -> Hall:
        """Time passes, with the platform at work all the while."""
        end = self.now + timedelta(**duration)
        while self.now < end:
            self.tick(min(end, self.now + timedelta(seconds=self.terms.outage_seconds)))
        return self

    def at(self, moment: datetime) -> Hall:
        """The same until a moment."""
        return self.after(microseconds=(moment - self.now) // timedelta(microseconds=1))

    def outage(self, **duration: int) -> Hall:
        """Time passes while the platform stands still."""
        self.tick(self.now + timedelta(**duration))
        return self

    def do(self, act: Callable[[State, datetime], Event]) -> None:
        """One unit of work."""
        self.tick()
        try:
            event = act(self.state, self.now)
        except Refusal as refusal:
            self.refusals.append(refusal.reason)
            raise
        self.events.append(event)
        self.state = apply(self.terms, self.state, event)
        self.tick()

    def bid(self, bidder: str, price: int, seen: str | None = "view", sequence: int | None = None) -> None:
        """A bid, of one who saw the present state and counts on, where nothing else is said."""
        told: dict[str, Any] = {"bidder": bidder, "price": price, "sequence": self._sequence(bidder, sequence)}
        self.do(
            lambda state, now: decide.bid(
                self.terms, state, now, seen=state.view if seen == "view" else seen, statement="0" * 64, **told
            )
        )

    def offer(self, bidder: str, seen: str | None = "view", sequence: int | None = None) -> None:
        """A sealed offer."""
        told: dict[str, Any] = {"bidder": bidder, "sequence": self._sequence(bidder, sequence)}
        self.do(
            lambda state, now: decide.offer(
                state, now, sealed="1" * 64, seen=state.view if seen == "view" else seen, statement="0" * 64, **told
            )
        )

    def open(self, **prices: int | None) -> None:
        """All sealed offers are opened."""
        self.do(
            lambda state, now: decide.open_offers(state, now, {n.removeprefix("of_"): p for n, p in prices.items()})
        )

    def stop(self, ground: str) -> None:
        self.do(lambda state, now: decide.stop(self.terms, state, now, ground))

    def resume(self) -> None:
        self.do(lambda state, now: decide.resume(self.terms, state, now))

    def announce(self, moment: datetime) -> None:
        self.do(lambda state, now: decide.announce(state, now, moment))

    @property
    def phase(self) -> str:
        return self.state.phase

    @property
    def kinds(self) -> list[str]:
        """The kinds of the recorded events after the registrations."""
        names = [type(event).__name__.lower() for event in self.events]
        return [name for name in names if name != "registered"]

    @property
    def result(self) -> tuple[Any, Any, Any]:
        """The result of the record, of which a replay makes the same state."""
        assert replay(self.terms, self.events) == self.state
        return self.state.result, self.state.winner, self.state.price


def hall(kind: str, numbers: tuple[str, ...] = ("1", "2", "3"), **changed: Any) -> Hall:
    """An auction of this kind with registered numbers, one hour before the start."""
    rules = terms.read(content(kind, **changed))
    first = {f"of_{number}": MILLION for number in numbers} if rules.rounds is not None else {}
    return Hall(rules, numbers, **first)


def refused(reason: str, act: Callable[[], object]) -> None:
    """The act is refused for this reason, in two languages."""
    with pytest.raises(Refusal) as refusal:
        act()
    assert (refusal.value.reason, bool(refusal.value.zh), bool(refusal.value.en)) == (reason, True, True)
