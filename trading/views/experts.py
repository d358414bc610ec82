"""Experts: who may sit on a committee, and what a member sees of its lots."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from notary import canonical, clock
from trading import recusal
from trading.acts import pool as pools
from trading.acts import stages
from trading.acts.pool import Expert
from trading.acts.stages import Tender
from trading.caller import Caller
from trading.rows import (
    committee,
    declarations,
    organisations,
    people,
    roles,
    score_drafts,
    scores,
    tenders,
)


def pool(connection: Connection, row: Tender, moment: datetime) -> list[dict[str, Any]]:
    """Everybody who may sit at a moment: person, name, organisation's name, specialities, role.

    role: `buyer` of the agency's own, else `expert`. Left out are the suspended, and who by its other employments is of
    the agency's side; the bidders' side is looked at when members are named.
    """
    rows = connection.execute(
        select(people.c.person, people.c.name, people.c.organisation, organisations.c.name.label("of"))
        .join(roles, roles.c.person == people.c.person)
        .join(organisations, organisations.c.code == people.c.organisation)
        .where(roles.c.role == "expert")
        .order_by(organisations.c.name, people.c.name, people.c.person)
    )
    found = rows.all()
    known = pools.load(connection, [one.person for one in found])
    return [
        {
            "person": one.person,
            "name": one.name,
            "organisation": one.of,
            "specialities": known[one.person].specialities if one.person in known else (),
            "role": "buyer" if one.organisation == row.agency else "expert",
        }
        for one in found
        if one.person not in known or _eligible(known[one.person], one.organisation, row, moment)
    ]


def _eligible(expert: Expert, organisation: str, row: Tender, moment: datetime) -> bool:
    worked = [] if organisation == row.agency else expert.employments
    grounds = recusal.grounds(
        stages.procedure_in_force(row, moment), worked, agency=row.agency, bidders=(), moment=moment
    )
    return not expert.suspended and not grounds


def lots(connection: Connection, caller: Caller) -> list[dict[str, Any]]:
    """The lots on whose committee the caller sits, the newest first, and how far the caller is with each."""
    rows = connection.execute(
        select(
            tenders.c.tender,
            tenders.c.title,
            tenders.c.stage,
            tenders.c.held,
            committee.c.role,
            declarations.c.recused,
            declarations.c.declared_at,
        )
        .join(committee, committee.c.tender == tenders.c.tender)
        .join(
            declarations,
            (declarations.c.tender == tenders.c.tender) & (declarations.c.person == committee.c.person),
            isouter=True,
        )
        .where(committee.c.person == caller.person)
        .order_by(tenders.c.deadline.desc(), tenders.c.tender)
    )
    signed = set(connection.scalars(select(scores.c.tender).where(scores.c.person == caller.person)))
    return [
        {
            "tender": row.tender,
            "title": row.title,
            "stage": row.stage,
            "held": row.held,
            "role": row.role,
            "declared": row.declared_at is not None,
            "recused": bool(row.recused),
            "signed": row.tender in signed,
        }
        for row in rows
    ]


def sheet(connection: Connection, caller: Caller, tender: str) -> dict[str, Any] | None:
    """The caller's unsigned sheet with `saved_at`, None where nothing is saved."""
    row = connection.execute(
        select(score_drafts).where(score_drafts.c.tender == tender, score_drafts.c.person == caller.person)
    ).one_or_none()
    if row is None:
        return None
    return {**canonical.loads(row.sheet.encode()), "saved_at": clock.text(row.saved_at)}


def signed_at(connection: Connection, caller: Caller, tender: str) -> str | None:
    """When the caller last signed scores of a lot."""
    found = connection.scalar(
        select(scores.c.signed_at)
        .where(scores.c.tender == tender, scores.c.person == caller.person)
        .order_by(scores.c.signed_at.desc())
        .limit(1)
    )
    return None if found is None else clock.text(found)
