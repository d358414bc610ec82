"""Words on paper: money in figures and 大写, Beijing time, labelled facts, and what every paper says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from notary import clock
from notary.entries import Entry
from trading import money
from trading.calendar import BEIJING
from trading.procedures import Procedure

_DAYS = "一二三四五六日"
Facts = dict[str, Any]


@dataclass(frozen=True)
class Occasion:
    """A paper's act and where it stands. entry: the act that the paper states; notice: the notice in force then.

    names: organisation code -> registered name; where: the address of the dossier, printed on the paper.
    """

    entry: Entry
    notice: Entry
    procedure: Procedure
    names: Mapping[str, str]
    origin: str
    demonstration: bool
    where: str

    @property
    def agency(self) -> Mapping[str, str]:
        """`code` and `name` of the agency, as published."""
        found: Mapping[str, str] = self.notice.body["notice"]["agency"]
        return found


def paper(occasion: Occasion, title: Facts) -> Facts:
    """What every paper has; its author is the agency. A lot that is the only one is not named."""
    told = occasion.notice.body["notice"]
    author, moment = occasion.agency["name"], occasion.entry.time
    return {
        "demonstration": occasion.demonstration,
        "issued_at": clock.text(moment),
        "issued_text": beijing(moment),
        "head": author,
        "title": title,
        "number": None,
        "tender": {"code": occasion.entry.tender, "name": told["title"], "lot": None},
        "origin": occasion.origin,
        "where": occasion.where,
        "signatory": {"name": author, "role": _role(occasion), "date": day(moment)},
    }


def _role(occasion: Occasion) -> Facts:
    """Of whoever signs: in an auction of a right it is not a tenderer."""
    return words("出让人", "Grantor") if "auction" in occasion.notice.body else words("招标人（采购人）", "Tenderer")


def words(zh: str, en: str = "") -> Facts:
    """The same in both languages."""
    return {"zh": zh, "en": en}


def field(zh: str, en: str, value: Any) -> Facts:
    """A labelled fact; value: text, money or words."""
    return {"label": words(zh, en), "value": value}


def sum_of(text: str) -> Facts:
    """Money of its text form, in figures and 大写."""
    return {"yuan": text, "upper": f"人民币{money.words(money.parse(text))}"}


def beijing(moment: datetime) -> str:
    """``2026年11月23日（星期一）09:30``."""
    return moment.astimezone(BEIJING).strftime(f"%Y年%m月%d日（星期{_weekday(moment)}）%H:%M")


def day(moment: datetime) -> str:
    """``2026年11月23日``."""
    return moment.astimezone(BEIJING).strftime("%Y年%m月%d日")


def full_day(moment: datetime) -> str:
    """``2026年11月23日（星期一）``."""
    return f"{day(moment)}（星期{_weekday(moment)}）"


def second(moment: datetime) -> str:
    """``2026-11-23 09:30:00``, for columns."""
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def titled(procedure: Procedure, notice: str) -> Facts:
    """The title of a paper as its procedure calls it."""
    named = procedure.notices[notice]
    return words(named.zh, named.en)


def cell(kind: str, value: Any) -> str | Facts:
    """A value of the opening statement as it is printed. kind: the form field's type."""
    if value is None:
        return "—"
    return sum_of(value) if kind == "money" else str(value)


def stated(schema: Mapping[str, Any], values: Mapping[str, Any]) -> list[Facts]:
    """The labelled values of an opened form without its price. schema: `form_schema` of the notice."""
    return [
        field(one["zh"], one["en"], cell(one["type"], values[one["name"]]))
        for one in schema["fields"]
        if one["name"] != schema["price_field"] and values.get(one["name"]) is not None
    ]


def _weekday(moment: datetime) -> str:
    return _DAYS[moment.astimezone(BEIJING).weekday()]
