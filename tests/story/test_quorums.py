"""Every quorum opens a lot and nothing smaller does; an envelope that is bad for one quorum is void for all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from api.tools import bidder, trust, trustee
from notary import clock
from tests.apart import barely, site_apart
from tests.stage import Stage
from tests.story import keys

NAMES = ["T1", "T2", "T3", "T4", "T5"]
TWO_OF_THREE = [["T1", "T2"], ["T2", "T3"], ["T3", "T1"]]
# Each triple in an order in which its first two are a pair that no other triple begins with.
THREE_OF_FIVE = [
    [NAMES[first], NAMES[(first + second) % 5], NAMES[(first + third) % 5]]
    for first in range(5)
    for second, third in ((1, 3), (2, 1))
]

pytestmark = pytest.mark.story


def subsets(names: list[str], size: int) -> set[frozenset[str]]:
    return {frozenset(subset) for subset in combinations(names, size)}


def test_the_orders_have_every_quorum_and_every_smaller_set() -> None:
    for orders, names in ((TWO_OF_THREE, NAMES[:3]), (THREE_OF_FIVE, NAMES)):
        for size in range(1, len(orders[0]) + 1):
            assert {frozenset(order[:size]) for order in orders} == subsets(names, size)


def test_every_quorum_opens_and_no_smaller_set(tmp_path: Path, sqlite_url: str) -> None:
    with site_apart(tmp_path / "home", sqlite_url) as (site, _):
        stage = Stage(site, tmp_path / "parties")
        add_trustees(stage)
        lots = {f"QU-{number:04d}": order for number, order in enumerate([*TWO_OF_THREE, *THREE_OF_FIVE])}
        dates = barely(stage)
        for stage.tender, order in lots.items():
            publish(stage, len(order), dates)
        stage.settle()
        for number, stage.tender in enumerate(lots):
            quorums = stage.clerk.get(f"/tenders/{stage.tender}")["content"]["policy"]["quorums"]
            stage.bid(stage.bidder(0), "3680000.00")
            bad = keys.seal_with_a_bad_wrap(stage, stage.bidder(1), number % len(quorums))
            bidder.submit(stage.bidder(1), bad, lambda _done, _whole: None)
            stage.bid(stage.bidder(2), "3700000.00")
        stage.pass_until(clock.parse(dates["deadline"]) + timedelta(seconds=1))
        for stage.tender, order in lots.items():
            stage.until_closed()
            open_in_order(stage, order)


def add_trustees(stage: Stage) -> None:
    """Two more; then all look each other up anew."""
    made = {name: (own.client, own.vault) for name, own in stage.trustees.items()}
    made |= {name: stage._trustee(name, 900 + number) for number, name in enumerate(NAMES) if name not in made}
    stage.trustees = {
        name: trustee.trustee(client, own, trust.trusted(client, own)) for name, (client, own) in made.items()
    }


def publish(stage: Stage, keys_needed: int, dates: dict[str, Any]) -> None:
    """With three trustees of whom two open, or five of whom three do."""
    everybody = stage.trustees
    named = NAMES[: 2 * keys_needed - 1]
    stage.trustees = {name: everybody[name] for name in named}
    quorums = [list(quorum) for quorum in combinations(named, keys_needed)]
    stage.publish(**dates, policy={"quorums": quorums})
    stage.trustees = everybody


def open_in_order(stage: Stage, order: Sequence[str]) -> None:
    """Nothing opens before the last of them; then the bad envelope is void, and the others are open."""
    for name in order[:-1]:
        assert stage.release(name)["complete"] is False
        stage.settle()
        shown = stage.clerk.get(f"/tenders/{stage.tender}/opening")
        assert (shown["stage"], shown["bids"]) == ("closed", None)
    assert stage.release(order[-1])["complete"] is True
    stage.until(lambda: stage.stage() == "opened")
    bids = stage.clerk.get(f"/tenders/{stage.tender}/opening")["bids"]
    assert [bid["outcome"] for bid in bids] == ["opened", "unopenable", "opened"]
    assert [bid["values"] and bid["values"]["price"] for bid in bids] == ["3680000.00", None, "3700000.00"]
    assert bids[1]["reason"] == "wrap_differs"
