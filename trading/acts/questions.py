"""Questions about the tender documents (异议、澄清): answered in public, without the asker."""

from __future__ import annotations

from sqlalchemy import insert, select, update

from notary import chance, clock
from notary.entries import Entry
from notary.errors import Conflict, TooLate, Unknown
from notary.rows import AnyRow
from notary.work import Unit
from trading import texts
from trading.acts import stages
from trading.acts.stages import Tender
from trading.caller import Caller
from trading.rows import questions


def ask(unit: Unit, caller: Caller, tender: str, text: str) -> str:
    """Ask; gives the question's id. Who asks stays with us. Raises TooLate (questions_over) with the article."""
    row = stages.load_published(unit.connection, tender)
    stages.check(unit, row, "ask")
    texts.check(text, "question")
    _check_in_time(unit, row)
    question = chance.token(16).hex()
    unit.connection.execute(
        insert(questions).values(
            question=question, tender=tender, organisation=caller.organisation, text=text, asked_at=unit.now
        )
    )
    return question


def answer(unit: Unit, caller: Caller, tender: str, question: str, text: str) -> Entry:
    """Answer a question to all, once. Raises Unknown (question_unknown), Conflict (answered_already)."""
    row = stages.load_own(unit.connection, caller, tender)
    stages.check(unit, row, "answer")
    texts.check(text, "answer")
    asked = _load(unit, tender, question)
    if asked.answered_at is not None:
        raise Conflict("answered_already", "该问题已经答复。", "That question was answered.", field="question")
    entry = unit.record(
        "question_answered", row.tender, row.lot, {"answer": text, "question": asked.text}, disclosed=True
    )
    unit.connection.execute(
        update(questions)
        .where(questions.c.question == question, questions.c.answered_at.is_(None))
        .values(answer=text, answered_at=unit.now, leaf=entry.commitment().hex())
    )
    return entry


def _check_in_time(unit: Unit, row: Tender) -> None:
    until = clock.parse(row.content["questions_until"])
    if unit.now < until:
        return
    limit = stages.procedure_of(row).limit("question_cutoff")
    raise TooLate(
        "questions_over",
        "提出异议、要求澄清的时间已过。",
        "The time for questions is over.",
        field="question",
        cites=None if limit is None else limit.cites,
        until=clock.text(until),
    )


def _load(unit: Unit, tender: str, question: str) -> AnyRow:
    row = unit.connection.execute(
        select(questions).where(questions.c.question == question, questions.c.tender == tender)
    ).one_or_none()
    if row is None:
        raise Unknown("question_unknown", "没有这个问题。", "There is no such question.", field="question")
    return row
