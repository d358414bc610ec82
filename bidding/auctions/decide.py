"""What people do in an auction: each function gives the event, or raises the refusal. Pure.

The caller has advanced the state to the same moment before (:mod:`bidding.auctions.advance`), in the same unit of work.
A refusal changes nothing.
"""

from __future__ import annotations

from datetime import datetime

from bidding.auctions import events, outcome
from bidding.auctions.events import Event
from bidding.auctions.refusals import refused
from bidding.auctions.state import RUNNING, State
from trading import money
from trading.auctions.terms import Terms


def register(terms: Terms, state: State, now: datetime, bidder: str, price: int | None) -> Event:
    """A number is given. price: the opened first quote, in descending rounds. Raises Refusal."""
    _check_running(state, now)
    if now >= terms.registration_until:
        raise refused("registration_over", until=terms.registration_until.isoformat())
    if bidder in state.bidders:
        raise refused("number_taken")
    if (price is None) != (terms.rounds is None) or (price is not None and not 0 < price <= terms.start_price):
        raise refused("quote_wrong")
    return events.Registered(at=now, bidder=bidder, price=price)


def bid(
    terms: Terms,
    state: State,
    now: datetime,
    *,
    bidder: str,
    price: int,
    seen: str | None,
    sequence: int,
    statement: str,
) -> Event:
    """An open bid of `price` 分, signed when `seen` was the view. Raises Refusal."""
    _check_bidder(state, now, bidder, sequence)
    _check_time(state, now)
    if state.phase == "offers":
        raise refused("takes_offers")
    _check_seen(state, seen)
    if terms.rounds is not None:
        _check_turn(terms, state, bidder, price)
    else:
        _check_rise(terms, state, bidder, price)
    return events.Bid(at=now, bidder=bidder, price=price, sequence=sequence, statement=statement)


def offer(
    state: State, now: datetime, *, bidder: str, sealed: str, seen: str | None, sequence: int, statement: str
) -> Event:
    """A sealed offer: its price is not known before all are opened, so equal ones are taken. Raises Refusal."""
    _check_bidder(state, now, bidder, sequence)
    _check_time(state, now)
    if state.phase != "offers":
        raise refused("takes_bids")
    _check_seen(state, seen)
    if state.bidders[bidder].sealed is not None:
        raise refused("offered_already")
    return events.Offer(at=now, bidder=bidder, sealed=sealed, sequence=sequence, statement=statement)


def stop(terms: Terms, state: State, now: datetime, ground: str) -> Event:
    """Freeze or suspend on a listed ground. Raises Refusal."""
    _check_running(state, now)
    if state.stop is not None:
        raise refused("stopped_already")
    _check_ground(terms, ground, {"freeze", "suspend"})
    return events.Stopped(at=now, ground=ground)


def announce(state: State, now: datetime, resumes_at: datetime) -> Event:
    """Say when it goes on; that may be said anew. Raises Refusal. How long before, is a limit of the procedure."""
    _check_running(state, now)
    if state.stop is None:
        raise refused("not_stopped")
    if resumes_at <= now:
        raise refused("resumes_in_the_past")
    return events.Announced(at=now, resumes_at=resumes_at)


def resume(terms: Terms, state: State, now: datetime) -> Event:
    """Go on at once after a freeze; what was suspended goes on at the announced time only. Raises Refusal."""
    _check_running(state, now)
    if state.stop is None:
        raise refused("not_stopped")
    _check_ground(terms, state.stop.ground, {"freeze"})
    return events.Resumed(at=now)


def terminate(terms: Terms, state: State, now: datetime, ground: str) -> Event:
    """End without a result, on a listed ground. Raises Refusal."""
    _check_clock(state, now)
    if state.phase == "ended":
        raise refused("not_running")
    _check_ground(terms, ground, {"terminate"})
    return events.Terminated(at=now, ground=ground)


def open_offers(state: State, now: datetime, prices: dict[str, int | None]) -> Event:
    """All sealed offers at once, None for one that could not be opened. Raises Refusal."""
    _check_clock(state, now)
    sealed = outcome.unopened(state)
    if state.phase != "closed" or not sealed:
        raise refused("nothing_to_open")
    if prices.keys() != sealed or any(price is not None and not 0 < price <= money.MOST for price in prices.values()):
        raise refused("offers_differ")
    return events.Opened(at=now, prices=prices)


def reveal(terms: Terms, state: State, now: datetime, price: int | None) -> Event:
    """The reserve price, after the last bid and the opening of the offers; None: its envelope holds none.

    Raises Refusal.
    """
    _check_clock(state, now)
    if outcome.awaited(terms, state) != "reserve":
        raise refused("nothing_to_open")
    return events.Revealed(at=now, price=price)


def draw(terms: Terms, state: State, now: datetime, bidder: str) -> Event:
    """On whom the draw among equal prices fell. Raises Refusal. That it was drawn fairly is checked elsewhere."""
    _check_clock(state, now)
    awaited = terms.reserve is not None and state.reserve is None
    tied = outcome.undecided(terms, state)
    if state.phase != "closed" or outcome.unopened(state) or awaited or bidder not in tied:
        raise refused("nothing_to_draw")
    return events.Drawn(at=now, bidder=bidder)


def _check_clock(state: State, now: datetime) -> None:
    if state.at is not None and now < state.at:
        raise refused("clock_behind")


def _check_running(state: State, now: datetime) -> None:
    _check_clock(state, now)
    if state.phase in {"closed", "ended"}:
        raise refused("not_running")


def _check_ground(terms: Terms, id_: str, effects: set[str]) -> None:
    ground = terms.ground(id_)
    if ground is None or ground.effect not in effects:
        raise refused("ground_unknown")


def _check_bidder(state: State, now: datetime, bidder: str, sequence: int) -> None:
    _check_clock(state, now)
    if bidder not in state.bidders:
        raise refused("not_registered")
    if sequence <= state.bidders[bidder].sequence:
        raise refused("replayed", last=state.bidders[bidder].sequence)


def _check_time(state: State, now: datetime) -> None:
    if state.phase in {"closed", "ended"}:
        raise refused("after_end")
    if state.stop is not None:
        raise refused("suspended")
    if state.phase == "waiting":
        raise refused("not_started")
    if state.phase in RUNNING and state.ends_at is not None and now >= state.ends_at:
        raise refused("after_end")
    if state.phase == "preparing":
        raise refused("preparing")


def _check_seen(state: State, seen: str | None) -> None:
    if seen != state.view:
        raise refused("view_stale", view=state.view)


def _check_rise(terms: Terms, state: State, bidder: str, price: int) -> None:
    if price < terms.start_price:
        raise refused("below_start")
    if state.leading is not None and price < state.leading.price + terms.step:
        raise refused("not_above_by_step", least=money.text(state.leading.price + terms.step))
    if terms.multiples and (price - terms.start_price) % terms.step:
        raise refused("not_a_multiple")
    if price > (money.MOST if terms.cap is None else terms.cap):
        raise refused("above_cap")
    if state.leading is not None and state.leading.bidder == bidder and not terms.leader_may_raise:
        raise refused("leading_already")


def _check_turn(terms: Terms, state: State, bidder: str, price: int) -> None:
    own = state.bidders[bidder].price
    if own is None or state.turn != bidder:
        raise refused("not_your_turn", turn=state.turn)
    if not 0 < price <= own - terms.step:
        raise refused("not_below_by_step")
    if terms.multiples and (own - price) % terms.step:
        raise refused("not_a_multiple")
