"""Auctions under the lot's exclusive lock: each act and each tick is one unit, and its events are entries.

The state stands in no row: it is what the events make of the terms. :class:`Floor` keeps it in memory and reads on from
there; after a crash, or in another process, it reads the same events from the beginning.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from bidding.auctions import decide, events
from bidding.auctions import terms as rules
from bidding.auctions.advance import advance, due_at
from bidding.auctions.events import Event
from bidding.auctions.state import BEGINNING, State, apply
from bidding.auctions.terms import Terms
from bidding.rows import auction_events, auction_numbers, auctions
from notary import canonical, disclosure
from notary.errors import Conflict, Unknown
from notary.work import Unit
from trading.acts.stages import Tender

#: What stays undisclosed until the end: it would tell who bids, or that somebody has made an offer.
HIDDEN = (events.Registered, events.Offer)
AT_THE_END = ("auction_number", "auction_event", "auction_statement", "auction_refused")


class Floor:
    """The auctions that this process has seen, as far as it has read their events."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Terms, State]] = {}

    def load(self, connection: Connection, tender: str) -> tuple[Terms, State]:
        """The terms and the state as the connection's transaction sees it. Raises Unknown."""
        terms, state = self._known.get(tender) or (_terms(connection, tender), BEGINNING)
        if not _stands(connection, tender, state):  # it was rolled back, or the database is another
            terms, state = _terms(connection, tender), BEGINNING
        later = connection.execute(
            select(auction_events.c.link)
            .where(auction_events.c.tender == tender, auction_events.c.number > state.number)
            .order_by(auction_events.c.number)
        ).scalars()
        for link in later:
            state = apply(terms, state, events.read(canonical.loads(link.encode())["event"]))
        self._known[tender] = terms, state
        return terms, state


@dataclass
class Hall:
    """One auction in one unit. Make it with :func:`enter`, which records what is due; end with :meth:`leave`."""

    unit: Unit
    tender: str
    lot: str
    terms: Terms
    state: State

    def record(self, event: Event) -> None:
        """The event as an entry and a row."""
        number = self.state.number + 1
        link = events.link(event, number, self.state.head)
        self.state = apply(self.terms, self.state, event)
        shown = not isinstance(event, HIDDEN)
        entry = self.unit.record("auction_event", self.tender, self.lot, {"link": link}, disclosed=shown)
        self.unit.connection.execute(
            insert(auction_events).values(
                tender=self.tender,
                number=number,
                event=self.state.head,
                link=canonical.dumps(link).decode(),
                leaf=entry.commitment().hex(),
                at=event.at,
            )
        )

    def advance(self, alive_at: datetime) -> None:
        """Record what is due now."""
        for event in advance(self.terms, self.state, self.unit.now, alive_at)[0]:
            self.record(event)

    def leave(self) -> None:
        """Record what the act has brought about, note that the auction was looked at, and disclose it at its end."""
        self.advance(self.unit.now)
        ended_at = self.state.at if self.state.phase == "ended" else None
        self.unit.connection.execute(
            update(auctions).where(auctions.c.tender == self.tender).values(alive_at=self.unit.now, ended_at=ended_at)
        )
        if ended_at is not None:
            disclosure.disclose_kinds(self.unit, self.tender, AT_THE_END)


def establish(unit: Unit, row: Tender, terms: dict[str, Any]) -> None:
    """Set an auction up under the terms of its notice. Raises Malformed."""
    rules.read(terms)
    text = canonical.dumps(terms).decode()
    unit.connection.execute(insert(auctions).values(tender=row.tender, terms=text, alive_at=unit.now))


def enter(unit: Unit, floor: Floor, row: Tender) -> Hall:
    """The auction of a tender, at the unit's moment. Raises Unknown."""
    terms, state = floor.load(unit.connection, row.tender)
    alive_at = unit.connection.execute(select(auctions.c.alive_at).where(auctions.c.tender == row.tender)).scalar_one()
    hall = Hall(unit, row.tender, row.lot, terms, state)
    hall.advance(alive_at)
    return hall


