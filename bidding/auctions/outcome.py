"""Who wins an auction whose bidding is over, or why nobody does. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from bidding.auctions import events
from bidding.auctions.events import Ended
from bidding.auctions.state import Leading, State
from trading.auctions.terms import Terms


def unopened(state: State) -> frozenset[str]:
    """The bidders whose sealed offers are not opened yet."""
    if state.opened is not None:
        return frozenset()
    return frozenset(number for number, bidder in state.bidders.items() if bidder.sealed is not None)


def candidates(terms: Terms, state: State) -> list[Leading]:
    """The best prices, the earliest first: one, or more where they are equal. Offers below the least do not count."""
    if terms.rounds is not None:
        standing = [Leading(b.price, b.place, number) for number, b in state.bidders.items() if b.price is not None]
    else:
        opened = (state.opened or {}).items()
        standing = [
            Leading(price, state.bidders[number].place, number)
            for number, price in opened
            if price is not None and price >= terms.least_offer
        ]
        standing += [state.leading] if state.leading is not None else []
    if not standing:
        return []
    best = (min if terms.rounds is not None else max)(bid.price for bid in standing)
    return sorted((bid for bid in standing if bid.price == best), key=lambda bid: bid.place)


def undecided(terms: Terms, state: State) -> frozenset[str]:
    """The bidders among whom a draw has to decide before there is a result."""
    best = {bid.bidder for bid in candidates(terms, state)}
    if terms.ties != "draw" or len(best) < 2 or state.drawn is not None or _below_reserve(terms, state):
        return frozenset()
    return frozenset(best)


def awaited(terms: Terms, state: State) -> Literal["offer", "reserve"] | None:
    """The kind of the envelopes that have to be opened next, once the bidding is over."""
    if state.phase != "closed":
        return None
    if unopened(state):
        return "offer"
    wanted = terms.reserve is not None and state.reserve is None and bool(candidates(terms, state))
    return "reserve" if wanted else None


def waits(terms: Terms, state: State) -> bool:
    """Whether something has still to be opened, revealed or drawn."""
    return awaited(terms, state) is not None or bool(undecided(terms, state))


def ended(terms: Terms, state: State, at: datetime) -> Ended:
    """The result of a closed auction for which nothing is awaited any more."""
    best = candidates(terms, state)
    if not best:
        return events.Ended(at=at, result="no_bids", winner=None, price=None)
    if _below_reserve(terms, state):
        return events.Ended(at=at, result="below_reserve", winner=None, price=None)
    winner = next((bid for bid in best if bid.bidder == state.drawn), best[0])
    return events.Ended(at=at, result="sold", winner=winner.bidder, price=winner.price)


def _below_reserve(terms: Terms, state: State) -> bool:
    best = candidates(terms, state)
    return state.reserve is not None and bool(best) and best[0].price < state.reserve
