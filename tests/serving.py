"""A whole Sunbid for tests: a server in a thread or in a process of its own, on a free port, with real files.

`site(...)` runs it in this process: fast, and the desk is at hand. `Process` runs `sunbid serve` as a user does, so it can
be killed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from api import app, auth, build, jobs
from api.desk import Desk
from api.settings import Settings
from api.tools.client import Client
from tests.servers import free_port
from trading.acts import parties

ORIGIN = "test.sunbid.example/demonstration"
OPERATOR = "91110000600037341L"


def settings(home: Path, database_url: str, **changes: Any) -> Settings:
    """Settings of a demonstration on this home and database."""
    return Settings(
        home=home, database_url=database_url, origin=ORIGIN, demonstration=True, **{"pace": 0.05} | changes
    )


class Site:
    """A running server: its address, its desk, and clients for its people."""

    def __init__(self, url: str, desk: Desk) -> None:
        self.url = url
        self.desk = desk

    def client(self, token: str | None = None) -> Client:
        """A client with a token; the public's without."""
        return Client(self.url, token, demonstration=True)

    def person(self, organisation: str, *roles: str) -> tuple[str, str]:
        """A new person of an organisation: id and token."""
        with self.desk.work.unit() as unit:
            person = parties.add_person(unit, organisation=organisation, name="测试人员", roles=roles)
            token, _ = auth.issue_token(unit, person, days=30)
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
def site(home: Path, database_url: str, *, ticking: bool = True, **changes: Any) -> Iterator[Site]:
    """A server in a thread of this process; with `ticking` False the test ticks by itself."""
    made = settings(home, database_url, **changes)
    build.migrated(made)
    desk = build.desk(made)
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app.create(desk), host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    ticker = jobs.Ticker(desk, made.pace)
    thread.start()
    _wait(f"http://127.0.0.1:{port}")
    if ticking:
        ticker.start()
    try:
        yield Site(f"http://127.0.0.1:{port}", desk)
    finally:
        if ticking:
            ticker.stop()
        server.should_exit = True
        thread.join(10)
        desk.work.engine.dispose()


class Process:
    """`sunbid serve` in a process of its own, which may be killed and started again on the same home."""

    def __init__(self, home: Path, database_url: str, environment: dict[str, str] | None = None) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = os.environ | {
            "SUNBID_HOME": str(home),
            "SUNBID_DATABASE_URL": database_url,
            "SUNBID_ORIGIN": ORIGIN,
            "SUNBID_DEMONSTRATION": "1",
            "SUNBID_PACE_SECONDS": "0.05",
            **(environment or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, **environment: str) -> None:
        """Start and wait until it answers."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "api.cli", "serve", "--port", str(self.port)],
            env=self._environment | environment,
        )
        _wait(self.url, self._process)

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process is not None
        return self._process.pid

    def wait(self, seconds: float) -> int:
        """Wait until it ended by itself; its exit status."""
        assert self._process is not None
        return self._process.wait(seconds)


def _wait(url: str, process: subprocess.Popen[bytes] | None = None) -> None:
    for _ in range(300):
        if process is not None and process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        try:
            if httpx.get(f"{url}/healthz", timeout=1).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError("the server did not come up")
