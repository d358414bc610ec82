"""Days as the law counts them: against the State Council's notices, across holidays and make-up days."""

from __future__ import annotations

from copy import deepcopy
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notary.errors import Held
from tests.trading.examples import beijing
from trading import calendar

CHINA = calendar.china()
DAY = timedelta(days=1)
SPAN = timedelta(days=1276)  # to the middle of 2027
MOMENTS = st.timedeltas(timedelta(), SPAN).map(lambda after: beijing("2024-01-01 00:00") + after)


def days_of(year: int) -> list[date]:
    return [date(year, 1, 1) + number * DAY for number in range(366) if (date(year, 1, 1) + number * DAY).year == year]


@pytest.mark.parametrize(("year", "statutory"), [(2024, 11), (2025, 13), (2026, 13), (2027, 13)])
def test_weekdays_off_less_make_up_days_are_the_days_of_the_holiday_regulation(year: int, statutory: int) -> None:
    """全国年节及纪念日放假办法 gives 11 days until 2024 and 13 from 2025 on; 调休 moves days and adds none."""
    lost = sum(day.weekday() < 5 and not CHINA.is_working_day(day) for day in days_of(year))
    won = sum(day.weekday() >= 5 and CHINA.is_working_day(day) for day in days_of(year))
    assert lost - won == statutory


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 1, 2), False),  # 元旦
        (date(2026, 1, 4), True),  # Sunday, 1月4日（周日）上班
        (date(2026, 2, 14), True),
        (date(2026, 2, 16), False),
        (date(2026, 2, 24), True),
        (date(2026, 9, 20), True),
        (date(2026, 9, 27), False),
        (date(2026, 10, 7), False),
        (date(2026, 10, 10), True),
        (date(2026, 11, 21), False),  # a plain Saturday
        (date(2026, 11, 23), True),
    ],
)
def test_days_of_the_notice_for_2026(day: date, works: bool) -> None:
    assert CHINA.is_working_day(day) is works


def test_a_year_is_provisional_until_its_notice_is_out() -> None:
    assert {year: known.state for year, known in CHINA.years.items()} == {
        2024: "confirmed",
        2025: "confirmed",
        2026: "confirmed",
        2027: "provisional",
    }
    assert CHINA.confirmed(beijing("2026-01-01 00:00"), beijing("2027-01-01 00:00"))
    assert not CHINA.confirmed(beijing("2026-12-31 00:00"), beijing("2027-01-02 00:00"))


@pytest.mark.parametrize(
    ("start", "count", "unit", "roll", "end"),
    [
        # The day of the start is not counted, whatever its hour.
        ("2026-11-03 00:00", 20, "calendar_day", True, "2026-11-24 00:00"),
        ("2026-11-03 23:59", 20, "calendar_day", True, "2026-11-24 00:00"),
        ("2026-11-04 00:00", 20, "calendar_day", True, "2026-11-25 00:00"),
        # The last day is Sunday 22 November: it rolls to Monday where the limit says so.
        ("2026-11-02 10:00", 20, "calendar_day", True, "2026-11-24 00:00"),
        ("2026-11-02 10:00", 20, "calendar_day", False, "2026-11-23 00:00"),
        # The last day is 1 October: it rolls over the whole holiday to Thursday the 8th.
        ("2026-09-11 09:00", 20, "calendar_day", True, "2026-10-09 00:00"),
        # The last day is Saturday 10 October, a make-up working day: it stays.
        ("2026-09-20 09:00", 20, "calendar_day", True, "2026-10-11 00:00"),
        # Working days over Sunday 20 September (worked): 17, 18, 20, 21, 22.
        ("2026-09-16 09:00", 5, "working_day", True, "2026-09-23 00:00"),
        # Over 中秋 and 国庆: 24, 28, 29, 30 September, 8 October.
        ("2026-09-23 09:00", 5, "working_day", True, "2026-10-09 00:00"),
        # From a day off.
        ("2026-10-03 09:00", 1, "working_day", True, "2026-10-09 00:00"),
        # Into the provisional year: 30, 31 December, 4, 5, 6 January.
        ("2026-12-29 09:00", 5, "working_day", True, "2027-01-07 00:00"),
        # Hours and minutes run from the moment.
        ("2026-10-03 09:30", 30, "minute", False, "2026-10-03 10:00"),
        ("2026-10-03 09:30", 24, "hour", False, "2026-10-04 09:30"),
        # Years: the same day, or the last of the month (民法典 202).
        ("2026-11-03 09:00", 15, "year", False, "2041-11-04 00:00"),
        ("2024-02-29 09:00", 1, "year", False, "2025-03-01 00:00"),
    ],
)
def test_end(start: str, count: int, unit: calendar.Unit, roll: bool, end: str) -> None:
    assert CHINA.end(beijing(start), count, unit, roll=roll) == beijing(end)


