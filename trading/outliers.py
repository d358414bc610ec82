"""Marks that lie far from those of the others (畸高畸低): shown beside an evaluation, changing nothing of it. Pure.

A procurement's committee looks at such marks again before it signs its report (87号令 64). From how far on they are far
no law says: :data:`SHARE` is this system's own, the same for every lot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trading import money
from trading.criteria import Criteria, marks

#: Percent of the mean of the others' marks for the same part of the same bid.
SHARE = 30
#: With fewer sheets there is no mean of the others to speak of.
_LEAST = 3


@dataclass(frozen=True)
class Outlier:
    """One expert's mark for a part of a bid, and the mean of all others', rounded to two places."""

    expert: str
    bidder: str
    part: str
    mark: str
    mean: str


def find(criteria: Criteria, sheets: Sequence[Mapping[str, Any]]) -> list[Outlier]:
    """Marks more than SHARE percent away from the mean of the others', in the order of bids, parts and sheets.

    sheets: signed objects ``sunbid/score/1`` that were checked; a bid that somebody rejects may have no marks of it.
    """
    bidders = dict.fromkeys(bidder for sheet in sheets for bidder in sheet["scores"])
    return [
        found
        for bidder in bidders
        for part in criteria.parts
        for found in _of_part(bidder, part.name, _given(sheets, bidder, part.name))
    ]


def _given(sheets: Sequence[Mapping[str, Any]], bidder: str, part: str) -> list[tuple[str, int]]:
    """By expert the hundredths given."""
    marked = [(sheet["expert"], sheet["scores"].get(bidder, {})) for sheet in sheets]
    return [(expert, marks(given[part])) for expert, given in marked if part in given]


def _of_part(bidder: str, part: str, given: Sequence[tuple[str, int]]) -> list[Outlier]:
    count, whole = len(given) - 1, sum(mark for _, mark in given)
    if len(given) < _LEAST:
        return []
    return [
        Outlier(expert, bidder, part, money.text(mark), money.text((2 * (whole - mark) + count) // (2 * count)))
        for expert, mark in given
        if abs(mark * count - (whole - mark)) * 100 > SHARE * (whole - mark)
    ]
