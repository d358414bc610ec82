"""The migrated database is the one that the tables in the code describe, and it refuses to forget."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

import migrations
from api import build
from notary import work
from notary.rows import metadata
from tests.servers import postgres_database

assert build.TABLES  # all tables are in the metadata

_TRIGGERS = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name",
    "postgresql": "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname",
}
_ENTRY = (
    "INSERT INTO entries (commitment, kind, tender, lot, time, head_salt, body, body_salt, disclosed) "
    "VALUES ('c', 'k', '', '', 0, 's', '{}', 's', :disclosed)"
)


@pytest.fixture
def migrated(bare_url: str) -> Iterator[Engine]:
    engine = work.open_engine(bare_url)
    with engine.begin() as connection:
        migrations.upgrade(connection)
    yield engine
    engine.dispose()


def triggers(connection: Connection) -> dict[str, str]:
    rows = connection.execute(text(_TRIGGERS[connection.dialect.name]))
    return {name: " ".join(sql.split()) for name, sql in rows}


def test_the_migrated_database_is_as_the_tables_say(migrated: Engine) -> None:
    with migrated.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert migrations.current(connection) == migrations.revisions()[0]


def test_again_nothing_happens(migrated: Engine) -> None:
    with migrated.begin() as connection:
        migrations.upgrade(connection)
    with migrated.connect() as connection:
        assert migrations.current(connection) == migrations.revisions()[0]


def test_a_migration_that_does_not_commit_leaves_nothing(bare_url: str) -> None:
    engine = work.open_engine(bare_url)
    with engine.connect() as connection, connection.begin() as transaction:
        migrations.upgrade(connection)
        transaction.rollback()
    with engine.connect() as connection:
        assert migrations.current(connection) is None
        assert triggers(connection) == {}
    engine.dispose()


def test_triggers_are_those_of_the_tables_on_sqlite() -> None:
    found = []
    for make in (migrations.upgrade, metadata.create_all):
        engine = create_engine("sqlite://")
        with engine.begin() as connection:
            make(connection)
            found.append(triggers(connection))
        engine.dispose()
    assert found[0] == found[1] != {}


def test_triggers_and_constraints_are_those_of_the_tables_on_postgresql(postgres: str) -> None:
    constraints = text(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE conrelid <> 0 AND conrelid::regclass::text <> 'alembic_version' ORDER BY 1, 2"
    )
    found = []
    for make in (migrations.upgrade, metadata.create_all):
        with postgres_database(postgres) as url:
            engine = create_engine(url)
            with engine.begin() as connection:
                make(connection)
                found.append((triggers(connection), connection.execute(constraints).all()))
            engine.dispose()
    assert found[0] == found[1]


@pytest.mark.parametrize("change", ["UPDATE entries SET body = '[]'", "DELETE FROM entries"])
def test_the_record_is_append_only(migrated: Engine, change: str) -> None:
    with migrated.begin() as connection:
        connection.execute(text(_ENTRY), {"disclosed": True})
    with pytest.raises(DBAPIError, match="entries is append-only"), migrated.begin() as connection:
        connection.execute(text(change))


def test_disclosure_has_no_way_back(migrated: Engine) -> None:
    with migrated.begin() as connection:
        connection.execute(text(_ENTRY), {"disclosed": False})
        connection.execute(text("UPDATE entries SET disclosed = true"))
    with pytest.raises(DBAPIError, match="entries is append-only"), migrated.begin() as connection:
        connection.execute(text("UPDATE entries SET disclosed = false"))


def test_postgresql_refuses_truncate_to_a_superuser_too(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        migrations.upgrade(connection)
        assert connection.execute(text("SHOW is_superuser")).scalar_one() == "on"
    for table in ("statements", "keys", "heads"):
        with pytest.raises(DBAPIError, match="is append-only"), engine.begin() as connection:
            connection.execute(text(f"TRUNCATE {table} CASCADE"))
    engine.dispose()
