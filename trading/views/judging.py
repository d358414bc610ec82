"""A committee at work, as those who look after it see it: marks far from the others', and who is to be paid."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from notary import clock
from trading import criteria, outliers
from trading import draft as drafts
from trading.acts import committee as acts
from trading.acts import stages
from trading.acts.stages import Tender
from trading.rows import committee, declarations, evaluations, organisations, people, scores


def far_marks(connection: Connection, row: Tender) -> list[dict[str, Any]]:
    """The outliers of the sheets that count, with the name of who gave each and the part in words.

    Empty until every member has signed: before that nobody but the member knows a mark.
    """
    names = {one.person: one.name for one in _members(connection, row)}
    signed = set(connection.scalars(select(scores.c.person).where(scores.c.tender == row.tender)))
    if not names or not signed >= names.keys():
        return []
    rules = criteria.read(drafts.composed_criteria(drafts.read(row.content), stages.procedure_of(row)))
    parts = {part.name: {"zh": part.zh, "en": part.en} for part in rules.parts}
    found = outliers.find(rules, [sheet.object for sheet in acts.sheets(connection, row)])
    return [
        {
            "name": names[one.expert],
            "bidder": one.bidder,
            "part": parts[one.part],
            "mark": one.mark,
            "mean": one.mean,
        }
        for one in found
    ]


def dissents(connection: Connection, row: Tender) -> list[dict[str, str]]:
    """What members do not agree with, in their own words, once the evaluation is public: name, text (条例 53)."""
    names = {one.person: one.name for one in _members(connection, row)}
    evaluated = select(evaluations.c.tender).where(evaluations.c.tender == row.tender)
    if not names or connection.execute(evaluated).first() is None:
        return []
    return [
        {"name": names[sheet.person], "text": sheet.object["dissent"]}
        for sheet in acts.sheets(connection, row)
        if "dissent" in sheet.object
    ]


def payable(connection: Connection, row: Tender) -> list[dict[str, str]]:
    """The members who did not recuse themselves, experts first: name, organisation, role, when each declared and last
    signed its sheet (empty where it has not)."""
    signed = {
        one.person: one.at
        for one in connection.execute(
            select(scores.c.person, func.max(scores.c.signed_at).label("at"))
            .where(scores.c.tender == row.tender)
            .group_by(scores.c.person)
        )
    }
    return [
        {
            "name": one.name,
            "organisation": one.organisation,
            "role": one.role,
            "declared": "" if one.declared_at is None else clock.text(one.declared_at),
            "signed": "" if one.person not in signed else clock.text(signed[one.person]),
        }
        for one in _members(connection, row)
        if not one.recused
    ]


def _members(connection: Connection, row: Tender) -> list[Any]:
    return list(
        connection.execute(
            select(
                committee.c.person,
                committee.c.role,
                people.c.name,
                organisations.c.name.label("organisation"),
                declarations.c.declared_at,
                declarations.c.recused,
            )
            .join(people, people.c.person == committee.c.person)
            .join(organisations, organisations.c.code == people.c.organisation)
            .join(
                declarations,
                (declarations.c.tender == committee.c.tender) & (declarations.c.person == committee.c.person),
                isouter=True,
            )
            .where(committee.c.tender == row.tender)
            .order_by(committee.c.role.desc(), people.c.name, committee.c.person)
        )
    )
