"""Sessions of browsers: a random secret in a cookie, of which only the hash is stored.

A cookie is sent by the browser whoever made the page that asks for it, so what writes also needs the session's token
(csrf), which only our own pages know.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from api.rows import sessions
from notary import chance
from notary.errors import Forbidden
from notary.work import Unit
from trading.caller import Caller
from trading.rows import organisations, people, roles

COOKIE = "sunbid"
IDLE = timedelta(minutes=30)
LIFE = timedelta(hours=12)
#: For how long a person is believed who has shown its strongest factor: for changes to accounts, roles and keys.
FRESH = timedelta(minutes=10)
#: How many browsers a person may be signed in with; another one ends the oldest.
MOST = 10
#: Roles that nobody acts in who was signed in by a password alone.
STRONG_ROLES = frozenset({"agency", "trustee", "expert", "supervisor", "administrator"})
#: How late `seen_at` may be: reading a page shall not write each time.
SEEN = timedelta(minutes=1)


@dataclass(frozen=True)
class Session:
    """A browser that is signed in. id: the secret's hash. strong: signed in with a second factor or a passkey.

    withheld: roles that the person has but may not act in before it has shown a second factor; not in `caller`.
    """

    id: str
    caller: Caller
    name: str
    organisation_name: str
    strong: bool
    withheld: frozenset[str]
    seen_at: datetime
    ends_at: datetime
    proved_at: datetime
    csrf: str


def begin(unit: Unit, person: str, *, strong: bool, device: str) -> str:
    """A new session's secret: always a new one, so that none can be planted beforehand. device: for the list."""
    _end_oldest(unit, person)
    secret = chance.token().hex()
    row = {
        "session": session_id(secret),
        "person": person,
        "strong": strong,
        "device": device[:200],
        "begun_at": unit.now,
        "seen_at": unit.now,
        "ends_at": unit.now + LIFE,
        "proved_at": unit.now,
    }
    unit.connection.execute(insert(sessions).values(row))
    return secret


def renew(unit: Unit, session: Session, *, strong: bool, device: str) -> str:
    """A new secret for whoever has just proved again who it is; the old one is of no use any more."""
    end(unit, session.id)
    return begin(unit, session.caller.person, strong=strong, device=device)


def find(connection: Connection, secret: str | None, now: datetime) -> Session | None:
    """The session of a cookie; None without one, and for one that is unknown, ended or was idle for too long."""
    if not secret:
        return None
    found = connection.execute(
        select(sessions, people.c.organisation, people.c.name, roles.c.role, organisations.c.name.label("of"))
        .join(people, people.c.person == sessions.c.person)
        .join(organisations, organisations.c.code == people.c.organisation)
        .join(roles, roles.c.person == people.c.person, isouter=True)
        .where(
            sessions.c.session == session_id(secret),
            sessions.c.ended_at.is_(None),
            sessions.c.ends_at > now,
            sessions.c.seen_at > now - IDLE,
        )
    ).all()
    if not found:
        return None
    one = found[0]
    has = frozenset(row.role for row in found if row.role)
    withheld = frozenset() if one.strong else has & STRONG_ROLES
    return Session(
        id=one.session,
        caller=Caller(one.person, one.organisation, has - withheld),
        name=one.name,
        organisation_name=one.of,
        strong=one.strong,
        withheld=withheld,
        seen_at=one.seen_at,
        ends_at=one.ends_at,
        proved_at=one.proved_at or one.begun_at,
        csrf=token(secret),
    )


def touch(unit: Unit, session: str) -> None:
    """It is in use now."""
    unit.connection.execute(update(sessions).where(sessions.c.session == session).values(seen_at=unit.now))


def end(unit: Unit, session: str) -> None:
    """Nobody gets in with it again."""
    unit.connection.execute(update(sessions).where(sessions.c.session == session).values(ended_at=unit.now))


def end_others(unit: Unit, person: str, keep: str = "") -> None:
    """No other browser of this person gets in any more."""
    unit.connection.execute(
        update(sessions)
        .where(sessions.c.person == person, sessions.c.session != keep, sessions.c.ended_at.is_(None))
        .values(ended_at=unit.now)
    )


def live(connection: Connection, person: str, now: datetime) -> list[Any]:
    """The person's sessions that are good now, newest first."""
    good = (sessions.c.ended_at.is_(None), sessions.c.ends_at > now, sessions.c.seen_at > now - IDLE)
    order = (sessions.c.begun_at.desc(), sessions.c.session)
    return list(connection.execute(select(sessions).where(sessions.c.person == person, *good).order_by(*order)))


def check_fresh(session: Session, now: datetime, then: str) -> None:
    """Raise Forbidden (confirm_again) unless the person has just shown its strongest factor. then: its page."""
    if now - session.proved_at > FRESH:
        raise Forbidden(
            "confirm_again",
            "此操作须先再次验证身份，未作任何更改。",
            "Confirm who you are first; nothing was changed.",
            then=then,
        )


def check(session: Session, given: str | None) -> None:
    """Raise Forbidden (csrf) unless what writes carries the session's token."""
    if given is None or not hmac.compare_digest(given.encode(), session.csrf.encode()):
        raise Forbidden(
            "csrf",
            "页面已过期或请求来自其他网站，未作任何更改。请刷新页面后再试。",
            "The page is out of date, or another site sent this; nothing was changed. Load the page again.",
        )


def _end_oldest(unit: Unit, person: str) -> None:
    for row in live(unit.connection, person, unit.now)[MOST - 1 :]:
        end(unit, row.session)


def session_id(secret: str) -> str:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def token(secret: str) -> str:
    """The token that the forms of a session carry."""
    return hashlib.sha256(b"sunbid/csrf\n" + secret.encode()).hexdigest()
