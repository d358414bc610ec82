"""What a bidder's desk shows: lots to bid on, and its own bids. Nothing about anybody else's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, or_, select

from bidding.acts import confirmation, submission
from bidding.rows import offers, opening_confirmations, openings, statements
from notary import canonical, clock
from notary.errors import Unknown
from trading.acts import invitations, stages
from trading.caller import Caller
from trading.draft import quorums_of
from trading.procedures import auctioned
from trading.rows import awards, keys, organisations, papers, questions, tenders
from trading.views import explanations, result_letters

_MOST = 50
_NEWEST = 5


def lots(connection: Connection, caller: Caller) -> dict[str, list[dict[str, Any]]]:
    """`own`: lots with a bid of the caller's organisation, newest first; `open`: others that take a bid, by deadline.

    `invited` in one of `open`: whether it is by invitation.
    """
    last = (
        select(statements.c.tender, func.max(statements.c.serial).label("serial"))
        .where(statements.c.bidder == caller.organisation)
        .group_by(statements.c.tender)
        .subquery()
    )
    own = connection.execute(
        _listed()
        .add_columns(statements.c.withdrawal, statements.c.receipt, statements.c.accepted_at)
        .join(last, last.c.tender == tenders.c.tender)
        .join(statements, statements.c.serial == last.c.serial)
        .order_by(tenders.c.deadline.desc(), tenders.c.tender)
        .limit(_MOST)
    ).all()
    others = connection.execute(
        _listed()
        .add_columns(invitations.of_organisation(caller.organisation).label("invited"))
        .where(tenders.c.stage == "open", tenders.c.tender.not_in(select(last.c.tender)))
        .where(~invitations.is_kept_out(tenders.c.tender, caller.organisation))
        .where(tenders.c.procedure.not_in(auctioned()))
        .order_by(tenders.c.deadline, tenders.c.tender)
        .limit(_MOST)
    )
    return {
        "own": [
            {
                **_lot(row),
                "withdrawn": row.withdrawal,
                "receipt": row.receipt,
                "accepted_at": clock.text(row.accepted_at),
            }
            for row in own
        ],
        "open": [{**_lot(row), "invited": row.invited} for row in others],
    }


def newest_answers(connection: Connection, caller: Caller) -> list[dict[str, Any]]:
    """The last answers in lots that take bids or that the caller's organisation has a bid in; they are public."""
    own = select(statements.c.tender).where(statements.c.bidder == caller.organisation)
    found = connection.execute(
        select(questions.c.tender, questions.c.text, questions.c.answer, questions.c.answered_at, tenders.c.title)
        .join(tenders, tenders.c.tender == questions.c.tender)
        .where(questions.c.answered_at.is_not(None), or_(tenders.c.stage == "open", tenders.c.tender.in_(own)))
        .order_by(questions.c.answered_at.desc(), questions.c.question)
        .limit(_NEWEST)
    )
    return [{**row._asdict(), "answered_at": clock.text(row.answered_at)} for row in found]


def bid(connection: Connection, caller: Caller, tender: str) -> dict[str, Any]:
    """The lot, the form of its opening statement, and the caller's own statements in order. Raises Unknown."""
    row = stages.load_published(connection, tender)
    procedure = stages.procedure_of(row)
    if procedure.auction is not None:
        raise Unknown(
            "not_sealed",
            "该项目由竞价决定，没有密封投标。",
            "An auction decides this lot: nothing is sealed.",
            field="tender",
        )
    return {
        "lot": head(connection, row),
        "kind": procedure.envelope_kinds[0],
        "form": procedure.form_schema["fields"],
        "quorums": [list(quorum) for quorum in quorums_of(row.content)],
        "bids": submission.own(connection, caller.organisation, tender),
        "opening": _opening(connection, caller, row),
        "result": _result(connection, caller, row),
        "explanations": explanations.seen(connection, caller, tender),
    }


