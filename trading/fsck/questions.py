"""Questions: answered whole, and after they were asked. What the answer says, the mirror compares."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from notary.findings import Finding, unsound
from notary.fsck.entries import stream
from trading.rows import questions


def check_questions(connection: Connection) -> Iterator[Finding]:
    """Each question has all of an answer or nothing of it."""
    for row in stream(connection, select(questions)):
        where = f"questions question={row.question}"
        if len({row.answer is None, row.answered_at is None, row.leaf is None}) > 1:
            yield unsound("I3", where, "half_answered")
        if row.answered_at is not None and row.asked_at > row.answered_at:
            yield unsound("I3", f"{where} asked_at", "after_the_answer")
