"""Letters are sent: taken in one unit, sent outside any, noted in another.

A letter is taken with the time of its next try already set: whoever dies between sending and noting leaves it waiting,
and it is sent once more then, under the same Message-ID. So each is sent at least once, and again only after a death or
an answer that was lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage

import structlog
from sqlalchemy import select, update

from api.desk import Desk
from api.mail import compose, letters, outlets
from api.mail.outlets import NotDeliveredError
from api.rows import letters as rows
from notary.rows import AnyRow
from notary.work import Unit

_BATCH = 50
_FIRST = timedelta(minutes=1)
_LONGEST = timedelta(hours=1)
#: After this a letter that nobody takes is given up, and shown to the administrator.
GIVEN_UP = timedelta(days=3)

_log = structlog.get_logger()


@dataclass(frozen=True)
class _Taken:
    letter: str
    kind: str
    message: EmailMessage


def run(desk: Desk) -> None:
    """Write the letters of what happened, and send what is due. Without a way out nothing is written or sent."""
    if not desk.settings.mail.on:
        return
    letters.write_all(desk.work)
    while taken := _take(desk):
        _send(desk, taken)


def retry(unit: Unit) -> None:
    """Try all that was given up or waits, now."""
    unit.connection.execute(
        update(rows)
        .where(rows.c.state.in_(("failed", "waiting")))
        .values(state="waiting", next_at=unit.now, made_at=unit.now, tries=0)
    )


def wait_after(tries: int) -> timedelta:
    """How long until the next try: a minute, doubled each time, up to an hour."""
    return min(_FIRST * (1 << min(tries, 10)), _LONGEST)


def _take(desk: Desk) -> list[_Taken]:
    now = desk.work.now()
    with desk.work.reading() as connection:
        due = select(rows.c.letter).where(rows.c.state == "waiting", rows.c.next_at <= now)
        if connection.execute(due.limit(1)).first() is None:
            return []
    with desk.work.unit(letters.LOCK) as unit:
        due_now = select(rows).where(rows.c.state == "waiting", rows.c.next_at <= unit.now)
        found = unit.connection.execute(due_now.order_by(rows.c.next_at, rows.c.letter).limit(_BATCH)).all()
        return [taken for row in found if (taken := _taken(unit, desk, row))]


def _taken(unit: Unit, desk: Desk, row: AnyRow) -> _Taken | None:
    message = compose.message(unit.connection, desk, row)
    if message is None:
        _note(unit, row.letter, "sent", "nothing")  # to nobody, or of what is no more: nothing is left to send
        return None
    values = {"tries": row.tries + 1, "next_at": unit.now + wait_after(row.tries)}
    unit.connection.execute(update(rows).where(rows.c.letter == row.letter).values(values))
    return _Taken(row.letter, row.kind, message)


def _send(desk: Desk, taken: list[_Taken]) -> None:
    try:
        with outlets.opened(desk.settings.mail) as send:
            for one in taken:
                _send_one(desk, send, one)
    except NotDeliveredError as error:
        _log.warning("mail_server_away", answer=error.answer)
        with desk.work.unit() as unit:
            for one in taken:
                _failed(unit, one, error)


def _send_one(desk: Desk, send: outlets.Send, one: _Taken) -> None:
    try:
        send(one.message)
    except NotDeliveredError as error:
        if error.gone:
            raise
        _log.warning("letter_not_taken", letter=one.letter, kind=one.kind, answer=error.answer)
        with desk.work.unit() as unit:
            _failed(unit, one, error)
        return
    with desk.work.unit() as unit:
        _note(unit, one.letter, "sent", "")


def _failed(unit: Unit, one: _Taken, error: NotDeliveredError) -> None:
    made_at: datetime | None = unit.connection.scalar(
        select(rows.c.made_at).where(rows.c.letter == one.letter, rows.c.state == "waiting")
    )
    if made_at is not None:
        lost = error.lasting or unit.now - made_at > GIVEN_UP
        _note(unit, one.letter, "failed" if lost else "waiting", error.answer)


def _note(unit: Unit, letter: str, state: str, answer: str) -> None:
    unit.connection.execute(update(rows).where(rows.c.letter == letter).values(state=state, answer=answer))
