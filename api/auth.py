"""Who is calling: bearer tokens, and the one-time links that give the first one. Only hashes are stored."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from api.rows import claims, tokens
from notary import chance
from notary.errors import Conflict, Forbidden, Unknown
from notary.work import Unit
from trading.caller import Caller
from trading.rows import people, roles

_LINK_LIFE = timedelta(hours=24)


def authenticate(connection: Connection, header: str | None, now: datetime) -> Caller | None:
    """The caller of an ``Authorization: Bearer`` header; None without one.

    Raises Forbidden (token_wrong) for a token that is unknown, expired or revoked: all three look the same.
    """
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    found = connection.execute(_CALLER, {"sha256": _hash(token), "now": now}).all() if scheme == "Bearer" else []
    if not found:
        raise Forbidden("token_wrong", "令牌无效或已过期，请重新登录。", "The token is not valid or has expired.")
    return Caller(found[0].person, found[0].organisation, frozenset(row.role for row in found))


def issue_token(unit: Unit, person: str, days: int) -> tuple[str, datetime]:
    """A new token and when it ends. It is shown once and cannot be found again."""
    token, expires_at = _secret(), unit.now + timedelta(days=days)
    unit.connection.execute(
        insert(tokens).values(sha256=_hash(token), person=person, issued_at=unit.now, expires_at=expires_at)
    )
    return token, expires_at


def issue_claim(unit: Unit, person: str) -> str:
    """A secret for a one-time link, good for a day."""
    claim = _secret()
    unit.connection.execute(insert(claims).values(sha256=_hash(claim), person=person, expires_at=unit.now + _LINK_LIFE))
    return claim


def use_claim(unit: Unit, claim: str) -> tuple[str, str]:
    """Turn a one-time secret into a token: (token, person). Raises Conflict (claim_used) when it is not good."""
    person = take_claim(unit, claim)
    token, _ = issue_token(unit, person, days=90)
    return token, person


def take_claim(unit: Unit, claim: str) -> str:
    """Whose one-time secret it is; it is used now. Raises Conflict (claim_used) when it is not good."""
    row = unit.connection.execute(
        update(claims)
        .where(claims.c.sha256 == _hash(claim), claims.c.used_at.is_(None), claims.c.expires_at > unit.now)
        .values(used_at=unit.now)
        .returning(claims.c.person)
    ).one_or_none()
    if row is None:
        raise Conflict(
            "claim_used",
            "一次性链接无效、已用过或已过期，请管理员重新生成。",
            "The one-time link is wrong, used or expired; ask the administrator for a new one.",
            field="claim",
        )
    return str(row.person)


def tokens_of(connection: Connection, person: str, now: datetime) -> list[dict[str, Any]]:
    """A person's tokens that are good now: the first signs of their hash, and when they begin and end."""
    good = (tokens.c.person == person, tokens.c.revoked_at.is_(None), tokens.c.expires_at > now)
    rows = connection.execute(select(tokens).where(*good).order_by(tokens.c.issued_at))
    return [{"id": row.sha256, "issued_at": row.issued_at, "expires_at": row.expires_at} for row in rows]


def revoke_token(unit: Unit, person: str, token_id: str) -> None:
    """End one of a person's tokens. Raises Unknown for one that is another's, too."""
    done = unit.connection.execute(
        update(tokens)
        .where(tokens.c.sha256 == token_id, tokens.c.person == person, tokens.c.revoked_at.is_(None))
        .values(revoked_at=unit.now)
    )
    if done.rowcount != 1:
        raise Unknown("token_unknown", "没有这个令牌。", "There is no such token.")


def _secret() -> str:
    return "sb_" + base64.urlsafe_b64encode(chance.token()).decode().rstrip("=")


def _hash(token: str) -> str:
    # The token has 256 random bits: a plain hash is enough, and the index look-up on a hash tells a guesser nothing.
    return hashlib.sha256(token.encode()).hexdigest()


_CALLER = (
    select(people.c.person, people.c.organisation, func.coalesce(roles.c.role, "").label("role"))
    .join(tokens, tokens.c.person == people.c.person)
    .join(roles, roles.c.person == people.c.person, isouter=True)
    .where(
        tokens.c.sha256 == bindparam("sha256"),
        tokens.c.expires_at > bindparam("now", type_=tokens.c.expires_at.type),
        tokens.c.revoked_at.is_(None),
    )
)
