"""Auctions under the lot's exclusive lock: each act and each tick is one unit, and its events are entries.

The state stands in no row: it is what the events make of the terms. :class:`Floor` keeps it in memory and reads on from
there; after a crash, or in another process, it reads the same events from the beginning.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from msgspec import structs
from sqlalchemy import Connection, Row, insert, select, update

from bidding.acts import auction_sealed
from bidding.auctions import decide, events
from bidding.auctions.advance import advance, due_at
from bidding.auctions.events import Bid, Event, Offer, Registered
from bidding.auctions.state import BEGINNING, RUNNING, State, apply
from bidding.rows import auction_events, auction_numbers, auctions
from notary import canonical, chance, disclosure
from notary.errors import Conflict, Forbidden, Unknown
from notary.rows import entries
from notary.work import Unit
from trading import calendar, periods
from trading.acts import stages, tenders
from trading.acts.stages import Tender
from trading.auctions import terms as rules
from trading.auctions.terms import Terms
from trading.caller import Caller

#: What stays undisclosed until the end. The events too: their numbers would count who has registered. What everybody
#: may know meanwhile bidding.views.auction shows without them.
AT_THE_END = ("auction_number", "auction_event", "auction_statement", "auction_refused")
#: Events that would count who has registered, and who has made an offer.
HIDDEN = (Registered, Offer)
#: What is done where an auction ends unsold: said in `lot_failed`, for people.
_UNSOLD = {
    "too_few_bidders": "竞买人数不足，竞价没有开始",
    "no_bids": "没有人报价",
    "below_reserve": "最高报价低于保留价",
    "terminated": "竞价依公告所列事由终止",
}


@dataclass(frozen=True)
class Course:
    """How an auction has gone so far: its terms, the state, and its bids and other public events in their order."""

    terms: Terms
    state: State = BEGINNING
    bids: tuple[Bid, ...] = ()
    log: tuple[Event, ...] = ()

    def after(self, event: Event) -> Course:
        """The course with one more event, which was decided before."""
        state = apply(self.terms, self.state, event)
        if isinstance(event, Bid):
            return replace(self, state=state, bids=(*self.bids, event))
        if isinstance(event, HIDDEN):
            return replace(self, state=state)
        return replace(self, state=state, log=(*self.log, event))


class Floor:
    """The auctions that this process has seen, as far as it has read their events."""

    def __init__(self) -> None:
        self._known: dict[str, Course] = {}

    def load(self, connection: Connection, tender: str) -> Course:
        """The course as the connection's transaction sees it. Raises Unknown."""
        course = self._known.get(tender)
        if course is None or course.state.number == 0:
            # Before the first event an extension may change the terms.
            course = Course(_terms(connection, tender))
        later = _events(connection, tender, course.state.number)
        if course.state.head is not None and (not later or later.pop(0).event != course.state.head):
            # What was known was rolled back, or the database is another.
            course, later = Course(_terms(connection, tender)), _events(connection, tender, 0)
        for row in later:
            course = course.after(events.read(canonical.loads(row.link.encode())["event"]))
        self._known[tender] = course
        return course


@dataclass
class Hall:
    """One auction in one unit. Make it with :func:`enter`, which records what is due; end with :meth:`leave`."""

    unit: Unit
    row: Tender
    terms: Terms
    state: State

    @property
    def tender(self) -> str:
        """Its tender's code."""
        return self.row.tender

    @property
    def lot(self) -> str:
        """Its lot."""
        return self.row.lot

    def record(self, event: Event, by: str | None = None) -> None:
        """The event as an entry and a row. by: code of the organisation whose act it is, of acts that steer."""
        number, event = self.state.number + 1, structs.replace(event, salt=chance.token().hex())
        link = events.link(event, number, self.state.head)
        self.state = apply(self.terms, self.state, event)
        body = {"link": link} if by is None else {"by": by, "link": link}
        entry = self.unit.record("auction_event", self.tender, self.lot, body, disclosed=False)
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
        """Record what the act has brought about, note that the auction was looked at; at its end, settle the lot."""
        self.advance(self.unit.now)
        auction_sealed.list_awaited(self.unit, self.row, self.terms, self.state)
        values = {
            "alive_at": self.unit.now,
            "ended_at": self.state.at if self.state.phase == "ended" else None,
            "look_at": look_at(self.terms, self.state, self.unit.now),
        }
        self.unit.connection.execute(update(auctions).where(auctions.c.tender == self.tender).values(values))
        if self.state.phase == "ended":
            self._end()

    def _end(self) -> None:
        """Show the whole of it, and move the lot on; of what comes after the end only the first is done."""
        disclosure.disclose_kinds(self.unit, self.tender, AT_THE_END)
        auction_sealed.destroy_rest(self.unit, self.row, self.state)
        if "knock_down" not in stages.procedure_of(self.row).stages.get(self.row.stage, ()):
            return
        if self.state.result == "sold":
            tenders.knock_down(self.unit, self.row)
        else:
            reason = str(self.state.result)
            tenders.end_unsold(self.unit, self.row, reason, _UNSOLD[reason])


