"""What an auction does by itself as time goes on: one event after the other, each at the time it is recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from bidding.auctions import events, outcome
from bidding.auctions.events import Event
from bidding.auctions.state import RUNNING, State, apply, turns, whole
from trading.auctions.terms import Terms


def due_at(terms: Terms, state: State) -> datetime | None:
    """When the next event is due by the clock; None where the auction waits for an act, or is over."""
    if state.phase == "ended":
        return None
    if state.phase == "closed":
        return None if outcome.waits(terms, state) else state.at
    if state.stop is not None:
        return state.stop.resumes_at
    return terms.opens_at if state.phase == "waiting" else state.ends_at


def advance(terms: Terms, state: State, now: datetime, alive_at: datetime) -> tuple[list[Event], State]:
    """All events that are due at `now`, and the state after them.

    alive_at: the last moment at which the platform is known to have decided for this auction. Each unit of work calls
    this before it decides an act, and at the same moment after it: a bid that reaches the cap, or ends a turn, brings
    about what follows.
    """
    made: list[Event] = []
    while (event := next_event(terms, state, now, alive_at)) is not None:
        made.append(event)
        state = apply(terms, state, event)
    return made, state


def next_event(terms: Terms, state: State, now: datetime, alive_at: datetime) -> Event | None:
    """The one event that is due first, or None.

    Events bear the time of their recording, not the time for which they were due: a preparation or a countdown is
    whole even when the platform comes to it late.
    """
    if state.phase in {"open", "timed"} and state.leading is not None and state.leading.price == terms.cap:
        return events.Offering(at=now)
    if (broken := _outage(terms, state, now, alive_at)) is not None:
        return broken
    due = due_at(terms, state)
    if due is None or now < due:
        return None
    if state.stop is not None:
        return events.Resumed(at=now)
    return _AFTER[state.phase](terms, state, now)


def _outage(terms: Terms, state: State, now: datetime, alive_at: datetime) -> Event | None:
    if state.phase not in RUNNING or state.stop is not None or state.ends_at is None or state.at is None:
        return None
    # At the phase's end it would have acted: since then at the latest it stood still.
    since = min(max(alive_at, state.at), state.ends_at)
    stood_still = now - since > timedelta(seconds=terms.outage_seconds)
    # Where more than the whole time is left, nobody lost anything.
    if stood_still and now + whole(terms, state.phase) > state.ends_at:
        return events.Interrupted(at=now, since=since)
    return None


def _start(terms: Terms, state: State, now: datetime) -> Event:
    if terms.registration_until <= terms.opens_at and len(state.bidders) < terms.least_bidders:
        return events.Ended(at=now, result="too_few_bidders", winner=None, price=None)
    return events.Started(at=now)


def _after_open(terms: Terms, state: State, now: datetime) -> Event:
    if terms.timed is None or state.ends_at is None:
        return events.Closed(at=now)
    window = terms.timed.window_seconds
    since = None if window is None else state.ends_at - timedelta(seconds=window)
    contending = [b for b in state.bidders.values() if b.at is not None and (since is None or b.at >= since)]
    return events.Closed(at=now) if len(contending) < terms.timed.contenders else events.Prepared(at=now)


def _after_preparing(terms: Terms, state: State, now: datetime) -> Event:
    if terms.rounds is None:
        return events.Timing(at=now)
    order = turns(state)
    return events.Turn(at=now, round=state.round + 1, bidder=order[0]) if order else events.Closed(at=now)


def _after_turn(terms: Terms, state: State, now: datetime) -> Event:
    if state.order:
        return events.Turn(at=now, round=state.round, bidder=state.order[0])
    last = terms.rounds is None or state.round >= terms.rounds.count
    return events.Closed(at=now) if last else events.Prepared(at=now)


def _close(_terms: Terms, _state: State, now: datetime) -> Event:
    return events.Closed(at=now)


_AFTER: Mapping[str, Callable[[Terms, State, datetime], Event]] = {
    "waiting": _start,
    "open": _after_open,
    "preparing": _after_preparing,
    "timed": _close,
    "offers": _close,
    "turn": _after_turn,
    "closed": outcome.ended,
}
