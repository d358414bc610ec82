"""Draws of experts, as everybody may see them, and whom the agency is told of."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from trading.acts import draws as steps
from trading.acts import stages
from trading.caller import Caller
from trading.drawing import Draw
from trading.rows import organisations, people


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
