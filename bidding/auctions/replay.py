"""The state of an auction from its events alone, each of them decided again: for fsck and for the state in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from bidding.auctions import advance, decide, events
from bidding.auctions.events import Event
from bidding.auctions.state import BEGINNING, State, apply
from notary.errors import Refusal
from trading.auctions.terms import Terms


class ImpossibleEvent(ValueError):
    """The events of a record are not what the rules make of each other; the number (from 1) is named."""


def unchained(links: Iterable[Mapping[str, Any]]) -> list[Event]:
    """The events of records ``sunbid/auction-event/1``. Raises ImpossibleEvent where one is not at its place."""
    found: list[Event] = []
    head: str | None = None
    for number, link in enumerate(links, 1):
        try:
            event = events.read(link["event"])
        except (KeyError, Refusal) as error:
            raise ImpossibleEvent(f"event {number}: {error}") from error
        if link != events.link(event, number, head):
            raise ImpossibleEvent(f"event {number}: its number or the event before it is another")
        head = events.link_id(event, number, head)
        found.append(event)
    return found


def replay(terms: Terms, listed: Iterable[Event]) -> State:
    """The state after the events. Raises ImpossibleEvent at the first that the rules would not have let stand."""
    state = BEGINNING
    for number, event in enumerate(listed, 1):
        try:
            allowed = _again(terms, state, event)
        except Refusal as refusal:
            raise ImpossibleEvent(f"event {number}: {refusal}") from refusal
        if allowed is None or replace(allowed, salt=event.salt) != event:
            raise ImpossibleEvent(f"event {number}: not what was due at that time")
        state = apply(terms, state, event)
    return state


def _again(terms: Terms, state: State, event: Event) -> Event | None:
    """What the rules make at the event's place and time, of what the event says that is not theirs to say."""
    if state.at is not None and event.at < state.at:
        return None
    alive_at = event.since if isinstance(event, events.Interrupted) else event.at
    due = advance.next_event(terms, state, event.at, alive_at)
    act = _ACTS.get(type(event))
    return due if due is not None or act is None else act(terms, state, event)


_ACTS: Mapping[type[Any], Callable[[Terms, State, Any], Event]] = {
    events.Registered: lambda terms, state, event: decide.register(terms, state, event.at, event.bidder, event.price),
    events.Bid: lambda terms, state, event: decide.bid(
        terms,
        state,
        event.at,
        bidder=event.bidder,
        price=event.price,
        seen=state.view,  # what was seen stands in the signed statement, not in the event
        sequence=event.sequence,
        statement=event.statement,
    ),
    events.Offer: lambda _, state, event: decide.offer(
        state,
        event.at,
        bidder=event.bidder,
        sealed=event.sealed,
        seen=state.view,  # as above
        sequence=event.sequence,
        statement=event.statement,
    ),
    events.Stopped: lambda terms, state, event: decide.stop(terms, state, event.at, event.ground),
    events.Announced: lambda _, state, event: decide.announce(state, event.at, event.resumes_at),
    events.Resumed: lambda terms, state, event: decide.resume(terms, state, event.at),
    events.Terminated: lambda terms, state, event: decide.terminate(terms, state, event.at, event.ground),
    events.Opened: lambda _, state, event: decide.open_offers(state, event.at, dict(event.prices)),
    events.Revealed: lambda terms, state, event: decide.reveal(terms, state, event.at, event.price),
    events.Drawn: lambda terms, state, event: decide.draw(terms, state, event.at, event.bidder),
}
