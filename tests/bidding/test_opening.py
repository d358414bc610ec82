"""The opening between its two units."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bidding.acts import opening
from tests.serving import site
from tests.stage import Stage

VERIFIER = Path(__file__).parents[2] / "notary" / "verify.py"


@pytest.fixture(name="stage")
def _stage(tmp_path: Path, sqlite_url: str) -> Iterator[Stage]:
    """A closed lot of three bids; the test ticks by itself."""
    with site(tmp_path / "home", sqlite_url, ticking=False) as running:
        stage = Stage(running, tmp_path / "parties")
        stage.publish()
        running.tick()
        for number, price in enumerate(["3680000.00", "3650000.00", "3700000.00"]):
            stage.bid(stage.bidder(number), price)
        stage.pass_until(stage.deadline() + timedelta(seconds=1))
        running.tick()
        for name in ("T1", "T2"):
            stage.release(name)
        yield stage


def test_no_connection_is_held_while_envelopes_are_read(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = stage.site.desk
    held = []
    read = desk.store.read

    def watched(key: str) -> bytes:
        held.append(desk.work.engine.pool.checkedout())  # type: ignore[attr-defined]  # of the pools that are used
        return read(key)

    monkeypatch.setattr(desk.store, "read", watched)
    opening.open_lot(desk.work, desk.store, stage.tender)
    assert held == [0, 0, 0]
    assert stage.stage() == "opened"


def test_a_dossier_made_before_the_opening_is_in_a_checkpoint_is_the_one_before_it(
    stage: Stage, tmp_path: Path
) -> None:
    desk = stage.site.desk
    desk.log.run()
    _checked(stage, tmp_path / "before.zip")
    opening.open_lot(desk.work, desk.store, stage.tender)
    _checked(stage, tmp_path / "meanwhile.zip")
    desk.log.run()
    _checked(stage, tmp_path / "after.zip")
    before, meanwhile, after = ((tmp_path / f"{name}.zip").read_bytes() for name in ("before", "meanwhile", "after"))
    assert before == meanwhile != after


def _checked(stage: Stage, path: Path) -> None:
    anchors = path.with_suffix(".json")
    anchors.write_text(json.dumps(stage.anchors()))
    path.write_bytes(stage.site.client().read(f"/tenders/{stage.tender}/dossier"))
    done = subprocess.run(
        [sys.executable, "-I", VERIFIER, path, "--anchors", anchors], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
