"""Rankings: the vectors, published examples, an independent recomputation, ties, and every refusal."""

from __future__ import annotations

import json
from copy import deepcopy
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notary import canonical
from notary.errors import Malformed
from tests.outside import outside_data
from tests.trading.examples import BY_PRICE, BY_SCORE, CONSTRUCTION
from trading import criteria, evaluation, methods, money, scores

VECTORS = Path(__file__).parent.parent / "vectors" / "evaluation"
CENT = Decimal("0.01")


def vector(name: str) -> dict[str, Any]:
    return dict(canonical.loads((VECTORS / f"{name}.json").read_bytes()))


def offers(**prices: str) -> list[dict[str, Any]]:
    return [{"bidder": bidder, "outcome": "opened", "values": {"price": price}} for bidder, price in prices.items()]


def sheet(expert: str, given: dict[str, dict[str, str]], *rejections: tuple[str, str]) -> dict[str, Any]:
    listed = [{"bidder": bidder, "clause": clause, "reason": "why"} for bidder, clause in rejections]
    return {"expert": expert, "scores": given, "rejections": listed}


def part(name: str, marks: str) -> dict[str, str]:
    return {"name": name, "zh": name, "en": name, "marks": marks}


def by_price(ceiling: str | None = None, **changed: Any) -> dict[str, Any]:
    return criteria.compose(CONSTRUCTION, "lowest_evaluated_price", BY_PRICE | changed, ceiling)


def by_score(**changed: Any) -> dict[str, Any]:
    return criteria.compose(CONSTRUCTION, "comprehensive", BY_SCORE | changed, None)


def ranks(record: dict[str, Any]) -> list[tuple[int, str]]:
    return [(entry["rank"], entry["bidder"]) for entry in record["ranked"]]


@pytest.mark.parametrize("name", sorted(path.stem for path in VECTORS.glob("*.json")))
def test_vectors(name: str) -> None:
    case = vector(name)
    found = evaluation.evaluate(case["criteria"], case["offers"], case["scores"], case["draw"])
    assert found == case["evaluation"]
    assert canonical.loads_canonical(canonical.dumps(found)) == found


def test_the_spec_shows_the_vector() -> None:
    """docs/spec/evaluation.md holds the evaluation of the vector, cut nowhere."""
    page = (Path(__file__).parent.parent.parent / "docs/spec/evaluation.md").read_text("utf-8")
    blocks = [json.loads(block.split("```")[0]) for block in page.split("```json\n")[1:]]
    case = vector("comprehensive")
    assert case["criteria"] in blocks
    assert case["evaluation"] in blocks


# Published worked examples (quality marks and prices in, totals out).


def test_felp_80_20() -> None:
    """Assessment method of a purchasing consortium: 80 % relative quality, 20 % lowest price over price."""
    quality = {"A": 123, "B": 126, "C": 129, "D": 117}
    given = {
        bidder: {"quality": str((Decimal(80 * marks) / 129).quantize(CENT, ROUND_HALF_UP))}
        for bidder, marks in quality.items()
    }
    rules = by_score(price_marks="20.00", parts=[part("quality", "80.00")])
    bids = offers(A="10500.00", B="10350.00", C="11750.00", D="9900.00")
    found = evaluation.evaluate(rules, bids, [sheet("E", given)])
    assert {entry["bidder"]: entry["total"] for entry in found["ranked"]} == {
        "A": "95.14",
        "B": "97.27",
        "C": "96.85",
        "D": "92.56",
    }
    assert ranks(found) == [(1, "B"), (2, "C"), (3, "A"), (4, "D")]


def test_low_bid_scoring() -> None:
    """A tendering platform's low-bid formula: 70 points for the price, quality points added."""
    rules = by_score(
        price_marks="70.00", parts=[part("experience", "60.00"), part("assurance", "40.00"), part("time", "30.00")]
    )
    given = {
        "A": {"experience": "40.00", "assurance": "30.00", "time": "20.00"},
        "B": {"experience": "32.00", "assurance": "20.00", "time": "22.00"},
    }
    found = evaluation.evaluate(rules, offers(A="10000.00", B="8000.00"), [sheet("E", given)])
    assert [(e["bidder"], e["points"]["price"], e["total"]) for e in found["ranked"]] == [
        ("A", "56.00", "146.00"),
        ("B", "70.00", "144.00"),
    ]


def test_normalised_prices() -> None:
    rules = by_score(price_marks="100.00", parts=[part("none", "1.00")])
    given = {bidder: {"none": "0.00"} for bidder in "ABC"}
    found = evaluation.evaluate(rules, offers(A="20.00", B="40.00", C="60.00"), [sheet("E", given)])
    assert [entry["points"]["price"] for entry in found["ranked"]] == ["100.00", "50.00", "33.33"]


