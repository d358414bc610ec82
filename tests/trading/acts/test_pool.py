"""The pool of experts: who gets in, and whom it keeps off a committee."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from notary.errors import Conflict, Malformed, RuleBroken
from tests.stage import code
from tests.trading.acts.office import OPENED, TENDER, Office, refused
from trading.acts import committee, pool, stages
from trading.acts.committee import Member
from trading.recusal import Employment
from trading.views import experts


def admit(office: Office, person: str, *employments: Employment, **changes: Any) -> None:
    values: dict[str, Any] = {"suspended": False, "specialities": ["公路工程"], "employments": employments} | changes
    with office.at(OPENED) as unit:
        pool.set_expert(unit, person, **values)


def seats(office: Office) -> list[Member]:
    buyer = Member(person=office.buyer.person, role="buyer")
    return [*(Member(person=one.person, role="expert") for one in office.experts), buyer]


def choices(office: Office) -> set[str]:
    """Whom the agency is offered."""
    with office.at(OPENED) as unit:
        row = stages.load(unit.connection, TENDER)
        return {one["person"] for one in experts.pool(unit.connection, row, unit.now)}


def name(office: Office, bidders: tuple[str, ...] = ()) -> None:
    with office.at(OPENED) as unit:
        office.draw(unit)
        committee.set_committee(unit, office.clerk, TENDER, seats(office), bidders)


def test_all_that_is_known_is_said_anew(small_office: Office) -> None:
    person = small_office.experts[0].person
    admit(small_office, person, Employment(employer=code(1)), specialities=["造价", "公路工程", "造价"])
    past = Employment(employer=code(2), until=date(2025, 6, 30))
    admit(small_office, person, past, suspended=True)
    with small_office.reading() as connection:
        assert pool.load(connection, [person]) == {
            person: pool.Expert(person, suspended=True, specialities=("公路工程",), employments=(past,))
        }


@pytest.mark.parametrize("words", [[], [""], ["一" * 41], [" 造价"], ["造\n价"], [str(n) for n in range(51)]])
def test_specialities_are_words_of_the_field(small_office: Office, words: list[str]) -> None:
    with pytest.raises(Malformed):
        admit(small_office, small_office.experts[0].person, specialities=words)


def test_employers_are_codes_and_stand_once(small_office: Office) -> None:
    person, twice = small_office.experts[0].person, Employment(employer=code(1))
    with refused(Malformed, "employment_twice"):
        admit(small_office, person, twice, twice)
    with refused(Malformed, "credit_code_wrong"):
        admit(small_office, person, Employment(employer=code(1)[:-1] + ("1" if code(1)[-1] == "0" else "0")))


def test_only_experts_are_in_the_pool(small_office: Office) -> None:
    with refused(Conflict, "not_an_expert"):
        admit(small_office, small_office.bidders["A"].person)


def test_the_suspended_are_neither_offered_nor_seated(small_office: Office) -> None:
    small_office.publish()
    small_office.open()
    one = small_office.experts[0].person
    admit(small_office, one, suspended=True)
    assert one not in choices(small_office)
    with refused(Conflict, "expert_suspended"):
        name(small_office)
    admit(small_office, one)
    assert one in choices(small_office)
    name(small_office)


def test_the_agencys_side_is_neither_offered_nor_seated(small_office: Office) -> None:
    """Before the bidders are known this is all that can be told."""
    small_office.publish()
    small_office.open()
    one, agency = small_office.experts[1].person, small_office.clerk.organisation
    admit(small_office, one, Employment(employer=agency))
    assert one not in choices(small_office)
    with pytest.raises(RuleBroken) as refusal:
        name(small_office)
    assert (refusal.value.reason, refusal.value.field) == ("member_interested", "members[1]")
    assert refusal.value.facts["ground"] == "employed_by_agency"


def test_the_buyers_representative_is_of_the_agency(small_office: Office) -> None:
    small_office.publish()
    small_office.open()
    admit(small_office, small_office.buyer.person, Employment(employer=small_office.clerk.organisation))
    name(small_office, (code(5),))


def test_the_bidders_side_is_told_from_the_opening_on(small_office: Office) -> None:
    """Named before it was known, such a member cannot score."""
    small_office.publish()
    opened, _ = small_office.open()
    first, *_ = small_office.seat()
    bidder = small_office.codes()["A"]
    admit(small_office, first.person, Employment(employer=bidder))
    assert first.person in choices(small_office)
    with refused(RuleBroken, "member_interested"):
        name(small_office, (bidder,))
    with refused(RuleBroken, "member_interested"):
        small_office.score(first, opened, {})
