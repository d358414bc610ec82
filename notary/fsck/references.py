"""Foreign keys, for a database that was edited while nobody enforced them."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, ForeignKey, select

from notary.findings import Finding, unsound
from notary.fsck.entries import stream
from notary.rows import metadata


def check_references(connection: Connection) -> Iterator[Finding]:
    """Every row that another one refers to is there."""
    for table in metadata.sorted_tables:
        for key in sorted(table.foreign_keys, key=_name):
            there = key.column.table.alias("there")
            missing = (
                select(key.parent)
                .join(there, there.c[key.column.name] == key.parent, isouter=True)
                .where(key.parent.is_not(None), there.c[key.column.name].is_(None))
                .distinct()
            )
            for (value,) in stream(connection, missing):
                yield unsound("I3", f"{table.name} {key.parent.name}={value}", f"no_such_{key.target_fullname}")


def _name(key: ForeignKey) -> str:
    return str(key.parent.name)
