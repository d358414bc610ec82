"""Reads of tenders, questions, papers, documents, people. Nothing about bids is in any of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from notary import clock
from notary.errors import Forbidden, Malformed, Unknown
from notary.rows import AnyRow
from trading import draft as drafts
from trading.acts import papers as paper_acts
from trading.acts import stages
from trading.acts.stages import Tender
from trading.caller import Caller
from trading.rows import documents, organisations, people, roles
from trading.rows import papers as paper_rows
from trading.rows import questions as question_rows
from trading.rows import tenders as tender_rows

MOST = 200
_CURSOR = re.compile(r"([0-9]{1,17})-([A-Z0-9][A-Z0-9-]{3,63})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def tenders(
    connection: Connection, caller: Caller | None, *, cursor: str | None = None, limit: int = 50
) -> tuple[list[dict[str, Any]], str | None]:
    """Published tenders and the caller's own agency's drafts, newest first; and the cursor of the next page, or None.

    limit: 1 to 200. Raises Malformed (limit_wrong, cursor_wrong).
    """
    if not 1 <= limit <= MOST:
        raise Malformed("limit_wrong", f"每页 1 至 {MOST} 项。", f"A page has 1 to {MOST} items.", field="limit")
    rows = connection.execute(
        select(tender_rows, organisations.c.name.label("agency_name"))
        .join(organisations, organisations.c.code == tender_rows.c.agency)
        .where(_visible(caller), *_after(cursor))
        .order_by(tender_rows.c.created_at.desc(), tender_rows.c.tender.desc())
        .limit(limit + 1)
    ).all()
    following = _cursor(rows[limit - 1]) if len(rows) > limit else None
    return [_listed(row) for row in rows[:limit]], following


def tender(connection: Connection, caller: Caller | None, code: str, *, party: bool = False) -> dict[str, Any]:
    """The tender as it stands. party: the caller is a trustee that it names, and may see the draft. Raises Unknown."""
    row = stages.load(connection, code)
    own = _is_agency(caller, row.agency)
    if row.published_at is None and not (own or party):
        raise Unknown("tender_unknown", "没有这个项目。", "There is no such tender.", field="tender")
    name = connection.scalar(select(organisations.c.name).where(organisations.c.code == row.agency))
    return {
        "tender": row.tender,
        "lot": row.lot,
        "title": row.title,
        "agency": {"code": row.agency, "name": str(name)},
        "procedure": row.procedure,
        "procedure_version": row.procedure_version,
        "stage": row.stage,
        "held": row.held,
        "number": row.number,
        "notice": row.notice_leaf,
        "deadline": clock.text(row.deadline),
        "published_at": _text(row.published_at),
        "content": _shown(row, own=own),
        "criteria": _criteria(row),
    }


def questions(connection: Connection, caller: Caller | None, code: str) -> list[dict[str, Any]]:
    """Answered questions; for the tender's agency all of them. Nobody is told who asked. Raises Unknown."""
    row = stages.load_published(connection, code)
    own = _is_agency(caller, row.agency)
    shown = select(question_rows).where(question_rows.c.tender == code)
    if not own:
        shown = shown.where(question_rows.c.answered_at.is_not(None))
    found = connection.execute(shown.order_by(question_rows.c.asked_at, question_rows.c.question))
    return [
        {
            "question": one.question,
            "text": one.text,
            "answer": one.answer,
            "answered_at": _text(one.answered_at),
            "leaf": one.leaf,
        }
        for one in found
    ]


def papers(connection: Connection, code: str) -> list[dict[str, Any]]:
    """The papers that the acts so far call for; `sha256` and `issued` of those that their author has signed."""
    issued = {one.name: one for one in connection.execute(select(paper_rows).where(paper_rows.c.tender == code))}
    return [
        {
            "name": paper.name,
            "author": paper.author,
            "issued": _text(issued[paper.name].issued_at) if paper.name in issued else None,
            "sha256": issued[paper.name].sha256 if paper.name in issued else None,
            "unsigned": paper.name not in issued,
        }
        for paper in paper_acts.expected(connection, code)
    ]


