"""Reads of the public lists: notices, results, openings, what an organisation did. Pages by key, never by number.

A search is an intersection of terms (trading.terms), walked from its rarest in the order of the list, so it ends as
soon as a page is full. Nothing about bids before the opening is in any of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Integer, and_, bindparam, func, literal, or_, select

from notary import clock
from notary.errors import Malformed, Unknown
from notary.rows import AnyRow, AnySelect
from trading import money
from trading.acts import pinned
from trading.acts.listing import NOTICES, RESULTS
from trading.procedures import auctioned
from trading.rows import awards, listed_terms, organisations, tenders

#: How far is counted: beyond it a list says "more than".
MOST_COUNTED: Final = 100
_RARE: Final = 300
_CURSOR = re.compile(r"([0-9]{1,17})-([A-Z0-9][A-Z0-9-]{3,63})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LEAD = listed_terms.alias("lead")
_WINNERS = organisations.alias("winners")


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
    rows, following = _page(connection, NOTICES, wanted, cursor, limit)
    return [_notice(connection, row) for row in rows], following


def results(
    connection: Connection, wanted: Wanted, *, cursor: str | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """Awarded tenders, the newest award first, with winner and price; and the cursor. Raises Malformed."""
    rows, following = _page(connection, RESULTS, wanted, cursor, limit)
    return [_result(connection, row) for row in rows], following


def count(connection: Connection, kept: str, wanted: Wanted) -> int:
    """How many there are, up to one more than MOST_COUNTED. kept: NOTICES or RESULTS."""
    way, values = _walked(connection, kept, wanted)
    return connection.scalar(_counting(way), values) or 0


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
    query = _listed().where(_opens(), tenders.c.deadline >= begin)
    if end is not None:
        query = query.where(tenders.c.deadline < end)
    rows = connection.execute(query.order_by(tenders.c.deadline, tenders.c.tender).limit(limit))
    return [_notice(connection, row) for row in rows]


def opened(connection: Connection, end: datetime, *, limit: int = 50) -> list[dict[str, Any]]:
    """Tenders whose deadline is past, the latest first."""
    query = _listed().where(_opens(), tenders.c.deadline < end)
    rows = connection.execute(query.order_by(tenders.c.deadline.desc(), tenders.c.tender.desc()).limit(limit))
    return [_notice(connection, row) for row in rows]


def named(connection: Connection, codes: Sequence[str]) -> list[dict[str, Any]]:
    """Published tenders by their codes, in that order."""
    if not codes:
        return []
    rows = connection.execute(_listed().where(tenders.c.tender.in_(codes), tenders.c.published_at.is_not(None)))
    found = {row.tender: _notice(connection, row) for row in rows}
    return [found[code] for code in codes if code in found]


def counters(connection: Connection, now: datetime, midnight: datetime) -> dict[str, int]:
    """Of today, up to the next midnight: deadlines to come, openings; and lots whose candidates are public now."""
    day = and_(tenders.c.deadline >= midnight - timedelta(days=1), tenders.c.deadline < midnight)
    asked = {
        "deadlines": and_(tenders.c.stage == "open", tenders.c.deadline > now, tenders.c.deadline < midnight),
        "openings": and_(_opens(), day),
        "publicity": tenders.c.stage == "publicity",
    }
    parts = [select(func.count()).select_from(tenders).where(one).scalar_subquery() for one in asked.values()]
    return dict(zip(asked, connection.execute(select(*parts)).one(), strict=True))


def _opens() -> ColumnElement[bool]:
    """Whether a lot is one that has, had or will have an opening."""
    return and_(tenders.c.published_at.is_not(None), tenders.c.procedure.not_in(auctioned()))


def _listed() -> AnySelect:
    return select(tenders, organisations.c.name.label("agency_name")).join(
        organisations, organisations.c.code == tenders.c.agency
    )


@dataclass(frozen=True)
class _Way:
    """What a statement is made of: made once, which takes longer than to run it. Its values are bound when it runs.

    led: walked from its first term, else from the tenders; terms: how many there are, with the first.
    """

    kept: str
    staged: bool
    until: bool
    by_deadline: bool
    led: bool
    terms: int

    @property
    def moment(self) -> ColumnElement[Any]:
        """By which the list is ordered, unless by the deadline."""
        if self.led:
            return _LEAD.c.moment
        return awards.c.awarded_at if self.kept == RESULTS else tenders.c.published_at

    @property
    def tender(self) -> ColumnElement[Any]:
        """What the list is made of."""
        return _LEAD.c.tender if self.led else tenders.c.tender


def _walked(connection: Connection, kept: str, wanted: Wanted) -> tuple[_Way, dict[str, Any]]:
    """From whichever is rarer: the rarest term, or the stage. And the values of the statement."""
    staged = wanted.only_stage is not None
    counted = _rarest_first(connection, kept, wanted.terms, staged=staged)
    common = not counted or (staged and counted[0][1] == _RARE)
    led = not (wanted.by_deadline or common)
    way = _Way(kept, staged, wanted.until is not None, wanted.by_deadline, led, len(counted))
    values = {"kept": kept, "stage": wanted.only_stage, "until": wanted.until}
    return way, values | {_term(number): term for number, (term, _) in enumerate(counted)}


def _rarest_first(connection: Connection, kept: str, terms: Sequence[str], *, staged: bool) -> list[tuple[str, int]]:
    """Each term with how often it is in the list, counted up to _RARE; not counted where that changes nothing."""
    if not terms or (len(terms) == 1 and not staged):
        return [(term, 0) for term in terms]
    values = {_term(number): term for number, term in enumerate(terms)}
    found = connection.execute(_rarity(len(terms)), {"kept": kept, **values}).one()
    return sorted(zip(terms, found, strict=True), key=lambda pair: int(pair[1]))


@cache
def _rarity(terms: int) -> AnySelect:
    counts = []
    for number in range(terms):
        one = (listed_terms.c.list == bindparam("kept"), listed_terms.c.term == bindparam(_term(number)))
        some = select(literal(1)).select_from(listed_terms).where(*one).limit(_RARE)
        counts.append(select(func.count()).select_from(some.subquery()).scalar_subquery())
    return select(*counts)


@cache
def _counting(way: _Way) -> AnySelect:
    alone = way.led and not (way.staged or way.until)
    query = select(literal(1)).select_from(_LEAD) if alone else _joined(select(literal(1)).select_from(tenders), way)
    some = query.where(*_conditions(way)).limit(MOST_COUNTED + 1)
    return select(func.count()).select_from(some.subquery())


@cache
def _listing(way: _Way, *, after: bool) -> AnySelect:
    query = _joined(_listed(), way).where(*_conditions(way))
    if way.kept == RESULTS:
        query = query.join(_WINNERS, _WINNERS.c.code == awards.c.winner).add_columns(
            awards.c.winner, awards.c.price_fen, awards.c.awarded_at, _WINNERS.c.name.label("winner_name")
        )
    moment = tenders.c.deadline if way.by_deadline else way.moment
    if after:
        query = query.where(_after(moment, way.tender, ascending=way.by_deadline))
    order = (moment, way.tender) if way.by_deadline else (moment.desc(), way.tender.desc())
    return query.add_columns(moment.label("at")).order_by(*order).limit(bindparam("most", type_=Integer))


def _joined(query: AnySelect, way: _Way) -> AnySelect:
    if way.kept == RESULTS:
        query = query.join(awards, awards.c.tender == tenders.c.tender)
    return query.join(_LEAD, _LEAD.c.tender == tenders.c.tender) if way.led else query


def _conditions(way: _Way) -> Iterable[ColumnElement[bool]]:
    if way.staged:
        yield tenders.c.stage == bindparam("stage")
    if way.until:
        yield tenders.c.deadline < bindparam("until")
    if way.led:
        yield _LEAD.c.list == bindparam("kept")
        yield _LEAD.c.term == bindparam(_term(0))
    else:
        yield way.moment.is_not(None)
    for number in range(1 if way.led else 0, way.terms):
        one = listed_terms.alias()
        key = (one.c.list == bindparam("kept"), one.c.term == bindparam(_term(number)))
        there = select(literal(1)).select_from(one).where(*key, one.c.moment == way.moment, one.c.tender == way.tender)
        # Not EXISTS: PostgreSQL would join it with the term's whole list; so it looks up each row, in order.
        yield there.limit(1).scalar_subquery().is_not(None)


def _term(number: int) -> str:
    return f"term{number}"


def _page(
    connection: Connection, kept: str, wanted: Wanted, cursor: str | None, limit: int
) -> tuple[Sequence[AnyRow], str | None]:
    place = None if cursor is None else _place(cursor)
    way, values = _walked(connection, kept, wanted)
    rows = connection.execute(
        _listing(way, after=place is not None), values | (place or {}) | {"most": limit + 1}
    ).all()
    following = None
    if len(rows) > limit:
        following = f"{(rows[limit - 1].at - _EPOCH) // _MICROSECOND}-{rows[limit - 1].tender}"
    return rows[:limit], following


def _place(cursor: str) -> dict[str, Any]:
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise Malformed("cursor_wrong", "翻页标记不对。", "That is no cursor of this list.", field="cursor")
    return {"after_moment": _EPOCH + int(found[1]) * _MICROSECOND, "after_tender": found[2]}


def _after(moment: ColumnElement[Any], tender: ColumnElement[Any], *, ascending: bool) -> ColumnElement[bool]:
    at, last = bindparam("after_moment", type_=moment.type), bindparam("after_tender", type_=tender.type)
    if ascending:
        return or_(moment > at, and_(moment == at, tender > last))
    return or_(moment < at, and_(moment == at, tender < last))


def _notice(connection: Connection, row: AnyRow) -> dict[str, Any]:
    # The row was checked when it was written; a whole check of each would take longer than the query.
    content = msgspec.json.decode(row.content)
    procedure = pinned.load(connection, row.procedure_version)
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


def _result(connection: Connection, row: AnyRow) -> dict[str, Any]:
    found = _notice(connection, row)
    return found | {
        "winner": {"code": row.winner, "name": row.winner_name},
        "price": money.text(row.price_fen),
        "below": None if (cap := found["ceiling"] or found["budget"]) is None else _below(cap, row.price_fen),
        "awarded_at": clock.text(row.awarded_at),
    }


def _below(cap: str, price_fen: int) -> str:
    """How far a price is below the cap, in per cent with two places, rounded half up."""
    whole = money.parse(cap)
    hundredths = (20_000 * (whole - price_fen) + whole) // (2 * whole)
    return f"{'-' if hundredths < 0 else ''}{abs(hundredths) // 100}.{abs(hundredths) % 100:02d}"
