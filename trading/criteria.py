"""The criteria of an evaluation, as a notice publishes them (``docs/spec/evaluation.md``)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from notary.errors import Malformed
from trading import money
from trading.procedures import Procedure

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_MARKS = re.compile(r"(?:0|[1-9][0-9]{0,3})\.[0-9]{2}", re.ASCII)
_TAKEN = frozenset({"price", "draw", "total", "evaluated"})


class _Frozen(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Part(_Frozen, frozen=True):
    """A part that experts score from 0.00 to `marks`."""

    name: str
    zh: str
    en: str
    marks: str

    @property
    def hundredths(self) -> int:
        return marks(self.marks, f"parts.{self.name}.marks")


class Adjustment(_Frozen, frozen=True):
    """A quantified factor of the documents that is added to the price, or taken off it, for comparison only."""

    name: str
    zh: str
    en: str


class Draft(_Frozen, frozen=True):
    """What the agency writes; price_marks is null and parts are empty where only prices are compared."""

    price_marks: str | None
    parts: tuple[Part, ...]
    adjustments: tuple[Adjustment, ...]
    ties: tuple[str, ...]
    candidates: int


class Criteria(Draft, frozen=True):
    """The published record ``sunbid/criteria/1``."""

    type: Literal["sunbid/criteria/1"]
    method: Literal["lowest_evaluated_price", "comprehensive"]
    price_field: str
    ceiling: str | None
    over_ceiling: str
    clauses: tuple[str, ...]

    @property
    def price_hundredths(self) -> int:
        return marks(self.price_marks, "price_marks")

    @property
    def price_share(self) -> tuple[int, int] | None:
        """The price's share of the full marks as a fraction, None where the method gives no marks."""
        if self.price_marks is None:
            return None
        return self.price_hundredths, self.price_hundredths + sum(part.hundredths for part in self.parts)


def marks(text: object, field: str | None = None) -> int:
    """The hundredths of ``"12.50"``: ASCII, two places, at most 9999.99. Raises Malformed."""
    if isinstance(text, str) and _MARKS.fullmatch(text):
        return int(text.replace(".", ""))
    raise Malformed("not_marks", '分值应写成两位小数，如 "12.50"。', 'Marks are written like "12.50".', field=field)


def compose(procedure: Procedure, method: str, draft: Mapping[str, Any], ceiling: str | None) -> dict[str, Any]:
    """The record to publish, of the agency's draft and what the procedure fixes. Raises Malformed naming the field."""
    record = {
        **draft,
        "type": "sunbid/criteria/1",
        "method": method,
        "price_field": procedure.form.price_field,
        "ceiling": ceiling,
        "over_ceiling": procedure.rejection.over_ceiling,
        "clauses": [clause.id for clause in procedure.rejection.clauses],
    }
    read(record)
    return record


def read(record: Mapping[str, Any]) -> Criteria:
    """The checked criteria of a record. Raises Malformed naming the field."""
    try:
        criteria = msgspec.convert(record, Criteria)
    except msgspec.ValidationError as error:
        raise Malformed(
            "criteria_malformed",
            f"评标标准不合格式：{error}",
            f"Malformed criteria: {error}",
            field="evaluation.criteria",
        ) from error
    _check_names(criteria)
    _SHAPES[criteria.method](criteria)
    if criteria.ceiling is not None:
        money.parse(criteria.ceiling, "ceiling")
    if criteria.over_ceiling not in criteria.clauses:
        raise _wrong("over_ceiling", "须是所列否决条款之一", "must be one of the clauses")
    if not 1 <= criteria.candidates <= 100:
        raise _wrong("candidates", "须在 1 至 100 之间", "must be 1 to 100")
    return criteria


def _check_names(criteria: Criteria) -> None:
    parts = [part.name for part in criteria.parts]
    names = parts + [adjustment.name for adjustment in criteria.adjustments]
    if len(set(names)) != len(names) or not all(map(_NAME.fullmatch, names)) or not _TAKEN.isdisjoint(names):
        raise _wrong("parts", "名称重复、保留或不合格式", "has a name that is given twice, reserved or not of its form")
    ties = criteria.ties
    if len(set(ties)) != len(ties) or not set(ties) <= {"price", "draw", *parts} or "draw" in ties[:-1]:
        raise _wrong("ties", "只能依次列出 price、评分项和最后的 draw", "lists price, parts and lastly draw, each once")


def _check_priced(criteria: Criteria) -> None:
    if criteria.price_marks is not None or criteria.parts:
        raise _wrong("parts", "按价格评审时没有评分项", "must be empty where only prices are compared")


def _check_scored(criteria: Criteria) -> None:
    if not criteria.parts or any(part.hundredths == 0 for part in criteria.parts):
        raise _wrong("parts", "至少一项，且满分大于零", "needs at least one part, each with marks above zero")
    marks(criteria.price_marks, "evaluation.criteria.price_marks")


_SHAPES: Mapping[str, Callable[[Criteria], None]] = {
    "lowest_evaluated_price": _check_priced,
    "comprehensive": _check_scored,
}


def _wrong(field: str, zh: str, en: str) -> Malformed:
    name = f"evaluation.criteria.{field}"
    return Malformed("criteria_wrong", f"评标标准 {field} {zh}。", f"The criteria's {field} {en}.", field=name)
