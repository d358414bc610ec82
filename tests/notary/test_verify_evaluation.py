"""Two implementations of evaluation.md, written apart, agree on every ranking and on every refusal."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notary import verify
from notary.errors import Refusal
from trading import evaluation

VECTORS = Path(__file__).parents[1] / "vectors" / "evaluation"
PARTS = ["technical", "business"]
LATER = ["energy", "salvage"]
CLAUSES = ["51-5-ceiling", "51-6", "37"]


def named(name: str) -> dict[str, str]:
    return {"name": name, "zh": name, "en": name}


def money(least: int, most: int) -> st.SearchStrategy[str]:
    return st.integers(least, most).map(verify.amount)


@st.composite
def criteria(draw: st.DrawFn) -> dict[str, Any]:
    method = draw(st.sampled_from([*verify.SCORED]))
    weighted = verify.SCORED[method]
    ceiling = draw(st.none() | money(150, 400))
    parts = draw(st.lists(st.sampled_from(PARTS), unique=True, min_size=1)) if weighted else []
    ties = draw(st.lists(st.sampled_from(["price", *parts]), unique=True)) + draw(st.sampled_from([[], ["draw"]]))
    return {
        "type": "sunbid/criteria/1",
        "method": method,
        "price_field": "price",
        "price_marks": draw(money(1, 10_000)) if weighted else None,
        "parts": [named(part) | {"marks": "9.99"} for part in parts],
        "adjustments": [named("terms")] if draw(st.booleans()) else [],
        "ceiling": ceiling,
        "over_ceiling": "51-5-ceiling",
        "clauses": CLAUSES,
        "ties": ties,
        "candidates": 3,
        **draw(own_member(method, ceiling)),
    }


@st.composite
def own_member(draw: st.DrawFn, method: str, ceiling: str | None) -> dict[str, Any]:
    """What only this method has; now and then it is not there, out of range, or there with another method."""
    if method == "comprehensive_benchmark" or draw(st.integers(0, 9)) == 0:
        steps = draw(st.lists(st.tuples(st.integers(2, 6), st.integers(0, 2), st.integers(0, 2)), max_size=2))
        share = draw(st.sampled_from(["0.00", "0.00", "30.00", "100.00", "100.01"]))
        benchmark = {
            "trim": [{"bids": bids, "highest": high, "lowest": low} for bids, high, low in sorted(steps)],
            "mean_factor": draw(money(4999, 20000)),
            "ceiling_factor": draw(money(5000, 20001)),
            "ceiling_share": share if ceiling is not None or draw(st.integers(0, 5)) == 0 else "0.00",
            "above": draw(money(0, 300)),
            "below": draw(money(0, 300)),
        }
        return {"benchmark": benchmark}
    own = verify.OWN.get(method)
    if draw(st.integers(0, 19)) == 0:
        own = draw(st.sampled_from([None, *verify.OWN.values()]))
    return {} if own is None else {own: draw(OTHERS[own])}


CLAUSE = st.sampled_from([*CLAUSES] * 5 + ["99"])
YEARS = st.sampled_from([(0, 0), (1, 10), (0, 3), (5, 5), (11, 15), (1, 100), (3, 2), (1, 101)])
COSTS = st.lists(
    st.builds(lambda name, years: named(name) | {"first": years[0], "last": years[1]}, st.sampled_from(LATER), YEARS),
    max_size=2,
)
OTHERS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "benchmark": st.just({}),
    "life_cycle": st.fixed_dictionaries({"discount": money(0, 5001), "costs": COSTS}),
    "quality": st.fixed_dictionaries({"marks": money(0, 9000), "least": money(0, 210), "clause": CLAUSE}),
    "floor": st.fixed_dictionaries({"price": money(99, 102), "clause": CLAUSE}),
}


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]], list[str] | None]:
    """Few bidders, prices and marks, so that ties, rejections by majority and slips are frequent."""
    terms = draw(criteria())
    bidders = [f"B{i}" for i in range(draw(st.integers(0, 5)))]
    outcomes = st.sampled_from(["opened"] * 5 + ["invalid", "unopenable"])
    bids = [{"bidder": b, "outcome": draw(outcomes), "values": {"price": draw(money(100, 103))}} for b in bidders]
    part_names = [part["name"] for part in terms["parts"]]
    terms_offered = {b: draw(st.sampled_from(["0.00", "0.01", "-0.02"])) for b in bidders}
    costs_offered = {b: draw(st.sampled_from(["0.00", "12.34", "-0.02", "-0.50"])) for b in bidders}
    scores = []
    for number in range(draw(st.integers(0, 4))):
        marks = {b: {name: draw(money(100, 102)) for name in part_names} for b in bidders}
        if terms["adjustments"]:
            marks = {b: given_ | {"terms": terms_offered[b]} for b, given_ in marks.items()}
        for cost in terms.get("life_cycle", {}).get("costs", []):
            marks = {b: given_ | {cost["name"]: costs_offered[b]} for b, given_ in marks.items()}
        against = draw(st.lists(st.sampled_from(bidders), max_size=2)) if bidders else []
        rejections = [{"bidder": b, "clause": draw(st.sampled_from(CLAUSES)), "reason": "x"} for b in against]
        scores.append({"expert": f"E{number}", "scores": marks, "rejections": rejections})
    drawn = draw(st.none() | st.permutations(bidders) | st.lists(st.sampled_from(bidders or ["B0"]), unique=True))
    return terms, bids, draw(st.permutations(scores)), drawn


def both(case: tuple[Any, ...]) -> tuple[Any, Any]:
    """What the verifier and the server make of it; None for no ranking."""
    try:
        found = verify.evaluate(*copy.deepcopy(case))
    except (verify.Failed, ValueError, KeyError):
        found = None
    try:
        expected = evaluation.evaluate(*copy.deepcopy(case))
    except Refusal:
        expected = None
    return found, expected


@settings(max_examples=600, deadline=None)
@given(cases())
def test_both_agree(case: tuple[Any, ...]) -> None:
    found, expected = both(case)
    assert found == expected


@settings(max_examples=300, deadline=None)
@given(cases())
def test_both_agree_on_a_draw_of_the_tied(case: tuple[Any, ...]) -> None:
    terms, bids, scores, _ = case
    found, _ = both((terms, bids, scores, None))
    if found and found["tied"]:
        drawn = [bidder for group in reversed(found["tied"]) for bidder in reversed(group)]
        found, expected = both((terms, bids, scores, drawn))
        assert found == expected
        assert (found is None) == ("draw" not in terms["ties"])


def vector() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((VECTORS / "comprehensive.json").read_text())
    return found


SLIPS: dict[str, Any] = {
    "no expert": lambda v: v["scores"].clear(),
    "an expert twice": lambda v: v["scores"].append(v["scores"][0]),
    "adjustments differ": lambda v: v["scores"][0]["scores"]["C"].update(payment_terms="1.00"),
    "minus zero": lambda v: [score["scores"]["C"].update(payment_terms="-0.00") for score in v["scores"]],
    "price below zero": lambda v: [score["scores"]["C"].update(payment_terms="-3900000.00") for score in v["scores"]],
    "marks missing": lambda v: v["scores"][1]["scores"]["A"].pop("business"),
    "bidder missing": lambda v: v["scores"][1]["scores"].pop("A"),
    "too many marks": lambda v: v["scores"][2]["scores"]["B"].update(technical="50.01"),
    "marks below zero": lambda v: v["scores"][2]["scores"]["B"].update(technical="-1.00"),
    "marks that are no marks": lambda v: v["scores"][2]["scores"]["B"].update(technical="١.00"),
    "unknown part": lambda v: v["scores"][0]["scores"]["A"].update(colour="1.00"),
    "unknown bidder": lambda v: v["scores"][0]["scores"].update(Z={}),
    "stranger rejected": lambda v: v["scores"][0]["rejections"].append({"bidder": "Z", "clause": "34", "reason": ""}),
    "unknown clause": lambda v: v["scores"][0]["rejections"].append({"bidder": "A", "clause": "99", "reason": ""}),
    "criteria without parts": lambda v: v["criteria"].update(parts=[], ties=[]),
    "criteria without candidates": lambda v: v["criteria"].update(candidates=0),
    "criteria that reject under no clause": lambda v: v["criteria"].update(over_ceiling="99"),
    "ties behind the draw": lambda v: v["criteria"].update(ties=["draw", "price"]),
    "a part named twice": lambda v: v["criteria"]["adjustments"][0].update(name="technical"),
    "a draw of nobody": lambda v: v.update(draw=[]),
    "a draw of others": lambda v: v.update(draw=["A"]),
}  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS)
def test_what_breaks_a_rule_gives_no_ranking(slip: str) -> None:
    case = vector()
    SLIPS[slip](case)
    assert both((case["criteria"], case["offers"], case["scores"], case["draw"])) == (None, None)
