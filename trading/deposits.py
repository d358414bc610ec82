"""Deposits (投标保证金、竞买保证金): what came in, whether it is enough, when it goes back and with how much. Pure.

A transfer belongs to one lot and one organisation, wholly, and is paid back or kept as a whole: so no money of one lot
can ever stand for another. Nothing of this is in the public record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

from msgspec import Meta

from notary import clock
from notary.errors import Held as Waits
from notary.errors import Malformed
from notary.forms import Day, Form, Line, OrganisationCode, Prose, TenderCode
from trading import money, periods, rates
from trading.calendar import Calendar, beijing_day
from trading.procedures import Procedure

#: In one import.
MAX_IMPORTED = 5_000

Reference = Annotated[str, Meta(pattern="^[A-Za-z0-9._/-]{1,64}$(?!\n)")]
Account = Annotated[str, Meta(pattern="^[0-9A-Za-z -]{1,40}$(?!\n)")]
#: Of whom the money is, once the lot is decided.
Side = Literal["winner", "loser", "withdrawn"]


class Transfer(Form, frozen=True):
    """Money that has arrived, as the bank reports it. reference: the bank's own number, of which there is one.

    account, payer: from where it came; amount: in yuan, ``"50000.00"``; received_at: a moment. tender, organisation:
    for which lot, and for whom, where the bank knows it.
    """

    reference: Reference
    account: Account
    payer: Line
    amount: str
    received_at: str
    tender: TenderCode | None = None
    organisation: OrganisationCode | None = None


class Assigned(Form, frozen=True):
    """For which lot and whom a transfer is that the bank could not tell, and from what one knows it."""

    tender: TenderCode
    organisation: OrganisationCode
    reason: Prose


class Guarantee(Form, frozen=True):
    """A letter of guarantee or an insurance (保函、保证保险) instead of money. expires_on: the last day it holds."""

    organisation: OrganisationCode
    number: Line
    issuer: Line
    amount: str
    expires_on: Day


Ground = Literal["revoked", "refused", "price"]


@dataclass(frozen=True)
class Keeping:
    """Why a deposit does not go back. of_winner: whether it is of the winner's alone."""

    zh: str
    en: str
    cites: str
    of_winner: bool


GROUNDS: Mapping[Ground, Keeping] = {
    "revoked": Keeping("截止后撤销投标", "bid revoked after the deadline", "招标投标法实施条例 35", of_winner=False),
    "refused": Keeping(
        "无正当理由不订立合同", "no contract made, without a reason", "招标投标法实施条例 74", of_winner=True
    ),
    "price": Keeping(
        "抵作成交价款或者转作定金", "set off against the price", "公告；39号令 22（未经核实）", of_winner=True
    ),
}


class Kept(Form, frozen=True):
    """Why a transfer does not go back. reason: the facts."""

    ground: Ground
    reason: Prose


class Payment(Form, frozen=True):
    """A transfer that the bank has paid back. reference: of the transfer; payment: the bank's number of the refund.

    amount: what was paid back, interest included. reason: why it went back before it was due, or without a lot.
    """

    reference: Reference
    payment: Reference
    paid_on: Day
    amount: str
    reason: Prose | None = None


@dataclass(frozen=True)
class Held:
    """A transfer as it counts. amount: in 分."""

    payer: str
    amount: int
    received_at: datetime


@dataclass(frozen=True)
class Cover:
    """A guarantee as it counts. amount: in 分."""

    amount: int
    expires_on: date


@dataclass(frozen=True)
class Standing:
    """What of an organisation's deposit counts, in 分, and what is wrong with the rest, as names of FAULTS."""

    paid: int
    guaranteed: int
    enough: bool
    faults: tuple[str, ...]


#: Arrived after the deadline; paid under another name than the bidder's; a guarantee that ends before the bid's
#: validity; less than was asked for.
FAULTS = ("late", "other_payer", "expires", "short")


@dataclass(frozen=True)
class Terms:
    """What a lot asks for. amount: in 分; valid_until: the last day on which its bids bind, None where none do."""

    amount: int
    deadline: datetime
    valid_until: date | None


def standing(terms: Terms, name: str, held: Sequence[Held], covers: Sequence[Cover]) -> Standing:
    """Whether a deposit is enough. name: of the organisation, from whose own account it must come (条例 26).

    A guarantee counts that holds as long as bids bind (条例 26: 保证金有效期应当与投标有效期一致).
    """
    faults = set[str]()
    paid = guaranteed = 0
    for transfer in held:
        if transfer.received_at > terms.deadline:
            faults.add("late")
        elif _folded(transfer.payer) != _folded(name):
            faults.add("other_payer")
        else:
            paid += transfer.amount
    for cover in covers:
        if terms.valid_until is not None and cover.expires_on < terms.valid_until:
            faults.add("expires")
        else:
            guaranteed += cover.amount
    enough = paid + guaranteed >= terms.amount
    if not enough:
        faults.add("short")
    return Standing(paid, guaranteed, enough, tuple(fault for fault in FAULTS if fault in faults))


