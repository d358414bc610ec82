"""Contracts (合同): what their entries say together, and what may follow. Pure.

The contract repeats the award: the same winner at the same price, for nothing of substance may be agreed beside it
(招标投标法 46; 政府采购法 46). Each later entry names the one that it follows, so that none can be left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta

from notary.entries import Entry
from notary.errors import Conflict, Malformed, RuleBroken
from notary.forms import Day, Form, Line, Prose
from trading import money, periods
from trading.calendar import beijing_day, parse_day
from trading.draft import Document
from trading.procedures import Procedure

#: Kinds of entries about a contract; the first of them makes it.
KINDS = (
    "contract_registered",
    "contract_changed",
    "contract_performed",
    "contract_completed",
    "contract_terminated",
)
#: Those that name files of the agency, in `documents`.
WITH_DOCUMENTS = tuple(kind for kind in KINDS if kind != "contract_performed")
#: Of one contract.
MAX_STEPS = 500

Money = Annotated[str, Meta(pattern=r"^(?:0|[1-9][0-9]{0,12})\.[0-9]{2}$(?!\n)")]
Documents = Annotated[list[Document], Meta(min_length=1, max_length=20)]


class Terms(Form, frozen=True):
    """A contract that was signed. Days are Beijing days, as ``2026-12-01``; documents: its text and annexes."""

    price: Money
    signed_on: Day
    ends_on: Day
    documents: Documents


class Change(Form, frozen=True):
    """A supplement (补充合同): price and last day as they now are, the reason, and its text."""

    price: Money
    ends_on: Day
    reason: Prose
    documents: Documents


class Step(Form, frozen=True):
    """Something of the performance (履约): a milestone, or a payment with its amount."""

    what: Literal["milestone", "payment"]
    on: Day
    detail: Line
    amount: Money | None = None


class End(Form, frozen=True):
    """The acceptance (验收) that completes the contract, or why it was terminated (解除); its paper (政府采购法 41)."""

    result: Literal["completed", "terminated"]
    on: Day
    detail: Prose
    documents: Documents


@dataclass(frozen=True)
class Contract:
    """What the entries say so far. price, first_price, paid: 分; latest: commitment of the latest entry, in hex."""

    first_price: int
    price: int
    signed_on: date
    ends_on: date
    latest: str
    paid: int = 0
    steps: int = 0


def tell(entries: Iterable[Entry]) -> Contract | None:
    """The contract of a lot's entries in the order of the record; None where there is none yet."""
    found: Contract | None = None
    for entry in entries:
        body = entry.body
        if entry.kind == "contract_registered":
            price, until = money.parse(body["price"]), date.fromisoformat(body["ends_on"])
            signed = date.fromisoformat(body["signed_on"])
            found = Contract(price, price, signed, until, latest="")
        elif found is not None and entry.kind == "contract_changed":
            price, until = money.parse(body["price"]), date.fromisoformat(body["ends_on"])
            found = replace(found, price=price, ends_on=until)
        elif found is not None and entry.kind == "contract_performed":
            amount = 0 if body["amount"] is None else money.parse(body["amount"])
            found = replace(found, paid=found.paid + amount, steps=found.steps + 1)
        if found is not None and entry.kind in KINDS:
            found = replace(found, latest=entry.commitment().hex())
    return found


def check_terms(procedure: Procedure, terms: Terms, *, price: int, awarded_at: datetime, now: datetime) -> None:
    """Raise RuleBroken for another price than the award's (分), Malformed for days that cannot be.

    A contract that was signed late is registered all the same: the record shows both days.
    """
    if money.parse(terms.price, "price") != price:
        cites = procedure.limits["contract"].cites
        raise RuleBroken(
            "rule_broken",
            f"合同价格应与中标价格一致（{cites}）。",
            f"The contract has the price of the award ({cites}).",
            field="price",
            cites=cites,
            rule="contract_price",
        )
    signed = _between(terms.signed_on, "signed_on", beijing_day(awarded_at), beijing_day(now))
    _not_before(terms.ends_on, "ends_on", signed)


def check_change(procedure: Procedure, contract: Contract, change: Change) -> None:
    """Raise RuleBroken where the additions exceed what the law allows, Malformed, Conflict (paid_more)."""
    price = money.parse(change.price, "price")
    if price == 0:
        raise Malformed("price_zero", "价格须大于零。", "A price is more than nothing.", field="price")
    if price > contract.first_price:
        periods.number(procedure, "contract_addition", price - contract.first_price, contract.first_price, "price")
    if price < contract.paid:
        raise _paid_more(contract.paid, "price")
    _not_before(change.ends_on, "ends_on", contract.signed_on)


def check_step(contract: Contract, step: Step, now: datetime) -> None:
    """Raise Malformed, Conflict (paid_more, steps_many)."""
    _between(step.on, "on", contract.signed_on, beijing_day(now))
    if (step.amount is None) != (step.what == "milestone"):
        zh, en = "付款须写金额，进度不写金额。", "A payment has an amount, a milestone has none."
        raise Malformed("amount_wrong", zh, en, field="amount")
    if contract.steps >= MAX_STEPS:
        zh, en = f"履约记录已达 {MAX_STEPS} 条。", f"There are {MAX_STEPS} steps on record already."
        raise Conflict("steps_many", zh, en, field="what")
    paid = contract.paid + (0 if step.amount is None else money.parse(step.amount, "amount"))
    if paid > contract.price:
        raise _paid_more(contract.price, "amount")


def check_end(contract: Contract, end: End, now: datetime) -> None:
    """Raise Malformed for a day before the contract or in the future."""
    _between(end.on, "on", contract.signed_on, beijing_day(now))


def _between(text: str, field: str, first: date, last: date) -> date:
    found = parse_day(text, field)
    if not first <= found <= last:
        raise Malformed(
            "day_wrong",
            f"日期应在 {first} 至 {last} 之间。",
            f"The day is from {first} to {last}.",
            field=field,
            first=first.isoformat(),
            last=last.isoformat(),
        )
    return found


def _not_before(text: str, field: str, first: date) -> None:
    if parse_day(text, field) < first:
        zh, en = f"日期不得早于合同签订日 {first}。", f"It is not before the day of signature, {first}."
        raise Malformed("day_wrong", zh, en, field=field, first=first.isoformat())


def _paid_more(most: int, field: str) -> Conflict:
    return Conflict(
        "paid_more",
        f"付款累计不得超过合同价格；此处为 {money.text(most)} 元。",
        f"Payments do not exceed the contract's price; here the bound is {money.text(most)} yuan.",
        field=field,
        bound=money.text(most),
    )
