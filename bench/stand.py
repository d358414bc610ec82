"""A server like a user's, in a process of its own on a PostgreSQL of its own, with a lot that takes bids."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from api import build
from api import witness as witnesses
from api.settings import WitnessSetting
from notary import keys, notes
from tests.serving import ORIGIN, Process, Site, serving, settings
from tests.stage import Stage


@dataclass(frozen=True)
class Stand:
    """The server's process; the parties of its one lot; PostgreSQL's process id."""

    process: Process
    stage: Stage
    postgres: int


@contextmanager
def stand(folder: Path, database_url: str) -> Iterator[Stand]:
    """A server with a published lot; folder: a new one."""
    home = folder / "home"
    log = notes.verifier_key(ORIGIN, notes.LOG_KEY, keys.load_or_create(home / "keys" / "log.key")).text
    witness = witnesses.load(folder / "witness", "witness.example", [log], demonstration=True)
    with serving(witnesses.create(witness, demonstration=True)) as url:
        link = WitnessSetting(witness.vkey, url)
        # The parties want a clock to move; the server has none, as a real one, which reads no file for the time.
        os.environ["SUNBID_DEMONSTRATION_CLOCK"] = str(home / "clock")
        environment = {
            "SUNBID_WITNESSES": f"{link.vkey}={link.url}",
            "SUNBID_PACE_SECONDS": "1",
            "SUNBID_DEMONSTRATION_CLOCK": "",
        }
        process = Process(home, database_url, environment)
        process.start()
        desk = build.desk(settings(home, database_url, witnesses=(link,), witness_quorum=1))
        site = Site(process.url, desk)
        try:
            stage = Stage(site, folder / "parties")
            stage.publish()
            yield Stand(process, stage, postmaster(database_url))
        finally:
            site.close()
            process.kill()
            desk.work.engine.dispose()


def postmaster(database_url: str) -> int:
    """The process id of the cluster that listens in the folder of this URL."""
    folder = Path(database_url.partition("host=")[2])
    return next(
        process.pid
        for process in psutil.process_iter(["name", "cmdline"])
        if process.info["name"] == "postgres" and str(folder) in process.info["cmdline"]
    )
