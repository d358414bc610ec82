"""PostgreSQL dies under a load of acceptances and comes back: nothing acknowledged is lost, nothing stays unknown."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from api import upkeep
from bench.crowd import Submission, encoded, enrol, lodge, lot_of
from notary import canonical, chance
from tests import servers
from tests.serving import Site, site
from tests.stage import Stage

pytestmark = pytest.mark.fault

ROUNDS = 3
BIDDERS = 8
EACH = 12
#: The database dies when so many bids of a round were acknowledged.
ENOUGH = 24


@dataclass
class Load:
    """What the bidders of one round were told. acknowledged: by key. statuses: of all answers, to bids and questions.

    unknown: what had become of the requests that were not acknowledged.
    """

    site: Site
    tender: str
    acknowledged: dict[str, tuple[Submission, bytes]] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    enough: threading.Event = field(default_factory=threading.Event)

    def send(self, bids: Sequence[Submission]) -> None:
        """Hand in bids one after the other; each until it is acknowledged."""
        with httpx.Client(base_url=f"{self.site.url}/api/v1", timeout=30) as http:
            for bid in bids:
                key = chance.token(16).hex()
                self.acknowledged[key] = bid, self._accepted(http, bid, key)
                if len(self.acknowledged) == ENOUGH:
                    self.enough.set()

    def _accepted(self, http: httpx.Client, bid: Submission, key: str) -> bytes:
        headers = {"Content-Type": "application/json", "Idempotency-Key": key, **_authorized(bid)}
        while True:
            answer = http.post(f"/tenders/{self.tender}/bids", content=encoded(bid), headers=headers)
            self.statuses[answer.status_code] += 1
            if answer.status_code == 200:
                return answer.content
            self._ask(http, bid, key)

    def _ask(self, http: httpx.Client, bid: Submission, key: str) -> None:
        """Ask until it is known what became of the request."""
        while (asked := http.get(f"/requests/{key}", headers=_authorized(bid))).status_code not in {200, 404}:
            self.statuses[asked.status_code] += 1
            time.sleep(0.02)
        self.unknown["committed" if asked.status_code == 200 else "not committed"] += 1


def test_the_database_crashes_under_load(tmp_path: Path) -> None:
    with servers.postgres_cluster() as cluster, ExitStack() as database:
        url = database.enter_context(servers.postgres_running(cluster))
        with site(tmp_path / "home", url) as running:
            stage = Stage(running, tmp_path / "parties")
            stage.publish()
            lot = lot_of(running.desk, stage.tender)
            told: dict[str, tuple[Submission, bytes]] = {}
            for number in range(ROUNDS):
                rivals = enrol(running.desk, BIDDERS * EACH, first=10_000 * (number + 1))
                load = Load(running, stage.tender)
                with _sending(load, lodge(running.desk, lot, rivals)):
                    assert load.enough.wait(60)
                    servers.postgres_crash(cluster)
                    database.close()
                    database.enter_context(servers.postgres_running(cluster))
                assert set(load.statuses) == {200, 503}
                assert len(load.acknowledged) == BIDDERS * EACH
                told |= load.acknowledged
            stage.close()
            stage.settle()
            _judge(stage, told)
            assert upkeep.fsck(running.desk.settings) == []


@contextmanager
def _sending(load: Load, bids: Sequence[Submission]) -> Iterator[None]:
    with ThreadPoolExecutor(BIDDERS) as pool:
        sent = [pool.submit(load.send, bids[first::BIDDERS]) for first in range(BIDDERS)]
        yield
        for one in sent:
            one.result()


def _judge(stage: Stage, told: dict[str, tuple[Submission, bytes]]) -> None:
    """Every receipt that was given is kept as it was, and in the closing list, which has no other."""
    closing: dict[str, Any] = stage.clerk.get(f"/tenders/{stage.tender}/closing")["entry"]["body"]
    receipts = {key: canonical.loads(answer) for key, (_, answer) in told.items()}
    with httpx.Client(base_url=f"{stage.site.url}/api/v1") as http:
        for key, (bid, _) in told.items():
            kept = http.get(f"/requests/{key}", headers=_authorized(bid)).json()
            assert kept == {"status": 200, "body": receipts[key]}
    assert sorted(closing["accepted"]) == sorted(one["acceptance"]["object"]["leaf"] for one in receipts.values())


def _authorized(bid: Submission) -> dict[str, str]:
    return {"Authorization": f"Bearer {bid.rival.token}"}
