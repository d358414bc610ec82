"""Complaints (投诉) about objections: filed and withdrawn by the objector, decided and ruled on by the supervisor.

Each leaves an entry at once. Of the complaint, and of why it is taken up or not, the record has salted commitments; the
ruling (处理决定) is public in full (政府采购质疑和投诉办法 33).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select

from notary import canonical, chance, clock
from notary.entries import Entry
from notary.errors import Conflict, TooLate, Unknown
from notary.rows import AnyRow
from notary.work import Unit
from trading import calendar, texts
from trading import complaints as terms
from trading.acts import stages
from trading.acts.stages import Tender
from trading.caller import Caller
from trading.objections import Outcome, commitment
from trading.remedy_rows import complaint_decisions, complaint_ends, complaints, objection_answers, objections


def file(
    unit: Unit, caller: Caller, tender: str, objection: str, *, facts: str, basis: str, request: str
) -> dict[str, Any]:
    """Complain about an own objection; gives the id, what the record says of it, and the salt by which it is proved.

    Raises Unknown (objection_unknown), Conflict (no_complaint, answer_waits, complained_already), TooLate
    (complaint_late) with the article, Malformed.
    """
    row = stages.load_published(unit.connection, tender)
    about = _objection(unit, caller, row, objection)
    content = {"basis": basis, "facts": facts, "objection": objection, "organisation": caller.organisation}
    content |= {"request": request, "tender": row.tender, "type": terms.COMPLAINT_TYPE}
    for field in ("facts", "basis", "request"):
        texts.check(content[field], field)
    _check_window(unit, row, about)
    due = terms.decide_by(stages.procedure_of(row), calendar.china(), unit.now)
    salt, complaint = chance.token(), chance.token(16).hex()
    body = {"commitment": commitment(content, salt), "complaint": complaint, "decide_by": clock.text_or_none(due)}
    body["objection"] = objection
    entry = unit.record("complaint_filed", row.tender, row.lot, body, disclosed=True)
    unit.connection.execute(
        insert(complaints).values(
            complaint=complaint,
            objection=objection,
            tender=tender,
            organisation=caller.organisation,
            person=caller.person,
            content=canonical.dumps(content).decode(),
            salt=salt.hex(),
            filed_at=unit.now,
            decide_by=due,
            leaf=entry.commitment().hex(),
        )
    )
    return body | {"content": content, "leaf": entry.commitment().hex(), "salt": salt.hex()}


def decide(
    unit: Unit, caller: Caller, tender: str, complaint: str, *, taken_up: bool, suspends: bool, reason: str
) -> Entry:
    """Take a complaint up (受理) or not; suspends: nothing goes on before the ruling, or as long as the law lets it.

    Raises Unknown (complaint_unknown), Conflict (decided_already, complaint_over, suspends_nothing), Malformed.
    """
    row = stages.load_published(unit.connection, tender)
    found = _load(unit, row, complaint)
    texts.check(reason, "reason")
    if found.taken_up:
        raise Conflict("decided_already", "已决定是否受理。", "That is decided already.", field="complaint")
    if suspends and not taken_up:
        raise Conflict(
            "suspends_nothing",
            "不予受理的投诉不能同时责令暂停。",
            "A complaint that is not taken up cannot suspend the tender.",
            field="suspends",
        )
    procedure, days, salt = stages.procedure_of(row), calendar.china(), chance.token()
    content = {"complaint": complaint, "reason": reason, "taken_up": taken_up, "type": terms.DECISION_TYPE}
    until = terms.suspended_until(procedure, days, unit.now) if suspends else None
    ruling = terms.rule_by(procedure, days, found.filed_at, unit.now) if taken_up else None
    body = {
        "commitment": commitment(content, salt),
        "complaint": complaint,
        "rule_by": clock.text_or_none(ruling),
        "suspended_until": clock.text_or_none(until),
        "suspends": suspends,
        "taken_up": taken_up,
    }
    entry = unit.record("complaint_decided", row.tender, row.lot, body, disclosed=True)
    unit.connection.execute(
        insert(complaint_decisions).values(
            complaint=complaint,
            taken_up=taken_up,
            suspends=suspends,
            suspended_until=until,
            rule_by=ruling,
            content=canonical.dumps(content).decode(),
            salt=salt.hex(),
            person=caller.person,
            decided_at=unit.now,
            leaf=entry.commitment().hex(),
        )
    )
    return entry


def rule(unit: Unit, caller: Caller, tender: str, complaint: str, *, outcome: Outcome, ruling: str) -> Entry:
    """Rule on a complaint that was taken up, once; what it suspended goes on. A late ruling shows by its time.

    Raises Unknown (complaint_unknown), Conflict (not_taken_up, complaint_over), Malformed.
    """
    row = stages.load_published(unit.connection, tender)
    found = _load(unit, row, complaint)
    texts.check(ruling, "ruling")
    if not found.taken_up:
        raise Conflict(
            "not_taken_up",
            "该投诉没有受理，不能作出处理决定。",
            "The complaint was not taken up, so there is no ruling on it.",
            field="complaint",
        )
    body = {"complaint": complaint, "outcome": outcome, "ruling": ruling}
    return _end(unit, caller, unit.record("complaint_ruled", row.tender, row.lot, body, disclosed=True), body)


def withdraw(unit: Unit, caller: Caller, tender: str, complaint: str) -> Entry:
    """Withdraw an own complaint before its end; what it suspended goes on (政府采购质疑和投诉办法 30).

    Raises Unknown (complaint_unknown), Conflict (complaint_over).
    """
    row = stages.load_published(unit.connection, tender)
    found = _load(unit, row, complaint)
    if found.organisation != caller.organisation:
        raise _unknown()
    entry = unit.record("complaint_withdrawn", row.tender, row.lot, {"complaint": complaint}, disclosed=True)
    return _end(unit, caller, entry, {"complaint": complaint, "outcome": "withdrawn", "ruling": None})


def _end(unit: Unit, caller: Caller, entry: Entry, ended: dict[str, Any]) -> Entry:
    unit.connection.execute(
        insert(complaint_ends).values(**ended, person=caller.person, ended_at=unit.now, leaf=entry.commitment().hex())
    )
    return entry


def _check_window(unit: Unit, row: Tender, about: AnyRow) -> None:
    found = terms.window(stages.procedure_of(row), calendar.china(), about.answer_by, about.answered_at)
    if found is None:
        raise Conflict(
            "no_complaint",
            "本交易程序没有规定投诉期限，请直接向行政监督部门投诉。",
            "This procedure states no time for complaints: turn to the supervising authority directly.",
            field="objection",
        )
    if found.start is None or unit.now < found.start:
        raise Conflict(
            "answer_waits",
            f"异议（质疑）还在答复期内，答复后或者答复期满后才能投诉（{found.cites}）。",
            f"The time for the answer is not over: complain after the answer, or after that time ({found.cites}).",
            field="objection",
            cites=found.cites,
            earliest=clock.text_or_none(about.answer_by),
        )
    if found.until is not None and unit.now >= found.until:
        raise TooLate(
            "complaint_late",
            f"投诉的时间已过（{found.cites}）。",
            f"The time for a complaint is over ({found.cites}).",
            field="objection",
            cites=found.cites,
            until=clock.text_or_none(found.until),
        )


def _objection(unit: Unit, caller: Caller, row: Tender, objection: str) -> AnyRow:
    found = unit.connection.execute(
        select(objections.c.answer_by, objection_answers.c.answered_at, complaints.c.complaint)
        .join(objection_answers, objection_answers.c.objection == objections.c.objection, isouter=True)
        .join(complaints, complaints.c.objection == objections.c.objection, isouter=True)
        .where(
            objections.c.objection == objection,
            objections.c.tender == row.tender,
            objections.c.organisation == caller.organisation,
        )
    ).one_or_none()
    if found is None:
        raise Unknown("objection_unknown", "没有这个异议。", "There is no such objection.", field="objection")
    if found.complaint is not None:
        raise Conflict(
            "complained_already",
            "对该异议已经投诉，投诉已记录在案。",
            "There is a complaint about that objection already, and it is on record.",
            field="objection",
        )
    return found


def _load(unit: Unit, row: Tender, complaint: str) -> AnyRow:
    found = unit.connection.execute(
        select(
            complaints,
            complaint_decisions.c.taken_up,
            complaint_ends.c.ended_at,
        )
        .join(complaint_decisions, complaint_decisions.c.complaint == complaints.c.complaint, isouter=True)
        .join(complaint_ends, complaint_ends.c.complaint == complaints.c.complaint, isouter=True)
        .where(complaints.c.complaint == complaint, complaints.c.tender == row.tender)
    ).one_or_none()
    if found is None:
        raise _unknown()
    if found.ended_at is not None or found.taken_up is False:
        raise Conflict(
            "complaint_over",
            "该投诉已经办结、撤回或者不予受理。",
            "That complaint has ended, was withdrawn or was not taken up.",
            field="complaint",
        )
    return found


def _unknown() -> Unknown:
    return Unknown("complaint_unknown", "没有这个投诉。", "There is no such complaint.", field="complaint")
