"""Which official looked at what of a lot before its opening, and who read bids' documents after it: for supervisors.

Never in the public log.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select

from notary.work import Unit
from trading.caller import Caller
from trading.rows import access_log, tenders

#: Until here a look may matter: what is public from the start is logged with the rest, so that nobody has to judge.
_BEFORE_OPENING = frozenset({"draft", "proposed", "open", "closed"})
#: What is noted after the opening too: reading the documents of bids, which are never public.
_AFTER = frozenset({"envelope.list"})
OFFICIALS = frozenset({"agency", "supervisor", "expert", "trustee", "administrator"})


#: Looking again within this time is one look.
_AGAIN = timedelta(minutes=10)


def is_new(connection: Connection, caller: Caller, tender: str, seen: str, now: datetime) -> bool:
    """Whether this look is to be noted: by an official, before the opening, and not noted just now."""
    if caller.roles.isdisjoint(OFFICIALS):
        return False
    stage = connection.scalar(select(tenders.c.stage).where(tenders.c.tender == tender))
    noted = select(access_log.c.serial).where(
        access_log.c.tender == tender,
        access_log.c.person == caller.person,
        access_log.c.stage == stage,
        access_log.c.seen == seen,
        access_log.c.seen_at > now - _AGAIN,
    )
    return stage in _BEFORE_OPENING and connection.execute(noted.limit(1)).first() is None


def note(unit: Unit, caller: Caller, tender: str, seen: str) -> None:
    """Note that an official looked: until the opening at anything, after it at bids' documents. seen: the operation."""
    stage = unit.connection.scalar(select(tenders.c.stage).where(tenders.c.tender == tender))
    if (stage in _BEFORE_OPENING) != (seen in _AFTER):
        row = {"tender": tender, "person": caller.person, "stage": stage, "seen": seen, "seen_at": unit.now}
        unit.connection.execute(insert(access_log).values(row))
