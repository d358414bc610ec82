"""The closing and a bid of the same moment, through the server's own handlers and the tick's own act.

One of them is held inside its transaction until the other waits for it: no run of luck decides.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, cast

import pytest
from sqlalchemy import select, text

from api import jobs
from api.tools import bidder, uploads
from bidding.acts import closing, submission
from notary import clock, receipts, record
from notary.rows import entries
from tests.copies import original
from tests.serving import site
from tests.stage import Stage

pytestmark = pytest.mark.race

PRICE = "3680000.00"
PATIENCE = 20
#: One for each test of a database.
TENDERS = 4

Act = Callable[[], dict[str, Any]]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def town(request: pytest.FixtureRequest, postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("locks")
    with (
        original(folder / "home", request.param, postgres) as made,
        site(made.home, made.database_url, ticking=False) as running,
    ):
        if running.desk.work.sqlite:
            running.desk.work._turn = Turn()  # type: ignore[assignment]
        stage = Stage(running, folder / "parties")
        # One after the other, each with its own hour, and all of them before a token expires.
        for number in range(TENDERS):
            stage.tender = f"LOCKS-{number}"
            deadline = stage.now().replace(microsecond=0) + timedelta(days=25, hours=number)
            stage.publish(deadline=clock.text(deadline))
        running.tick()
        yield stage


@pytest.fixture(params=["submit", "withdraw"])
def act(request: pytest.FixtureRequest, town: Stage) -> Act:
    """What a bidder is about to send for a new tender: a bid that is uploaded, or the withdrawal of one that stands."""
    names = [f"LOCKS-{number}" for number in range(TENDERS)]
    town.tender = next(name for name in names if town.clerk.get(f"/tenders/{name}")["stage"] == "open")
    own, path = town.bidder(0), town.seal(town.bidder(0), PRICE)
    if request.param == "withdraw":
        bidder.submit(own, path, lambda _done, _whole: None)
        return lambda: town.withdraw(own)
    uploads.upload(own.client, uploads.read_bid(path), lambda _done, _whole: None)
    return lambda: bidder.submit(own, path, lambda _done, _whole: None)


def test_the_closing_waits_for_a_bid_under_way(town: Stage, act: Act) -> None:
    with ThreadPoolExecutor(2) as pool:
        with held(submission, "accept.written") as inside:
            sent = pool.submit(act)
            assert inside.wait(PATIENCE)
            town.pass_until(town.deadline() + timedelta(seconds=1))
            closed = pool.submit(jobs.close, town.site.desk, town.tender)
            until_one_waits(town, closed)
        receipt, _ = sent.result(), closed.result()
    taken = receipt["acceptance"]["object"]
    assert taken["type"] == receipts.ACCEPTANCE
    kinds, kind = kinds_of(town), receipt["entry"]["head"]["kind"]
    assert kinds.index(kind) < kinds.index("lot_closed")
    assert closing_list(town) == ([taken["leaf"]] if kind == "bid_accepted" else [])


def test_a_bid_waits_for_the_closing_under_way(town: Stage, act: Act) -> None:
    town.pass_until(town.deadline() + timedelta(seconds=1))
    with ThreadPoolExecutor(2) as pool:
        with held(closing, "close.written") as inside:
            closed = pool.submit(jobs.close, town.site.desk, town.tender)
            assert inside.wait(PATIENCE)
            sent = pool.submit(act)
            until_one_waits(town, sent)
        receipt, _ = sent.result(), closed.result()
    assert receipt["acceptance"]["object"]["type"] == receipts.REFUSAL
    kinds = kinds_of(town)
    assert kinds.index("lot_closed") < kinds.index("bid_refused")


@contextmanager
def held(module: Any, failpoint: str) -> Iterator[threading.Event]:
    """Whoever passes this fail point of a module stays there, inside its transaction, until the end of the block.

    The event is set once one is there.
    """
    inside, go = threading.Event(), threading.Event()

    def passing(name: str) -> None:
        if name == failpoint:
            inside.set()
            assert go.wait(PATIENCE)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "failpoint", passing)
        try:
            yield inside
        finally:
            go.set()


class Turn:
    """A lock that says how many wait for it; in place of the one at which SQLite's writers queue in the process."""

    def __init__(self) -> None:
        self.waiting = 0
        self._lock = threading.Lock()
        self._count = threading.Lock()

    def __enter__(self) -> None:
        if self._lock.acquire(blocking=False):
            return
        with self._count:
            self.waiting += 1
        self._lock.acquire()
        with self._count:
            self.waiting -= 1

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def until_one_waits(town: Stage, other: Future[Any]) -> None:
    """Wait until somebody stands before the lock. What is done instead did not wait."""
    town.until(lambda: other.done() or waiting(town))
    assert not other.done(), "it did not wait"


def waiting(town: Stage) -> bool:
    desk = town.site.desk
    if desk.work.sqlite:
        return cast("Turn", desk.work._turn).waiting > 0
    query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with desk.work.reading() as connection:
        return bool(connection.execute(text(query)).scalar_one())


def kinds_of(town: Stage) -> list[str]:
    """The kinds of the tender's entries in the order of their writing."""
    with town.site.desk.work.reading() as connection:
        query = select(entries.c.kind).where(entries.c.tender == town.tender).order_by(entries.c.serial)
        return list(connection.scalars(query))


def closing_list(town: Stage) -> list[str]:
    """The leaves of the closing list."""
    with town.site.desk.work.reading() as connection:
        query = select(entries.c.commitment).where(entries.c.tender == town.tender, entries.c.kind == "lot_closed")
        leaves: list[str] = record.load(connection, connection.execute(query).scalar_one()).body["accepted"]
        return leaves