def _result(connection: Connection, caller: Caller, row: stages.Tender) -> dict[str, Any] | None:
    """Once the lot is awarded to whom, and the caller's own paper about it: `won`, `letter`; None before the award.

    letter: of the loser its own letter; None of others, and where there is none. award: of the winner whether the award
    letter is signed.
    """
    winner = connection.scalar(select(awards.c.winner).where(awards.c.tender == row.tender))
    if winner is None:
        return None
    own = [one for one in result_letters.seen(connection, caller, row.tender) if one["bidder"] == caller.organisation]
    signed = select(papers.c.leaf).where(papers.c.tender == row.tender, papers.c.name == "award_letter")
    return {
        "won": winner == caller.organisation,
        "award": connection.scalar(signed) is not None,
        "letter": own[0] if own else None,
    }


def head(connection: Connection, row: stages.Tender) -> dict[str, Any]:
    """What stands above a bidder's pages of a lot."""
    agency = connection.scalar(select(organisations.c.name).where(organisations.c.code == row.agency))
    return {
        "tender": row.tender,
        "lot": row.lot,
        "title": row.title,
        "agency": str(agency),
        "stage": row.stage,
        "held": row.held,
        "deadline": clock.text(row.deadline),
        "ceiling": row.content.get("ceiling"),
        "floor": _floor(row.content),
    }


def _floor(content: Mapping[str, Any]) -> str | None:
    """The floor of a sale (起始价); None where the agency buys, or an auction decides."""
    evaluation = content.get("evaluation") or {"criteria": {}}
    floor = evaluation["criteria"].get("floor")
    return None if floor is None else str(floor["price"])


def _opening(connection: Connection, caller: Caller, row: stages.Tender) -> dict[str, Any] | None:
    """What the caller's organisation can confirm: the opening with its own bid. None before it, or without one in it.

    `opened`: the commitment of the opening; `count`: of bids; `confirmed`: when it did, or None; `possible`: whether it
    can now; `asked`: whether the procedure has confirmations at all.
    """
    own = connection.execute(
        select(offers.c.outcome, offers.c.form, openings.c.leaf, openings.c.opened_at)
        .add_columns(opening_confirmations.c.confirmed_at)
        .join(openings, openings.c.tender == offers.c.tender)
        .join(
            opening_confirmations,
            (opening_confirmations.c.tender == offers.c.tender) & (opening_confirmations.c.bidder == offers.c.bidder),
            isouter=True,
        )
        .where(offers.c.tender == row.tender, offers.c.bidder == caller.organisation)
    ).one_or_none()
    if own is None:
        return None
    count = connection.scalar(select(func.count()).select_from(offers).where(offers.c.tender == row.tender))
    acts = stages.procedure_of(row).stages
    mine = own.outcome == confirmation.OUTCOME
    return {
        "opened": own.leaf,
        "opened_at": clock.text(own.opened_at),
        "count": count,
        "outcome": own.outcome,
        "values": None if own.form is None else canonical.loads(own.form.encode()),
        "confirmed": None if own.confirmed_at is None else clock.text(own.confirmed_at),
        "possible": mine and own.confirmed_at is None and "confirm" in acts.get(row.stage, ()),
        "asked": mine and "confirm" in acts.get("opened", ()),
    }


def registered_keys(connection: Connection, owner: str, purpose: str) -> list[dict[str, Any]]:
    """The keys registered for an owner and a purpose, the oldest first: `public_key` (hex) and `registered_at`."""
    found = connection.execute(
        select(keys.c.public_key, keys.c.registered_at)
        .where(keys.c.owner == owner, keys.c.purpose == purpose)
        .order_by(keys.c.registered_at)
    )
    return [{"public_key": row.public_key, "registered_at": clock.text(row.registered_at)} for row in found]


def _listed() -> Any:
    return (
        select(
            tenders.c.tender,
            tenders.c.title,
            tenders.c.stage,
            tenders.c.held,
            tenders.c.deadline,
            tenders.c.agency,
            organisations.c.name.label("agency_name"),
        )
        .join(organisations, organisations.c.code == tenders.c.agency)
        .where(tenders.c.published_at.is_not(None))
    )


def _lot(row: Any) -> dict[str, Any]:
    return {
        "tender": row.tender,
        "title": row.title,
        "stage": row.stage,
        "held": row.held,
        "deadline": clock.text(row.deadline),
        "agency": {"code": row.agency, "name": row.agency_name},
    }
