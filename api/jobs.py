"""Timed acts. The database says what is due (`tenders.due_at`); this only carries it.

Every job takes ids, opens its own units and may run twice, late, or after a crash in its middle. In the embedded mode
one thread of `sunbid serve` calls `tick`; a queue may call the same functions.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

import structlog
from sqlalchemy import delete, select

from api.desk import Desk
from bidding.acts import auction_opening, auctions, closing, opening
from notary import guard
from notary.errors import Refusal
from notary.failpoints import failpoint
from notary.rows import outbox
from notary.work import Lock
from trading import agenda
from trading.acts import stages

_log = structlog.get_logger()


def tick(desk: Desk) -> None:
    """Do everything that is due now, then sequence and publish the record.

    Raises Held (clocks_disagree): then nothing was closed or opened; the record goes on.
    """
    try:
        run_due(desk)
    finally:
        desk.log.run()


def run_due(desk: Desk) -> None:
    """Every timed act that is due, then the jobs that committed acts left."""
    guard.check_clock(desk.work)
    now = desk.work.now()
    with desk.work.reading() as connection:
        due = agenda.due(connection, now)
    look_at_auctions(desk)
    for tender, act in due:
        run(ACTS[act], desk, tender=tender)
    # After the acts: what a closing ends is destroyed before the checkpoint that holds the closing is out.
    now = desk.work.now()
    with desk.work.reading() as connection:
        left = connection.execute(select(outbox).where(outbox.c.due_at <= now).order_by(outbox.c.serial)).all()
    for row in left:
        # The row goes only after its job is done, so a crash repeats it.
        if run(JOBS[row.job], desk, **json.loads(row.payload)):
            failpoint("outbox.done")
            with desk.work.unit() as unit:
                unit.connection.execute(delete(outbox).where(outbox.c.serial == row.serial))


def look_at_auctions(desk: Desk) -> None:
    """Whatever is due in an auction. A countdown is short, so this also has a thread of its own.

    Raises Held (clocks_disagree): then nothing was done.
    """
    with desk.work.glance() as (connection, now):
        due, sealed = auctions.due(connection, now), auction_opening.due(connection)
    if due or sealed:
        guard.check_clock(desk.work)
    for tender in due:
        run(look, desk, tender=tender)
    for tender in sealed:
        run(open_sealed, desk, tender=tender)


def run(act: Callable[..., None], desk: Desk, **payload: str) -> bool:
    """Whether the act was done. What cannot be done now stays due, and never stops what comes after it."""
    try:
        act(desk, **payload)
    except Refusal as refusal:
        # What passes by itself is a warning; a damaged object waits for the operator.
        say = _log.error if refusal.reason == "object_damaged" else _log.warning
        say("timed_act_waits", act=act.__name__, reason=refusal.reason, facts=refusal.facts, **payload)
    except Exception as error:  # noqa: BLE001  # a fault in one tender must not stop all others
        _log.error("timed_act_failed", act=act.__name__, exc_info=error, **payload)
    else:
        return True
    return False


def close(desk: Desk, tender: str) -> None:
    """Close the lot."""
    with desk.work.unit(Lock(tender)) as unit:
        closing.close(unit, tender)
    failpoint("close.committed")


def open_(desk: Desk, tender: str) -> None:
    """Open the lot when a quorum is complete."""
    opening.open_lot(desk.work, desk.store, tender)


def look(desk: Desk, tender: str) -> None:
    """Do what is due in an auction, and note that the platform is at work."""
    with desk.work.unit(Lock(tender)) as unit:
        auctions.tick(unit, desk.floor, stages.load(unit.connection, tender))


def open_sealed(desk: Desk, tender: str) -> None:
    """Open what an auction has sealed, once a quorum's keys are there."""
    auction_opening.open_due(desk.work, desk.floor, tender)


def destroy(desk: Desk, tender: str) -> None:
    """Delete the bytes that the record calls destroyed."""
    with desk.work.reading() as connection:
        closing.destroy(connection, desk.store, tender)


ACTS = {"close": close, "open": open_}
JOBS = {"destroy": destroy}


#: How often auctions are looked at, in seconds: so much later than due an event may be.
AUCTION_PACE = 0.25


class Ticker:
    """A thread of the embedded mode, which does one thing again and again."""

    def __init__(self, desk: Desk, pace: float, act: Callable[[Desk], None] = tick) -> None:
        self._desk = desk
        self._pace = pace
        self._act = act
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=act.__module__, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the tick under way."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._pace):
            try:
                self._act(self._desk)
            except Refusal as refusal:
                _log.warning("tick_waits", reason=refusal.reason, detail=refusal.en)
            except Exception as error:  # noqa: BLE001  # the thread must live; the log tells why, the next tick retries
                _log.error("tick_failed", exc_info=error)
