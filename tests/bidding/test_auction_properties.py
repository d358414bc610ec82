"""Random auctions: what must hold of every one, looked at in the recorded events by another way than the rules'."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from bidding.auctions import decide, events
from bidding.auctions.replay import replay
from notary import canonical
from notary.errors import Refusal
from tests.bidding.hall import KINDS, MILLION, START, Hall, hall

STEP = 10_000_00
NUMBERS = ("1", "2", "3", "4")

# A step of a random auction: how time passes before it (with what number), who does what, how far the price is from the
# one to beat. Drawn evenly from a seed: hypothesis likes simple steps, of which few auctions come to their countdown.
PASSED = [*[("seconds", n) for n in (0, 1, 20, 90)] * 5, *[("end", -1)] * 5, ("end", 0), ("end", 1), ("outage", 40)]
WHO = [*NUMBERS * 3, "turn", "turn", "turn", "9"]
ACTS = [*["bid"] * 20, *["offer"] * 6, "stale", "replay", "stop", "resume", "announce", "open"]
FAR = [1, 1, 1, 1, 1, 2, 5, 0, -1]
BESIDE = [0] * 9 + [1, -1]


def _price(one: Hall, bidder: str, steps: int, odd: int) -> int:
    """A price some steps from the one to beat, and perhaps one 分 beside it."""
    if one.terms.rounds is not None:
        own = one.state.bidders[bidder].price if bidder in one.state.bidders else None
        return max(1, (own or MILLION) - steps * STEP + odd)
    leading = MILLION - STEP if one.state.leading is None else one.state.leading.price
    return max(1, leading + steps * STEP + odd)


def _stop(one: Hall, _bidder: str, steps: int, odd: int) -> None:
    one.stop("inquiry" if steps % 2 else "ruling")


def _open(one: Hall, _bidder: str, steps: int, odd: int) -> None:
    offered = [number for number, bidder in one.state.bidders.items() if bidder.sealed is not None]
    prices = {f"of_{n}": MILLION + (int(n) * steps % 4 + 4) * STEP if int(n) != odd else None for n in offered}
    one.open(**prices)


DO: dict[str, Callable[[Hall, str, int, int], None]] = {
    "bid": lambda one, bidder, steps, odd: one.bid(bidder, _price(one, bidder, steps, odd)),
    "stale": lambda one, bidder, steps, odd: one.bid(bidder, _price(one, bidder, steps, odd), seen="0" * 64),
    "replay": lambda one, bidder, steps, odd: one.bid(bidder, _price(one, bidder, steps, odd), sequence=1),
    "offer": lambda one, bidder, _steps, _odd: one.offer(bidder),
    "stop": _stop,
    "resume": lambda one, _bidder, _steps, _odd: one.resume(),
    "announce": lambda one, _bidder, steps, _odd: one.announce(one.now + timedelta(minutes=steps)),
    "tick": lambda one, _bidder, _steps, _odd: one.tick(),
    "open": _open,
}


def _pass(one: Hall, how: str, number: int) -> None:
    if how == "outage":
        one.outage(seconds=number)
    elif how == "seconds" or one.state.ends_at is None or one.state.stop is not None:
        one.after(seconds=abs(number))
    else:
        one.at(one.state.ends_at + timedelta(microseconds=number))


def made(seed: int) -> Hall:
    """A random auction of any kind, from a minute before the start on, or from the last half hour; also unfinished."""
    chance = random.Random(seed)
    one = hall(chance.choice(sorted(KINDS)), NUMBERS)
    one.at(START + timedelta(minutes=chance.choice([-1, 0, 90, 110, 118])))
    for _ in range(chance.randrange(60)):
        _pass(one, *chance.choice(PASSED))
        before, length = one.state, len(one.events)
        who = chance.choice(WHO)
        bidder = (one.state.turn or "1") if who == "turn" else who
        try:
            DO[chance.choice(ACTS)](one, bidder, chance.choice(FAR), chance.choice(BESIDE))
        except Refusal:
            # What is due stands, though the act was refused; the act itself has changed nothing.
            assert one.state == (before if len(one.events) == length else replay(one.terms, one.events))
    return one


def auctions() -> st.SearchStrategy[Hall]:
    return st.integers(0, 2**64).map(made)


def _finished(one: Hall) -> Hall:
    """The same, led to its end; a draw falls on the smallest number that is tied."""
    for _ in range(200):
        if one.state.phase == "ended":
            break
        with suppress(Refusal):
            one.resume()
        with suppress(Refusal):
            one.announce(one.now + timedelta(seconds=1))
        with suppress(Refusal):
            _open(one, "", 3, 0)
        for number in NUMBERS:
            with suppress(Refusal):
                one.do(lambda state, now, n=number: decide.draw(one.terms, state, now, n))  # type: ignore[misc]
        one.after(minutes=30)
    return one


@settings(max_examples=250)
@given(auctions())
def test_a_replay_gives_the_same_state_also_through_json(one: Hall) -> None:
    assert replay(one.terms, one.events) == one.state
    read = [events.read(canonical.loads(canonical.dumps(events.plain(event)))) for event in one.events]
    assert replay(one.terms, read) == one.state


@settings(max_examples=250)
@given(auctions())
def test_prices_move_by_at_least_the_step(one: Hall) -> None:
    bids = [event for event in one.events if isinstance(event, events.Bid)]
    if one.terms.rounds is None:
        prices = [bid.price for bid in bids]
        assert all(later >= earlier + STEP for earlier, later in pairwise(prices))
        assert all(price >= MILLION and (price - MILLION) % STEP == 0 for price in prices)
        assert all(price <= one.terms.cap for price in prices) if one.terms.cap else True
    for number in NUMBERS:
        own = [MILLION] + [bid.price for bid in bids if bid.bidder == number]
        if one.terms.rounds is not None:
            assert all(0 < later <= earlier - STEP for earlier, later in pairwise(own))


@settings(max_examples=250)
@given(auctions())
def test_nothing_is_accepted_at_or_after_the_end_and_it_never_moves_back(one: Hall) -> None:
    """Each prefix is folded again: the end that stood before an accepted bid is later than the bid."""
    over = False
    for place, event in enumerate(one.events):
        before = replay(one.terms, one.events[:place])
        if isinstance(event, events.Bid | events.Offer):
            assert not over
            assert before.stop is None
            assert before.ends_at is not None
            assert event.at < before.ends_at
        over = over or isinstance(event, events.Closed | events.Ended | events.Terminated)
        after = replay(one.terms, one.events[: place + 1])
        # A turn ends with its bid, and the next one begins.
        if before.phase == after.phase != "turn" and before.ends_at is not None:
            assert after.ends_at is not None
            assert after.ends_at >= before.ends_at


@settings(max_examples=250)
@given(auctions())
def test_times_never_fall_and_offers_are_one_each(one: Hall) -> None:
    times = [event.at for event in one.events]
    assert times == sorted(times)
    offered = [event.bidder for event in one.events if isinstance(event, events.Offer)]
    assert len(offered) == len(set(offered))
    for number in NUMBERS:
        own = [e.sequence for e in one.events if isinstance(e, events.Bid | events.Offer) and e.bidder == number]
        assert own == sorted(set(own))
    assert all(
        event.bidder != "9" for event in one.events if isinstance(event, events.Bid | events.Offer | events.Registered)
    )


@settings(max_examples=250)
@given(auctions())
def test_the_winner_has_the_best_accepted_price_and_the_earlier_one_or_the_drawn_of_equal_ones(one: Hall) -> None:
    _finished(one)
    assert one.state.phase == "ended"
    told: list[tuple[int, str]] = []  # in the order of their events
    opened = next((event.prices for event in one.events if isinstance(event, events.Opened)), {})
    least = one.terms.cap or one.terms.start_price
    for event in one.events:
        if isinstance(event, events.Bid):
            told.append((event.price, event.bidder))
        elif isinstance(event, events.Offer) and (price := opened[event.bidder]) is not None and price >= least:
            told.append((price, event.bidder))
        elif isinstance(event, events.Registered) and event.price is not None:
            told.append((event.price, event.bidder))
    if not told:
        assert (one.state.result, one.state.winner, one.state.price) == ("no_bids", None, None)
        return
    best = (min if one.terms.rounds is not None else max)(price for price, _ in told)
    tied = list(dict.fromkeys(bidder for price, bidder in told if price == best))
    drawn = [event.bidder for event in one.events if isinstance(event, events.Drawn)]
    assert bool(drawn) == (one.terms.ties == "draw" and len(tied) > 1)
    assert (one.state.result, one.state.price) == ("sold", best)
    assert one.state.winner == (drawn or tied)[0]
    assert one.state.winner in tied


@settings(max_examples=250)
@given(auctions(), st.data())
def test_a_record_with_one_event_left_out_is_another_auction(one: Hall, data: st.DataObject) -> None:
    """The head names all that came before: left out, doubled or moved events give another one, or are impossible."""
    place = data.draw(st.integers(0, len(one.events) - 1))
    rest = one.events[:place] + one.events[place + 1 :]
    with suppress(ValueError):
        assert replay(one.terms, rest).head != one.state.head
