"""An extension: every time moves by at least the limit, and nothing else changes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from notary import clock
from notary.errors import Malformed, RuleBroken
from tests.trading.examples import CALENDAR, NOON
from trading import amendment, periods, procedures
from trading.amendment import Amendment

EQUITY = procedures.in_force("property-bidding", NOON)
INSTANT = timedelta(microseconds=1)
STARTS, ENDS = NOON + timedelta(days=2), NOON + timedelta(days=2, hours=2)


def over(moment: Any) -> Any:
    found = periods.due(EQUITY, CALENDAR, "extension", moment)
    assert found is not None
    return found


OLD: dict[str, Any] = {
    "deadline": clock.text(NOON),
    "questions_until": clock.text(NOON),
    "documents_offered_until": clock.text(NOON),
    "auction": {
        "start_price": "1.00",
        "step": "1.00",
        "multiples": False,
        "leader_may_raise": True,
        "least_bidders": 1,
        "opens_at": clock.text(STARTS),
        "closes_at": clock.text(ENDS),
        "soft_close_seconds": 0,
        "resume_seconds": 600,
        "outage_seconds": 30,
    },
}
TIMES = {"deadline": over(NOON), "auction.opens_at": over(STARTS), "auction.closes_at": over(ENDS) + timedelta(hours=1)}


def extend(changed: dict[str, Any], *, at: datetime = NOON, **terms: Any) -> amendment.Amended:
    times = TIMES | changed
    auction = OLD["auction"] | {name: clock.text(times[f"auction.{name}"]) for name in ("opens_at", "closes_at")}
    asked = Amendment({"auction": auction | terms}, "无人报名", affects_bids=False, deadline=times["deadline"])
    return amendment.apply(OLD, asked, EQUITY, CALENDAR, at)


def test_an_extension_of_five_working_days() -> None:
    assert extend({}).content["deadline"] == clock.text(TIMES["deadline"])
    later = extend({"deadline": TIMES["deadline"] + timedelta(days=9)})
    assert later.rule is None
    assert later.content["documents_offered_until"] == later.content["questions_until"] == later.content["deadline"]


def test_registration_is_open_for_as_long_from_the_amendment_on() -> None:
    """The old times may lie far from each other: what was over for long is not opened for a moment."""
    at = NOON + timedelta(days=1)
    with pytest.raises(RuleBroken) as refused:
        extend({}, at=at)
    assert (refused.value.field, refused.value.facts["earliest"]) == ("deadline", clock.text(over(at)))


@pytest.mark.parametrize("auction", [None, "x", {}, {**OLD["auction"], "opens_at": 5}])
def test_what_is_no_auction_is_refused(auction: Any) -> None:
    asked = Amendment({"auction": auction}, "无人报名", affects_bids=False, deadline=TIMES["deadline"])
    with pytest.raises(Malformed):
        amendment.apply(OLD, asked, EQUITY, CALENDAR, NOON)


@pytest.mark.parametrize("name", sorted(TIMES))
def test_no_time_moves_by_less(name: str) -> None:
    least = {"deadline": NOON, "auction.opens_at": STARTS, "auction.closes_at": ENDS}[name]
    with pytest.raises(RuleBroken) as refused:
        extend({name: over(least) - INSTANT})
    assert (refused.value.field, refused.value.facts["rule"]) == (name, "extension")
    assert refused.value.facts["earliest"] == clock.text(over(least))


def test_nothing_else_of_the_terms_changes() -> None:
    with pytest.raises(Malformed) as refused:
        extend({}, start_price="0.50")
    assert refused.value.field == "changes.auction.start_price"
    asked = Amendment({"scope": "另一标的"}, "改", affects_bids=False, deadline=TIMES["deadline"])
    with pytest.raises(RuleBroken):
        amendment.apply(OLD | {"scope": "标的"}, asked, EQUITY, CALENDAR, NOON)
