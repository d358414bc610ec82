"""The unit of work's time: after the lock, and never before the record, whatever the clock does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from notary.errors import Held
from notary.rows import entries, metadata
from notary.work import Lock, Unit, Work, open_engine
from tests.notary.world import LOT, ORIGIN, TENDER

#: As far as a clock may go back; so much that no two units of a test are as far apart.
BACK = timedelta(seconds=-0.99)


class Clock:
    """The demonstration's clock."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = timedelta()
        self.step(timedelta())

    def step(self, by: timedelta) -> None:
        """Set it forward, or back."""
        self._offset += by
        temporary = self._path.with_suffix(".new")
        temporary.write_text(str(self._offset.total_seconds()), "ascii")
        temporary.replace(self._path)


@pytest.fixture
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.setenv("SUNBID_DEMONSTRATION_CLOCK", str(tmp_path / "clock"))
    return Clock(tmp_path / "clock")


@pytest.fixture
def work(database_url: str, clock: Clock) -> Iterator[Work]:
    engine = open_engine(database_url)
    metadata.create_all(engine)
    yield Work(engine, ORIGIN, demonstration=True)
    engine.dispose()


def act(unit: Unit, tender: str = TENDER) -> None:
    unit.record("trial", tender, LOT, {}, disclosed=True)


def test_no_act_of_a_lot_is_before_its_record(work: Work, clock: Clock) -> None:
    with work.unit(Lock(TENDER)) as unit:
        act(unit)
        first = unit.now
    clock.step(BACK)
    with work.unit(Lock(TENDER)) as unit:
        assert unit.now >= first
    with work.unit(Lock(TENDER, shared=True)) as unit:
        unit.not_before(first)
        assert unit.now >= first


def test_a_clock_far_behind_the_record_holds_the_lot_and_no_other(work: Work, clock: Clock) -> None:
    with work.unit(Lock(TENDER)) as unit:
        act(unit)
        first = unit.now
    clock.step(timedelta(hours=-1))
    with pytest.raises(Held, match="clock_behind_record"), work.unit(Lock(TENDER)) as unit:
        act(unit)
    with work.unit(Lock(TENDER, shared=True)) as unit, pytest.raises(Held, match="clock_behind_record"):
        unit.not_before(first)
    with work.unit(Lock("YZ-431102-GC-2026-0002")) as unit:
        assert unit.now < first
    with work.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(entries)) == 1


def test_the_time_is_that_of_after_the_waiting(work: Work, clock: Clock) -> None:
    """Of the demonstration too: a unit that waited for its lock while the clock was moved is not behind it."""
    told = []

    def wait() -> None:
        with work.unit(Lock(TENDER)) as unit:
            told.append(unit.now)

    waiting = threading.Thread(target=wait)
    with work.unit(Lock(TENDER)) as unit:
        waiting.start()
        until(lambda: stands_in_line(work))
        clock.step(timedelta(hours=1))
        held_from = unit.now
    waiting.join()
    assert told[0] - held_from >= timedelta(hours=1)


def stands_in_line(work: Work) -> bool:
    """Whether somebody waits for a lock; with SQLite nothing is read before a unit's turn."""
    if work.sqlite:
        return True
    with work.reading() as connection:
        waits = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return bool(connection.execute(waits).scalar_one())


def until(met: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not met():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.005)
