"""What revisions are written with. Frozen: a revision must mean tomorrow what it meant when it was released."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, ForeignKey, Integer

NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

#: Microseconds since 1970, UTC.
Moment = BigInteger
#: SQLite numbers rows by itself only in a column called INTEGER.
Serial = BigInteger().with_variant(Integer, "sqlite")


def refers(column: str) -> ForeignKey:
    """A foreign key to ``table.column``; what is referred to is not deleted."""
    return ForeignKey(column, ondelete="RESTRICT")


def create_refusal() -> None:
    """The function by which PostgreSQL refuses."""
    if _postgresql():
        op.execute(
            "CREATE OR REPLACE FUNCTION sunbid_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )


def make_append_only(table: str, frozen: tuple[str, ...] = ()) -> None:
    """Let the database refuse to change or delete a row. frozen: the columns, where others of the table may change."""
    of = " OF " + ", ".join(f'"{column}"' for column in frozen) if frozen else ""
    _refuse(f"{table}_no_update", f"UPDATE{of}", table)
    _refuse(f"{table}_no_delete", "DELETE", table)
    if _postgresql():
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION sunbid_append_only()"
        )


def make_one_way(table: str, column: str) -> None:
    """Let the database refuse to set a true column back to false."""
    _refuse(f"{table}_stay_{column}", f"UPDATE OF {column}", table, f"OLD.{column} AND NOT NEW.{column}")


def _refuse(name: str, act: str, table: str, when: str | None = None) -> None:
    begin = f"CREATE TRIGGER {name} BEFORE {act} ON {table}"
    if _postgresql():
        condition = f" WHEN ({when})" if when else ""
        op.execute(f"{begin} FOR EACH ROW{condition} EXECUTE FUNCTION sunbid_append_only()")
    else:
        condition = f" WHEN {when}" if when else ""
        op.execute(f"{begin}{condition} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END")


def _postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"
