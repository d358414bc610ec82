"""Each method's arithmetic: published worked examples, examples by hand, and an independent recomputation."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notary import canonical
from notary.errors import Malformed
from tests.trading.examples import BY_SCORE, CONSTRUCTION
from tests.trading.test_evaluation import offers, part, sheet, vector
from trading import criteria, evaluation, methods, money, procedures
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
    bids = [methods.Bid(f"B{place}", price, price, "") for place, price in enumerate(prices)]
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


@pytest.mark.parametrize("method", ["comprehensive", "lowest_evaluated_price", "comprehensive_benchmark"])
def test_a_methods_own_member_stands_with_it_alone(method: str) -> None:
    scored = criteria.SHAPES[method].scored
    draft = BY_SCORE if scored else BY_SCORE | {"price_marks": None, "parts": [], "ties": ["draw"]}
    own = {} if criteria.SHAPES[method].own else {"benchmark": ALONE}
    with pytest.raises(Malformed) as refused:
        criteria.compose(CONSTRUCTION, method, draft | own, None)
    assert refused.value.field == "evaluation.criteria.benchmark"
