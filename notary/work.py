"""The unit of work: lock, moment, changes, entries, jobs; all of it commits together or not at all.

    with work.unit(Lock("YZ-…", shared=True)) as unit:
        ... unit.now ... unit.record(...) ...

**The lock hands out the time**: `unit.now` is the database's clock, read after the lock was granted. A bid's lock is
shared and the closing's exclusive, so no bid can carry a time before the deadline and commit after the closing.

**No time is before the record's.** A clock is set back now and then, by NTP or by hand. What excludes every other act
of a lot is not before any entry of it; what is done side by side asks for `not_before` the last such act.
The differences between SQLite and PostgreSQL (locks, clock) end in this file.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, create_engine, event, func, insert, select, text
from sqlalchemy.exc import OperationalError

from notary import canonical, chance, clock, rows
from notary.entries import Entry
from notary.errors import Held


@dataclass(frozen=True)
class Lock:
    """The lock of one lot (named by tender code) or of one other thing (``"log"``)."""

    name: str
    shared: bool = False

    def key(self) -> int:
        """The signed 64-bit key of PostgreSQL's advisory lock."""
        return int.from_bytes(hashlib.sha256(b"sunbid/lock\n" + self.name.encode()).digest()[:8], "big", signed=True)


class Unit:
    """One open transaction. `now` is aware UTC; `connection` a SQLAlchemy connection; `origin` the log's."""

    def __init__(self, connection: Connection, now: datetime, origin: str, *, demonstration: bool) -> None:
        self.connection = connection
        self.now = now
        self.origin = origin
        self.demonstration = demonstration

    def not_before(self, moment: datetime | None) -> None:
        """Let `now` be no earlier than a moment of the record, if there is one.

        Raises Held (clock_behind_record) when the clock is further behind it than a clock may be.
        """
        if moment is None or moment <= self.now:
            return
        if moment - self.now > clock.TOLERANCE:
            raise Held(
                "clock_behind_record",
                f"时钟早于已有记录（{clock.text(moment)}），未作任何更改；请校时后用同一请求号重试。",
                f"The clock is behind what is on record ({clock.text(moment)}): nothing was changed. Once it is set "
                "right, try again with the same key.",
            )
        self.now = moment

    def record(
        self, kind: str, tender: str, lot: str, body: dict[str, Any], *, disclosed: bool, time: datetime | None = None
    ) -> Entry:
        """Write an entry as a pending leaf; it gets its index from the sequencer (notary.publish)."""
        entry = Entry(kind, tender, lot, time or self.now, body, chance.token(), chance.token())
        row = {
            "commitment": entry.commitment().hex(),
            "kind": kind,
            "tender": tender,
            "lot": lot,
            "time": entry.time,
            "head_salt": entry.head_salt.hex(),
            "body": entry.text.decode(),
            "body_salt": entry.body_salt.hex(),
            "disclosed": disclosed,
        }
        self.connection.execute(_INSERT_ENTRY, row)
        return entry

    def afterwards(self, job: str, **payload: Any) -> None:
        """Queue a job in the outbox: it exists exactly when this unit commits, and may run twice."""
        self.connection.execute(
            insert(rows.outbox).values(job=job, payload=canonical.dumps(payload).decode(), due_at=self.now)
        )


