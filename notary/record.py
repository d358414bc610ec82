"""Reads of the record: entries by commitment, by index, by tender."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, or_, select

from notary import canonical
from notary.entries import Entry
from notary.errors import Unknown
from notary.rows import AnyRow, AnySelect, entries, numbered

_MAX_BODY = 1 << 28
#: The largest number that a column holds; asking a database for more is an error of ours, not an empty answer.
MOST = (1 << 63) - 1
#: Kinds that concern the whole log; a dossier carries those that are disclosed.
OF_THE_LOG = ("log_opened", "key_registered")


def load(connection: Connection, commitment: str) -> Entry:
    """The entry of a commitment (hex), disclosed or not. Raises Unknown."""
    row = connection.execute(select(entries).where(entries.c.commitment == commitment)).one_or_none()
    if row is None:
        raise _unknown()
    return of_row(row)


def by_index(connection: Connection, index: int) -> Entry:
    """The disclosed entry at an index. Raises Unknown when it is absent or not disclosed."""
    if not 0 <= index <= MOST:
        raise _unknown()
    row = connection.execute(_numbered().where(numbered.c.index == index, entries.c.disclosed.is_(True))).one_or_none()
    if row is None:
        raise _unknown()
    return of_row(row)


def of_tender(connection: Connection, tender: str) -> list[tuple[int, Entry]]:
    """All disclosed entries of a tender that have an index, in the order of the log."""
    return _pairs(connection.execute(_shown().where(entries.c.tender == tender)))


def of_dossier(connection: Connection, tender: str, size: int) -> list[tuple[int, Entry]]:
    """Those of the tender and those of the whole log that they rest on, below `size`."""
    return _pairs(
        connection.execute(
            _shown().where(
                numbered.c.index < size,
                or_(entries.c.tender == tender, entries.c.kind.in_(OF_THE_LOG)),
            )
        )
    )


def of_row(row: AnyRow) -> Entry:
    """The entry of a row of `entries`."""
    return Entry(
        kind=row.kind,
        tender=row.tender,
        lot=row.lot,
        time=row.time,
        body=canonical.loads(row.body.encode(), max_bytes=_MAX_BODY),
        head_salt=bytes.fromhex(row.head_salt),
        body_salt=bytes.fromhex(row.body_salt),
    )


def _numbered() -> AnySelect:
    return select(entries, numbered.c.index.label("place")).join(numbered, numbered.c.serial == entries.c.serial)


def _shown() -> AnySelect:
    return _numbered().where(entries.c.disclosed.is_(True)).order_by(numbered.c.index)


def _pairs(rows: Iterable[AnyRow]) -> list[tuple[int, Entry]]:
    return [(row.place, of_row(row)) for row in rows]


def _unknown() -> Unknown:
    return Unknown(
        "entry_unknown", "没有这条记录，或尚未公开。", "There is no such entry, or it is not disclosed.", field="entry"
    )
