"""Which timed act of which tender is due. The database is the truth: `tenders.due_at`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from trading.acts.stages import complaining, objecting
from trading.rows import tenders

ACTS: Mapping[str, str] = {"open": "close", "closed": "open"}
"""Stage -> the act that time brings: the deadline closes, complete keys open."""


def due(connection: Connection, now: datetime) -> list[tuple[str, str]]:
    """Tender and act, the longest due first. A tender on hold (暂停) comes back when the hold is lifted, one with an
    unanswered objection that suspends when the answer is there, one that a complaint suspends when that has ended.
    """
    rows = connection.execute(
        select(tenders.c.tender, tenders.c.stage)
        .where(tenders.c.due_at <= now, tenders.c.stage.in_(ACTS), tenders.c.held.is_(False))
        .where(~objecting(), ~complaining(now))
        .order_by(tenders.c.due_at, tenders.c.tender)
    )
    return [(row.tender, ACTS[row.stage]) for row in rows]
