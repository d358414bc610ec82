"""Opening what an auction has sealed: read outside any transaction, recorded in one unit as the auction's event.

What is read is fixed once it is due: the envelopes by the closing, the keys by the record. A crash in between leaves
it due, and the next look comes to the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select, update

from bidding import keysets, unseal
from bidding.acts import auction_sealed
from bidding.acts.auctions import Floor, enter
from bidding.acts.keys import load_record
from bidding.acts.releasing import released
from bidding.auctions import decide, outcome
from bidding.keysets import KeySet, Quorum
from bidding.rows import auction_closings
from notary.errors import Held, Malformed
from notary.rows import AnyRow
from notary.work import Lock, Work
from trading import money
from trading.acts import stages
from trading.forms import check_form


def due(connection: Connection) -> list[str]:
    """The tenders in which a whole quorum's keys are there and nothing was opened with them yet."""
    there = auction_closings.c
    query = select(there.tender).where(there.due_at.is_not(None), there.opened_at.is_(None)).distinct()
    return list(connection.scalars(query.order_by(there.tender)))


def open_due(work: Work, floor: Floor, tender: str) -> None:
    """Open what is due in an auction, all at once. May run twice, or at the same time."""
    with work.reading() as connection:
        kind = _due_kind(connection, tender)
        if kind is None:
            return
        schema = stages.procedure_of(stages.load(connection, tender)).form_schema
        prices = prices_of(connection, tender, kind, schema)
    with work.unit(Lock(tender)) as unit:
        hall = enter(unit, floor, stages.load(unit.connection, tender))
        if outcome.awaited(hall.terms, hall.state) == kind:
            (price,) = prices.values()
            hall.record(decide.reveal(hall.terms, hall.state, unit.now, price))
            unit.connection.execute(
                update(auction_closings)
                .where(auction_closings.c.tender == tender, auction_closings.c.kind == kind)
                .values(opened_at=unit.now)
            )
        hall.leave()


def prices_of(connection: Connection, tender: str, kind: str, schema: Mapping[str, Any]) -> dict[str, int | None]:
    """The prices (分) in the envelopes of a kind, by who sealed them, opened with the released keys of a quorum.

    schema: the form's. None for an envelope that does not open, or holds no price of that form. Raises Held
    (not_released) before a whole quorum has released.
    """
    record = load_record(connection, tender, kind)
    key_set = None if record is None else keysets.parse(record["key_set"])
    quorum = None if key_set is None else keysets.complete_quorum(key_set, released(connection, key_set.id))
    if key_set is None or quorum is None:
        raise Held("not_released", "开启密钥尚未齐备。", "No whole quorum has released its keys yet.")
    rows = auction_sealed.envelopes_of(connection, tender, kind).values()
    return {row.sealer: _price_in(row, key_set, quorum, schema) for row in rows}


def _due_kind(connection: Connection, tender: str) -> str | None:
    there = auction_closings.c
    kind: str | None = connection.scalar(
        select(there.kind).where(there.tender == tender, there.due_at.is_not(None), there.opened_at.is_(None))
    )
    return kind


def _price_in(row: AnyRow, key_set: KeySet, quorum: Quorum, schema: Mapping[str, Any]) -> int | None:
    try:
        front, _ = auction_sealed.read_sealed(row.sealed)
        values = check_form(schema, unseal.with_quorum(front, key_set, row.sealer, quorum).values)
    except Malformed:
        return None
    price = money.parse(values[schema["price_field"]])
    return price if 0 < price <= money.MOST else None
