"""Draws of experts, as everybody may see them, and whom the agency is told of."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import Connection, exists, func, select

from notary.errors import Forbidden
from notary.rows import entries
from trading.acts import draws as steps
from trading.acts import stages
from trading.acts.stages import Tender
from trading.caller import Caller
from trading.drawing import CALLED, Draw
from trading.rows import keys, organisations, people, pool_experts, pool_specialities, roles, tenders


def shown(connection: Connection, tender: str) -> list[dict[str, Any]]:
    """All draws of a published lot, JSON-ready; whoever wants the candidates themselves finds them in the record."""
    stages.load_published(connection, tender)
    found = steps.of_tender(connection, tender)
    names = _names(connection, {party for draw in found for party in draw.parties})
    return [_told(draw, names) for draw in found]


def seated(connection: Connection, caller: Caller, tender: str) -> list[dict[str, Any]]:
    """Who was drawn, for the agency that calls them: candidate, speciality, person, name, organisation's name."""
    row = stages.load_own(connection, caller, tender)
    found = steps.of_tender(connection, row.tender)
    if not found or found[-1].state != "made":
        return []
    draw = found[-1]
    persons = steps.persons(connection, draw)
    told = {
        one.person: {"person": one.person, "name": one.name, "organisation": one.of}
        for one in connection.execute(
            select(people.c.person, people.c.name, organisations.c.name.label("of"))
            .join(organisations, organisations.c.code == people.c.organisation)
            .where(people.c.person.in_(persons.values()))
        )
    }
    return [
        {"candidate": candidate, "speciality": speciality, **told[persons[candidate]]}
        for speciality, seats in zip(draw.specialities, draw.seats or (), strict=True)
        for candidate in seats
    ]


def decides(connection: Connection, row: Tender) -> bool:
    """Whether a draw decides who the experts of a lot are: its procedure asks for one, or one was called and stands."""
    found = steps.of_tender(connection, row.tender)
    return stages.procedure_of(row).committee.drawn or (bool(found) and found[-1].state != "failed")


def party_step(draw: Draw, party: str) -> str:
    """What a party is to do now: `commit`, `reveal`, `wait` for another, or `over`."""
    if party in draw.waiting():
        return "commit" if draw.state == "committing" else "reveal"
    return "wait" if draw.state in {"committing", "revealing"} else "over"


def of_party(connection: Connection, caller: Caller, tender: str) -> dict[str, Any]:
    """The latest draw of a lot as one of its parties sees it: as `shown`, its `step`, and the party's own `party`.

    Raises Forbidden (not_a_party).
    """
    stages.load_published(connection, tender)
    found = steps.of_tender(connection, tender)
    if not found or caller.organisation not in found[-1].parties:
        raise Forbidden(
            "not_a_party", "本单位不是本标段抽取的参与方。", "You are no party of a draw of this lot.", field="tender"
        )
    draw = found[-1]
    return {
        **_told(draw, _names(connection, set(draw.parties))),
        "step": party_step(draw, caller.organisation),
        "party": caller.organisation,
    }


def waiting(connection: Connection, caller: Caller) -> list[dict[str, str]]:
    """The lots whose draw waits for the caller's organisation: tender, title, step."""
    rows = connection.execute(
        select(tenders.c.tender, tenders.c.title)
        .where(tenders.c.stage.in_(steps.STAGES))
        .where(exists().where(entries.c.tender == tenders.c.tender, entries.c.kind == CALLED))
        .order_by(tenders.c.tender)
    )
    found = [(row, steps.of_tender(connection, row.tender)[-1]) for row in rows]
    told = [(row, party_step(draw, caller.organisation)) for row, draw in found if caller.organisation in draw.parties]
    return [
        {"tender": row.tender, "title": row.title, "step": step} for row, step in told if step in {"commit", "reveal"}
    ]


def to_call(connection: Connection) -> dict[str, Any]:
    """What the agency chooses from when it calls a draw: `specialities` with how many of the pool have each, and the
    organisations that may take part, each with a key for draws: `supervisors`, `operators`.
    """
    counted = connection.execute(
        select(pool_specialities.c.speciality, func.count().label("count"))
        .join(pool_experts, pool_experts.c.person == pool_specialities.c.person)
        .join(roles, roles.c.person == pool_specialities.c.person)
        .where(roles.c.role == "expert", pool_experts.c.suspended.is_(False))
        .group_by(pool_specialities.c.speciality)
        .order_by(pool_specialities.c.speciality)
    )
    supervisors, operators = _able(connection, "supervisor"), _able(connection, "administrator")
    return {
        "specialities": [{"word": row.speciality, "count": row.count} for row in counted],
        # Two different ones are wanted: who can be but one of them comes first.
        "supervisors": sorted(supervisors, key=lambda one: one in operators),
        "operators": sorted(operators, key=lambda one: one in supervisors),
    }


def left_out(connection: Connection, tender: str) -> dict[str, int]:
    """By reason, how many the latest draw leaves out."""
    found = steps.of_tender(connection, tender)
    return dict(Counter(one["reason"] for one in found[-1].excluded)) if found else {}


def _able(connection: Connection, role: str) -> list[dict[str, str]]:
    rows = connection.execute(
        select(organisations.c.code, organisations.c.name)
        .distinct()
        .join(people, people.c.organisation == organisations.c.code)
        .join(roles, roles.c.person == people.c.person)
        .join(keys, keys.c.owner == organisations.c.code)
        .where(roles.c.role == role, keys.c.purpose == steps.PURPOSE)
        .order_by(organisations.c.name)
    )
    return [{"code": row.code, "name": row.name} for row in rows]


def _told(draw: Draw, names: dict[str, str]) -> dict[str, Any]:
    first = next(iter(draw.commitments.values()), None)
    groups = [
        {
            "label": group.label,
            "speciality": speciality,
            "count": group.count,
            "candidates": len(group.candidates),
            "seats": None if draw.seats is None else draw.seats[number],
        }
        for number, (group, speciality) in enumerate(zip(draw.groups, draw.specialities, strict=True))
    ]
    return {
        "draw": draw.leaf,
        "state": draw.state,
        "parties": [
            {"party": one, "name": names[one], "committed": one in draw.commitments, "revealed": one in draw.values}
            for one in draw.parties
        ],
        "turns": draw.turns(),
        "withheld": [{"of": of, "party": party} for of, party in draw.withheld],
        "checkpoint": None if first is None else dict(first["checkpoint"]),
        "seed": None if draw.seed is None else draw.seed.hex(),
        "groups": groups,
        "excluded": len(draw.excluded),
        "replaced": [dict(one) for one in draw.replaced],
        "failed": draw.failed,
    }


def _names(connection: Connection, codes: set[str]) -> dict[str, str]:
    rows = connection.execute(
        select(organisations.c.code, organisations.c.name).where(organisations.c.code.in_(sorted(codes)))
    )
    return {row.code: row.name for row in rows}
