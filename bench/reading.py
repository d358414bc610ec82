"""Public pages from a database of many notices: lists, searches and lots, made anew and kept; and a live opening.

The notices are copies of one that was really published, each with a title of its own, and listed by the very function
that lists a published one.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, insert, select

from api.desk import Desk
from bench import load
from bench.figures import Figure, Sizes
from notary import chance, clock
from notary.rows import entries
from tests.serving import Process, Site, site
from tests.stage import TENDER, Stage
from trading.acts import listing
from trading.rows import tenders

_PLACES: Final = ("零陵区", "冷水滩区", "祁阳市", "东安县", "双牌县", "道县", "江永县", "宁远县", "蓝山县", "新田县")
_THINGS: Final = (
    "排水管网改造",
    "教学楼加固",
    "停车泊位建设",
    "道路养护",
    "景观提升",
    "信息系统运维",
    "垃圾分类设施",
    "桥梁维修",
)
_REGIONS: Final = ("431102", "431103", "431181", "431122", "431123", "431124", "431125", "431126", "431127", "431128")
_STAGES: Final = ("awarded",) * 17 + ("publicity", "failed", "open")
_CLIENTS: Final = 16
_PROCESSES: Final = 2
_BATCH: Final = 1000
_SEARCHES: Final = (
    "/notices",
    "/notices?q=%E6%8E%92%E6%B0%B4",
    "/notices?q=%E9%81%93%E8%B7%AF%E5%85%BB%E6%8A%A4&region=431126",
    "/notices?stage=open&sort=deadline",
    "/notices?category=construction&region=431100&stage=publicity",
    "/notices?q=%E6%A1%A5%E6%A2%81+%E7%BB%B4%E4%BF%AE&stage=awarded",
)


def measure(sizes: Sizes, folder: Path, database_url: str, database: str) -> list[Figure]:
    """The figures of one database."""
    with site(folder / "home", database_url, pace=1) as made:
        stage = Stage(made, folder / "parties")
        stage.publish()
        stage.settle()
    with site(folder / "home", database_url, ticking=False) as made:
        _copy(made.desk, sizes.notices)
    os.environ["SUNBID_DEMONSTRATION_CLOCK"] = str(folder / "home" / "clock")
    process = Process(folder / "home", database_url, {"SUNBID_PACE_SECONDS": "86400"}, processes=_PROCESSES)
    process.start()
    try:
        return list(_figures(process, sizes, folder, database))
    finally:
        process.kill()


def measure_live(sizes: Sizes, folder: Path, database_url: str) -> Figure:
    """How late the last of many readers of an opening has an event, from the commit of the act on."""
    with site(folder / "home", database_url, pace=1) as running:
        stage = Stage(running, folder / "parties")
        stage.publish()
        late = asyncio.run(_watched(running, stage, sizes.readers))
    name = f"event at the last of {sizes.readers:,} live readers"
    return Figure(name, "ms", (late * 1000,), aim=1000.0, less=True, where="the poller's pace is 500 ms of it")


def _figures(process: Process, sizes: Sizes, folder: Path, database: str) -> Iterator[Figure]:
    lots = [f"/lots/{_code(number)}" for number in range(0, sizes.notices, max(1, sizes.notices // sizes.pages))]
    # Each address another one, so that no page is kept: the worst that readers can do.
    lists = [f"{path}{'&' if '?' in path else '?'}n={n}" for n in range(sizes.pages) for path in _SEARCHES][
        : sizes.pages
    ]
    # Until all processes are up.
    _send(process, folder, [_fresh("/notices", -number) for number in range(_CLIENTS * _CLIENTS)])
    for name, paths in (("lists and searches", lists), ("lots", lots)):
        runs = [_send(process, folder, [_fresh(path, run) for path in paths]) for run in range(sizes.runs)]
        yield Figure(
            f"{name} made anew, {sizes.notices:,} notices, {_CLIENTS} clients, {_PROCESSES} processes, p95, {database}",
            "ms",
            tuple(one.percentile(95) * 1000 for one in runs),
            aim=50.0,
            less=True,
            where=f"{_rate(runs)} pages/s; one page alone {_alone(process, folder, paths)} ms",
        )
    kept = [_send(process, folder, ["/notices"] * sizes.pages * 4) for _ in range(sizes.runs)]
    yield Figure(f"kept page, {_PROCESSES} processes, {database}", "1/s", tuple(one.rate for one in kept), aim=2000.0)


def _fresh(path: str, run: int) -> str:
    return f"{path}{'&' if '?' in path else '?'}run={run}"


def _send(process: Process, folder: Path, paths: Sequence[str], clients: int = _CLIENTS) -> load.Load:
    requests = [f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n\r\n" for path in paths]
    return load.send(process.port, clients, requests, folder)


def _rate(runs: Sequence[load.Load]) -> str:
    return f"{sum(one.rate for one in runs) / len(runs):,.0f}"


def _alone(process: Process, folder: Path, paths: Sequence[str]) -> str:
    found = _send(process, folder, [_fresh(path, 999) for path in paths[:100]], clients=1)
    return f"{found.percentile(50) * 1000:.1f}"


def _code(number: int) -> str:
    return f"YZ-{_REGIONS[number % len(_REGIONS)]}-GC-2025-{number:06d}"


def _copy(desk: Desk, count: int) -> None:
    """So many notices in the database, published one minute after the other."""
    with desk.work.unit() as unit:
        row = unit.connection.execute(select(tenders).where(tenders.c.tender == TENDER)).one()._asdict()
        notice = unit.connection.execute(
            select(entries).where(entries.c.tender == TENDER, entries.c.kind == "tender_published")
        ).one()
        entry = {name: value for name, value in notice._asdict().items() if name != "serial"}
    for first in range(0, count, _BATCH):
        with desk.work.unit() as unit:
            numbers = range(first, min(first + _BATCH, count))
            _insert(unit.connection, [_tender(row, number) for number in numbers], entry)
    with desk.work.unit() as unit:
        listing.fill(unit.connection)
        unit.connection.exec_driver_sql("ANALYZE")


def _tender(row: Mapping[str, Any], number: int) -> dict[str, Any]:
    place = number % len(_PLACES)
    title = f"{_PLACES[place]}{_THINGS[number % len(_THINGS)]}工程第{number}标段"
    content = json.loads(row["content"]) | {"tender": _code(number), "title": title, "region": _REGIONS[place]}
    return dict(row) | {
        "tender": _code(number),
        "title": title,
        "stage": _STAGES[number % len(_STAGES)],
        "content": json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")),
        "deadline": row["deadline"] - timedelta(minutes=number),
        "published_at": row["published_at"] - timedelta(minutes=number),
        "created_at": row["created_at"] - timedelta(minutes=number),
        "due_at": None,
    }


def _insert(connection: Connection, rows: Sequence[dict[str, Any]], entry: Mapping[str, Any]) -> None:
    connection.execute(insert(tenders), list(rows))
    connection.execute(
        insert(entries), [dict(entry) | {"tender": one["tender"], "commitment": chance.token().hex()} for one in rows]
    )


async def _watched(running: Site, stage: Stage, readers: int) -> float:
    """Seconds from an act's commit until the last reader has it."""
    port = int(running.url.rpartition(":")[2])
    here = [await _reader(port, stage.tender) for _ in range(readers)]
    await asyncio.gather(*(_event(reader) for reader, _ in here))
    waiting = [asyncio.create_task(_event(reader)) for reader, _ in here]
    await asyncio.to_thread(stage.supervisor.post, f"/tenders/{stage.tender}/holds", {"reason": "测量"})
    begun = clock.monotonic()
    await asyncio.gather(*waiting)
    late = clock.monotonic() - begun
    for _, writer in here:
        writer.close()
    return late


async def _reader(port: int, tender: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /openings/{tender}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    await writer.drain()
    return reader, writer


async def _event(reader: asyncio.StreamReader) -> None:
    while not (await reader.readline()).startswith(b"data: {"):
        pass
