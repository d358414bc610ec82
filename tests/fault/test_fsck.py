"""fsck finds whatever is changed behind the system's back: every column, every row, every file."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, event, select, update
from sqlalchemy.exc import DataError, IntegrityError

from api import fsck, upkeep
from api.settings import Settings
from bidding.acts.uploads import part_key
from bidding.rows import envelopes
from notary import canonical
from notary.findings import Finding
from notary.record import of_row as record_of
from notary.rows import checkpoints, entries, metadata, requests
from notary.work import Work, open_engine
from tests import servers
from tests.fault import tampering
from tests.fault.record import whole_record

pytestmark = pytest.mark.fault

#: Nothing of these is in the record: who may enter, what is to be done, what was thrown away.
APART = {
    "accounts": "who may enter is not in the record",
    "administration_log": "what administrators did is not in the record; the database lets nobody change it",
    "auction_admissions": "of whom was admitted the record has the number; test_fsck_auctions.py",
    "auction_applications": "who wants to take part in an auction is not in the record",
    "attempts": "how often somebody tried is not in the record",
    "authenticators": "who may enter is not in the record",
    "challenges": "one-time: of no use once answered",
    "claims": "one-time links: who may enter is not in the record",
    "letters": "mail still to be sent, or sent; what it says is read from the record when it is sent",
    "mail_addresses": "where a person wants mail is not in the record",
    "mail_progress": "how far mail has followed the record; from the start it would only find letters that are there",
    "outbox": "work still to be done",
    "identities": "who may enter is not in the record",
    "passkeys": "who may enter is not in the record",
    "recoveries": "who may enter is not in the record",
    "recovery_codes": "who may enter is not in the record",
    "pool_employments": "for whom experts work is not in the record",
    "pool_experts": "who is in the pool is not in the record",
    "pool_specialities": "what experts know is not in the record",
    "registrations": "who wants to take part is not in the record",
    "removed_uploads": "kept for enquiries; that it says of an upload's end, nothing else knows",
    "roles": "who may enter is not in the record",
    "sessions": "who may enter is not in the record",
    "tokens": "who may enter is not in the record",
    "listed_terms": "an index for searching; it can be made again at any time",
    "access_log": "who looked at what is for the supervisor; the database lets nobody change it",
    "committee_boxes": "what the committee reads with is between it and the agency",
    "declarations": "a member's declaration is for the agency and the supervisor",
    **dict.fromkeys(
        ("transfers", "assignments", "guarantees", "settlements"),
        "deposits are not in the record; the database lets nobody change them (test_deposits_http.py)",
    ),
    "drafts": "work that nobody has proposed yet",
    "score_drafts": "work that nobody has signed yet",
    "send_backs": "why a proposal was not approved; nothing came of it",
}
#: Columns that may change without a trace, and why.
FREE = {
    "auctions.alive_at": "when it was last looked at decides nothing any more once that is past",
    "documents.created_at": "when a file was uploaded is not in the record",
    "documents.media_type": "the notice has its own word for it, and that one counts",
    "documents.name": "the notice has its own word for it, and that one counts",
    "comments.person": "who of an organisation commented is not in the record",
    "comment_answers.person": "who of the agency answered is not in the record",
    "complaints.person": "who of an organisation complained is not in the record",
    "complaint_decisions.person": "who of the supervisors decided is not in the record",
    "complaint_ends.person": "who ruled or withdrew is not in the record",
    "objections.person": "who of an organisation objected is not in the record",
    "explanation_requests.person": "who of the committee asked is not in the record",
    "explanations.person": "who of the bidder explained is not in the record",
    "objection_answers.person": "who of the agency answered is not in the record",
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


@pytest.fixture(scope="module")
def sqlite_record(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A whole record. The demonstration's clock stays where the story has left it."""
    folder = tmp_path_factory.mktemp("record")
    with whole_record(folder / "home", f"sqlite:///{folder / 'sunbid.db'}") as settings:
        yield settings


