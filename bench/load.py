"""Clients in a process of their own: requests from a file, sent over so many connections, timed one by one.

    python -m bench.load PORT CLIENTS REQUESTS

REQUESTS holds a JSON array of texts, each a whole HTTP/1.1 request. Prints ``{"seconds", "latencies", "statuses",
"processor_seconds"}``. Raw sockets, because a client library would take more of the machine than the server does.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


@dataclass(frozen=True)
class Load:
    """What the clients saw: requests answered per second, seconds for each, how many answers of each status."""

    seconds: float
    latencies: list[float]
    statuses: dict[str, int]
    processor_seconds: float

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.latencies) / self.seconds

    def percentile(self, percent: int) -> float:
        """The latency that so many per cent of the requests kept below, in seconds."""
        return sorted(self.latencies)[min(len(self.latencies) - 1, len(self.latencies) * percent // 100)]


def post(path: str, token: str, key: str, body: bytes) -> str:
    """A whole request."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head + body.decode()


def send(port: int, clients: int, requests: Sequence[str], folder: Path) -> Load:
    """Send all requests from a process of its own. Raises RuntimeError when one was not answered with 200."""
    path = folder / "requests.json"
    path.write_text(json.dumps(requests), "utf-8")
    command = [sys.executable, "-m", "bench.load", str(port), str(clients), str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # nosec B603  # this very module
    load = Load(**json.loads(done.stdout))
    if set(load.statuses) != {"200"}:
        raise RuntimeError(f"answers: {load.statuses}")
    return load


async def _client(port: int, requests: Iterator[bytes], latencies: list[float], statuses: Counter[str]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in requests:
        begun = time.perf_counter()
        status, _ = await exchange(reader, writer, request)
        latencies.append(time.perf_counter() - begun)
        statuses[str(status)] += 1
    writer.close()


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> tuple[int, bytes]:
    """Send a whole request; the status (0 if there is none) and the body of the answer, which states its length."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length, status = _LENGTH.search(head), _STATUS.match(head)
    body = await reader.readexactly(int(length[1]) if length else 0)
    return int(status[1]) if status else 0, body


async def _all(port: int, clients: int, requests: list[bytes]) -> None:
    latencies: list[float] = []
    statuses: Counter[str] = Counter()
    waiting = iter(requests)
    begun = time.perf_counter()
    await asyncio.gather(*(_client(port, waiting, latencies, statuses) for _ in range(clients)))
    taken = time.perf_counter() - begun
    print(
        json.dumps(
            {
                "seconds": taken,
                "latencies": latencies,
                "statuses": statuses,
                "processor_seconds": time.process_time(),
            }
        )
    )


if __name__ == "__main__":
    asyncio.run(
        _all(int(sys.argv[1]), int(sys.argv[2]), [r.encode() for r in json.loads(Path(sys.argv[3]).read_text("utf-8"))])
    )
