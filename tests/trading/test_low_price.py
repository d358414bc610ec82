"""Abnormally low prices: strictly below the shares, printed, and raised only as far as allowed."""

from __future__ import annotations

import pytest

from notary.errors import Malformed, RuleBroken
from tests.trading.examples import CONSTRUCTION, PROCUREMENT
from trading.low_price import abnormally_low

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


@pytest.mark.parametrize("raised", [{"ceiling": 44}, {"other": 60}])
def test_other_changes_are_refused(raised: dict[str, int]) -> None:
    with pytest.raises(Malformed):
        flags(1_00, 2_00, **raised)


def test_a_procedure_without_these_limits_flags_nothing() -> None:
    assert abnormally_low(CONSTRUCTION, {"A": 1, "B": 100_00}, CEILING, {}) == {}
