"""Reads of complaints: the objector's own, those that an agency must answer for, the supervisor's."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from notary import canonical, clock
from notary.rows import AnyRow, AnySelect
from trading import calendar, complaints
from trading.acts import stages
from trading.caller import Caller
from trading.remedy_rows import complaint_decisions, complaint_ends, objection_answers, objections
from trading.remedy_rows import complaints as filed
from trading.rows import organisations, tenders
from trading.views.objections import NAMED


def seen(connection: Connection, caller: Caller, tender: str) -> list[dict[str, Any]]:
    """The complaints about a published lot that the caller may read, in the order they were filed.

    The complainant reads its own, a supervisor everything; the agency (被投诉人) those that were taken up, without
    names before the opening.
    """
    row = stages.load_published(connection, tender)
    query = _query().where(filed.c.tender == tender)
    supervisor = "supervisor" in caller.roles
    agency = row.agency == caller.organisation and "agency" in caller.roles
    if agency and not supervisor:
        query = query.where(complaint_decisions.c.taken_up.is_(True))
    elif not supervisor:
        query = query.where(filed.c.organisation == caller.organisation)
    named = supervisor or not agency or row.stage in NAMED
    return [_shown(one, named=named) for one in connection.execute(query)]


def own(connection: Connection, caller: Caller) -> list[dict[str, Any]]:
    """All complaints of the caller's organisation."""
    query = _query().where(filed.c.organisation == caller.organisation)
    return [_shown(one, named=True) for one in connection.execute(query)]


def waiting(connection: Connection, now: datetime) -> list[dict[str, Any]]:
    """The complaints that a supervisor has to decide or to rule on, the one due first in front: due, cites, late."""
    rows = connection.execute(
        _query()
        .where(complaint_ends.c.complaint.is_(None), complaint_decisions.c.taken_up.is_not(False))
        .order_by(None)
        .order_by(filed.c.filed_at, filed.c.complaint)
    ).all()
    found = [_duty(connection, row, now) for row in rows]
    return sorted(found, key=lambda one: (one["due"] is None, one["due"]))


def windows(connection: Connection, caller: Caller, tender: str, now: datetime) -> dict[str, dict[str, Any]]:
    """Of each own objection without a complaint: from when until when one is taken, and whether now."""
    row = stages.load_published(connection, tender)
    rows = connection.execute(
        select(objections.c.objection, objections.c.answer_by, objection_answers.c.answered_at)
        .join(objection_answers, objection_answers.c.objection == objections.c.objection, isouter=True)
        .join(filed, filed.c.objection == objections.c.objection, isouter=True)
        .where(
            objections.c.tender == tender,
            objections.c.organisation == caller.organisation,
            filed.c.complaint.is_(None),
        )
    )
    found = {}
    for one in rows:
        window = complaints.window(stages.procedure_of(row), calendar.china(), one.answer_by, one.answered_at)
        if window is not None:
            found[one.objection] = _window(window, one.answer_by, now)
    return found


def _window(window: complaints.Window, answer_by: datetime | None, now: datetime) -> dict[str, Any]:
    start = window.start or answer_by
    over = window.until is not None and now >= window.until
    return {
        "from": clock.text_or_none(start),
        "until": clock.text_or_none(window.until),
        "cites": window.cites,
        "open": window.start is not None and now >= window.start and not over,
        "over": over,
    }


def _duty(connection: Connection, row: AnyRow, now: datetime) -> dict[str, Any]:
    limit, due = ("complaint_acceptance", row.decide_by) if row.taken_up is None else ("complaint_ruling", row.rule_by)
    found = stages.procedure_of(stages.load(connection, row.tender)).limit(limit)
    return {
        "tender": row.tender,
        "title": row.title,
        "complaint": row.complaint,
        "act": "decide" if row.taken_up is None else "rule",
        "due": clock.text_or_none(due),
        "late": due is not None and now >= due,
        "cites": None if found is None else found.cites,
    }


def _query() -> AnySelect:
    return (
        select(
            filed,
            tenders.c.title,
            organisations.c.name,
            objections.c.against,
            complaint_decisions.c.taken_up,
            complaint_decisions.c.suspends,
            complaint_decisions.c.suspended_until,
            complaint_decisions.c.rule_by,
            complaint_decisions.c.decided_at,
            complaint_decisions.c.content.label("decision"),
            complaint_ends.c.outcome,
            complaint_ends.c.ruling,
            complaint_ends.c.ended_at,
        )
        .join(tenders, tenders.c.tender == filed.c.tender)
        .join(organisations, organisations.c.code == filed.c.organisation)
        .join(objections, objections.c.objection == filed.c.objection)
        .join(complaint_decisions, complaint_decisions.c.complaint == filed.c.complaint, isouter=True)
        .join(complaint_ends, complaint_ends.c.complaint == filed.c.complaint, isouter=True)
        .order_by(filed.c.filed_at, filed.c.complaint)
    )


def _shown(row: AnyRow, *, named: bool) -> dict[str, Any]:
    said = canonical.loads(row.content.encode())
    decided = None if row.decision is None else canonical.loads(row.decision.encode())
    return {
        "complaint": row.complaint,
        "objection": row.objection,
        "tender": row.tender,
        "against": row.against,
        "facts": said["facts"],
        "basis": said["basis"],
        "request": said["request"],
        "by": {"code": row.organisation, "name": row.name} if named else None,
        "filed_at": clock.text(row.filed_at),
        "decide_by": clock.text_or_none(row.decide_by),
        "taken_up": row.taken_up,
        "reason": None if decided is None else decided["reason"],
        "decided_at": clock.text_or_none(row.decided_at),
        "suspends": row.suspends,
        "suspended_until": clock.text_or_none(row.suspended_until),
        "rule_by": clock.text_or_none(row.rule_by),
        "outcome": row.outcome,
        "ruling": row.ruling,
        "ended_at": clock.text_or_none(row.ended_at),
    }
