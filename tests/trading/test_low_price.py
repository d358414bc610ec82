"""Abnormally low prices: strictly below the shares, printed, and raised only as far as allowed."""

from __future__ import annotations

import pytest

from notary.errors import Malformed, RuleBroken
from tests.trading.examples import BY_PRICE, CALENDAR, CONSTRUCTION, PROCUREMENT, publication, read
from trading import criteria, formulas
from trading.low_price import abnormally_low
from trading.rules import PublicationFacts, check_publication

CEILING = 100_00


def flags(*prices: int, **raised: int) -> dict[str, set[str]]:
    bids = dict(zip("ABCD", prices, strict=False))
    found = abnormally_low(PROCUREMENT, bids, CEILING, {f"low_price_{name}": share for name, share in raised.items()})
    return {
        bidder: {line.split(":")[0].removeprefix("low_price_") for line in lines} for bidder, lines in found.items()
    }


@pytest.mark.parametrize(
    ("prices", "found"),
    [
        ((45_00, 60_00, 60_00), {}),
        ((44_99, 60_00, 60_00), {"A": {"ceiling"}}),
        ((45_00, 90_00, 90_00), {}),
        ((45_00, 90_02, 90_02), {"A": {"next"}}),
        ((45_00, 90_00, 135_01), {"A": {"mean"}}),
        ((45_00, 90_00, 135_00), {}),  # exactly half of the mean
        ((10_00, 90_00, 90_00), {"A": {"mean", "next", "ceiling"}}),
        ((10_00, 10_00, 90_00), {"A": {"mean", "ceiling"}, "B": {"mean", "ceiling"}}),
        ((40_00,), {"A": {"ceiling"}}),
        ((), {}),
    ],
)
def test_flags(prices: tuple[int, ...], found: dict[str, set[str]]) -> None:
    assert flags(*prices) == found


def test_the_arithmetic_is_printed() -> None:
    found = abnormally_low(PROCUREMENT, {"A": 10_00, "B": 90_00, "C": 90_00}, CEILING, {})
    assert found == {
        "A": [
            "low_price_ceiling: 10.00 < 45% × 100.00",
            "low_price_mean: 10.00 < 50% × 190.00 / 3",
            "low_price_next: 10.00 < 50% × 90.00",
        ]
    }


def test_the_documents_may_raise_a_share_to_65() -> None:
    assert flags(64_99, 66_00, ceiling=65) == {"A": {"ceiling"}}
    with pytest.raises(RuleBroken) as refused:
        flags(64_99, 66_00, ceiling=66)
    assert refused.value.facts["rule"] == "low_price_raised"


@pytest.mark.parametrize(("name", "law"), [("mean", 50), ("next", 50), ("ceiling", 45)])
def test_a_notice_raises_shares_from_the_laws_to_65_and_no_further(name: str, law: int) -> None:
    def facts(percent: int) -> PublicationFacts:
        return publication(PROCUREMENT, criteria=read(PROCUREMENT, BY_PRICE | {"low_price": {name: percent}}))

    for percent in (law, 65):
        check_publication(PROCUREMENT, CALENDAR, facts(percent))
    for percent, rule in ((law - 1, f"low_price_{name}"), (66, "low_price_raised")):
        with pytest.raises(RuleBroken) as refused:
            check_publication(PROCUREMENT, CALENDAR, facts(percent))
        assert refused.value.field == f"evaluation.criteria.low_price.{name}"
        assert (refused.value.facts["rule"], refused.value.cites) == (rule, "财库〔2026〕2号")


@pytest.mark.parametrize("percent", [0, 101])
def test_shares_out_of_range_are_malformed(percent: int) -> None:
    with pytest.raises(Malformed):
        read(PROCUREMENT, BY_PRICE | {"low_price": {"mean": percent}})


def test_other_shares_are_refused() -> None:
    with pytest.raises(Malformed):
        flags(1_00, 2_00, other=60)
    facts = publication(CONSTRUCTION, criteria=read(CONSTRUCTION, BY_PRICE | {"low_price": {"mean": 60}}))
    with pytest.raises(Malformed) as refused:
        check_publication(CONSTRUCTION, CALENDAR, facts)
    assert refused.value.field == "evaluation.criteria.low_price.mean"


def test_a_raised_share_is_told_in_the_notice() -> None:
    terms = criteria.compose(PROCUREMENT, "lowest_evaluated_price", BY_PRICE | {"low_price": {"next": 55}}, None)
    assert formulas.explained(terms)[-1]["zh"] == "异常低价审查：报价低于次低报价的 55%的，须说明理由。"


def test_a_procedure_without_these_limits_flags_nothing() -> None:
    assert abnormally_low(CONSTRUCTION, {"A": 1, "B": 100_00}, CEILING, {}) == {}
