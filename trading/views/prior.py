"""Reads of prior notices and comments: what is public of them, and what only those concerned may read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, and_, or_, select

from notary import canonical, clock
from notary.errors import Malformed
from notary.rows import AnyRow
from trading.acts import pinned
from trading.acts import prior as acts
from trading.acts.listing import PRIOR
from trading.caller import Caller
from trading.prior_rows import comment_answers, comments, prior_notices
from trading.rows import listed_terms, organisations, tenders
from trading.views.agency import organisation_names
from trading.views.objections import NAMED

MOST: Final = 200
_CURSOR = re.compile(r"([0-9]{1,17})-([A-Z0-9][A-Z0-9-]{3,63})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def listed(
    connection: Connection, terms: Sequence[str], *, cursor: str | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """The latest prior notice of each tender, the newest first, that has all the terms; and the next page's cursor.

    limit: 1 to 200. Raises Malformed (limit_wrong, cursor_wrong).
    """
    if not 1 <= limit <= MOST:
        raise Malformed("limit_wrong", f"每页 1 至 {MOST} 项。", f"A page has 1 to {MOST} items.", field="limit")
    later = prior_notices.alias()
    query = (
        select(prior_notices, tenders.c.stage, tenders.c.published_at.label("tender_published_at"))
        .join(tenders, tenders.c.tender == prior_notices.c.tender)
        .where(
            ~select(later.c.leaf)
            .where(later.c.tender == prior_notices.c.tender, later.c.number > prior_notices.c.number)
            .exists()
        )
    )
    for term in terms:
        one = listed_terms.alias()
        found = select(one.c.tender).where(one.c.list == PRIOR, one.c.term == term)
        same = (one.c.moment == prior_notices.c.published_at, one.c.tender == prior_notices.c.tender)
        query = query.where(found.where(*same).exists())
    if cursor is not None:
        moment, tender = _place(cursor)
        at, code = prior_notices.c.published_at, prior_notices.c.tender
        query = query.where(or_(at < moment, and_(at == moment, code < tender)))
    order = (prior_notices.c.published_at.desc(), prior_notices.c.tender.desc())
    rows = connection.execute(query.order_by(*order).limit(limit + 1)).all()
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        following = f"{(last.published_at - _EPOCH) // _MICROSECOND}-{last.tender}"
    return [_head(connection, row) for row in rows[:limit]], following


def shown(connection: Connection, tender: str) -> dict[str, Any]:
    """Everything public: the notice in force, those before it, and what the record says of comments. Raises Unknown."""
    row, latest = acts.load(connection, tender)
    rows = connection.execute(
        select(prior_notices, tenders.c.stage, tenders.c.published_at.label("tender_published_at"))
        .join(tenders, tenders.c.tender == prior_notices.c.tender)
        .where(prior_notices.c.tender == tender)
        .order_by(prior_notices.c.number.desc())
    ).all()
    procedure = pinned.load(connection, latest.procedure_version)
    prior = procedure.prior
    if prior is None:
        raise AssertionError("a notice was published under a procedure that has none")
    return _head(connection, rows[0]) | {
        "published": row.published_at is not None,
        "items": [{"key": item.key, "zh": item.zh, "en": item.en} for item in prior.items],
        "cites": prior.cites,
        "comments_name": {"zh": prior.comments.zh, "en": prior.comments.en},
        "notices": [_notice(connection, one) for one in rows],
        "comments": [_public(one) for one in connection.execute(_comments().where(comments.c.tender == tender))],
    }


def document(connection: Connection, tender: str, sha256: str) -> dict[str, Any] | None:
    """A document of any prior notice of the tender, by its hash. Raises Unknown without such a notice."""
    acts.load(connection, tender)
    bodies = connection.scalars(select(prior_notices.c.content).where(prior_notices.c.tender == tender))
    named = [one for body in bodies for one in canonical.loads(body.encode())["documents"]]
    return next((one for one in named if one["sha256"] == sha256), None)


def seen(connection: Connection, caller: Caller, tender: str) -> list[dict[str, Any]]:
    """The comments on a tender's prior notices that the caller may read whole, in the order they were made.

    Whoever commented reads its own, the agency all without names, a supervisor everything: whoever comments may bid,
    and before the opening no name may tell of that.
    """
    row, _ = acts.load(connection, tender)
    supervisor = "supervisor" in caller.roles
    agency = row.agency == caller.organisation and "agency" in caller.roles
    query = _comments().where(comments.c.tender == tender)
    if not supervisor and not agency:
        query = query.where(comments.c.organisation == caller.organisation)
    named = supervisor or not agency or row.stage in NAMED
    return [_shown(one, named=named) for one in connection.execute(query)]


def own(connection: Connection, caller: Caller) -> list[dict[str, Any]]:
    """All comments of the caller's organisation, the latest first."""
    query = _comments().where(comments.c.organisation == caller.organisation)
    return [_shown(one, named=True) for one in connection.execute(query)][::-1]


