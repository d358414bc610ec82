"""Evaluation: published criteria, opened bids and signed scores in; a ranking with its printed arithmetic out.

The JSON of both sides, each rounding and each printed line are defined in ``docs/spec/evaluation.md``, from which an
independent verifier recomputes the ranking. What a method computes stands in :mod:`trading.methods`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from msgspec import UNSET

from notary.errors import Malformed
from trading import methods, money
from trading.criteria import Criteria, read
from trading.methods import Bid, Outcome, Standing
from trading.scores import Scores


def evaluate(
    criteria: Mapping[str, Any],
    offers: Sequence[Mapping[str, Any]],
    scores: Sequence[Mapping[str, Any]],
    draw: Sequence[str] | None = None,
) -> dict[str, Any]:
    """The ranking record ``sunbid/evaluation/1``.

    criteria: the record ``sunbid/criteria/1``; offers: ``lot_opened.bids``; scores: the experts' signed objects
    ``sunbid/score/1``; draw: the tied bidders in drawn order, or None where nothing was drawn.
    Raises Malformed, naming the field, for scores that are missing, too high, of unknown criteria or clauses, for
    experts whose adjustments differ, and for a draw that is not of exactly the tied bidders.
    """
    rules = read(criteria)
    book = Scores(rules, scores, {offer["bidder"] for offer in offers})
    bids, rejected = _admit(rules, offers, book)
    outcome = methods.METHODS[rules.method](rules, bids, book)
    for bidder, (clause, line) in outcome.rejected.items():
        rejected.append({"bidder": bidder, "clauses": [clause], "line": line})
    ranked, tied = _rank(rules, outcome, draw)
    return {
        "type": "sunbid/evaluation/1",
        "method": rules.method,
        "base": None if outcome.base is None else money.text(outcome.base),
        **({"base_lines": list(outcome.lines)} if outcome.lines else {}),
        "ranked": ranked,
        "rejected": _in_order_of(offers, rejected),
        "tied": tied,
        "draw": None if draw is None else list(draw),
    }


def _in_order_of(offers: Sequence[Mapping[str, Any]], rejected: list[dict[str, Any]]) -> list[dict[str, Any]]:
    places = {offer["bidder"]: place for place, offer in enumerate(offers)}
    return sorted(rejected, key=lambda one: places[one["bidder"]])


def candidates(criteria: Mapping[str, Any], evaluation: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The elements of the ranking that become candidates: those of the first ranks, equal ranks together."""
    return [entry for entry in evaluation["ranked"] if entry["rank"] <= read(criteria).candidates]


def _admit(
    criteria: Criteria, offers: Sequence[Mapping[str, Any]], scores: Scores
) -> tuple[list[Bid], list[dict[str, Any]]]:
    """Bids that are ranked, and those that are not with clauses and reason, both in the order of the opening."""
    bids: list[Bid] = []
    rejected: list[dict[str, Any]] = []
    for offer in offers:
        bidder = offer["bidder"]
        if offer["outcome"] != "opened":
            rejected.append({"bidder": bidder, "clauses": [], "line": offer["outcome"]})
            continue
        price = money.parse(offer["values"][criteria.price_field], f"{bidder}.{criteria.price_field}")
        clauses, line = _grounds(criteria, bidder, price, scores)
        if clauses:
            rejected.append({"bidder": bidder, "clauses": clauses, "line": line})
        else:
            bids.append(_bid(criteria, bidder, price, scores))
    return bids, rejected


def _grounds(criteria: Criteria, bidder: str, price: int, scores: Scores) -> tuple[list[str], str]:
    """The clauses under which a bid is rejected, and the printed reason: the experts' majority, ceiling or floor."""
    clauses, votes = scores.rejections(bidder)
    lines = [f"{votes} / {scores.experts}"] if clauses else []
    if criteria.ceiling is not None and price > money.parse(criteria.ceiling):
        clauses = sorted({*clauses, criteria.over_ceiling})
        lines.append(f"{money.text(price)} > {criteria.ceiling}")
    if criteria.floor is not UNSET and price < money.parse(criteria.floor.price):
        clauses = sorted({*clauses, criteria.floor.clause})
        lines.append(f"{money.text(price)} < {criteria.floor.price}")
    return clauses, "; ".join(lines)


def _bid(criteria: Criteria, bidder: str, price: int, scores: Scores) -> Bid:
    later = [
        methods.present_value(criteria, cost, amount)
        for cost in criteria.costs
        if (amount := scores.amount(bidder, cost.name))
    ]
    amounts = [*scores.adjustments(bidder), *(value for value, _ in later if value)]
    evaluated = price + sum(amounts)
    if not 0 < evaluated <= money.MOST:
        raise Malformed(
            "evaluated_price_out_of_range",
            "调整后的评标价不大于零或者过大，请核对调整额。",
            "The evaluated price is not above zero, or too large: please check the adjustments.",
            field=bidder,
        )
    terms = "".join(f" {'-' if amount < 0 else '+'} {money.text(abs(amount))}" for amount in amounts)
    result = f" = {money.text(evaluated)}" if amounts else ""
    line = f"evaluated: {money.text(price)}{terms}{result}"
    return Bid(bidder, price, evaluated, (*(computed for _, computed in later), line))


def _rank(
    criteria: Criteria, outcome: Outcome, draw: Sequence[str] | None
) -> tuple[list[dict[str, Any]], list[list[str]]]:
    """The ranked elements, and the groups that share a rank."""

    def order(standing: Standing) -> tuple[int, ...]:
        ties = (tie for tie in criteria.ties if tie != "draw")
        return (standing.order, *(_tie_value(standing, tie, highest=outcome.highest) for tie in ties))

    groups = [list(group) for _, group in groupby(sorted(outcome.standings, key=order), key=order)]
    drawn = _check_draw(criteria, groups, draw)
    ranked: list[dict[str, Any]] = []
    tied: list[list[str]] = []
    for group in groups:
        first = len(ranked) + 1
        group.sort(key=lambda standing: drawn.get(standing.bid.bidder, 0))
        for place, standing in enumerate(group):
            ranked.append(_element(standing, first + place if drawn else first))
        if len(group) > 1 and not drawn:
            tied.append([standing.bid.bidder for standing in group])
    return ranked, tied


def _tie_value(standing: Standing, tie: str, *, highest: bool) -> int:
    if tie != "price":
        return -standing.points[tie]
    return -standing.bid.evaluated if highest else standing.bid.evaluated


def _check_draw(criteria: Criteria, groups: list[list[Standing]], draw: Sequence[str] | None) -> dict[str, int]:
    """Place of each tied bidder in the draw; empty where there was none."""
    if draw is None:
        return {}
    tied = sorted(standing.bid.bidder for group in groups if len(group) > 1 for standing in group)
    if "draw" not in criteria.ties or not tied or sorted(draw) != tied:
        raise Malformed(
            "draw_not_of_the_tied",
            "抽签应恰好包含并列的投标人，且评标标准须载明以抽签区分。",
            "A draw is of exactly the tied bidders, and only where the criteria name it.",
            field="draw",
            tied=tied,
        )
    return {bidder: place for place, bidder in enumerate(draw)}


def _element(standing: Standing, rank: int) -> dict[str, Any]:
    return {
        "rank": rank,
        "bidder": standing.bid.bidder,
        "price": money.text(standing.bid.price),
        "evaluated": money.text(standing.bid.evaluated),
        "total": standing.total,
        "points": {name: money.text(points) for name, points in standing.points.items()},
        "lines": list(standing.lines),
    }
