"""Who is invited: enough of them, chosen as the law says, and each with the time that the law gives everybody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from notary import clock
from notary.errors import Conflict, Malformed, RuleBroken
from tests.stage import code
from tests.trading.examples import CALENDAR, CONSTRUCTION, NOON, PAIRS, beijing, committee, publication
from trading import invitations, procedures, rules
from trading.invitations import Further, Invited
from trading.procedures import Procedure
from trading.rules import PolicyFacts

BUILT, BOUGHT, QUOTED = (
    procedures.in_force(name, NOON) for name in ("construction-invited", "procurement-invited", "procurement-rfq")
)
ALL = pytest.mark.parametrize("procedure", [BUILT, BOUGHT, QUOTED], ids=lambda procedure: procedure.name)
INSTANT = timedelta(microseconds=1)
HOW: dict[str, dict[str, Any]] = {
    "construction-invited": {},
    "procurement-invited": {"way": "pool", "pool": 6},
    "procurement-rfq": {"way": "recommended"},
}


def codes(count: int, first: int = 0) -> list[str]:
    return [code(first + number) for number in range(count)]


def invited(procedure: Procedure, count: int = 3, **changed: Any) -> Invited:
    return Invited(**({"bidders": codes(count)} | HOW[procedure.name] | changed))


def further(procedure: Procedure, bidders: list[str], **changed: Any) -> Further:
    return Further(**({"bidders": bidders, "reason": "补充"} | HOW[procedure.name] | changed))


def check(procedure: Procedure, found: Invited | None) -> None:
    facts = publication(
        procedure,
        invited=found,
        committee=committee(budget=40_000_000),
        budget=40_000_000,
        ceiling=39_800_000,
        deposit=0,
        policy=PolicyFacts(PAIRS, frozenset()),
    )
    rules.check_publication(procedure, CALENDAR, facts)


@ALL
def test_at_least_three(procedure: Procedure) -> None:
    check(procedure, invited(procedure, 3))
    check(procedure, invited(procedure, 4, **({"pool": 8} if "pool" in HOW[procedure.name] else {})))
    for too_few in (invited(procedure, 2), None):
        with pytest.raises(RuleBroken) as refused:
            check(procedure, too_few)
        assert refused.value.facts["broken"][0]["rule"] == "min_invited"
        assert (refused.value.field, refused.value.cites) == ("invited.bidders", procedure.limits["min_invited"].cites)


def test_an_open_procedure_invites_nobody() -> None:
    with pytest.raises(RuleBroken) as refused:
        check(CONSTRUCTION, invited(BUILT))
    assert (refused.value.field, refused.value.facts["rule"]) == ("invited", "invitation")


@pytest.mark.parametrize(
    ("procedure", "changed"),
    [(BUILT, {"way": "pool"}), (BOUGHT, {"way": None}), (BOUGHT, {"way": "friends"}), (QUOTED, {"way": None})],
)
def test_a_way_that_the_law_names(procedure: Procedure, changed: dict[str, Any]) -> None:
    with pytest.raises(RuleBroken) as refused:
        check(procedure, invited(procedure, **changed))
    assert (refused.value.field, refused.value.facts["rule"]) == ("invited.way", "invited_way")


@pytest.mark.parametrize("way", ["pool", "recommended"])
def test_drawn_from_twice_as_many(way: str) -> None:
    for pool in (6, 7):
        check(BOUGHT, invited(BOUGHT, 3, way=way, pool=pool))
    for few in (5, None):
        with pytest.raises(RuleBroken) as refused:
            check(BOUGHT, invited(BOUGHT, 3, way=way, pool=few))
        assert (refused.value.field, refused.value.cites) == ("invited.pool", "87号令 14")
    check(BOUGHT, invited(BOUGHT, 3, way="prequalified", pool=None))


@pytest.mark.parametrize(
    ("procedure", "moment", "deadline"),
    [
        # Twenty days; the last one, 3 October, is off, and so are the days up to 7 October.
        (BUILT, "2026-09-13 16:00", "2026-10-09 00:00"),
        (BOUGHT, "2026-11-03 12:00", "2026-11-24 00:00"),
        # Three working days over the holiday of 1 to 7 October: 8, 9, and Saturday 10 October, which is worked.
        (QUOTED, "2026-09-30 16:00", "2026-10-11 00:00"),
        (QUOTED, "2026-11-03 12:00", "2026-11-07 00:00"),
    ],
)
def test_those_invited_later_have_the_time_of_the_others(procedure: Procedure, moment: str, deadline: str) -> None:
    asked, there, least = further(procedure, codes(1, 7)), codes(3), beijing(deadline)
    for late in (least, least + timedelta(days=1)):
        invitations.check_further(procedure, CALENDAR, there, asked, beijing(moment), late)
    for early in (least - INSTANT, least - timedelta(days=1)):
        with pytest.raises(RuleBroken) as refused:
            invitations.check_further(procedure, CALENDAR, there, asked, beijing(moment), early)
        assert refused.value.facts["earliest"] == clock.text(least)
        assert refused.value.cites == procedure.limits["document_period"].cites


def test_nobody_is_invited_twice_and_not_everybody() -> None:
    later = NOON + timedelta(days=60)
    with pytest.raises(Conflict, match="invited_already") as refused:
        invitations.check_further(BUILT, CALENDAR, codes(3), further(BUILT, [code(8), code(2)]), NOON, later)
    assert refused.value.field == "bidders[1]"
    many = codes(invitations.MAX_INVITED - 1)
    invitations.check_further(BUILT, CALENDAR, many, further(BUILT, [code(900)]), NOON, later)
    with pytest.raises(Conflict, match="invited_many"):
        invitations.check_further(BUILT, CALENDAR, many, further(BUILT, [code(900), code(901)]), NOON, later)
    with pytest.raises(RuleBroken, match="rule_broken"):
        invitations.check_further(BOUGHT, CALENDAR, codes(3), further(BOUGHT, [code(9)], way=None), NOON, later)


@pytest.mark.parametrize(
    ("bidders", "reason", "field"),
    [
        ([code(0), code(0)], "invited_twice", "invited.bidders[1]"),
        ([code(0), code(1)[:-1] + "0"], "credit_code_wrong", "invited.bidders[1]"),
    ],
)
def test_codes_that_are_none(bidders: list[str], reason: str, field: str) -> None:
    with pytest.raises(Malformed, match=reason) as refused:
        invitations.check_codes(bidders, "invited.bidders")
    assert refused.value.field == field


def test_what_the_record_says() -> None:
    first, later = invited(BOUGHT), further(BOUGHT, [code(5), code(4)], pool=9)
    assert invitations.body(first, 0) == {
        "bidders": sorted(codes(3)), "number": 0, "pool": 6, "reason": None, "way": "pool",
    }  # fmt: skip
    assert invitations.body(later, 1) == {
        "bidders": sorted([code(4), code(5)]), "number": 1, "pool": 9, "reason": "补充", "way": "pool",
    }  # fmt: skip
