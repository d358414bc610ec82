"""What the disclosed record says of a lot: when each stage was reached, holds, everything that happened."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from notary import clock, record
from notary.rows import entries

#: Entry -> the stage that it opens.
_REACHED = {
    "tender_published": "open",
    "lot_closed": "closed",
    "lot_opened": "opened",
    "lot_evaluated": "evaluated",
    "candidates_published": "publicity",
    "lot_awarded": "awarded",
    "contract_registered": "contracted",
    "contract_completed": "completed",
}
_HOLDS = ("lot_held", "hold_lifted")


def reached(connection: Connection, tender: str) -> dict[str, str]:
    """Stage -> time text of the act that led there; of several the last."""
    rows = connection.execute(
        select(entries.c.kind, entries.c.time)
        .where(entries.c.tender == tender, entries.c.kind.in_(_REACHED), entries.c.disclosed.is_(True))
        .order_by(entries.c.serial)
    )
    return {_REACHED[row.kind]: clock.text(row.time) for row in rows}


def holds(connection: Connection, tender: str) -> list[dict[str, Any]]:
    """Holds and lifts, the latest first: kind, reason, who, time."""
    rows = connection.execute(
        select(entries)
        .where(entries.c.tender == tender, entries.c.kind.in_(_HOLDS), entries.c.disclosed.is_(True))
        .order_by(entries.c.serial.desc())
    )
    found = [record.of_row(row) for row in rows]
    return [
        {"kind": one.kind, "time": clock.text(one.time), "reason": one.body["reason"], "by": one.body["by"]}
        for one in found
    ]
