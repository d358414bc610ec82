"""The state of one auction, and what each event makes of it. Nothing is judged here: see decide and replay."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec.structs import replace

from bidding.auctions import events
from bidding.auctions.events import Event
from trading.auctions.terms import Terms

Phase: TypeAlias = Literal["waiting", "open", "preparing", "timed", "offers", "turn", "closed", "ended"]
#: Phases with an end of their own.
RUNNING = frozenset({"open", "preparing", "timed", "offers", "turn"})
#: What changes nothing that a bid must have seen. Offers and numbers stay hidden, so they may not show here either.
UNSEEN = (events.Registered, events.Offer, events.Announced)


class Bidder(msgspec.Struct, frozen=True, kw_only=True):
    """sequence: of the last accepted statement. price, place, at: the last bid (or first quote), its event and time."""

    sequence: int = 0
    price: int | None = None
    place: int = 0
    at: datetime | None = None
    sealed: str | None = None


class Leading(msgspec.Struct, frozen=True):
    """The leading bid. place: the number of its event: of equal prices the smaller one is earlier."""

    price: int
    place: int
    bidder: str


class Stop(msgspec.Struct, frozen=True):
    """left: how much of the running phase was left at the stop."""

    ground: str
    left: timedelta
    resumes_at: datetime | None


class State(msgspec.Struct, frozen=True, kw_only=True):
    """number, head, at: the last event's place, id and time. view: the id of the last event that all must have seen.

    ends_at: when the running phase ends; it never moves back, but a turn ends with its bid. opened: the offers opened,
    None before. reserve: the price revealed, 0 where there was none inside. order: who has a turn in this round after
    the present one.
    """

    phase: Phase = "waiting"
    number: int = 0
    head: str | None = None
    view: str | None = None
    at: datetime | None = None
    ends_at: datetime | None = None
    stop: Stop | None = None
    bidders: Mapping[str, Bidder] = {}
    leading: Leading | None = None
    opened: Mapping[str, int | None] | None = None
    reserve: int | None = None
    drawn: str | None = None
    round: int = 0
    turn: str | None = None
    order: tuple[str, ...] = ()
    result: events.Result | None = None
    winner: str | None = None
    price: int | None = None


BEGINNING = State()


def apply(terms: Terms, state: State, event: Event) -> State:
    """The state after an event that was decided before."""
    changed = _CHANGES[type(event)](terms, state, event)
    number = state.number + 1
    head = events.link_id(event, number, state.head)
    view = state.view if isinstance(event, UNSEEN) else head
    return replace(changed, number=number, head=head, view=view, at=event.at)


def whole(terms: Terms, phase: Phase) -> timedelta:
    """How long the running phase has at least, counted from a resumption or from the end of an outage."""
    if phase == "open" and terms.open is not None:
        return timedelta(seconds=terms.open.resume_seconds)
    if phase == "timed" and terms.timed is not None:
        return timedelta(seconds=terms.timed.countdown_seconds)
    if phase == "preparing" and terms.timed is not None:
        return timedelta(seconds=terms.timed.preparation_seconds)
    if phase == "offers" and terms.offers is not None:
        return timedelta(seconds=terms.offers.seconds)
    if phase in {"preparing", "turn"} and terms.rounds is not None:
        seconds = terms.rounds.turn_seconds if phase == "turn" else terms.rounds.pause_seconds
        return timedelta(seconds=seconds)
    raise ValueError(f"{phase} has no time of its own")


def turns(state: State) -> tuple[str, ...]:
    """The order of a round: from the highest price to the lowest; of equal ones the later first (it ranks behind)."""
    priced = [(bidder.price, bidder.place, number) for number, bidder in state.bidders.items() if bidder.price]
    return tuple(number for _, _, number in sorted(priced, reverse=True))


def _begin(terms: Terms, state: State, phase: Phase, at: datetime) -> State:
    return replace(state, phase=phase, ends_at=at + whole(terms, phase))


def _registered(_: Terms, state: State, event: events.Registered) -> State:
    place = state.number + 1 if event.price else 0
    bidder = Bidder(price=event.price, place=place, at=event.at if event.price else None)
    return replace(state, bidders={**state.bidders, event.bidder: bidder})


def _started(terms: Terms, state: State, event: events.Started) -> State:
    if terms.open is not None:
        # Whoever starts late, by a breakdown or after a stop, takes nothing of the time to bid away.
        late = event.at - terms.opens_at
        late = late if late > timedelta(seconds=terms.outage_seconds) else timedelta()
        return replace(state, phase="open", ends_at=terms.open.closes_at + late)
    return _begin(terms, state, "preparing" if terms.offers is None else "offers", event.at)


def _bid(terms: Terms, state: State, event: events.Bid) -> State:
    place = state.number + 1
    bidder = replace(state.bidders[event.bidder], price=event.price, sequence=event.sequence, place=place, at=event.at)
    made = replace(state, bidders={**state.bidders, event.bidder: bidder})
    if state.phase == "turn":
        return replace(made, turn=None, ends_at=event.at)
    made = replace(made, leading=Leading(event.price, place, event.bidder))
    if state.phase == "timed":
        return _begin(terms, made, "timed", event.at)
    return replace(made, ends_at=_soft_end(terms, state, event.at))


def _soft_end(terms: Terms, state: State, at: datetime) -> datetime | None:
    if state.ends_at is None or terms.open is None:
        return state.ends_at
    return max(state.ends_at, at + timedelta(seconds=terms.open.soft_close_seconds))


def _prepared(terms: Terms, state: State, event: events.Prepared) -> State:
    return replace(_begin(terms, state, "preparing", event.at), turn=None)


def _timing(terms: Terms, state: State, event: events.Timing) -> State:
    return _begin(terms, state, "timed", event.at)


def _offering(terms: Terms, state: State, event: events.Offering) -> State:
    return _begin(terms, state, "offers", event.at)


def _offer(_: Terms, state: State, event: events.Offer) -> State:
    bidder = replace(
        state.bidders[event.bidder], sealed=event.sealed, sequence=event.sequence, place=state.number + 1, at=event.at
    )
    return replace(state, bidders={**state.bidders, event.bidder: bidder})


def _turn(terms: Terms, state: State, event: events.Turn) -> State:
    order = turns(state) if event.round != state.round else state.order
    begun = replace(state, round=event.round, turn=event.bidder, order=order[order.index(event.bidder) + 1 :])
    return _begin(terms, begun, "turn", event.at)


def _stopped(_: Terms, state: State, event: events.Stopped) -> State:
    left = timedelta() if state.ends_at is None else state.ends_at - event.at
    return replace(state, stop=Stop(event.ground, left, None))


def _announced(_: Terms, state: State, event: events.Announced) -> State:
    return replace(state, stop=state.stop and replace(state.stop, resumes_at=event.resumes_at))


def _resumed(terms: Terms, state: State, event: events.Resumed) -> State:
    if state.stop is None or state.phase not in RUNNING:
        return replace(state, stop=None)
    left = max(state.stop.left, whole(terms, state.phase))
    return replace(state, stop=None, ends_at=event.at + left)


def _interrupted(terms: Terms, state: State, event: events.Interrupted) -> State:
    return replace(state, ends_at=event.at + whole(terms, state.phase))


def _closed(_: Terms, state: State, event: events.Closed) -> State:
    return replace(state, phase="closed", ends_at=event.at, turn=None)


def _opened(_: Terms, state: State, event: events.Opened) -> State:
    return replace(state, opened=event.prices)


def _revealed(_: Terms, state: State, event: events.Revealed) -> State:
    # Whoever seals what cannot be opened has no reserve price: else a grantor could call off the sale at will.
    return replace(state, reserve=event.price or 0)


def _drawn(_: Terms, state: State, event: events.Drawn) -> State:
    return replace(state, drawn=event.bidder)


def _ended(_: Terms, state: State, event: events.Ended) -> State:
    ended = replace(state, phase="ended", ends_at=event.at, stop=None, turn=None)
    return replace(ended, result=event.result, winner=event.winner, price=event.price)


def _terminated(_: Terms, state: State, event: events.Terminated) -> State:
    return replace(state, phase="ended", ends_at=event.at, stop=None, turn=None, result="terminated")


_CHANGES: Mapping[type[Any], Callable[[Terms, State, Any], State]] = {
    events.Registered: _registered,
    events.Started: _started,
    events.Bid: _bid,
    events.Prepared: _prepared,
    events.Timing: _timing,
    events.Offering: _offering,
    events.Offer: _offer,
    events.Turn: _turn,
    events.Stopped: _stopped,
    events.Announced: _announced,
    events.Resumed: _resumed,
    events.Interrupted: _interrupted,
    events.Closed: _closed,
    events.Opened: _opened,
    events.Revealed: _revealed,
    events.Drawn: _drawn,
    events.Ended: _ended,
    events.Terminated: _terminated,
}
