"""Where a person wants mail: its own address, confirmed by a code that was sent there before anything else is.

The code is computed from address and moment under the server's own key, and stored nowhere.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from api.marks import Marks
from api.rows import letters, mail_addresses
from notary import chance, clock
from notary.errors import Conflict, Malformed
from notary.rows import AnyRow
from notary.work import Unit
from templates.words import LANGUAGES

#: The kind of the letter that brings the code.
CONFIRM = "confirm"
LASTS = timedelta(hours=24)
_DIGITS = 8
_LONGEST = 254  # RFC 5321 4.5.3.1.3
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(
    rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~-]+)*@{_LABEL}(?:\.{_LABEL})+"
)
_LOCAL = 64


@dataclass(frozen=True)
class Address:
    """A person's address. given_at: when it was set; confirmed: the code came back."""

    person: str
    address: str
    language: str
    given_at: datetime
    confirmed: bool


def of(connection: Connection, person: str) -> Address | None:
    """The address of a person."""
    row = connection.execute(select(mail_addresses).where(mail_addresses.c.person == person)).one_or_none()
    return _address(row) if row else None


def confirmed(connection: Connection, which: set[str]) -> set[str]:
    """Those of the people who have a confirmed address."""
    return set(
        connection.scalars(
            select(mail_addresses.c.person).where(
                mail_addresses.c.person.in_(which), mail_addresses.c.confirmed_at.is_not(None)
            )
        )
    )


def give(unit: Unit, person: str, address: str, language: str) -> None:
    """Set a person's address and language. A new address waits for its code, which is sent; the old one ends.

    Raises Malformed (address_wrong, language_wrong).
    """
    check(address)
    if language not in LANGUAGES:
        raise Malformed("language_wrong", "没有这种语言。", "There is no such language.", field="language")
    known = of(unit.connection, person)
    if known is not None and known.confirmed and known.address == address:
        unit.connection.execute(
            update(mail_addresses).where(mail_addresses.c.person == person).values(language=language)
        )
        return
    remove(unit, person)
    row = {"person": person, "address": address, "language": language, "given_at": unit.now}
    unit.connection.execute(insert(mail_addresses).values(row))
    write(unit, CONFIRM, f"{CONFIRM}/{chance.token(16).hex()}", "", {person: False})


def confirm(unit: Unit, marks: Marks, person: str, code: str) -> None:
    """Confirm the address by its code. Raises Conflict (no_address), Malformed (code_wrong)."""
    known = of(unit.connection, person)
    if known is None or known.confirmed:
        raise Conflict("no_address", "没有等待确认的邮箱。", "There is no address that waits for a code.")
    late = unit.now > known.given_at + LASTS
    if late or not hmac.compare_digest(code.encode(), code_of(marks, known).encode()):
        raise Malformed(
            "code_wrong",
            "验证码不对或已过期；可以重新填写邮箱，再收一封。",
            "The code is wrong or too old; give the address again to get another.",
            field="code",
        )
    unit.connection.execute(
        update(mail_addresses).where(mail_addresses.c.person == person).values(confirmed_at=unit.now)
    )


def remove(unit: Unit, person: str) -> None:
    """Forget a person's address, and what waits to be sent there."""
    unit.connection.execute(delete(mail_addresses).where(mail_addresses.c.person == person))
    unit.connection.execute(delete(letters).where(letters.c.person == person, letters.c.state != "sent"))


def write(unit: Unit, kind: str, event: str, tender: str, to: dict[str, bool]) -> None:
    """Letters of one event to people, each once. to: person -> whether only because of a bid."""
    for person, tells in to.items():
        row = {"letter": chance.token(16).hex(), "kind": kind, "event": event, "tender": tender, "person": person}
        state = {"state": "waiting", "tries": 0, "answer": "", "made_at": unit.now, "next_at": unit.now}
        unit.connection.execute(insert(letters).values(row | state | {"tells_of_bid": tells}))


def code_of(marks: Marks, known: Address) -> str:
    """The digits that confirm an address."""
    text = f"{known.person} {known.address} {clock.text(known.given_at)}"
    mark = marks.mark("mail", text).rpartition(".")[2]
    return f"{int(mark, 16) % 10**_DIGITS:0{_DIGITS}d}"


def check(address: str) -> None:
    """Raise Malformed unless it can be an address: ASCII, one line, nothing quoted."""
    if len(address) > _LONGEST or len(address.partition("@")[0]) > _LOCAL or not _ADDRESS.fullmatch(address):
        raise Malformed(
            "address_wrong",
            "邮箱地址应形如 name@example.cn，只用英文字母、数字和常用符号。",
            "An e-mail address looks like name@example.cn, in ASCII letters, digits and common signs.",
            field="address",
        )


def shown(known: Address | None) -> dict[str, Any] | None:
    """An address for a page of its owner."""
    if known is None:
        return None
    return {
        "address": known.address,
        "language": known.language,
        "given_at": clock.text(known.given_at),
        "confirmed": known.confirmed,
    }


def _address(row: AnyRow) -> Address:
    return Address(row.person, row.address, row.language, row.given_at, row.confirmed_at is not None)
