"""Removal of uploads that no bid used (清理): first the rows, with a record, then the bytes. Safe while serving."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from bidding.acts.uploads import part_key
from bidding.rows import envelopes, parts, removed_uploads, uploads
from notary.store import Store
from notary.work import Unit
from trading.rows import tenders

#: How old an unused upload must be: while its lot takes bids, and afterwards. A day, so that none is under way.
WHILE_OPEN = timedelta(days=30)
AFTERWARDS = timedelta(days=1)

_UNUSED = (
    select(uploads)
    .join(envelopes, envelopes.c.upload == uploads.c.upload, isouter=True)
    .where(envelopes.c.upload.is_(None))
)


def unused(connection: Connection, now: datetime) -> list[tuple[str, str]]:
    """Tender and upload of those that may go."""
    old = (uploads.c.created_at < now - WHILE_OPEN) | (
        (uploads.c.created_at < now - AFTERWARDS) & (tenders.c.stage != "open")
    )
    rows = connection.execute(_UNUSED.join(tenders, tenders.c.tender == uploads.c.tender).where(old))
    return [(row.tender, row.upload) for row in rows]


def remove(unit: Unit, upload: str) -> bool:
    """Remove an upload that no bid used and keep a record of it; whether it was there. Its bytes go next (`discard`).

    The caller holds the tender's exclusive lock. A bid that was prepared before cannot be accepted with it afterwards:
    its envelope would refer to a row that is gone.
    """
    row = unit.connection.execute(_UNUSED.where(uploads.c.upload == upload)).one_or_none()
    if row is None:
        return False
    unit.connection.execute(
        insert(removed_uploads).values(
            upload=row.upload,
            tender=row.tender,
            bidder=row.bidder,
            kind=row.kind,
            size=row.size,
            created_at=row.created_at,
            removed_at=unit.now,
        )
    )
    unit.connection.execute(delete(parts).where(parts.c.upload == upload))
    unit.connection.execute(delete(uploads).where(uploads.c.upload == upload))
    return True


def discard(connection: Connection, store: Store) -> int:
    """Delete the bytes of every upload ever removed; how many parts went. What a crash leaves, the next run deletes."""
    count = 0
    for upload in connection.scalars(select(removed_uploads.c.upload)):
        for key in store.keys(part_key(upload, 0).rpartition("/")[0] + "/"):
            store.delete(key)
            count += 1
    return count
