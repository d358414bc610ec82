"""Calling a draw of experts: the pool, in the record under pseudonyms, before anybody commits to anything."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any

from msgspec import Meta
from sqlalchemy import Connection, insert, select

from notary import chance, draws
from notary.entries import Entry
from notary.errors import Conflict, Malformed
from notary.forms import Form
from notary.work import Unit
from trading import draft as drafts
from trading import drawing, recusal
from trading.acts import draws as steps
from trading.acts import parties, pool, stages
from trading.acts.stages import Tender
from trading.caller import Caller
from trading.procedures import Procedure
from trading.recusal import Employment
from trading.rows import declarations, draw_secrets, people, pool_experts, pool_specialities, roles


class Seats(Form, frozen=True):
    """How many experts of one speciality are to be drawn."""

    speciality: Annotated[str, Meta(min_length=1, max_length=40)]
    count: Annotated[int, Meta(ge=1, le=31)]


def call(
    unit: Unit,
    caller: Caller,
    tender: str,
    *,
    groups: Sequence[Seats],
    supervisor: str,
    operator: str,
    bidders: Collection[str],
) -> Entry:
    """Put the pool of a draw into the record: for each speciality whoever may be drawn, and who not and why.

    supervisor, operator: codes of the two organisations that take part besides the agency. bidders: codes of those
    whose bids were opened, none before the opening. Raises Conflict (draw_there, draw_key_missing, pool_too_small, …),
    Malformed (committee_not_announced, speciality_twice, party_wrong).
    """
    row = stages.load_own(unit.connection, caller, tender)
    steps.check_open(unit.connection, row)
    _check_none(unit.connection, tender)
    _check_groups(row, groups)
    named = (caller.organisation, supervisor, operator)
    _check_parties(unit.connection, named)
    people_of = _people(unit.connection, [one.speciality for one in groups])
    away = _excluded(unit, row, {one for found in people_of.values() for one in found}, bidders)
    secret = chance.token()
    names = {one: drawing.candidate_of(secret, one) for found in people_of.values() for one in found}
    listed = []
    for number, one in enumerate(groups):
        able = sorted(names[person] for person in people_of[one.speciality] if person not in away)
        listed.append({"label": str(number + 1), **_of(one), "candidates": able})
    _check_enough(groups, listed)
    excluded = sorted(({"candidate": names[one], "reason": why} for one, why in away.items()), key=_candidate)
    body = {"excluded": excluded, "groups": listed, "parties": list(named)}
    entry = unit.record(drawing.CALLED, row.tender, row.lot, body, disclosed=True)
    unit.connection.execute(insert(draw_secrets).values(draw=entry.commitment().hex(), secret=secret.hex()))
    return entry


def _of(one: Seats) -> dict[str, Any]:
    return {"count": one.count, "speciality": one.speciality}


def _candidate(one: Mapping[str, str]) -> str:
    return one["candidate"]


def _check_none(connection: Connection, tender: str) -> None:
    found = steps.of_tender(connection, tender)
    if found and found[-1].state != "failed":
        raise Conflict(
            "draw_there",
            "本标段已有抽取，不能另行抽取；抽取失败之后才能重新开始。",
            "There is a draw in this lot already: another begins only after it has failed.",
            field="tender",
        )


def _check_groups(row: Tender, groups: Sequence[Seats]) -> None:
    if len({one.speciality for one in groups}) != len(groups):
        raise Malformed("speciality_twice", "同一专业列出两次。", "A speciality stands twice.", field="groups")
    experts = drafts.given(drafts.read(row.content).committee, "committee").experts
    if sum(one.count for one in groups) != experts:
        raise Malformed(
            "committee_not_announced",
            f"抽取人数之和应等于公告的专家人数 {experts}。",
            f"All groups together have the {experts} experts that were announced.",
            field="groups",
        )


def _check_parties(connection: Connection, named: Sequence[str]) -> None:
    """Three organisations, of the roles that they have here, each with a key for draws."""
    if len(set(named)) != len(named):
        raise Malformed(
            "party_wrong",
            "招标人、监督部门和平台运营方须为三个不同的单位。",
            "Agency, supervisor and operator are three different organisations.",
            field="supervisor",
        )
    for field, code, role in zip(
        ("tender", "supervisor", "operator"), named, ("agency", "supervisor", "administrator"), strict=True
    ):
        there = (
            select(people.c.person)
            .join(roles, roles.c.person == people.c.person)
            .where(people.c.organisation == code, roles.c.role == role)
        )
        if connection.execute(there.limit(1)).first() is None:
            raise Malformed(
                "party_wrong",
                f"该单位没有 {role} 角色的人员，不能作为此参与方。",
                f"Nobody of that organisation has the role {role}.",
                field=field,
            )
        if not parties.keys_of(connection, code, steps.PURPOSE).standing:
            raise Conflict(
                "draw_key_missing",
                "该参与方尚未登记抽取密钥，请先登记（sunbid key register --purpose draw）。",
                "That party has registered no key for draws: it does so first (sunbid key register --purpose draw).",
                field=field,
            )


def _people(connection: Connection, specialities: Sequence[str]) -> dict[str, list[str]]:
    """By speciality, who of the pool has it and still is an expert."""
    table = pool_specialities.c
    rows = connection.execute(
        select(table.speciality, table.person)
        .join(roles, roles.c.person == table.person)
        .where(table.speciality.in_(specialities), roles.c.role == "expert")
    )
    found: dict[str, list[str]] = {one: [] for one in specialities}
    for row in rows:
        found[row.speciality].append(row.person)
    return found


def _excluded(unit: Unit, row: Tender, persons: Collection[str], bidders: Collection[str]) -> dict[str, str]:
    """Who cannot be drawn, and why: suspended, recused from this lot before, or a ground of trading.recusal."""
    procedure = stages.procedure_of(row)
    known, of = pool.load(unit.connection, None), _organisations(unit.connection)
    gone = set(
        unit.connection.scalars(
            select(declarations.c.person).where(declarations.c.tender == row.tender, declarations.c.recused.is_(True))
        )
    )
    found: dict[str, str] = {}
    for person in persons:
        reason = _reason(unit, row, procedure, known[person], of[person], bidders)
        if reason is None and person in gone:
            reason = "recused"
        if reason is not None:
            found[person] = reason
    return found


def _reason(
    unit: Unit, row: Tender, procedure: Procedure, expert: pool.Expert, organisation: str, bidders: Collection[str]
) -> str | None:
    if expert.suspended:
        return "suspended"
    worked = [*expert.employments, Employment(employer=organisation)]
    grounds = recusal.grounds(procedure, worked, agency=row.agency, bidders=bidders, moment=unit.now)
    return grounds[0].reason if grounds else None


def _organisations(connection: Connection) -> dict[str, str]:
    rows = connection.execute(
        select(people.c.person, people.c.organisation).join(pool_experts, pool_experts.c.person == people.c.person)
    )
    return {row.person: row.organisation for row in rows}


def _check_enough(groups: Sequence[Seats], listed: Sequence[Mapping[str, Any]]) -> None:
    """Each group has enough for itself and all before it: then no order that is drawn can leave a seat empty."""
    seats = 0
    for number, (one, group) in enumerate(zip(groups, listed, strict=True)):
        seats += one.count
        if not seats <= len(group["candidates"]) <= draws.MAX_CANDIDATES:
            raise Conflict(
                "pool_too_small",
                f"专业“{one.speciality}”可抽取的专家不足（{len(group['candidates'])} 人），未开始抽取；请补充专家库。",
                f"Too few experts of {one.speciality} can be drawn ({len(group['candidates'])}); nothing was begun.",
                field=f"groups[{number}]",
                speciality=one.speciality,
            )
