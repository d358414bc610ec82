"""Rates of interest that deposits are paid back with, as data with their source. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Literal

_DATA = Path(__file__).with_name("rates.toml")
Kind = Literal["deposit", "lending"]
#: Before this day not all rates are known.
FIRST = date(2015, 10, 24)
#: A day's rate is the year's divided by 360 (人民银行银发〔2005〕129号).
_DAYS = 360


@dataclass(frozen=True)
class Rate:
    """percent: a year. since: from which Beijing day on. source: who has set it."""

    kind: Kind
    percent: Decimal
    since: date
    source: str
    confirmed: bool


def in_force(kind: Kind, day: date, known: Sequence[Rate] | None = None) -> Rate:
    """The rate of that day. Raises LookupError for a day before the first."""
    found = [rate for rate in (rates() if known is None else known) if rate.kind == kind and rate.since <= day]
    if not found:
        raise LookupError(f"no {kind} rate is known for {day}")
    return max(found, key=lambda rate: rate.since)


def interest(amount: int, days: int, percent: Decimal) -> int:
    """Simple interest in 分, rounded half up. amount: in 分; percent: a year."""
    exact = Decimal(amount) * percent * max(days, 0) / (100 * _DAYS)
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


@cache
def rates() -> tuple[Rate, ...]:
    """The rates of rates.toml, read once."""
    return tuple(
        Rate(row["kind"], Decimal(row["percent"]), row["since"], row["source"], row["mark"] in {"V1", "V2"})
        for row in tomllib.loads(_DATA.read_text("utf-8"))["rate"]
    )