@pytest.fixture(scope="module")
def postgres_record(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The same on PostgreSQL."""
    home = tmp_path_factory.mktemp("record") / "home"
    with servers.postgres_database(postgres) as url, whole_record(home, url) as settings:
        yield settings


RECORDS = ("sqlite_record", "postgres_record")


@pytest.fixture(params=RECORDS)
def record(request: pytest.FixtureRequest) -> Settings:
    settings: Settings = request.getfixturevalue(request.param)
    use_clock_of(settings)
    return settings


def use_clock_of(record: Settings) -> None:
    """Two records were made in this process, and by the other's clock this one may end in the future."""
    os.environ["SUNBID_DEMONSTRATION_CLOCK"] = str(record.home / "clock")


@pytest.fixture
def opened(record: Settings) -> Iterator[Opened]:
    with laid_open(record) as found:
        yield found


@pytest.fixture
def on_sqlite(sqlite_record: Settings) -> Iterator[Opened]:
    with laid_open(sqlite_record) as found:
        yield found


@contextmanager
def laid_open(record: Settings) -> Iterator[Opened]:
    """A transaction in which everything may be changed, and that is rolled back; and the evidence."""
    use_clock_of(record)
    engine = open_engine(record.database_url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _unchecked)
    evidence = fsck.gather(record, Work(engine, record.origin, demonstration=True))
    with engine.connect() as connection, connection.begin() as transaction:
        if engine.dialect.name == "postgresql":
            # Between two statements a busy machine may take longer than a server's own transactions ever should.
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
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
def test_every_changed_column_is_found(on_sqlite: Opened, name: str) -> None:
    connection, evidence = on_sqlite
    table, missed = TABLES[name], set()
    for column in table.columns:
        row = tampering.one_row(connection, column)
        value = tampering.other(connection, column, row[column.name])
        if not found_after(
            connection, evidence, partial(tampering.change, table=table, row=row, column=column, value=value)
        ):
            missed.add(f"{name}.{column.name}")
    assert missed == {free for free in FREE if free.startswith(f"{name}.")}


def test_a_promise_without_its_entry_is_found(on_sqlite: Opened) -> None:
    connection, evidence = on_sqlite
    row = tampering.one_row(connection, requests.c.answer)
    leaf = json.loads(row["answer"])["acceptance"]["object"]["leaf"]
    other = row["answer"].replace(leaf, "0" * 64)
    tampering.change(connection, table=requests, row=row, column=requests.c.answer, value=other)
    assert [finding.invariant for finding in fsck.findings(connection, evidence)] == ["I1"]


def test_a_forged_bid_is_found_though_its_entry_is_whole(on_sqlite: Opened) -> None:
    """Whoever edits the record can compute commitments, but not sign as the bidder."""
    connection, evidence = on_sqlite
    row = connection.execute(select(entries).where(entries.c.kind == "bid_accepted").limit(1)).one()
    body = json.loads(row.body)
    body["statement"]["object"]["nonce"] = "0" * 32
    entry = replace(record_of(row), body=body)
    connection.execute(
        update(entries)
        .where(entries.c.serial == row.serial)
        .values(body=canonical.dumps(body).decode(), commitment=entry.commitment().hex())
    )
    found = {(finding.where, finding.en) for finding in fsck.findings(connection, evidence)}
    assert (f"entries serial={row.serial}", "It does not hold (signature_wrong).") in found


def test_a_checkpoint_that_a_release_names_is_missed(on_sqlite: Opened) -> None:
    connection, evidence = on_sqlite
    body = json.loads(connection.scalars(select(entries.c.body).where(entries.c.kind == "key_released")).first() or "")
    size = body["release"]["object"]["checkpoint"]["size"]
    connection.execute(delete(checkpoints).where(checkpoints.c.size == size))
    assert {finding.where.partition(" (")[0] for finding in fsck.findings(connection, evidence)} == {
        f"checkpoints size={size}"
    }


#: Each table on one database, its neighbour on the other: what is read is the same.
TURNS = list(zip(cycle(RECORDS), sorted(set(KEPT) - LOSABLE.keys()), strict=False))


@pytest.mark.parametrize(("record", "name"), TURNS, indirect=["record"])
def test_every_missing_row_is_found(opened: Opened, name: str) -> None:
    connection, evidence = opened
    table = TABLES[name]
    for row in tampering.ends(connection, table):
        assert found_after(connection, evidence, partial(tampering.remove, table=table, row=row)), row


@pytest.mark.parametrize("name", sorted(set(KEPT) - ADDABLE.keys()))
def test_every_added_row_is_found(on_sqlite: Opened, name: str) -> None:
    connection, evidence = on_sqlite
    table = TABLES[name]
    for row in tampering.ends(connection, table):
        assert found_after(connection, evidence, partial(tampering.add, table=table, row=row)), row


def found_after(connection: Connection, evidence: fsck.Evidence, tamper: Callable[[Connection], None]) -> bool:
    """Whether fsck finds a change, which is then taken back; a database that refuses the change has found it too."""
    with connection.begin_nested() as until_here:
        try:
            tamper(connection)
        except (IntegrityError, DataError):
            until_here.rollback()
            return True
        with closing(fsck.findings(connection, evidence)) as findings:
            found = next(findings, None)
        until_here.rollback()
    return found is not None


@pytest.fixture
def copied(sqlite_record: Settings, tmp_path: Path) -> tuple[Path, Callable[[], list[Finding]]]:
    """A copy of the record's files, and fsck of it."""
    home = tmp_path / "home"
    shutil.copytree(sqlite_record.home, home)
    use_clock_of(sqlite_record)
    return home, lambda: upkeep.fsck(replace(sqlite_record, home=home))


Copied = tuple[Path, Callable[[], list[Finding]]]
PLACES = {
    "part 0": "store/sealed/*/000000",
    "block": "store/sealed/*/000001",
    "document": "store/documents/*",
    "checkpoint": "log/checkpoint",
    "tile": "log/tile/0/000.p/*",
    "bundle": "log/tile/entries/000.p/*",
}


def largest(home: Path, pattern: str) -> Path:
    """The file that is in use: of partial tiles the widest one."""
    found = sorted(path for path in home.glob(pattern) if path.is_file())
    return max(found, key=lambda path: (len(path.name), path.name))


def flip(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :])


