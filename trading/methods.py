"""The evaluation methods: pure functions from the bids not rejected, and signed scores, to what they are ranked by.

Sums are integers of 分 and marks integers of hundredths, so the arithmetic is exact; :func:`half_up` is the only
rounding. Each line that is printed is defined in ``docs/spec/evaluation.md``. Procedures name a method as data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from notary.errors import Malformed
from trading import money
from trading.criteria import Benchmark, Cost, Criteria, LifeCycle, Quality
from trading.scores import Scores

_WHOLE = 100_00  # 100.00 %


def half_up(numerator: int, denominator: int) -> int:
    """The quotient of two integers that are not negative, a half rounded up (四舍五入)."""
    return (2 * numerator + denominator) // (2 * denominator)


def present_value(criteria: Criteria, cost: Cost, amount: int) -> tuple[int, str]:
    """The present value of an amount (分, any sign) in each year of a later cost, and its printed line."""
    life_cycle: LifeCycle = criteria.life_cycle  # type: ignore[assignment]  # there are costs only with it
    growth = _WHOLE + life_cycle.rate
    years = range(cost.first, cost.last + 1)
    # The sum of (100 % / growth) ** year over the years, on the denominator of the last.
    shares = sum(_WHOLE**year * growth ** (cost.last - year) for year in years)
    value = half_up(abs(amount) * shares, growth**cost.last) * (1 if amount > 0 else -1)
    if abs(value) > money.MOST:
        raise Malformed("cost_out_of_range", "现值过大，请核对。", "The present value is too large.", field=cost.name)
    base = f"{growth // _WHOLE}.{growth % _WHOLE:04}"
    factor = f"{base}^-{cost.first}"
    if cost.first < cost.last:
        factor = f"({factor} + … + {base}^-{cost.last})"
    return value, f"{cost.name}: {money.text(amount)} × {factor} = {money.text(value)}"


@dataclass(frozen=True)
class Bid:
    """A bid that is not rejected: price as opened, evaluated price after adjustments and later costs (both 分)."""

    bidder: str
    price: int
    evaluated: int
    lines: tuple[str, ...]


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
    was computed, where it is not simply one of the prices; highest: whether the higher of two prices is better;
    rejected: bidder -> the clause under which the method itself rejects its bid, and the printed reason."""

    standings: list[Standing]
    base: int | None
    lines: tuple[str, ...] = ()
    highest: bool = False
    rejected: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def lowest_evaluated_price(_criteria: Criteria, bids: Sequence[Bid], _scores: Scores) -> Outcome:
    """The lowest evaluated price, later costs among it, is first (招标投标法 41(二); 87号令 54、56)."""
    return Outcome([Standing(bid, bid.evaluated, None, lines=bid.lines) for bid in bids], _lowest(bids))


def highest_price(_criteria: Criteria, bids: Sequence[Bid], _scores: Scores) -> Outcome:
    """The highest evaluated price is first."""
    standings = [Standing(bid, -bid.evaluated, None, lines=bid.lines) for bid in bids]
    return Outcome(standings, _highest(bids), highest=True)


def comprehensive(criteria: Criteria, bids: Sequence[Bid], scores: Scores) -> Outcome:
    """The highest total is first: each part the mean of all experts' marks, none left out, and the price score
    lowest / price x its marks (87号令 55; 招标投标法 41(一))."""
    base = _lowest(bids)

    def priced(bid: Bid) -> tuple[int, str]:
        return _share(criteria, base or 0, bid.evaluated)

    return Outcome([_scored(criteria, bid, scores, priced) for bid in bids], base)


def highest_comprehensive(criteria: Criteria, bids: Sequence[Bid], scores: Scores) -> Outcome:
    """The highest total is first, and the price score is price / highest x its marks."""
    base = _highest(bids)

    def priced(bid: Bid) -> tuple[int, str]:
        return _share(criteria, bid.evaluated, base or 0)

    return Outcome([_scored(criteria, bid, scores, priced) for bid in bids], base, highest=True)


def quality_cost(criteria: Criteria, bids: Sequence[Bid], scores: Scores) -> Outcome:
    """Quality-and-cost-based selection: parts below the least quality are rejected before prices are compared; the
    parts together weigh `quality.marks`, the price lowest / price x its marks."""
    quality: Quality = criteria.quality  # type: ignore[assignment]  # criteria.read: it stands with its method
    found = {bid.bidder: _parts(criteria, bid.bidder, scores) for bid in bids}
    least = quality.hundredths("least")
    reached = {bidder: sum(points.values()) for bidder, (points, _) in found.items()}
    kept = [bid for bid in bids if reached[bid.bidder] >= least]
    base = _lowest(kept)
    rejected = {
        bidder: (quality.clause, f"quality: {money.text(points)} < {quality.least}")
        for bidder, points in reached.items()
        if points < least
    }
    standings = []
    for bid in kept:
        points, lines = found[bid.bidder]
        weighed = half_up(quality.hundredths("marks") * reached[bid.bidder], criteria.full_hundredths)
        terms = " + ".join(map(money.text, points.values()))
        whole = f"{quality.marks} × ({terms}) / {money.text(criteria.full_hundredths)} = {money.text(weighed)}"
        priced, computed = _share(criteria, base or 0, bid.evaluated)
        lines = [*bid.lines, *lines, f"quality: {whole}", f"price: {computed} = {money.text(priced)}"]
        standings.append(_total(bid, points | {"quality": weighed, "price": priced}, [weighed, priced], lines))
    return Outcome(standings, base, rejected=rejected)


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
    points, lines = _parts(criteria, bid.bidder, scores)
    points["price"], computed = priced(bid)
    lines = [*bid.lines, *lines, f"price: {computed} = {money.text(points['price'])}"]
    return _total(bid, points, [*points.values()], lines)


def _parts(criteria: Criteria, bidder: str, scores: Scores) -> tuple[dict[str, int], list[str]]:
    """The points of each part, the mean of all experts' marks, and their lines."""
    points, lines = {}, []
    for part in criteria.parts:
        marks = scores.marks(bidder, part)
        points[part.name] = half_up(sum(marks), len(marks))
        terms = " + ".join(map(money.text, marks))
        lines.append(f"{part.name}: ({terms}) / {len(marks)} = {money.text(points[part.name])}")
    return points, lines


def _share(criteria: Criteria, numerator: int, denominator: int) -> tuple[int, str]:
    """The price's points where they are in proportion to a quotient of two prices, and how they are computed."""
    full = criteria.price_hundredths
    quotient = f"{money.text(full)} × {money.text(numerator)} / {money.text(denominator)}"
    return half_up(full * numerator, denominator), quotient


def _total(bid: Bid, points: dict[str, int], added: list[int], lines: list[str]) -> Standing:
    total = sum(added)
    line = f"total: {' + '.join(map(money.text, added))} = {money.text(total)}"
    return Standing(bid, -total, money.text(total), points, (*lines, line))


def _lowest(bids: Sequence[Bid]) -> int | None:
    return min((bid.evaluated for bid in bids), default=None)


def _highest(bids: Sequence[Bid]) -> int | None:
    return max((bid.evaluated for bid in bids), default=None)


METHODS: Mapping[str, Callable[[Criteria, Sequence[Bid], Scores], Outcome]] = {
    "lowest_evaluated_price": lowest_evaluated_price,
    "life_cycle_cost": lowest_evaluated_price,
    "comprehensive": comprehensive,
    "comprehensive_benchmark": comprehensive_benchmark,
    "quality_cost": quality_cost,
    "highest_price": highest_price,
    "highest_comprehensive": highest_comprehensive,
}
