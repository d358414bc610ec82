"""Every receipt that was ever given: signed with the receipt key, and of an entry that is there (I1)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Table, select

from bidding.rows import auction_numbers, auction_statements, refusals, statements
from notary import canonical, receipts, record, signing
from notary.anchors import Anchors
from notary.entries import Entry
from notary.errors import Malformed
from notary.findings import Finding, absent, differs, unsound
from notary.fsck.entries import is_sound, stream
from notary.rows import AnyRow, entries, requests

_SIGNED = "signed_object"


def check_receipts(connection: Connection, known: Anchors) -> Iterator[Finding]:
    """Acceptances and refusals as they were signed say what their entries say."""
    yield from _check_table(connection, known, statements, "acceptance", receipts.ACCEPTANCE)
    yield from _check_table(connection, known, refusals, "refusal", receipts.REFUSAL)
    yield from _check_table(connection, known, auction_statements, "acceptance", receipts.ACCEPTANCE)


def check_answers(connection: Connection) -> Iterator[Finding]:
    """Every answer that was kept for a request can be read, and the entry that it names is there."""
    for row in stream(connection, select(requests)):
        where = f"requests key={row.key} caller={row.caller}"
        try:
            answer = json.loads(row.answer)
        except ValueError as fault:
            yield unsound("I7", f"{where} answer", str(fault))
            continue
        leaf, status = _promised(answer)
        if status not in {None, row.status}:
            yield unsound("I7", f"{where} status", "not_the_answers")
        if leaf is not None and not _has(connection, leaf):
            yield absent("I1", f"entries commitment={leaf} ({where})")


def _promised(answer: Any) -> tuple[str | None, int | None]:
    """The leaf that an answer names, and the HTTP status it must have had."""
    if not isinstance(answer, dict):
        return None, None
    if "receipt" in answer and isinstance(answer["receipt"], dict):
        return answer["receipt"]["acceptance"]["object"]["leaf"], answer.get("status")
    if answer.get("type") == receipts.TYPE:
        return answer["acceptance"]["object"]["leaf"], 200
    leaf = answer.get("leaf")
    return (leaf if isinstance(leaf, str) else None), None


def _has(connection: Connection, leaf: str) -> bool:
    return connection.execute(select(entries.c.serial).where(entries.c.commitment == leaf)).first() is not None


def _check_table(connection: Connection, known: Anchors, table: Table, column: str, type_: str) -> Iterator[Finding]:
    query = select(entries, table.c[column].label(_SIGNED), table.c.statement, table.c.receipt).join(
        table, table.c.leaf == entries.c.commitment
    )
    if table is auction_statements:  # there the bidder is a number
        held = (auction_numbers.c.tender == table.c.tender) & (auction_numbers.c.bidder == table.c.bidder)
        query = query.add_columns(auction_numbers.c.organisation.label("bidder")).join(auction_numbers, held)
    else:
        query = query.add_columns(table.c.bidder)
    for row in stream(connection, query):
        where = f"{table.name} receipt={row.receipt} {column}"
        try:
            signed = canonical.loads(row.signed_object.encode())
            said = signing.verify(signed, known.receipt_key, type_)
        except Malformed as fault:
            yield unsound("I1", where, fault.reason)
            continue
        if is_sound(row) and said != _expected(record.of_row(row), row, known):
            yield differs("I1", where)


def _expected(entry: Entry, row: AnyRow, known: Anchors) -> dict[str, Any]:
    same: dict[str, Any] = {
        "origin": known.origin,
        "demonstration": known.demonstration,
        "bidder": row.bidder,
        "receipt": bytes.fromhex(entry.body["receipt"]),
        "statement": row.statement,
    }
    if entry.kind in receipts.REFUSED:
        return receipts.refusal(entry, reason=entry.body["reason"], **same)
    return receipts.acceptance(entry, **same)
