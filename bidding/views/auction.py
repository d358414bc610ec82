"""What everybody may see of an auction as it runs, what a bidder sees of itself, and whom an agency has to admit.

Until the end nothing here tells how many have registered: no number of an event, no link, and of who bids only the
random number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from bidding.acts import registering
from bidding.acts.auctions import Course, Floor, number_of
from bidding.auctions.events import Bid, Event
from bidding.auctions.state import RUNNING, State
from bidding.rows import auction_numbers, auction_statements, auctions, refusals
from notary import canonical, clock
from notary.errors import Unknown
from trading import money
from trading.acts import stages
from trading.auctions import codec
from trading.auctions.terms import Terms
from trading.caller import Caller
from trading.rows import organisations

#: Bids that are shown while an auction runs; after its end all of them are, but not to those who watch it live.
SHOWN = 50


def is_auction(connection: Connection, tender: str) -> bool:
    """Whether an auction decides the published lot."""
    return connection.scalar(select(auctions.c.tender).where(auctions.c.tender == tender)) is not None


def running(connection: Connection, *, most: int = 20) -> list[str]:
    """The tenders whose auctions have not ended, in the order of their next moments."""
    query = select(auctions.c.tender).where(auctions.c.ended_at.is_(None))
    return list(connection.scalars(query.order_by(auctions.c.look_at, auctions.c.tender).limit(most)))


def past(connection: Connection, *, most: int = 10) -> list[str]:
    """The tenders whose auctions have ended, the latest first."""
    query = select(auctions.c.tender).where(auctions.c.ended_at.is_not(None))
    return list(connection.scalars(query.order_by(auctions.c.ended_at.desc(), auctions.c.tender).limit(most)))


def terms(connection: Connection, tender: str) -> dict[str, Any]:
    """The terms that the notice states. Raises Unknown."""
    text = connection.scalar(select(auctions.c.terms).where(auctions.c.tender == tender))
    if text is None:
        raise Unknown("auction_unknown", "该项目没有竞价。", "This tender has no auction.", field="tender")
    return canonical.loads(text.encode())  # type: ignore[no-any-return]  # an object, as it was written


def shown(connection: Connection, floor: Floor, tender: str) -> dict[str, Any]:
    """The auction as everybody may see it now (docs/http.md). Raises Unknown.

    `version` changes with anything that is shown; `seen` is what a bid must have seen.
    """
    course = floor.load(connection, tender)
    rules, state = course.terms, course.state
    over = state.phase == "ended"
    told = {
        "phase": state.phase,
        "stopped": _stopped(rules, state),
        "opens_at": clock.text(rules.opens_at),
        "registration_until": clock.text(rules.registration_until),
        "ends_at": clock.text(state.ends_at) if _runs(state) and state.ends_at is not None else None,
        "start_price": money.text(rules.start_price),
        "step": money.text(rules.step),
        "price": _price(state),
        "leading": state.leading.bidder if state.leading else None,
        "least": _least(rules, state),
        "seen": state.view,
        "result": state.result,
        "winner": state.winner,
        "bids": [_bid(one) for one in reversed(course.bids[0 if over else -SHOWN :])],
        "bid_count": len(course.bids),
        "log": [_unsalted(one) for one in reversed(course.log)],
        "holders": holders(connection, tender) if over else {},
    }
    return told | {"version": hashlib.sha256(canonical.dumps(told)).hexdigest()[:16]}


def versions(connection: Connection, floor: Floor, tenders: Sequence[str]) -> dict[str, str]:
    """Of each of some auctions what changes whenever it does: for live readers, cheaper than the whole."""
    return {tender: _version(floor.load(connection, tender)) for tender in tenders if is_auction(connection, tender)}


def holders(connection: Connection, tender: str) -> dict[str, dict[str, str]]:
    """Number -> `organisation` and `name`, once the auction has ended; before that none."""
    rows = connection.execute(
        select(auction_numbers.c.bidder, auction_numbers.c.organisation, organisations.c.name)
        .join(organisations, organisations.c.code == auction_numbers.c.organisation)
        .join(auctions, auctions.c.tender == auction_numbers.c.tender)
        .where(auction_numbers.c.tender == tender, auctions.c.ended_at.is_not(None))
    )
    return {row.bidder: {"organisation": row.organisation, "name": row.name} for row in rows}


def own(connection: Connection, floor: Floor, caller: Caller, tender: str, now: datetime) -> dict[str, Any]:
    """What a bidder has in an auction: application, number, last sequence, receipts. Raises Unknown."""
    state = floor.load(connection, tender).state
    number = number_of(connection, tender, caller.organisation)
    held = state.bidders.get(number or "")
    applied = registering.application_of(connection, tender, caller.organisation)
    deadline = stages.load_published(connection, tender).deadline
    return {
        "application": None
        if applied is None
        else _application(applied, over=now >= deadline) | {"until": clock.text(deadline)},
        "number": number,
        "sequence": 0 if held is None else held.sequence,
        "offered": held is not None and held.sealed is not None,
        "receipts": _receipts(connection, caller, tender, number),
    }


def applications(connection: Connection, caller: Caller, tender: str, now: datetime) -> list[dict[str, Any]]:
    """Who has applied, for the lot's agency; nobody's number. Raises Unknown."""
    over = now >= stages.load_own(connection, caller, tender).deadline
    terms(connection, tender)
    found = registering.applications(connection, tender)
    codes = {one.organisation for one in found}
    query = select(organisations.c.code, organisations.c.name).where(organisations.c.code.in_(codes))
    names = {row.code: row.name for row in connection.execute(query)}
    return [
        _application(one, over=over)
        | {"organisation": one.organisation, "name": names[one.organisation], "statement": one.statement}
        for one in found
    ]


def _application(one: registering.Application, *, over: bool) -> dict[str, Any]:
    state = {None: "lapsed" if over else "waiting", True: "admitted", False: "refused"}[one.admitted]
    return {
        "application": one.application,
        "state": state,
        "clause": one.clause,
        "reason": one.reason,
        "applied_at": clock.text(one.applied_at),
        "decided_at": None if one.decided_at is None else clock.text(one.decided_at),
    }


def _runs(state: State) -> bool:
    return state.phase in RUNNING and state.stop is None


def _stopped(rules: Terms, state: State) -> dict[str, Any] | None:
    if state.stop is None:
        return None
    ground = rules.ground(state.stop.ground)
    resumes_at = state.stop.resumes_at
    return {
        "ground": {name: getattr(ground, name) for name in ("id", "effect", "cites", "zh", "en")},
        "resumes_at": None if resumes_at is None else clock.text(resumes_at),
    }


def _least(rules: Terms, state: State) -> str | None:
    """The least that a bid, or the one sealed offer, must be now; None while none is taken."""
    if _runs(state) and state.phase == "offers":
        return money.text(rules.least_offer)
    if not _runs(state) or state.phase not in {"open", "timed"}:
        return None
    return money.text(rules.start_price if state.leading is None else state.leading.price + rules.step)


def _version(course: Course) -> str:
    """A hash, for a number would count. What is not shown (`registered`) changes the head, and may not change this."""
    state, opens_at = course.state, clock.text(course.terms.opens_at)
    stop = None if state.stop is None else [state.stop.ground, str(state.stop.resumes_at)]
    told = [state.view, stop, state.phase, opens_at, None if state.ends_at is None else clock.text(state.ends_at)]
    return hashlib.sha256(canonical.dumps(told)).hexdigest()[:16]


def _price(state: State) -> str | None:
    """Of the leading bid; once it is sold of the sale, which may be that of a sealed offer."""
    if state.price is not None:
        return money.text(state.price)
    return None if state.leading is None else money.text(state.leading.price)


def _bid(event: Bid) -> dict[str, Any]:
    return {"number": event.bidder, "price": money.text(event.price), "at": clock.text(event.at)}


def _unsalted(event: Event) -> dict[str, Any]:
    """While the auction runs a salt would tell what it hides."""
    return {name: value for name, value in codec.plain(event).items() if name != "salt"}


def _receipts(connection: Connection, caller: Caller, tender: str, number: str | None) -> list[dict[str, Any]]:
    """Of the organisation's own statements, accepted and refused, the latest first."""
    taken = connection.execute(
        select(auction_statements).where(auction_statements.c.tender == tender, auction_statements.c.bidder == number)
    )
    turned_down = connection.execute(
        select(refusals).where(refusals.c.tender == tender, refusals.c.bidder == caller.organisation)
    )
    found = [
        {
            "receipt": row.receipt,
            "statement": row.statement,
            "price": canonical.loads(row.signed.encode())["object"].get("price"),
            "refused": None,
            "at": clock.text(row.accepted_at),
        }
        for row in taken
    ] + [
        {
            "receipt": row.receipt,
            "statement": row.statement,
            "price": None,
            "refused": row.reason,
            "at": clock.text(row.refused_at),
        }
        for row in turned_down
    ]
    return sorted(found, key=lambda one: str(one["at"]), reverse=True)
