"""Where the demonstration plays: its folders, its clock, and operator and witnesses as processes of their own."""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from api.demo import story
from api.tools.files import write_private
from notary import clock, keys, notes
from notary.errors import Held

CLOCK = "SUNBID_DEMONSTRATION_CLOCK"
_START_SECONDS = 180
_STOP_SECONDS = 10


class Folders:
    """Each party has its own place: nothing of the parties lies in the server's folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.anchors = _made(root / "anchors")
        self.attachments = _made(root / "attachments")
        self.bids = _made(root / "bids")
        self.certificates = _made(root / "certificates")
        self.documents = _made(root / "documents")
        self.dossier = _made(root / "dossier")
        self.logs = _made(root / "logs")
        self.mail = _made(root / "mail")
        self.receipts = _made(root / "receipts")
        self.server = _made(root / "server")
        self.vaults = _made(root / "vaults")
        self.witnesses = _made(root / "witnesses")


class DemonstrationClock:
    """The clock that server, witnesses and trustees read: a file with the seconds to add to the host's time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        """Its time."""
        return clock.own_time(demonstration=True)

    def forward(self, moment: datetime) -> None:
        """Go to a moment, unless it is past."""
        if not self._path.exists() or self.now() < moment:
            offset = (moment - clock.host_time()).total_seconds()
            write_private(self._path, str(offset).encode("ascii"))


@dataclass
class Site:
    """Operator and witnesses at work. log_key, witness_keys: their verifier keys; url: of the server."""

    folders: Folders
    url: str = ""
    log_key: str = ""
    witness_keys: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    _ports: dict[str, int] = field(default_factory=dict)
    _programs: ExitStack = field(default_factory=ExitStack)

    def start(self) -> None:
        """Start two witnesses and the server on free ports of this machine, and wait until they answer.

        Started again after a stop they are where they were.
        """
        origin, server = story.ORIGIN, self.folders.server
        self.log_key = notes.verifier_key(origin, notes.LOG_KEY, keys.load_or_create(server / "keys" / "log.key")).text
        ready = [self._witness(name) for name in story.WITNESSES]
        self.witness_keys = tuple(vkey for vkey, _, _ in ready)
        self.environment = {
            "SUNBID_HOME": str(server),
            "SUNBID_ORIGIN": origin,
            "SUNBID_DEMONSTRATION": "1",
            CLOCK: os.environ[CLOCK],
            "SUNBID_WITNESSES": ",".join(f"{vkey}={url}" for vkey, url, _ in ready),
            "SUNBID_PACE_SECONDS": "0.2",
            "SUNBID_PAPER_ROOTS": str(self.folders.certificates / "root.pem"),
        }
        port = self._port("server")
        self.url = f"http://127.0.0.1:{port}"
        self.environment |= {
            "SUNBID_MAIL_FOLDER": str(self.folders.mail),
            "SUNBID_MAIL_FROM": "notices@sunbid.example",
            "SUNBID_MAIL_SITE": self.url,
        }
        self._keep_environment()
        running = self._run("server", ["serve", "--port", str(port)], self.environment)
        for _, url, witness in ready:
            _wait(url, witness)
        _wait(f"{self.url}/healthz", running)

    def _keep_environment(self) -> None:
        """For whoever wants to look at the server again: `(set -a; . ./environment; sunbid serve)`."""
        lines = "".join(f"{name}={shlex.quote(value)}\n" for name, value in self.environment.items())
        (self.folders.server / "environment").write_text(lines, "utf-8")

    def stop(self) -> None:
        """Stop all of them."""
        self._programs.close()

    def administrator_link(self) -> str:
        """What the operator runs on the server's machine: the one-time link to the administrator's token."""
        operator = story.CENTRE
        who = ["--code", operator.code, "--name", operator.zh, "--region", story.REGION]
        done = subprocess.run(  # nosec B603  # our own program, with words of ours
            [*_SUNBID, "admin", "create", "--url", self.url, *who],
            env=_clean() | self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Held(
                "administrator_missing", "未能生成管理员链接。", f"No link was made: {done.stderr.strip()[-300:]}"
            )
        return done.stdout.strip()

    def _witness(self, name: str) -> tuple[str, str, _Program]:
        short = name.partition(".")[0]
        home = self.folders.witnesses / short
        vkey = notes.verifier_key(name, notes.WITNESS_KEY, keys.load_or_create(home / "witness.key")).text
        port = self._port(short)
        arguments = ["--name", name, "--log", self.log_key, "--home", str(home), "--port", str(port), "--demonstration"]
        running = self._run(f"witness-{short}", ["witness", "serve", *arguments], {CLOCK: os.environ[CLOCK]})
        return vkey, f"http://127.0.0.1:{port}", running

    def _port(self, name: str) -> int:
        return self._ports.setdefault(name, _free_port())

    def _run(self, name: str, arguments: list[str], environment: dict[str, str]) -> _Program:
        log = self.folders.logs / f"{name}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(  # nosec B603  # our own program, with words of ours
                [*_SUNBID, *arguments], env=_clean() | environment, stdout=output, stderr=output
            )
        self._programs.callback(_stop, process)
        return _Program(process, log)


@dataclass(frozen=True)
class _Program:
    process: subprocess.Popen[bytes]
    log: Path


_SUNBID = (sys.executable, "-m", "api.cli")


def _made(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def until(met: Callable[[], Any], seconds: float = 120) -> Any:
    """Ask again and again until there is an answer that is not None; the answer. Raises Held (no_answer)."""
    end = clock.monotonic() + seconds
    while (found := met()) is None:
        if clock.monotonic() > end:
            raise Held("no_answer", f"等待 {seconds:.0f} 秒仍无结果。", f"Nothing came of it in {seconds:.0f} s.")
        time.sleep(0.05)
    return found


def _clean() -> dict[str, str]:
    """The environment without settings that the user may have for another Sunbid."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SUNBID_")}


def _wait(url: str, program: _Program) -> None:
    def answers() -> bool | None:
        if program.process.poll() is not None:
            raise Held("not_started", f"程序未能启动，原因见 {program.log}。", f"It did not start: see {program.log}.")
        try:
            httpx.get(url, timeout=1)
        except httpx.TransportError:
            return None
        return True

    until(answers, _START_SECONDS)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
