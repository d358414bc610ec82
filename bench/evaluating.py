"""The evaluation of a large lot: the ranking with its printed arithmetic, and the verifier's recomputation.

``python -m bench.evaluating`` measures this alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bench.figures import Figure, Sizes, seconds, table
from notary import verify
from trading import evaluation, money

_FULL = 150  # hundredths


def measure(sizes: Sizes) -> list[Figure]:
    """Seconds for one ranking. Raises RuntimeError where the two differ."""
    criteria, offers, scores = _lot(sizes)
    if evaluation.evaluate(criteria, offers, scores) != verify.evaluate(criteria, offers, scores, None):
        raise RuntimeError("the verifier ranks otherwise")
    size = f"{sizes.evaluated_bids} bids, {sizes.criteria} criteria, {sizes.experts} experts"
    return [
        _figure(f"evaluation of {size}", sizes, lambda: evaluation.evaluate(criteria, offers, scores)),
        _figure("the same, recomputed by the verifier", sizes, lambda: verify.evaluate(criteria, offers, scores, None)),
    ]


def _figure(name: str, sizes: Sizes, act: Callable[[], object]) -> Figure:
    return Figure(name, "s", tuple(seconds(act) for _ in range(sizes.runs)), aim=1, less=True)


def _lot(sizes: Sizes) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
    """Criteria, opened bids and score sheets; every mark differs from its neighbours."""
    parts = [f"part{number}" for number in range(sizes.criteria)]
    bidders = [f"B{number}" for number in range(sizes.evaluated_bids)]
    criteria = {
        "type": "sunbid/criteria/1",
        "method": "comprehensive",
        "price_field": "price",
        "price_marks": "10.00",
        "parts": [{"name": name, "zh": name, "en": name, "marks": money.text(_FULL)} for name in parts],
        "adjustments": [],
        "ceiling": None,
        "over_ceiling": "51-5-ceiling",
        "clauses": ["51-5-ceiling"],
        "ties": ["price", "draw"],
        "candidates": 3,
    }
    offers = [
        {"bidder": bidder, "outcome": "opened", "values": {"price": money.text(100_000_000 + 3_701 * place)}}
        for place, bidder in enumerate(bidders)
    ]
    scores = [
        {
            "expert": f"E{expert}",
            "rejections": [],
            "scores": {
                bidder: {
                    name: money.text((7 * place + 3 * part + 11 * expert) % (_FULL + 1))
                    for part, name in enumerate(parts)
                }
                for place, bidder in enumerate(bidders)
            },
        }
        for expert in range(sizes.experts)
    ]
    return criteria, offers, scores


if __name__ == "__main__":
    print(table(measure(Sizes())))
