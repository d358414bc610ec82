"""A tender that repeats one of the agency's own that has failed (再次披露): the lower floor rests on it."""

from __future__ import annotations

from sqlalchemy import Connection, select

from notary import canonical
from notary.errors import Conflict, Unknown
from notary.rows import entries
from notary.work import Unit
from trading.draft import Draft
from trading.rows import tenders

_FIELD = "valuation.relists"
#: Ends of a tender that nobody wanted at its price: what was called off was not tried (32号令 18).
_UNWANTED = frozenset({"too_few_bidders", "no_bids", "below_reserve", "too_few_bids"})


def check(unit: Unit, agency: str, draft: Draft) -> None:
    """Raise Unknown where the agency has no such tender of this procedure, Conflict (not_failed, appraisal_other,
    relisted_already) where it did not fail for want of bidders, was appraised otherwise, or was sold anew before.
    """
    if draft.valuation is None or draft.valuation.relists is None:
        return
    same = (tenders.c.tender == draft.valuation.relists, tenders.c.agency == agency)
    query = select(tenders.c.stage, tenders.c.content).where(*same, tenders.c.procedure == draft.procedure)
    found = unit.connection.execute(query).one_or_none()
    if found is None:
        raise Unknown(
            "tender_unknown",
            f"本单位没有适用同一程序的这个项目（{_FIELD}）。",
            f"Your organisation has no such tender of this procedure ({_FIELD}).",
            field=_FIELD,
        )
    if found.stage != "failed" or _reason(unit.connection, draft.valuation.relists) not in _UNWANTED:
        raise Conflict(
            "not_failed",
            f"只有前一次因无人竞买、竞买人不足或者低于保留价而未成交的项目才能再次披露（{_FIELD}）。",
            f"Only a tender that failed for want of bidders, or of a bid at its reserve, can be sold anew ({_FIELD}).",
            field=_FIELD,
        )
    if (canonical.loads(found.content.encode())["valuation"] or {}).get("appraisal") != draft.valuation.appraisal:
        field = "valuation.appraisal"
        raise Conflict(
            "appraisal_other",
            f"再次披露以前一次的评估价为准；重新评估的，作为新项目披露（{field}）。",
            f"What is sold anew has the appraisal of the first time; what is appraised anew is a new tender ({field}).",
            field=field,
        )
    _check_first(unit.connection, draft)


def _reason(connection: Connection, tender: str) -> str | None:
    """Why a failed tender failed, as its entry says."""
    ends = select(entries.c.body).where(entries.c.tender == tender, entries.c.kind == "lot_failed")
    body = connection.scalar(ends)
    return None if body is None else str(canonical.loads(body.encode())["reason"])


def _check_first(connection: Connection, draft: Draft) -> None:
    """One failed tender carries one further one."""
    named = draft.valuation.relists if draft.valuation is not None else None
    # The content is canonical JSON, in which every member stands in one way.
    others = select(tenders.c.tender).where(
        tenders.c.content.contains(f'"relists":"{named}"', autoescape=True),
        tenders.c.tender != draft.tender,
        tenders.c.published_at.is_not(None),
    )
    if connection.execute(others.limit(1)).first() is not None:
        raise Conflict(
            "relisted_already",
            f"该项目已经再次披露过；再降价的，以最近一次未成交的项目为依据（{_FIELD}）。",
            f"That tender was sold anew already: name the one that failed last ({_FIELD}).",
            field=_FIELD,
        )
