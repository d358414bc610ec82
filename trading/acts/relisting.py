"""A tender that repeats one of the agency's own that has failed (再次披露): the lower floor rests on it."""

from __future__ import annotations

from sqlalchemy import select

from notary.errors import Conflict, Unknown
from notary.work import Unit
from trading.draft import Draft
from trading.rows import tenders

_FIELD = "valuation.relists"


def check(unit: Unit, agency: str, draft: Draft) -> None:
    """Raise Unknown where the agency has no such tender of this procedure, Conflict (not_failed) where it did not fail.

    A failed tender stays failed, so what was checked when it was proposed holds when it is published.
    """
    if draft.valuation is None or draft.valuation.relists is None:
        return
    same = (tenders.c.tender == draft.valuation.relists, tenders.c.agency == agency)
    query = select(tenders.c.stage).where(*same, tenders.c.procedure == draft.procedure)
    stage = unit.connection.scalar(query)
    if stage is None:
        raise Unknown(
            "tender_unknown",
            f"本单位没有适用同一程序的这个项目（{_FIELD}）。",
            f"Your organisation has no such tender of this procedure ({_FIELD}).",
            field=_FIELD,
        )
    if stage != "failed":
        raise Conflict(
            "not_failed",
            f"只有前一次未成交而终止的项目才能再次披露（{_FIELD}）。",
            f"Only a tender that has failed can be sold anew ({_FIELD}).",
            field=_FIELD,
        )
