"""Objections (异议、质疑) to the documents, the opening and the result, and their answers.

Either leaves an entry at once: kind, time, by when it is due, and a salted commitment. Who objected and what was said
stays here: the objector is told all of it again, the agency what it must answer, the supervisor everything.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, insert, select

from notary import canonical, chance, clock
from notary.entries import Entry
from notary.errors import Conflict, Forbidden, TooLate, TooMuch, Unknown
from notary.rows import AnyRow, entries
from notary.work import Unit
from trading import calendar, texts
from trading import objections as terms
from trading.acts import awards as awarding
from trading.acts import stages
from trading.acts.stages import Tender
from trading.caller import Caller
from trading.objections import Against, Moments, Outcome, Window
from trading.remedy_rows import objection_answers, objections
from trading.rows import awards, publicities

#: Of one organisation about one lot.
MAX_OBJECTIONS = 20


def file(
    unit: Unit, caller: Caller, tender: str, *, against: Against, facts: str, basis: str, request: str
) -> dict[str, Any]:
    """File an objection; gives its id, what the record says of it, and the salt by which the objector can prove it.

    Raises Conflict (act_not_in_stage, nothing_to_object), Forbidden (own_tender), TooLate (objection_late) with the
    article, TooMuch (objections_many), Malformed.
    """
    row = stages.load_published(unit.connection, tender)
    if caller.organisation == row.agency:
        raise Forbidden("own_tender", "不能对本单位的项目提出异议。", "It is your own organisation's tender.")
    content = {"against": against, "basis": basis, "facts": facts, "organisation": caller.organisation}
    content |= {"request": request, "tender": row.tender, "type": terms.OBJECTION_TYPE}
    for field in ("facts", "basis", "request"):
        texts.check(content[field], field)
    _check_window(unit, row, against)
    _check_count(unit, caller, tender)
    procedure, salt, objection = stages.procedure_of(row), chance.token(), chance.token(16).hex()
    due = terms.answer_by(procedure, calendar.china(), against, unit.now)
    body = {
        "against": against,
        "answer_by": None if due is None else clock.text(due),
        "commitment": terms.commitment(content, salt),
        "objection": objection,
        "suspends": terms.suspends(procedure, against),
    }
    entry = unit.record("objection_filed", row.tender, row.lot, body, disclosed=True)
    unit.connection.execute(
        insert(objections).values(
            objection=objection,
            tender=tender,
            organisation=caller.organisation,
            person=caller.person,
            against=against,
            content=canonical.dumps(content).decode(),
            salt=salt.hex(),
            filed_at=unit.now,
            answer_by=due,
            suspends=body["suspends"],
            leaf=entry.commitment().hex(),
        )
    )
    return body | {"content": content, "leaf": entry.commitment().hex(), "salt": salt.hex()}


def answer(unit: Unit, caller: Caller, tender: str, objection: str, *, outcome: Outcome, text: str) -> Entry:
    """Answer an objection, once; late answers are taken, and their time shows it.

    Raises Unknown (objection_unknown), Conflict (answered_already), Malformed.
    """
    row = stages.load_own(unit.connection, caller, tender)
    stages.check(unit, row, "answer")
    texts.check(text, "answer")
    asked = _load(unit.connection, tender, objection)
    content = {"answer": text, "objection": objection, "outcome": outcome, "type": terms.ANSWER_TYPE}
    salt = chance.token()
    shown = asked.against in stages.procedure_of(row).objections.published
    body = {"commitment": terms.commitment(content, salt), "objection": objection, "outcome": outcome}
    entry = unit.record(
        "objection_answered", row.tender, row.lot, body | {"answer": text if shown else None}, disclosed=True
    )
    unit.connection.execute(
        insert(objection_answers).values(
            objection=objection,
            outcome=outcome,
            content=canonical.dumps(content).decode(),
            salt=salt.hex(),
            person=caller.person,
            answered_at=unit.now,
            leaf=entry.commitment().hex(),
        )
    )
    return entry


def window(connection: Connection, row: Tender, against: Against) -> Window | None:
    """Until when an objection is taken; None where what it is against has not come to pass."""
    return terms.window(stages.procedure_of(row), calendar.china(), against, _moments(connection, row))


def _moments(connection: Connection, row: Tender) -> Moments:
    noticed = select(entries.c.time).where(entries.c.commitment == row.notice_leaf)
    opened = select(entries.c.time).where(entries.c.tender == row.tender, entries.c.kind == "lot_opened")
    return Moments(
        deadline=row.deadline,
        questions_until=clock.parse(row.content["questions_until"]),
        noticed_at=connection.execute(noticed).scalar_one(),
        opened_at=connection.scalar(opened),
        objections_until=connection.scalar(
            select(publicities.c.objections_until).where(publicities.c.tender == row.tender)
        ),
        awarded_at=connection.scalar(select(awards.c.awarded_at).where(awards.c.tender == row.tender)),
        sold_at=awarding.sold_at(connection, row.tender),
    )


def _check_window(unit: Unit, row: Tender, against: Against) -> None:
    stages.check(unit, row, "object")
    found = window(unit.connection, row, against) if row.stage in terms.STAGES[against] else None
    if found is None:
        raise Conflict(
            "nothing_to_object",
            "现在不是对此提出异议的时候。",
            "This is not the time for an objection of that kind.",
            field="against",
            stage=row.stage,
        )
    if unit.now >= found.until:
        raise TooLate(
            "objection_late",
            f"提出异议的时间已过（{found.cites}）；仍可依法投诉。",
            f"The time for this objection is over ({found.cites}); a complaint may still be open to you.",
            field="against",
            cites=found.cites,
            until=clock.text(found.until),
        )


def _check_count(unit: Unit, caller: Caller, tender: str) -> None:
    made = unit.connection.scalar(
        select(func.count()).where(objections.c.tender == tender, objections.c.organisation == caller.organisation)
    )
    if int(made or 0) >= MAX_OBJECTIONS:
        raise TooMuch(
            "objections_many",
            f"本单位对该项目的异议已达 {MAX_OBJECTIONS} 件，均已记录；其余请依法投诉。",
            f"You have made {MAX_OBJECTIONS} objections to this lot, and all are on record.",
            field="against",
        )


def _load(connection: Connection, tender: str, objection: str) -> AnyRow:
    row = connection.execute(
        select(objections, objection_answers.c.answered_at)
        .join(objection_answers, objection_answers.c.objection == objections.c.objection, isouter=True)
        .where(objections.c.objection == objection, objections.c.tender == tender)
    ).one_or_none()
    if row is None:
        raise Unknown("objection_unknown", "没有这个异议。", "There is no such objection.", field="objection")
    if row.answered_at is not None:
        raise Conflict("answered_already", "该异议已经答复。", "That objection was answered.", field="objection")
    return row
