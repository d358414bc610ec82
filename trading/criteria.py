"""The criteria of an evaluation, as a notice publishes them (``docs/spec/evaluation.md``)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from notary.errors import Malformed
from trading import money
from trading.procedures import Procedure

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_MARKS = re.compile(r"(?:0|[1-9][0-9]{0,3})\.[0-9]{2}", re.ASCII)
_TAKEN = frozenset({"price", "draw", "total", "evaluated"})


class _Frozen(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Named(_Frozen, frozen=True):
    """What experts write something under; `name` is its key in their sheets."""

    name: str
    zh: str
    en: str


class Part(Named, frozen=True):
    """A part that experts score from 0.00 to `marks`."""

    marks: str

    @property
    def hundredths(self) -> int:
        return marks(self.marks, f"parts.{self.name}.marks")


class Adjustment(Named, frozen=True):
    """A quantified factor of the documents that is added to the price, or taken off it, for comparison only."""


class Trim(_Frozen, frozen=True):
    """With at least so many bids, so many of the highest and lowest prices are left out of the mean."""

    bids: int
    highest: int
    lowest: int


class Benchmark(_Frozen, frozen=True):
    """评标基准价: the mean of the prices, or part of it and part of the ceiling; marks are taken off on either side.

    mean_factor, ceiling_factor (K) and ceiling_share: percent, like ``"97.00"``; above, below: marks for each percent
    that a price lies above or below the benchmark.
    """

    trim: tuple[Trim, ...]
    mean_factor: str
    ceiling_factor: str
    ceiling_share: str
    above: str
    below: str

    def percent(self, name: str) -> int:
        """Hundredths of a percent, or of a mark, of a member. Raises Malformed."""
        return marks(getattr(self, name), f"evaluation.criteria.benchmark.{name}")


class Cost(Named, frozen=True):
    """A cost of the years `first` to `last` after the award, each year the same amount; less than zero is a return."""

    first: int
    last: int


class LifeCycle(_Frozen, frozen=True):
    """全生命周期成本: what a purchase costs later, at its present value. discount: percent a year, like ``"5.00"``."""

    discount: str
    costs: tuple[Cost, ...]

    @property
    def rate(self) -> int:
        """Hundredths of a percent. Raises Malformed."""
        return marks(self.discount, "evaluation.criteria.life_cycle.discount")


class Quality(_Frozen, frozen=True):
    """The weight of the parts together, and the points below which a bid is rejected under `clause`."""

    marks: str
    least: str
    clause: str

    def hundredths(self, name: str) -> int:
        """Of `marks` or `least`. Raises Malformed."""
        return marks(getattr(self, name), f"evaluation.criteria.quality.{name}")


class Floor(_Frozen, frozen=True):
    """起始价: a price below it is rejected under `clause`."""

    price: str
    clause: str


class LowPrice(_Frozen, frozen=True):
    """异常低价审查: percent of the mean, of the next lowest price, of the ceiling, where the documents raise them."""

    mean: int | UnsetType = UNSET
    next: int | UnsetType = UNSET
    ceiling: int | UnsetType = UNSET

    @property
    def raised(self) -> dict[str, int]:
        """Limit (trading.limits) -> percent."""
        given = {name: getattr(self, name) for name in ("mean", "next", "ceiling")}
        return {f"low_price_{name}": percent for name, percent in given.items() if percent is not UNSET}


class Draft(_Frozen, frozen=True, kw_only=True):
    """What the agency writes; price_marks is null and parts are empty where only prices are compared.

    low_price is there where the documents raise a share of the law. The last members are there with the method that has
    them (:data:`SHAPES`), and with no other.
    """

    price_marks: str | None
    parts: tuple[Part, ...]
    adjustments: tuple[Adjustment, ...]
    ties: tuple[str, ...]
    candidates: int
    low_price: LowPrice | UnsetType = UNSET
    benchmark: Benchmark | UnsetType = UNSET
    life_cycle: LifeCycle | UnsetType = UNSET
    quality: Quality | UnsetType = UNSET
    floor: Floor | UnsetType = UNSET


class Criteria(Draft, frozen=True, kw_only=True):
    """The published record ``sunbid/criteria/1``."""

    type: Literal["sunbid/criteria/1"]
    method: Literal[
        "lowest_evaluated_price", "life_cycle_cost", "comprehensive", "comprehensive_benchmark", "quality_cost",
        "highest_price", "highest_comprehensive",
    ]  # fmt: skip
    price_field: str
    ceiling: str | None
    over_ceiling: str
    clauses: tuple[str, ...]

    @property
    def raised(self) -> dict[str, int]:
        """Shares of the review of abnormally low prices that the documents raise: limit -> percent."""
        return {} if self.low_price is UNSET else self.low_price.raised

    @property
    def price_hundredths(self) -> int:
        return marks(self.price_marks, "price_marks")

    @property
    def price_share(self) -> tuple[int, int] | None:
        """The price's share of the full marks as a fraction, None where the method gives no marks."""
        if self.price_marks is None:
            return None
        rest = self.full_hundredths if self.quality is UNSET else self.quality.hundredths("marks")
        return self.price_hundredths, self.price_hundredths + rest

    @property
    def full_hundredths(self) -> int:
        """The full marks of all parts together."""
        return sum(part.hundredths for part in self.parts)

    @property
    def costs(self) -> tuple[Cost, ...]:
        """Later costs, none where the method knows none."""
        return () if self.life_cycle is UNSET else self.life_cycle.costs

    @property
    def amounts(self) -> tuple[Named, ...]:
        """What experts give sums for: adjustments and later costs."""
        return (*self.adjustments, *self.costs)


