"""Acceptance over HTTP on PostgreSQL, bids already uploaded, beside a bare endpoint that inserts one row."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from sqlalchemy import Engine, event

from api import app
from bench import crowd, load
from bench.bare import PATH
from bench.crowd import Submission
from bench.figures import Figure, Sizes
from bench.load import Load
from bench.machine import processor_seconds
from bench.stand import Stand
from notary import chance
from tests.servers import free_port
from tests.serving import ORIGIN, serving


def measure(stand: Stand, sizes: Sizes, folder: Path, database_url: str) -> list[Figure]:
    """Rate and latency. In each run after the first the bids replace those of the run before."""
    desk = stand.stage.site.desk
    lot = crowd.lot_of(desk, stand.stage.tender)
    rivals = crowd.enrol(desk, sizes.bids)
    rounds: list[list[Submission]] = []
    for _ in range(sizes.runs):
        rounds.append(crowd.lodge(desk, lot, rivals, rounds[-1] if rounds else ()))
    traced = crowd.lodge(desk, lot, crowd.enrol(desk, 1, crowd.FIRST + sizes.bids))[0]
    loads, bares, costs = [], [], []
    path = f"/api/v1/tenders/{lot.tender}/bids"
    with _bare(stand, database_url) as bare_port:
        for submissions in rounds:
            requests = [_request(PATH, one) for one in submissions]
            bares.append(load.send(bare_port, sizes.clients, requests, folder))
            before = _costs(stand)
            requests = [_request(path, one) for one in submissions]
            loads.append(load.send(stand.process.port, sizes.clients, requests, folder))
            costs.append([after - was for after, was in zip(_costs(stand), before, strict=True)])
    trips = round_trips(stand, _request(path, traced), folder)
    return _figures(loads, bares, _where(loads, costs, trips))


def round_trips(stand: Stand, request: str, folder: Path) -> int:
    """How often one acceptance waits for PostgreSQL: libpq's own trace of the application in this process."""
    desk = stand.stage.site.desk
    with serving(app.create(desk)) as url, (folder / "trace").open("w+b") as trace:
        port = int(url.rpartition(":")[2])
        httpx.get(f"{url}/healthz")
        _trace(desk.work.engine, trace.fileno())
        load.send(port, 1, [request], folder)
        desk.work.engine.dispose()
        trace.seek(0)
        return trace.read().count(b"ReadyForQuery")


def _trace(engine: Engine, descriptor: int) -> None:
    engine.dispose()
    # A connection made before the trace begins would have its setting up counted.
    event.listen(engine, "checkout", lambda connection, *_: connection.pgconn.trace(descriptor))


def _request(path: str, submission: Submission) -> str:
    return load.post(path, submission.rival.token, chance.token(16).hex(), crowd.encoded(submission))


def _costs(stand: Stand) -> tuple[float, float]:
    return processor_seconds(stand.process.pid), processor_seconds(stand.postgres)


@contextmanager
def _bare(stand: Stand, database_url: str) -> Iterator[int]:
    port = free_port()
    environment = {
        "SUNBID_HOME": str(stand.stage.site.desk.settings.home.parent / "bare"),
        "SUNBID_DATABASE_URL": database_url,
        "SUNBID_ORIGIN": ORIGIN,
        "SUNBID_DEMONSTRATION": "1",
        "PATH": "",
    }
    command = [sys.executable, "-m", "bench.bare", str(port)]
    process = subprocess.Popen(command, env=environment)  # nosec B603  # our own program
    try:
        _wait(port)
        yield port
    finally:
        process.kill()
        process.wait()


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the bare endpoint did not come up")


def _where(loads: list[Load], costs: list[list[float]], trips: int) -> str:
    bids = sum(len(one.latencies) for one in loads)
    server, postgres = (sum(cost[i] for cost in costs) / bids * 1000 for i in (0, 1))
    clients = sum(one.processor_seconds for one in loads) / bids * 1000
    return (
        f"processor time for each: server {server:.2f} ms, PostgreSQL {postgres:.2f} ms, "
        f"clients {clients:.2f} ms; {trips} round trips to the database."
    )


def _figures(loads: list[Load], bares: list[Load], where: str) -> list[Figure]:
    return [
        Figure(
            "acceptance",
            "bids/s",
            tuple(one.rate for one in loads),
            tuple(one.rate for one in bares),
            "one row inserted",
            aim=250,
            ratio_aim=0.5,
            where=where,
        ),
        Figure("acceptance, p50", "ms", tuple(one.percentile(50) * 1000 for one in loads), less=True),
        Figure("acceptance, p99", "ms", tuple(one.percentile(99) * 1000 for one in loads), aim=1000, less=True),
    ]
