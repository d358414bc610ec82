"""Days as the law counts them: Beijing days, working days, and the moment when a period is over.

The counting, chosen once for the whole system:

- The day on which a period starts is not counted (民法典 201; 财政部令第87号 85). Counted days are whole Beijing days.
- A period is over at 24:00 of its last counted day (民法典 203), which is 00:00 Beijing of the day after: `end`.
  "Not less than 20 days from issue to the deadline" (招标投标法 24) is held strictly: 20 whole days must have passed,
  so the earliest deadline *is* `end`. (Many count the day of the deadline itself as the 20th; by that reading `end` is
  later than need be, never too early.) "Within 30 days" allows every moment before `end`.
- A last day that is a day off rolls to the next working day where the limit says so (民法典 203; 87号令 85). Days off
  are holidays and weekends that are not worked (法定休假日): for a minimum that is again the stricter reading.
- Hours and minutes run from the moment itself (民法典 201); a year ends on the day of the same number, or on the last
  day of that month (民法典 202).
- 以上, 以内 include the number, 不足 does not (民法典 1259; 87号令 86).
- Backwards ("10 days before the deadline") the day of the deadline is not counted; the act is in time until 24:00 of
  the tenth day before it, the reading that favours whoever has the right: `latest_before`. Nothing rolls.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any, Literal

from notary.errors import Held, Malformed

Unit = Literal["calendar_day", "working_day", "hour", "minute", "year"]
BEIJING = timezone(timedelta(hours=8), "Beijing")
_DATA = Path(__file__).with_name("calendar.toml")
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class CalendarYear:
    """One year's days. state: `confirmed` by the State Council's notice named in source, or `provisional`."""

    year: int
    state: Literal["provisional", "confirmed"]
    source: str
    days_off: frozenset[date]
    make_up: frozenset[date]

    def is_working(self, day: date) -> bool:
        if day in self.make_up:
            return True
        return day.weekday() < 5 and day not in self.days_off  # Monday is 0


@dataclass(frozen=True)
class Calendar:
    """The years that are known. Every function raises Held (reason calendar_missing) for a day of another year."""

    years: Mapping[int, CalendarYear]

    def year(self, day: date) -> CalendarYear:
        if day.year in self.years:
            return self.years[day.year]
        raise Held(
            "calendar_missing",
            f"系统没有 {day.year} 年的工作日历，请管理员补充后再试。",
            f"There is no working calendar for {day.year}: the administrator must add it first.",
            year=day.year,
        )

    def is_working_day(self, day: date) -> bool:
        """Whether people work on that Beijing day."""
        return self.year(day).is_working(day)

    def confirmed(self, start: datetime, end: datetime) -> bool:
        """Whether all years that the span touches are confirmed. What is computed from others may still move."""
        first, last = beijing_day(start).year, beijing_day(end - timedelta(microseconds=1)).year
        return all(self.year(date(year, 1, 1)).state == "confirmed" for year in range(first, last + 1))

    def end(self, start: datetime, count: int, unit: Unit, *, roll: bool) -> datetime:
        """The moment (aware UTC) when `count` units from `start` are over: the first moment after the period.

        A minimum is kept by every moment >= it, a maximum by every moment < it.
        """
        if unit == "hour":
            return start + timedelta(hours=count)
        if unit == "minute":
            return start + timedelta(minutes=count)
        last = self._last_day(beijing_day(start), count, unit)
        while roll and not self.is_working_day(last):
            last += _DAY
        return midnight(last + _DAY)

    def _last_day(self, first: date, count: int, unit: Unit) -> date:
        if unit == "year":
            return _same_day(first, first.year + count)
        if unit == "calendar_day":
            return first + count * _DAY
        return self._working_day(first, count, _DAY)

    def _working_day(self, day: date, count: int, step: timedelta) -> date:
        while count:
            day += step
            count -= self.is_working_day(day)
        return day

    def first_at(self, earliest: datetime, hour: time) -> datetime:
        """The first moment (aware UTC) not before the earliest that is at this Beijing hour of a working day."""
        first = earliest.astimezone(BEIJING)
        candidate = datetime.combine(first.date(), hour, BEIJING)
        while candidate < earliest or not self.is_working_day(candidate.date()):
            candidate += _DAY
        return candidate.astimezone(UTC)

    def latest_before(self, end: datetime, count: int, unit: Literal["calendar_day", "working_day"]) -> datetime:
        """The first moment (aware UTC) that is too late for an act that is due `count` days before `end`."""
        last = beijing_day(end)
        day = last - count * _DAY if unit == "calendar_day" else self._working_day(last, count, -_DAY)
        return midnight(day + _DAY)


def beijing_day(moment: datetime) -> date:
    """The Beijing day on which an aware moment lies."""
    if moment.tzinfo is None:
        raise ValueError("naive datetime")
    return moment.astimezone(BEIJING).date()


def parse_day(text: str, field: str) -> date:
    """The day of ``2026-12-01``. Raises Malformed (day_wrong)."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        zh, en = "日期不存在。", "There is no such day."
        raise Malformed("day_wrong", zh, en, field=field) from error


def midnight(day: date) -> datetime:
    """00:00 Beijing of a day, as aware UTC."""
    return datetime.combine(day, time(), BEIJING).astimezone(UTC)


def _same_day(day: date, year: int) -> date:
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


@cache
def china() -> Calendar:
    """The calendar that ships with the system."""
    return load(tomllib.loads(_DATA.read_text("utf-8")))


def load(table: dict[str, Any]) -> Calendar:
    """A calendar from its table (calendar.toml). Raises ValueError for days of another year or make-up on weekdays."""
    years = [_year(entry) for entry in table["year"]]
    if len({entry.year for entry in years}) != len(years):
        raise ValueError("a calendar year is given twice")
    return Calendar({entry.year: entry for entry in years})


def _year(entry: dict[str, Any]) -> CalendarYear:
    days_off = frozenset(day for holiday in entry["holiday"] for day in _days(holiday["first"], holiday["last"]))
    make_up = frozenset(entry["make_up"])
    year = CalendarYear(entry["year"], entry["state"], entry["source"], days_off, make_up)
    if year.state not in {"provisional", "confirmed"} or not year.source:
        raise ValueError(f"calendar {year.year}: state or source is missing")
    if any(day.year != year.year for day in days_off | make_up):
        raise ValueError(f"calendar {year.year}: a day of another year")
    if days_off & make_up or any(day.weekday() < 5 for day in make_up):
        raise ValueError(f"calendar {year.year}: a make-up day is a weekday or a holiday")
    return year


def _days(first: date, last: date) -> list[date]:
    return [first + number * _DAY for number in range((last - first).days + 1)]
