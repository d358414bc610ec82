"""fsck of the record: does what is stored follow from the entries, and are the entries those of the published log?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from notary.anchors import Anchors
from notary.findings import Finding
from notary.fsck.entries import check_entries
from notary.fsck.numbering import check_heads, check_numbers
from notary.fsck.published import check_published
from notary.fsck.references import check_references
from notary.store import Store


def checks(
    connection: Connection, log: Store, known: Anchors, note: bytes | None, now: datetime
) -> dict[str, Iterator[Finding]]:
    """Every check of the record by its name; they run when they are read.

    log: the log's files; note: the published checkpoint, read before the connection's snapshot was taken.
    """
    return {
        "entries": check_entries(connection),
        "numbers": check_numbers(connection),
        "heads": check_heads(connection, now),
        "references": check_references(connection),
        "published": check_published(connection, log, known, note),
    }
