"""Publication and amendment: every rule at its limit, just inside and just outside."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from notary import clock
from notary.errors import RuleBroken
from tests.trading.examples import (
    BY_PRICE,
    BY_SCORE,
    CALENDAR,
    CONSTRUCTION,
    PAIRS,
    PROCUREMENT,
    TECHNICAL,
    beijing,
    committee,
    publication,
    read,
)
from trading import periods, rules
from trading.procedures import Procedure, from_content

INSTANT = timedelta(microseconds=1)
BOTH = pytest.mark.parametrize("procedure", [CONSTRUCTION, PROCUREMENT], ids=lambda procedure: procedure.name)


def refusal(procedure: Procedure, **changed: Any) -> RuleBroken:
    with pytest.raises(RuleBroken) as refused:
        rules.check_publication(procedure, CALENDAR, publication(procedure, **changed))
    return refused.value


def passes(procedure: Procedure, **changed: Any) -> bool:
    rules.check_publication(procedure, CALENDAR, publication(procedure, **changed))
    return True


@BOTH
def test_a_lawful_tender_passes(procedure: Procedure) -> None:
    assert passes(procedure)


@pytest.mark.parametrize(
    ("published", "earliest"),
    [
        ("2026-11-03 12:00", "2026-11-24 00:00"),
        ("2026-11-03 00:00", "2026-11-24 00:00"),
        ("2026-11-02 23:59", "2026-11-24 00:00"),  # the twentieth day is a Sunday
        ("2026-09-11 12:00", "2026-10-09 00:00"),  # the twentieth day is the first of 国庆
    ],
)
@BOTH
def test_twenty_days_to_the_deadline(procedure: Procedure, published: str, earliest: str) -> None:
    facts = {"published_at": beijing(published), "documents_offered_until": beijing("2026-12-31 00:00")}
    at = beijing(earliest)
    assert passes(procedure, deadline=at, questions_until=at, **facts)
    refused = refusal(procedure, deadline=at - INSTANT, questions_until=at, **facts)
    assert refused.field == "deadline"
    assert refused.cites == procedure.limits["document_period"].cites
    assert refused.facts["rule"] == "document_period"
    assert refused.facts["earliest"] == clock.text(at)
    assert earliest in refused.zh
    assert earliest in refused.en


def test_a_date_that_rests_on_a_provisional_year_says_so() -> None:
    january = beijing("2027-01-05 09:00")
    published = beijing("2026-12-20 09:00")
    refused = refusal(CONSTRUCTION, published_at=published, deadline=january, questions_until=january)
    assert refused.facts["provisional"] is True
    assert refusal(CONSTRUCTION, deadline=beijing("2026-11-10 09:00")).facts["provisional"] is False


@pytest.mark.parametrize(
    ("procedure", "published", "earliest"),
    [
        (CONSTRUCTION, "2026-11-03 12:00", "2026-11-10 00:00"),  # the fifth day is Sunday the 8th: rolls to Monday
        (CONSTRUCTION, "2026-11-04 12:00", "2026-11-10 00:00"),
        (CONSTRUCTION, "2026-11-05 12:00", "2026-11-11 00:00"),
        (PROCUREMENT, "2026-11-03 12:00", "2026-11-11 00:00"),
        (PROCUREMENT, "2026-09-16 09:00", "2026-09-23 00:00"),  # Sunday the 20th is worked
        (PROCUREMENT, "2026-09-23 09:00", "2026-10-09 00:00"),  # 中秋 and 国庆 between
    ],
)
def test_documents_are_offered_five_days(procedure: Procedure, published: str, earliest: str) -> None:
    at = beijing(earliest)
    assert passes(procedure, published_at=beijing(published), documents_offered_until=at)
    refused = refusal(procedure, published_at=beijing(published), documents_offered_until=at - INSTANT)
    assert (refused.field, refused.facts["earliest"]) == ("documents_offered_until", clock.text(at))


def test_objections_are_taken_until_ten_days_before_the_deadline() -> None:
    deadline, cutoff = beijing("2026-12-03 09:30"), beijing("2026-11-24 00:00")
    assert passes(CONSTRUCTION, deadline=deadline, questions_until=cutoff)
    refused = refusal(CONSTRUCTION, deadline=deadline, questions_until=cutoff - INSTANT)
    assert (refused.field, refused.cites) == ("questions_until", "招标投标法实施条例 22")
    assert passes(PROCUREMENT, deadline=deadline, questions_until=beijing("2026-11-10 00:00"))


@BOTH
@pytest.mark.parametrize("shift", [-INSTANT, INSTANT])
def test_bids_are_opened_at_the_deadline(procedure: Procedure, shift: timedelta) -> None:
    deadline = beijing("2026-12-03 09:30")
    refused = refusal(procedure, deadline=deadline, opens_at=deadline + shift)
    assert (refused.field, refused.facts["rule"]) == ("opens_at", "opening_delay")


@BOTH
def test_money(procedure: Procedure) -> None:
    assert passes(procedure, deposit=8_000_000)
    refused = refusal(procedure, deposit=8_000_001)
    assert (refused.field, refused.facts["rule"]) == ("deposit", "deposit_share")
    assert refusal(procedure, minimum_price=1).facts["rule"] == "minimum_prices"
    assert passes(procedure, ceiling=None)


def test_the_ceiling_of_procurement_is_within_the_budget() -> None:
    assert passes(PROCUREMENT, ceiling=400_000_000)
    assert refusal(PROCUREMENT, ceiling=400_000_001).cites == "87号令 12"
    assert passes(CONSTRUCTION, ceiling=400_000_001)


def test_the_unconfirmed_cap_of_a_deposit_says_that_it_is_unconfirmed() -> None:
    budget = 10_000_000_000
    assert passes(CONSTRUCTION, budget=budget, deposit=80_000_000)
    refused = refusal(CONSTRUCTION, budget=budget, deposit=80_000_001)
    assert refused.facts["rule"] == "deposit_amount"
    assert "未经核实" in refused.zh
    assert passes(PROCUREMENT, budget=budget, deposit=80_000_001, committee=committee(size=7, experts=5))


@pytest.mark.parametrize(
    ("subject", "price_marks", "part", "allowed"),
    [
        ("goods", "30.00", "70.00", True),
        ("goods", "29.99", "70.01", False),
        ("goods", "3.00", "7.00", True),  # shares of the full marks, whatever they are
        ("services", "10.00", "90.00", True),
        ("services", "9.99", "90.01", False),
    ],
)
def test_the_weight_of_the_price(subject: str, price_marks: str, part: str, allowed: bool) -> None:
    draft = BY_SCORE | {"price_marks": price_marks, "parts": [TECHNICAL | {"marks": part}]}
    facts = {"subject": subject, "criteria": read(PROCUREMENT, draft, "comprehensive")}
    assert passes(PROCUREMENT, fixed_price=True, **facts)
    if allowed:
        assert passes(PROCUREMENT, **facts)
        return
    refused = refusal(PROCUREMENT, **facts)
    assert (refused.facts["rule"], refused.cites) == (f"price_weight_{subject}", "87号令 55")


def test_candidates_methods_and_subjects() -> None:
    assert (
        refusal(CONSTRUCTION, criteria=read(CONSTRUCTION, BY_PRICE | {"candidates": 4})).facts["rule"] == "candidates"
    )
    assert refusal(CONSTRUCTION, subject="goods").facts["rule"] == "subject"
    one = CONSTRUCTION.content | {"methods": CONSTRUCTION.content["methods"][:1]}
    by_score = read(CONSTRUCTION, BY_SCORE, "comprehensive")
    assert refusal(from_content(one), criteria=by_score).facts["rule"] == "method"


def test_equal_totals_are_parted_by_the_price_first_where_the_method_says_so() -> None:
    """87号令 57; no law says so of construction."""
    for ties in (["price"], ["price", "technical", "draw"]):
        assert passes(PROCUREMENT, criteria=read(PROCUREMENT, BY_SCORE | {"ties": ties}, "comprehensive"))
    for ties in ([], ["draw"], ["technical", "price"]):
        given = BY_SCORE | {"ties": ties}
        refused = refusal(PROCUREMENT, criteria=read(PROCUREMENT, given, "comprehensive"))
        assert (refused.facts["rule"], refused.cites) == ("ties", "87号令 55、57")
        assert passes(CONSTRUCTION, criteria=read(CONSTRUCTION, given, "comprehensive"))
    assert passes(PROCUREMENT, criteria=read(PROCUREMENT, BY_PRICE | {"ties": []}))


FOUR = tuple((a, b) for a in "ABCD" for b in "ABCD" if a < b)
THREE_OF_FIVE = tuple((a, b, c) for a in "ABCDE" for b in "ABCDE" for c in "ABCDE" if a < b < c)


@pytest.mark.parametrize(
    ("quorums", "operator", "allowed"),
    [
        (PAIRS, set(), True),
        ((("T2", "T1"), ("T3", "T1"), ("T3", "T2")), {"T2"}, True),
        (THREE_OF_FIVE, {"A", "B"}, True),
        (THREE_OF_FIVE, {"A", "B", "C"}, False),  # the operator alone
        (PAIRS, {"T1", "T3"}, False),
        (PAIRS[:2], set(), False),  # a quorum is missing
        ((*PAIRS, PAIRS[0]), set(), False),
        (FOUR, set(), False),  # disjoint
        ((("T1",), ("T2",), ("T3",)), set(), False),
        ((("T1", "T1"), ("T1", "T3"), ("T2", "T3")), set(), False),
        ((), set(), False),
        (((),), set(), False),
        ((("T1", "T2"), ("T1", "T2", "T3")), set(), False),
    ],
)
@BOTH
def test_opening_policies(procedure: Procedure, quorums: Any, operator: set[str], allowed: bool) -> None:
    policy = rules.PolicyFacts(quorums, frozenset(operator))
    if allowed:
        assert passes(procedure, policy=policy)
        return
    refused = refusal(procedure, policy=policy)
    assert (refused.facts["rule"], refused.cites) == ("policy", procedure.opening.cites)


def test_all_broken_rules_are_listed() -> None:
    soon = beijing("2026-11-05 09:00")
    refused = refusal(
        CONSTRUCTION, deadline=soon, documents_offered_until=soon, deposit=9_000_000, committee=committee(size=4)
    )
    listed = [(entry["rule"], entry["field"]) for entry in refused.facts["broken"]]
    assert listed == [
        ("document_period", "deadline"),
        ("document_offer", "documents_offered_until"),
        ("deposit_share", "deposit"),
        ("committee_size", "committee.size"),
    ]
    assert refused.facts["rule"] == "document_period"
    assert all(entry["cites"] and entry["zh"] and entry["en"] for entry in refused.facts["broken"])


DEADLINE = beijing("2026-11-24 09:30")


def amendment(at: str, new: datetime = DEADLINE, *, affects: bool = True, changes: tuple[str, ...] = ()) -> Any:
    return rules.AmendmentFacts(beijing(at), DEADLINE, new, affects, changes)


@pytest.mark.parametrize(
    ("amended", "required"),
    [
        ("2026-11-08 23:59", "2026-11-24 09:30"),  # fifteen whole days are over at 24:00 of the 23rd
        ("2026-11-09 00:00", "2026-11-25 00:00"),
        ("2026-11-23 12:00", "2026-12-09 00:00"),
        ("2026-11-21 12:00", "2026-12-08 00:00"),  # the fifteenth day is Sunday 6 December
    ],
)
@BOTH
def test_an_amendment_moves_the_deadline(procedure: Procedure, amended: str, required: str) -> None:
    at = beijing(required)
    assert rules.required_deadline(procedure, CALENDAR, amendment(amended)) == at
    rules.check_amendment(procedure, CALENDAR, amendment(amended, at))
    with pytest.raises(RuleBroken) as refused:
        rules.check_amendment(procedure, CALENDAR, amendment(amended, at - INSTANT))
    assert (refused.value.field, refused.value.facts["earliest"]) == ("deadline", clock.text(at))


def test_an_amendment_without_effect_on_bids_moves_nothing_and_never_back() -> None:
    at = amendment("2026-11-23 12:00", affects=False)
    assert rules.required_deadline(CONSTRUCTION, CALENDAR, at) == DEADLINE
    with pytest.raises(RuleBroken) as refused:
        rules.check_amendment(CONSTRUCTION, CALENDAR, amendment("2026-11-04 12:00", DEADLINE - INSTANT, affects=False))
    assert refused.value.facts["rule"] == "deadline_moved_back"


def test_procurement_may_not_change_what_is_bought_or_who_may_bid() -> None:
    changed = amendment("2026-11-04 12:00", changes=("scope",))
    rules.check_amendment(CONSTRUCTION, CALENDAR, changed)
    with pytest.raises(RuleBroken) as refused:
        rules.check_amendment(PROCUREMENT, CALENDAR, changed)
    assert (refused.value.field, refused.value.facts["rule"]) == ("scope", "amendable")


def test_no_award_before_the_candidates_were_public_three_days() -> None:
    published, over = beijing("2026-11-24 15:00"), beijing("2026-11-28 00:00")
    rules.check_award(CONSTRUCTION, CALENDAR, published, over)
    with pytest.raises(RuleBroken) as refused:
        rules.check_award(CONSTRUCTION, CALENDAR, published, over - INSTANT)
    assert (refused.value.cites, refused.value.facts["earliest"]) == ("招标投标法实施条例 54", clock.text(over))
    rules.check_award(PROCUREMENT, CALENDAR, published, published)


@pytest.mark.parametrize(
    ("procedure", "name", "anchor", "moment"),
    [
        (CONSTRUCTION, "contract", "2026-11-27 10:00", "2026-12-29 00:00"),  # the thirtieth day is a Sunday
        (CONSTRUCTION, "supervisor_report", "2026-11-27 10:00", "2026-12-15 00:00"),
        (PROCUREMENT, "winner_decision", "2026-09-29 10:00", "2026-10-13 00:00"),  # 30 September; 8, 9, 10, 12
        (PROCUREMENT, "low_price_explanation", "2026-11-27 10:00", "2026-11-27 10:30"),
        (PROCUREMENT, "archive", "2026-11-27 10:00", "2041-11-28 00:00"),
        (PROCUREMENT, "publicity", "2026-11-27 10:00", None),
    ],
)
def test_when_a_limit_is_due(procedure: Procedure, name: str, anchor: str, moment: str | None) -> None:
    due = periods.due(procedure, CALENDAR, name, beijing(anchor))
    assert due == (beijing(moment) if moment else None)
