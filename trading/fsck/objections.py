"""Objections, complaints, comments, and what was said to them: each is what the record commits to."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Column, Connection, Table, select

from notary import canonical, record
from notary.findings import Finding, unsound
from notary.fsck.entries import is_sound, stream
from notary.rows import entries
from trading.explanation_rows import explanations
from trading.objections import commitment
from trading.prior_rows import comment_answers, comments
from trading.remedy_rows import complaint_decisions, complaints, objection_answers, objections


def check_objections(connection: Connection) -> Iterator[Finding]:
    """What was said has the commitment that its entry names; what is repeated beside it is the same."""
    for table in (
        objections,
        objection_answers,
        complaints,
        complaint_decisions,
        comments,
        comment_answers,
        explanations,
    ):
        query = select(entries, *(one.label(f"row_{one.name}") for one in (table.c.content, table.c.salt))).join(
            table, table.c.leaf == entries.c.commitment
        )
        for row in stream(connection, query):
            if not is_sound(row):
                continue
            body, said = record.of_row(row).body, canonical.loads(row.row_content.encode())
            where = f"{table.name} leaf={row.commitment}"
            if commitment(said, bytes.fromhex(row.row_salt)) != body["commitment"]:
                yield unsound("I3", f"{where} content", "hash_wrong")
            if body.get("answer") not in {None, said.get("answer")}:
                yield unsound("I3", f"{where} content", "another_answer")
    yield from _others(connection, objections, objections.c.objection)
    yield from _others(connection, complaints, complaints.c.complaint)
    yield from _others(connection, comments, comments.c.comment)
    yield from _others(connection, explanations, explanations.c.asked)


def _others(connection: Connection, table: Table, id_: Column[str]) -> Iterator[Finding]:
    fields = select(id_.label("id"), table.c.tender, table.c.organisation, table.c.content)
    for one in stream(connection, fields):
        said = canonical.loads(one.content.encode())
        if (said["tender"], said["organisation"]) != (one.tender, one.organisation):
            yield unsound("I3", f"{table.name} {id_.name}={one.id}", "another_objector")
