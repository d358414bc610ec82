"""Refusals of what bidders signed: each is an entry, a row, and a receipt that the bidder can show."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, insert, select

from bidding.rows import refusals
from bidding.signer import ReceiptSigner
from notary import canonical, chance, receipts, signing
from notary.work import Unit


def made(connection: Connection, tender: str, bidder: str) -> int:
    """How many refusals a bidder has in a lot: each stands in the record, so their number must have an end."""
    count = select(func.count()).where(refusals.c.tender == tender, refusals.c.bidder == bidder)
    return int(connection.scalar(count) or 0)


def refuse(
    unit: Unit,
    signer: ReceiptSigner,
    kind: str,
    *,
    tender: str,
    lot: str,
    bidder: str,
    body: dict[str, Any],
    disclosed: bool,
) -> dict[str, Any]:
    """Record a refusal and sign its receipt. kind: of the entry; body: its `reason`, `statement` (id) and what else."""
    receipt, reason, statement = chance.token(16), body["reason"], body["statement"]
    entry = unit.record(kind, tender, lot, body | {"receipt": receipt.hex()}, disclosed=disclosed)
    stated = receipts.refusal(
        entry,
        origin=signer.origin,
        demonstration=signer.demonstration,
        bidder=bidder,
        receipt=receipt,
        statement=statement,
        reason=reason,
    )
    refusal = signing.sign(stated, signer.key)
    unit.connection.execute(
        insert(refusals).values(
            receipt=receipt.hex(),
            tender=tender,
            bidder=bidder,
            statement=statement,
            reason=reason,
            refusal=canonical.dumps(refusal).decode(),
            leaf=entry.commitment().hex(),
            refused_at=unit.now,
        )
    )
    return receipts.receipt(refusal, entry.disclosed(), None)
