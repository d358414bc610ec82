"""Deposits: each refund is the transfer with the interest of its day. Nothing of them is in the record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sqlalchemy import Connection, select

from bidding.deposit_rows import assignments, settlements, transfers
from notary.findings import Finding, unsound
from notary.fsck.entries import stream
from notary.rows import AnyRow
from trading import deposits
from trading.acts import stages


def check_deposits(connection: Connection) -> Iterator[Finding]:
    """No settlement before its money came, and none with other interest than the rule's."""
    query = (
        select(settlements, transfers.c.amount_fen, transfers.c.received_at, assignments.c.tender)
        .join(transfers, transfers.c.reference == settlements.c.reference)
        .outerjoin(assignments, assignments.c.reference == settlements.c.reference)
        .order_by(settlements.c.reference)
    )
    for row in stream(connection, query):
        if row.interest_fen != _interest(connection, row):
            yield unsound("I12", f"settlements reference={row.reference}", "interest")


def _interest(connection: Connection, row: AnyRow) -> int:
    if row.paid_on is None:
        return 0
    procedure = None if row.tender is None else stages.procedure_of(stages.load(connection, row.tender))
    late_from = None if row.late_from is None else date.fromisoformat(row.late_from)
    on = date.fromisoformat(row.paid_on)
    return deposits.interest(procedure, row.amount_fen, row.received_at, on, late_from).whole
