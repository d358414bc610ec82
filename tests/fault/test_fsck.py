"""fsck finds whatever is changed behind the system's back: every column, every row, every file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, event, select
from sqlalchemy.exc import DataError, IntegrityError

from api import fsck, upkeep
from api.settings import Settings
from notary.findings import Finding, unsound
from notary.rows import metadata
from notary.work import Work, open_engine
from tests import servers
from tests.fault import tampering
from tests.fault.record import whole_record

pytestmark = pytest.mark.fault

#: Nothing of these is in the record: who may enter, what is to be done, what was thrown away.
APART = {
    "claims": "one-time links: who may enter is not in the record",
    "outbox": "work still to be done",
    "removed_uploads": "kept for enquiries; that it says of an upload's end, nothing else knows",
    "roles": "who may enter is not in the record",
    "tokens": "who may enter is not in the record",
}
#: Columns that may change without a trace, and why.
FREE = {
    "documents.created_at": "when a file was uploaded is not in the record",
    "documents.media_type": "the notice has its own word for it, and that one counts",
    "documents.name": "the notice has its own word for it, and that one counts",
    "opening_keys.challenge": "one-time: of no use once possession is proved",
    "organisations.created_at": "the register of organisations is not in the record",
    "organisations.name": "the register of organisations is not in the record; notice and opening have the names",
    "organisations.region": "the register of organisations is not in the record",
    "people.created_at": "people are never in the record",
    "people.name": "people are never in the record",
    "proposals.proposal": "a random id that the record does not name",
    "questions.organisation": "who asked is never in the record",
    "questions.question": "a random id that the record does not name",
    "rehearsals.box": "one-time: its answer is in the record",
    "requests.answer": "only what it promises is: the leaf",
    "requests.body_sha256": "a request's hash is known to its sender alone",
    "requests.caller": "a request's sender is known to it alone",
    "requests.key": "a request's key is known to its sender alone",
    "requests.operation": "of use for statistics only",
    "requests.status": "told by the answer, where it promises something",
    "requests.time": "of use for cleaning up only",
    "statements.serial": "their order is that of their leaves",
    "trustees.name": "the register of organisations is not in the record",
    "trustees.operator": "decided at the publication, by the key set's policy",
    "trustees.organisation": "the register of organisations is not in the record",
}
#: Tables of which a row may vanish without a trace, and why.
LOSABLE = {
    "checkpoints": "only the published one, and those that releases name, are needed",
    "people": "nothing need refer to one",
    "requests": "a retry is then refused by the acts themselves",
}
#: Tables to which a row may be added without a trace, and why.
ADDABLE = {
    "documents": "one that no notice names is only an upload",
    "organisations": "the register of organisations is not in the record",
    "people": "people are never in the record",
    "proposals": "one that nobody has approved does nothing",
    "questions": "one without an answer is not in the record yet",
    "requests": "it does nothing but answer its sender",
    "uploads": "one that no bid uses is only an upload",
}
TABLES = {table.name: table for table in metadata.sorted_tables}
KEPT = sorted(TABLES.keys() - APART.keys())

Opened = tuple[Connection, fsck.Evidence]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def record(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A whole record on each database. The demonstration's clock stays where the story has left it."""
    folder = tmp_path_factory.mktemp("record")
    if request.param == "sqlite":
        with whole_record(folder / "home", f"sqlite:///{folder / 'sunbid.db'}") as settings:
            yield settings
    else:
        server = request.getfixturevalue("postgres")
        with servers.postgres_database(server) as url, whole_record(folder / "home", url) as settings:
            yield settings


@pytest.fixture
def opened(record: Settings) -> Iterator[Opened]:
    """A transaction on the record in which everything may be changed, and that is rolled back; and the evidence."""
    engine = open_engine(record.database_url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _unchecked)
    evidence = fsck.gather(record, Work(engine, record.origin, demonstration=True))
    with engine.connect() as connection, connection.begin() as transaction:
        tampering.lay_open(connection)
        yield connection, evidence
        transaction.rollback()
    engine.dispose()


def _unchecked(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("PRAGMA ignore_check_constraints = ON")


def test_a_whole_record_is_clean(record: Settings) -> None:
    assert upkeep.fsck(record) == []


def test_there_is_something_in_every_table(opened: Opened) -> None:
    connection, _ = opened
    empty = {name for name in KEPT if connection.execute(select(TABLES[name]).limit(1)).first() is None}
    assert empty == set()


def test_exemptions_are_of_columns_that_are_there() -> None:
    columns = {f"{table.name}.{column.name}" for table in TABLES.values() for column in table.columns}
    assert FREE.keys() <= columns
    assert APART.keys() | LOSABLE.keys() <= TABLES.keys()


@pytest.mark.parametrize("name", KEPT)
def test_every_changed_column_is_found(opened: Opened, name: str) -> None:
    connection, evidence = opened
    table, missed = TABLES[name], set()
    for column in table.columns:
        row = tampering.one_row(connection, column)
        value = tampering.other(connection, column, row[column.name])
        if not found_after(
            connection, evidence, partial(tampering.change, table=table, row=row, column=column, value=value)
        ):
            missed.add(f"{name}.{column.name}")
    assert missed == {free for free in FREE if free.startswith(f"{name}.")}


@pytest.mark.parametrize("name", sorted(set(KEPT) - LOSABLE.keys()))
def test_every_missing_row_is_found(opened: Opened, name: str) -> None:
    connection, evidence = opened
    table = TABLES[name]
    for row in tampering.ends(connection, table):
        assert found_after(connection, evidence, partial(tampering.remove, table=table, row=row)), row


@pytest.mark.parametrize("name", sorted(set(KEPT) - ADDABLE.keys()))
def test_every_added_row_is_found(opened: Opened, name: str) -> None:
    connection, evidence = opened
    table = TABLES[name]
    for row in tampering.ends(connection, table):
        assert found_after(connection, evidence, partial(tampering.add, table=table, row=row)), row


def found_after(connection: Connection, evidence: fsck.Evidence, tamper: Callable[[Connection], None]) -> list[Finding]:
    """What fsck finds after a change, which is taken back; a database that refuses the change has found it too."""
    with connection.begin_nested() as until_here:
        try:
            tamper(connection)
        except (IntegrityError, DataError) as refused:
            until_here.rollback()
            return [unsound("database", "", str(refused.orig))]
        found = fsck.findings(connection, evidence)
        until_here.rollback()
    return found