def tick(unit: Unit, floor: Floor, row: Tender) -> State:
    """Record what is due, and that the platform is alive. Twice is the same."""
    return _led(unit, floor, row, None)


def stop(unit: Unit, floor: Floor, row: Tender, ground: str) -> State:
    """Freeze or suspend. Raises Refusal (docs/spec/auction.md)."""
    return _led(unit, floor, row, lambda hall: decide.stop(hall.terms, hall.state, unit.now, ground))


def announce(unit: Unit, floor: Floor, row: Tender, resumes_at: datetime) -> State:
    """Say when it goes on. Raises Refusal."""
    return _led(unit, floor, row, lambda hall: decide.announce(hall.state, unit.now, resumes_at))


def resume(unit: Unit, floor: Floor, row: Tender) -> State:
    """Go on after a freeze. Raises Refusal."""
    return _led(unit, floor, row, lambda hall: decide.resume(hall.terms, hall.state, unit.now))


def terminate(unit: Unit, floor: Floor, row: Tender, ground: str) -> State:
    """End without a result. Raises Refusal."""
    return _led(unit, floor, row, lambda hall: decide.terminate(hall.terms, hall.state, unit.now, ground))


def give_number(
    unit: Unit, floor: Floor, row: Tender, organisation: str, number: str, first_quote: int | None = None
) -> State:
    """Register an organisation under a number. first_quote: 分, in descending rounds. Raises Conflict, Refusal."""
    if number_of(unit.connection, row.tender, organisation) is not None:
        raise Conflict(
            "number_given", "该单位已有号牌。", "This organisation has a number already.", field="organisation"
        )

    def act(hall: Hall) -> Event:
        event = decide.register(hall.terms, hall.state, unit.now, number, first_quote)
        body = {"bidder": number, "organisation": organisation}
        entry = unit.record("auction_number", row.tender, row.lot, body, disclosed=False)
        unit.connection.execute(
            insert(auction_numbers).values(
                tender=row.tender,
                bidder=number,
                organisation=organisation,
                leaf=entry.commitment().hex(),
                given_at=unit.now,
            )
        )
        return event

    return _led(unit, floor, row, act)


def number_of(connection: Connection, tender: str, organisation: str) -> str | None:
    """The number of an organisation in an auction, if it has one."""
    number: str | None = connection.execute(
        select(auction_numbers.c.bidder).where(
            auction_numbers.c.tender == tender, auction_numbers.c.organisation == organisation
        )
    ).scalar_one_or_none()
    return number


def due(connection: Connection, floor: Floor, now: datetime) -> list[str]:
    """The tenders whose auctions a tick must look at: something is due, or nobody has looked for a while.

    A third of what counts as an outage leaves room for a tick that comes late.
    """
    rows = connection.execute(
        select(auctions.c.tender, auctions.c.alive_at).where(auctions.c.ended_at.is_(None)).order_by(auctions.c.tender)
    ).all()
    found = []
    for row in rows:
        terms, state = floor.load(connection, row.tender)
        moment = due_at(terms, state)
        quiet = now - row.alive_at >= timedelta(seconds=terms.outage_seconds) / 3
        if quiet or (moment is not None and moment <= now):
            found.append(row.tender)
    return found


def _led(unit: Unit, floor: Floor, row: Tender, act: Callable[[Hall], Event] | None) -> State:
    hall = enter(unit, floor, row)
    if act is not None:
        hall.record(act(hall))
    hall.leave()
    return hall.state


def _terms(connection: Connection, tender: str) -> Terms:
    text = connection.execute(select(auctions.c.terms).where(auctions.c.tender == tender)).scalar_one_or_none()
    if text is None:
        raise Unknown("auction_unknown", "该项目没有竞价。", "This tender has no auction.", field="tender")
    return rules.read(canonical.loads(text.encode()))


def _stands(connection: Connection, tender: str, state: State) -> bool:
    if state.number == 0:
        return True
    found = select(auction_events.c.event).where(
        auction_events.c.tender == tender, auction_events.c.number == state.number
    )
    return bool(connection.execute(found).scalar_one_or_none() == state.head)
