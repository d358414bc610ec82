"""Accounts of people: how they sign in by name, and what else they have to show.

Once a person has a second factor, its password alone never suffices again: not for signing in, not for confirming.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from api import auth, codes, sessions
from api.mail import addresses
from api.marks import Marks
from api.rows import accounts, authenticators, claims, identities, passkeys, recovery_codes, tokens
from notary.errors import Conflict, Forbidden, Malformed, Unknown
from notary.work import Unit
from trading.rows import people

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{2,63}", re.ASCII)
_NOBODY = "-"
KINDS = {"authenticator": authenticators, "passkey": passkeys}
_FACTORS = KINDS | {"identity": identities}


@dataclass(frozen=True)
class Account:
    """password: its hash, or None for one that has only passkeys."""

    person: str
    login: str
    password: str | None


def login_of(text: str) -> str:
    """A login name as it is stored: small letters. Raises Malformed."""
    login = text.lower()
    if not _LOGIN.fullmatch(login):
        raise Malformed(
            "login_wrong",
            "登录名为 3 至 64 个字母、数字或 . _ @ + -，以字母或数字开头。",
            "A login name has 3 to 64 letters, digits or . _ @ + - and begins with a letter or digit.",
            field="login",
        )
    return login


def found(connection: Connection, login: str) -> Account | None:
    """The account of a login name."""
    return _account(connection, accounts.c.login == login.lower())


def of(connection: Connection, person: str) -> Account | None:
    """The account of a person."""
    return _account(connection, accounts.c.person == person)


def make(unit: Unit, person: str, login: str, password: str | None) -> None:
    """Make a person's account. password: its hash. Raises Conflict (login_used, account_there)."""
    if of(unit.connection, person) is not None:
        raise Conflict("account_there", "您已有账户，请直接登录。", "You have an account already: sign in.")
    if found(unit.connection, login) is not None:
        raise Conflict(
            "login_used", "该登录名已被使用，请换一个。", "That login name is taken: choose another.", field="login"
        )
    row = {"person": person, "login": login, "password": password, "made_at": unit.now, "changed_at": unit.now}
    unit.connection.execute(insert(accounts).values(row))


def claim(unit: Unit, secret: str, login: str, password: str | None) -> str:
    """Make the account of whoever holds a one-time link; the person. Raises Conflict (claim_used, …)."""
    person = auth.take_claim(unit, secret)
    make(unit, person, login, password)
    return person


def enter(unit: Unit, marks: Marks, account: Account | None, *, right: bool, code: str) -> bool:
    """Whether the session is a strong one, for the right password and code. Raises Forbidden (sign_in_wrong).

    Unknown, wrong, without a code: all are one refusal, and each asks the database the same.
    """
    person = account.person if account else _NOBODY
    second = has_second(unit.connection, person)
    if not right or account is None or (second and not codes.use(unit, marks, person, code)):
        raise Forbidden(
            "sign_in_wrong",
            "登录名、密码或验证码不正确。已设置第二因素的，请一并填写验证码。",
            "Login name, password or code is wrong. If you have a second factor, its code is needed too.",
        )
    return second


def has_second(connection: Connection, person: str) -> bool:
    """Whether a person has an authenticator or a passkey."""
    counts = [
        connection.scalar(select(func.count()).select_from(table).where(table.c.person == person))
        for table in KINDS.values()
    ]
    return any(counts)


def factors(connection: Connection, person: str) -> list[dict[str, Any]]:
    """A person's authenticators, passkeys and identities elsewhere: kind, id, name, added_at."""
    return [
        {"kind": kind, "id": row.id, "name": row.name, "added_at": row.added_at}
        for kind, table in _FACTORS.items()
        for row in connection.execute(
            select(table.c[kind].label("id"), table.c.name, table.c.added_at)
            .where(table.c.person == person)
            .order_by(table.c.added_at)
        )
    ]


def remove_factor(unit: Unit, person: str, kind: str, factor: str) -> None:
    """Take one of a person's factors away. Raises Unknown, Conflict (last_factor: there is no other way in)."""
    table = _FACTORS.get(kind)
    if table is None:
        raise _no_factor()
    done = unit.connection.execute(delete(table).where(table.c[kind] == factor, table.c.person == person))
    if done.rowcount != 1:
        raise _no_factor()
    account = of(unit.connection, person)
    if not has_second(unit.connection, person) and (account is None or account.password is None):
        raise Conflict(
            "last_factor",
            "这是您唯一的登录方式，请先设置密码或添加另一因素。",
            "That is your only way in: set a password or add another factor first.",
        )


def set_password(unit: Unit, person: str, password: str, keep: str) -> None:
    """Set the hash of a new password, and end all other sessions than `keep`. Raises Unknown without an account."""
    done = unit.connection.execute(
        update(accounts).where(accounts.c.person == person).values(password=password, changed_at=unit.now)
    )
    if done.rowcount != 1:
        raise no_account()
    sessions.end_others(unit, person, keep)


def wipe(unit: Unit, person: str) -> None:
    """Nothing that this person had lets anybody in any more, and no address is kept."""
    addresses.remove(unit, person)
    for table in (accounts, authenticators, identities, passkeys, recovery_codes):
        unit.connection.execute(delete(table).where(table.c.person == person))
    shut(unit, person)


def shut(unit: Unit, person: str) -> None:
    """End the person's sessions, tokens and unused links; it may sign in again."""
    sessions.end_others(unit, person)
    unit.connection.execute(
        update(tokens).where(tokens.c.person == person, tokens.c.revoked_at.is_(None)).values(revoked_at=unit.now)
    )
    unit.connection.execute(
        update(claims).where(claims.c.person == person, claims.c.used_at.is_(None)).values(used_at=unit.now)
    )


def person_name(connection: Connection, person: str) -> str:
    """The name of a person."""
    return str(connection.scalar(select(people.c.name).where(people.c.person == person)))


def no_account() -> Unknown:
    """The refusal for who came in otherwise, as in a demonstration or by another provider."""
    return Unknown(
        "no_account",
        "您没有本系统的登录名和密码（经由演示入口或其他认证方式登录）。",
        "You have no login name and password here: you came in by the demonstration or another provider.",
    )


def _account(connection: Connection, condition: Any) -> Account | None:
    row = connection.execute(select(accounts).where(condition)).one_or_none()
    return Account(row.person, row.login, row.password) if row else None


def _no_factor() -> Unknown:
    return Unknown("factor_unknown", "没有这个登录因素。", "There is no such factor.")
