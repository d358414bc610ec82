"""Tables that repeat what entries say, compared with them row by row (I3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, select

from notary import record
from notary.entries import Entry
from notary.findings import Finding, absent, differing, stray
from notary.fsck.entries import is_sound, stream
from notary.rows import AnyRow, entries

_ROW = "row_"


@dataclass(frozen=True)
class Mirror:
    """A table of which each row repeats an entry of some kinds.

    expected: the columns that an entry fixes; None where it has no row. column: of the table, equal to `of` of the
    entry; where it is null the row repeats nothing yet.
    """

    table: Table
    kinds: tuple[str, ...]
    expected: Callable[[Entry], Mapping[str, Any] | None]
    column: str = "leaf"
    of: str = "commitment"


def check_mirror(connection: Connection, mirror: Mirror) -> Iterator[Finding]:
    """Each entry has its row, which says the same; each row has its entry. check_entries reports unsound ones."""
    table, column = mirror.table, mirror.table.c[mirror.column]
    both = (
        select(entries, *(one.label(_ROW + one.name) for one in table.columns))
        .join(table, column == entries.c[mirror.of], isouter=True)
        .where(entries.c.kind.in_(mirror.kinds))
        .order_by(entries.c.serial)
    )
    for row in stream(connection, both):
        if is_sound(row):
            yield from _compared(mirror, row)
    without = (
        select(column)
        .join(entries, (column == entries.c[mirror.of]) & entries.c.kind.in_(mirror.kinds), isouter=True)
        .where(column.is_not(None), entries.c.serial.is_(None))
    )
    for (value,) in stream(connection, without):
        yield stray("I3", f"{table.name} {mirror.column}={value}")


def _compared(mirror: Mirror, row: AnyRow) -> Iterator[Finding]:
    found = {name.removeprefix(_ROW): value for name, value in row._asdict().items() if name.startswith(_ROW)}
    where = f"{mirror.table.name} {mirror.column}={getattr(row, mirror.of)}"
    expected = mirror.expected(record.of_row(row))
    there = found[mirror.column] is not None
    if expected is None:
        if there:
            yield stray("I3", where)
    elif not there:
        yield absent("I3", where)
    else:
        yield from differing("I3", where, expected, found)
