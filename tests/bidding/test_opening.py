"""The opening between its two units."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from sqlalchemy import func, select

from api import upkeep
from bidding import rows
from bidding.acts import closing, opening
from bidding.acts.uploads import part_key
from notary.rows import entries
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
        _close(stage)
        yield stage


def _close(stage: Stage) -> None:
    for number, price in enumerate(["3680000.00", "3650000.00", "3700000.00"]):
        stage.bid(stage.bidder(number), price)
    stage.pass_until(stage.deadline() + timedelta(seconds=1))
    stage.site.tick()
    for name in ("T1", "T2"):
        stage.release(name)


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


def test_nothing_is_intended_while_a_complaint_suspends_the_lot(tmp_path: Path, sqlite_url: str) -> None:
    """Though the tick that opens was on its way when the supervisor decided."""
    with site(tmp_path / "home", sqlite_url, ticking=False) as running:
        stage = Stage(running, tmp_path / "parties")
        stage.publish()
        running.tick()
        lot, said = f"/tenders/{stage.tender}", {"facts": "清单漏项", "basis": "第三章", "request": "更正"}
        own = stage.bidder(0).client
        about = {"objection": own.post(f"{lot}/objections", {"against": "documents", **said})["objection"]}
        stage.pass_until(stage.deadline() - timedelta(days=5))
        stage.clerk.post(f"{lot}/objection-answers", about | {"outcome": "dismissed", "answer": "清单无误。"})
        _close(stage)
        complaint = {"complaint": own.post(f"{lot}/complaints", about | said)["complaint"]}
        decision = {"taken_up": True, "suspends": True, "reason": "符合受理条件"}
        stage.supervisor.post(f"{lot}/complaint-decisions", complaint | decision)
        assert opening.open_lot(running.desk.work, running.desk.store, stage.tender) is None
        _nothing_is_disclosed(stage)
        with running.desk.work.reading() as connection:
            intents = select(func.count()).where(entries.c.kind == "opening_intended")
            assert connection.scalar(intents) == 0
        stage.supervisor.post(f"{lot}/complaint-rulings", complaint | {"outcome": "dismissed", "ruling": "驳回投诉。"})
        running.tick()
        _all_is_disclosed(stage)
        running.desk.log.run()
        _checked(stage, tmp_path / "dossier.zip")


def test_a_part_that_rotted_in_the_store_holds_the_whole_lot(stage: Stage) -> None:
    path = _stored(stage, 1)
    sound = path.read_bytes()
    path.write_bytes(sound[:-20] + bytes([sound[-20] ^ 1]) + sound[-19:])
    _held_until_restored(stage, path, sound)


def test_a_part_that_is_gone_from_the_store_holds_the_whole_lot(stage: Stage) -> None:
    path = _stored(stage, 1)
    sound = path.read_bytes()
    path.unlink()
    _held_until_restored(stage, path, sound)


@pytest.mark.parametrize("step", ["store.read of bid 2", "open.intended", "open.read", "open.written"])
def test_what_breaks_on_the_way_discloses_nothing(stage: Stage, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither while the second bid is read, nor between reading and disclosing, nor just before the commit."""
    reads = []
    read = stage.site.desk.store.read

    def reading(key: str) -> bytes:
        reads.append(key)
        if step == "store.read of bid 2" and len(reads) == 2:
            raise OSError("the disk is gone")
        return read(key)

    def passing(name: str) -> None:
        if name == step:
            raise RuntimeError("killed")

    with monkeypatch.context() as broken:
        broken.setattr(stage.site.desk.store, "read", reading)
        broken.setattr(opening, "failpoint", passing)
        with structlog.testing.capture_logs() as said:
            stage.site.tick()
    assert [line["event"] for line in said if line["log_level"] == "error"] == ["timed_act_failed"]
    _nothing_is_disclosed(stage)
    stage.site.tick()
    _all_is_disclosed(stage)


def _stored(stage: Stage, number: int) -> Path:
    """Where part 0 of a bid lies."""
    with stage.site.desk.work.reading() as connection:
        query = select(rows.uploads.c.upload).where(rows.uploads.c.bidder == stage.bidder(number).code)
        upload = connection.execute(query).scalar_one()
    return stage.site.desk.settings.home / "store" / part_key(upload, 0)


def _held_until_restored(stage: Stage, path: Path, sound: bytes) -> None:
    settings = stage.site.desk.settings
    with structlog.testing.capture_logs() as said:
        for _ in range(2):
            stage.site.tick()
    told = {(line["event"], line["reason"], line["facts"]["object"]) for line in said if line["log_level"] == "error"}
    name = path.relative_to(settings.home / "store").as_posix()
    assert told == {("timed_act_waits", "object_damaged", name)}
    _nothing_is_disclosed(stage)
    assert name in {finding.where for finding in upkeep.fsck(settings)}
    path.write_bytes(sound)
    stage.site.tick()
    _all_is_disclosed(stage)
    assert upkeep.fsck(settings) == []


def _disclosed(stage: Stage) -> list[str]:
    query = select(entries.c.kind).where(entries.c.kind.in_(closing.DISCLOSED), entries.c.disclosed)
    with stage.site.desk.work.reading() as connection:
        return sorted(connection.scalars(query))


def _nothing_is_disclosed(stage: Stage) -> None:
    assert stage.stage() == "closed"
    assert _disclosed(stage) == []
    with stage.site.desk.work.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(rows.offers)) == 0
        assert connection.scalar(select(func.count()).where(entries.c.kind == "lot_opened")) == 0


def _all_is_disclosed(stage: Stage) -> None:
    assert stage.stage() == "opened"
    assert _disclosed(stage) == ["bid_accepted"] * 3
    bids = stage.clerk.get(f"/tenders/{stage.tender}/opening")["bids"]
    assert [bid["outcome"] for bid in bids] == ["opened"] * 3


def _checked(stage: Stage, path: Path) -> None:
    anchors = path.with_suffix(".json")
    anchors.write_text(json.dumps(stage.anchors()))
    path.write_bytes(stage.site.client().read(f"/tenders/{stage.tender}/dossier"))
    done = subprocess.run(
        [sys.executable, "-I", VERIFIER, path, "--anchors", anchors], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
