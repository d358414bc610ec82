"""Two sequencers on one log, while leaves come in: the log that the public sees only ever grows."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from api import upkeep
from notary.errors import Held
from tests.serving import Site, site

pytestmark = pytest.mark.race

SEQUENCERS = 3
LEAVES = 60
#: What a sequencer may meet when another is faster; all of it passes.
PASSING = {"busy", "overtaken", "witness_quorum"}


def test_what_is_shown_only_grows(tmp_path: Path, database_url: str) -> None:
    with site(tmp_path / "home", database_url, ticking=False) as running:
        running.tick()
        over, sizes, recorded = threading.Event(), list[int](), 0
        with ThreadPoolExecutor(SEQUENCERS + 1) as pool:
            watching = pool.submit(_watch, running, over, sizes)
            sequencing = [pool.submit(_sequence, running, over) for _ in range(SEQUENCERS)]
            try:
                # However slow the machine: until the log was seen to grow.
                while recorded < LEAVES or len(set(sizes.copy())) <= 2:
                    _record(running)
                    recorded += 1
            finally:
                over.set()
            for one in (watching, *sequencing):
                one.result()
        assert sizes == sorted(sizes)
        assert running.desk.log.run() == recorded + 1
        assert upkeep.fsck(running.desk.settings) == []


def _record(running: Site) -> None:
    """As anybody who is told that the system is busy: once more."""
    while True:
        try:
            with running.desk.work.unit() as unit:
                unit.record("trial", "", "", {}, disclosed=True)
        except Held as held:
            if held.reason != "busy":
                raise
        else:
            return


def _sequence(running: Site, over: threading.Event) -> None:
    while not over.is_set():
        try:
            running.desk.log.run()
        except Held as held:
            if held.reason not in PASSING:
                raise


def _watch(running: Site, over: threading.Event, sizes: list[int]) -> None:
    while not over.is_set():
        shown = running.desk.log.published()
        assert shown is not None
        sizes.append(shown.size)
