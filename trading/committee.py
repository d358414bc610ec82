"""The committee's shape (评标委员会组成): size, odd, share of experts, who may chair."""

from __future__ import annotations

from dataclasses import dataclass

from notary.errors import RuleBroken
from trading import periods
from trading.procedures import Procedure


@dataclass(frozen=True)
class CommitteeFacts:
    """size: all members; experts: those drawn as experts; budget: 分; demanding: technically complex or of high social
    impact (技术复杂或者社会影响较大); buyer_chairs: the buyer's representative leads the committee."""

    size: int
    experts: int
    budget: int
    demanding: bool
    buyer_chairs: bool


def check_committee(procedure: Procedure, facts: CommitteeFacts) -> None:
    """Raise RuleBroken, naming rule and article, for a committee that the law does not allow."""
    name = "committee_size_large" if _is_large(procedure, facts) else "committee_size"
    periods.number(procedure, name, facts.size, 0, "committee.size")
    periods.number(procedure, "committee_experts", facts.experts, facts.size, "committee.experts")
    if facts.experts > facts.size:
        raise _broken(procedure, "committee_experts", "专家多于成员", "more experts than members", "committee.experts")
    if procedure.committee.odd and facts.size % 2 == 0:
        raise _broken(procedure, "committee_odd", "成员人数应为单数", "its size must be odd", "committee.size")
    if facts.buyer_chairs and not procedure.committee.buyer_may_chair:
        raise _broken(
            procedure,
            "committee_chair",
            "采购人代表不得担任评标组长",
            "the buyer's representative may not lead it",
            "committee.chair",
        )


def _is_large(procedure: Procedure, facts: CommitteeFacts) -> bool:
    budget = procedure.limit("committee_large_budget")
    return budget is not None and (facts.demanding or periods.keeps(budget, facts.budget, 0))


def _broken(procedure: Procedure, rule: str, zh: str, en: str, field: str) -> RuleBroken:
    cites = procedure.committee.cites
    return RuleBroken(
        "rule_broken",
        f"评标委员会：{zh}（{cites}）。",
        f"Committee: {en} ({cites}).",
        field=field,
        cites=cites,
        rule=rule,
    )