def paper(connection: Connection, code: str, name: str) -> dict[str, Any]:
    """`sha256` and `size` of an issued paper. Raises Unknown."""
    row = connection.execute(
        select(paper_rows.c.sha256, paper_rows.c.size).where(paper_rows.c.tender == code, paper_rows.c.name == name)
    ).one_or_none()
    if row is None:
        raise Unknown("paper_unknown", "没有这份文件，或尚未签发。", "There is no such paper yet.", field="name")
    return {"sha256": row.sha256, "size": row.size}


def document(connection: Connection, caller: Caller | None, sha256: str) -> dict[str, Any]:
    """`sha256` and `size` of a stored file that is public, or of the caller's own agency. Raises Unknown."""
    mine = documents.c.organisation == (caller.organisation if caller and "agency" in caller.roles else "")
    row = connection.execute(
        select(documents.c.size).where(documents.c.sha256 == sha256, or_(documents.c.public.is_(True), mine)).limit(1)
    ).first()
    if row is None:
        row = connection.execute(select(paper_rows.c.size).where(paper_rows.c.sha256 == sha256)).first()
    if row is None:
        raise Unknown("document_unknown", "没有这个文件。", "There is no such document.", field="sha256")
    return {"sha256": sha256, "size": row.size}


def person(connection: Connection, caller: Caller | None) -> dict[str, Any]:
    """Who the caller is. Raises Forbidden for the public."""
    if caller is None:
        raise Forbidden("sign_in", "请先登录。", "Sign in first.")
    name = connection.scalar(select(people.c.name).where(people.c.person == caller.person))
    return {
        "person": caller.person,
        "name": str(name),
        "organisation": caller.organisation,
        "roles": sorted(caller.roles),
    }


def check_person(connection: Connection, code: str) -> None:
    """Raise Unknown where nobody has this id."""
    if connection.execute(select(roles.c.person).where(roles.c.person == code).limit(1)).first() is None:
        raise Unknown("person_unknown", "没有这个人员。", "There is no such person.", field="person")


def _is_agency(caller: Caller | None, agency: str) -> bool:
    """Whether somebody acts for an agency: not everybody of its organisation does, experts and bidders may be of it."""
    return caller is not None and "agency" in caller.roles and caller.organisation == agency


def _visible(caller: Caller | None) -> ColumnElement[bool]:
    published = tender_rows.c.published_at.is_not(None)
    if caller is None or "agency" not in caller.roles:
        return published
    return or_(published, tender_rows.c.agency == caller.organisation)


def _after(cursor: str | None) -> Iterable[ColumnElement[bool]]:
    if cursor is None:
        return
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise Malformed("cursor_wrong", "翻页标记不对。", "That is no cursor of this list.", field="cursor")
    moment = _EPOCH + int(found[1]) * _MICROSECOND
    same = and_(tender_rows.c.created_at == moment, tender_rows.c.tender < found[2])
    yield or_(tender_rows.c.created_at < moment, same)


def _cursor(row: AnyRow) -> str:
    return f"{(row.created_at - _EPOCH) // _MICROSECOND}-{row.tender}"


def _listed(row: AnyRow) -> dict[str, Any]:
    return {
        "tender": row.tender,
        "title": row.title,
        "agency": {"code": row.agency, "name": row.agency_name},
        "procedure": row.procedure,
        "stage": row.stage,
        "held": row.held,
        "deadline": clock.text(row.deadline),
        "published_at": _text(row.published_at),
    }


def _shown(row: Tender, *, own: bool) -> dict[str, Any]:
    """The content; who is invited nobody but the agency sees here, before the opening or after it."""
    return {name: value for name, value in row.content.items() if own or name != "invited"}


def _criteria(row: Tender) -> dict[str, Any] | None:
    """The criteria record as published; a draft's is composed at its publication."""
    if row.procedure_version is None or stages.procedure_of(row).auction is not None:
        return None
    return drafts.composed_criteria(drafts.read(row.content), stages.procedure_of(row))


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else clock.text(moment)
