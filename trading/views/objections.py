"""Reads of objections: the objector's own, the agency's, the supervisor's."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from notary import canonical, clock
from notary.rows import AnyRow
from trading import objections as terms
from trading.acts import objections as acts
from trading.acts import stages
from trading.caller import Caller
from trading.remedy_rows import objection_answers, objections
from trading.rows import organisations

#: From here on bidders are public, and so may the agency know who objects. Before it a name could tell of a bid.
NAMED = frozenset(
    {"opened", "sold", "evaluated", "publicity", "awarding", "awarded"}
    | {"contracted", "completed", "terminated", "failed"}
)


def seen(connection: Connection, caller: Caller, tender: str) -> list[dict[str, Any]]:
    """The objections to a published lot that the caller may read, in the order they were filed.

    The objector reads its own, the agency all of its lot without names before the opening, a supervisor everything.
    """
    row = stages.load_published(connection, tender)
    query = _query().where(objections.c.tender == tender)
    supervisor = "supervisor" in caller.roles
    agency = row.agency == caller.organisation and "agency" in caller.roles
    if not supervisor and not agency:
        query = query.where(objections.c.organisation == caller.organisation)
    named = supervisor or not agency or row.stage in NAMED
    return [_shown(one, named=named) for one in connection.execute(query)]


def own(connection: Connection, caller: Caller) -> list[dict[str, Any]]:
    """All objections of the caller's organisation, the latest first."""
    query = _query(newest=True).where(objections.c.organisation == caller.organisation)
    return [_shown(one, named=True) for one in connection.execute(query)]


def windows(connection: Connection, tender: str, now: datetime) -> list[dict[str, Any]]:
    """Against what an objection can be filed now, until when, by which article, and whether that time is over."""
    row = stages.load_published(connection, tender)
    found = []
    for against, possible in terms.STAGES.items():
        window = acts.window(connection, row, against) if row.stage in possible else None
        if window is not None:
            until = clock.text(window.until)
            found.append({"against": against, "until": until, "cites": window.cites, "over": now >= window.until})
    return found


def _query(*, newest: bool = False) -> Any:
    order = objections.c.filed_at.desc() if newest else objections.c.filed_at
    return (
        select(
            objections,
            organisations.c.name,
            objection_answers.c.content.label("answer"),
            objection_answers.c.answered_at,
        )
        .join(organisations, organisations.c.code == objections.c.organisation)
        .join(objection_answers, objection_answers.c.objection == objections.c.objection, isouter=True)
        .order_by(order, objections.c.objection)
    )


def _shown(row: AnyRow, *, named: bool) -> dict[str, Any]:
    said = canonical.loads(row.content.encode())
    replied = None if row.answer is None else canonical.loads(row.answer.encode())
    return {
        "objection": row.objection,
        "tender": row.tender,
        "against": row.against,
        "facts": said["facts"],
        "basis": said["basis"],
        "request": said["request"],
        "by": {"code": row.organisation, "name": row.name} if named else None,
        "filed_at": clock.text(row.filed_at),
        "answer_by": None if row.answer_by is None else clock.text(row.answer_by),
        "suspends": row.suspends,
        "outcome": None if replied is None else replied["outcome"],
        "answer": None if replied is None else replied["answer"],
        "answered_at": None if row.answered_at is None else clock.text(row.answered_at),
    }
