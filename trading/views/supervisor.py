"""What a supervisor sees: lots in their stages, what is overdue, holds, and who looked at what before an opening."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from notary import clock, record
from notary.rows import entries, numbered
from trading.acts import stages
from trading.procedures import auctioned
from trading.rows import access_log, organisations, people, questions, tenders
from trading.views import agency

#: Stages in which somebody owes something.
_ACTIVE = ("open", "sold", "closed", "opened", "evaluated", "publicity", "awarding", "awarded", "contracted")
_MOST = 500


def overdue(connection: Connection, now: datetime) -> list[dict[str, Any]]:
    """What agencies owe and are late with, the oldest first: each a duty with its article."""
    rows = connection.execute(
        select(tenders).where(tenders.c.published_at.is_not(None), tenders.c.stage.in_(_ACTIVE)).limit(_MOST)
    )
    found = agency.duties(connection, None, [stages.of_row(connection, row) for row in rows])
    return [one for one in (agency.shown(duty, now) for duty in found) if one["state"] == "late"]


def held(connection: Connection) -> list[dict[str, Any]]:
    """Lots on hold: code, title, stage."""
    rows = connection.execute(
        select(tenders.c.tender, tenders.c.title, tenders.c.stage)
        .where(tenders.c.held.is_(True))
        .order_by(tenders.c.deadline)
    )
    return [row._asdict() for row in rows]


def openings(connection: Connection, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """Lots whose deadline lies in a span: code, title, stage, deadline."""
    rows = connection.execute(
        select(tenders.c.tender, tenders.c.title, tenders.c.stage, tenders.c.deadline)
        .where(tenders.c.published_at.is_not(None), tenders.c.procedure.not_in(auctioned()))
        .where(tenders.c.deadline >= start, tenders.c.deadline < end)
        .order_by(tenders.c.deadline)
    )
    return [row._asdict() | {"deadline": clock.text(row.deadline)} for row in rows]


def accesses(connection: Connection, tender: str | None = None, limit: int = 200) -> list[dict[str, Any]]:
    """Who looked at what of lots before their opening, the latest first; of one lot or of all, drafts included."""
    query = (
        select(access_log, people.c.name, organisations.c.name.label("organisation"))
        .join(people, people.c.person == access_log.c.person)
        .join(organisations, organisations.c.code == people.c.organisation)
        .order_by(access_log.c.serial.desc())
        .limit(limit)
    )
    if tender is not None:
        query = query.where(access_log.c.tender == tender)
    return [
        {
            "tender": row.tender,
            "name": row.name,
            "organisation": row.organisation,
            "stage": row.stage,
            "seen": row.seen,
            "at": clock.text(row.seen_at),
        }
        for row in connection.execute(query)
    ]


def waiting_questions(connection: Connection, tender: str) -> int:
    """How many questions about a lot are not answered yet. Not who asked, and not what."""
    rows = select(questions.c.question).where(questions.c.tender == tender, questions.c.answered_at.is_(None))
    return len(connection.execute(rows).all())


def raw_record(connection: Connection, tender: str, *, indexes: bool) -> list[dict[str, Any]]:
    """The disclosed entries of a lot: kind, time, commitment, and their index where it may be shown.

    While a lot is open an index would tell how many leaves, and so about how many bids, lie between two public acts.
    """
    rows = connection.execute(
        select(entries, numbered.c.index.label("place"))
        .join(numbered, numbered.c.serial == entries.c.serial)
        .where(entries.c.tender == tender, entries.c.disclosed.is_(True))
        .order_by(numbered.c.index)
    )
    return [
        {
            "kind": row.kind,
            "time": clock.text(row.time),
            "commitment": record.of_row(row).commitment().hex(),
            "index": row.place if indexes else None,
        }
        for row in rows
    ]