class Shape(NamedTuple):
    """What the criteria of a method hold. scored: experts give marks; own: the member that only it has, or None."""

    scored: bool
    own: str | None


SHAPES: Mapping[str, Shape] = {
    "lowest_evaluated_price": Shape(scored=False, own=None),
    "life_cycle_cost": Shape(scored=False, own="life_cycle"),
    "comprehensive": Shape(scored=True, own=None),
    "comprehensive_benchmark": Shape(scored=True, own="benchmark"),
    "quality_cost": Shape(scored=True, own="quality"),
    "highest_price": Shape(scored=False, own="floor"),
    "highest_comprehensive": Shape(scored=True, own="floor"),
}


def marks(text: object, field: str | None = None) -> int:
    """The hundredths of ``"12.50"``: ASCII, two places, at most 9999.99. Raises Malformed."""
    value = _hundredths(text) if isinstance(text, str) else None
    if value is None:
        raise Malformed("not_marks", '分值应写成两位小数，如 "12.50"。', 'Marks are written like "12.50".', field=field)
    return value


@lru_cache(maxsize=4096)  # a large lot gives the same few marks many thousand times
def _hundredths(text: str) -> int | None:
    return int(text.replace(".", "")) if _MARKS.fullmatch(text) else None


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
    (_check_scored if SHAPES[criteria.method].scored else _check_priced)(criteria)
    _check_own(criteria)
    if criteria.ceiling is not None:
        money.parse(criteria.ceiling, "ceiling")
    if criteria.over_ceiling not in criteria.clauses:
        raise _wrong("over_ceiling", "须是所列否决条款之一", "must be one of the clauses")
    if not all(1 <= percent <= _MOST_SHARE for percent in criteria.raised.values()):
        raise _wrong("low_price", "须在 1 至 100 之间", "is 1 to 100 percent")
    if not 1 <= criteria.candidates <= 100:
        raise _wrong("candidates", "须在 1 至 100 之间", "must be 1 to 100")
    return criteria


def _check_names(criteria: Criteria) -> None:
    parts = [part.name for part in criteria.parts]
    names = parts + [one.name for one in criteria.amounts]
    weighed = set() if criteria.quality is UNSET else {"quality"}
    taken = _TAKEN | weighed
    if len(set(names)) != len(names) or not all(map(_NAME.fullmatch, names)) or not taken.isdisjoint(names):
        raise _wrong("parts", "名称重复、保留或不合格式", "has a name that is given twice, reserved or not of its form")
    ties = criteria.ties
    if len(set(ties)) != len(ties) or not set(ties) <= {"price", "draw", *parts, *weighed} or "draw" in ties[:-1]:
        raise _wrong("ties", "只能依次列出 price、评分项和最后的 draw", "lists price, parts and lastly draw, each once")


def _check_priced(criteria: Criteria) -> None:
    if criteria.price_marks is not None or criteria.parts:
        raise _wrong("parts", "按价格评审时没有评分项", "must be empty where only prices are compared")