def _comments() -> Any:
    return (
        select(
            comments,
            organisations.c.name,
            prior_notices.c.content.label("notice_content"),
            comment_answers.c.content.label("answer"),
            comment_answers.c.answered_at,
        )
        .join(organisations, organisations.c.code == comments.c.organisation)
        .join(prior_notices, prior_notices.c.leaf == comments.c.notice)
        .join(comment_answers, comment_answers.c.comment == comments.c.comment, isouter=True)
        .order_by(comments.c.filed_at, comments.c.comment)
    )


def _public(row: AnyRow) -> dict[str, Any]:
    """What the record says of a comment: that there is one, and the answer."""
    replied = None if row.answer is None else canonical.loads(row.answer.encode())
    return {
        "comment": row.comment,
        "notice": row.notice,
        "filed_at": clock.text(row.filed_at),
        "answer_by": None if row.answer_by is None else clock.text(row.answer_by),
        "outcome": None if replied is None else replied["outcome"],
        "answer": None if replied is None else replied["answer"],
        "answered_at": None if row.answered_at is None else clock.text(row.answered_at),
    }


def _shown(row: AnyRow, *, named: bool) -> dict[str, Any]:
    said = canonical.loads(row.content.encode())
    # As it was announced: the draft may have another by now, which is nobody's to read yet.
    title = canonical.loads(row.notice_content.encode())["notice"]["title"]
    by = {"code": row.organisation, "name": row.name} if named else None
    return {"tender": row.tender, "title": title, "text": said["text"], "by": by, **_public(row)}


def _head(connection: Connection, row: AnyRow) -> dict[str, Any]:
    body = canonical.loads(row.content.encode())
    procedure, told = pinned.load(connection, row.procedure_version), body["notice"]
    prior = procedure.prior
    name = {} if prior is None else {"zh": prior.zh, "en": prior.en}
    return {
        "tender": row.tender,
        "title": told["title"],
        "title_en": told["title_en"],
        "region": told["region"],
        "agency": told["agency"],
        "procedure": {"name": procedure.name, "zh": procedure.zh, "en": procedure.en, "category": procedure.category},
        "name": name,
        # Whether its publication is asked for is not public.
        "stage": None if row.tender_published_at is None else row.stage,
        "published_at": clock.text(row.published_at),
        "until": clock.text(row.until),
    }


def _notice(connection: Connection, row: AnyRow) -> dict[str, Any]:
    body = canonical.loads(row.content.encode())
    procedure, told = pinned.load(connection, row.procedure_version), body["notice"]
    ground = None if procedure.prior is None else procedure.prior.ground(told["ground"])
    names = organisation_names(connection, told.get("bidders", ()))
    return {
        "number": row.number,
        "leaf": row.leaf,
        "published_at": clock.text(row.published_at),
        "until": clock.text(row.until),
        "said": told["said"],
        "ground": None if ground is None else {"id": ground.id, "zh": ground.zh, "en": ground.en},
        "kept": body["kept"],
        "binding": body["binding"],
        "title": told["title"],
        "scope": told["scope"],
        "budget": told["budget"],
        "qualification": told["qualification"],
        "bidders": [{"code": code, "name": names.get(code, code)} for code in told.get("bidders", ())],
        "documents": body["documents"],
    }


def _place(cursor: str) -> tuple[datetime, str]:
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise Malformed("cursor_wrong", "翻页标记不对。", "That is no cursor of this list.", field="cursor")
    return _EPOCH + int(found[1]) * _MICROSECOND, found[2]
