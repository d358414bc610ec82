"""What a list is asked for, in its address: words, category, region, stage, deadline, order. Unknown members count for
nothing; a value that cannot be is refused with its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from notary.errors import Malformed
from trading import procedures, regions, terms
from trading.calendar import beijing_day, midnight
from trading.lifecycle import FIRST, STAGES
from trading.views.lists import Wanted

#: Stages that anybody may read of.
PUBLIC_STAGES: Final = tuple(one for one in STAGES if one not in {FIRST, "proposed"})
DAYS: Final = ("1", "3", "7", "30")
_REGION = re.compile(r"[0-9]{6}", re.ASCII)
_MOST_WORDS: Final = 100


@dataclass(frozen=True)
class Asked:
    """q: words; due: days until the deadline, 1 is the rest of today; sort: empty or "deadline"."""

    q: str = ""
    category: str = ""
    region: str = ""
    stage: str = ""
    due: str = ""
    sort: str = ""
    cursor: str | None = None

    def wanted(self, now: datetime) -> Wanted:
        """What the view looks for."""
        facets = [terms.of_category(self.category)] if self.category else []
        facets += [terms.in_region(self.region)] if self.region else []
        return Wanted(
            terms=(*terms.of_query(self.q), *facets),
            stage=self.stage or None,
            until=end_of_day(now, int(self.due)) if self.due else None,
            by_deadline=self.sort == "deadline",
        )

    def address(self, path: str, **changes: str | None) -> str:
        """The address of the same question with some members changed, on its first page."""
        members = {
            "q": self.q,
            "category": self.category,
            "region": self.region,
            "stage": self.stage,
            "due": self.due,
            "sort": self.sort,
        } | changes
        given = {name: value for name, value in members.items() if value}
        return f"{path}?{urlencode(given)}" if given else path

    @property
    def narrowed(self) -> bool:
        """Whether anything but the order is asked for."""
        return any((self.q, self.category, self.region, self.stage, self.due))


def read(given: Mapping[str, str]) -> Asked:
    """The question of an address. Raises Malformed with the member named."""
    known = {name: given.get(name, "").strip() for name in ("q", "category", "region", "stage", "due", "sort")}
    one_of("category", known["category"], categories())
    one_of("stage", known["stage"], PUBLIC_STAGES)
    one_of("due", known["due"], DAYS)
    one_of("sort", known["sort"], ("deadline", "new"))
    if known["region"] and not _REGION.fullmatch(known["region"]):
        raise _wrong("region")
    known["q"] = known["q"][:_MOST_WORDS]
    known["sort"] = known["sort"].removeprefix("new")
    return Asked(**known, cursor=given.get("cursor"))


def categories() -> tuple[str, ...]:
    """The categories of trade that there are procedures for."""
    return tuple(dict.fromkeys(one.category for one in procedures.catalogue()))


def choices() -> dict[str, Any]:
    """What the filters of a list offer."""
    return {"categories": categories(), "regions": regions.regions(), "stages": PUBLIC_STAGES, "days": DAYS}


def end_of_day(now: datetime, days: int) -> datetime:
    """Beijing's midnight at the end of the last of so many days, today the first."""
    return midnight(beijing_day(now) + timedelta(days=days))


def one_of(name: str, value: str, possible: tuple[str, ...]) -> None:
    """Raise Malformed unless a member is empty or one of these."""
    if value and value not in possible:
        raise _wrong(name)


def _wrong(name: str) -> Malformed:
    return Malformed("filter_wrong", f"筛选条件无效：{name}。", f"That filter cannot be: {name}.", field=name)
