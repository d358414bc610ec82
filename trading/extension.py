"""Disclosure that has found nobody is extended (延长信息披露): registration, start and end move, nothing else. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notary import clock
from notary.errors import Malformed
from trading import periods
from trading.calendar import Calendar
from trading.procedures import Procedure

_TIMES = ("opens_at", "closes_at")


def check(before: Mapping[str, Any], after: Mapping[str, Any], procedure: Procedure, calendar: Calendar) -> None:
    """Raise RuleBroken with `earliest` for a time that moves by less than the limit, Malformed where others change.

    before, after: a draft with an auction, as it stands and as it would.
    """
    old, new = before["auction"], after["auction"]
    for name in sorted(old.keys() | new.keys()):
        if name not in _TIMES and old.get(name) != new.get(name):
            field = f"changes.auction.{name}"
            raise Malformed(
                "not_a_time",
                f"延长只改变时间，此项须照旧（{field}）。",
                f"An extension changes times alone: this one stays as it was ({field}).",
                field=field,
            )
    moved = [("deadline", before["deadline"], after["deadline"])]
    moved += [(f"auction.{name}", old[name], new[name]) for name in _TIMES]
    for field, earlier, later in moved:
        moments = clock.parse(earlier, field), clock.parse(later, field)
        periods.not_before(procedure, calendar, "extension", *moments, field)
