"""A lot in the middle of its life, prepared once and copied for each fault, and a server that is started again."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from api import build, upkeep
from api import witness as witnesses
from api.settings import Settings, WitnessSetting
from api.tools.client import API, Client, _may_pass
from api.tools.vault import Content
from notary import canonical, chance, keys, notes
from tests.copies import Original
from tests.forks import Forks
from tests.servers import free_port
from tests.serving import ORIGIN, Site, serving, settings, site, variables
from tests.stage import Stage

T = TypeVar("T")

PRICES = ("3680000.00", "3650000.00", "3700000.00")


PATIENCE = 60


class Again(Client):
    """A client that sends every act a second time, as if the answer had been lost, and wants the same bytes.

    It tries again often, so that a test does not wait as long as a person would.
    """

    def post(self, path: str, body: dict[str, Any]) -> Any:
        headers = {"Content-Type": "application/json", "Idempotency-Key": chance.token(16).hex()}
        first, second = (
            self._send("POST", API + path, content=canonical.dumps(body), headers=headers).content for _ in range(2)
        )
        assert first == second
        return canonical.loads(first)

    def _tried(self, act: Callable[[], T]) -> T:
        tries = Retrying(
            retry=retry_if_exception(_may_pass), wait=wait_fixed(0.05), stop=stop_after_delay(PATIENCE), reraise=True
        )
        return tries(act)


class Lasting(Site):
    """A site whose clients outlive the server and may turn to another."""

    def client(self, token: str | None = None) -> Client:
        client = Again(self.url, token, demonstration=True)
        self._clients.append(client)
        return client

    def turn_to(self, url: str) -> None:
        """From now on all clients speak to this server."""
        self.url = url
        for client in self._clients:
            client._http.base_url = url


@dataclass(frozen=True)
class Town:
    """Three bids stand, one of them after a replacement; a fourth and a fifth are sealed.

    vaults: the trustees' as they were; receipts: of the bids that stand.
    """

    original: Original
    stage: Stage
    sealed: dict[int, Path]
    receipts: list[dict[str, Any]]
    vaults: dict[str, Content]


@contextmanager
def town(made: Original, folder: Path, sealed: int = 1) -> Iterator[Town]:
    """Prepare it, and stop the server."""
    with site(made.home, made.database_url) as running:
        lasting = Lasting(running.url, running.desk)
        stage = Stage(lasting, folder / "parties")
        stage.publish()
        receipts = [stage.bid(stage.bidder(number), price) for number, price in enumerate(PRICES)]
        receipts[1] = stage.bid(stage.bidder(1), "3600000.00", replace=True)
        extra = {number: stage.seal(stage.bidder(number), "3610000.00") for number in range(10, 10 + sealed)}
        stage.settle()
        vaults = {name: own.vault.content for name, own in stage.trustees.items()}
    try:
        yield Town(made, stage, extra, receipts, vaults)
    finally:
        lasting.close()


@dataclass
class Keeper:
    """Starts the server again whenever it dies, as a service manager does. deaths: the signals that ended it.

    look: asked after every death, before the server is started and anything is sent again; seen: what it gave.
    """

    forks: Forks
    port: int
    environment: dict[str, str]
    look: Callable[[], Any] = lambda: None
    deaths: list[int | None] = field(default_factory=list)
    seen: list[Any] = field(default_factory=list)
    _over: bool = False

    @contextmanager
    def keeping(self, *failpoints: str) -> Iterator[None]:
        """Keep a server until the end of the block; then kill it. It dies at each of these fail points in turn."""
        ahead = iter(failpoints)
        self._start(ahead)
        thread = threading.Thread(target=self._keep, args=(ahead,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over = True
            while thread.is_alive():
                self.forks.kill()
                thread.join(0.1)

    def _start(self, ahead: Iterator[str]) -> None:
        self.forks.start(self.port, self.environment | {"SUNBID_FAILPOINT": next(ahead, "")})

    def _keep(self, ahead: Iterator[str]) -> None:
        while True:
            ended = self.forks.wait()
            if self._over:
                return
            self.deaths.append(ended)
            self.seen.append(self.look())
            # One that dies while it starts is started again.
            with suppress(RuntimeError):
                self._start(ahead)


@contextmanager
def copied(prepared: Town, home: Path, forks: Forks) -> Iterator[tuple[Keeper, Settings]]:
    """A copy of the town with a witness; the stage's parties turn to it. The settings are those of the server."""
    with prepared.original.copied(home) as url:
        os.environ["SUNBID_DEMONSTRATION_CLOCK"] = str(home / "clock")
        log = notes.verifier_key(ORIGIN, notes.LOG_KEY, keys.load(home / "keys" / "log.key")).text
        witness = witnesses.load(home / "witness", "witness.example", [log], demonstration=True)
        with serving(witnesses.create(witness, demonstration=True)) as witness_url:
            made = settings(home, url, witnesses=(WitnessSetting(witness.vkey, witness_url),), witness_quorum=1)
            environment = variables(home, url) | {
                "SUNBID_WITNESSES": f"{witness.vkey}={witness_url}",
                "SUNBID_DEMONSTRATION_CLOCK": str(home / "clock"),
            }
            keeper = Keeper(forks, free_port(), environment)
            _move(prepared, keeper.port, made, home)
            try:
                yield keeper, made
            finally:
                prepared.stage.site.desk.close()


def _move(prepared: Town, port: int, made: Settings, home: Path) -> None:
    stage = prepared.stage
    assert isinstance(stage.site, Lasting)
    stage.site.desk = build.desk(made)
    stage.site.turn_to(f"http://127.0.0.1:{port}")
    stage.clock_file = home / "clock"
    for name, own in stage.trustees.items():
        own.vault.content = prepared.vaults[name]


def judge(prepared: Town, made: Settings, receipts: list[dict[str, Any]], bids: list[dict[str, Any]]) -> None:
    """fsck finds nothing, and the bids that were opened are exactly those of the receipts."""
    assert upkeep.fsck(made) == []
    leaves = sorted(receipt["acceptance"]["object"]["leaf"] for receipt in receipts)
    assert sorted(bid["accepted"] for bid in bids) == leaves
