"""What an auction has sealed: in its place, opened as its closing and its keys say, or destroyed (I3, I11)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from bidding import keysets
from bidding.acts import auction_opening, auction_sealed
from bidding.acts.keys import load_record
from bidding.auctions import events
from bidding.auctions.events import Event
from bidding.rows import auction_closings, auction_envelopes, key_sets, releases
from notary.errors import Refusal
from notary.findings import Finding, absent, differing, differs, stray, unsound
from notary.fsck.entries import stream
from notary.rows import AnyRow
from trading.acts import pinned
from trading.auctions.draft import RESERVE
from trading.auctions.terms import Terms
from trading.rows import tenders


def check_sealed(connection: Connection) -> Iterator[Finding]:
    """Every envelope, also of a draft, has the id of its bytes and is of its tender and kind."""
    for row in stream(connection, select(auction_envelopes).order_by(auction_envelopes.c.envelope)):
        where = f"auction_envelopes envelope={row.envelope}"
        if row.sealed is None:
            continue
        try:
            front, envelope = auction_sealed.read_sealed(row.sealed)
        except Refusal as fault:
            yield unsound("I3", where, str(fault))
            continue
        base = front.header.base
        found = {"envelope": envelope, "tender": base.tender, "kind": base.kind, "sealer": base.bidder}
        yield from differing("I3", where, found, row._asdict())


def check_reserve(connection: Connection, tender: str, terms: Terms, made: list[Event]) -> Iterator[Finding]:
    """The reserve price that the terms name is there, opened or destroyed as the events say."""
    query = select(auction_envelopes).where(auction_envelopes.c.tender == tender)
    there = {row.envelope: row for row in connection.execute(query)}
    revealed = next((event for event in made if isinstance(event, events.Revealed)), None)
    over = bool(made) and isinstance(made[-1], events.Ended | events.Terminated)
    row = there.pop(terms.reserve, None) if terms.reserve is not None else None
    for envelope in there:
        yield stray("I11", f"auction_envelopes envelope={envelope}")
    if terms.reserve is None:
        return
    if row is None or row.kind != RESERVE:
        yield absent("I11", f"auction_envelopes envelope={terms.reserve}")
        return
    yield from _check_sealed_in_time(connection, row)
    if (row.destroyed_leaf is not None) != (over and revealed is None):
        yield differs("I11", f"auction_envelopes envelope={row.envelope} destroyed_leaf")
    yield from _check_closing(connection, tender, row, revealed, made)


def _check_sealed_in_time(connection: Connection, row: AnyRow) -> Iterator[Finding]:
    """Sealed once every trustee had signed, and before the notice that names it."""
    query = (
        select(key_sets.c.composed_at, tenders.c.published_at)
        .join(tenders, tenders.c.tender == key_sets.c.tender)
        .where(key_sets.c.tender == row.tender, key_sets.c.kind == row.kind)
    )
    times = connection.execute(query).one_or_none()
    if times is None or not times.composed_at <= row.sealed_at <= times.published_at:
        yield unsound("I11", f"auction_envelopes envelope={row.envelope} sealed_at", "out_of_order")


def _check_closing(
    connection: Connection, tender: str, row: AnyRow, revealed: events.Revealed | None, made: list[Event]
) -> Iterator[Finding]:
    there = auction_closings.c
    closing = connection.execute(
        select(auction_closings).where(there.tender == tender, there.kind == row.kind)
    ).one_or_none()
    where = f"auction_closings tender={tender} kind={row.kind}"
    if closing is None:
        # Not before the bidding is over, and not where nobody has bid.
        if revealed is not None:
            yield absent("I11", where)
        return
    closed = next((event.at for event in made if isinstance(event, events.Closed)), None)
    expected: dict[str, Any] = {
        "closed_at": closed,
        "due_at": _complete_at(connection, tender, row.kind),
        "opened_at": None if revealed is None else revealed.at,
    }
    yield from differing("I11", where, expected, closing._asdict())
    if revealed is not None and row.sealed is not None:
        yield from _check_price(connection, tender, row, revealed)


def _complete_at(connection: Connection, tender: str, kind: str) -> datetime | None:
    """When the keys of a whole quorum were there; None before."""
    record = load_record(connection, tender, kind)
    if record is None:
        return None
    key_set = keysets.parse(record["key_set"])
    query = select(releases).where(releases.c.key_set == key_set.id)
    at = {row.trustee: row.released_at for row in connection.execute(query)}
    whole = [max(at[name] for name in names) for names in key_set.quorums if set(names) <= at.keys()]
    return min(whole, default=None)


def _check_price(connection: Connection, tender: str, row: AnyRow, revealed: events.Revealed) -> Iterator[Finding]:
    """Opened again it holds the price that was revealed."""
    version = connection.scalar(select(tenders.c.procedure_version).where(tenders.c.tender == tender))
    try:
        schema = pinned.load(connection, str(version)).form_schema
        found = auction_opening.prices_of(connection, tender, row.kind, schema)
    except Refusal as fault:
        yield unsound("I11", f"auction_envelopes envelope={row.envelope}", str(fault))
        return
    if found != {row.sealer: revealed.price}:
        yield differs("I11", f"auction_envelopes envelope={row.envelope} sealed")
