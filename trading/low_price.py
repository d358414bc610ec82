"""Abnormally low prices (异常低价审查, 财库〔2026〕2号): a flag that starts a hearing, never by itself a rejection."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import structs

from notary.errors import Malformed
from trading import money, periods
from trading.procedures import Procedure

_RAISABLE = ("low_price_mean", "low_price_next", "low_price_ceiling")


def abnormally_low(
    procedure: Procedure, prices: Mapping[str, int], ceiling: int, raised: Mapping[str, int]
) -> dict[str, list[str]]:
    """Bidder -> printed reasons, for the prices (分) of all bids that met the requirements; strictly below only.

    ceiling: the ceiling price, or the budget where there is none. raised: limit name -> percent, where the tender
    documents raise it. Raises as :func:`check_raised`.
    """
    check_raised(procedure, raised)
    flagged: dict[str, list[str]] = {}
    in_order = sorted(prices.values())
    bases = {"low_price_mean": (sum(in_order), len(in_order)), "low_price_ceiling": (ceiling, 1)}
    if len(in_order) > 1:
        bases["low_price_next"] = (in_order[1], 1)
    for name, (base, count) in sorted(bases.items()):
        if name not in procedure.limits:
            continue
        stated = procedure.limits[name]
        limit = structs.replace(stated, value=raised.get(name, stated.value))
        divided = f" / {count}" if count > 1 else ""
        for bidder, price in prices.items():
            if periods.keeps(limit, price * count, base):
                line = f"{name}: {money.text(price)} < {limit.value}% × {money.text(base)}{divided}"
                flagged.setdefault(bidder, []).append(line)
    return flagged


def check_raised(procedure: Procedure, raised: Mapping[str, int]) -> None:
    """Raise Malformed for a share that the procedure does not know, RuleBroken for one below the law's, or too high."""
    for name, percent in raised.items():
        limit = procedure.limits.get(name) if name in _RAISABLE else None
        field = f"evaluation.criteria.low_price.{name.removeprefix('low_price_')}"
        if limit is None:
            zh, en = "本程序没有这一异常低价比例", "The procedure knows no such share"
            raise Malformed("not_raisable", f"{zh}（{field}）。", f"{en} ({field}).", field=field)
        if percent < limit.value:
            raise periods.broken(name, limit, field)
        periods.number(procedure, "low_price_raised", percent, 100, field)
