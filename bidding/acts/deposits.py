"""Acts on deposits: what the bank reports, for whom it is, and how each transfer ends. The callers hold `LOCK`.

The operator's people bring in what the bank says; the agency alone keeps a deposit. Who has paid for a lot is nobody
else's to know before its opening (招标投标法 22), so the agency reads nothing here until then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from bidding.deposit_rows import assignments, guarantees, settlements, transfers
from bidding.views import deposits as views
from notary import clock
from notary.errors import Conflict, Malformed, Unknown
from notary.rows import AnyRow
from notary.work import Lock, Unit
from trading import deposits, money, periods, texts
from trading.acts import stages
from trading.calendar import beijing_day, parse_day
from trading.caller import Caller
from trading.deposits import Assigned, Guarantee, Kept, Payment, Transfer
from trading.draft import check_line
from trading.rows import organisations, tenders

#: One for all: bank files are few, and name many lots.
LOCK = Lock("deposits")


def import_(unit: Unit, caller: Caller, reported: Sequence[Transfer]) -> dict[str, Any]:
    """Take what the bank reports: all or nothing. What is known already is passed over; gives the counts.

    A transfer for a lot or an organisation that is not here waits to be assigned. Raises Malformed naming the transfer,
    Conflict (transfer_differs) where the bank's number is known for another one.
    """
    known = _known(unit.connection, [one.reference for one in reported])
    taken, told = list[dict[str, Any]](), list[dict[str, Any]]()
    for number, one in enumerate(reported):
        row = _row(one, unit.now, f"transfers[{number}].")
        before = known.setdefault(one.reference, row)
        if before != row:
            raise _differs(f"transfers[{number}].reference", one.reference)
        if before is row:
            taken.append(row | {"person": caller.person, "imported_at": unit.now})
            told.append({"reference": one.reference, "tender": one.tender, "organisation": one.organisation})
    fitting = _fitting(unit.connection, told)
    if taken:
        unit.connection.execute(insert(transfers), taken)
    if fitting:
        row = {"reason": None, "person": caller.person, "assigned_at": unit.now}
        unit.connection.execute(insert(assignments), [one | row for one in fitting])
    return {"new": len(taken), "known": len(reported) - len(taken), "unassigned": len(taken) - len(fitting)}


def assign(unit: Unit, caller: Caller, reference: str, asked: Assigned) -> dict[str, Any]:
    """Say for which lot and whom a transfer is. That is said once: what was wrong goes back and is paid anew.

    Raises Unknown (transfer_unknown, tender_unknown, organisation_unknown), Conflict (assigned_already), Malformed.
    """
    texts.check(asked.reason, "reason")
    transfer = _load(unit.connection, reference, "reference")
    _check_open(transfer, "reference")
    if transfer.tender is not None:
        raise Conflict(
            "assigned_already",
            "该笔款项已经归入项目，不能改归其他项目；归错的，写明原因退还后重新交纳。",
            "That transfer has its lot, and money never goes from lot to lot: pay it back, and let it be paid anew.",
            field="reference",
        )
    stages.load_published(unit.connection, asked.tender)
    _organisation(unit.connection, asked.organisation, "organisation")
    row = {
        "reference": reference,
        "tender": asked.tender,
        "organisation": asked.organisation,
        "reason": asked.reason,
        "person": caller.person,
        "assigned_at": unit.now,
    }
    unit.connection.execute(insert(assignments).values(row))
    return {"reference": reference, "tender": asked.tender, "organisation": asked.organisation}


def guarantee(unit: Unit, caller: Caller, tender: str, given: Guarantee) -> dict[str, Any]:
    """Note a guarantee that was given for a lot. Raises Malformed, Unknown, Conflict (guarantee_there)."""
    for name in ("number", "issuer"):
        check_line(getattr(given, name), name)
    amount = deposits.amount(given.amount, "amount")
    parse_day(given.expires_on, "expires_on")
    row = stages.load_published(unit.connection, tender)
    _organisation(unit.connection, given.organisation, "organisation")
    same = (guarantees.c.tender == tender, guarantees.c.issuer == given.issuer, guarantees.c.number == given.number)
    if unit.connection.scalar(select(guarantees.c.tender).where(*same)) is not None:
        zh, en = "该保函已经登记。", "That guarantee is noted already."
        raise Conflict("guarantee_there", zh, en, field="number")
    unit.connection.execute(
        insert(guarantees).values(
            tender=row.tender,
            issuer=given.issuer,
            number=given.number,
            organisation=given.organisation,
            amount_fen=amount,
            expires_on=given.expires_on,
            person=caller.person,
            noted_at=unit.now,
        )
    )
    return {"tender": tender, "number": given.number}


def keep(unit: Unit, caller: Caller, tender: str, reference: str, asked: Kept) -> dict[str, Any]:
    """The agency keeps a deposit (不予退还), on a ground of the law.

    Raises Unknown (transfer_unknown), RuleBroken (ground_other), Conflict (settled_already, not_opened).
    """
    texts.check(asked.reason, "reason")
    row = stages.load_own(unit.connection, caller, tender)
    views.check_readable(row)
    transfer = _load(unit.connection, reference, "reference")
    if transfer.tender != tender:
        raise _unknown_transfer("reference")
    ground = deposits.GROUNDS[asked.ground]
    winner = views.winner(unit.connection, tender)
    set_off = asked.ground != "price" or stages.procedure_of(row).limit("winner_refund") is None
    if ground.of_winner != (transfer.organisation == winner) or not set_off:
        zh, en = f"该单位的保证金不适用“{ground.zh}”", f"not of this organisation: {ground.en}"
        raise periods.broken_rule("ground_other", zh, en, "ground", ground.cites)
    _check_open(transfer, "reference")
    _settle(unit, caller, reference, {"ground": asked.ground, "reason": asked.reason, "interest_fen": 0})
    return {"reference": reference, "ground": asked.ground}


def pay(unit: Unit, caller: Caller, payments: Sequence[Payment]) -> dict[str, Any]:
    """Note what the bank has paid back: all or nothing. Each is the transfer with the interest of its day, no 分 else.

    What was not due (a transfer without a lot, or for the wrong one) goes back with a reason. Raises Unknown
    (transfer_unknown), Malformed (day_wrong), Conflict (settled_already, not_due, payment_there, amount_differs).
    """
    due = {one["reference"]: one for one in views.refunds(unit.connection, unit.now)}
    told = []
    for number, payment in enumerate(payments):
        transfer = _load(unit.connection, payment.reference, f"payments[{number}].reference")
        interest, late_from = _check_paid(unit, payment, transfer, due.get(payment.reference), f"payments[{number}].")
        paid = {
            "payment": payment.payment,
            "paid_on": payment.paid_on,
            "interest_fen": interest,
            "late_from": late_from,
            "reason": payment.reason,
        }
        _settle(unit, caller, payment.reference, paid)
        told.append({"reference": payment.reference, "interest": money.text(interest)})
    return {"paid": told}


def _check_paid(
    unit: Unit, payment: Payment, transfer: AnyRow, due: Mapping[str, Any] | None, at: str
) -> tuple[int, str | None]:
    """The interest, in 分, and the first day on which the refund was late."""
    on = parse_day(payment.paid_on, f"{at}paid_on")
    if not beijing_day(transfer.received_at) <= on <= beijing_day(unit.now):
        zh, en = "退款日期应在到账之后、今天之前。", "A refund is not before the money came, nor in the future."
        raise Malformed("day_wrong", zh, en, field=f"{at}paid_on")
    _check_open(transfer, f"{at}reference")
    if due is None and payment.reason is None:
        zh, en = (
            "该笔款项尚不到退还的时候；提前退还的，请写明原因。",
            "That is not to go back yet: give a reason, if it must.",
        )
        raise Conflict("not_due", zh, en, field=f"{at}reference")
    if payment.reason is not None:
        texts.check(payment.reason, f"{at}reason")
    if unit.connection.scalar(select(settlements.c.payment).where(settlements.c.payment == payment.payment)):
        zh, en = "该退款流水号已经登记。", "That refund is noted already."
        raise Conflict("payment_there", zh, en, field=f"{at}payment")
    lot = None if transfer.tender is None else stages.load(unit.connection, transfer.tender)
    until = None if due is None or due["until"] is None else beijing_day(clock.parse(due["until"]))
    procedure = None if lot is None else stages.procedure_of(lot)
    interest = deposits.interest(procedure, transfer.amount_fen, transfer.received_at, on, until).whole
    whole = transfer.amount_fen + interest
    if money.parse(payment.amount, f"{at}amount") != whole:
        raise Conflict(
            "amount_differs",
            f"当日应退本息 {money.text(whole)} 元，与银行退款金额不符；没有登记任何一笔，请与银行核对。",
            f"On that day {money.text(whole)} yuan go back, interest included; nothing was noted: ask the bank.",
            field=f"{at}amount",
            expected=money.text(whole),
        )
    return interest, None if until is None else until.isoformat()


def _settle(unit: Unit, caller: Caller, reference: str, how: dict[str, Any]) -> None:
    none = dict.fromkeys(("ground", "reason", "payment", "paid_on", "late_from"))
    row = none | how | {"reference": reference, "person": caller.person, "settled_at": unit.now}
    unit.connection.execute(insert(settlements).values(row))


def _row(one: Transfer, now: datetime, at: str) -> dict[str, Any]:
    check_line(one.payer, f"{at}payer")
    return {
        "reference": one.reference,
        "account": one.account,
        "payer": one.payer,
        "amount_fen": deposits.check(one, now, at),
        "received_at": clock.parse(one.received_at, f"{at}received_at"),
    }


def _known(connection: Connection, references: Sequence[str]) -> dict[str, dict[str, Any]]:
    names = ("reference", "account", "payer", "amount_fen", "received_at")
    rows = connection.execute(select(transfers).where(transfers.c.reference.in_(references)))
    return {row.reference: {name: getattr(row, name) for name in names} for row in rows}


def _fitting(connection: Connection, told: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those whose lot is published and whose organisation is registered."""
    named = {name: {one[name] for one in told if one[name] is not None} for name in ("tender", "organisation")}
    lots = set(
        connection.scalars(
            select(tenders.c.tender).where(tenders.c.tender.in_(named["tender"]), tenders.c.published_at.is_not(None))
        )
    )
    query = select(organisations.c.code).where(organisations.c.code.in_(named["organisation"]))
    codes = set(connection.scalars(query))
    return [one for one in told if one["tender"] in lots and one["organisation"] in codes]


