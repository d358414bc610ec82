"""The award (定标、成交) itself: two persons, one entry, one row.

Who may win was decided before: by the evaluation, or by an auction.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from notary.entries import Entry
from notary.errors import Conflict
from notary.rows import entries
from notary.work import Unit
from trading import calendar, money, periods
from trading.acts import listing, proposals, stages
from trading.acts.proposals import Proposal
from trading.acts.stages import Tender
from trading.caller import Caller
from trading.rows import awards


def check_first(unit: Unit, row: Tender) -> None:
    """Raise Conflict (awarded_already) where there is an award."""
    if unit.connection.execute(select(awards.c.leaf).where(awards.c.tender == row.tender)).first():
        raise Conflict("awarded_already", "已经定标。", "The award is recorded already.", field="tender")


def sold_at(connection: Connection, tender: str) -> datetime | None:
    """When an auction that has sold the lot ended: the time of its last event; None of a lot without an auction."""
    query = select(func.max(entries.c.time)).where(entries.c.tender == tender, entries.c.kind == "auction_event")
    moment: datetime | None = connection.scalar(query)
    return moment


def check_sale_publicity(unit: Unit, row: Tender) -> None:
    """Raise RuleBroken with `earliest` while the sale has not been public long enough to be confirmed (成交公示)."""
    ended = sold_at(unit.connection, row.tender)
    if ended is not None:
        periods.not_before(stages.procedure_of(row), calendar.china(), "sale_publicity", ended, unit.now, "publicity")


def propose(unit: Unit, caller: Caller, row: Tender, winner: str, reason: str | None) -> Proposal:
    """Ask another person to award to one who may win. Raises Conflict (act_not_in_stage), Held."""
    stages.move(unit, row, "propose_award")
    return proposals.propose(
        unit, caller, row.tender, "award", {"reason": reason, "tender": row.tender, "winner": winner}
    )


def record(unit: Unit, row: Tender, winner: str, price: str, reason: str | None) -> Entry:
    """The award as approved. price: text in 元. Raises Conflict (act_not_in_stage), Held."""
    stages.move(unit, row, "approve_award")
    body = {"price": price, "winner": winner} | ({} if reason is None else {"reason": reason})
    entry = unit.record("lot_awarded", row.tender, row.lot, body, disclosed=True)
    unit.connection.execute(
        insert(awards).values(
            tender=row.tender,
            winner=winner,
            price_fen=money.parse(price),
            awarded_at=unit.now,
            leaf=entry.commitment().hex(),
        )
    )
    listing.award(unit.connection, row.tender)
    return entry
