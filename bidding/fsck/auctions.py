"""Each auction decided again from its events, and each accepted statement against the event that it made (I11)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, select

from bidding.acts.auctions import AT_THE_END, look_at
from bidding.auctions import events
from bidding.auctions.events import Event
from bidding.auctions.replay import ImpossibleEvent, replay, unchained
from bidding.auctions.state import BEGINNING, State, apply
from bidding.fsck import auction_sealed
from bidding.rows import (
    auction_admissions,
    auction_applications,
    auction_events,
    auction_numbers,
    auction_statements,
    auctions,
)
from notary import canonical, signing
from notary.errors import Malformed
from notary.findings import Finding, absent, differing, differs, stray, unsound
from notary.fsck.entries import stream
from notary.rows import AnyRow, entries
from trading import calendar, money, periods
from trading.acts import stages
from trading.auctions import terms as rules
from trading.auctions.terms import Terms
from trading.rows import awards, keys, tenders


def check_auctions(connection: Connection) -> Iterator[Finding]:
    """Every auction."""
    for row in stream(connection, select(auctions).order_by(auctions.c.tender)):
        where = f"auctions tender={row.tender}"
        try:
            terms = rules.read(canonical.loads(row.terms.encode()))
            made = unchained(_links(connection, row.tender))
            state = replay(terms, made)
        except (Malformed, ImpossibleEvent) as fault:
            yield unsound("I11", where, str(fault))
            continue
        yield from _check_row(row, terms, state, where)
        yield from _check_publicity(connection, row, where)
        yield from _check_notice(connection, row, where)
        yield from _check_statements(connection, row.tender, terms, made)
        yield from auction_sealed.check_in_auction(connection, row.tender, terms, made)
        yield from _check_numbers(connection, row.tender, state)
        yield from _check_applications(connection, row.tender)
        yield from _check_disclosed(connection, row.tender, over=state.phase == "ended")


def _links(connection: Connection, tender: str) -> list[dict[str, Any]]:
    query = select(auction_events.c.link).where(auction_events.c.tender == tender).order_by(auction_events.c.number)
    return [canonical.loads(link.encode()) for link in connection.execute(query).scalars()]


def _check_row(row: AnyRow, terms: Terms, state: State, where: str) -> Iterator[Finding]:
    ended_at = state.at if state.phase == "ended" else None
    expected = {"ended_at": ended_at, "look_at": look_at(terms, state, row.alive_at)}
    yield from differing("I11", where, expected, row._asdict())
    if state.at is not None and row.alive_at < state.at:
        yield differs("I11", f"{where} alive_at")


def _check_publicity(connection: Connection, row: AnyRow, where: str) -> Iterator[Finding]:
    """No sale was confirmed before it had been public as long as the procedure says."""
    awarded = connection.scalar(select(awards.c.awarded_at).where(awards.c.tender == row.tender))
    if awarded is None or row.ended_at is None:
        return
    procedure = stages.procedure_of(stages.load(connection, row.tender))
    until = periods.due(procedure, calendar.china(), "sale_publicity", row.ended_at)
    if until is not None and awarded < until:
        yield unsound("I11", where, "awarded_in_publicity")


def _check_statements(connection: Connection, tender: str, terms: Terms, made: list[Event]) -> Iterator[Finding]:
    """Each bid and offer is what its bidder has signed, having seen what stood before it; none is left over."""
    query = select(auction_statements).where(auction_statements.c.tender == tender)
    signed = {row.statement: row for row in connection.execute(query)}
    state = BEGINNING
    for event in made:
        if isinstance(event, events.Bid | events.Offer):
            row = signed.pop(event.statement, None)
            where = f"auction_statements statement={event.statement}"
            if row is None:
                yield absent("I11", where)
            else:
                yield from _check_signed(connection, row, event, state, where)
        state = apply(terms, state, event)
    for statement in signed:
        yield stray("I11", f"auction_statements statement={statement}")


def _check_signed(
    connection: Connection, row: AnyRow, event: events.Bid | events.Offer, state: State, where: str
) -> Iterator[Finding]:
    signed = canonical.loads(row.signed.encode())
    said: Mapping[str, Any] = signed["object"]
    wanted = {"bidder": event.bidder, "sequence": event.sequence, "seen": state.view, "tender": row.tender}
    if isinstance(event, events.Bid):
        wanted |= {"type": "sunbid/auction-bid/1", "price": money.text(event.price)}
    else:
        wanted |= {"type": "sunbid/auction-offer/1", "sealed": event.sealed}
    yield from differing("I11", where, wanted, said)
    if row.accepted_at != event.at:
        yield differs("I11", f"{where} accepted_at")
    held = connection.scalars(
        select(keys.c.public_key)
        .join(auction_numbers, auction_numbers.c.organisation == keys.c.owner)
        .where(
            auction_numbers.c.tender == row.tender,
            auction_numbers.c.bidder == row.bidder,
            keys.c.purpose == "statement",
            keys.c.registered_at <= row.accepted_at,
        )
    )
    if not any(signing.verifies(signed, bytes.fromhex(key)) for key in held):
        yield unsound("I3", where, "signature_wrong")


def _check_numbers(connection: Connection, tender: str, state: State) -> Iterator[Finding]:
    query = select(auction_numbers.c.bidder).where(auction_numbers.c.tender == tender)
    given = set(connection.execute(query).scalars())
    for number in sorted(given ^ state.bidders.keys()):
        yield differs("I11", f"auction_numbers tender={tender} bidder={number}")


def _check_notice(connection: Connection, row: AnyRow, where: str) -> Iterator[Finding]:
    """The terms are those of the notice."""
    bodies = connection.scalars(
        select(entries.c.body)
        .join(tenders, tenders.c.notice_leaf == entries.c.commitment)
        .where(tenders.c.tender == row.tender)
    ).all()
    stated = [canonical.loads(body.encode()).get("auction") for body in bodies]
    if stated != [canonical.loads(row.terms.encode())]:
        yield differs("I11", f"{where} terms")


def _check_applications(connection: Connection, tender: str) -> Iterator[Finding]:
    """Numbers have those who were admitted, each from the moment of the decision, and nobody else."""
    admitted = connection.execute(
        select(auction_applications.c.organisation, auction_admissions.c.decided_at)
        .join(auction_admissions, auction_admissions.c.application == auction_applications.c.application)
        .where(auction_applications.c.tender == tender, auction_admissions.c.clause.is_(None))
    )
    given = connection.execute(
        select(auction_numbers.c.organisation, auction_numbers.c.given_at).where(auction_numbers.c.tender == tender)
    )
    for organisation, _ in sorted(set(map(tuple, admitted)) ^ set(map(tuple, given))):
        yield differs("I11", f"auction_admissions tender={tender} organisation={organisation}")


def _check_disclosed(connection: Connection, tender: str, *, over: bool) -> Iterator[Finding]:
    """Until the end nothing of an auction is disclosed, for its numbers would count who comes; then all of it is."""
    found = select(entries.c.serial, entries.c.disclosed).where(
        entries.c.tender == tender, entries.c.kind.in_(AT_THE_END)
    )
    for serial, shown in connection.execute(found):
        if shown != over:
            yield differs("I6", f"entries serial={serial} disclosed")
