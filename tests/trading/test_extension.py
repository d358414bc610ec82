"""An extension: every time moves by at least the limit, and nothing else changes."""

from __future__ import annotations

from datetime import timedelta
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
    "auction": {"start_price": "1.00", "opens_at": clock.text(STARTS), "closes_at": clock.text(ENDS)},
}
TIMES = {"deadline": over(NOON), "auction.opens_at": over(STARTS), "auction.closes_at": over(ENDS) + timedelta(hours=1)}


def extend(changed: dict[str, Any], **terms: Any) -> amendment.Amended:
    times = TIMES | changed
    auction = OLD["auction"] | {name: clock.text(times[f"auction.{name}"]) for name in ("opens_at", "closes_at")}
    asked = Amendment({"auction": auction | terms}, "无人报名", affects_bids=False, deadline=times["deadline"])
    return amendment.apply(OLD, asked, EQUITY, CALENDAR, NOON + timedelta(hours=1))


def test_an_extension_of_five_working_days() -> None:
    assert extend({}).content["deadline"] == clock.text(TIMES["deadline"])
    assert extend({"deadline": TIMES["deadline"] + timedelta(days=9)}).rule is None


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
