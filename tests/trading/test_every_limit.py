"""Every limit of every procedure at its edge, one day or unit inside and outside, across holidays with make-up days."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date, datetime, timedelta
from typing import NamedTuple

import pytest

from notary import clock
from notary.errors import RuleBroken
from tests.trading.examples import CALENDAR, beijing
from trading import calendar, periods, procedures
from trading.limits import Limit
from trading.procedures import Procedure

DAY, INSTANT = timedelta(days=1), timedelta(microseconds=1)
#: The working days of autumn 2026 by hand: Sunday 20 September and Saturday 10 October are worked for the holidays from
#: 25 to 27 September and from 1 to 7 October (国务院办公厅关于 2026 年部分节假日安排的通知).
MONTHS = {
    8: [3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 17, 18, 19, 20, 21, 24, 25, 26, 27, 28, 31],
    9: [1, 2, 3, 4, 7, 8, 9, 10, 11, 14, 15, 16, 17, 18, 20, 21, 22, 23, 24, 28, 29, 30],
    10: [8, 9, 10, 12, 13, 14, 15, 16, 19, 20, 21, 22, 23, 26, 27, 28, 29, 30],
    11: [2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 23, 24, 25, 26, 27, 30],
    12: [1, 2, 3, 4, 7, 8, 9, 10, 11, 14, 15, 16, 17, 18, 21, 22, 23, 24, 25, 28, 29, 30, 31],
}
WORKED = [date(2026, month, day) for month, days in MONTHS.items() for day in days]
ANCHORS = (
    "2026-09-18 10:00",  # the Friday before a Sunday that is worked
    "2026-09-24 23:59",  # the last minute before the Mid-Autumn holiday
    "2026-09-30 16:00",  # the last day before the National Day holiday
    "2026-10-03 12:00",  # a day off
    "2026-10-09 09:00",  # the Friday before a Saturday that is worked
    "2026-10-10 00:00",  # the first moment of that Saturday, which is then not counted
)


class Stated(NamedTuple):
    procedure: Procedure
    name: str
    limit: Limit


ALL = [Stated(one, name, limit) for one in procedures.catalogue() for name, limit in one.limits.items()]
TIMED = [stated for stated in ALL if stated.limit.way != "of"]
COUNTED = [stated for stated in ALL if stated.limit.way == "of"]
DAILY = [stated for stated in TIMED if stated.limit.unit.endswith("_day")]


def of(stated: Stated) -> str:
    return f"{stated.procedure.name}-{stated.name}"


def last_day(limit: Limit, anchor: date) -> date:
    """The last counted day (the last in time, where it counts back), found in the table above."""
    if limit.way == "before":
        if limit.unit == "working_day":
            return WORKED[bisect_left(WORKED, anchor) - limit.value]
        return anchor - limit.value * DAY
    if limit.unit == "working_day":
        return WORKED[bisect_right(WORKED, anchor) + limit.value - 1]
    day = anchor + limit.value * DAY
    return WORKED[bisect_left(WORKED, day)] if limit.roll else day


def edge(limit: Limit, anchor: datetime) -> datetime:
    """The first moment after the period, or too late."""
    if limit.unit in {"minute", "hour"}:
        return anchor + timedelta(**{f"{limit.unit}s": limit.value})
    if limit.unit == "year":
        day = calendar.beijing_day(anchor)
        return beijing(f"{date(day.year + limit.value, day.month, day.day) + DAY} 00:00")
    return beijing(f"{last_day(limit, calendar.beijing_day(anchor)) + DAY} 00:00")


def test_the_table_is_the_calendar() -> None:
    first, last = WORKED[0], WORKED[-1]
    days = [first + number * DAY for number in range((last - first).days + 1)]
    assert [day for day in days if CALENDAR.is_working_day(day)] == WORKED


def test_holidays_and_make_up_days_matter_to_some_limit() -> None:
    """Else the anchors were chosen badly: the count by weekdays alone gives other days."""
    plain = [day for day in (WORKED[0] + n * DAY for n in range(150)) if day.weekday() < 5]
    for anchor in ANCHORS[:-1]:
        day = calendar.beijing_day(beijing(anchor))
        moved = [
            stated
            for stated in DAILY
            if (stated.limit.unit, stated.limit.way) == ("working_day", "after")
            and plain[bisect_right(plain, day) + stated.limit.value - 1] != last_day(stated.limit, day)
        ]
        assert moved, anchor


@pytest.mark.parametrize("anchor", ANCHORS)
@pytest.mark.parametrize("stated", TIMED, ids=of)
def test_a_period_ends_where_the_table_says(stated: Stated, anchor: str) -> None:
    start = beijing(anchor)
    assert periods.due(stated.procedure, CALENDAR, stated.name, start) == edge(stated.limit, start)


@pytest.mark.parametrize("anchor", ANCHORS)
@pytest.mark.parametrize("stated", [one for one in DAILY if one.limit.bound == "min"], ids=of)
def test_not_before_the_period_is_over(stated: Stated, anchor: str) -> None:
    start, over = beijing(anchor), edge(stated.limit, beijing(anchor))
    procedure, name, limit = stated
    for moment in (over, over + DAY):
        periods.not_before(procedure, CALENDAR, name, start, moment, "field")
    for moment in (over - INSTANT, over - DAY):
        with pytest.raises(RuleBroken) as refused:
            periods.not_before(procedure, CALENDAR, name, start, moment, "field")
        assert (refused.value.cites, refused.value.facts["rule"]) == (limit.cites, name)
        assert refused.value.facts["earliest"] == clock.text(over)
        assert ("未经核实" in refused.value.zh) != limit.confirmed


@pytest.mark.parametrize("stated", COUNTED, ids=of)
def test_a_number_at_its_limit_and_one_beside_it(stated: Stated) -> None:
    procedure, name, limit = stated
    base = 300_000_00
    shares = {"percent": 100, "third": 3}
    at = limit.value * base // shares[limit.unit] if limit.unit in shares else limit.value
    at *= 100 if limit.unit == "yuan" else 1  # in 分
    allowed = {"min": (at, at + 1), "max": (at, at - 1), "above": (at + 1,), "below": (at - 1,)}[limit.bound]
    for value in (at - 1, at, at + 1):
        assert periods.keeps(limit, value, base) == (value in allowed)
        if value in allowed:
            periods.number(procedure, name, value, base, "field")
            continue
        with pytest.raises(RuleBroken) as refused:
            periods.number(procedure, name, value, base, "field")
        assert (refused.value.cites, refused.value.facts["rule"]) == (limit.cites, name)
