"""Disclosure that has found nobody is extended (延长信息披露): registration, start and end move, nothing else. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from notary import clock, forms
from notary.errors import Malformed
from trading import periods
from trading.auctions.draft import AuctionDraft
from trading.calendar import Calendar
from trading.procedures import Procedure

_TIMES = ("opens_at", "closes_at")


def further(before: Mapping[str, Any], changes: Mapping[str, Any], deadline: datetime) -> dict[str, str]:
    """What ended with registration, and is not changed by name, ends with it again: documents and questions."""
    return {
        name: clock.text(deadline)
        for name in ("documents_offered_until", "questions_until")
        if before[name] == before["deadline"] and name not in changes
    }


def check(
    before: Mapping[str, Any], after: Mapping[str, Any], procedure: Procedure, calendar: Calendar, moment: datetime
) -> None:
    """Raise RuleBroken with `earliest` for a time that moves by less than the limit, Malformed where others change.

    before, after: a draft with an auction, as it stands and as it would. moment: of the amendment, from which on
    registration is open again for as long.
    """
    old, new = (forms.plain(forms.convert(one["auction"], AuctionDraft)) for one in (before, after))
    for name in sorted(old.keys() | new.keys()):
        if name not in _TIMES and old.get(name) != new.get(name):
            field = f"changes.auction.{name}"
            raise Malformed(
                "not_a_time",
                f"延长只改变时间，此项须照旧（{field}）。",
                f"An extension changes times alone: this one stays as it was ({field}).",
                field=field,
            )
    open_from = max(clock.parse(before["deadline"]), moment)
    moved = [("deadline", open_from, after["deadline"])]
    moved += [(f"auction.{name}", clock.parse(old[name]), new[name]) for name in _TIMES]
    for field, earlier, later in moved:
        periods.not_before(procedure, calendar, "extension", earlier, clock.parse(later, field), field)
