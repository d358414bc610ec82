"""How a method computes, in words for a notice: from its criteria, one paragraph a thing. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Words = dict[str, str]
_TOTAL: Words = {
    "zh": "各评分项取全体专家评分的平均值；总分最高的排名第一。",
    "en": "Each part is the mean of all experts' marks; the highest total is ranked first.",
}


def explained(criteria: Mapping[str, Any]) -> list[Words]:
    """Paragraphs `zh` and `en` for criteria as published (docs/spec/evaluation.md)."""
    return _WORDS[criteria["method"]](criteria)


def _lowest(_criteria: Mapping[str, Any]) -> list[Words]:
    return [_said("评标价最低的排名第一。", "The lowest evaluated price is ranked first.")]


def _comprehensive(criteria: Mapping[str, Any]) -> list[Words]:
    full = criteria["price_marks"]
    zh = f"价格分＝最低评标价÷评标价×{full}，四舍五入至两位小数。"
    return [_said(zh, f"Price score = lowest evaluated price / evaluated price × {full}, rounded half up."), _TOTAL]


def _benchmark(criteria: Mapping[str, Any]) -> list[Words]:
    terms = criteria["benchmark"]
    full, above, below = criteria["price_marks"], terms["above"], terms["below"]
    return [
        _said(_base_zh(terms), _base_en(terms)),
        *[
            _said(
                f"有效投标达到 {step['bids']} 家时，计算平均值去掉 {step['highest']} 个最高价、"
                f"{step['lowest']} 个最低价（被去掉的仍按基准价计分）。",
                f"From {step['bids']} bids on the mean leaves out the {step['highest']} highest and the "
                f"{step['lowest']} lowest prices; those are scored all the same.",
            )
            for step in terms["trim"]
        ],
        _said(
            f"价格分从 {full} 分扣起：评标价每高于基准价 1% 扣 {above} 分，每低于 1% 扣 {below} 分，不足 1% 按比例，"
            "扣完为止。",
            f"Of {full} marks for the price {above} are taken off for each percent above the benchmark and {below} for "
            "each percent below it, fractions in proportion, not below zero.",
        ),
        _TOTAL,
    ]


def _base_zh(terms: Mapping[str, Any]) -> str:
    mean = f"全部有效投标评标价的平均值×{terms['mean_factor']}%"
    if terms["ceiling_share"] == "0.00":
        return f"评标基准价＝{mean}。"
    return f"评标基准价＝最高限价×{terms['ceiling_factor']}%×{terms['ceiling_share']}%＋{mean}×{_rest(terms)}%。"


def _base_en(terms: Mapping[str, Any]) -> str:
    mean = f"mean of all valid evaluated prices × {terms['mean_factor']}%"
    if terms["ceiling_share"] == "0.00":
        return f"Benchmark price = {mean}."
    ceiling = f"ceiling price × {terms['ceiling_factor']}% × {terms['ceiling_share']}%"
    return f"Benchmark price = {ceiling} + {mean} × {_rest(terms)}%."


def _rest(terms: Mapping[str, Any]) -> str:
    left = 100_00 - int(terms["ceiling_share"].replace(".", ""))
    return f"{left // 100}.{left % 100:02}"


def _said(zh: str, en: str) -> Words:
    return {"zh": zh, "en": en}


_WORDS: Mapping[str, Callable[[Mapping[str, Any]], list[Words]]] = {
    "lowest_evaluated_price": _lowest,
    "comprehensive": _comprehensive,
    "comprehensive_benchmark": _benchmark,
}