def establish(unit: Unit, row: Tender, terms: dict[str, Any]) -> None:
    """Set an auction up under the terms of its notice. Raises Malformed."""
    checked = rules.read(terms)
    text = canonical.dumps(terms).decode()
    looked = look_at(checked, BEGINNING, unit.now)
    unit.connection.execute(insert(auctions).values(tender=row.tender, terms=text, alive_at=unit.now, look_at=looked))


def look_at(terms: Terms, state: State, alive_at: datetime) -> datetime | None:
    """When a tick must look next: something is due then, or else nobody would have looked for a while.

    A third of what counts as an outage leaves room for a tick that comes late.
    """
    moment = due_at(terms, state)
    if state.phase not in RUNNING or state.stop is not None:
        return moment
    quiet = alive_at + timedelta(seconds=terms.outage_seconds) / 3
    return quiet if moment is None else min(moment, quiet)


def enter(unit: Unit, floor: Floor, row: Tender) -> Hall:
    """The auction of a tender, at the unit's moment. Raises Unknown."""
    course = floor.load(unit.connection, row.tender)
    alive_at = unit.connection.execute(select(auctions.c.alive_at).where(auctions.c.tender == row.tender)).scalar_one()
    hall = Hall(unit, row, course.terms, course.state)
    hall.advance(alive_at)
    return hall


def tick(unit: Unit, floor: Floor, row: Tender) -> State:
    """Record what is due, and that the platform is alive. Twice is the same."""
    return _led(unit, floor, row, None)


def stop(unit: Unit, floor: Floor, row: Tender, caller: Caller, ground: str) -> State:
    """Freeze or suspend. Raises Refusal (docs/spec/auction.md)."""
    return _steer(unit, floor, row, caller, lambda hall: decide.stop(hall.terms, hall.state, unit.now, ground))


def announce(unit: Unit, floor: Floor, row: Tender, caller: Caller, resumes_at: datetime) -> State:
    """Say when it goes on: after a suspension not before the procedure's `resume_notice` is over.

    Raises Refusal, RuleBroken with `earliest`.
    """

    def act(hall: Hall) -> Event:
        event = decide.announce(hall.state, unit.now, resumes_at)
        ground = hall.terms.ground(hall.state.stop.ground) if hall.state.stop else None
        if ground is not None and ground.effect == "suspend":
            procedure = stages.procedure_of(row)
            periods.not_before(procedure, calendar.china(), "resume_notice", unit.now, resumes_at, "resumes_at")
        return event

    return _steer(unit, floor, row, caller, act)


def resume(unit: Unit, floor: Floor, row: Tender, caller: Caller) -> State:
    """Go on after a freeze. Raises Refusal."""
    return _steer(unit, floor, row, caller, lambda hall: decide.resume(hall.terms, hall.state, unit.now))


def terminate(unit: Unit, floor: Floor, row: Tender, caller: Caller, ground: str) -> State:
    """End without a result, and the lot with it. Raises Refusal, Held (key_is_out)."""
    auction_sealed.check_not_due(unit.connection, row.tender)
    return _steer(unit, floor, row, caller, lambda hall: decide.terminate(hall.terms, hall.state, unit.now, ground))


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


def due(connection: Connection, now: datetime) -> list[str]:
    """The tenders whose auctions a tick must look at now."""
    query = select(auctions.c.tender).where(auctions.c.look_at <= now).order_by(auctions.c.look_at, auctions.c.tender)
    return list(connection.scalars(query))


def _steer(unit: Unit, floor: Floor, row: Tender, caller: Caller, act: Callable[[Hall], Event]) -> State:
    """An act of the lot's agency or of a supervisor: what a supervisor has stopped, only a supervisor lets go on."""
    _check_steers(unit.connection, row, caller)
    stages.check(unit, row, "steer")
    hall = enter(unit, floor, row)
    event = act(hall)
    if hall.state.stop is not None and "supervisor" not in caller.roles:
        _check_own_stop(unit.connection, row)
    hall.record(event, by=caller.organisation)
    hall.leave()
    return hall.state


def _check_steers(connection: Connection, row: Tender, caller: Caller) -> None:
    """Raise Unknown for whoever is neither a supervisor nor of the lot's agency."""
    if "supervisor" not in caller.roles:
        stages.load_own(connection, caller, row.tender)


def _check_own_stop(connection: Connection, row: Tender) -> None:
    bodies = connection.scalars(
        select(entries.c.body)
        .where(entries.c.tender == row.tender, entries.c.kind == "auction_event")
        .order_by(entries.c.serial.desc())
    )
    told = (canonical.loads(body.encode()) for body in bodies)
    stopped = next(one for one in told if one["link"]["event"]["event"] == "stopped")
    if stopped["by"] != row.agency:
        raise Forbidden(
            "stopped_by_supervisor",
            "竞价由监督部门暂停，只有监督部门可以恢复或者公告恢复时间。",
            "A supervisor has stopped the auction: only a supervisor lets it go on, or says when.",
            field="tender",
        )


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


def _events(connection: Connection, tender: str, first: int) -> list[Row[Any]]:
    """The ids and links of the events from this number on, in their order."""
    there = auction_events.c
    query = select(there.event, there.link).where(there.tender == tender, there.number >= first)
    return list(connection.execute(query.order_by(there.number)))
