"""Tenders that were held elsewhere, as a table of bids tells them: what a replay compares itself with."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

LEAST = 3


@dataclass(frozen=True)
class Past:
    """One tender: its bids (bidder's name, price in whole units) as listed, the ceiling, and who won."""

    number: str
    title: str
    ceiling: int
    bids: tuple[tuple[str, int], ...]
    winner: str

    @property
    def drawn(self) -> bool:
        """Whether the lowest price was bid twice."""
        prices = sorted(price for _, price in self.bids)
        return prices[0] == prices[1]

    @property
    def draw(self) -> list[str] | None:
        """All who share a price with another, the winner first: only the source knows how the lots fell."""
        times = Counter(price for _, price in self.bids)
        tied = [name for name, price in self.bids if times[price] > 1]
        return sorted(tied, key=lambda name: name != self.winner) or None


def read(path: Path) -> list[Past]:
    """The tenders of a table (columns pid, bidder, reserveprice, bid, bidresult, belowminprice, winner, projecttitle).

    Left out are those that the price does not decide, or that have too few bids: one bid is below a floor, a bidder
    stands there twice, a priced bid was given up (result 4), or nobody won.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
        for row in csv.DictReader(file):
            rows[row["pid"]].append(row)
    found = [_past(number, own) for number, own in rows.items()]
    return [past for past in found if past is not None]


def _past(number: str, rows: list[dict[str, str]]) -> Past | None:
    priced = [row for row in rows if row["bid"]]
    names = {row["bidder"] for row in priced}
    winners = [row["bidder"] for row in priced if row["winner"] == "1"]
    foul = any(row["belowminprice"] == "1" for row in rows) or any(row["bidresult"] == "4" for row in priced)
    if foul or len(winners) != 1 or len(priced) < LEAST or len(names) < len(priced):
        return None
    bids = tuple((row["bidder"], int(row["bid"])) for row in priced)
    return Past(number, priced[0]["projecttitle"], int(priced[0]["reserveprice"]), bids, winners[0])
