"""What an auction has sealed: in its place, opened as its closing and its keys say, or destroyed (I3, I11)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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
from trading.auctions.draft import OFFER, RESERVE
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


@dataclass(frozen=True)
class Sealed:
    """Envelopes of one kind as terms and events have them: id -> whose it is, and since when, where an event says so.

    listed_at: when they had to be opened, if they had; opened: the event that says what was inside.
    """

    kind: str
    envelopes: Mapping[str, tuple[str, datetime] | None]
    listed_at: datetime | None
    opened: events.Opened | events.Revealed | None


def sealed_kinds(terms: Terms, made: Sequence[Event]) -> list[Sealed]:
    """What the auction has sealed: offers, and the reserve price that comes after them."""
    closed = next((event.at for event in made if isinstance(event, events.Closed)), None)
    opened = next((event for event in made if isinstance(event, events.Opened)), None)
    revealed = next((event for event in made if isinstance(event, events.Revealed)), None)
    offers = {event.sealed: (event.bidder, event.at) for event in made if isinstance(event, events.Offer)}
    after_offers = closed if not offers else None if opened is None else opened.at
    # No reserve price is opened where there is nothing to compare it with.
    prices = [] if opened is None else [price for price in opened.prices.values() if price is not None]
    if not any(isinstance(event, events.Bid) for event in made) and max(prices, default=0) < terms.least_offer:
        after_offers = None
    reserve = {} if terms.reserve is None else {terms.reserve: None}
    return [Sealed(OFFER, offers, closed, opened), Sealed(RESERVE, reserve, after_offers, revealed)]


def check_in_auction(connection: Connection, tender: str, terms: Terms, made: list[Event]) -> Iterator[Finding]:
    """Every envelope that terms and events name is there, opened or destroyed as the events say; no other is."""
    query = select(auction_envelopes).where(auction_envelopes.c.tender == tender)
    there = {row.envelope: row for row in connection.execute(query)}
    over = bool(made) and isinstance(made[-1], events.Ended | events.Terminated)
    for sealed in sealed_kinds(terms, made):
        for envelope, told in sealed.envelopes.items():
            row = there.pop(envelope, None)
            if row is None or row.kind != sealed.kind:
                yield absent("I11", f"auction_envelopes envelope={envelope}")
                continue
            yield from _check_row(connection, row, told)
            if (row.destroyed_leaf is not None) != (over and sealed.opened is None):
                yield differs("I11", f"auction_envelopes envelope={envelope} destroyed_leaf")
        yield from _check_closing(connection, tender, sealed)
    for envelope in there:
        yield stray("I11", f"auction_envelopes envelope={envelope}")


def _check_row(connection: Connection, row: AnyRow, told: tuple[str, datetime] | None) -> Iterator[Finding]:
    """An offer is its bidder's, of the moment of its event; a reserve price of between the key set and the notice."""
    where = f"auction_envelopes envelope={row.envelope}"
    if told is not None:
        yield from differing("I11", where, {"sealer": told[0], "sealed_at": told[1]}, row._asdict())
        return
    query = (
        select(key_sets.c.composed_at, tenders.c.published_at)
        .join(tenders, tenders.c.tender == key_sets.c.tender)
        .where(key_sets.c.tender == row.tender, key_sets.c.kind == row.kind)
    )
    times = connection.execute(query).one_or_none()
    if times is None or not times.composed_at <= row.sealed_at <= times.published_at:
        yield unsound("I11", f"{where} sealed_at", "out_of_order")


def _check_closing(connection: Connection, tender: str, sealed: Sealed) -> Iterator[Finding]:
    there = auction_closings.c
    query = select(auction_closings).where(there.tender == tender, there.kind == sealed.kind)
    closing = connection.execute(query).one_or_none()
    where = f"auction_closings tender={tender} kind={sealed.kind}"
    if closing is None:
        # Not before the bidding is over, and no reserve price where nobody has bid.
        if sealed.opened is not None:
            yield absent("I11", where)
        return
    expected: dict[str, Any] = {
        "closed_at": sealed.listed_at,
        "due_at": _complete_at(connection, tender, sealed.kind),
        "opened_at": None if sealed.opened is None else sealed.opened.at,
    }
    yield from differing("I11", where, expected, closing._asdict())
    if sealed.opened is not None:
        yield from _check_prices(connection, tender, sealed.kind, sealed.opened)


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


def _check_prices(
    connection: Connection, tender: str, kind: str, opened: events.Opened | events.Revealed
) -> Iterator[Finding]:
    """Opened again the envelopes hold the prices that were told."""
    row = connection.execute(select(tenders).where(tenders.c.tender == tender)).one()
    where = f"auction_envelopes tender={tender} kind={kind} sealed"
    told = dict(opened.prices) if isinstance(opened, events.Opened) else {row.agency: opened.price}
    try:
        schema = pinned.load(connection, str(row.procedure_version)).form_schema
        found = auction_opening.prices_in(auction_opening.load_sealed(connection, tender, kind, schema))
    except Refusal as fault:
        yield unsound("I11", where, str(fault))
        return
    if found != told:
        yield differs("I11", where)
