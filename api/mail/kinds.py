"""The kinds of mail: which entry of the record brings one, whom it concerns, what it says.

A kind is a line here and a template in ``templates/mail``. What it says comes from the disclosed entry and the public
notice alone, so nothing can be in it before its time; prices are on the pages, and in no mail.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from bidding.views import concerned
from notary import canonical, clock
from notary.rows import entries
from trading import prior
from trading.acts import draws, stages
from trading.acts import prior as prior_acts
from trading.rows import organisations


@dataclass(frozen=True)
class Event:
    """What a letter is about. leaf, body: of the entry, empty for a deadline; stage: of the lot when it is written."""

    tender: str
    leaf: str
    body: Mapping[str, Any]
    time: datetime
    stage: str


Whom = Callable[[Connection, Event], set[str]]


@dataclass(frozen=True)
class Kind:
    """One kind of mail.

    entries      kinds of entries that bring it; none: a deadline does, a day before
    open_to      people who get it whether or not anybody has bid
    by_bid       people who get it because of a bid or its beginning, or because they may bid: how many is a secret
    facts        what it says beside the lot; every fact is public
    sealed       its entry is not disclosed yet: the letter goes to those whom it names, and says nothing of it
    """

    name: str
    entries: tuple[str, ...]
    open_to: tuple[Whom, ...]
    by_bid: tuple[Whom, ...]
    facts: Callable[[Connection, Event], dict[str, Any]]
    sealed: bool = False


def _asker(connection: Connection, event: Event) -> set[str]:
    return concerned.askers(connection, event.tender, event.leaf)


def _askers(connection: Connection, event: Event) -> set[str]:
    return concerned.askers(connection, event.tender)


def _bidders(connection: Connection, event: Event) -> set[str]:
    return concerned.bidders(connection, event.tender)


def _beginners(connection: Connection, event: Event) -> set[str]:
    return concerned.beginners(connection, event.tender)


def _trustees(connection: Connection, event: Event) -> set[str]:
    return concerned.trustees_of(connection, event.tender)


def _trustees_if_moved(connection: Connection, event: Event) -> set[str]:
    return _trustees(connection, event) if "deadline" in event.body["changed"] else set()


def _told(connection: Connection, event: Event) -> set[str]:
    return concerned.people_of(connection, event.body["bidder"])


def _clerks(connection: Connection, event: Event) -> set[str]:
    return concerned.clerks(connection, event.tender)


def _objectors(connection: Connection, event: Event) -> set[str]:
    return concerned.objectors(connection, event.body["objection"])


def _announcers(connection: Connection, event: Event) -> set[str]:
    return concerned.clerks(connection, event.tender, prior_acts.ACT)


def _commenters(connection: Connection, event: Event) -> set[str]:
    return concerned.commenters(connection, event.body["comment"])


def _invited(connection: Connection, event: Event) -> set[str]:
    return concerned.invited(connection, event.tender)


def _invited_now(connection: Connection, event: Event) -> set[str]:
    return concerned.invited(connection, event.tender, event.leaf)


def _complainants(connection: Connection, event: Event) -> set[str]:
    return concerned.complainants(connection, event.body["complaint"])


def _supervisors(connection: Connection, _event: Event) -> set[str]:
    return concerned.supervisors(connection)


def _clerks_if_taken_up(connection: Connection, event: Event) -> set[str]:
    return _clerks(connection, event) if event.body["taken_up"] else set()


def _drawers(connection: Connection, event: Event) -> set[str]:
    """The parties of a draw that have to do something now, because of this entry."""
    draw = draws.of_tender(connection, event.tender)[-1]
    said = event.body
    if "parties" in said:
        turn = draw.waiting() if draw.leaf == event.leaf else frozenset()
    elif "commitment" in said:
        last = list(draw.commitments)[-1:] == [said["commitment"]["object"]["party"]]
        turn = draw.waiting() if last and draw.state == "revealing" else frozenset()
    else:
        now = draw.turns().get(said["of"])
        turn = frozenset() if now is None else frozenset({now})
    return concerned.drawers(connection, turn)


def _seated(connection: Connection, event: Event) -> set[str]:
    """Who is on the committee now, and was not on the one named before."""
    named = connection.scalars(
        select(entries.c.body)
        .where(entries.c.tender == event.tender, entries.c.kind == "committee_set", entries.c.time < event.time)
        .order_by(entries.c.serial.desc())
        .limit(1)
    ).all()
    before = {one["person"] for body in named for one in canonical.loads(body.encode())["members"]}
    return {one["person"] for one in event.body["members"]} - before


def _draw(_connection: Connection, event: Event) -> dict[str, Any]:
    return {"step": "commit" if "parties" in event.body else "reveal"}


def _question(_connection: Connection, event: Event) -> dict[str, Any]:
    return {"question": event.body["question"], "answer": event.body["answer"]}


def _amendment(_connection: Connection, event: Event) -> dict[str, Any]:
    return {key: event.body[key] for key in ("number", "reason", "deadline", "affects_bids")} | {
        "moved": "deadline" in event.body["changed"]
    }


def _deadline(_connection: Connection, event: Event) -> dict[str, Any]:
    return {"deadline": clock.text(event.time)}


def _invitation(connection: Connection, event: Event) -> dict[str, Any]:
    row = stages.load_published(connection, event.tender)
    return {"deadline": clock.text(row.deadline)}


def _nothing_more(_connection: Connection, _event: Event) -> dict[str, Any]:
    return {}


def _answer_by(_connection: Connection, event: Event) -> dict[str, Any]:
    return {"answer_by": event.body["answer_by"]}


def _candidates(_connection: Connection, event: Event) -> dict[str, Any]:
    return {"objections_until": event.body["objections_until"]}


def _award(connection: Connection, event: Event) -> dict[str, Any]:
    winner = event.body["winner"]
    name = connection.scalar(select(organisations.c.name).where(organisations.c.code == winner))
    return {"winner": name or winner}


def _objection(_connection: Connection, event: Event) -> dict[str, Any]:
    return {key: event.body[key] for key in ("against", "answer_by", "suspends")}


def _objection_answer(_connection: Connection, event: Event) -> dict[str, Any]:
    return {"outcome": event.body["outcome"]}


def _comment(_connection: Connection, event: Event) -> dict[str, Any]:
    return {"answer_by": event.body["answer_by"]}


def _complaint(_connection: Connection, event: Event) -> dict[str, Any]:
    return {"decide_by": event.body["decide_by"]}


def _acceptance(_connection: Connection, event: Event) -> dict[str, Any]:
    return {key: event.body[key] for key in ("taken_up", "suspends", "rule_by")}


def _ruling(_connection: Connection, event: Event) -> dict[str, Any]:
    return {key: event.body[key] for key in ("outcome", "ruling")}


def _failure(_connection: Connection, event: Event) -> dict[str, Any]:
    return {"detail": event.body["detail"]}


DEADLINE = "deadline"
KINDS: dict[str, Kind] = {
    one.name: one
    for one in (
        Kind("invitation", ("bidders_invited",), (), (_invited_now,), _invitation, sealed=True),
        Kind("comment", (prior.FILED,), (_announcers,), (), _comment),
        Kind("comment_answer", (prior.ANSWERED,), (_commenters,), (), _objection_answer),
        Kind("answer", ("question_answered",), (_asker,), (_beginners,), _question),
        Kind("amendment", ("tender_amended",), (_askers, _trustees_if_moved), (_beginners, _invited), _amendment),
        Kind(DEADLINE, (), (_trustees, _clerks), (_beginners, _invited), _deadline),
        Kind("opening", ("lot_opened",), (_clerks,), (_bidders,), _nothing_more),
        Kind("draw", ("draw_called", "draw_committed", "draw_withheld"), (_drawers,), (), _draw),
        Kind("seat", ("committee_set",), (_seated,), (), _nothing_more, sealed=True),
        Kind("explanation", ("explanation_asked",), (), (_told,), _answer_by, sealed=True),
        Kind("candidates", ("candidates_published",), (), (_bidders,), _candidates),
        Kind("award", ("lot_awarded",), (), (_bidders,), _award),
        Kind("result", ("result_told",), (), (_told,), _nothing_more),
        Kind("objection", ("objection_filed",), (_clerks,), (), _objection),
        Kind("objection_answer", ("objection_answered",), (_objectors,), (), _objection_answer),
        Kind("complaint", ("complaint_filed",), (_supervisors,), (), _complaint),
        Kind(
            "acceptance",
            ("complaint_decided",),
            (_complainants, _clerks_if_taken_up),
            (),
            _acceptance,
        ),
        Kind("ruling", ("complaint_ruled",), (_complainants, _clerks), (), _ruling),
        Kind("failure", ("lot_failed",), (_askers, _clerks, _trustees), (_bidders, _invited), _failure),
    )
}
BY_ENTRY = {entry: kind for kind in KINDS.values() for entry in kind.entries}


def addressees(connection: Connection, kind: Kind, event: Event) -> dict[str, bool]:
    """Who gets a kind of mail: person -> whether only because of a bid."""
    found = {person: True for whom in kind.by_bid for person in whom(connection, event)}
    return found | {person: False for whom in kind.open_to for person in whom(connection, event)}
