"""Codes as second factor: of an authenticator app (RFC 6238, each once), and recovery codes on paper (each once)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime

import pyotp
from sqlalchemy import Connection, delete, func, insert, select, update

from api.marks import Marks
from api.rows import authenticators, recovery_codes
from notary import chance
from notary.errors import Forbidden, Malformed
from notary.work import Unit

PERIOD = 30
#: The clock of a telephone may be half a minute off.
_DRIFT = (-1, 0, 1)
_DIGITS = re.compile(r"[0-9]{6}", re.ASCII)
_PAPER = re.compile(r"[A-Z2-7]{25}", re.ASCII)
CODES = 10
_ISSUER = "Sunbid"


@dataclass(frozen=True)
class Offer:
    """A new authenticator that is not added yet. text: its secret in base32; uri: for the app."""

    text: str
    uri: str


def offer(login: str) -> Offer:
    """A new secret of 160 bits (RFC 4226, 4)."""
    return offered(base64.b32encode(chance.token(20)).decode(), login)


def offered(text: str, login: str) -> Offer:
    """The offer of a secret that was made before."""
    return Offer(text, pyotp.TOTP(text).provisioning_uri(name=login, issuer_name=_ISSUER))


def add(unit: Unit, marks: Marks, person: str, *, text: str, name: str, code: str) -> None:
    """Add an authenticator once it shows its first code. Raises Forbidden (code_wrong)."""
    step = _step(text, code, unit.now)
    if step is None:
        raise Forbidden("code_wrong", "验证码不正确，请核对手机时间后再试。", "That code is wrong.", field="code")
    row = {
        "authenticator": chance.token(16).hex(),
        "person": person,
        "name": name,
        "sealed": marks.seal(person, text.encode()),
        "step": step,
        "added_at": unit.now,
    }
    unit.connection.execute(insert(authenticators).values(row))


def use(unit: Unit, marks: Marks, person: str, code: str) -> bool:
    """Whether this is a code of the person that was not used before; now it is used."""
    plain = re.sub(r"[\s-]", "", code).upper()
    return _use_paper(unit, person, plain) if _PAPER.fullmatch(plain) else _use_app(unit, marks, person, plain)


def _use_app(unit: Unit, marks: Marks, person: str, code: str) -> bool:
    rows = unit.connection.execute(select(authenticators).where(authenticators.c.person == person)).all()
    found = False
    for row in rows:
        step = _step(marks.unseal(person, row.sealed).decode(), code, unit.now)
        if step is not None:
            # Only a later step than the last one: a code that was seen over a shoulder is of no use.
            done = unit.connection.execute(
                update(authenticators)
                .where(authenticators.c.authenticator == row.authenticator, authenticators.c.step < step)
                .values(step=step)
            )
            found = found or done.rowcount == 1
    return found


def _use_paper(unit: Unit, person: str, code: str) -> bool:
    done = unit.connection.execute(
        update(recovery_codes)
        .where(
            recovery_codes.c.sha256 == _paper_hash(person, code),
            recovery_codes.c.person == person,
            recovery_codes.c.used_at.is_(None),
        )
        .values(used_at=unit.now)
    )
    return done.rowcount == 1


def renew_paper(unit: Unit, person: str) -> list[str]:
    """New recovery codes of 125 bits each, shown once; the old ones are gone."""
    unit.connection.execute(delete(recovery_codes).where(recovery_codes.c.person == person))
    made = [base64.b32encode(chance.token(16)).decode()[:25] for _ in range(CODES)]
    rows = [{"sha256": _paper_hash(person, code), "person": person} for code in made]
    unit.connection.execute(insert(recovery_codes), rows)
    return ["-".join(code[at : at + 5] for at in range(0, 25, 5)) for code in made]


def left(connection: Connection, person: str) -> int:
    """How many recovery codes a person still has."""
    wanted = (recovery_codes.c.person == person, recovery_codes.c.used_at.is_(None))
    return connection.scalar(select(func.count()).select_from(recovery_codes).where(*wanted)) or 0


def check_name(name: str, field: str = "name") -> str:
    """The name that a person gives to a factor. Raises Malformed naming `field`."""
    if not 1 <= len(name) <= 100 or not name.isprintable():
        raise Malformed("name_wrong", "名称应为 1 至 100 字。", "A name has 1 to 100 characters.", field=field)
    return name


def _step(text: str, code: str, now: datetime) -> int | None:
    """The time step of a code; every one is compared, in the same time."""
    if not _DIGITS.fullmatch(code):
        return None
    totp, current = pyotp.TOTP(text), int(now.timestamp()) // PERIOD
    right = [current + by for by in _DRIFT if hmac.compare_digest(totp.generate_otp(current + by), code)]
    return right[-1] if right else None


def _paper_hash(person: str, code: str) -> str:
    # 125 random bits: a plain hash is enough.
    return hashlib.sha256(f"{person}\n{code}".encode()).hexdigest()
