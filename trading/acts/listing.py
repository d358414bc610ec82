"""Which lists a tender stands in, and by what a search finds it there. Derived from the rows, and made again from them.

Nothing that a list is searched by changes while the tender stands in it: title, agency, region and procedure are fixed
by the publication, the winner by the award.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, literal, select

from notary import canonical
from notary.rows import AnyRow, AnySelect
from trading import terms
from trading.acts import pinned
from trading.prior_rows import prior_notices
from trading.rows import awards, listed_terms, organisations, tenders

NOTICES = "notices"
PRIOR = "prior"
RESULTS = "results"
_BATCH = 500


def publish(connection: Connection, tender: str) -> None:
    """Let the published tender be found among the notices."""
    row = connection.execute(_published().where(tenders.c.tender == tender)).one()
    _insert(connection, _rows(NOTICES, row, row.published_at, _terms(connection, row)))


def announce(connection: Connection, tender: str) -> None:
    """Let the tender be found by its latest prior notice."""
    query = _published().add_columns(
        prior_notices.c.procedure_version.label("announced"), prior_notices.c.published_at.label("announced_at")
    )
    query = query.join(prior_notices, prior_notices.c.tender == tenders.c.tender)
    row = connection.execute(
        query.where(tenders.c.tender == tender).order_by(prior_notices.c.number.desc()).limit(1)
    ).one()
    _insert(connection, _rows(PRIOR, row, row.announced_at, _terms(connection, row, row.announced)))


def award(connection: Connection, tender: str) -> None:
    """Let the awarded tender be found among the results, by its winner too."""
    row = connection.execute(_awarded().where(tenders.c.tender == tender)).one()
    _insert(connection, _rows(RESULTS, row, row.awarded_at, _awarded_terms(connection, row)))


def fill(connection: Connection) -> None:
    """List every published and awarded tender that is in no list yet: once, when a database gets the lists."""
    published = _published().where(tenders.c.published_at.is_not(None))
    for rows in _missing(connection, NOTICES, published, tenders.c.published_at):
        _insert(
            connection, [one for row in rows for one in _rows(NOTICES, row, row.published_at, _terms(connection, row))]
        )
    for rows in _missing(connection, RESULTS, _awarded(), awards.c.awarded_at):
        _insert(
            connection,
            [one for row in rows for one in _rows(RESULTS, row, row.awarded_at, _awarded_terms(connection, row))],
        )


def _missing(
    connection: Connection, kept: str, query: AnySelect, moment: ColumnElement[Any]
) -> Iterator[Sequence[AnyRow]]:
    """The rows of a query that the list has nothing of, a batch at a time."""
    # By the whole key, which has the term before the tender: without one each row would be looked for in all the list.
    there = select(listed_terms.c.tender).where(
        listed_terms.c.list == kept,
        listed_terms.c.term == literal(terms.of_procedure("")) + tenders.c.procedure,
        listed_terms.c.moment == moment,
        listed_terms.c.tender == tenders.c.tender,
    )
    query = query.where(~there.exists()).order_by(tenders.c.tender).limit(_BATCH)
    last = ""
    while rows := connection.execute(query.where(tenders.c.tender > last)).all():
        yield rows
        last = rows[-1].tender


def _published() -> AnySelect:
    return select(tenders, organisations.c.name.label("agency_name")).join(
        organisations, organisations.c.code == tenders.c.agency
    )


def _awarded() -> AnySelect:
    winners = organisations.alias()
    return (
        _published()
        .add_columns(awards.c.winner, awards.c.awarded_at, winners.c.name.label("winner_name"))
        .join(awards, awards.c.tender == tenders.c.tender)
        .join(winners, winners.c.code == awards.c.winner)
    )


def _terms(connection: Connection, row: AnyRow, version: str | None = None) -> tuple[str, ...]:
    content = canonical.loads(row.content.encode())
    category = pinned.load(connection, version or row.procedure_version).category
    facets = [
        *terms.of_region(content["region"]),
        terms.of_procedure(row.procedure),
        terms.of_category(category),
        terms.of_agency(row.agency),
    ]
    return terms.of_tender([row.title, content["title_en"], row.agency_name, row.tender], facets)


def _awarded_terms(connection: Connection, row: AnyRow) -> tuple[str, ...]:
    return terms.of_tender([row.winner_name], [*_terms(connection, row), terms.of_winner(row.winner)])


def _rows(kept: str, row: AnyRow, moment: datetime, found: Iterable[str]) -> list[dict[str, Any]]:
    return [{"list": kept, "term": term, "moment": moment, "tender": row.tender} for term in found]


def _insert(connection: Connection, rows: list[dict[str, Any]]) -> None:
    for first in range(0, len(rows), _BATCH):
        connection.execute(insert(listed_terms), rows[first : first + _BATCH])
