"""The committee's shape, at its limits."""

from __future__ import annotations

from typing import Any

import pytest

from notary.errors import RuleBroken
from tests.trading.examples import CONSTRUCTION, PROCUREMENT, committee
from trading.committee import check_committee
from trading.procedures import Procedure

LARGE = 1_000_000_000  # 1000万元 in 分


@pytest.mark.parametrize(
    ("procedure", "changed"),
    [
        (CONSTRUCTION, {}),
        (CONSTRUCTION, {"size": 7, "experts": 5}),
        (CONSTRUCTION, {"budget": 100 * LARGE, "demanding": True}),  # no larger committee is asked for
        (CONSTRUCTION, {"buyer_chairs": True}),
        (PROCUREMENT, {"size": 5, "experts": 5}),
        (PROCUREMENT, {"budget": LARGE - 1}),
        (PROCUREMENT, {"budget": LARGE, "size": 7, "experts": 5}),
        (PROCUREMENT, {"demanding": True, "size": 9, "experts": 6}),
    ],
)
def test_allowed(procedure: Procedure, changed: dict[str, Any]) -> None:
    check_committee(procedure, committee(**changed))


@pytest.mark.parametrize(
    ("procedure", "changed", "rule", "field", "cites"),
    [
        (CONSTRUCTION, {"size": 3, "experts": 3}, "committee_size", "committee.size", "招标投标法 37"),
        (CONSTRUCTION, {"size": 6, "experts": 5}, "committee_odd", "committee.size", "招标投标法 37"),
        (CONSTRUCTION, {"size": 5, "experts": 3}, "committee_experts", "committee.experts", "招标投标法 37"),
        (CONSTRUCTION, {"size": 5, "experts": 6}, "committee_experts", "committee.experts", "招标投标法 37"),
        (PROCUREMENT, {"size": 7, "experts": 4}, "committee_experts", "committee.experts", "87号令 47"),
        (PROCUREMENT, {"budget": LARGE}, "committee_size_large", "committee.size", "87号令 47"),
        (PROCUREMENT, {"demanding": True}, "committee_size_large", "committee.size", "87号令 47"),
        (PROCUREMENT, {"buyer_chairs": True}, "committee_chair", "committee.chair", "87号令 45(四)、47"),
    ],
)
def test_refused(procedure: Procedure, changed: dict[str, Any], rule: str, field: str, cites: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        check_committee(procedure, committee(**changed))
    assert (refused.value.facts["rule"], refused.value.field, refused.value.cites) == (rule, field, cites)
