"""A whole Sunbid for tests: a server in a thread or in a process of its own, on a free port, with real files.

`site(...)` runs it in this process: fast, and the desk is at hand. `Process` runs `sunbid serve` as a user does, so it
can be killed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from litestar import Litestar

from api import app, auth, build, jobs, logs, upkeep
from api import witness as witnesses
from api.desk import Desk
from api.settings import Settings, WitnessSetting
from api.tools.client import Client
from notary import keys, notes
from tests.servers import free_port
from trading.acts import parties

ORIGIN = "test.sunbid.example/demonstration"
OPERATOR = "91110000600037341L"


def settings(home: Path, database_url: str, **changes: Any) -> Settings:
    """Settings of a demonstration, unless `changes` say otherwise, on this home and database."""
    usual: dict[str, Any] = {"origin": ORIGIN, "demonstration": True, "pace": 0.05}
    return Settings(home=home, database_url=database_url, **usual | changes)


class Site:
    """A running server: its address, its desk, and clients for its people."""

    def __init__(self, url: str, desk: Desk) -> None:
        self.url = url
        self.desk = desk
        self._clients: list[Client] = []

    def client(self, token: str | None = None) -> Client:
        """A client with a token; the public's without. Closed with the site."""
        client = Client(self.url, token, demonstration=self.desk.settings.demonstration)
        self._clients.append(client)
        return client

    def close(self) -> None:
        """Close every client."""
        for client in self._clients:
            client.close()

    def person(self, organisation: str, *roles: str) -> tuple[str, str]:
        """A new person of an organisation: id and token."""
        with self.desk.work.unit() as unit:
            person = parties.add_person(unit, organisation=organisation, name="测试人员", roles=roles)
            token, _ = auth.issue_token(unit, person, days=60)
        return person, token

    def organisation(self, code: str, name: str) -> str:
        """A new organisation; its code."""
        with self.desk.work.unit() as unit:
            parties.add_organisation(unit, code=code, name=name, region="431102")
        return code

    def tick(self) -> None:
        """What the ticker does, now."""
        jobs.tick(self.desk)


@contextmanager
def site(
    home: Path, database_url: str, *, ticking: bool = True, demonstration: bool = True, **changes: Any
) -> Iterator[Site]:
    """A server and a witness in threads of this process; with `ticking` False the test ticks by itself."""
    # Before the first entry is made: a log whose clock went back would stop.
    os.environ["SUNBID_DEMONSTRATION_CLOCK"] = str(home / "clock")
    origin = ORIGIN if demonstration else ORIGIN.removesuffix("/demonstration")
    changes |= {"origin": origin, "demonstration": demonstration}
    log_key = keys.load_or_create(home / "keys" / "log.key")
    log = notes.verifier_key(origin, notes.LOG_KEY, log_key).text
    witness = witnesses.load(home / "witness", "witness.example", [log], demonstration=demonstration)
    with serving(witnesses.create(witness, demonstration=demonstration)) as witness_url:
        made = settings(
            home, database_url, witnesses=(WitnessSetting(witness.vkey, witness_url),), witness_quorum=1, **changes
        )
        logs.configure()
        upkeep.migrate(made)
        with closing(build.desk(made)) as desk, serving(app.create(desk)) as url:
            ticker = jobs.Ticker(desk, made.pace)
            running = Site(url, desk)
            if ticking:
                ticker.start()
            try:
                yield running
            finally:
                running.close()
                if ticking:
                    ticker.stop()


@contextmanager
def serving(application: Litestar) -> Iterator[str]:
    """An application in a thread of this process; its address."""
    port = free_port()
    config = uvicorn.Config(
        application,
        host="127.0.0.1",
        port=port,
        log_level="error",
        proxy_headers=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=600,  # a busy machine may let a client wait for long between two requests
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


def variables(home: Path, database_url: str) -> dict[str, str]:
    """The environment of a demonstration on this home and database."""
    return {
        "SUNBID_HOME": str(home),
        "SUNBID_DATABASE_URL": database_url,
        "SUNBID_ORIGIN": ORIGIN,
        "SUNBID_DEMONSTRATION": "1",
        "SUNBID_PACE_SECONDS": "0.05",
    }


class Process:
    """`sunbid serve` in a process of its own, which may be killed and started again on the same home.

    log: a file for what it writes to stdout and stderr. processes: how many answer.
    """

    def __init__(
        self,
        home: Path,
        database_url: str,
        environment: dict[str, str] | None = None,
        log: Path | None = None,
        processes: int = 1,
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = os.environ | variables(home, database_url) | (environment or {})
        self._log = log
        options = ["--port", str(self.port), "--processes", str(processes)]
        self._command = [sys.executable, "-m", "api.cli", "serve", *options]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, **environment: str) -> None:
        """Start and wait until it answers."""
        with self._log.open("ab") if self._log else nullcontext() as log:
            process = self._process = subprocess.Popen(
                self._command,
                env=self._environment | environment,
                stdout=log,
                stderr=log,
            )
        wait_until_it_answers(self.url, lambda: process.poll() is not None)

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def terminate(self) -> None:
        """SIGTERM, as whoever runs it stops it."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process is not None
        return self._process.pid

    def wait(self, seconds: float) -> int:
        """Wait until it ended by itself; its exit status."""
        assert self._process is not None
        return self._process.wait(seconds)


def wait_until_it_answers(url: str, ended: Callable[[], bool]) -> None:
    """Wait until a server is up. Raises RuntimeError when it has ended, or takes too long."""
    with httpx.Client(base_url=url, timeout=1, verify=False) as http:  # a plain address: no certificates to be read
        for _ in range(300):
            if ended():
                raise RuntimeError("the server ended")
            try:
                if http.get("/healthz").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
    raise RuntimeError("the server did not come up")
