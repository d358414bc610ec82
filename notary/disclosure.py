"""Disclosure: from now on entries may be shown with their salts. There is no way back."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, select, update

from notary.errors import Unknown
from notary.rows import entries
from notary.work import Unit

_BATCH = 500  # SQLite takes 32,766 parameters in one statement


def disclose(unit: Unit, commitments: Sequence[str]) -> None:
    """Disclose the entries of these commitments (hex). Those that are disclosed already stay so."""
    for first in range(0, len(commitments), _BATCH):
        batch = commitments[first : first + _BATCH]
        unit.connection.execute(
            update(entries)
            .where(entries.c.commitment.in_(batch), entries.c.disclosed.is_(False))
            .values(disclosed=True)
        )


def disclose_kinds(unit: Unit, tender: str, kinds: Collection[str]) -> None:
    """Disclose all entries of these kinds that one tender has so far."""
    unit.connection.execute(
        update(entries)
        .where(entries.c.tender == tender, entries.c.kind.in_(kinds), entries.c.disclosed.is_(False))
        .values(disclosed=True)
    )


def body_of(connection: Connection, commitment: str) -> str:
    """The canonical JSON of a disclosed entry's body. Raises Unknown for one that is absent or not disclosed."""
    body = connection.execute(
        select(entries.c.body).where(entries.c.commitment == commitment, entries.c.disclosed.is_(True))
    ).scalar_one_or_none()
    if body is None:
        raise Unknown("entry_unknown", "没有这条记录，或尚未公开。", "There is no such entry, or it is not disclosed.")
    return str(body)
