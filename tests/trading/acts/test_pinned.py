"""A lot stays with the procedure that it was published under, whatever becomes of the catalogue."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, insert, select, update
from sqlalchemy.exc import DatabaseError

from notary import canonical, signing
from notary.errors import Unknown
from notary.work import open_engine
from tests.trading.acts.office import load
from tests.trading.examples import NOON
from trading import procedures
from trading.acts import pinned, stages
from trading.fsck.pinned import check_pinned
from trading.fsck.tenders import check_tenders
from trading.rows import pinned_procedures
from trading.views import lists

#: What another program does, whose catalogue has a version that ours has not.
PUBLISH = """
import sys
from pathlib import Path
from tests.trading.acts.office import Office, content
from trading import procedures
procedures.add_folder(Path(sys.argv[1]))
Office(sys.argv[2]).publish(draft=content())
"""


@pytest.fixture
def engine(tmp_path: Path, database_url: str) -> Iterator[Engine]:
    """The database after another program published a lot under a version of its own."""
    ours = Path(procedures.__file__).with_name("catalogue") / "construction.toml"
    theirs = ours.read_text("utf-8").replace("since = 2022-09-01\n", f"since = {NOON.date()}\n", 1)
    (tmp_path / "theirs.toml").write_text(theirs, "utf-8")
    subprocess.run([sys.executable, "-c", PUBLISH, str(tmp_path), database_url], check=True)
    opened = open_engine(database_url)
    yield opened
    opened.dispose()


def test_a_lot_stays_with_a_version_that_the_catalogue_does_not_have(engine: Engine) -> None:
    with engine.connect() as connection:
        row = load(connection)
        procedure = stages.procedure_of(row)
        assert row.procedure_version not in procedures.procedures()
        assert (procedure.version, procedure.since) == (row.procedure_version, NOON.date())
        (notice,) = lists.openings(connection, row.deadline)
        assert notice["procedure"]["zh"] == procedure.zh
        assert list(check_pinned(connection)) == []
        assert list(check_tenders(connection)) == []


def test_no_version_is_found_that_nobody_knows(engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(Unknown):
        pinned.load(connection, "00" * 32)


def test_fsck_finds_a_version_that_is_not_that_of_its_id_or_of_no_lot(engine: Engine) -> None:
    with engine.begin() as connection:
        version, content = connection.execute(select(pinned_procedures)).one()
        other = canonical.loads(content.encode()) | {"zh": "另一程序"}
        rows = [
            {"version": "11" * 32, "content": content},
            {"version": signing.object_id(other), "content": canonical.dumps(other).decode()},
            {"version": "22" * 32, "content": "{}"},
        ]
        connection.execute(insert(pinned_procedures), rows)
        found = [(finding.where, finding.en) for finding in check_pinned(connection)]
    assert [where.split("=")[1].split()[0] for where, _ in found].count(version) == 0
    for row, unsound in zip(rows, (True, False, True), strict=True):
        where = f"pinned_procedures version={row['version']}"
        assert (where, "The record knows nothing of it.") in found
        assert ((f"{where} content", "It does not hold (not_of_this_id).") in found) == unsound


def test_the_database_lets_nobody_change_a_version(engine: Engine) -> None:
    for statement in (delete(pinned_procedures), update(pinned_procedures).values(content="{}")):
        with engine.begin() as connection, pytest.raises(DatabaseError, match="append-only"):
            connection.execute(statement)
