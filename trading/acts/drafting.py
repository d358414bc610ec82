"""Working papers of an agency: a tender filled in and saved step by step, and at last made a tender's draft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from notary import canonical, chance
from notary.errors import Unknown
from notary.work import Unit
from trading import drafting
from trading.acts import tenders
from trading.caller import Caller
from trading.rows import drafts


@dataclass(frozen=True)
class WorkingPaper:
    """content: members of docs/http.md as far as they are known, and `publish_by`; tender: once one was made of it."""

    draft: str
    organisation: str
    content: Mapping[str, Any]
    tender: str | None
    written_by: str
    written_at: datetime


def begin(unit: Unit, caller: Caller, content: Mapping[str, Any]) -> str:
    """Begin a working paper; its id."""
    draft = chance.token(16).hex()
    row = {
        "draft": draft,
        "organisation": caller.organisation,
        "content": canonical.dumps(content).decode(),
        "written_by": caller.person,
        "written_at": unit.now,
    }
    unit.connection.execute(insert(drafts).values(row))
    return draft


def save(unit: Unit, caller: Caller, draft: str, members: Mapping[str, Any]) -> WorkingPaper:
    """Write members into a working paper; None takes one out. Raises Unknown, Malformed naming the member."""
    paper = load_own(unit.connection, caller, draft)
    content = {name: value for name, value in {**paper.content, **members}.items() if value is not None}
    drafting.check(content, unit.now)
    unit.connection.execute(
        update(drafts)
        .where(drafts.c.draft == draft)
        .values(content=canonical.dumps(content).decode(), written_by=caller.person, written_at=unit.now)
    )
    return WorkingPaper(draft, paper.organisation, content, paper.tender, caller.person, unit.now)


def hand_on(unit: Unit, caller: Caller, draft: str) -> str:
    """Make a tender's draft of it, or write that anew; its code. Raises as trading.acts.tenders.draft does."""
    paper = load_own(unit.connection, caller, draft)
    content = {name: value for name, value in paper.content.items() if name not in drafting.APART}
    tender = tenders.draft(unit, caller, content)
    unit.connection.execute(update(drafts).where(drafts.c.draft == draft).values(tender=tender))
    return tender


def drop(unit: Unit, caller: Caller, draft: str) -> None:
    """Throw a working paper away; a tender that was made of it stays. Raises Unknown."""
    load_own(unit.connection, caller, draft)
    unit.connection.execute(delete(drafts).where(drafts.c.draft == draft))


def load_own(connection: Connection, caller: Caller, draft: str) -> WorkingPaper:
    """A working paper of the caller's organisation. Raises Unknown: a foreign one and an absent one look the same."""
    row = connection.execute(
        select(drafts).where(drafts.c.draft == draft, drafts.c.organisation == caller.organisation)
    ).one_or_none()
    if row is None:
        raise Unknown("draft_unknown", "没有这份草稿。", "There is no such draft.", field="draft")
    return WorkingPaper(**row._asdict() | {"content": canonical.loads(row.content.encode())})


def listed(connection: Connection, caller: Caller) -> list[WorkingPaper]:
    """The organisation's working papers, the latest first."""
    rows = connection.execute(
        select(drafts)
        .where(drafts.c.organisation == caller.organisation)
        .order_by(drafts.c.written_at.desc(), drafts.c.draft)
    )
    return [WorkingPaper(**row._asdict() | {"content": canonical.loads(row.content.encode())}) for row in rows]


def of_tender(connection: Connection, caller: Caller, tender: str) -> str | None:
    """The id of the working paper that a tender was made of, where it is still there."""
    found: str | None = connection.scalar(
        select(drafts.c.draft)
        .where(drafts.c.tender == tender, drafts.c.organisation == caller.organisation)
        .order_by(drafts.c.written_at.desc())
        .limit(1)
    )
    return found
