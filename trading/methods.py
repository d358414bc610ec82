"""The evaluation methods: pure functions from the bids not rejected, and signed scores, to what they are ranked by.

Sums are integers of 分 and marks integers of hundredths, so the arithmetic is exact; :func:`half_up` is the only
rounding. Each line that is printed is defined in ``docs/spec/evaluation.md``. Procedures name a method as data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from notary.errors import Malformed
from trading import money
from trading.criteria import Benchmark, Criteria
from trading.scores import Scores

_WHOLE = 100_00  # 100.00 %


def half_up(numerator: int, denominator: int) -> int:
    """The quotient of two integers that are not negative, a half rounded up (四舍五入)."""
    return (2 * numerator + denominator) // (2 * denominator)


@dataclass(frozen=True)
class Bid:
    """A bid that is not rejected: price as opened, evaluated price after the adjustments (both 分)."""

    bidder: str
    price: int
    evaluated: int
    line: str


@dataclass(frozen=True)
class Standing:
    """What a method says of one bid; `order` compares, smaller is better."""

    bid: Bid
    order: int
    total: str | None
    points: dict[str, int] = field(default_factory=dict)
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What a method gives. base: the price that the others are compared with (分), None without bids; lines: how it
    was computed, where it is not simply one of the prices."""

    standings: list[Standing]
    base: int | None
    lines: tuple[str, ...] = ()


def lowest_evaluated_price(_criteria: Criteria, bids: Sequence[Bid], _scores: Scores) -> Outcome:
    """The lowest evaluated price is first (招标投标法 41(二); 87号令 54、56)."""
    return Outcome([Standing(bid, bid.evaluated, None, lines=(bid.line,)) for bid in bids], _lowest(bids))


def comprehensive(criteria: Criteria, bids: Sequence[Bid], scores: Scores) -> Outcome:
    """The highest total is first: each part the mean of all experts' marks, none left out, and the price score
    lowest / price x its marks (87号令 55; 招标投标法 41(一))."""
    base = _lowest(bids)

    def priced(bid: Bid) -> tuple[int, str]:
        full = criteria.price_hundredths
        quotient = f"{money.text(full)} × {money.text(base or 0)} / {money.text(bid.evaluated)}"
        return half_up(full * (base or 0), bid.evaluated), quotient

    return Outcome([_scored(criteria, bid, scores, priced) for bid in bids], base)


def comprehensive_benchmark(criteria: Criteria, bids: Sequence[Bid], scores: Scores) -> Outcome:
    """The highest total is first; the price score loses marks for each percent above or below a benchmark price
    (评标基准价; 招标投标法 41(一))."""
    benchmark: Benchmark = criteria.benchmark  # type: ignore[assignment]  # criteria.read: it stands with its method
    if not bids:
        return Outcome([], None)
    base, lines = _benchmark(criteria, benchmark, sorted(bid.evaluated for bid in bids))

    def priced(bid: Bid) -> tuple[int, str]:
        full, over = criteria.price_hundredths, bid.evaluated >= base
        each = benchmark.percent("above" if over else "below")
        high, low = (bid.evaluated, base) if over else (base, bid.evaluated)
        taken = f"{money.text(each)} × ({money.text(high)} - {money.text(low)}) / {money.text(base)} × 100"
        left = full * base - each * 100 * (high - low)
        return half_up(max(left, 0), base), f"max(0.00, {money.text(full)} - {taken})"

    return Outcome([_scored(criteria, bid, scores, priced) for bid in bids], base, lines)


def _benchmark(criteria: Criteria, benchmark: Benchmark, prices: list[int]) -> tuple[int, tuple[str, ...]]:
    """The benchmark price of prices in rising order, and how it was computed."""
    steps = [step for step in benchmark.trim if step.bids <= len(prices)]
    low, high = (steps[-1].lowest, len(prices) - steps[-1].highest) if steps else (0, len(prices))
    kept, out = prices[low:high], prices[:low] + prices[high:]
    mean = half_up(sum(kept), len(kept))
    lines = [f"left out: {', '.join(map(money.text, out))}"] if out else []
    lines.append(f"mean: ({' + '.join(map(money.text, kept))}) / {len(kept)} = {money.text(mean)}")
    factor, share = benchmark.percent("mean_factor"), benchmark.percent("ceiling_share")
    whole, terms = mean * factor * (_WHOLE - share), f"{money.text(mean)} × {money.text(factor)}%"
    if share:
        ceiling, ceiling_factor = money.parse(criteria.ceiling), benchmark.percent("ceiling_factor")
        whole += ceiling * ceiling_factor * share
        terms += f" × {money.text(_WHOLE - share)}%"
        terms += f" + {money.text(ceiling)} × {money.text(ceiling_factor)}% × {money.text(share)}%"
    base = half_up(whole, _WHOLE * _WHOLE)
    if base > money.MOST:
        raise Malformed(
            "benchmark_out_of_range", "评标基准价过大，请核对报价。", "The benchmark is too large.", field="base"
        )
    return base, (*lines, f"base: {terms} = {money.text(base)}")


def _scored(criteria: Criteria, bid: Bid, scores: Scores, priced: Callable[[Bid], tuple[int, str]]) -> Standing:
    """The parts' means and the price's points, added. priced: the price's points and how they are computed."""
    points, lines = {}, [bid.line]
    for part in criteria.parts:
        marks = scores.marks(bid.bidder, part)
        points[part.name] = half_up(sum(marks), len(marks))
        terms = " + ".join(map(money.text, marks))
        lines.append(f"{part.name}: ({terms}) / {len(marks)} = {money.text(points[part.name])}")
    points["price"], computed = priced(bid)
    lines.append(f"price: {computed} = {money.text(points['price'])}")
    total = sum(points.values())
    lines.append(f"total: {' + '.join(map(money.text, points.values()))} = {money.text(total)}")
    return Standing(bid, -total, money.text(total), points, tuple(lines))


def _lowest(bids: Sequence[Bid]) -> int | None:
    return min((bid.evaluated for bid in bids), default=None)


METHODS: Mapping[str, Callable[[Criteria, Sequence[Bid], Scores], Outcome]] = {
    "lowest_evaluated_price": lowest_evaluated_price,
    "comprehensive": comprehensive,
    "comprehensive_benchmark": comprehensive_benchmark,
}