def _folded(name: str) -> str:
    """Banks write brackets and spaces of names as they like."""
    return "".join(name.translate({0xFF08: "(", 0xFF09: ")", 0x3000: " "}).split()).casefold()


_LIMITS: Mapping[Side, str] = {
    "winner": "winner_refund",
    "loser": "loser_refund",
    "withdrawn": "withdrawal_refund",
}


@dataclass(frozen=True)
class Due:
    """since: when a deposit was to go back; until: the first moment that is too late, None where the law names none."""

    since: datetime
    until: datetime | None


def due(procedure: Procedure, calendar: Calendar, side: Side, happened: Mapping[str, datetime]) -> Due | None:
    """When a deposit goes back; None while it does not, and where the law keeps it as the price.

    happened: anchor of a limit (`withdrawal`, `award_notice`, `winner_fixed`, `contract`) -> when; and `end`, of a lot
    that has ended without an award: then nobody waits for one, and all who stayed have the losers' period.
    """
    if side == "withdrawn" and procedure.limit("withdrawal_refund") is None:
        side = "loser"
    name = "loser_refund" if "end" in happened and side != "withdrawn" else _LIMITS[side]
    limit = procedure.limit(name)
    if side == "withdrawn" or "end" not in happened:
        anchor = limit.anchor if limit is not None else "winner_fixed" if side == "loser" else ""
        since = happened.get(anchor)
    else:
        since = happened["end"]
    return None if since is None else Due(since, _until(procedure, calendar, name, since))


def _until(procedure: Procedure, calendar: Calendar, name: str, since: datetime) -> datetime | None:
    try:
        return periods.due(procedure, calendar, name, since)
    except Waits:
        # The calendar of that year is not out yet: then no day is known, of this deposit alone.
        return None


@dataclass(frozen=True)
class Interest:
    """In 分. until_due: at the deposit rate; late: at the lending rate with the surcharge (87号令 38)."""

    until_due: int
    late: int

    @property
    def whole(self) -> int:
        return self.until_due + self.late


def interest(
    procedure: Procedure | None, amount: int, received_at: datetime, paid_on: date, late_from: date | None
) -> Interest:
    """What is due beside the amount itself. late_from: the first day on which the refund is late.

    procedure: None of a transfer without a lot. The day of arrival counts, the day of the refund does not. Where the
    procedure has no surcharge on late refunds, those days earn what the others do.
    """
    arrived = beijing_day(received_at)
    days = max((paid_on - arrived).days, 0)
    late = 0
    surcharge = None if procedure is None else procedure.limit("late_refund_surcharge")
    if surcharge is not None and late_from is not None and paid_on > late_from:
        late_days = min((paid_on - late_from).days, days)
        lending = rates.in_force("lending", late_from).percent * (100 + surcharge.value) / 100
        days, late = days - late_days, rates.interest(amount, late_days, lending)
    return Interest(rates.interest(amount, days, rates.in_force("deposit", arrived).percent), late)


def check(transfer: Transfer, now: datetime, at: str) -> int:
    """The amount in 分. Raises Malformed for a sum or moment that cannot be. at: the path before its fields."""
    received = clock.parse(transfer.received_at, f"{at}received_at")
    if beijing_day(received) < rates.FIRST or received > now:
        raise Malformed(
            "received_wrong",
            f"到账时间不得晚于现在，也不得早于 {rates.FIRST}（{at}received_at）。",
            f"Money arrives neither in the future nor before {rates.FIRST} ({at}received_at).",
            field=f"{at}received_at",
        )
    return amount(transfer.amount, f"{at}amount")


def amount(text: str, field: str) -> int:
    """The 分 of a sum above zero. Raises Malformed."""
    fen = money.parse(text, field)
    if fen == 0:
        raise Malformed("sum_zero", f"金额应大于零（{field}）。", f"The sum must be above zero ({field}).", field=field)
    return fen


REFUND_COLUMNS = ("流水号", "项目编号", "单位", "付款人", "付款账号", "本金", "利息", "合计", "最迟退还")


def refund_line(refund: Mapping[str, Any]) -> list[str]:
    """A refund, as the interface gives it, as a line for the bank. The last column: Beijing day, or empty."""
    until = refund["until"]
    # The first moment that is too late is the midnight after the last day.
    last = "" if until is None else (beijing_day(clock.parse(until)) - timedelta(days=1)).isoformat()
    names = ("reference", "tender", "name", "payer", "account", "amount", "interest", "total")
    return [*(str(refund[name]) for name in names), last]
