"""Opening a lot with many bids, all or nothing, on PostgreSQL and on SQLite; and the verifier over a lot's dossier."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import crowd
from bench.crowd import Submission
from bench.figures import Figure, Sizes, seconds
from bench.verifying import verify
from bidding import hpke
from bidding.acts import opening, submission
from bidding.acts.opening import Read
from bidding.statements import Signed
from notary import clock
from notary.work import Lock
from tests.bidding.example import opening_key
from tests.serving import Site, site
from tests.stage import TRUSTEES, Stage
from trading.caller import Caller


@dataclass(frozen=True)
class Opening:
    """Seconds of each part of an opening."""

    intend: float
    read: float
    disclose: float

    @property
    def seconds(self) -> float:
        """All of it."""
        return self.intend + self.read + self.disclose


class _BrokenOff(Exception):
    """What rolls a disclosure back, so that it can be measured again."""


def measure(sizes: Sizes, folder: Path, database_url: str, database: str) -> Figure:
    """Seconds from a complete quorum to everything disclosed."""
    with closed(folder, database_url, sizes.opened_bids) as stage:
        stage.release(TRUSTEES[0])
        stage.release(TRUSTEES[1])
        runs = [_open(stage, last=number == sizes.runs - 1) for number in range(sizes.runs)]
        bare = [seconds(lambda: _boxes(sizes.opened_bids)) for _ in range(sizes.runs)]
    last = runs[-1]
    return Figure(
        f"opening of {sizes.opened_bids:,} bids, {database}",
        "s",
        tuple(run.seconds for run in runs),
        tuple(bare),
        "their HPKE boxes",
        aim=30,
        less=True,
        where=f"intent {last.intend:.3f} s, reading and deriving again {last.read:.2f} s, "
        f"disclosing {last.disclose:.2f} s.",
    )


def measure_dossier(sizes: Sizes, folder: Path, database_url: str) -> Figure:
    """Seconds of the verifier over the dossier of an opened lot."""
    dossier, anchors = folder / "dossier.zip", folder / "anchors.json"
    with closed(folder, database_url, sizes.dossier_bids) as stage:
        stage.release(TRUSTEES[0])
        stage.release(TRUSTEES[1])
        stage.site.tick()
        dossier.write_bytes(stage.site.client().read(f"/tenders/{stage.tender}/dossier"))
        anchors.write_text(json.dumps(stage.anchors()), "utf-8")
    taken = tuple(seconds(lambda: verify(dossier, anchors)) for _ in range(sizes.runs))
    return Figure(f"verifier, dossier of {sizes.dossier_bids} bids", "s", taken, aim=2, less=True)


@contextmanager
def closed(folder: Path, database_url: str, bids: int, **changes: Any) -> Iterator[Stage]:
    """A lot with that many bids, closed; jobs run only when asked."""
    with site(folder / "home", database_url, ticking=False) as running:
        running.tick()
        stage = Stage(running, folder / "parties")
        stage.publish(**changes)
        desk = running.desk
        lot = crowd.lot_of(desk, stage.tender)
        for one in crowd.lodge(desk, lot, crowd.enrol(desk, bids)):
            _accept(running, stage.tender, one)
        stage.pass_until(clock.parse(stage.clerk.get(f"/tenders/{stage.tender}")["deadline"]))
        # Closing, then its cosigned checkpoint.
        running.tick()
        running.tick()
        yield stage


def _accept(running: Site, tender: str, one: Submission) -> None:
    desk, caller = running.desk, Caller("", one.rival.code, frozenset({"bidder"}))
    signed = Signed(object=one.body["statement"]["object"], signature=one.body["statement"]["signature"])
    with desk.work.reading() as connection:
        prepared = submission.prepare_bid(connection, desk.store, caller, tender, signed, one.body["uploads"])
    with desk.work.unit(Lock(tender, shared=True)) as unit:
        submission.accept(unit, caller, prepared, desk.signer)


def _open(stage: Stage, *, last: bool) -> Opening:
    """The parts of open_lot; all but the last run break off before the commit, and disclose nothing."""
    work, lock = stage.site.desk.work, Lock(stage.tender)
    found: list[Read] = []

    def intend() -> None:
        with work.unit(lock) as unit:
            opening.intend(unit, stage.tender)

    def read() -> None:
        with work.reading() as connection:
            lot = opening.sealed_lot(connection, stage.tender)
        found.extend(opening.read_all(stage.site.desk.store, lot))

    def disclose() -> None:
        with suppress(_BrokenOff), work.unit(lock) as unit:
            opening.disclose(unit, stage.tender, found)
            if not last:
                raise _BrokenOff

    return Opening(seconds(intend), seconds(read), seconds(disclose))


def _boxes(count: int) -> None:
    """What HPKE alone takes for so many bids under three quorums of two: one wrap opened, all three derived again."""
    key = opening_key("T1")
    public = hpke.public_key(key)
    box = hpke.seal(key, public, b"bench", bytes(32))
    for _ in range(count):
        for _ in range(6):
            hpke.seal(key, public, b"bench", bytes(32))
        for _ in range(2):
            hpke.open_box(key, b"bench", box)
