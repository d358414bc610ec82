"""How often somebody may try: counted in the database, under a lock, before anything is compared.

A few attempts are free; then each one doubles the wait, up to a quarter of an hour. Attempts made while waiting are not
counted, so nobody can keep another out for ever; a device that has signed in before has a count of its own, which no
stranger can reach, and passkeys are not counted by account at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from sqlalchemy import ColumnElement, delete, insert, select, update

from api.rows import attempts
from notary.errors import TooMuch
from notary.work import Lock, Unit, Work

#: How many attempts are free, by kind.
FREE = {"account": 5, "device": 5, "person": 5, "address": 50, "register": 10, "mail": 5, "mail_code": 5}
LONGEST = timedelta(minutes=15)
FORGET = timedelta(hours=24)
_SITE = 64


@dataclass(frozen=True)
class Scope:
    """What attempts are counted by: its kind, and a hash of which one."""

    kind: str
    id: str


def scope(kind: str, which: str) -> Scope:
    """The scope of one account, device, person or address. An IPv6 address counts as its /64."""
    return Scope(kind, hashlib.sha256(f"{kind}\n{which}".encode()).hexdigest())


def by_address(kind: str, address: str) -> Scope:
    """The scope of a network address."""
    try:
        found = ip_address(address)
    except ValueError:
        return scope(kind, address)
    if isinstance(found, IPv6Address):
        return scope(kind, str(int(found) >> _SITE))
    return scope(kind, str(found))


def take(work: Work, scopes: Sequence[Scope]) -> None:
    """Count one attempt, before it is made. Raises TooMuch (too_many_attempts) with `seconds` to wait."""
    with work.unit(*(_lock(one) for one in scopes)) as unit:
        rows = {row.scope: row for row in unit.connection.execute(select(attempts).where(_of(scopes)))}
        wait = max((row.until - unit.now for row in rows.values()), default=timedelta())
        if wait > timedelta():
            raise too_many(wait)
        unit.connection.execute(delete(attempts).where(attempts.c.last_at < unit.now - FORGET))
        for one in scopes:
            row = rows.get(one.id)
            fresh = row is None or row.last_at < unit.now - FORGET
            _count(unit, one, 1 if fresh or row is None else row.tries + 1, fresh=fresh)


def forgive(unit: Unit, scopes: Sequence[Scope]) -> None:
    """It was the right person: its own counts are gone, and its address has one less."""
    own = [one for one in scopes if one.kind not in {"address", "register"}]
    unit.connection.execute(delete(attempts).where(_of(own)))
    shared = [one for one in scopes if one not in own]
    unit.connection.execute(
        update(attempts)
        .where(_of(shared), attempts.c.tries > 0)
        .values(tries=attempts.c.tries - 1, until=attempts.c.last_at)
    )


def wait_after(count: int, kind: str) -> timedelta:
    """How long nothing is tried after the count-th attempt of a kind."""
    over = count - FREE[kind]
    return min(timedelta(seconds=2 ** min(over, 20)), LONGEST) if over >= 0 else timedelta()


def too_many(wait: timedelta) -> TooMuch:
    """The refusal. It says nothing about whether there is such an account."""
    seconds = int(wait.total_seconds()) + 1
    return TooMuch(
        "too_many_attempts",
        f"尝试次数过多，请 {seconds} 秒后再试。",
        f"Too many attempts: try again in {seconds} seconds.",
        seconds=seconds,
    )


def _count(unit: Unit, one: Scope, count: int, *, fresh: bool) -> None:
    values = {"tries": count, "until": _until(unit.now, count, one.kind), "last_at": unit.now}
    if fresh:
        unit.connection.execute(insert(attempts).values(scope=one.id, **values))
    else:
        unit.connection.execute(update(attempts).where(attempts.c.scope == one.id).values(values))


def _until(now: datetime, count: int, kind: str) -> datetime:
    return now + wait_after(count, kind)


def _of(scopes: Sequence[Scope]) -> ColumnElement[bool]:
    return attempts.c.scope.in_([one.id for one in scopes])


def _lock(one: Scope) -> Lock:
    return Lock(f"attempts/{one.id}")
