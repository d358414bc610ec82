"""Each method's arithmetic: published worked examples, examples by hand, and an independent recomputation."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notary import canonical
from notary.errors import Malformed
from tests.trading.examples import BY_PRICE, BY_SCORE, CONSTRUCTION
from tests.trading.test_evaluation import offers, part, sheet, vector
from trading import criteria, evaluation, formulas, methods, money, procedures
from trading.scores import Scores

ALONE = {
    "trim": [],
    "mean_factor": "100.00",
    "ceiling_factor": "100.00",
    "ceiling_share": "0.00",
    "above": "2.00",
    "below": "1.00",
}


def by_benchmark(ceiling: str | None = None, *, full: str = "60.00", **changed: Any) -> dict[str, Any]:
    draft = BY_SCORE | {"price_marks": full, "parts": [part("technical", "40.00")], "benchmark": ALONE | changed}
    return criteria.compose(CONSTRUCTION, "comprehensive_benchmark", draft, ceiling)


LATER = [
    {"name": "overhaul", "zh": "大修", "en": "Overhaul", "first": 10, "last": 10},
    {"name": "servicing", "zh": "保养（前十年）", "en": "Servicing", "first": 1, "last": 10},
    {"name": "late_servicing", "zh": "保养（后五年）", "en": "Late servicing", "first": 11, "last": 15},
    {"name": "paid_servicing", "zh": "保养（免费期后）", "en": "Paid servicing", "first": 6, "last": 15},
    {"name": "salvage", "zh": "残值", "en": "Salvage value", "first": 15, "last": 15},
]
BY_COST = BY_PRICE | {"life_cycle": {"discount": "5.00", "costs": LATER}}
BY_QUALITY = BY_SCORE | {
    "price_marks": "20.00",
    "parts": [part("methodology", "60.00"), part("team", "40.00")],
    "quality": {"marks": "80.00", "least": "70.00", "clause": "51-6"},
}
ABOVE = {"floor": {"price": "1000.00", "clause": "51-6"}}
BY_PLAN = BY_SCORE | ABOVE | {"price_marks": "60.00", "parts": [part("plan", "40.00")]}
DRAFTS = {
    "lowest_evaluated_price": BY_PRICE,
    "life_cycle_cost": BY_COST,
    "comprehensive": BY_SCORE,
    "comprehensive_benchmark": BY_SCORE | {"benchmark": ALONE},
    "quality_cost": BY_QUALITY,
    "highest_price": BY_PRICE | ABOVE,
    "highest_comprehensive": BY_PLAN,
}


def composed(method: str, draft: dict[str, Any] | None = None) -> dict[str, Any]:
    return criteria.compose(CONSTRUCTION, method, DRAFTS[method] if draft is None else draft, None)


def even(bids: list[dict[str, Any]], marks: str = "30.00") -> list[dict[str, Any]]:
    return [sheet("E", {bid["bidder"]: {"technical": marks} for bid in bids})]


def test_every_method_has_criteria_words_and_a_vector() -> None:
    assert set(methods.METHODS) == set(criteria.SHAPES)
    assert {name for name in criteria.SHAPES if vector(name)["criteria"]["method"] == name} == set(criteria.SHAPES)
    assert {way.name for one in procedures.catalogue() for way in one.methods} <= set(methods.METHODS)


# Scoring by benchmark.


def test_a_benchmark_that_is_the_mean() -> None:
    """公路造价师考试案例分析 2012 (51edu.com/zhiye/jianzhugongcheng/glzjs/zyzd/glzjalfx/2626059_2.html).

    D fails the technical part; 基准价 = (59800 + 56000 + 62000 + 54500) / 4 = 58075; 60 marks, 2 off for each percent
    above, 1 for each percent below: A 54.06, B 56.43, C 46.48, E 53.84 as published.
    """
    bids = offers(A="59800.00", B="56000.00", C="62000.00", D="58500.00", E="54500.00")
    technical = {"A": "33.40", "B": "34.40", "C": "35.40", "E": "35.60"}
    given_ = {bidder: {"technical": marks} for bidder, marks in technical.items()}
    found = evaluation.evaluate(by_benchmark(), bids, [sheet("E", given_, ("D", "51-6"))])
    assert found["base"] == "58075.00"
    assert {one["bidder"]: one["points"]["price"] for one in found["ranked"]} == {
        "A": "54.06",
        "B": "56.43",
        "C": "46.48",
        "E": "53.84",
    }
    assert [one["bidder"] for one in found["ranked"]] == ["B", "E", "A", "C"]


def test_a_trimmed_mean_weighted_with_a_price_of_the_tenderer() -> None:
    """造价工程师考试案例分析习题 2008 (jianshe99.com/html/2008/9/pa71693185971980023653.html).

    Seven bids, highest and lowest left out: (580 + 550 + 565 + 490 + 545) / 5 = 546; 560 × 45% + 546 × 55% = 552.30.
    There 560 is a 标底 and rejects nobody, so the method is asked alone.
    """
    terms = by_benchmark("560.00", trim=[{"bids": 7, "highest": 1, "lowest": 1}], ceiling_share="45.00")
    prices = [60000, 58000, 55000, 56500, 49000, 54500, 48000]
    bids = [methods.Bid(f"B{place}", price, price, ()) for place, price in enumerate(prices)]
    sheets = even([{"bidder": bid.bidder} for bid in bids])
    rules = criteria.read(terms)
    outcome = methods.METHODS[rules.method](rules, bids, Scores(rules, sheets, {bid.bidder for bid in bids}))
    assert outcome.base == 55230
    assert outcome.lines == (
        "left out: 480.00, 600.00",
        "mean: (490.00 + 545.00 + 550.00 + 565.00 + 580.00) / 5 = 546.00",
        "base: 546.00 × 100.00% × 55.00% + 560.00 × 100.00% × 45.00% = 552.30",
    )


def test_the_benchmark_vector_by_hand() -> None:
    """Mean without 900 and 980: 940. 940 × 98% × 60% + 1000 × 95% × 40% = 552.72 + 380.00 = 932.72.

    900 lies 32.72 below: 40 - 1 × 3.508… = 36.49; 920: 40 - 1.3637… = 38.64; 940 lies 7.28 above: 40 - 2 × 0.7805… =
    38.44; 960: 40 - 2 × 2.9247… = 34.15; 980: 40 - 2 × 5.0690… = 29.86.
    """
    found = vector("comprehensive_benchmark")["evaluation"]
    assert found["base"] == "932.72"
    points = {one["price"]: one["points"]["price"] for one in found["ranked"]}
    assert points == {"900.00": "36.49", "920.00": "38.64", "940.00": "38.44", "960.00": "34.15", "980.00": "29.86"}


@pytest.mark.parametrize(("bids", "left_out"), [(5, 0), (6, 1), (7, 2), (9, 2)])
def test_prices_are_left_out_by_the_last_step_that_is_reached(bids: int, left_out: int) -> None:
    """Up to 5 none, with 6 the highest, from 7 the highest and the lowest (a rule of rail tenders, 2015)."""
    trim = [{"bids": 6, "highest": 1, "lowest": 0}, {"bids": 7, "highest": 1, "lowest": 1}]
    lot = offers(**{f"B{number}": f"{100 + number}.00" for number in range(bids)})
    found = evaluation.evaluate(by_benchmark(trim=trim), lot, even(lot))
    assert found["base_lines"][-2].endswith(f"/ {bids - left_out} = {found['base']}")
    assert sum(line.count(".") for line in found["base_lines"] if line.startswith("left out")) == left_out
    assert len(found["ranked"]) == bids


def test_points_end_at_zero() -> None:
    lot = offers(A="1.00", B="1.00", C="100.00")  # mean 34.00: C lies 194 % above
    found = evaluation.evaluate(by_benchmark(), lot, even(lot))
    last = found["ranked"][-1]
    assert (last["bidder"], last["points"]["price"]) == ("C", "0.00")
    assert last["lines"][-2] == "price: max(0.00, 60.00 - 2.00 × (100.00 - 34.00) / 34.00 × 100) = 0.00"


def test_a_rejected_price_moves_no_benchmark() -> None:
    lot = offers(A="100.00", B="102.00", C="500.00")
    found = evaluation.evaluate(by_benchmark("200.00"), lot, even(lot))
    assert found["base"] == "101.00"
    none = evaluation.evaluate(by_benchmark("1.00"), lot, even(lot))
    assert (none["base"], none["ranked"], "base_lines" in none) == (None, [], False)


LOTS = st.lists(st.integers(1, 10**9), min_size=1, max_size=9)
PERCENTS = st.integers(50_00, 200_00)


@given(LOTS, PERCENTS, st.integers(0, 500), st.integers(1, 500), st.integers(0, 2), st.integers(0, 2))
def test_benchmarks_by_another_route(
    prices: list[int], factor: int, above: int, below: int, highest: int, lowest: int
) -> None:
    """Fractions, one bid at a time; nor does the order of the bids change anything."""
    trim = [{"bids": 5, "highest": highest, "lowest": lowest}] if highest + lowest else []
    sides = {"above": money.text(above), "below": money.text(below)}
    terms = by_benchmark(trim=trim, mean_factor=money.text(factor), **sides)
    lot = offers(**{f"B{number}": money.text(price) for number, price in enumerate(prices)})
    found = evaluation.evaluate(terms, lot, even(lot))
    kept = sorted(prices)
    if trim and len(kept) >= 5:
        kept = kept[lowest : len(kept) - highest]
    mean = _rounded(Fraction(sum(kept), len(kept)))
    base = _rounded(Fraction(mean * factor, 10_000))
    assert found["base"] == money.text(base)
    for one in found["ranked"]:
        price = money.parse(one["price"])
        off = Fraction(abs(price - base) * 100, base) * (above if price >= base else below)
        assert one["points"]["price"] == money.text(_rounded(max(Fraction(0), 6000 - off)))
    turned = evaluation.evaluate(terms, lot[::-1], even(lot))
    assert {one["bidder"]: one for one in turned["ranked"]} == {one["bidder"]: one for one in found["ranked"]}
    assert turned["base_lines"] == found["base_lines"]
    canonical.dumps(found)  # which refuses floats


def _rounded(value: Fraction) -> int:
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"mean_factor": "49.99"}, "benchmark.mean_factor"),
        ({"mean_factor": "200.01"}, "benchmark.mean_factor"),
        ({"ceiling_factor": "0.00"}, "benchmark.ceiling_factor"),
        ({"ceiling_share": "100.01"}, "benchmark.ceiling_share"),
        ({"above": "0.00", "below": "0.00"}, "benchmark.above"),
        ({"above": "2"}, "benchmark.above"),
        ({"trim": [{"bids": 2, "highest": 1, "lowest": 1}]}, "benchmark.trim"),
        ({"trim": [{"bids": 2, "highest": 0, "lowest": 0}]}, "benchmark.trim"),
        ({"trim": [{"bids": 5, "highest": -1, "lowest": 2}]}, "benchmark.trim"),
        ({"trim": [{"bids": 5, "highest": 1, "lowest": 0}] * 2}, "benchmark.trim"),
    ],
)
def test_benchmarks_that_are_refused(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(Malformed) as refused:
        by_benchmark("560.00", **changed)
    assert refused.value.field == f"evaluation.criteria.{field}"


def test_a_share_of_the_ceiling_needs_a_ceiling() -> None:
    with pytest.raises(Malformed) as refused:
        by_benchmark(None, ceiling_share="10.00")
    assert refused.value.field == "evaluation.criteria.benchmark.ceiling_share"


def test_a_benchmark_too_large_to_write_gives_no_ranking() -> None:
    lot = offers(A=money.text(money.MOST))
    with pytest.raises(Malformed, match="benchmark_out_of_range"):
        evaluation.evaluate(by_benchmark(mean_factor="200.00"), lot, even(lot))


# Life-cycle cost.


def test_present_values_of_later_costs() -> None:
    """A tutorial (scribd.com/document/658811206): a generator overhauled, or a new one; 5 % a year, 15 years.

    Published, with factors of five places: overhauling 60,000 + 42,974 + 30,887 + 13,290 = 147,151; a new one 120,000 +
    36,301 - 7,215 = 149,086. Each present value here is the published one to the yuan.
    """
    found = vector("life_cycle_cost")["evaluation"]
    assert [(one["rank"], one["bidder"], one["evaluated"]) for one in found["ranked"]] == [
        (1, "OVERHAUL", "147150.49"),
        (2, "NEW", "149085.83"),
    ]
    overhaul, new = (one["lines"] for one in found["ranked"])
    assert overhaul == [
        "overhaul: 70000.00 × 1.0500^-10 = 42973.93",
        "servicing: 4000.00 × (1.0500^-1 + … + 1.0500^-10) = 30886.94",
        "late_servicing: 5000.00 × (1.0500^-11 + … + 1.0500^-15) = 13289.62",
        "evaluated: 60000.00 + 42973.93 + 30886.94 + 13289.62 = 147150.49",
    ]
    assert new[-1] == "evaluated: 120000.00 + 36301.09 - 7215.26 = 149085.83"


AMOUNTS = st.integers(-(10**9), 10**9)


@given(AMOUNTS, st.integers(0, 50_00), st.integers(0, 30), st.integers(0, 30))
def test_present_values_by_another_route(amount: int, rate: int, first: int, more: int) -> None:
    """Year by year, in fractions; a return is worth what the same cost is, with the other sign."""
    cost = LATER[0] | {"first": first, "last": first + more}
    rules = criteria.read(
        composed("life_cycle_cost", BY_PRICE | {"life_cycle": {"discount": money.text(rate), "costs": [cost]}})
    )
    value, line = methods.present_value(rules, rules.costs[0], amount)
    worth, rest = Fraction(0), Fraction(abs(amount))
    for year in range(first + more + 1):
        worth += rest if year >= first else 0
        rest *= Fraction(10_000, 10_000 + rate)
    assert value == _rounded(worth) * (-1 if amount < 0 else 1)
    assert line.endswith(f" = {money.text(value)}")
    assert methods.present_value(rules, rules.costs[0], -amount)[0] == -value


def test_a_present_value_too_large_to_write_gives_no_ranking() -> None:
    amounts = {"A": {"servicing": money.text(money.MOST)}}
    with pytest.raises(Malformed, match="cost_out_of_range"):
        evaluation.evaluate(composed("life_cycle_cost"), offers(A="1.00"), [sheet("E", amounts)])


# Quality and cost.


def test_quality_and_cost_by_hand() -> None:
    """Weights 80 : 20, least 70. A: methodology (50 + 54) / 2 = 52, team (36 + 34) / 2 = 35, together 87.

    A: 80 × 87 / 100 = 69.60 and 20 × 900000 / 1200000 = 15.00. B: 43 + 30.50 = 73.50, so 58.80 and 20.00.
    C: 39.50 + 30 = 69.50, below 70, so its price of 800000 is no base.
    """
    found = vector("quality_cost")["evaluation"]
    assert found["base"] == "900000.00"
    assert [(one["bidder"], one["points"]["quality"], one["total"]) for one in found["ranked"]] == [
        ("A", "69.60", "84.60"),
        ("B", "58.80", "78.80"),
    ]
    assert found["rejected"] == [{"bidder": "C", "clauses": ["51-6"], "line": "quality: 69.50 < 70.00"}]


def test_the_least_quality_is_enough() -> None:
    at = {"A": {"methodology": "40.00", "team": "30.00"}, "B": {"methodology": "39.99", "team": "30.00"}}
    found = evaluation.evaluate(composed("quality_cost"), offers(B="1.00", A="2.00"), [sheet("E", at)])
    assert [one["bidder"] for one in found["ranked"]] == ["A"]
    assert found["rejected"][0]["bidder"] == "B"


def test_rejections_stand_in_the_order_of_the_opening() -> None:
    low = {bidder: {"methodology": "1.00", "team": "1.00"} for bidder in "AC"}
    found = evaluation.evaluate(
        composed("quality_cost"), offers(A="1.00", B="2.00", C="3.00"), [sheet("E", low, ("B", "51-1"))]
    )
    assert [one["bidder"] for one in found["rejected"]] == ["A", "B", "C"]
    assert (found["base"], found["ranked"]) == (None, [])


def test_the_share_of_the_price_is_its_weight_against_quality() -> None:
    assert criteria.read(composed("quality_cost")).price_share == (2000, 10000)
    assert criteria.read(composed("comprehensive")).price_share == (3000, 10000)


# The highest price.


def test_the_highest_price_by_hand() -> None:
    found = vector("highest_price")["evaluation"]
    assert found["base"] == "1250.50"
    assert [(one["rank"], one["bidder"]) for one in found["ranked"]] == [(1, "B"), (1, "C"), (3, "A")]
    assert found["rejected"] == [{"bidder": "D", "clauses": ["51-6"], "line": "999.99 < 1000.00"}]


def test_the_highest_comprehensive_score_by_hand() -> None:
    """A: 60 × 1200 / 1500 = 48 and plan 30; B: 60 + 20 = 80; D: 60 + 18 = 78, as A, and its higher price goes first.

    C lies below the starting price.
    """
    found = vector("highest_comprehensive")["evaluation"]
    assert [(one["bidder"], one["total"]) for one in found["ranked"]] == [
        ("B", "80.00"),
        ("D", "78.00"),
        ("A", "78.00"),
    ]
    assert found["ranked"][2]["lines"][-2] == "price: 60.00 × 1200.00 / 1500.00 = 48.00"


# All methods.


@given(st.data(), st.sampled_from(sorted(methods.METHODS)), st.randoms(use_true_random=False))
def test_no_method_minds_the_order_of_bids_and_sheets(data: st.DataObject, method: str, chance: Any) -> None:
    rules = criteria.read(composed(method))
    bidders = [f"B{number}" for number in range(data.draw(st.integers(1, 6)))]
    bids = offers(**{bidder: money.text(data.draw(st.integers(90_000, 130_000))) for bidder in bidders})
    amounts = {bidder: {one.name: "10.00" for one in rules.amounts} for bidder in bidders}
    marks = st.integers(1000, 4000).map(money.text)
    sheets = [
        sheet(expert, {b: amounts[b] | {one.name: data.draw(marks) for one in rules.parts} for b in bidders})
        for expert in ("E1", "E2", "E3")
    ]
    before = evaluation.evaluate(composed(method), bids, sheets)
    turned, other = list(bids), list(sheets)
    chance.shuffle(turned)
    chance.shuffle(other)
    after = evaluation.evaluate(composed(method), turned, other)
    assert {one["bidder"]: one for one in after["ranked"]} == {one["bidder"]: one for one in before["ranked"]}
    assert after["base"] == before["base"]
    assert sorted(one["line"] for one in after["rejected"]) == sorted(one["line"] for one in before["rejected"])
    canonical.dumps(before)  # which refuses floats


@pytest.mark.parametrize("method", sorted(criteria.SHAPES))
@pytest.mark.parametrize("own", ["benchmark", "life_cycle", "quality", "floor"])
def test_a_methods_own_member_stands_with_it_alone(method: str, own: str) -> None:
    draft = dict(DRAFTS[method])
    if criteria.SHAPES[method].own == own:
        del draft[own]
    else:
        draft[own] = next(other[own] for other in DRAFTS.values() if own in other)
    with pytest.raises(Malformed) as refused:
        composed(method, draft)
    assert refused.value.field == f"evaluation.criteria.{own}"


def changed(method: str, own: str, **members: Any) -> dict[str, Any]:
    return DRAFTS[method] | {own: DRAFTS[method][own] | members}


@pytest.mark.parametrize(
    ("method", "draft", "field"),
    [
        ("life_cycle_cost", changed("life_cycle_cost", "life_cycle", discount="50.01"), "life_cycle.discount"),
        ("life_cycle_cost", changed("life_cycle_cost", "life_cycle", discount="5"), "life_cycle.discount"),
        ("life_cycle_cost", changed("life_cycle_cost", "life_cycle", costs=[]), "life_cycle.costs"),
        ("life_cycle_cost", changed("life_cycle_cost", "life_cycle", costs=[LATER[0] | {"first": 11}]),
         "life_cycle.costs"),
        ("life_cycle_cost", changed("life_cycle_cost", "life_cycle", costs=[LATER[0] | {"last": 101}]),
         "life_cycle.costs"),
        ("life_cycle_cost", changed("life_cycle_cost", "life_cycle", costs=[LATER[0], LATER[0]]), "parts"),
        ("quality_cost", changed("quality_cost", "quality", marks="0.00"), "quality.marks"),
        ("quality_cost", changed("quality_cost", "quality", least="100.01"), "quality.least"),
        ("quality_cost", changed("quality_cost", "quality", clause="99"), "quality.clause"),
        ("quality_cost", BY_QUALITY | {"parts": [part("quality", "100.00")]}, "parts"),
        ("highest_price", changed("highest_price", "floor", price="1"), "floor.price"),
        ("highest_price", changed("highest_price", "floor", clause="99"), "floor.clause"),
    ],
)  # fmt: skip
def test_criteria_that_are_refused(method: str, draft: dict[str, Any], field: str) -> None:
    with pytest.raises(Malformed) as refused:
        composed(method, draft)
    assert refused.value.field == f"evaluation.criteria.{field}"


@pytest.mark.parametrize("method", sorted(criteria.SHAPES))
def test_every_method_is_told_in_both_languages(method: str) -> None:
    told = formulas.explained(composed(method))
    assert told
    assert all(one["zh"] and one["en"] for one in told)
    names = [one["name"] for one in formulas.amounts(composed(method))]
    assert names == [one.name for one in criteria.read(composed(method)).amounts]
