"""How mail stands, for the administrator: what waits and what failed, by kind."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, or_, select

from api.rows import letters
from notary import clock
from trading.rows import tenders

_SEALED = ("open", "closed")
_MOST = 100


def counted(connection: Connection) -> dict[str, Any]:
    """waiting, failed: numbers; troubles: the oldest letters that were tried and not taken: kind, answer, since, state.

    Letters that somebody gets because of a bid are left out until the lot is open.
    """
    told = or_(
        letters.c.tells_of_bid.is_(False),
        letters.c.tender.in_(select(tenders.c.tender).where(tenders.c.stage.not_in(_SEALED))),
    )
    count = select(letters.c.state, func.count().label("count")).where(told).group_by(letters.c.state)
    counts = {row.state: row.count for row in connection.execute(count)}
    tried = connection.execute(
        select(letters)
        .where(told, letters.c.state.in_(("waiting", "failed")), letters.c.answer != "")
        .order_by(letters.c.made_at, letters.c.letter)
        .limit(_MOST)
    )
    return {
        "waiting": counts.get("waiting", 0),
        "failed": counts.get("failed", 0),
        "troubles": [
            {
                "kind": row.kind,
                "answer": row.answer,
                "since": clock.text(row.made_at),
                "state": row.state,
                "tender": row.tender,
            }
            for row in tried
        ],
    }
