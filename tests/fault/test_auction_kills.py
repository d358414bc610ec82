"""The server is killed (SIGKILL) again and again while an auction is fought out, and once for longer than an outage.

No accepted bid is lost, and no countdown runs out while nobody could bid (docs/spec/auction.md, *Outages*).
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api import upkeep
from api.settings import Settings
from api.tools import auction, bidder
from notary import clock, receipts
from tests.auctioning import STEP, Salesroom
from tests.copies import original
from tests.fault.town import Keeper, Lasting, Town, copied
from tests.forks import Forks, forks
from tests.serving import site
from tests.stage import Stage
from tests.story.checking import check_dossier

pytestmark = pytest.mark.fault

BIDDERS = (0, 1, 2)
COUNTDOWN = 20
TIMED = {"contenders": 2, "window_seconds": 3600, "preparation_seconds": 1, "countdown_seconds": COUNTDOWN}
#: More than what the clock leaps to come to the end of the free phase.
OUTAGE = 3600
KILLS = 6
#: Seconds from an accepted bid to the next kill.
BETWEEN = (0.0, 0.5)


@pytest.fixture
def forked() -> Iterator[Forks]:
    """Servers that start at once."""
    with forks() as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def prepared(
    request: pytest.FixtureRequest, postgres: str, tmp_path: Path, forked: Forks
) -> Iterator[tuple[Keeper, Settings, Salesroom]]:
    """A listing in its free phase, in which all have bid, on each database."""
    with original(tmp_path / "original", request.param, postgres) as made:
        with site(made.home, made.database_url) as running:
            stage = Stage(Lasting(running.url, running.desk), tmp_path / "parties")
            room = Salesroom(stage, changed={"timed": TIMED, "outage_seconds": OUTAGE, "resume_seconds": 300})
            room.publish()
            room.enter(*BIDDERS)
            stage.keep_tokens()
            room.until(room.opens_at, "open")
            # Days in one leap are an outage, behind which some of the free phase is left.
            stage.pass_until(room.closes_at)
            stage.until(lambda: any(one["event"] == "interrupted" for one in room.shown()["log"]))
            for place, number in enumerate(BIDDERS):
                assert room.bid(number, 1_000_000 + place * STEP) == "accepted"
            stage.settle()
        town = Town(made, stage, {}, [], {name: own.vault.content for name, own in stage.trustees.items()})
        with copied(town, tmp_path / "home", forked) as (keeper, settings):
            yield keeper, settings, room
        stage.site.close()


def test_no_accepted_bid_is_lost(prepared: tuple[Keeper, Settings, Salesroom], tmp_path: Path) -> None:
    keeper, settings, room = prepared
    stage = room.stage
    with keeper.keeping():
        stage.pass_until(clock.parse(room.shown()["ends_at"]))
        stage.until(lambda: room.shown()["phase"] == "timed")
        accepted = _fight(keeper, room)
        _leave_for_an_outage(keeper, room)
        last = auction.bid(stage.bidder(0), stage.tender, room.shown()["least"])
        room.through("ended")
        assert room.shown()["winner"] == room.numbers[0]
        listed = {
            one["receipt"] for number in BIDDERS for one in room.own(number)["receipts"] if one["refused"] is None
        }
        assert {bidder.number_of(receipt) for receipt in [*accepted, last]} <= listed
        stage.settle()
        check_dossier(stage, tmp_path)
    assert upkeep.fsck(settings) == []


def _fight(keeper: Keeper, room: Salesroom) -> list[dict[str, Any]]:
    """All bid while the server is killed, each time after some bid was accepted; the receipts of those."""
    over, chosen = threading.Event(), random.Random(1)
    accepted: list[dict[str, Any]] = []
    with ThreadPoolExecutor(len(BIDDERS)) as pool:
        bidding = [pool.submit(_bid, room, number, accepted, over) for number in BIDDERS]
        while len(keeper.deaths) < KILLS:
            _wait_for_more(room, accepted)
            over.wait(chosen.uniform(*BETWEEN))
            _kill(keeper, room)
        over.set()
        for one in bidding:
            one.result()
    assert set(keeper.deaths) == {-9}
    return accepted


def _wait_for_more(room: Salesroom, accepted: list[dict[str, Any]]) -> None:
    before = len(accepted)
    room.stage.until(lambda: len(accepted) > before, 60)


def _kill(keeper: Keeper, room: Salesroom) -> None:
    before = len(keeper.deaths)
    keeper.forks.kill()
    room.stage.until(lambda: len(keeper.deaths) > before)


def _bid(room: Salesroom, number: int, accepted: list[dict[str, Any]], over: threading.Event) -> None:
    """One bidder, which always answers what is shown."""
    while not over.wait(0.05):
        receipt = auction.bid(room.stage.bidder(number), room.tender, room.shown()["least"])
        if receipt["acceptance"]["object"]["type"] == receipts.ACCEPTANCE:
            accepted.append(receipt)


def _leave_for_an_outage(keeper: Keeper, room: Salesroom) -> None:
    """The server is away for longer than an outage, and the countdown would be over: it starts whole again."""
    keeper.look = lambda: room.stage.pass_time(timedelta(seconds=3 * OUTAGE))
    keeper.forks.kill()
    room.stage.until(lambda: len(keeper.deaths) > KILLS and room.shown()["log"][0]["event"] == "interrupted")
    begun = clock.parse(room.shown()["log"][0]["at"])
    assert clock.parse(room.shown()["ends_at"]) - begun == timedelta(seconds=COUNTDOWN)
