"""Reads of deposits: of a lot after its opening, of an organisation its own, and what is to go back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, func, select

from bidding.deposit_rows import assignments, guarantees, settlements, transfers
from bidding.rows import statements
from notary import clock
from notary.errors import Conflict
from notary.rows import AnyRow, entries
from trading import calendar, deposits, lifecycle, money
from trading.acts import stages
from trading.acts.stages import Tender
from trading.calendar import beijing_day
from trading.caller import Caller
from trading.deposits import Cover, Due, Held, Side, Standing, Terms
from trading.rows import awards, organisations, tenders

#: Of these stages the bidders are known to all, so their deposits are to the agency.
READABLE = frozenset(lifecycle.STAGES) - {"draft", "proposed", "open", "closed", "failed", "cancelled"}
_ANCHORS = {"contract_registered": "contract", "lot_failed": "end"}


def check_readable(row: Tender) -> None:
    """Raise Conflict (not_opened) where who has paid would tell who bids."""
    if row.stage not in READABLE:
        raise Conflict(
            "not_opened",
            "开标之前不能查看保证金：谁交了、交了几笔，会泄露投标人的名称和数量。",
            "Before the opening nobody of the agency sees deposits: they would tell who bids, and how many do.",
            field="tender",
        )


def of_lot(connection: Connection, caller: Caller, tender: str) -> list[dict[str, Any]]:
    """Every organisation that paid or gave a guarantee, by its code: for the lot's agency and for supervisors.

    Raises Unknown, Conflict (not_opened).
    """
    load = stages.load_published if "supervisor" in caller.roles else partial(stages.load_own, caller=caller)
    row = load(connection, tender=tender)
    check_readable(row)
    return _told(connection, row, None)


def seen(connection: Connection, caller: Caller, row: Tender) -> list[dict[str, Any]]:
    """The same for pages: nothing while it is not readable."""
    return of_lot(connection, caller, row.tender) if row.stage in READABLE else []


def own(connection: Connection, tender: str, organisation: str) -> list[dict[str, Any]]:
    """What an organisation itself has paid or given for a published lot; one item, or none. Raises Unknown."""
    return _told(connection, stages.load_published(connection, tender), organisation)


def unassigned(connection: Connection) -> list[dict[str, Any]]:
    """Transfers of which nobody has said for what they are, the oldest first."""
    rows = connection.execute(
        select(transfers)
        .outerjoin(assignments, assignments.c.reference == transfers.c.reference)
        .where(assignments.c.reference.is_(None))
        .order_by(transfers.c.received_at, transfers.c.reference)
    )
    return [_transfer(row) | {"account": row.account} for row in rows]


def refunds(connection: Connection, now: datetime) -> list[dict[str, Any]]:
    """What is to go back and has not, the most urgent first. interest: if it were paid back today, Beijing."""
    query = (
        select(
            transfers,
            assignments.c.tender,
            assignments.c.organisation,
            organisations.c.name,
            tenders.c.lot,
        )
        .join(assignments, assignments.c.reference == transfers.c.reference)
        .join(organisations, organisations.c.code == assignments.c.organisation)
        .join(tenders, tenders.c.tender == assignments.c.tender)
        .outerjoin(settlements, settlements.c.reference == transfers.c.reference)
        .where(settlements.c.reference.is_(None))
        .order_by(transfers.c.reference)
    )
    rows = connection.execute(query).all()
    lots = _lots(connection, {row.tender for row in rows})
    withdrawn = _withdrawn(connection, set(lots))
    found = []
    for row in rows:
        due = _due(lots[row.tender], row.organisation, withdrawn)
        if due is not None:
            found.append(_refund(row, lots[row.tender], due, now))
    return sorted(found, key=lambda one: (one["until"] or one["since"], one["reference"]))


def winner(connection: Connection, tender: str) -> str | None:
    """The organisation to which the lot was awarded, if it was."""
    code: str | None = connection.scalar(select(awards.c.winner).where(awards.c.tender == tender))
    return code


class _Lot:
    """A lot with what happened in it. happened: anchor -> when; winner: None while there is none."""

    def __init__(self, row: Tender) -> None:
        self.row = row
        self.happened: dict[str, datetime] = {}
        self.winner: str | None = None


def _lots(connection: Connection, named: set[str]) -> dict[str, _Lot]:
    found = {}
    for row in connection.execute(select(tenders).where(tenders.c.tender.in_(named))):
        found[row.tender] = _Lot(stages.of_row(connection, row))
    for row in connection.execute(select(awards).where(awards.c.tender.in_(named))):
        lot = found[row.tender]
        lot.winner = row.winner
        lot.happened |= {"award_notice": row.awarded_at, "winner_fixed": row.awarded_at}
    told = entries.c.tender.in_(named), entries.c.kind.in_(_ANCHORS)
    for row in connection.execute(select(entries.c.tender, entries.c.kind, entries.c.time).where(*told)):
        found[row.tender].happened[_ANCHORS[row.kind]] = row.time
    return found


def _withdrawn(connection: Connection, named: set[str]) -> dict[tuple[str, str], datetime]:
    """(tender, organisation) -> when its last statement withdrew the bid."""
    latest = select(func.max(statements.c.serial)).where(statements.c.tender.in_(named))
    last = latest.group_by(statements.c.tender, statements.c.bidder)
    rows = connection.execute(select(statements).where(statements.c.serial.in_(last), statements.c.withdrawal))
    return {(row.tender, row.bidder): row.accepted_at for row in rows}


def _due(lot: _Lot, organisation: str, withdrawn: Mapping[tuple[str, str], datetime]) -> Due | None:
    happened = dict(lot.happened)
    side: Side = "winner" if organisation == lot.winner else "loser"
    if side == "loser" and (lot.row.tender, organisation) in withdrawn:
        side, happened["withdrawal"] = "withdrawn", withdrawn[lot.row.tender, organisation]
    return deposits.due(stages.procedure_of(lot.row), calendar.china(), side, happened)


def _refund(row: AnyRow, lot: _Lot, due: Due, now: datetime) -> dict[str, Any]:
    late_from = None if due.until is None else beijing_day(due.until)
    today = beijing_day(now)
    extra = deposits.interest(stages.procedure_of(lot.row), row.amount_fen, row.received_at, today, late_from)
    return _transfer(row) | {
        "account": row.account,
        "tender": row.tender,
        "organisation": row.organisation,
        "name": row.name,
        "since": clock.text(due.since),
        "until": clock.text_or_none(due.until),
        "late": due.until is not None and now >= due.until,
        "interest": money.text(extra.whole),
        "total": money.text(row.amount_fen + extra.whole),
    }


def _told(connection: Connection, row: Tender, organisation: str | None) -> list[dict[str, Any]]:
    """Of one organisation, or of all."""
    paid = (
        select(transfers, assignments.c.organisation, settlements)
        .join(assignments, assignments.c.reference == transfers.c.reference)
        .outerjoin(settlements, settlements.c.reference == transfers.c.reference)
        .where(assignments.c.tender == row.tender)
        .order_by(transfers.c.received_at, transfers.c.reference)
    )
    given = select(guarantees).where(guarantees.c.tender == row.tender).order_by(guarantees.c.noted_at)
    if organisation is not None:
        paid, given = (
            paid.where(assignments.c.organisation == organisation),
            given.where(guarantees.c.organisation == organisation),
        )
    money_, letters = connection.execute(paid).all(), connection.execute(given).all()
    codes = sorted({one.organisation for one in (*money_, *letters)})
    query = select(organisations.c.code, organisations.c.name).where(organisations.c.code.in_(codes))
    names = {row.code: row.name for row in connection.execute(query)}
    terms = _terms(row)
    return [
        _one(
            terms,
            code,
            names[code],
            [one for one in money_ if one.organisation == code],
            [one for one in letters if one.organisation == code],
        )
        for code in codes
    ]


def _terms(row: Tender) -> Terms:
    days = row.content["validity_days"]
    last = None if days is None else beijing_day(row.deadline) + timedelta(days=days)
    return Terms(money.parse(row.content["deposit"]), row.deadline, last)


def _one(terms: Terms, code: str, name: str, paid: Sequence[AnyRow], given: Sequence[AnyRow]) -> dict[str, Any]:
    held = [Held(one.payer, one.amount_fen, one.received_at) for one in paid]
    covers = [Cover(one.amount_fen, date.fromisoformat(one.expires_on)) for one in given]
    standing = deposits.standing(terms, name, held, covers)
    return {
        "organisation": code,
        "name": name,
        **_standing(terms, standing),
        "transfers": [_transfer(one) | _ended(one) for one in paid],
        "guarantees": [_guarantee(one) for one in given],
    }


def _standing(terms: Terms, standing: Standing) -> dict[str, Any]:
    return {
        "asked": money.text(terms.amount),
        "paid": money.text(standing.paid),
        "guaranteed": money.text(standing.guaranteed),
        "enough": standing.enough,
        "faults": list(standing.faults),
    }


def _transfer(row: AnyRow) -> dict[str, Any]:
    return {
        "reference": row.reference,
        "payer": row.payer,
        "amount": money.text(row.amount_fen),
        "received_at": clock.text(row.received_at),
    }


def _ended(row: AnyRow) -> dict[str, Any]:
    settled = row.settled_at is not None
    return {
        "kept": row.ground,
        "reason": row.reason,
        "paid_back_on": row.paid_on,
        "interest": money.text(row.interest_fen) if settled and row.ground is None else None,
    }


def _guarantee(row: AnyRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "issuer": row.issuer,
        "amount": money.text(row.amount_fen),
        "expires_on": row.expires_on,
    }
