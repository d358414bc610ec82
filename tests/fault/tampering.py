"""Changes to a database that nobody should make: generated from the tables, so that none is forgotten."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    delete,
    insert,
    select,
    text,
    true,
    update,
)

from bidding.rows import envelopes, parts
from notary.rows import Moment, requests
from trading.rows import people, proposals

_ALL = true()


def lay_open(connection: Connection) -> None:
    """Take away what keeps the database from being edited: triggers, foreign keys, checks. All of it until rollback."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        return
    for (name,) in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
        connection.execute(text(f"DROP TRIGGER {name}"))


#: Of these tables a row is taken that matters: a part that was not destroyed, a person who proposed, an accepted bid.
MATTERS = {
    parts: parts.c.upload.in_(select(envelopes.c.upload).where(envelopes.c.destroyed_leaf.is_(None))),
    people: people.c.person.in_(select(proposals.c.proposed_by)),
    requests: (requests.c.operation == "bid.submit") & (requests.c.status == 200),
}


def one_row(connection: Connection, column: Column[Any]) -> dict[str, Any]:
    """A row of a column's table, one that has something in the column if there is any."""
    rows = _rows(connection, column.table, MATTERS.get(column.table, _ALL))
    return next((row for row in rows if row[column.name] is not None), rows[0])


def ends(connection: Connection, table: Table) -> list[dict[str, Any]]:
    """The first and the last row of a table."""
    rows = _rows(connection, table)
    return rows[:1] + rows[1:][-1:]


def change(connection: Connection, *, table: Table, row: dict[str, Any], column: Column[Any], value: Any) -> None:
    """Write another value into a column of a row."""
    assert connection.execute(update(table).where(*_is(table, row)).values({column.name: value})).rowcount == 1


def remove(connection: Connection, *, table: Table, row: dict[str, Any]) -> None:
    """Delete a row."""
    assert connection.execute(delete(table).where(*_is(table, row))).rowcount == 1


def add(connection: Connection, *, table: Table, row: dict[str, Any]) -> None:
    """Insert a copy of a row under another name: whatever must be unique is another."""
    alike = [c for c in table.constraints if isinstance(c, PrimaryKeyConstraint | UniqueConstraint)]
    columns = [next(iter(one.columns)) for one in alike]
    connection.execute(insert(table).values(row | {c.name: _other_value(c, row[c.name]) for c in columns}))


def _rows(connection: Connection, table: Any, where: ColumnElement[bool] = _ALL) -> list[dict[str, Any]]:
    query = select(table).where(where).order_by(*table.primary_key.columns)
    return [row._asdict() for row in connection.execute(query)]


def _is(table: Table, row: dict[str, Any]) -> list[Any]:
    return [column == row[column.name] for column in table.primary_key.columns]


def other(connection: Connection, column: Column[Any], value: Any) -> Any:
    """Another value for a column: of another row where it refers to one, else of the same form."""
    for key in column.foreign_keys:
        by_age = [c for c in key.column.table.columns if c.name == "created_at"]
        query = select(key.column).where(key.column != value).order_by(*by_age, key.column)
        found = connection.scalar(query.limit(1))
        if found is not None:
            return found
    return _other_value(column, value)


def _other_value(column: Column[Any], value: Any) -> Any:
    if isinstance(column.type, Boolean):
        return not value
    if isinstance(column.type, Moment):
        return (value or datetime.fromisoformat("2026-01-01T00:00:00+00:00")) + timedelta(days=1)
    if isinstance(column.type, BigInteger | Integer):
        return (value or 0) + 1000
    if isinstance(column.type, LargeBinary):
        return bytes([value[0] ^ 1]) + value[1:]
    return _other_text(value)


def _other_text(value: str | None) -> str:
    if not value:
        return "0" * 64
    if value[0] in "{[":
        return json.dumps(_other_json(json.loads(value)), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return value[:-1] + ("0" if value[-1] != "0" else "1")


def _other_json(value: Any) -> Any:
    """The same value with its last text or number changed."""
    if isinstance(value, dict) and value:
        last = sorted(value)[-1]
        return value | {last: _other_json(value[last])}
    if isinstance(value, list) and value:
        return [*value[:-1], _other_json(value[-1])]
    if isinstance(value, bool) or value is None:
        return "changed"
    return value + 1 if isinstance(value, int) else _other_text(str(value))