def _check_scored(criteria: Criteria) -> None:
    if not criteria.parts or any(part.hundredths == 0 for part in criteria.parts):
        raise _wrong("parts", "至少一项，且满分大于零", "needs at least one part, each with marks above zero")
    marks(criteria.price_marks, "evaluation.criteria.price_marks")


def _check_own(criteria: Criteria) -> None:
    for name, check in _OWN.items():
        if (getattr(criteria, name) is not UNSET) != (SHAPES[criteria.method].own == name):
            raise _wrong(name, "须与评标方法一致：有则必填，无则不填", "stands with its method, and with no other")
        if SHAPES[criteria.method].own == name:
            check(criteria)


def _check_benchmark(criteria: Criteria) -> None:
    benchmark: Benchmark = criteria.benchmark  # type: ignore[assignment]  # _check_own saw that it is there
    for step in benchmark.trim:
        if min(step.highest, step.lowest) < 0 or not 0 < step.highest + step.lowest < step.bids:
            raise _wrong("benchmark.trim", "去掉的报价应少于报价家数", "leaves out fewer prices than there are")
    if any(step.bids >= later.bids for step, later in pairwise(benchmark.trim)):
        raise _wrong("benchmark.trim", "各档家数应递增", "goes by rising numbers of bids")
    for name in ("mean_factor", "ceiling_factor"):
        if not _FACTORS[0] <= benchmark.percent(name) <= _FACTORS[1]:
            raise _wrong(f"benchmark.{name}", "须在 50.00 至 200.00 之间", "is 50.00 to 200.00")
    share = benchmark.percent("ceiling_share")
    if share > _WHOLE or (share > 0 and criteria.ceiling is None):
        zh, en = "不超过 100.00；大于零时须设最高限价", "is at most 100.00; above zero it needs a ceiling price"
        raise _wrong("benchmark.ceiling_share", zh, en)
    if not benchmark.percent("above") + benchmark.percent("below"):
        raise _wrong("benchmark.above", "与 below 不能都为零", "and below are not both zero")


def _check_life_cycle(criteria: Criteria) -> None:
    life_cycle: LifeCycle = criteria.life_cycle  # type: ignore[assignment]  # the same
    if life_cycle.rate > _MOST_DISCOUNT:
        raise _wrong("life_cycle.discount", "不超过 50.00", "is at most 50.00")
    if not life_cycle.costs or not all(0 <= cost.first <= cost.last <= _MOST_YEARS for cost in life_cycle.costs):
        raise _wrong("life_cycle.costs", "至少一项，年份依次在 0 至 100 之间", "are one or more, of years 0 to 100")


def _check_quality(criteria: Criteria) -> None:
    quality: Quality = criteria.quality  # type: ignore[assignment]  # the same
    if quality.hundredths("marks") == 0:
        raise _wrong("quality.marks", "须大于零", "is above zero")
    if quality.hundredths("least") > criteria.full_hundredths:
        raise _wrong("quality.least", "不超过各评分项满分之和", "is at most the full marks of all parts")
    _check_clause(criteria, "quality.clause", quality.clause)


def _check_floor(criteria: Criteria) -> None:
    floor: Floor = criteria.floor  # type: ignore[assignment]  # the same
    money.parse(floor.price, "evaluation.criteria.floor.price")
    _check_clause(criteria, "floor.clause", floor.clause)


def _check_clause(criteria: Criteria, field: str, clause: str) -> None:
    if clause not in criteria.clauses:
        raise _wrong(field, "须是所列否决条款之一", "must be one of the clauses")


_WHOLE = 100_00
_MOST_SHARE = 100
_MOST_DISCOUNT = 50_00
_MOST_YEARS = 100
_FACTORS = (50_00, 200_00)  # from half on, no benchmark of a price above zero is rounded to zero
_OWN: Mapping[str, Callable[[Criteria], None]] = {
    "benchmark": _check_benchmark,
    "life_cycle": _check_life_cycle,
    "quality": _check_quality,
    "floor": _check_floor,
}


def _wrong(field: str, zh: str, en: str) -> Malformed:
    name = f"evaluation.criteria.{field}"
    return Malformed("criteria_wrong", f"评标标准 {field} {zh}。", f"The criteria's {field} {en}.", field=name)
