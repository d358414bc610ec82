"""Letters are written after the fact: from the numbered entries of the record, and from deadlines that come near.

So no act waits for mail or fails by it, and nothing is written of what did not commit. A letter holds no text and no
address: ids only. What is older than two days is no news: after a long outage nobody gets a pile of it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select, update

from api.mail import addresses
from api.mail.kinds import BY_ENTRY, DEADLINE, KINDS, Event, Kind, addressees
from api.rows import letters, mail_progress
from notary import canonical, clock
from notary.rows import AnyRow, entries, numbered
from notary.work import Lock, Unit, Work
from trading.rows import tenders

#: What excludes every other program that writes or takes letters.
LOCK = Lock("mail")
AHEAD = timedelta(hours=24)
NEWS = timedelta(days=2)
_KEPT = timedelta(days=30)
_BATCH = 200
_RECORD, _DEADLINES = "record", "deadlines"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def write_all(work: Work) -> None:
    """Write the letters of what happened since the last time."""
    with work.reading() as connection:
        index, next_index = _reached(connection, _RECORD), _next_index(connection)
    if index != next_index:
        with work.unit(LOCK) as unit:
            _follow_record(unit)
    now = work.now()
    with work.reading() as connection:
        near = _near(connection, *_window(connection, now))
    if near:
        with work.unit(LOCK) as unit:
            _announce_deadlines(unit)


def event_of(connection: Connection, row: AnyRow) -> Event | None:
    """What a letter is about, as it stands in the record; None when it is about no lot or the lot has moved on."""
    lot = connection.execute(
        select(tenders.c.stage, tenders.c.deadline).where(tenders.c.tender == row.tender)
    ).one_or_none()
    if lot is None:
        return None
    if row.kind == DEADLINE:
        # A deadline that was moved or is over: the amendment has told it, or it is too late.
        current = row.event == _deadline_event(row.tender, lot.deadline) and lot.stage == "open"
        return Event(row.tender, "", {}, lot.deadline, lot.stage) if current else None
    found = connection.execute(
        select(entries.c.body, entries.c.time, entries.c.disclosed).where(entries.c.commitment == row.event)
    ).one_or_none()
    if found is None or not (found.disclosed or KINDS[row.kind].sealed):
        return None
    return Event(row.tender, row.event, canonical.loads(found.body.encode()), found.time, lot.stage)


def _follow_record(unit: Unit) -> None:
    index = _reached(unit.connection, _RECORD)
    if index is None:
        # The first time: what happened before there was mail is no news.
        _reach(unit, _RECORD, _next_index(unit.connection))
        return
    rows = unit.connection.execute(
        select(numbered.c.index.label("place"), entries)
        .join(entries, entries.c.serial == numbered.c.serial)
        .where(numbered.c.index >= index)
        .order_by(numbered.c.index)
        .limit(_BATCH)
    ).all()
    for row in rows:
        kind = BY_ENTRY.get(row.kind)
        if kind is not None and (row.disclosed or kind.sealed) and unit.now - row.time < NEWS:
            event = Event(row.tender, row.commitment, canonical.loads(row.body.encode()), row.time, "")
            _write(unit, kind, row.commitment, event)
    if rows:
        _reach(unit, _RECORD, rows[-1].place + 1)
    unit.connection.execute(delete(letters).where(letters.c.state == "sent", letters.c.made_at < unit.now - _KEPT))


def _announce_deadlines(unit: Unit) -> None:
    since, until = _window(unit.connection, unit.now)
    for row in _near(unit.connection, since, until):
        _write(
            unit,
            KINDS[DEADLINE],
            _deadline_event(row.tender, row.deadline),
            Event(row.tender, "", {}, row.deadline, "open"),
        )
    _reach(unit, _DEADLINES, (until - _EPOCH) // _MICROSECOND)


def _write(unit: Unit, kind: Kind, name: str, event: Event) -> None:
    found = addressees(unit.connection, kind, event)
    reached = addresses.confirmed(unit.connection, set(found))
    there = set(unit.connection.scalars(select(letters.c.person).where(letters.c.event == name)))
    to = {person: found[person] for person in sorted(reached - there)}
    addresses.write(unit, kind.name, name, event.tender, to)


def _window(connection: Connection, now: datetime) -> tuple[datetime, datetime]:
    """After what moment, and up to which, deadlines are still to be announced."""
    reached = _reached(connection, _DEADLINES)
    since = now if reached is None else max(now, _EPOCH + reached * _MICROSECOND)
    return since, now + AHEAD


def _near(connection: Connection, since: datetime, until: datetime) -> list[AnyRow]:
    return list(
        connection.execute(
            select(tenders.c.tender, tenders.c.deadline).where(
                tenders.c.stage == "open", tenders.c.deadline > since, tenders.c.deadline <= until
            )
        )
    )


def _deadline_event(tender: str, deadline: datetime) -> str:
    return f"{tender} {clock.text(deadline)}"


def _next_index(connection: Connection) -> int:
    found = connection.scalar(select(func.max(numbered.c.index)))
    return 0 if found is None else found + 1


def _reached(connection: Connection, name: str) -> int | None:
    return connection.scalar(select(mail_progress.c.reached).where(mail_progress.c.name == name))


def _reach(unit: Unit, name: str, reached: int) -> None:
    done = unit.connection.execute(update(mail_progress).where(mail_progress.c.name == name).values(reached=reached))
    if done.rowcount == 0:
        unit.connection.execute(insert(mail_progress).values(name=name, reached=reached))
