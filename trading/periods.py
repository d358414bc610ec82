"""One limit applied to a moment or a number: when it is due, and a refusal with rule, article and earliest date."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from operator import ge, gt, le, lt
from typing import Any

from notary import clock
from notary.errors import RuleBroken
from trading.calendar import BEIJING, Calendar
from trading.limits import LIMITS, Limit
from trading.procedures import Procedure

_HOLDS: Mapping[str, Callable[[int, int], bool]] = {"min": ge, "max": le, "above": gt, "below": lt}
_BOUNDS = {
    "min": ("不少于", "at least"),
    "max": ("不超过", "at most"),
    "above": ("超过", "more than"),
    "below": ("低于", "less than"),
}
_UNITS = {
    "calendar_day": ("日", "days"),
    "working_day": ("个工作日", "working days"),
    "hour": ("小时", "hours"),
    "minute": ("分钟", "minutes"),
    "year": ("年", "years"),
    "count": ("", ""),
    "percent": ("%", "%"),
    "third": ("/3", "/3"),
    "yuan": ("元", "yuan"),
}
_PARTS = {"percent": 100, "third": 3}
_FEN = 100


def due(procedure: Procedure, calendar: Calendar, name: str, anchor: datetime) -> datetime | None:
    """The moment of the limit for its anchor event, as :mod:`trading.calendar` counts; None where there is no limit.

    `after`: the first moment after the period. `before`: the first moment that is too late.
    """
    limit = procedure.limit(name)
    if limit is None:
        return None
    if limit.way == "before":
        return calendar.latest_before(anchor, limit.value, limit.unit)  # type: ignore[arg-type]  # checked at start
    return calendar.end(anchor, limit.value, limit.unit, roll=limit.roll)  # type: ignore[arg-type]  # the same


def not_before(
    procedure: Procedure, calendar: Calendar, name: str, anchor: datetime, moment: datetime, field: str
) -> None:
    """Raise RuleBroken with `earliest` where the moment comes before the limit is over."""
    earliest = due(procedure, calendar, name, anchor)
    if earliest is None or moment >= earliest:
        return
    span = sorted((anchor, earliest))
    raise broken(
        name,
        procedure.limits[name],
        field,
        earliest=clock.text(earliest),
        provisional=not calendar.confirmed(*span),
    )


def number(procedure: Procedure, name: str, value: int, base: int, field: str) -> None:
    """Raise RuleBroken where the number does not keep the limit.

    value: a count, a sum in 分 (limits in yuan and percent of a sum), or marks; base: what shares are taken of.
    """
    limit = procedure.limit(name)
    if limit is not None and not keeps(limit, value, base):
        raise broken(name, limit, field)


def keeps(limit: Limit, value: int, base: int) -> bool:
    """Whether a number keeps a limit, exactly: shares are compared by cross-multiplication."""
    if limit.unit in _PARTS:
        return _HOLDS[limit.bound](value * _PARTS[limit.unit], limit.value * base)
    bound = limit.value * _FEN if limit.unit == "yuan" else limit.value
    return _HOLDS[limit.bound](value, bound)


def broken_rule(rule: str, zh: str, en: str, field: str, cites: str, **facts: Any) -> RuleBroken:
    """The refusal of a rule that is no limit: what it says without its stop, and the article."""
    return RuleBroken(
        "rule_broken", f"{zh}（{cites}）。", f"Refused: {en} ({cites}).", field=field, cites=cites, rule=rule, **facts
    )


def broken(name: str, limit: Limit, field: str, **facts: Any) -> RuleBroken:
    """The refusal of a broken limit, in words made of the limit itself."""
    (bound_zh, bound_en), (unit_zh, unit_en) = _BOUNDS[limit.bound], _UNITS[limit.unit]
    zh = f"{LIMITS[name].zh}：{bound_zh} {limit.value}{unit_zh}（{limit.cites}）。"
    en = f"{LIMITS[name].en}: {bound_en} {limit.value} {unit_en}".rstrip() + f" ({limit.cites})."
    if "earliest" in facts:
        shown = clock.parse(facts["earliest"]).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")
        zh, en = f"{zh}最早为北京时间 {shown}。", f"{en} The earliest is {shown} Beijing time."
    if not limit.confirmed:
        zh, en = f"{zh}（该条款未经核实。）", f"{en} (This article is not confirmed.)"
    return RuleBroken("rule_broken", zh, en, field=field, cites=limit.cites, rule=name, **facts)
