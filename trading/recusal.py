"""Who may not judge (回避): whoever works for the agency or a bidder, or did within the look-back of the procedure.

The agency's side is known from the start, so the pool can leave such experts out; the bidders' side is known from the
opening on and is asked again then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from notary.forms import Form, OrganisationCode
from trading import calendar, periods
from trading.procedures import Procedure

LOOK_BACK = "committee_look_back"


class Employment(Form, frozen=True):
    """For whom an expert works or worked. until: the last day, None while it lasts."""

    employer: OrganisationCode
    until: date | None = None


@dataclass(frozen=True)
class Ground:
    """Why somebody has to stay away. cites: the article of the look-back; None where the employment lasts."""

    reason: Literal["employed_by_agency", "employed_by_bidder"]
    employer: str
    cites: str | None


def grounds(
    procedure: Procedure,
    employments: Iterable[Employment],
    *,
    agency: str,
    bidders: Collection[str],
    moment: datetime,
) -> list[Ground]:
    """What keeps somebody with these employments off the committee at a moment; empty where nothing does.

    bidders: codes of those who are known by then, none before the opening.
    """
    limit = procedure.limit(LOOK_BACK)
    return [
        Ground(
            "employed_by_agency" if one.employer == agency else "employed_by_bidder",
            one.employer,
            None if one.until is None or limit is None else limit.cites,
        )
        for one in employments
        if one.employer in {agency, *bidders} and _counts(procedure, one, moment)
    ]


def _counts(procedure: Procedure, one: Employment, moment: datetime) -> bool:
    """Whether it lasts on the day of the moment, or ended so lately that the look-back still holds."""
    if one.until is None or one.until >= calendar.beijing_day(moment):
        return True
    over = periods.due(procedure, calendar.china(), LOOK_BACK, calendar.midnight(one.until))
    return over is not None and moment < over