if folder := outside_data():
    PUBLISHED = {case["id"]: case for case in json.loads((folder / "evaluation/examples.json").read_text("utf-8"))}

    def test_the_examples_are_those_that_were_published() -> None:
        felp = PUBLISHED["felp-80-20"]
        assert felp["published"]["total"] == {"A": 95.14, "B": 97.27, "C": 96.85, "D": 92.56}
        assert felp["ranking_by_published_totals"] == ["B", "C", "A", "D"]
        low = PUBLISHED["negometrix-low-bid"]["published"]
        assert (low["price_points"], low["total"]) == ({"A": 56, "B": 70}, {"A": 146, "B": 144})
        assert PUBLISHED["egov-blog-normalise"]["published"]["financial"] == {"A": 100, "B": 50, "C": 33.3}


# Recomputed by another route: decimals, one bid at a time.

PRICES = st.integers(1, 10**12).map(money.text)
MARKS = st.integers(0, 7000).map(money.text)


@st.composite
def scored_lots(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    bidders = [f"B{number}" for number in range(draw(st.integers(1, 6)))]
    experts = [f"E{number}" for number in range(draw(st.integers(1, 5)))]
    bids = offers(**{bidder: draw(PRICES) for bidder in bidders})
    return bids, [sheet(expert, {bidder: {"technical": draw(MARKS)} for bidder in bidders}) for expert in experts]


@given(scored_lots())
def test_scores_by_another_route(lot: tuple[list[dict[str, Any]], list[dict[str, Any]]]) -> None:
    bids, sheets = lot
    found = evaluation.evaluate(by_score(), bids, sheets)
    prices = {bid["bidder"]: Decimal(bid["values"]["price"]) for bid in bids}
    totals = {}
    for bidder, price in prices.items():
        marks = [Decimal(one["scores"][bidder]["technical"]) for one in sheets]
        technical = (sum(marks, Decimal()) / len(marks)).quantize(CENT, ROUND_HALF_UP)
        priced = (Decimal("30.00") * min(prices.values()) / price).quantize(CENT, ROUND_HALF_UP)
        totals[bidder] = technical + priced
    assert {entry["bidder"]: Decimal(entry["total"]) for entry in found["ranked"]} == totals
    for entry in found["ranked"]:
        ahead = sum((-totals[b], prices[b]) < (-totals[entry["bidder"]], prices[entry["bidder"]]) for b in totals)
        assert entry["rank"] == ahead + 1


@given(scored_lots(), st.randoms(use_true_random=False))
def test_the_order_of_bids_and_sheets_changes_no_rank(lot: tuple[list[Any], list[Any]], chance: Any) -> None:
    bids, sheets = deepcopy(lot)
    chance.shuffle(bids)
    chance.shuffle(sheets)
    before, after = evaluation.evaluate(by_score(), *lot), evaluation.evaluate(by_score(), bids, sheets)
    assert sorted(ranks(before)) == sorted(ranks(after))
    assert sorted(entry["lines"] for entry in before["ranked"]) == sorted(entry["lines"] for entry in after["ranked"])


@given(st.integers(0, 10**15), st.integers(1, 10**15))
def test_half_up(numerator: int, denominator: int) -> None:
    rounded = methods.half_up(numerator, denominator)
    assert abs(2 * rounded * denominator - 2 * numerator) <= denominator
    assert 2 * rounded * denominator != 2 * numerator - denominator  # a half goes up


@given(st.lists(PRICES, min_size=1, max_size=8))
def test_the_lowest_price_wins(prices: list[str]) -> None:
    bids = offers(**{f"B{number}": price for number, price in enumerate(prices)})
    found = evaluation.evaluate(by_price(), bids, [])
    lowest = min(map(money.parse, prices))
    winners = {entry["bidder"] for entry in found["ranked"] if entry["rank"] == 1}
    assert winners == {bid["bidder"] for bid in bids if money.parse(bid["values"]["price"]) == lowest}


# Ties.

THREE_EQUAL = offers(A="100.00", B="90.00", C="90.00", D="90.00", E="100.00")


def test_equal_bids_share_a_rank_until_they_are_drawn() -> None:
    shared = evaluation.evaluate(by_price(), THREE_EQUAL, [])
    assert ranks(shared) == [(1, "B"), (1, "C"), (1, "D"), (4, "A"), (4, "E")]
    assert shared["tied"] == [["B", "C", "D"], ["A", "E"]]
    drawn = evaluation.evaluate(by_price(), THREE_EQUAL, [], ["E", "D", "B", "C", "A"])
    assert ranks(drawn) == [(1, "D"), (2, "B"), (3, "C"), (4, "E"), (5, "A")]
    assert (drawn["tied"], drawn["draw"]) == ([], ["E", "D", "B", "C", "A"])


@pytest.mark.parametrize("draw", [[], ["B", "C"], ["B", "C", "D", "A"], ["B", "C", "D", "A", "X"], ["B"] * 5])
def test_a_draw_is_of_exactly_the_tied(draw: list[str]) -> None:
    with pytest.raises(Malformed) as refused:
        evaluation.evaluate(by_price(), THREE_EQUAL, [], draw)
    assert refused.value.field == "draw"


def test_no_draw_where_nothing_is_tied_or_the_criteria_know_none() -> None:
    for rules, bids in ((by_price(), offers(A="1.00", B="2.00")), (by_price(ties=[]), THREE_EQUAL)):
        with pytest.raises(Malformed):
            evaluation.evaluate(rules, bids, [], ["A", "B"])


@pytest.mark.parametrize(
    ("ties", "order"), [(["price"], "BAC"), (["quality", "price"], "ACB"), (["design", "draw"], "BCA")]
)
def test_equal_totals_are_parted_in_the_order_of_the_criteria(ties: list[str], order: str) -> None:
    """87号令 57: equal scores, then the lower price; other documents name a part first."""
    parts = [part("quality", "40.00"), part("design", "40.00")]
    rules = by_score(price_marks="20.00", parts=parts, ties=ties)
    given = {
        "A": {"quality": "30.00", "design": "10.00"},  # 40 + 16
        "B": {"quality": "16.00", "design": "20.00"},  # 36 + 20
        "C": {"quality": "26.00", "design": "20.00"},  # 46 + 10
    }
    found = evaluation.evaluate(rules, offers(A="125.00", B="100.00", C="200.00"), [sheet("E", given)])
    assert {entry["total"] for entry in found["ranked"]} == {"56.00"}
    shown = "".join(entry["bidder"] for entry in found["ranked"])
    assert shown == order
    assert found["tied"] == ([["B", "C"]] if ties == ["design", "draw"] else [])


# Rejections and candidates.


def test_only_a_majority_of_experts_rejects() -> None:
    bids = offers(A="1.00", B="2.00", C="3.00")
    half = [sheet("E1", {}, ("A", "51-6")), sheet("E2", {})]
    assert evaluation.evaluate(by_price(), bids, half)["rejected"] == []
    most = [*half, sheet("E3", {}, ("A", "51-1"), ("A", "51-6"))]
    assert evaluation.evaluate(by_price(), bids, most)["rejected"] == [
        {"bidder": "A", "clauses": ["51-1", "51-6"], "line": "2 / 3"}
    ]


def test_a_price_above_the_ceiling_is_rejected_by_the_rule_itself() -> None:
    found = evaluation.evaluate(by_price("2.00"), offers(A="2.00", B="2.01"), [sheet("E", {}, ("B", "51-6"))])
    assert found["rejected"] == [{"bidder": "B", "clauses": ["51-5-ceiling", "51-6"], "line": "1 / 1; 2.01 > 2.00"}]
    assert ranks(found) == [(1, "A")]


def test_a_rejected_bid_is_no_base_for_the_price_score() -> None:
    given = {"B": {"technical": "70.00"}}
    bids = offers(A="50.00", B="100.00")
    found = evaluation.evaluate(by_score(), bids, [sheet("E", given, ("A", "51-5-cost"))])
    assert (found["base"], found["ranked"][0]["points"]["price"]) == ("100.00", "30.00")


@pytest.mark.parametrize("rules", [by_price("0.50"), by_score()], ids=["price", "score"])
def test_nothing_to_rank(rules: dict[str, Any]) -> None:
    sheets = [sheet("E", {}, ("A", "51-6"))]
    found = evaluation.evaluate(rules, offers(A="1.00"), sheets)
    assert (found["base"], found["ranked"], found["tied"]) == (None, [], [])


def test_candidates_are_the_first_ranks() -> None:
    rules = by_price(candidates=2)
    found = evaluation.evaluate(rules, offers(A="3.00", B="1.00", C="2.00", D="2.00"), [])
    assert [entry["bidder"] for entry in evaluation.candidates(rules, found)] == ["B", "C", "D"]


# Refusals.

FULL = {"A": {"technical": "70.00"}, "B": {"technical": "0.00"}}
TERMS = [{"name": "terms", "zh": "条款", "en": "Terms"}]


@pytest.mark.parametrize(
    ("sheets", "reason", "field"),
    [
        ([], "scores_missing", "scores"),
        ([sheet("E1", {"A": FULL["A"]})], "scores_missing", "scores.E1.B.technical"),
        ([sheet("E1", FULL), sheet("E1", FULL)], "expert_twice", "scores"),
        ([sheet("E1", FULL | {"A": {"technical": "70.01"}})], "score_too_high", "scores.E1.A.technical"),
        ([sheet("E1", FULL | {"A": {"technical": "-1.00"}})], "not_marks", "scores.E1.A.technical"),
        ([sheet("E1", FULL | {"A": {"technical": "7E1"}})], "not_marks", "scores.E1.A.technical"),
        ([sheet("E1", FULL | {"A": {"technical": "７0.00"}})], "not_marks", "scores.E1.A.technical"),
        ([sheet("E1", FULL | {"X": {}})], "score_unknown", "scores.E1.X"),
        ([sheet("E1", FULL | {"A": {"technical": "1.00", "charm": "1.00"}})], "score_unknown", "scores.E1.A"),
        ([sheet("E1", FULL, ("A", "99-9"))], "clause_unknown", "scores.E1.A"),
        ([sheet("E1", FULL, ("X", "51-6"))], "clause_unknown", "scores.E1.X"),
        ([sheet("E1", FULL), sheet("E2", FULL | {"A": {"technical": "1.00", "terms": "1.00"}})],
         "adjustments_differ", "scores.*.A.terms"),
        ([sheet("E1", FULL | {"A": {"technical": "1.00", "terms": "-0.00"}})], "not_money", "scores.E1.A.terms"),
        ([sheet("E1", FULL | {"A": {"technical": "1.00", "terms": "-9.00"}})], "evaluated_price_out_of_range", "A"),
        ([{"expert": "E1", "scores": {"A": 1}, "rejections": []}], "score_malformed", "score"),
        ([{"expert": "E1", "scores": {}}], "score_malformed", "score"),
    ],
)  # fmt: skip
def test_sheets_that_are_refused(sheets: list[Any], reason: str, field: str) -> None:
    with pytest.raises(Malformed) as refused:
        evaluation.evaluate(by_score(adjustments=TERMS), offers(A="9.00", B="8.00"), sheets)
    assert (refused.value.reason, refused.value.field) == (reason, field)


def test_a_sheet_is_checked_when_it_is_handed_in() -> None:
    rules = criteria.read(by_score())
    scores.check_sheet(rules, sheet("E1", FULL), {"A", "B"})
    scores.check_sheet(rules, sheet("E1", {"A": FULL["A"]}, ("B", "51-6")), {"A", "B"})
    with pytest.raises(Malformed, match="scores_missing"):
        scores.check_sheet(rules, sheet("E1", {"A": FULL["A"]}), {"A", "B"})


@pytest.mark.parametrize(
    ("method", "changed"),
    [
        ("lowest_evaluated_price", {"parts": [part("quality", "1.00")]}),
        ("lowest_evaluated_price", {"price_marks": "30.00"}),
        ("lowest_evaluated_price", {"ties": ["quality"]}),
        ("lowest_evaluated_price", {"ties": ["draw", "price"]}),
        ("lowest_evaluated_price", {"ties": ["price", "price"]}),
        ("lowest_evaluated_price", {"candidates": 0}),
        ("lowest_evaluated_price", {"candidates": True}),
        ("lowest_evaluated_price", {"colour": "red"}),
        ("lowest_evaluated_price", {"adjustments": TERMS * 2}),
        ("lowest_evaluated_price", {"adjustments": [TERMS[0] | {"name": "draw"}]}),
        ("comprehensive", {"parts": [], "price_marks": "30.00"}),
        ("comprehensive", {"parts": [part("quality", "0.00")], "price_marks": "30.00"}),
        ("comprehensive", {"parts": [part("quality", "70")], "price_marks": "30.00"}),
        ("comprehensive", {"parts": [part("price", "70.00")], "price_marks": "30.00"}),
        ("comprehensive", {"parts": [part("Quality", "70.00")], "price_marks": "30.00"}),
        ("comprehensive", {"parts": [part("quality", "70.00")], "price_marks": None}),
        ("comprehensive", {"parts": [part("quality", "70.00")], "price_marks": "NaN"}),
        ("by_lot", {}),
    ],
)
def test_criteria_that_are_refused(method: str, changed: dict[str, Any]) -> None:
    with pytest.raises(Malformed) as refused:
        criteria.compose(CONSTRUCTION, method, BY_PRICE | changed, None)
    assert refused.value.field


@pytest.mark.parametrize("ceiling", ["NaN", "1", "-1.00"])
def test_a_bad_ceiling_is_refused(ceiling: str) -> None:
    with pytest.raises(Malformed):
        by_price(ceiling)
