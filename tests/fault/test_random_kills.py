"""The server is killed every few seconds while bidders go on replacing their bids."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from api.tools import bidder
from tests.copies import original
from tests.fault.town import Keeper, Town, copied, judge, town
from tests.forks import Forks, forks

pytestmark = pytest.mark.fault

SECONDS = 30
#: Seconds between two kills.
BETWEEN = (1.0, 3.0)
BIDDERS = (0, 2)


@pytest.fixture(params=["sqlite", "postgresql"])
def prepared(request: pytest.FixtureRequest, postgres: str, tmp_path: Path) -> Iterator[Town]:
    """The lot, on each database."""
    with original(tmp_path / "original", request.param, postgres) as made, town(made, tmp_path) as found:
        yield found


@pytest.fixture
def forked() -> Iterator[Forks]:
    """Servers that start at once."""
    with forks() as made:
        yield made


def test_random_kills(prepared: Town, forked: Forks, tmp_path: Path) -> None:
    stage = prepared.stage
    with copied(prepared, tmp_path / "home", forked) as (keeper, made):
        with keeper.keeping():
            over = threading.Event()
            with ThreadPoolExecutor(len(BIDDERS) + 1) as pool:
                killer = pool.submit(_kill, keeper, over)
                given = [pool.submit(_replace, prepared, number, over) for number in BIDDERS]
                time.sleep(SECONDS)
                over.set()
                killer.result()
                chains = {number: one.result() for number, one in zip(BIDDERS, given, strict=True)}
            bids = stage.open()
            stage.settle()
        assert len(keeper.deaths) >= SECONDS / 10
        assert set(keeper.deaths) == {-9}
        last = [chain[-1] for chain in chains.values()]
        judge(prepared, made, [prepared.receipts[1], *last], bids)


def _kill(keeper: Keeper, over: threading.Event) -> None:
    chosen = random.Random(1)
    while not over.wait(chosen.uniform(*BETWEEN)):
        keeper.forks.kill()


def _replace(prepared: Town, number: int, over: threading.Event) -> list[dict[str, Any]]:
    """Replace a bid again and again; all receipts, each of which must be in the bidder's chain."""
    stage = prepared.stage
    own, given = stage.bidder(number), [prepared.receipts[number]]
    while not over.wait(0.1):
        path = stage.seal(own, "3640000.00")
        given.append(bidder.submit(own, path, lambda _done, _whole: None, replace=True))
    listed = [one["receipt"] for one in bidder.status(own, stage.tender)["statements"]]
    assert listed == [bidder.number_of(receipt) for receipt in given]
    return given
