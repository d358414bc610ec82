"""Entries by themselves: every commitment computed again from what is stored."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from sqlalchemy import Connection, select

from notary import clock
from notary.entries import commitment_of_text
from notary.findings import Finding, unsound
from notary.rows import AnyRow, AnySelect, entries

_BATCH = 1000
#: Kinds that are not disclosed at once (docs/spec/log.md).
LATER = (
    "bidders_invited",
    "bid_accepted",
    "bid_withdrawn",
    "bid_refused",
    "auction_number",
    "auction_event",
    "auction_statement",
    "auction_refused",
    "envelope_destroyed",
    "committee_set",
    "score_signed",
    "key_registered",
)


def check_entries(connection: Connection) -> Iterator[Finding]:
    """Every entry has the commitment of its parts, and is disclosed where its kind is disclosed at once."""
    for row in stream(connection, select(entries).order_by(entries.c.serial)):
        if not is_sound(row):
            yield unsound("I3", f"entries serial={row.serial}", "commitment_wrong")
        if not row.disclosed and row.kind not in LATER:
            yield unsound("I6", f"entries serial={row.serial}", "not_disclosed")


def is_sound(row: AnyRow) -> bool:
    """Whether a row of `entries` has the commitment that its other columns give."""
    head = {"kind": row.kind, "lot": row.lot, "tender": row.tender, "time": clock.text(row.time)}
    try:
        salts = bytes.fromhex(row.head_salt), bytes.fromhex(row.body_salt)
    except ValueError:
        return False
    found = commitment_of_text(head, salts[0], row.body.encode(), salts[1])
    return found.hex() == str(row.commitment)


def stream(connection: Connection, query: AnySelect) -> Generator[AnyRow, None, None]:
    """Rows of a query that may have millions, a thousand at a time."""
    with connection.execute(query, execution_options={"yield_per": _BATCH}) as result:
        yield from result
