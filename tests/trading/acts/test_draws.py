"""Calling a draw of experts: who is in the pool, who is kept off, and what is refused before anything is recorded."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from notary import draws
from notary.errors import Conflict, Forbidden, Malformed
from notary.findings import unsound
from notary.rows import entries
from tests.stage import code
from tests.trading.acts.office import OPENED, TENDER, Office, refused
from tests.trading.examples import NOON
from trading import drawing
from trading.acts import calling, committee, declaring, pool
from trading.acts import draws as steps
from trading.acts.calling import Seats
from trading.acts.committee import Member
from trading.caller import Caller
from trading.fsck import draws as fsck
from trading.recusal import Employment
from trading.rows import committee as committees
from trading.rows import draw_secrets, keys

BRIDGES = "桥梁工程"


class Bench:
    """A closed lot, a pool of eight, and the parties of a draw with their keys."""

    def __init__(self, office: Office) -> None:
        self.office = office
        with office.at(NOON) as unit:
            self.operator = office._person(unit, 4, "administrator")
            more = [office._person(unit, 30 + number, "expert") for number in range(4)]
        self.experts = [*office.experts, *more]
        self.parties = [office.clerk, office.supervisor, self.operator]
        office.publish()
        with office.at(NOON) as unit:
            for number, one in enumerate(self.parties):
                row = {"owner": one.organisation, "purpose": "draw", "public_key": f"{number:064x}"}
                leaf = unit.record("key_registered", "", "", row, disclosed=True).commitment().hex()
                unit.connection.execute(keys.insert().values(row | {"leaf": leaf, "registered_at": unit.now}))
            for one in self.experts:
                self.admit(unit, one)
        office.open()

    def admit(self, unit: Any, one: Caller, *employments: Employment, suspended: bool = False) -> None:
        pool.set_expert(unit, one.person, suspended=suspended, specialities=[BRIDGES], employments=employments)

    def call(self, *groups: tuple[str, int], bidders: tuple[str, ...] = (), **other: str) -> Any:
        named = {"supervisor": self.parties[1].organisation, "operator": self.operator.organisation} | other
        seats = [Seats(speciality=word, count=count) for word, count in groups or ((BRIDGES, 4),)]
        with self.office.at(OPENED) as unit:
            return calling.call(unit, self.office.clerk, TENDER, groups=seats, bidders=bidders, **named)


@pytest.fixture
def bench(small_office: Office) -> Bench:
    return Bench(small_office)


def test_the_pool_is_in_the_record_under_pseudonyms(bench: Bench) -> None:
    suspended, employed, former = bench.experts[:3]
    with bench.office.at(OPENED) as unit:
        bench.admit(unit, suspended, suspended=True)
        bench.admit(unit, employed, Employment(employer=bench.office.clerk.organisation))
        bench.admit(unit, former, Employment(employer=code(7)))
    body = bench.call(bidders=(code(7),)).body
    with bench.office.reading() as connection:
        secret = bytes.fromhex(connection.execute(select(draw_secrets.c.secret)).scalar_one())
    names = {one.person: drawing.candidate_of(secret, one.person) for one in bench.experts}
    assert body["groups"][0]["candidates"] == sorted(names[one.person] for one in bench.experts[3:])
    assert {one["candidate"]: one["reason"] for one in body["excluded"]} == {
        names[suspended.person]: "suspended",
        names[employed.person]: "employed_by_agency",
        names[former.person]: "employed_by_bidder",
    }
    assert all(one.person not in str(body) for one in bench.experts)
    person = bench.experts[0].person
    assert draws.pseudonym(drawing.salt_of(secret, person), person) == names[person]


def test_who_has_recused_itself_is_not_drawn_again(bench: Bench) -> None:
    gone = bench.office.seat()[0]
    with bench.office.at(OPENED) as unit:
        declaring.declare(unit, gone, TENDER, recused=True, reason="亲属在投标人处任职")
        steps.fail(unit, bench.office.clerk, TENDER, reason="exhausted", person=gone.person)
    assert [one["reason"] for one in bench.call().body["excluded"]] == ["recused"]


def test_nobody_names_the_experts(bench: Bench) -> None:
    """Not before a draw, and not once it has failed."""
    seats = [Member(person=one.person, role="expert") for one in bench.office.experts]
    seats.append(Member(person=bench.office.buyer.person, role="buyer"))

    def name() -> None:
        with bench.office.at(OPENED) as unit:
            committee.set_committee(unit, bench.office.clerk, TENDER, seats)

    with pytest.raises(Conflict) as refusal:
        name()
    assert (refusal.value.reason, refusal.value.field) == ("draw_required", "members")
    assert refusal.value.cites == "招标投标法 37；招标投标法实施条例 46"
    bench.call()
    with bench.office.at(OPENED) as unit:
        steps.fail(unit, bench.office.clerk, TENDER, reason="abandoned")
    with refused(Conflict, "draw_required"):
        name()


def test_fsck_knows_who_was_drawn(small_office: Office) -> None:
    """Of a committee that has scored: one who was not drawn, and a lot that says it draws and did not."""
    small_office.publish()
    opened, _ = small_office.open()
    first, second, *_ = small_office.seat()
    with small_office.reading() as connection:
        assert list(fsck.check_seated(connection)) == []
    small_office.score(second, opened, {})
    with small_office.reading() as connection:
        assert list(fsck.check_seated(connection)) == []
    with small_office.at(OPENED) as unit:
        stranger = small_office._person(unit, 40, "expert")
        seat = committees.c.person == first.person
        unit.connection.execute(update(committees).where(seat).values(person=stranger.person))
    with small_office.reading() as connection:
        assert list(fsck.check_seated(connection)) == [unsound("I9", f"committee tender={TENDER}", "not_the_drawn")]
    with small_office.at(OPENED) as unit:
        leaf = steps.of_tender(unit.connection, TENDER)[-1].leaf
        ended = {"draw": leaf, "gone": None, "reason": "abandoned"}
        unit.connection.execute(
            update(committees).where(committees.c.person == stranger.person).values(person=first.person)
        )
        unit.record(drawing.FAILED, TENDER, "1", ended, disclosed=True)
    with small_office.reading() as connection:
        assert list(fsck.check_seated(connection)) == [unsound("I9", f"committee tender={TENDER}", "not_the_drawn")]


def test_a_committee_is_named_anew_when_the_same_people_are_drawn_again(small_office: Office) -> None:
    """Their pseudonyms are others, and the record has only those of the draw before."""
    small_office.publish()
    opened, _ = small_office.open()
    first, *_ = small_office.seat()
    with small_office.at(OPENED) as unit:
        ended = {"draw": steps.of_tender(unit.connection, TENDER)[-1].leaf, "gone": first.person, "reason": "exhausted"}
        unit.record(drawing.FAILED, TENDER, "1", ended, disclosed=True)
        small_office.draw(unit)
    with refused(Malformed, "not_the_drawn"):
        small_office.score(first, opened, {})
    members = [Member(person=one.person, role="expert") for one in small_office.experts]
    members.append(Member(person=small_office.buyer.person, role="buyer"))
    with small_office.at(OPENED) as unit:
        committee.set_committee(unit, small_office.clerk, TENDER, members)
    small_office.score(first, opened, {})


def test_what_is_refused_leaves_nothing(bench: Bench) -> None:
    agency, stranger = bench.office.clerk.organisation, bench.office.other.organisation
    with refused(Conflict, "pool_too_small"):
        bench.call((BRIDGES, 2), ("工程造价", 2))
    with refused(Malformed, "committee_not_announced"):
        bench.call((BRIDGES, 3))
    with refused(Malformed, "speciality_twice"):
        bench.call((BRIDGES, 2), (BRIDGES, 2))
    with refused(Malformed, "party_wrong"):
        bench.call(supervisor=agency)
    with refused(Malformed, "party_wrong"):
        bench.call(operator=stranger)
    with bench.office.reading() as connection:
        assert connection.execute(select(entries.c.serial).where(entries.c.kind.in_(drawing.KINDS))).first() is None


def test_each_party_has_a_key_first(small_office: Office) -> None:
    made = Bench(small_office)
    with small_office.at(NOON) as unit:
        late = small_office._person(unit, 5, "administrator")
    with refused(Conflict, "draw_key_missing"):
        made.call(operator=late.organisation)


def test_one_draw_at_a_time_and_only_its_parties(bench: Bench) -> None:
    leaf = bench.call().commitment().hex()
    with refused(Conflict, "draw_there"):
        bench.call()
    signed = {"object": {}, "signature": "AAAA"}
    with bench.office.at(OPENED) as unit, refused(Forbidden, "not_a_party"):
        steps.commit(unit, bench.office.other, TENDER, signed)
    with bench.office.at(OPENED) as unit, refused(Conflict, "draw_state_wrong"):
        steps.reveal(unit, bench.office.supervisor, TENDER, signed)
    with bench.office.at(OPENED) as unit, refused(Conflict, "reason_wrong"):
        steps.fail(unit, bench.office.clerk, TENDER, reason="withheld")
    with refused(Conflict, "draw_unfinished"):
        bench.office.seat()
    with bench.office.at(OPENED) as unit:
        steps.fail(unit, bench.office.clerk, TENDER, reason="abandoned")
    assert bench.call().commitment().hex() != leaf
