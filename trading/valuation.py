"""What is sold was appraised (评估): the least start price, and how long the sale is disclosed by its price. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from trading.periods import broken, keeps, number
from trading.procedures import Procedure


@dataclass(frozen=True)
class Valued:
    """appraisal: 分. relists: whether it is offered anew after a failed tender. approval: of a lower start price."""

    appraisal: int
    relists: bool
    approval: str | None


def check_floor(procedure: Procedure, valued: Valued | None, start_price: int, field: str) -> None:
    """Raise RuleBroken for a start price (分) that the appraisal does not allow (32号令 17、18).

    The first time it is at least the appraisal. Sold anew it may be lower; far lower only with an approval of its own.
    """
    if valued is None:
        return
    if not valued.relists:
        number(procedure, "appraisal_share", start_price, valued.appraisal, field)
        return
    limit = procedure.limit("approval_share")
    if limit is not None and valued.approval is None and not keeps(limit, start_price, valued.appraisal):
        raise broken("approval_share", limit, field)


def disclosure(procedure: Procedure, start_price: int | None) -> str:
    """The name of the limit of how long it is disclosed before registration ends. start_price: 分, None if unknown."""
    large = procedure.limit("disclosure_large_price")
    known = large is not None and start_price is not None and keeps(large, start_price, 0)
    return "disclosure_large" if known else "disclosure"
