"""The receipts of a bidder, of whatever it has signed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from bidding.rows import auction_numbers, auction_statements, refusals, statements
from notary import canonical, record
from notary.entries import Entry
from notary.errors import Unknown


def load(connection: Connection, bidder: str, receipt: str) -> tuple[dict[str, Any], Entry]:
    """The signed acceptance or refusal of a receipt number, and its entry. Raises Unknown for another's."""
    accepted = select(statements.c.acceptance.label("signed"), statements.c.leaf).where(
        statements.c.receipt == receipt, statements.c.bidder == bidder
    )
    refused = select(refusals.c.refusal.label("signed"), refusals.c.leaf).where(
        refusals.c.receipt == receipt, refusals.c.bidder == bidder
    )
    in_auction = (
        select(auction_statements.c.acceptance.label("signed"), auction_statements.c.leaf)
        .join(
            auction_numbers,
            (auction_numbers.c.tender == auction_statements.c.tender)
            & (auction_numbers.c.bidder == auction_statements.c.bidder),
        )
        .where(auction_statements.c.receipt == receipt, auction_numbers.c.organisation == bidder)
    )
    row = connection.execute(accepted.union_all(refused, in_auction)).one_or_none()
    if row is None:
        raise Unknown("receipt_unknown", "没有这个回执。", "There is no such receipt.", field="receipt")
    return canonical.loads(row.signed.encode()), record.load(connection, row.leaf)
