"""Bids race each other across the deadline, and the closing races them all (招标投标法28)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select, update

from bidding.acts import closing, submission
from bidding.acts.submission import Prepared
from bidding.rows import closings
from bidding.signer import ReceiptSigner
from notary import keys, receipts, record
from notary.errors import Held
from notary.rows import entries
from notary.work import Lock, Work, open_engine
from tests.copies import Original, original
from tests.race.field import Entrant, Field, field
from tests.serving import ORIGIN, site
from tests.stage import Stage
from trading.rows import tenders

pytestmark = pytest.mark.race

RUNS = 10
WRITERS = 20
EACH = 8
#: From the start to the deadline; the last bids are sent half as long after it.
AHEAD = timedelta(seconds=0.4)


@dataclass(frozen=True)
class Course:
    """One run's own database, and what runs in it."""

    work: Work
    field: Field
    signer: ReceiptSigner
    start: threading.Barrier
    deadline: Future[datetime]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def prepared(
    request: pytest.FixtureRequest, postgres: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Original, Field]]:
    """A published lot with its bidders, to be copied for each run."""
    folder = tmp_path_factory.mktemp("race")
    with original(folder / "home", request.param, postgres) as made:
        with site(made.home, made.database_url) as running:
            found = field(Stage(running, folder / "parties"), WRITERS * EACH)
        yield made, found


def test_every_receipt_is_in_the_closing_list(prepared: tuple[Original, Field], tmp_path: Path) -> None:
    made, entered = prepared
    for run in range(RUNS):
        home = tmp_path / str(run)
        with made.copied(home) as url:
            _race(url, entered, keys.load_or_create(home / "keys" / "receipt.key"))


def _race(url: str, entered: Field, receipt_key: Ed25519PrivateKey) -> None:
    engine = open_engine(url, pool_size=WRITERS + 2)
    work = Work(engine, ORIGIN, demonstration=True)
    try:
        start, signer = threading.Barrier(WRITERS + 2), ReceiptSigner(ORIGIN, demonstration=True, key=receipt_key)
        course = Course(work, entered, signer, start, Future())
        with ThreadPoolExecutor(WRITERS + 2) as pool:
            lanes = [entered.entrants[first::WRITERS] for first in range(WRITERS)]
            writers = [pool.submit(_write, course, lane) for lane in lanes]
            closers = [pool.submit(_close, course) for _ in range(2)]
            told = [answer for writer in writers for answer in writer.result()]
            assert sum(closer.result() for closer in closers) == 1
        _judge(course, told)
    finally:
        engine.dispose()


def _started(course: Course) -> datetime:
    """The deadline, once all are at the line: the first there has set it."""
    if course.start.wait() == 0:
        with course.work.unit(Lock(course.field.tender)) as unit:
            deadline = unit.now + AHEAD
            unit.connection.execute(update(tenders).values(deadline=deadline, due_at=deadline))
        course.deadline.set_result(deadline)
    return course.deadline.result()


def _close(course: Course) -> bool:
    """Close as soon as the hour has come, as the tick does; whether it was this one that closed."""
    deadline = _started(course)
    while course.work.now() < deadline:
        time.sleep(0.001)
    with course.work.unit(Lock(course.field.tender)) as unit:
        return closing.close(unit, course.field.tender) is not None


def _write(course: Course, lane: Sequence[Entrant]) -> list[tuple[Entrant, Prepared, Any]]:
    """Send a lane's bids at an even pace, each third one withdrawn at once; every receipt that was given."""
    _started(course)
    first, pace = time.monotonic(), 1.5 * AHEAD.total_seconds() / (len(lane) - 1)
    told = []
    for number, entrant in enumerate(lane):
        time.sleep(max(0.0, first + number * pace - time.monotonic()))
        told.append((entrant, entrant.bid, _accept(course, entrant, entrant.bid)))
        if number % 3 == 0 and told[-1][2]["acceptance"]["object"]["type"] == receipts.ACCEPTANCE:
            told.append((entrant, entrant.withdrawal, _accept(course, entrant, entrant.withdrawal)))
    return told


def _accept(course: Course, entrant: Entrant, what: Prepared) -> dict[str, Any]:
    while True:
        try:
            with course.work.unit(Lock(course.field.tender, shared=True)) as unit:
                return submission.accept(unit, entrant.caller, what, course.signer)
        except Held as held:
            if held.reason != "busy":
                raise


def _judge(course: Course, told: Sequence[tuple[Entrant, Prepared, Any]]) -> None:
    accepted, late = {}, 0
    for own, what, receipt in told:
        checked = receipts.check(receipt, course.field.anchors, own.public_key)
        assert checked.refused == (checked.moment >= course.deadline.result())
        if checked.refused:
            late += 1
        else:
            accepted[receipt["acceptance"]["object"]["leaf"]] = what
    assert accepted, "nobody was in time: this was no race"
    assert late, "nobody was late: this was no race"
    withdrawn = {what.statement.replaces for what in accepted.values() if what.withdrawal}
    standing = {leaf for leaf, what in accepted.items() if not what.withdrawal and what.id not in withdrawn}
    _check_list(course, standing)


def _check_list(course: Course, standing: set[str]) -> None:
    with course.work.reading() as connection:
        leaf, count = connection.execute(select(closings.c.leaf, closings.c.count)).one()
        closed = record.load(connection, leaf)
        order = connection.execute(select(entries.c.kind).order_by(entries.c.serial)).scalars().all()
    assert len(closed.body["accepted"]) == closed.body["count"] == count == len(standing)
    assert set(closed.body["accepted"]) == standing
    after = order[order.index("lot_closed") :]
    assert {"bid_accepted", "bid_withdrawn"}.isdisjoint(after), "accepted after the close leaf"
    assert "bid_refused" in after