def _load(connection: Connection, reference: str, field: str) -> AnyRow:
    """A transfer with lot, organisation and end, each None while it has none. Raises Unknown."""
    row = connection.execute(
        select(
            transfers.c.amount_fen,
            transfers.c.received_at,
            assignments.c.tender,
            assignments.c.organisation,
            settlements.c.settled_at,
        )
        .outerjoin(assignments, assignments.c.reference == transfers.c.reference)
        .outerjoin(settlements, settlements.c.reference == transfers.c.reference)
        .where(transfers.c.reference == reference)
    ).one_or_none()
    if row is None:
        raise _unknown_transfer(field)
    return row


def _check_open(transfer: AnyRow, field: str) -> None:
    if transfer.settled_at is not None:
        zh, en = "该笔款项已经退还或者不予退还。", "That transfer has gone back, or is kept."
        raise Conflict("settled_already", zh, en, field=field)


def _organisation(connection: Connection, code: str, field: str) -> None:
    if connection.scalar(select(organisations.c.code).where(organisations.c.code == code)) is None:
        zh, en = f"没有登记 {code} 这个单位。", f"{code} is not registered here."
        raise Unknown("organisation_unknown", zh, en, field=field)


def _unknown_transfer(field: str) -> Unknown:
    return Unknown("transfer_unknown", "没有这笔款项。", "There is no such transfer.", field=field)


def _differs(field: str, reference: str) -> Conflict:
    return Conflict(
        "transfer_differs",
        f"流水号 {reference} 已登记，但内容不同；没有导入任何一笔。",
        f"The bank's number {reference} is known with other contents; nothing was taken.",
        field=field,
    )
