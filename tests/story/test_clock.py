"""A clock that is set back a little, as NTP does, leaves no fault in an honest record."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api import upkeep
from api.tools import bidder, uploads
from tests.serving import site
from tests.stage import Stage
from tests.story.checking import check_dossier

pytestmark = pytest.mark.story

PRICES = ("3680000.00", "3650000.00", "3700000.00")
#: Twice this is still less than a clock may be behind.
BACK = timedelta(seconds=-0.45)


def quiet(_done: int, _whole: int) -> None:
    pass


def test_a_clock_set_back_leaves_an_honest_record_sound(tmp_path: Path, database_url: str) -> None:
    with site(tmp_path / "home", database_url) as running:
        stage = Stage(running, tmp_path / "parties")
        stage.publish()
        for number, price in enumerate(PRICES):
            stage.bid(stage.bidder(number), price)
        own = stage.bidder(3)
        path = stage.seal(own, "3600000.00")
        uploads.upload(own.client, uploads.read_bid(path), quiet)
        accepted = after_a_hold(stage, own, path)
        assert accepted["acceptance"]["object"]["type"] == "sunbid/acceptance/1"
        stage.close()
        stage.release("T1")
        stage.pass_time(BACK)
        stage.release("T2")
        stage.until(lambda: stage.stage() == "opened")
        check_dossier(stage, tmp_path)
        assert upkeep.fsck(running.desk.settings) == []


def after_a_hold(stage: Stage, own: bidder.Bidder, path: Path) -> dict[str, Any]:
    """Hold and lift, the clock back before each following act; the receipt of a bid handed in next."""
    lot = f"/tenders/{stage.tender}"
    stage.supervisor.post(f"{lot}/holds", {"reason": "受理投诉"})
    stage.pass_time(BACK)
    stage.supervisor.post(f"{lot}/lifts", {"reason": "投诉不成立"})
    stage.pass_time(BACK)
    return bidder.submit(own, path, quiet)
