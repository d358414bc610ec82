"""How a method computes, in words for a notice: from its criteria, one paragraph a thing. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Words = dict[str, str]
_BASES = {
    "mean": ("平均报价", "the mean price"),
    "next": ("次低报价", "the next lowest price"),
    "ceiling": ("最高限价（没有的，预算）", "the ceiling (else the budget)"),
}
_TOTAL: Words = {
    "zh": "各评分项取全体专家评分的平均值；总分最高的排名第一。",
    "en": "Each part is the mean of all experts' marks; the highest total is ranked first.",
}


def explained(criteria: Mapping[str, Any]) -> list[Words]:
    """Paragraphs `zh` and `en` for criteria as published (docs/spec/evaluation.md)."""
    return _WORDS[criteria["method"]](criteria) + _low_price(criteria.get("low_price", {}))


def _low_price(raised: Mapping[str, int]) -> list[Words]:
    """The shares below which a price is reviewed, where the documents raise them."""
    if not raised:
        return []
    zh = "、".join(f"{_BASES[name][0]}的 {percent}%" for name, percent in raised.items())
    en = ", ".join(f"{percent}% of {_BASES[name][1]}" for name, percent in raised.items())
    return [_said(f"异常低价审查：报价低于{zh}的，须说明理由。", f"Prices below {en} have to be explained.")]


def amounts(criteria: Mapping[str, Any]) -> list[Words]:
    """What experts give sums for, in their order: `name` of it in a sheet, `zh` and `en` as its field is called."""
    later = criteria.get("life_cycle", {}).get("costs", [])
    return [
        *[
            {"name": one["name"], "zh": f"{one['zh']}（加减金额，元）", "en": f"{one['en']} (plus or minus, yuan)"}
            for one in criteria["adjustments"]
        ],
        *[{"name": one["name"], "zh": f"{_cost_zh(one)}（元）", "en": f"{_cost_en(one)} (yuan)"} for one in later],
    ]


def _lowest(_criteria: Mapping[str, Any]) -> list[Words]:
    return [_said("评标价最低的排名第一。", "The lowest evaluated price is ranked first.")]


def _highest(criteria: Mapping[str, Any]) -> list[Words]:
    return [_said("评标价最高的排名第一。", "The highest evaluated price is ranked first."), _floor(criteria)]


def _floor(criteria: Mapping[str, Any]) -> Words:
    price = criteria["floor"]["price"]
    return _said(
        f"起始价 {price} 元，低于起始价的报价无效。", f"Prices below the starting price of {price} yuan are rejected."
    )


def _life_cycle(criteria: Mapping[str, Any]) -> list[Words]:
    terms = criteria["life_cycle"]
    zh, en = "；".join(map(_cost_zh, terms["costs"])), "; ".join(map(_cost_en, terms["costs"]))
    return [
        _said(
            f"评标价＝报价＋以后各年费用的现值（收入为负），年折现率 {terms['discount']}%：{zh}。",
            f"Evaluated price = price + present value of later costs (returns are negative) at {terms['discount']}% a "
            f"year: {en}.",
        ),
        *_lowest(criteria),
    ]


def _cost_zh(cost: Mapping[str, Any]) -> str:
    first, last = cost["first"], cost["last"]
    return f"{cost['zh']}，第 {first} 年" if first == last else f"{cost['zh']}，第 {first} 至 {last} 年每年"


def _cost_en(cost: Mapping[str, Any]) -> str:
    first, last = cost["first"], cost["last"]
    return f"{cost['en']}, year {first}" if first == last else f"{cost['en']}, each of the years {first} to {last}"


def _quality_cost(criteria: Mapping[str, Any]) -> list[Words]:
    terms, full = criteria["quality"], criteria["price_marks"]
    least = terms["least"]
    return [
        _said(
            f"各评分项得分之和低于 {least} 的不进入价格评审；质量分＝得分之和÷满分之和×{terms['marks']}，"
            f"价格分＝最低评标价÷评标价×{full}，两者之和最高的排名第一。",
            f"Bids whose parts reach less than {least} are rejected before prices are compared. Quality = points / "
            f"full marks × {terms['marks']}, price = lowest evaluated price / evaluated price × {full}; the "
            "highest sum is ranked first.",
        )
    ]


def _highest_comprehensive(criteria: Mapping[str, Any]) -> list[Words]:
    full = criteria["price_marks"]
    zh = f"价格分＝评标价÷最高评标价×{full}，四舍五入至两位小数。"
    en = f"Price score = evaluated price / highest evaluated price × {full}, rounded half up."
    return [_said(zh, en), _TOTAL, _floor(criteria)]


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


def _auction(_criteria: Mapping[str, Any]) -> list[Words]:
    zh, en = "由竞价决定：截止时报价最高的竞买人竞得。", "An auction decides: whoever has bid highest at its end wins."
    return [_said(zh, en)]


_WORDS: Mapping[str, Callable[[Mapping[str, Any]], list[Words]]] = {
    "auction": _auction,
    "lowest_evaluated_price": _lowest,
    "life_cycle_cost": _life_cycle,
    "comprehensive": _comprehensive,
    "comprehensive_benchmark": _benchmark,
    "quality_cost": _quality_cost,
    "highest_price": _highest,
    "highest_comprehensive": _highest_comprehensive,
}
