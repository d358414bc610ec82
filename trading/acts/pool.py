"""The pool of experts (评标专家库): the administrator's act on it, and whom it keeps off a committee."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, insert, select, true, update

from notary import canonical
from notary.errors import Conflict, Malformed, RuleBroken
from notary.work import Unit
from trading import recusal
from trading.acts import stages
from trading.acts.stages import Tender
from trading.parties import check_code
from trading.recusal import Employment
from trading.rows import people, pool_employments, pool_experts, pool_specialities, roles

MAX_LISTED = 50
_MAX_SPECIALITY = 40


@dataclass(frozen=True)
class Expert:
    """One of the pool. employments: without the organisation that the person is registered with."""

    person: str
    suspended: bool
    specialities: tuple[str, ...]
    employments: tuple[Employment, ...]

    def told(self) -> dict[str, Any]:
        """What the person itself is told, JSON-ready."""
        worked = [{"employer": one.employer, "until": one.until and one.until.isoformat()} for one in self.employments]
        return {"suspended": self.suspended, "specialities": list(self.specialities), "employments": worked}


def set_expert(
    unit: Unit,
    person: str,
    *,
    suspended: bool,
    specialities: Collection[str],
    employments: Sequence[Employment],
) -> None:
    """Take a person with the role expert into the pool, or say anew all that the pool knows of it.

    specialities: words of the field, at least one. A suspended expert is not seated and not drawn.
    Raises Conflict (not_an_expert), Malformed (speciality_wrong, employment_twice, not_a_credit_code, …).
    """
    is_expert = select(roles.c.person).where(roles.c.person == person, roles.c.role == "expert")
    if unit.connection.execute(is_expert).first() is None:
        raise Conflict(
            "not_an_expert",
            "此人没有专家角色，请先给予角色再入库。",
            "This person has not the role of an expert: give it first.",
            field="person",
        )
    words = _checked(specialities)
    _check_employments(employments)
    changed = {"suspended": suspended, "changed_at": unit.now}
    there = unit.connection.execute(update(pool_experts).where(pool_experts.c.person == person).values(changed))
    if there.rowcount == 0:
        unit.connection.execute(insert(pool_experts).values(person=person, **changed))
    for table in (pool_specialities, pool_employments):
        unit.connection.execute(delete(table).where(table.c.person == person))
    unit.connection.execute(insert(pool_specialities), [{"person": person, "speciality": word} for word in words])
    for one in employments:
        until = one.until.isoformat() if one.until else None
        unit.connection.execute(insert(pool_employments).values(person=person, employer=one.employer, until=until))


def load(connection: Connection, persons: Collection[str] | None) -> dict[str, Expert]:
    """Those of these persons who are in the pool, by id; with None everybody who is."""

    def wanted(table: Table) -> ColumnElement[bool]:
        return true() if persons is None else table.c.person.in_(persons)

    rows = connection.execute(select(pool_experts).where(wanted(pool_experts))).all()
    words, employments = pool_specialities, pool_employments
    said, worked = defaultdict[str, list[str]](list), defaultdict[str, list[Employment]](list)
    for one in connection.execute(select(words).where(wanted(words)).order_by(words.c.speciality)):
        said[one.person].append(one.speciality)
    known = select(employments).where(wanted(employments)).order_by(employments.c.employer)
    for one in connection.execute(known):
        until = date.fromisoformat(one.until) if one.until else None
        worked[one.person].append(Employment(employer=one.employer, until=until))
    return {
        row.person: Expert(row.person, row.suspended, tuple(said[row.person]), tuple(worked[row.person]))
        for row in rows
    }


def check_not_suspended(connection: Connection, persons: Sequence[str]) -> None:
    """Raise Conflict (expert_suspended) where one of these persons may not be seated at present."""
    known = load(connection, persons)
    for number, person in enumerate(persons):
        if person in known and known[person].suspended:
            raise Conflict(
                "expert_suspended",
                "名单中有专家已被暂停评标资格，请换人。",
                "Somebody listed is suspended from the pool: name another.",
                field=f"members[{number}]",
            )


def check_free(unit: Unit, row: Tender, persons: Sequence[str], bidders: Collection[str]) -> None:
    """Raise RuleBroken (member_interested) where one of these persons has to stay away (trading.recusal).

    For the buyer's representatives the agency is no ground. bidders: codes of those who are known by now.
    """
    procedure, known, of = stages.procedure_of(row), load(unit.connection, persons), _organisations(unit, persons)
    for number, person in enumerate(persons):
        worked = known[person].employments if person in known else ()
        everything = [*worked, Employment(employer=of[person])]
        for ground in recusal.grounds(procedure, everything, agency=row.agency, bidders=bidders, moment=unit.now):
            if ground.reason != "employed_by_agency" or of[person] != row.agency:
                raise _interested(ground, f"members[{number}]")


def _organisations(unit: Unit, persons: Collection[str]) -> dict[str, str]:
    found = unit.connection.execute(select(people.c.person, people.c.organisation).where(people.c.person.in_(persons)))
    return {one.person: one.organisation for one in found}


def _interested(ground: recusal.Ground, field: str) -> RuleBroken:
    zh, en = {
        "employed_by_agency": ("招标人", "the agency"),
        "employed_by_bidder": ("某一投标人", "a bidder"),
    }[ground.reason]
    cites = ground.cites or "招标投标法 37"
    return RuleBroken(
        "member_interested",
        f"名单中有人受雇于或在回避年限内曾受雇于{zh}，应当回避（{cites}），请换人。",
        f"Somebody listed works or lately worked for {en} and has to stay away: name another.",
        field=field,
        cites=cites,
        rule=recusal.LOOK_BACK,
        ground=ground.reason,
    )


def _checked(specialities: Collection[str]) -> list[str]:
    words = sorted(set(specialities))
    for word in words:
        canonical.check(word, "specialities")
    good = all(1 <= len(word) <= _MAX_SPECIALITY and word == word.strip() and word.isprintable() for word in words)
    if not (good and 1 <= len(words) <= MAX_LISTED):
        raise Malformed(
            "speciality_wrong",
            f"请填写 1 至 {MAX_LISTED} 个专业，每个不超过 {_MAX_SPECIALITY} 字。",
            f"Give 1 to {MAX_LISTED} specialities of at most {_MAX_SPECIALITY} characters.",
            field="specialities",
        )
    return words


def _check_employments(employments: Sequence[Employment]) -> None:
    for number, one in enumerate(employments):
        check_code(one.employer, f"employments[{number}].employer")
    if len({one.employer for one in employments}) != len(employments) or len(employments) > MAX_LISTED:
        raise Malformed(
            "employment_twice",
            f"每个任职单位只列一次，最多 {MAX_LISTED} 个。",
            f"Each employer is listed once, at most {MAX_LISTED} of them.",
            field="employments",
        )
