"""Reads of the public lists: notices, results, openings, what an organisation did. Pages by key, never by number.

A search is an intersection of terms (trading.terms), walked from its rarest in the order of the list, so it ends as
soon as a page is full. Nothing about bids before the opening is in any of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, func, literal, or_, select

from notary import clock
from notary.errors import Malformed, Unknown
from notary.rows import AnyRow, AnySelect
from trading import money, procedures
from trading.acts.listing import NOTICES, RESULTS
from trading.rows import awards, listed_terms, organisations, tenders

#: How far is counted: beyond it a list says "more than".
MOST_COUNTED: Final = 500
_RARE: Final = 300
_CURSOR = re.compile(r"([0-9]{1,17})-([A-Z0-9][A-Z0-9-]{3,63})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Wanted:
    """What is looked for. terms: all of them; stage: one of the table; until: bids are taken, and end before it.

    by_deadline: the nearest deadline first, of what takes bids unless a stage is given; else the newest first.
    """

    terms: tuple[str, ...] = ()
    stage: str | None = None
    until: datetime | None = None
    by_deadline: bool = False

    @property
    def only_stage(self) -> str | None:
        """The stage, as the deadline asks for it."""
        return "open" if self.stage is None and (self.by_deadline or self.until) else self.stage


def notices(
    connection: Connection, wanted: Wanted, *, cursor: str | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """Published tenders, and the cursor of the next page or None. Raises Malformed (cursor_wrong)."""
    way = _walk(connection, NOTICES, wanted)
    rows, following = _page(connection, way, cursor, limit, ascending=wanted.by_deadline)
    return [_notice(row) for row in rows], following


def results(
    connection: Connection, wanted: Wanted, *, cursor: str | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """Awarded tenders, the newest award first, with winner and price; and the cursor. Raises Malformed."""
    way, winners = _walk(connection, RESULTS, wanted), organisations.alias()
    query = way.query.join(winners, winners.c.code == awards.c.winner).add_columns(
        awards.c.winner, awards.c.price_fen, awards.c.awarded_at, winners.c.name.label("winner_name")
    )
    rows, following = _page(connection, replace(way, query=query), cursor, limit)
    return [_result(row) for row in rows], following


def count(connection: Connection, kept: str, wanted: Wanted) -> int:
    """How many there are, up to one more than MOST_COUNTED. kept: NOTICES or RESULTS."""
    some = _walk(connection, kept, wanted, bare=True).query.with_only_columns(literal(1)).limit(MOST_COUNTED + 1)
    return connection.scalar(select(func.count()).select_from(some.subquery())) or 0


def organisation(connection: Connection, code: str) -> dict[str, str]:
    """Code, name and region of an organisation. Raises Unknown."""
    row = connection.execute(select(organisations).where(organisations.c.code == code)).one_or_none()
    if row is None:
        raise organisation_unknown()
    return {"code": row.code, "name": row.name, "region": row.region}


def organisation_unknown() -> Unknown:
    """The refusal of an organisation that is not there, or has done nothing in public."""
    return Unknown("organisation_unknown", "没有这个单位。", "There is no such organisation.", field="code")


def openings(
    connection: Connection, begin: datetime, *, end: datetime | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """Tenders that open (at their deadline) from a moment on, the nearest first. end: and before another."""
    query = _listed().where(tenders.c.published_at.is_not(None), tenders.c.deadline >= begin)
    if end is not None:
        query = query.where(tenders.c.deadline < end)
    rows = connection.execute(query.order_by(tenders.c.deadline, tenders.c.tender).limit(limit))
    return [_notice(row) for row in rows]


def opened(connection: Connection, end: datetime, *, limit: int = 50) -> list[dict[str, Any]]:
    """Tenders whose deadline is past, the latest first."""
    query = _listed().where(tenders.c.published_at.is_not(None), tenders.c.deadline < end)
    rows = connection.execute(query.order_by(tenders.c.deadline.desc(), tenders.c.tender.desc()).limit(limit))
    return [_notice(row) for row in rows]


def counters(connection: Connection, now: datetime, midnight: datetime) -> dict[str, int]:
    """Of today, up to the next midnight: deadlines to come, openings; and lots whose candidates are public now."""
    published = tenders.c.published_at.is_not(None)
    day = and_(tenders.c.deadline >= midnight - timedelta(days=1), tenders.c.deadline < midnight)
    asked = {
        "deadlines": and_(tenders.c.stage == "open", tenders.c.deadline > now, tenders.c.deadline < midnight),
        "openings": and_(published, day),
        "publicity": tenders.c.stage == "publicity",
    }
    parts = [select(func.count()).select_from(tenders).where(one).scalar_subquery() for one in asked.values()]
    return dict(zip(asked, connection.execute(select(*parts)).one(), strict=True))


def _listed() -> AnySelect:
    return select(tenders, organisations.c.name.label("agency_name")).join(
        organisations, organisations.c.code == tenders.c.agency
    )


@dataclass(frozen=True)
class _Way:
    """A query that has the wanted rows, and the two columns by which it is ordered."""

    query: AnySelect
    moment: ColumnElement[Any]
    tender: ColumnElement[Any]


def _walk(connection: Connection, kept: str, wanted: Wanted, *, bare: bool = False) -> _Way:
    """From whichever is rarer: the rarest term, or the stage. bare: for counting, without what only a row shows."""
    conditions, moment = tuple(_conditions(wanted)), tenders.c.published_at
    query = (select(tenders.c.tender) if bare else _listed()).where(*conditions)
    if kept == RESULTS:
        query, moment = query.join(awards, awards.c.tender == tenders.c.tender), awards.c.awarded_at
    counted = _rarest_first(connection, kept, wanted.terms, staged=wanted.only_stage is not None)
    common = not counted or (wanted.only_stage is not None and counted[0][1] == _RARE)
    if wanted.by_deadline or common:
        has = (_has(kept, term, moment, tenders.c.tender) for term, _ in counted)
        order = tenders.c.deadline if wanted.by_deadline else moment
        return _Way(query.where(moment.is_not(None), *has), order, tenders.c.tender)
    lead = listed_terms.alias()
    first, *others = [term for term, _ in counted]
    has = (_has(kept, term, lead.c.moment, lead.c.tender) for term in others)
    query = select(lead.c.tender) if bare and not conditions else query.join(lead, lead.c.tender == tenders.c.tender)
    return _Way(query.where(lead.c.list == kept, lead.c.term == first, *has), lead.c.moment, lead.c.tender)


def _conditions(wanted: Wanted) -> Iterable[ColumnElement[bool]]:
    if wanted.only_stage is not None:
        yield tenders.c.stage == wanted.only_stage
    if wanted.until is not None:
        yield tenders.c.deadline < wanted.until


def _has(kept: str, term: str, moment: ColumnElement[Any], tender: ColumnElement[Any]) -> ColumnElement[bool]:
    one = listed_terms.alias()
    whole_key = (one.c.list == kept, one.c.term == term, one.c.moment == moment, one.c.tender == tender)
    return select(literal(1)).select_from(one).where(*whole_key).exists()


def _rarest_first(connection: Connection, kept: str, terms: Sequence[str], *, staged: bool) -> list[tuple[str, int]]:
    """Each term with how often it is in the list, counted up to _RARE; not counted where that changes nothing."""
    if not terms or (len(terms) == 1 and not staged):
        return [(term, 0) for term in terms]
    counts = []
    for term in terms:
        some = select(literal(1)).where(listed_terms.c.list == kept, listed_terms.c.term == term).limit(_RARE)
        counts.append(select(func.count()).select_from(some.subquery()).scalar_subquery())
    found = zip(terms, connection.execute(select(*counts)).one(), strict=True)
    return sorted(found, key=lambda pair: int(pair[1]))


def _page(
    connection: Connection, way: _Way, cursor: str | None, limit: int, *, ascending: bool = False
) -> tuple[Sequence[AnyRow], str | None]:
    order = (way.moment, way.tender) if ascending else (way.moment.desc(), way.tender.desc())
    query = way.query.add_columns(way.moment.label("at")).order_by(*order).limit(limit + 1)
    if cursor is not None:
        query = query.where(_after(cursor, way, ascending=ascending))
    rows = connection.execute(query).all()
    following = None
    if len(rows) > limit:
        following = f"{(rows[limit - 1].at - _EPOCH) // _MICROSECOND}-{rows[limit - 1].tender}"
    return rows[:limit], following


def _after(cursor: str, way: _Way, *, ascending: bool) -> ColumnElement[bool]:
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise Malformed("cursor_wrong", "翻页标记不对。", "That is no cursor of this list.", field="cursor")
    moment = _EPOCH + int(found[1]) * _MICROSECOND
    same = way.moment == moment
    if ascending:
        return or_(way.moment > moment, and_(same, way.tender > found[2]))
    return or_(way.moment < moment, and_(same, way.tender < found[2]))


def _notice(row: AnyRow) -> dict[str, Any]:
    # The row was checked when it was written; a whole check of each would take longer than the query.
    content = msgspec.json.decode(row.content)
    procedure = procedures.procedures()[row.procedure_version]
    return {
        "tender": row.tender,
        "title": row.title,
        "title_en": content["title_en"],
        "agency": {"code": row.agency, "name": row.agency_name},
        "region": content["region"],
        "procedure": {"name": procedure.name, "zh": procedure.zh, "en": procedure.en, "category": procedure.category},
        "stage": row.stage,
        "held": row.held,
        "budget": content["budget"],
        "ceiling": content["ceiling"],
        "deadline": clock.text(row.deadline),
        "published_at": clock.text(row.published_at),
    }


def _result(row: AnyRow) -> dict[str, Any]:
    found = _notice(row)
    return found | {
        "winner": {"code": row.winner, "name": row.winner_name},
        "price": money.text(row.price_fen),
        "below": _below(found["ceiling"] or found["budget"], row.price_fen),
        "awarded_at": clock.text(row.awarded_at),
    }


def _below(cap: str, price_fen: int) -> str:
    """How far a price is below the cap, in per cent with two places, rounded half up."""
    whole = money.parse(cap)
    hundredths = (20_000 * (whole - price_fen) + whole) // (2 * whole)
    return f"{'-' if hundredths < 0 else ''}{abs(hundredths) // 100}.{abs(hundredths) % 100:02d}"
