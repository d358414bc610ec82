"""What a measurement says, and how it is printed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median

MIB = 1 << 20


@dataclass(frozen=True)
class Sizes:
    """How much of everything is measured."""

    runs: int = 5
    bids: int = 1500
    clients: int = 64
    sealed_mib: int = 1024
    largest_mib: int = 2048
    uploaded_mib: int = 256
    leaves: int = 200_000
    dossier_bids: int = 100
    opened_bids: int = 1000
    evaluated_bids: int = 200
    criteria: int = 60
    experts: int = 7
    pool: int = 10_000
    notices: int = 100_000
    pages: int = 1200
    readers: int = 1000
    auction_bidders: int = 200
    auction_seconds: int = 600
    watchers: int = 2000


QUICK = Sizes(
    runs=1,
    bids=16,
    clients=4,
    sealed_mib=2,
    largest_mib=9,
    uploaded_mib=9,
    leaves=1000,
    dossier_bids=3,
    opened_bids=4,
    evaluated_bids=3,
    criteria=2,
    experts=3,
    pool=20,
    notices=50,
    pages=20,
    readers=5,
    auction_bidders=5,
    auction_seconds=16,
    watchers=5,
)


@dataclass(frozen=True)
class Figure:
    """One figure: what was measured in each run, and what this machine gave at best in the same run.

    limit: measured beside it; none where only the aim counts. aim: in the unit. ratio_aim: against the limit.
    less: small is good. where: where the time goes, shown under the table.
    """

    name: str
    unit: str
    measured: tuple[float, ...]
    limit: tuple[float, ...] = ()
    limit_name: str = ""
    aim: float | None = None
    ratio_aim: float | None = None
    less: bool = False
    where: str = ""

    @property
    def value(self) -> float:
        """The median."""
        return median(self.measured)

    @property
    def ratio(self) -> float | None:
        """The share of the limit that is reached: 1 is the limit itself."""
        if not self.limit:
            return None
        limit = median(self.limit)
        return limit / self.value if self.less else self.value / limit

    @property
    def reached(self) -> bool:
        """Whether every aim is met."""
        good = self.aim is None or (self.value <= self.aim if self.less else self.value >= self.aim)
        return good and (self.ratio_aim is None or (self.ratio or 0) >= self.ratio_aim)


def table(figures: Iterable[Figure]) -> str:
    """The figures as a Markdown table, with where the time goes below it."""
    figures = list(figures)
    lines = ["| figure | measured | limit here | ratio | aim | reached |", "|---|---:|---:|---:|---:|---|"]
    lines += [_row(figure) for figure in figures]
    notes = [f"- {figure.name}: {figure.where}" for figure in figures if figure.where]
    return "\n".join([*lines, "", "Where the time goes:", "", *notes] if notes else lines)


def seconds(act: Callable[[], object]) -> float:
    """How long an act takes."""
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def _row(figure: Figure) -> str:
    limit = f"{_number(median(figure.limit))} ({figure.limit_name})" if figure.limit else ""
    ratio = "" if figure.ratio is None else f"{figure.ratio:.0%}"
    sign = "≤" if figure.less else "≥"
    aims = [f"{sign} {_number(figure.aim)}"] if figure.aim is not None else []
    aims += [f"≥ {figure.ratio_aim:.0%}"] if figure.ratio_aim is not None else []
    cells = [
        figure.name,
        f"{_number(figure.value)} {figure.unit}",
        limit,
        ratio,
        ", ".join(aims),
        ("yes" if figure.reached else "no") if aims else "",
    ]
    return f"| {' | '.join(cells)} |"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
