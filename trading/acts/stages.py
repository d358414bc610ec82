"""A tender as it stands, and its moves through the stage table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, select, update

from notary import canonical
from notary.errors import Conflict, Unknown
from notary.rows import AnyRow
from notary.work import Unit
from trading import lifecycle, procedures
from trading.acts import pinned
from trading.caller import Caller
from trading.procedures import Procedure
from trading.remedy_rows import complaint_decisions, complaint_ends, complaints, objection_answers, objections
from trading.rows import tenders


@dataclass(frozen=True)
class Tender:
    """One row of `tenders`. content: the draft as it stands (docs/http.md); procedure: its name; moments aware UTC;
    pinned: the version of the procedure that it was published under, None for a draft."""

    tender: str
    lot: str
    procedure: str
    procedure_version: str | None
    agency: str
    title: str
    stage: str
    held: bool
    content: Mapping[str, Any]
    number: int
    notice_leaf: str | None
    deadline: datetime
    due_at: datetime | None
    published_at: datetime | None
    created_at: datetime
    pinned: Procedure | None = None


def load(connection: Connection, tender: str) -> Tender:
    """The tender of this code. Raises Unknown."""
    row = connection.execute(select(tenders).where(tenders.c.tender == tender)).one_or_none()
    if row is None:
        raise _unknown()
    return of_row(connection, row)


def load_own(connection: Connection, caller: Caller, tender: str) -> Tender:
    """The tender, when the caller is of its agency. Raises Unknown: a foreign one and an absent one look the same."""
    row = load(connection, tender)
    if row.agency != caller.organisation:
        raise _unknown()
    return row


def load_own_published(connection: Connection, caller: Caller, tender: str) -> Tender:
    """The tender of the caller's agency, once it is published. Raises Unknown."""
    row = load_own(connection, caller, tender)
    if row.published_at is None:
        raise _unknown()
    return row


def load_published(connection: Connection, tender: str) -> Tender:
    """The tender, once it is published. Raises Unknown."""
    row = load(connection, tender)
    if row.published_at is None:
        raise _unknown()
    return row


def of_row(connection: Connection, row: AnyRow) -> Tender:
    """The struct of a row of `tenders`, with the version of the procedure that it is pinned to. Raises Unknown."""
    procedure = None if row.procedure_version is None else pinned.load(connection, row.procedure_version)
    return Tender(**row._asdict() | {"content": canonical.loads(row.content.encode()), "pinned": procedure})


def procedure_of(row: Tender) -> Procedure:
    """The version of the procedure that a published tender is pinned to."""
    if row.pinned is None:
        raise ValueError("a draft is not pinned to a version")
    return row.pinned


def procedure_in_force(row: Tender, moment: datetime) -> Procedure:
    """The pinned version, for a draft the one in force at the moment."""
    return procedures.in_force(row.procedure, moment) if row.pinned is None else row.pinned


def move(unit: Unit, row: Tender, act: str, **changes: Any) -> Tender:
    """Do the act's step in the stage table, with changes of other columns in the same statement.

    Raises Conflict (act_not_in_stage, not_held, moved_meanwhile) and Held (on_hold, objection_unanswered,
    complaint_suspends). `content` is given as an object.
    """
    objected, complained = _stops(unit, row)
    stage = lifecycle.after(
        row.stage, act, procedure_in_force(row, unit.now), held=row.held, objected=objected, complained=complained
    )
    values = changes | {"stage": stage}
    if "content" in changes:
        values["content"] = canonical.dumps(changes["content"]).decode()
    moved = unit.connection.execute(
        update(tenders)
        .where(tenders.c.tender == row.tender, tenders.c.stage == row.stage, tenders.c.number == row.number)
        .values(values)
    )
    if moved.rowcount != 1:
        raise Conflict(
            "moved_meanwhile", "项目状态刚刚改变，请刷新后再试。", "The tender has just changed: look again."
        )
    return replace(row, **changes | {"stage": stage})


def check(unit: Unit, row: Tender, act: str) -> None:
    """Raise Conflict or Held, as move does, for an act that is not possible now and changes no column."""
    lifecycle.after(row.stage, act, procedure_in_force(row, unit.now), held=row.held)


def suspended(unit: Unit, row: Tender) -> bool:
    """Whether an objection or a complaint suspends the tender at this moment."""
    return any(_stops(unit, row))


def objecting() -> ColumnElement[bool]:
    """Of a row of `tenders`: an objection is unanswered that suspends (招标投标法实施条例 22、54)."""
    answered = exists().where(objection_answers.c.objection == objections.c.objection)
    return exists().where(objections.c.tender == tenders.c.tender, objections.c.suspends.is_(True), ~answered)


def complaining(now: datetime) -> ColumnElement[bool]:
    """Of a row of `tenders`: a complaint suspends it at the moment (招标投标法实施条例 62；政府采购法 57)."""
    ended = exists().where(complaint_ends.c.complaint == complaints.c.complaint)
    until = complaint_decisions.c.suspended_until
    return exists().where(
        complaints.c.tender == tenders.c.tender,
        complaint_decisions.c.complaint == complaints.c.complaint,
        complaint_decisions.c.suspends.is_(True),
        until.is_(None) | (until > now),
        ~ended,
    )


def set_due(unit: Unit, tender: str, moment: datetime | None) -> None:
    """Say when the next timed act of the tender is due (trading.agenda); None for never."""
    unit.connection.execute(update(tenders).where(tenders.c.tender == tender).values(due_at=moment))


def _stops(unit: Unit, row: Tender) -> tuple[bool, bool]:
    """Whether an objection suspends the tender, and whether a complaint does."""
    query = select(objecting(), complaining(unit.now)).where(tenders.c.tender == row.tender)
    objected, complained = unit.connection.execute(query).one()
    return objected, complained


def _unknown() -> Unknown:
    return Unknown("tender_unknown", "没有这个项目。", "There is no such tender.", field="tender")
