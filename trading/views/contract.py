"""Reads of a lot's contract, for everybody: terms as they now are, what was done, and what was late."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, select

from notary import clock
from notary.entries import Entry
from trading import calendar, contracts, money, periods
from trading.acts import contracts as acts
from trading.acts import stages
from trading.calendar import BEIJING, beijing_day
from trading.procedures import Procedure
from trading.rows import awards, organisations

_INSTANT = timedelta(microseconds=1)


def show(connection: Connection, tender: str) -> dict[str, Any]:
    """The contract of a published lot, and all its entries, the latest first; `contract` is None where there is none.

    Raises Unknown.
    """
    row = stages.load_published(connection, tender)
    told = acts.told(connection, tender)
    award = connection.execute(
        select(awards.c.awarded_at, organisations.c.name)
        .join(organisations, organisations.c.code == awards.c.winner)
        .where(awards.c.tender == tender)
    ).one_or_none()
    found = contracts.tell(told)
    if found is None or award is None:
        return {"contract": None, "entries": []}
    contract = _terms(told[0], found, award.name) | _lateness(stages.procedure_of(row), told[0], award.awarded_at)
    return {"contract": contract, "entries": [_entry(one) for one in reversed(told)]}


def _terms(first: Entry, found: contracts.Contract, name: str) -> dict[str, Any]:
    return {
        "agency": first.body["agency"],
        "winner": {"code": first.body["winner"], "name": name},
        "price": money.text(found.price),
        "first_price": money.text(found.first_price),
        "paid": money.text(found.paid),
        "signed_on": found.signed_on.isoformat(),
        "ends_on": found.ends_on.isoformat(),
        "registered_at": clock.text(first.time),
    }


def _lateness(procedure: Procedure, first: Entry, awarded_at: datetime) -> dict[str, Any]:
    """By when it had to be signed and published, each with its article where that day had passed, else None."""
    signed = date.fromisoformat(first.body["signed_on"])
    return {
        "signed_late": _late(procedure, "contract", awarded_at, signed),
        "published_late": _late(
            procedure, "contract_publication", datetime.combine(signed, time(), BEIJING), beijing_day(first.time)
        ),
    }


def _late(procedure: Procedure, name: str, anchor: datetime, day: date) -> dict[str, str] | None:
    over = periods.due(procedure, calendar.china(), name, anchor)
    last = None if over is None else beijing_day(over - _INSTANT)
    if last is None or day <= last:
        return None
    return {"last": last.isoformat(), "cites": procedure.limits[name].cites}


def _entry(one: Entry) -> dict[str, Any]:
    return {"kind": one.kind, "time": clock.text(one.time), "leaf": one.commitment().hex(), **one.body}
