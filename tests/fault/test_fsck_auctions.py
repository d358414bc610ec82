"""Of an auction too fsck finds whatever is changed or taken away behind the system's back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Table, update

from api import fsck, upkeep
from bidding.rows import (
    auction_admissions,
    auction_closings,
    auction_envelopes,
    auction_events,
    auction_numbers,
    auction_statements,
    auctions,
)
from tests.auctioning import START, Salesroom
from tests.bidding.hall import TAICANG
from tests.bidding.test_auction_acts import STEP, Room
from tests.fault import tampering
from tests.fault.test_fsck import Opened, found_after, laid_open
from tests.serving import site
from tests.stage import Stage
from trading.rows import awards

#: Columns that may change without a trace, and why.
FREE = {"alive_at": "when it was last looked at decides nothing any more once that is past"}
TABLES = (auctions, auction_numbers, auction_events, auction_statements)
SEALED = (auction_envelopes, auction_closings)


@pytest.fixture(scope="module")
def auctioned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """A listing that was sold, laid open."""
    folder = tmp_path_factory.mktemp("auctioned")
    with site(folder / "home", f"sqlite:///{folder / 'sunbid.db'}") as running:
        stage = Stage(running, folder / "parties")
        room = Room(stage, "listing", timed=TAICANG)
        room.until(room.start)
        for place, number in enumerate(("1", "2", "1")):
            assert room.bid(number, 1_000_000 + place * STEP) == "accepted"
        assert room.bid("2", 1_000_000) == "not_above_by_step"
        for _ in range(3):
            end = room.state().ends_at
            assert end is not None
            room.until(end)
        assert room.state().result == "sold"
        stage.settle()
        settings = running.desk.settings
    assert upkeep.fsck(settings) == []
    with laid_open(settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def reserved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """A listing with offers and a reserve price that were opened, and sold, laid open."""
    folder = tmp_path_factory.mktemp("reserved")
    with site(folder / "home", f"sqlite:///{folder / 'sunbid.db'}") as running:
        room = Salesroom(Stage(running, folder / "parties"), reserve=f"{START}.00", cap=f"{START + STEP}.00")
        room.publish()
        room.enter(0, 1)
        room.stage.keep_tokens()
        room.until(room.opens_at, "open")
        assert room.bid(0, START + STEP) == "accepted"
        assert room.offer(1, START + 2 * STEP) == "accepted"
        room.through("closed")
        room.release("T1", "T2", kind="offer")
        room.release("T1", "T2")
        room.stage.until(lambda: room.shown()["phase"] == "ended")
        room.stage.settle()
        settings = running.desk.settings
    assert upkeep.fsck(settings) == []
    with laid_open(settings) as opened:
        yield opened


@pytest.mark.parametrize("table", SEALED, ids=lambda table: str(table.name))
def test_of_what_was_sealed_every_change_is_found(reserved: Opened, table: Table) -> None:
    assert missed_columns(reserved, table) == set()
    connection, evidence = reserved
    for row in tampering.ends(connection, table):
        assert found_after(connection, evidence, partial(tampering.remove, table=table, row=row))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.name))
def test_every_changed_column_is_found(auctioned: Opened, table: Table) -> None:
    assert missed_columns(auctioned, table) == {name for name in FREE if name in table.columns}


def missed_columns(opened: Opened, table: Table) -> set[str]:
    """The columns whose change is not found."""
    connection, evidence = opened
    missed = set()
    for column in table.columns:
        row = tampering.one_row(connection, column)
        value = tampering.other(connection, column, row[column.name])
        change = partial(tampering.change, table=table, row=row, column=column, value=value)
        if not found_after(connection, evidence, change):
            missed.add(column.name)
    return missed


@pytest.mark.parametrize("table", [*TABLES, auction_admissions], ids=lambda table: str(table.name))
def test_every_row_that_is_taken_away_is_found(auctioned: Opened, table: Table) -> None:
    connection, evidence = auctioned
    for row in tampering.ends(connection, table):
        assert found_after(connection, evidence, partial(tampering.remove, table=table, row=row))


def test_a_whole_auction_is_clean(auctioned: Opened) -> None:
    connection, evidence = auctioned
    assert list(fsck.findings(connection, evidence)) == []


def test_a_sale_that_was_confirmed_in_its_publicity_period_is_found(tmp_path: Path) -> None:
    with site(tmp_path / "home", f"sqlite:///{tmp_path / 'sunbid.db'}") as running:
        stage = Stage(running, tmp_path / "parties")
        room = Salesroom(stage, "rural-auction")
        room.publish()
        winner = room.sell()
        over = room.due("sale_publicity", stage.now())
        assert over is not None
        stage.pass_until(over)
        room.award(winner)
        stage.settle()
        settings = running.desk.settings
    assert upkeep.fsck(settings) == []
    with laid_open(settings) as (connection, evidence):
        connection.execute(update(awards).values(awarded_at=over - timedelta(microseconds=1)))
        found = " ".join(finding.en for finding in fsck.findings(connection, evidence))
    assert "awarded_in_publicity" in found