@pytest.mark.parametrize(
    ("end", "count", "unit", "too_late"),
    [
        ("2026-11-24 09:30", 10, "calendar_day", "2026-11-15 00:00"),  # in time until 24:00 of the 14th
        ("2026-11-24 00:00", 10, "calendar_day", "2026-11-15 00:00"),
        ("2026-10-09 09:30", 2, "working_day", "2026-10-01 00:00"),  # 8 October, 30 September
    ],
)
def test_latest_before(end: str, count: int, unit: Any, too_late: str) -> None:
    assert CHINA.latest_before(beijing(end), count, unit) == beijing(too_late)


def test_a_year_without_calendar_is_refused() -> None:
    with pytest.raises(Held) as refused:
        CHINA.end(beijing("2027-12-31 09:00"), 1, "working_day", roll=True)
    assert (refused.value.reason, refused.value.facts) == ("calendar_missing", {"year": 2028})


def test_naive_times_are_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        CHINA.end(beijing("2026-11-03 09:00").replace(tzinfo=None), 1, "calendar_day", roll=True)


@given(MOMENTS, st.integers(1, 60))
def test_working_days_between_start_and_end_are_as_many_as_asked(start: datetime, count: int) -> None:
    end = CHINA.end(start, count, "working_day", roll=True)
    day, found = calendar.beijing_day(start) + DAY, 0
    while calendar.midnight(day) < end:
        found += CHINA.is_working_day(day)
        day += DAY
    assert found == count
    assert CHINA.is_working_day(calendar.beijing_day(end) - DAY)


@given(MOMENTS, st.integers(0, 60), st.booleans())
def test_a_period_holds_all_its_days_whole(start: datetime, count: int, roll: bool) -> None:
    end = CHINA.end(start, count, "calendar_day", roll=roll)
    assert end.astimezone(calendar.BEIJING).time() == datetime.min.time()
    assert end - start > timedelta(days=count)
    assert end <= CHINA.end(start + timedelta(hours=7), count, "calendar_day", roll=roll)


@given(MOMENTS, st.integers(1, 60), st.sampled_from(["calendar_day", "working_day"]))
def test_counting_back_is_counting_forward(end: datetime, count: int, unit: Any) -> None:
    """An act in time by the backward count has at least that many whole days before the day of the end."""
    end = max(end, beijing("2024-06-01 00:00"))
    too_late = CHINA.latest_before(end, count, unit)
    last = too_late - timedelta(microseconds=1)
    assert CHINA.end(last, count - 1, unit, roll=False) <= end


GOOD = {
    "year": 2030,
    "state": "confirmed",
    "source": "a notice",
    "make_up": [date(2030, 1, 5)],
    "holiday": [{"name": "元旦", "first": date(2030, 1, 1), "last": date(2030, 1, 1)}],
}


@pytest.mark.parametrize(
    "change",
    [
        {"state": "guessed"},
        {"source": ""},
        {"make_up": [date(2030, 1, 2)]},  # a Wednesday
        {"make_up": [date(2031, 1, 4)]},
        {"holiday": [{"name": "元旦", "first": date(2030, 1, 1), "last": date(2030, 1, 6)}]},  # covers the make-up day
        {"holiday": [{"name": "元旦", "first": date(2029, 12, 31), "last": date(2030, 1, 1)}]},
    ],
)
def test_an_impossible_year_is_refused(change: dict[str, Any]) -> None:
    assert calendar.load({"year": [deepcopy(GOOD)]}).is_working_day(date(2030, 1, 5))
    with pytest.raises(ValueError, match="calendar 2030"):
        calendar.load({"year": [GOOD | change]})


def test_a_year_stands_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        calendar.load({"year": [GOOD, GOOD]})
