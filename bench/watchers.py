"""Many who watch an auction, in a process of their own: how late each of them has each change.

    python -m bench.watchers PLAN

PLAN is JSON: ``{"port", "tender", "watchers"}``. Prints ``ready`` once all are there, and when the auction has ended
:class:`Seen` as JSON. A change is late by the time from the oldest bid in it to its arrival.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from notary import clock


@dataclass
class Seen:
    """late: seconds, of each change at each watcher. ends: the id of the state that each had last."""

    late: list[float] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    bytes_each: int = 0

    def percentile(self, percent: int) -> float:
        """How late so many per cent of the changes were at most, in seconds."""
        return sorted(self.late)[min(len(self.late) - 1, len(self.late) * percent // 100)]


class Watching:
    """The process. Ready when made."""

    def __init__(self, plan: Mapping[str, Any], folder: Path) -> None:
        path = folder / "watchers.json"
        path.write_text(json.dumps(plan), "utf-8")
        command = [sys.executable, "-m", "bench.watchers", str(path)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # nosec B603  # this very module
        if self._process.stdout is None or self._process.stdout.readline() != "ready\n":
            raise RuntimeError("the watchers did not come in")

    def seen(self) -> Seen:
        """Wait until the auction has ended for all of them."""
        return Seen(**json.loads(self._process.communicate()[0]))


@dataclass
class _Hall:
    plan: Mapping[str, Any]
    seen: Seen = field(default_factory=Seen)
    #: Id of a state -> when the oldest bid in it that the one before had not was made; None where there is none.
    since: dict[str, datetime | None] = field(default_factory=dict)
    newest: str = ""
    bytes_in: int = 0

    async def watch(self, here: asyncio.Semaphore) -> None:
        """One watcher, until the end."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.plan["port"], limit=1 << 22)
        path = f"/api/v1/tenders/{self.plan['tender']}/auction/events"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        first, ended, id_ = True, False, ""
        while not ended:
            line = await reader.readline()
            self.bytes_in += len(line)
            if line.startswith(b"id: "):
                id_ = line[4:].strip().decode()
            elif line.startswith(b"data: {"):
                arrived = clock.own_time(demonstration=True)
                if id_ not in self.since:
                    self.since[id_] = self._oldest(line)
                since = self.since[id_]
                if not first and since is not None:
                    self.seen.late.append((arrived - since).total_seconds())
                if first:
                    here.release()
                first = False
                ended = b'"phase":"ended"' in line
            elif not line:
                raise RuntimeError("the stream ended before the auction did")
        self.seen.ends.append(id_)
        writer.close()

    def _oldest(self, line: bytes) -> datetime | None:
        """Of the bids that the last state had not, when the oldest was made."""
        made = [one["at"] for one in json.loads(line[6:])["bids"] if one["at"] > self.newest]
        if not made:
            return None
        self.newest = max(made)
        return clock.parse(min(made))


async def _watch(plan: Mapping[str, Any]) -> None:
    hall, here = _Hall(plan), asyncio.Semaphore(0)
    watchers = []
    for _ in range(plan["watchers"]):
        watchers.append(asyncio.create_task(hall.watch(here)))
        # Not all in one moment, as the backlog of a socket is short.
        await asyncio.sleep(0.002)
    for _ in range(plan["watchers"]):
        await here.acquire()
    print("ready", flush=True)
    await asyncio.gather(*watchers)
    hall.seen.bytes_each = hall.bytes_in // plan["watchers"]
    print(json.dumps(asdict(hall.seen)), flush=True)


if __name__ == "__main__":
    asyncio.run(_watch(json.loads(Path(sys.argv[1]).read_text("utf-8"))))
