"""Sales: the floor by the appraisal, and the disclosure by the price, at their limits and just beside them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from notary import clock
from notary.errors import RuleBroken
from tests.trading.examples import BY_SCORE, CALENDAR, NOON, publication, read
from trading import money, periods, procedures, rules
from trading.procedures import Procedure
from trading.rules import AuctionFacts
from trading.valuation import Valued

EQUITY = procedures.in_force("property-bidding", NOON)
ASSETS = procedures.in_force("property-assets", NOON)
VILLAGE = procedures.in_force("rural-auction", NOON)
INSTANT = timedelta(microseconds=1)
APPRAISED = 1_000_000_000  # 1000 万元
APPROVAL = "国资发产权〔2026〕1号"


def first(appraisal: int) -> Valued:
    return Valued(appraisal, relists=False, approval=None)


def due(procedure: Procedure, limit: str) -> datetime:
    found = periods.due(procedure, CALENDAR, limit, NOON)
    assert found is not None
    return found


def broken(procedure: Procedure, until: datetime, price: int, valued: Valued | None, deposit: int = 0) -> list[str]:
    """The rules that a sale breaks whose registration ends then, at that start price (分)."""
    facts = AuctionFacts(procedure.subjects[0], NOON, until, until + timedelta(days=1), until + timedelta(days=40),
                         price, deposit, 1, valued)  # fmt: skip
    try:
        rules.check_publication(procedure, CALENDAR, facts)
    except RuleBroken as refused:
        return [one["rule"] for one in refused.facts["broken"]]
    return []


@pytest.mark.parametrize(
    ("price", "relists", "approval", "rule"),
    [
        (APPRAISED, False, None, None),
        (APPRAISED + 1, False, None, None),
        (APPRAISED - 1, False, None, "appraisal_share"),
        (APPRAISED - 1, False, APPROVAL, "appraisal_share"),
        (APPRAISED - 1, True, None, None),
        (APPRAISED * 9 // 10, True, None, None),
        (APPRAISED * 9 // 10 - 1, True, None, "approval_share"),
        (APPRAISED * 9 // 10 - 1, True, APPROVAL, None),
    ],
)
def test_the_floor(price: int, relists: bool, approval: str | None, rule: str | None) -> None:
    """32号令 17、18: not below the appraisal at first; anew lower, below nine tenths of it with a new approval only."""
    over = due(EQUITY, "disclosure")
    found = broken(EQUITY, over, price, Valued(APPRAISED, relists, approval))
    assert found == ([] if rule is None else [rule])


@pytest.mark.parametrize(
    ("procedure", "price", "limit"),
    [
        (ASSETS, 1_000_000_000 - 1, "disclosure"),
        (ASSETS, 1_000_000_000, "disclosure_large"),
        (VILLAGE, 50_000_000 - 1, "disclosure"),
        (VILLAGE, 50_000_000, "disclosure_large"),
        (EQUITY, 10**12, "disclosure"),
    ],
)
def test_how_long_it_is_disclosed_goes_by_the_price(procedure: Procedure, price: int, limit: str) -> None:
    over, valued = due(procedure, limit), None if procedure.valuation is None else first(price)
    assert broken(procedure, over, price, valued) == []
    assert broken(procedure, over - INSTANT, price, valued) == [limit]
    with pytest.raises(RuleBroken) as refused:
        periods.not_before(procedure, CALENDAR, limit, NOON, over - INSTANT, "deadline")
    assert refused.value.facts["earliest"] == clock.text(over)


def test_the_deposit_is_no_more_than_its_share_of_the_floor() -> None:
    over, valued = due(EQUITY, "disclosure"), first(APPRAISED)
    assert broken(EQUITY, over, APPRAISED, valued, APPRAISED * 3 // 10) == []
    assert broken(EQUITY, over, APPRAISED, valued, APPRAISED * 3 // 10 + 1) == ["deposit_share"]


TENDER = procedures.in_force("property-tender", NOON)


@pytest.mark.parametrize(
    ("floor", "relists", "approval", "rule"),
    [
        (APPRAISED, False, None, None),
        (APPRAISED - 1, False, None, "appraisal_share"),
        (APPRAISED * 9 // 10, True, None, None),
        (APPRAISED * 9 // 10 - 1, True, None, "approval_share"),
        (APPRAISED * 9 // 10 - 1, True, APPROVAL, None),
    ],
)
def test_the_floor_of_a_tender(floor: int, relists: bool, approval: str | None, rule: str | None) -> None:
    """The floor stands in the criteria; the deposit is a share of it."""
    text = money.text(floor)
    criteria = read(TENDER, BY_SCORE | {"floor": {"price": text, "clause": "below_floor"}}, "highest_comprehensive")
    facts = publication(
        TENDER,
        budget=floor,
        ceiling=None,
        criteria=criteria,
        floor=floor,
        deposit=floor * 3 // 10,
        valuation=Valued(APPRAISED, relists=relists, approval=approval),
    )
    found: list[str] = []
    try:
        rules.check_publication(TENDER, CALENDAR, facts)
    except RuleBroken as refused:
        found = [one["rule"] for one in refused.facts["broken"]]
    assert found == ([] if rule is None else [rule])
