"""Auctions by example: each kind from the start to the result, each limit at the limit, each reason of refusal."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from bidding.auctions import decide, events, refusals
from bidding.auctions.replay import ImpossibleEvent, replay
from bidding.auctions.state import BEGINNING
from notary import canonical
from notary.errors import Malformed, Refusal
from tests.bidding.hall import FREE, FUJIAN, MILLION, START, TAICANG, Hall, content, hall, refused
from trading.auctions import terms

STEP = 10_000_00
TICK = timedelta(microseconds=1)


def timed(kind: str = "listing", **changed: Any) -> Hall:
    """A listing in whose last hour two have bid, at the beginning of the countdown."""
    one = hall(kind, **changed).at(START + FREE - timedelta(minutes=30))
    one.bid("1", MILLION)
    one.bid("2", MILLION + STEP)
    return one.at(START + FREE).at(START + FREE + timedelta(seconds=one.terms.timed.preparation_seconds))  # type: ignore[union-attr]


def test_a_listing_with_one_bidder_is_sold_to_it() -> None:
    one = hall("listing").at(START + timedelta(minutes=5))
    one.bid("1", MILLION)
    one.at(START + FREE)
    assert one.kinds == ["started", "bid", "closed", "ended"]
    assert one.result == ("sold", "1", MILLION)


def test_fujian_prepares_15_minutes_and_counts_down_5() -> None:
    """Two that bid in the last hour; who has not bid yet may join (33-42)."""
    one = hall("listing").at(START + FREE - timedelta(minutes=30))
    one.bid("1", MILLION)
    one.bid("2", MILLION + STEP)
    one.at(START + FREE)
    assert one.phase == "preparing"
    refused("preparing", lambda: one.bid("3", MILLION + 2 * STEP))
    begin = START + FREE + timedelta(minutes=15)
    assert one.at(begin - TICK).phase == "preparing"
    one.at(begin)
    assert (one.phase, one.state.ends_at) == ("timed", begin + timedelta(minutes=5))
    one.at(begin + timedelta(minutes=5) - TICK)
    one.bid("3", MILLION + 2 * STEP)
    assert one.state.ends_at == one.now + timedelta(minutes=5)
    end = one.state.ends_at
    one.at(end - TICK)
    assert one.phase == "timed"
    one.at(end)
    refused("after_end", lambda: one.bid("1", MILLION + 3 * STEP))
    assert one.result == ("sold", "3", MILLION + 2 * STEP)


@pytest.mark.parametrize(("before", "phase"), [(timedelta(hours=1), "preparing"), (timedelta(hours=1) + TICK, "ended")])
def test_only_bids_of_the_last_hour_contend(before: timedelta, phase: str) -> None:
    one = hall("listing").at(START + FREE - before)
    one.bid("1", MILLION)
    one.at(START + FREE - timedelta(minutes=1))
    one.bid("2", MILLION + STEP)
    assert one.at(START + FREE).phase == phase


def test_taicang_counts_down_4_minutes_once_two_have_bid() -> None:
    one = hall("listing", timed=TAICANG).at(START)
    one.bid("1", MILLION)
    one.bid("2", MILLION + STEP)
    one.at(START + FREE + timedelta(seconds=1))
    assert one.state.ends_at == one.now + timedelta(minutes=4)
    one.after(minutes=3)
    one.bid("1", MILLION + 2 * STEP)
    assert one.state.ends_at == one.now + timedelta(minutes=4)
    assert one.after(minutes=4).result == ("sold", "1", MILLION + 2 * STEP)


def test_an_english_auction_closes_softly() -> None:
    one = hall("english").at(START + FREE - timedelta(seconds=121))
    one.bid("1", MILLION)
    assert one.state.ends_at == START + FREE
    one.after(seconds=21)
    one.bid("2", MILLION + STEP)
    assert one.state.ends_at == one.now + timedelta(seconds=120)
    assert one.after(seconds=120).result == ("sold", "2", MILLION + STEP)


def test_a_bid_at_exactly_the_end_is_late() -> None:
    one = hall("english").at(START + FREE - TICK)
    one.bid("1", MILLION)
    two = hall("english").at(START + FREE)
    refused("after_end", lambda: two.bid("1", MILLION))
    assert two.result == ("no_bids", None, None)


def test_the_end_is_the_end_though_nobody_has_looked_at_the_clock() -> None:
    """The decision itself compares, not only what advances the state before it."""
    one = hall("english").at(START + FREE - TICK)
    told: dict[str, Any] = {"bidder": "1", "price": MILLION, "seen": one.state.view, "sequence": 1}
    refused("after_end", lambda: decide.bid(one.terms, one.state, START + FREE, statement="0" * 64, **told))
    bid = decide.bid(one.terms, one.state, START + FREE - TICK, statement="0" * 64, **told)
    late = replace(bid, at=START + FREE)
    assert replay(one.terms, [*one.events, bid])
    with pytest.raises(ImpossibleEvent):
        replay(one.terms, [*one.events, late])


def test_the_cap_begins_sealed_offers_and_equal_ones_are_drawn() -> None:
    one = timed("capped")
    refused("above_cap", lambda: one.bid("1", MILLION + 6 * STEP))
    one.bid("1", MILLION + 5 * STEP)
    assert (one.phase, one.state.ends_at) == ("offers", one.now + timedelta(minutes=10))
    refused("takes_offers", lambda: one.bid("2", MILLION + 6 * STEP))
    view = one.state.view
    one.offer("2")
    one.offer("3")
    assert one.state.view == view  # nobody sees that others have made offers
    refused("offered_already", lambda: one.offer("2"))
    one.after(minutes=10)
    assert one.phase == "closed"
    refused("offers_differ", lambda: one.open(of_2=MILLION * 2))
    one.open(of_2=MILLION * 2, of_3=MILLION * 2)
    assert one.phase == "closed"
    refused("nothing_to_draw", lambda: one.do(lambda state, now: decide.draw(one.terms, state, now, "1")))
    one.do(lambda state, now: decide.draw(one.terms, state, now, "3"))
    assert one.result == ("sold", "3", MILLION * 2)


def test_offers_below_the_cap_or_unopenable_leave_the_bid_that_reached_it() -> None:
    one = timed("capped")
    one.bid("1", MILLION + 5 * STEP)
    one.offer("2")
    one.offer("3")
    one.after(minutes=10)
    one.open(of_2=MILLION + 5 * STEP - 1, of_3=None)
    assert one.result == ("sold", "1", MILLION + 5 * STEP)


def test_the_free_phase_may_reach_the_cap_and_nobody_offer() -> None:
    one = hall("capped").at(START)
    one.bid("1", MILLION + 5 * STEP)
    assert one.after(minutes=10).result == ("sold", "1", MILLION + 5 * STEP)


def test_one_shot_offers_go_to_the_earlier_of_equal_ones() -> None:
    one = hall("sealed_offer").at(START)
    refused("takes_offers", lambda: one.bid("1", MILLION))
    one.offer("3")
    one.offer("1")
    one.after(minutes=10)
    refused("after_end", lambda: one.offer("2"))
    one.open(of_1=MILLION, of_3=MILLION)
    assert one.result == ("sold", "3", MILLION)


def test_an_offer_below_the_start_price_does_not_count() -> None:
    one = hall("sealed_offer").at(START)
    one.offer("3")
    one.after(minutes=10)
    one.open(of_3=MILLION - 1)
    assert one.result == ("no_bids", None, None)


@pytest.mark.parametrize(
    ("price", "result"),
    [
        (MILLION, ("sold", "1", MILLION)),
        (MILLION + 1, ("below_reserve", None, None)),
        (None, ("sold", "1", MILLION)),  # nothing was inside
    ],
)
def test_the_reserve_is_opened_after_the_last_bid(price: int | None, result: tuple[Any, ...]) -> None:
    one = hall("english", reserve="a" * 64).at(START)
    refused("nothing_to_open", lambda: one.do(lambda state, now: decide.reveal(one.terms, state, now, price)))
    one.bid("1", MILLION)
    one.at(START + FREE)
    assert one.phase == "closed"
    one.do(lambda state, now: decide.reveal(one.terms, state, now, price))
    assert one.result == result


def test_without_a_bid_no_reserve_is_opened() -> None:
    assert hall("english", reserve="a" * 64).at(START + FREE).result == ("no_bids", None, None)


def test_descending_rounds_take_turns_from_the_highest_price_to_the_lowest() -> None:
    rules = terms.read(content("descending_rounds"))
    one = Hall(rules, ("1", "2", "3"), of_1=MILLION - STEP, of_2=MILLION, of_3=MILLION - STEP)
    one.at(START)
    assert (one.phase, one.state.ends_at) == ("preparing", START + timedelta(seconds=60))
    one.after(seconds=60)
    # The highest first; of equal prices the one that was there first has the later, better turn.
    assert (one.state.turn, one.state.order) == ("2", ("3", "1"))
    refused("not_your_turn", lambda: one.bid("1", MILLION - 2 * STEP))
    refused("not_below_by_step", lambda: one.bid("2", MILLION - STEP + 1))
    refused("not_a_multiple", lambda: one.bid("2", MILLION - STEP - 1))
    one.bid("2", MILLION - 3 * STEP)
    assert one.state.turn == "3"
    one.after(seconds=120)
    assert one.state.turn == "1"
    one.after(seconds=120)
    assert (one.phase, one.state.round) == ("preparing", 1)
    one.after(seconds=60)
    assert (one.state.round, one.state.turn, one.state.order) == (2, "3", ("1", "2"))
    for _ in range(2):
        one.after(seconds=360).after(seconds=60)
    assert one.result == ("sold", "2", MILLION - 3 * STEP)
    assert sum(isinstance(event, events.Turn) for event in one.events) == 9


def test_too_few_bidders_end_it_at_the_start() -> None:
    assert hall("english", least_bidders=4).at(START).result == ("too_few_bidders", None, None)
    assert hall("english", least_bidders=3).at(START).phase == "open"


def test_after_a_freeze_the_countdown_starts_whole() -> None:
    one = timed()
    one.after(minutes=4)
    one.stop("inquiry")
    refused("suspended", lambda: one.bid("3", MILLION + 2 * STEP))
    refused("stopped_already", lambda: one.stop("inquiry"))
    one.after(hours=3)
    one.resume()
    assert one.state.ends_at == one.now + timedelta(minutes=5)
    refused("not_stopped", one.resume)


def test_a_suspension_goes_on_at_the_announced_time_only() -> None:
    one = hall("listing").at(START + FREE - timedelta(minutes=20))
    one.stop("ruling")
    refused("ground_unknown", one.resume)
    refused("resumes_in_the_past", lambda: one.announce(one.now))
    again = one.now + timedelta(days=5)
    one.announce(again)
    one.tick(again - TICK)
    refused("suspended", lambda: one.bid("1", MILLION))
    one.tick(again)
    assert one.state.ends_at == again + timedelta(minutes=20)


def test_at_least_the_stated_time_is_left_of_the_free_phase() -> None:
    one = hall("listing").at(START + FREE - timedelta(seconds=5))
    one.stop("inquiry")
    one.resume()
    assert one.state.ends_at == one.now + timedelta(minutes=10)


def test_a_stop_before_the_start_keeps_it_waiting() -> None:
    one = hall("listing")
    one.stop("inquiry")
    one.at(START + timedelta(minutes=1))
    assert one.phase == "waiting"
    one.resume()
    assert (one.phase, one.state.ends_at) == ("open", START + FREE + timedelta(minutes=1))


@pytest.mark.parametrize(("late", "more"), [(30, 0), (31, 31), (3 * 3600, 3 * 3600)])
def test_a_late_start_takes_no_time_to_bid(late: int, more: int) -> None:
    """Up to outage_seconds (30) the end stands as the notice has it."""
    one = hall("listing").at(START - timedelta(seconds=1)).outage(seconds=late + 1)
    assert (one.phase, one.state.ends_at) == ("open", START + FREE + timedelta(seconds=more))


def test_it_may_be_terminated_on_a_listed_ground_only() -> None:
    one = timed()
    for wrong in ("inquiry", "none"):
        refused("ground_unknown", lambda g=wrong: one.do(lambda s, now: decide.terminate(one.terms, s, now, g)))  # type: ignore[misc]
    one.do(lambda state, now: decide.terminate(one.terms, state, now, "planning"))
    assert one.result == ("terminated", None, None)
    refused("not_running", lambda: one.stop("inquiry"))
    refused("not_running", lambda: one.do(lambda state, now: decide.terminate(one.terms, state, now, "planning")))


def test_an_outage_starts_the_countdown_anew_and_a_short_one_does_not() -> None:
    one = timed()
    one.outage(seconds=30)
    assert "interrupted" not in one.kinds
    one.outage(seconds=31)
    assert one.kinds[-1] == "interrupted"
    assert one.state.ends_at == one.now + timedelta(minutes=5)
    one.outage(hours=1)  # far beyond the end: nobody could bid meanwhile
    one.bid("3", MILLION + 2 * STEP)
    assert one.state.ends_at == one.now + timedelta(minutes=5)
    assert one.after(minutes=5).result == ("sold", "3", MILLION + 2 * STEP)


def test_an_outage_long_before_the_end_changes_nothing() -> None:
    one = hall("listing").at(START).outage(minutes=5)
    assert one.kinds == ["started"]


def test_a_platform_that_comes_late_gives_the_whole_preparation() -> None:
    one = hall("listing").at(START + FREE - timedelta(minutes=1))
    one.bid("1", MILLION)
    one.bid("2", MILLION + STEP)
    one.at(START + FREE - timedelta(seconds=5))
    one.tick(START + FREE + timedelta(seconds=20))
    assert (one.phase, one.state.ends_at) == ("preparing", one.now + timedelta(minutes=15))


def test_prices() -> None:
    one = hall("english", leader_may_raise=False).at(START)
    refused("below_start", lambda: one.bid("1", MILLION - 1))
    refused("not_a_multiple", lambda: one.bid("1", MILLION + 1))
    one.bid("1", MILLION)
    refused("not_above_by_step", lambda: one.bid("2", MILLION + STEP - 1))
    refused("leading_already", lambda: one.bid("1", MILLION + STEP))
    one.bid("2", MILLION + STEP)
    free = hall("english", multiples=False).at(START)
    free.bid("1", MILLION + 1)
    free.bid("1", MILLION + STEP + 2)


def test_who_may_bid_and_what_must_have_been_seen() -> None:
    one = hall("english", registration_until="2026-11-24T02:00:00.000000Z")
    refused("not_started", lambda: one.bid("1", MILLION))
    refused("takes_bids", lambda: one.at(START).offer("1"))
    refused("not_registered", lambda: one.bid("9", MILLION))
    refused("number_taken", lambda: one.do(lambda s, now: decide.register(one.terms, s, now, "1", None)))
    refused("quote_wrong", lambda: one.do(lambda s, now: decide.register(one.terms, s, now, "4", MILLION)))
    view = one.state.view
    one.do(lambda state, now: decide.register(one.terms, state, now, "4", None))
    assert one.state.view == view  # nobody sees how many numbers there are
    one.bid("4", MILLION, sequence=7)
    refused("view_stale", lambda: one.bid("2", MILLION + STEP, seen=view))
    refused("view_stale", lambda: one.bid("2", MILLION + STEP, seen=None))
    refused("replayed", lambda: one.bid("4", MILLION + STEP, sequence=7))
    one.at(START + timedelta(hours=1))
    refused("registration_over", lambda: one.do(lambda s, now: decide.register(one.terms, s, now, "5", None)))


def test_a_refused_statement_cannot_be_brought_in_later() -> None:
    """What was refused while suspended names a state that is over."""
    one = hall("english").at(START)
    one.stop("inquiry")
    view = one.state.view
    refused("suspended", lambda: one.bid("1", MILLION, seen=view))
    one.resume()
    refused("view_stale", lambda: one.bid("1", MILLION, seen=view))


def test_a_clock_that_was_set_back_waits() -> None:
    one = hall("english").at(START)
    with pytest.raises(Refusal) as refusal:
        decide.bid(
            one.terms,
            one.state,
            START - TICK,
            bidder="1",
            price=MILLION,
            seen=one.state.view,
            sequence=1,
            statement="0" * 64,
        )
    assert refusal.value.reason == "clock_behind"


def test_the_list_of_reasons_is_closed_and_every_one_is_tried_here() -> None:
    for text in (Path(decide.__file__).read_text("utf-8"), Path(__file__).read_text("utf-8")):
        assert {reason for reason in refusals.REASONS if f'"{reason}"' not in text} == set()


def test_a_replay_refuses_what_the_rules_would_not_have_made() -> None:
    one = timed()
    one.bid("3", MILLION + 2 * STEP)
    one.after(minutes=5)
    assert replay(one.terms, one.events) == one.state
    for wrong in (
        one.events[:-3] + one.events[-2:],  # an accepted bid is dropped
        one.events[:3] + one.events[4:],  # it never started
        [*one.events, one.events[-1]],  # ended twice
        [*one.events[:-1], events.Ended(at=one.now, result="sold", winner="2", price=MILLION + STEP)],
        [*one.events[:-2], events.Closed(at=one.now - TICK), one.events[-1]],  # closed early
        [events.Bid(at=START, bidder="1", price=MILLION, sequence=1, statement="0" * 64)],
    ):
        with pytest.raises(ImpossibleEvent):
            replay(one.terms, wrong)


def test_a_replay_refuses_a_time_before_the_event_it_follows() -> None:
    one = hall("capped").at(START + timedelta(minutes=1))
    one.bid("1", MILLION + 5 * STEP)
    *before, offering = one.events
    assert isinstance(offering, events.Offering)
    with pytest.raises(ImpossibleEvent):
        replay(one.terms, [*before, replace(offering, at=one.now - TICK)])


def test_what_is_due_follows_within_the_outage_or_after_its_event() -> None:
    one = timed()
    end = one.state.ends_at
    assert end is not None
    longest = end + timedelta(seconds=30)
    assert replay(one.terms, [*one.events, events.Closed(at=longest)]).phase == "closed"
    with pytest.raises(ImpossibleEvent):
        replay(one.terms, [*one.events, events.Closed(at=longest + TICK)])


def test_events_and_terms_are_their_json() -> None:
    one = timed("capped")
    one.bid("1", MILLION + 5 * STEP)
    one.offer("2")
    one.after(minutes=10)
    one.open(of_2=None)
    for event in one.events:
        written = canonical.loads(canonical.dumps(events.plain(event)))
        assert events.read(written) == event
    bid = next(event for event in one.events if isinstance(event, events.Bid))
    assert events.plain(bid) == {
        "event": "bid",
        "at": "2026-11-24T02:30:00.000000Z",
        "bidder": "1",
        "price": "1000000.00",
        "salt": events.UNSALTED,
        "sequence": 1,
        "statement": "0" * 64,
    }
    assert one.state.head == events.link_id(one.events[-1], len(one.events), _head(one.events[:-1]))


def _head(listed: list[events.Event]) -> str | None:
    head = None
    for number, event in enumerate(listed, 1):
        head = events.link_id(event, number, head)
    return head


@pytest.mark.parametrize(
    ("kind", "changed", "field"),
    [
        ("english", {"timed": FUJIAN}, "timed"),
        ("english", {"open": None}, "open"),
        ("english", {"cap": "2000000.00"}, "offers"),
        ("capped", {"cap": "1000000.00"}, "cap"),
        ("capped", {"cap": "1005000.00"}, "cap"),
        ("sealed_offer", {"cap": "2000000.00"}, "cap"),
        ("descending_rounds", {"reserve": "a" * 64}, "reserve"),
        ("descending_rounds", {"step": "1000000.00"}, "step"),
        ("english", {"registration_until": "2026-11-24T03:00:00.000001Z"}, "registration_until"),
        ("english", {"registration_until": "2026-11-24T02:00:00.000000Z", "least_bidders": 2}, "registration_until"),
        ("english", {"opens_at": "2026-11-24T03:00:00.000000Z"}, "open.closes_at"),
        ("english", {"start_price": 1000000}, "start_price"),
        ("english", {"start_price": "0.00"}, "start_price"),
        ("english", {"step": "NaN"}, "step"),
        ("english", {"step": "1E+6"}, "step"),
        ("english", {"opens_at": 1}, "opens_at"),
        ("english", {"opens_at": "2026-11-24"}, "opens_at"),
        ("english", {"outage_seconds": 0}, "outage_seconds"),
        ("english", {"ties": "later"}, "ties"),
        ("english", {"kind": "dutch"}, "kind"),
        ("english", {"more": 1}, "more"),
    ],
)
def test_terms_that_cannot_be_are_refused(kind: str, changed: dict[str, Any], field: str) -> None:
    with pytest.raises(Malformed) as refusal:
        terms.read(content(kind, **changed))
    assert refusal.value.field == field


def test_a_ground_stands_once() -> None:
    twice = content("english")
    twice["grounds"] = twice["grounds"] * 2
    with pytest.raises(Malformed):
        terms.read(twice)


def test_nothing_has_happened_at_the_beginning() -> None:
    assert replay(terms.read(content("english")), []) == BEGINNING
