"""Bidders of an auction in a process of their own: they wait for the last moments of each countdown, then all bid.

    python -m bench.hall PLAN

PLAN is JSON: ``{"port", "tender", "origin", "seconds", "burst", "last", "bidders": [{"number", "token", "key"}]}``.
key: the seed of the signing key in hex; burst: bids of each countdown, sent evenly over its last `last` seconds. Each
eleventh bid is one that must be refused: a replay, a view that is over, a price too low or no number, a number
that is not the sender's. Prints :class:`Fought` as JSON.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.load import exchange, post
from notary import canonical, chance, clock, signing

_PACE = 0.05
#: Seconds between two bids of the free phase.
_APART = 0.2
_NOTHING = "0" * 64


@dataclass(frozen=True)
class Fought:
    """What the bidders saw: seconds for each answer, how many of each status and reason, the leaves of the accepted.

    seconds: from the first bid to the last answer. busiest: bids sent in the busiest second. wrong: bids made to be
    refused that were accepted.
    """

    seconds: float
    latencies: list[float]
    answers: dict[str, int]
    accepted: list[str]
    busiest: int
    wrong: int

    def percentile(self, percent: int) -> float:
        """The latency that so many per cent of the bids kept below, in seconds."""
        return sorted(self.latencies)[min(len(self.latencies) - 1, len(self.latencies) * percent // 100)]


def fight(plan: Mapping[str, Any], folder: Path) -> Fought:
    """Run the bidders in a process of their own until the time is over."""
    path = folder / "plan.json"
    path.write_text(json.dumps(plan), "utf-8")
    command = [sys.executable, "-m", "bench.hall", str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # nosec B603  # this very module
    return Fought(**json.loads(done.stdout))


@dataclass
class _Bidder:
    number: str
    token: str
    key: Ed25519PrivateKey
    sequence: int = 0
    last: bytes | None = None


@dataclass
class _Hall:
    """The auction as the bidders see it, and what they have done."""

    plan: Mapping[str, Any]
    bidders: Sequence[_Bidder]
    shown: dict[str, Any] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    accepted: list[str] = field(default_factory=list)
    sent: Counter[int] = field(default_factory=Counter)
    wrong: int = 0

    async def watch(self) -> None:
        """Look at the auction again and again."""
        connection = await asyncio.open_connection("127.0.0.1", self.plan["port"])
        path = f"/api/v1/tenders/{self.plan['tender']}/auction"
        while True:
            request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
            _, body = await exchange(*connection, request)
            self.shown = json.loads(body)
            await asyncio.sleep(_PACE)

    async def bid(self, bidder: _Bidder, kind: str) -> None:
        """One bid on a connection of its own bidder; its answer is counted."""
        body = self._body(bidder, kind)
        token = bidder.token
        request = post(f"/api/v1/tenders/{self.plan['tender']}/auction/bids", token, chance.token(16).hex(), body)
        begun = time.perf_counter()
        self.sent[int(begun)] += 1
        reader, writer = await asyncio.open_connection("127.0.0.1", self.plan["port"])
        status, answer = await exchange(reader, writer, request.encode())
        self.latencies.append(time.perf_counter() - begun)
        writer.close()
        told = json.loads(answer)
        if status == 200:
            self.accepted.append(told["acceptance"]["object"]["leaf"])
            self.wrong += kind != "right"
            bidder.last = body
            self.answers["accepted"] += 1
        else:
            self.answers[f"{status} {told.get('reason')}"] += 1

    def _body(self, bidder: _Bidder, kind: str) -> bytes:
        if kind == "replay" and bidder.last is not None:
            return bidder.last
        bidder.sequence += 1
        least = Decimal(self.shown["least"] or "1000000.00")
        statement = {
            "type": "sunbid/auction-bid/1",
            "origin": self.plan["origin"],
            "demonstration": True,
            "tender": self.plan["tender"],
            "lot": "1",
            "bidder": "000000" if kind == "stranger" else bidder.number,
            "price": str(least - 1) if kind in {"low", "replay"} else "NaN" if kind == "nan" else str(least),
            "seen": _NOTHING if kind == "stale" else self.shown["seen"],
            "sequence": bidder.sequence,
        }
        return canonical.dumps({"statement": signing.sign(statement, bidder.key)})


def _kinds() -> Iterator[str]:
    wrong = itertools.cycle(("stale", "low", "stranger", "replay", "nan"))
    for number in itertools.count(1):
        yield next(wrong) if number % 11 == 0 else "right"


async def _fight(plan: Mapping[str, Any]) -> _Hall:
    keys = (Ed25519PrivateKey.from_private_bytes(bytes.fromhex(one["key"])) for one in plan["bidders"])
    bidders = [_Bidder(one["number"], one["token"], key) for one, key in zip(plan["bidders"], keys, strict=True)]
    hall = _Hall(plan, bidders)
    watching = asyncio.create_task(hall.watch())
    turn, kinds = itertools.cycle(bidders), _kinds()
    over, under_way = time.monotonic() + plan["seconds"], []
    while time.monotonic() < over:
        await asyncio.sleep(0.01)
        if hall.shown.get("phase") == "open":
            # Those who may contend have bid before.
            under_way.append(asyncio.create_task(hall.bid(next(turn), next(kinds))))
            await asyncio.sleep(_APART)
        elif _last_moments(hall, plan["last"]):
            for _ in range(plan["burst"]):
                under_way.append(asyncio.create_task(hall.bid(next(turn), next(kinds))))
                await asyncio.sleep(plan["last"] / plan["burst"])
    await asyncio.gather(*under_way)
    watching.cancel()
    return hall


def _last_moments(hall: _Hall, last: float) -> bool:
    """Whether the countdown is about to end."""
    if hall.shown.get("phase") != "timed" or hall.shown["ends_at"] is None:
        return False
    left = clock.parse(hall.shown["ends_at"]) - clock.own_time(demonstration=True)
    return left <= timedelta(seconds=last + _PACE)


def _main(path: Path) -> None:
    begun = time.perf_counter()
    hall = asyncio.run(_fight(json.loads(path.read_text("utf-8"))))
    taken = time.perf_counter() - begun
    busiest = max(hall.sent.values(), default=0)
    fought = Fought(taken, hall.latencies, dict(hall.answers), hall.accepted, busiest, hall.wrong)
    print(json.dumps(asdict(fought)))


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
