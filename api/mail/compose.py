"""From a letter to a message: what the record says now, in the language of whoever gets it."""

from __future__ import annotations

from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from sqlalchemy import Connection, select

from api.desk import Desk
from api.mail import addresses, letters
from api.mail.kinds import KINDS
from notary.rows import AnyRow
from templates import mail
from trading.acts import stages
from trading.rows import organisations

ACCOUNT = "/account/mail"


def message(connection: Connection, desk: Desk, row: AnyRow) -> EmailMessage | None:
    """The message of a letter; None when there is nobody to get it, or what it tells is no more."""
    known = addresses.of(connection, row.person)
    if known is None or known.confirmed == (row.kind == addresses.CONFIRM):
        return None
    facts = _facts(connection, desk, row, known)
    if facts is None:
        return None
    words = mail.letter(row.kind, facts, known.language, site=site(desk), demonstration=desk.settings.demonstration)
    return envelope(words, known.address, desk.settings.mail.sender, row.letter, row.made_at, site(desk))


def envelope(words: mail.Words, to: str, sender: str, letter: str, time: Any, address: str) -> EmailMessage:
    """A message to one person. letter: its id, which stays the same however often it is sent."""
    made = EmailMessage(policy=SMTP)
    made["Message-ID"] = f"<{letter}@{sender.rpartition('@')[2]}>"
    made["Date"] = time
    made["From"] = Address(display_name=words.sender, addr_spec=sender)
    made["To"] = Address(addr_spec=to)
    made["Subject"] = words.subject
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday notice answers it
    made["List-Unsubscribe"] = f"<{address}{mail.address(ACCOUNT, words.language)}>"
    made["Content-Language"] = "zh-CN" if words.language == "zh" else "en"
    made.set_content(words.text)
    made.add_alternative(words.html, subtype="html")
    return made


def site(desk: Desk) -> str:
    """The address of the pages, for links."""
    return desk.settings.mail.site


def _facts(connection: Connection, desk: Desk, row: AnyRow, known: addresses.Address) -> Mapping[str, Any] | None:
    if row.kind == addresses.CONFIRM:
        return {"code": addresses.code_of(desk.marks, known), "hours": int(addresses.LASTS.total_seconds()) // 3600}
    event = letters.event_of(connection, row)
    if event is None:
        return None
    lot = stages.load(connection, row.tender)
    agency = connection.scalar(select(organisations.c.name).where(organisations.c.code == lot.agency))
    title = (known.language == "en" and lot.content.get("title_en")) or lot.content["title"]
    about = {"tender": lot.tender, "title": title, "agency": agency}
    return about | KINDS[row.kind].facts(connection, event)