class Work:
    """Opens units and reads on one database, for the log of one origin."""

    def __init__(self, engine: Engine, origin: str, *, demonstration: bool) -> None:
        self.engine = engine
        self.origin = origin
        self.demonstration = demonstration
        self.sqlite = engine.dialect.name == "sqlite"
        # SQLite's own waiting is not fair; within a process writers queue here instead.
        self._turn = threading.Lock()

    @contextmanager
    def unit(self, *locks: Lock, founding: bool = False) -> Iterator[Unit]:
        """A writing transaction under the locks given. Commits at the end; any exception rolls all of it back.

        founding: there may be no record yet, since this unit makes its tables. Raises Held when a lock is not to be had
        within three seconds, and when the clock is over a second behind the record (clock_behind_record).
        """
        turn = self._turn if self.sqlite else nullcontext()
        try:
            with turn, self.engine.begin() as connection:
                now = self._locked_time(connection, locks)
                unit = Unit(connection, now, self.origin, demonstration=self.demonstration)
                names = [lock.name for lock in locks if not lock.shared]
                if names and not founding:
                    # A statement of its own: one sees what was committed when it began, and taking the lock waited.
                    unit.not_before(connection.execute(_LAST_OF_LOTS, {"lots": names}).scalar_one())
                yield unit
        except OperationalError as error:
            if _is_busy(error):
                raise Held(
                    "busy",
                    "系统繁忙，未作任何更改，请用同一请求号重试。",
                    "Busy: nothing was changed. Try again with the same key.",
                ) from error
            raise

    @contextmanager
    def reading(self, *, patient: bool = False) -> Iterator[Connection]:
        """A transaction that only reads, on one snapshot. patient: for as long as it takes (fsck)."""
        # PostgreSQL's usual level would give every statement a snapshot of its own.
        options = {"sunbid_reading": True} if self.sqlite else {"isolation_level": "REPEATABLE READ"}
        with self.engine.connect().execution_options(**options) as connection, connection.begin():
            if patient and not self.sqlite:
                connection.execute(text("SET LOCAL statement_timeout = 0"))
                connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            yield connection

    @contextmanager
    def glance(self) -> Iterator[tuple[Connection, datetime]]:
        """A connection without a transaction, each statement one round trip on its own snapshot; and roughly the time.

        For deciding who is calling and what may be due, and for preparing what the database checks again under a lock.
        """
        offset = clock.demonstration_offset() if self.demonstration else timedelta()
        options = {"sunbid_reading": True} if self.sqlite else {"isolation_level": "AUTOCOMMIT"}
        with self.engine.connect().execution_options(**options) as connection:
            yield connection, clock.host_time() + offset

    def now(self) -> datetime:
        """The database's time, without a lock: for deciding what is due, never for what counts."""
        with self.reading() as connection:
            return self._locked_time(connection, ())

    def _locked_time(self, connection: Connection, locks: tuple[Lock, ...]) -> datetime:
        moment: datetime
        if self.sqlite:
            # BEGIN IMMEDIATE was the lock; host and database are one machine here.
            moment = clock.host_time()
        else:
            taking = [(_TAKE[lock.shared], {"key": lock.key()}) for lock in sorted(locks, key=Lock.key)]
            for statement, key in taking or [(_CLOCK, {})]:
                moment = connection.execute(statement, key).scalar_one().astimezone(UTC)
        # After the waiting for the lock, like the clock itself.
        return moment + (clock.demonstration_offset() if self.demonstration else timedelta())


def _is_busy(error: OperationalError) -> bool:
    # By code: PostgreSQL's messages are in its operator's language.
    lock_timeout = getattr(error.orig, "sqlstate", None) == "55P03"
    return lock_timeout or getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY


# Statements of the way that every bid takes are made once: making one takes SQLAlchemy longer than sending it.
_INSERT_ENTRY = insert(rows.entries).inline()
# clock_timestamp() and not now(), which is the transaction's start: a check against now() lost 40 of 700 bids at a
# deadline. MATERIALIZED keeps the order: first the lock, then the clock.
_TAKE = {
    False: text(
        "WITH locked AS MATERIALIZED (SELECT pg_advisory_xact_lock(:key)) SELECT clock_timestamp() FROM locked"
    ),
    True: text(
        "WITH locked AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(:key)) SELECT clock_timestamp() FROM locked"
    ),
}
_CLOCK = text("SELECT clock_timestamp()")
_LAST_OF_LOTS = select(func.max(rows.entries.c.time)).where(
    rows.entries.c.tender.in_(bindparam("lots", expanding=True))
)


def open_engine(url: str, *, pool_size: int = 20) -> Engine:
    """An engine for ``sqlite:///file`` or ``postgresql+psycopg://…`` with Sunbid's settings.

    PostgreSQL gives up on a lock after 3 s and on an idle transaction after 5 s.
    """
    if url.startswith("sqlite"):
        return _sqlite(url)
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=5,
        isolation_level="READ COMMITTED",
        hide_parameters=True,  # salts, names: an error that is logged shows none of them
        connect_args={
            "options": "-c lock_timeout=3000 -c idle_in_transaction_session_timeout=5000 -c timezone=UTC "
            "-c statement_timeout=60000"
        },
    )


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": 10, "check_same_thread": False}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _settings(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we begin ourselves, below
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get("sunbid_reading")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def check_durable(engine: Engine) -> None:
    """Refuse a PostgreSQL that may forget what it acknowledged. Raises Held naming the setting.

    With synchronous_commit off, 124 of 35,230 acknowledged bids were lost in a crash test.
    """
    if engine.dialect.name != "postgresql":
        return
    with engine.connect() as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            value = connection.execute(text(f"SHOW {setting}")).scalar_one()
            if value == "off" or (setting == "synchronous_commit" and value == "local"):
                raise Held(
                    "database_not_durable",
                    f"PostgreSQL 的 {setting} 为 {value}，系统拒绝启动。请打开后重启。",
                    f"PostgreSQL has {setting} = {value}; Sunbid does not start. Turn it on and start again.",
                    setting=setting,
                )