def shorten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("damage", [flip, shorten, Path.unlink])
@pytest.mark.parametrize("place", PLACES)
def test_every_damaged_file_is_found(copied: Copied, place: str, damage: Callable[[Path], None]) -> None:
    home, check = copied
    damage(largest(home, PLACES[place]))
    assert check()


def test_swapped_parts_are_found(copied: Copied) -> None:
    home, check = copied
    one, other = sorted(home.glob(PLACES["part 0"]))[:2]
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    assert len(check()) >= 4  # both hashes, and both envelopes' ids


def test_an_older_partial_tile_is_looked_at_too(copied: Copied) -> None:
    home, check = copied
    flip(min(home.glob(PLACES["tile"]), key=lambda path: int(path.name)))
    assert [finding.invariant for finding in check()] == ["I4"]


@pytest.mark.parametrize("key", ["store/sealed/" + "0" * 32 + "/000000", "log/tile/0/999x"])
def test_a_file_too_many_is_found(copied: Copied, key: str) -> None:
    home, check = copied
    (home / key).parent.mkdir(exist_ok=True)
    (home / key).write_bytes(b"where from?")
    assert len(check()) == 1


def test_a_destroyed_envelope_that_comes_back_is_found(copied: Copied, on_sqlite: Opened) -> None:
    home, check = copied
    connection, _ = on_sqlite
    upload = connection.scalar(select(envelopes.c.upload).where(envelopes.c.destroyed_leaf.is_not(None)))
    path = home / "store" / part_key(str(upload), 0)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"a secret copy")
    assert [(finding.invariant, finding.where) for finding in check()] == [("I3", part_key(str(upload), 0))]


def test_another_servers_keys_are_found(copied: Copied) -> None:
    home, check = copied
    key = home / "keys" / "log.key"
    key.write_text("11" * 32, "ascii")
    assert {finding.invariant for finding in check()} == {"I4"}


def test_a_checkpoint_that_is_none_is_found(copied: Copied) -> None:
    home, check = copied
    note = (home / "log" / "checkpoint").read_bytes()
    (home / "log" / "checkpoint").write_bytes(note.replace(b"\n", b"\n\n", 1))
    assert "checkpoint" in {finding.where for finding in check()}
