"""Tables of the record. Columns and constraints only.

`entries`, `numbered`, `heads` and `checkpoints` are append-only: triggers (see `append_only`) refuse UPDATE and DELETE
on them, whoever asks; only `entries.disclosed` may change, and only from false to true.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    Select,
    String,
    Table,
    Text,
    TypeDecorator,
    event,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

#: A row, and a query, of which the columns' types are not written out.
AnyRow: TypeAlias = Row[*tuple[Any, ...]]
AnySelect: TypeAlias = Select[*tuple[Any, ...]]

#: SQLite numbers rows by itself only in a column called INTEGER.
Serial = BigInteger().with_variant(Integer, "sqlite")


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime as whole microseconds since 1970: exact, and the same on every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Microseconds; a naive datetime raises TypeError."""
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """The aware datetime."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


entries = Table(
    "entries",
    metadata,
    Column("serial", Serial, primary_key=True, autoincrement=True),
    Column("commitment", String(64), nullable=False, unique=True),
    Column("kind", String(32), nullable=False),
    Column("tender", String(64), nullable=False),
    Column("lot", String(8), nullable=False),
    Column("time", Moment, nullable=False),
    Column("head_salt", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Column("body_salt", String(64), nullable=False),
    Column("disclosed", Boolean, nullable=False),
    Index(None, "tender", "kind"),
)

numbered = Table(
    "numbered",
    metadata,
    Column("index", BigInteger, primary_key=True, autoincrement=False),
    Column("serial", Serial, ForeignKey("entries.serial", ondelete="RESTRICT"), nullable=False, unique=True),
    CheckConstraint('"index" >= 0', name="index"),
)

heads = Table(
    "heads",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    # Unique: two sequencers that saw the same head cannot both go on from it.
    Column("previous", BigInteger, nullable=False, unique=True),
    Column("time", Moment, nullable=False),
    CheckConstraint("size > previous", name="grows"),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("size", BigInteger, ForeignKey("heads.size", ondelete="RESTRICT"), primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("serial", Serial, primary_key=True, autoincrement=True),
    Column("job", String(64), nullable=False),
    Column("payload", Text, nullable=False),
    Column("due_at", Moment, nullable=False),
    Index(None, "due_at"),
)

requests = Table(
    "requests",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("caller", String(64), primary_key=True),
    Column("operation", String(128), nullable=False),
    Column("body_sha256", LargeBinary(32), nullable=False),
    Column("status", Integer, nullable=False),
    Column("answer", Text, nullable=False),
    Column("time", Moment, nullable=False),
)


def append_only(table: Table, may_change: tuple[str, ...] = ()) -> None:
    """Let the database itself refuse to change or delete a row of `table`, save the columns named."""
    frozen = ", ".join(f'"{c.name}"' for c in table.columns if c.name not in may_change)
    _refuse(table, "no_update", f"UPDATE OF {frozen}" if may_change else "UPDATE")
    _refuse(table, "no_delete", "DELETE")
    event.listen(
        table,
        "after_create",
        DDL(
            f"CREATE TRIGGER {table.name}_no_truncate BEFORE TRUNCATE ON {table.name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION sunbid_append_only()"
        ).execute_if(dialect="postgresql"),
    )


def one_way(table: Table, column: str) -> None:
    """Let the database refuse to set a true column back to false."""
    _refuse(table, f"stay_{column}", f"UPDATE OF {column}", f"OLD.{column} AND NOT NEW.{column}")


def _refuse(table: Table, name: str, act: str, when: str | None = None) -> None:
    begin = f"CREATE TRIGGER {table.name}_{name} BEFORE {act} ON {table.name}"
    for dialect, each_row, condition, refusal in (
        ("sqlite", "", f"WHEN {when} ", f"BEGIN SELECT RAISE(ABORT, '{table.name} is append-only'); END"),
        ("postgresql", "FOR EACH ROW ", f"WHEN ({when}) ", "EXECUTE FUNCTION sunbid_append_only()"),
    ):
        trigger = DDL(f"{begin} {each_row}{condition if when else ''}{refusal}")
        event.listen(table, "after_create", trigger.execute_if(dialect=dialect))


event.listen(
    metadata,
    "before_create",
    DDL(
        "CREATE OR REPLACE FUNCTION sunbid_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '%% is append-only', TG_TABLE_NAME; END $$"
    ).execute_if(dialect="postgresql"),
)
append_only(entries, may_change=("disclosed",))
one_way(entries, "disclosed")
for _table in (numbered, heads, checkpoints):
    append_only(_table)
