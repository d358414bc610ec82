"""Marks far from the others': at the share, a hundredth beyond it, and where there is no mean of the others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.trading.examples import BY_SCORE, CONSTRUCTION, read
from trading import outliers

RULES = read(CONSTRUCTION, BY_SCORE, "comprehensive")


def sheets(*given: str | None) -> list[dict[str, Any]]:
    """One sheet for each mark of the technical part."""
    return [
        {"expert": f"E{number}", "scores": {"B": {"technical": mark} if mark is not None else {}}}
        for number, mark in enumerate(given)
    ]


@pytest.mark.parametrize(
    ("given", "far"),
    [
        (("20.00", "20.00", "26.00"), []),
        (("20.00", "20.00", "26.01"), [("E2", "26.01", "20.00")]),
        (("20.00", "20.00", "14.00"), []),
        (("20.00", "20.00", "13.99"), [("E2", "13.99", "20.00")]),
        (("10.00", "30.00"), []),
        (("10.00", "30.00", None), []),
        (("0.00", "0.00", "0.00"), []),
        (("0.00", "0.00", "0.01"), [("E2", "0.01", "0.00")]),
    ],
)
def test_a_mark_is_far_beyond_the_share_and_not_at_it(
    given: tuple[str | None, ...], far: list[tuple[str, ...]]
) -> None:
    found = [(one.expert, one.mark, one.mean) for one in outliers.find(RULES, sheets(*given))]
    assert [one for one in found if one[0] == "E2"] == far


def test_the_mean_is_of_the_others_and_rounded() -> None:
    (low,) = outliers.find(RULES, sheets("20.00", "20.00", "20.01", "13.99"))
    assert (low.expert, low.bidder, low.part, low.mark, low.mean) == ("E3", "B", "technical", "13.99", "20.00")
