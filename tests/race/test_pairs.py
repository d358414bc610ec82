"""Two of a kind at the same moment: two persons approve, two clients send one part, two trustees release, two tick."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api import upkeep
from api.tools.client import Client, ServerRefused
from bidding.envelope import BLOCK
from notary import signing
from notary.errors import Held
from notary.rows import entries
from tests.race.test_sequencers import PASSING
from tests.serving import Site, site
from tests.stage import AGENCY, Stage

pytestmark = pytest.mark.race

PRICES = ("3680000.00", "3650000.00", "3700000.00")


def test_two_persons_approve(tmp_path: Path, database_url: str) -> None:
    with site(tmp_path / "home", database_url) as running:
        stage = Stage(running, tmp_path / "parties")
        stage.draft()
        path = f"/tenders/{stage.tender}"
        proposed = stage.clerk.post(f"{path}/publication", {})
        body = {"proposal": proposed["proposal"], "content": proposed["content"]}
        third = running.client(running.person(AGENCY, "agency")[1])
        told = at_once([partial(outcome, one, path, body) for one in (stage.second, third)])
        assert sorted(told) == ["done", "proposal_decided"]
        assert kinds(running)["tender_published"] == 1


def outcome(client: Client, path: str, body: dict[str, Any]) -> str:
    try:
        client.post(f"{path}/approvals", body)
    except ServerRefused as refusal:
        return refusal.reason
    return "done"


def test_two_clients_send_one_part(tmp_path: Path, database_url: str) -> None:
    """Other bytes under the same number: one client wins, the other is told; what is stored is whole."""
    with site(tmp_path / "home", database_url) as running:
        stage = Stage(running, tmp_path / "parties")
        stage.publish()
        client = stage.bidder(0).client
        begun = client.post(f"/tenders/{stage.tender}/uploads", {"kind": "bid", "part_sizes": [1000, BLOCK, 10]})
        path = f"/uploads/{begun['upload']}/parts/1"
        candidates = [bytes([number]) * BLOCK for number in range(2)]
        told = at_once([partial(put, client, path, data) for data in candidates * 2])
        assert Counter(told) == {"done": 2, "object_differs": 2}
        (part,) = client.get(f"/uploads/{begun['upload']}")["parts"]
        assert part["sha256"] == hashlib.sha256(candidates[told.index("done")]).hexdigest()


def put(client: Client, path: str, data: bytes) -> str:
    digest = signing.b64(hashlib.sha256(data).digest())
    try:
        client.put(path, data, headers={"Content-Digest": f"sha-256=:{digest}:"})
    except ServerRefused as refusal:
        return refusal.reason
    return "done"


def test_trustees_release_while_several_tick(tmp_path: Path, database_url: str) -> None:
    """All three release at once, four tick all the time: one opening, of one quorum."""
    with site(tmp_path / "home", database_url) as running:
        stage = Stage(running, tmp_path / "parties")
        stage.publish()
        for number, price in enumerate(PRICES):
            stage.bid(stage.bidder(number), price)
        stage.close()
        over = threading.Event()
        with ThreadPoolExecutor(4) as pool:
            ticking = [pool.submit(tick_until, running, over) for _ in range(4)]
            at_once([partial(stage.release, name) for name in stage.trustees])
            stage.until(lambda: stage.stage() == "opened")
            stage.settle()
            over.set()
            for one in ticking:
                one.result()
        counts = kinds(running)
        assert [counts[kind] for kind in ("key_released", "opening_intended", "lot_opened")] == [3, 1, 1]
        assert upkeep.fsck(running.desk.settings) == []


def tick_until(running: Site, over: threading.Event) -> None:
    while not over.is_set():
        try:
            running.tick()
        except Held as held:
            # Of several sequencers one asks the witness before the other: as in the server, the next tick goes on.
            if held.reason not in PASSING:
                raise


def at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each of these gives, all started together."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        start.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def kinds(running: Site) -> Counter[str]:
    """How many entries there are of each kind."""
    with running.desk.work.reading() as connection:
        return Counter(connection.scalars(select(entries.c.kind)))
