"""Opening what an auction has sealed: read outside any transaction, recorded in one unit as the auction's event.

What is read is fixed once it is due: the envelopes by the closing, the keys by the record. A crash in between leaves
it due, and the next look comes to the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from bidding import keysets, unseal
from bidding.acts import auction_sealed
from bidding.acts.auctions import Floor, Hall, enter
from bidding.acts.keys import load_record
from bidding.acts.releasing import released
from bidding.auctions import decide, outcome
from bidding.auctions.events import Event
from bidding.keysets import KeySet, Quorum
from bidding.rows import auction_closings
from notary.errors import Held, Malformed
from notary.rows import AnyRow
from notary.work import Lock, Work
from trading import money
from trading.acts import stages
from trading.auctions.draft import OFFER
from trading.forms import check_form


def due(connection: Connection) -> list[str]:
    """The tenders in which a whole quorum's keys are there and nothing was opened with them yet."""
    there = auction_closings.c
    query = select(there.tender).where(there.due_at.is_not(None), there.opened_at.is_(None)).distinct()
    return list(connection.scalars(query.order_by(there.tender)))


@dataclass(frozen=True)
class SealedPrices:
    """Envelopes of one kind, the quorum whose keys are there, and the form (its schema) that they were sealed by."""

    key_set: KeySet
    quorum: Quorum
    schema: Mapping[str, Any]
    envelopes: Sequence[AnyRow]


def open_due(work: Work, floor: Floor, tender: str) -> None:
    """Open what is due in an auction, all at once. May run twice, or at the same time."""
    with work.reading() as connection:
        kind = _due_kind(connection, tender)
        if kind is None:
            return
        schema = stages.procedure_of(stages.load(connection, tender)).form_schema
        sealed = load_sealed(connection, tender, kind, schema)
    # Outside: PostgreSQL ends a transaction that is idle for five seconds, and many offers may take longer.
    prices = prices_in(sealed)
    with work.unit(Lock(tender)) as unit:
        hall = enter(unit, floor, stages.load(unit.connection, tender))
        if kind == outcome.awaited(hall.terms, hall.state):
            hall.record(_opened(hall, kind, prices))
            unit.connection.execute(
                update(auction_closings)
                .where(auction_closings.c.tender == tender, auction_closings.c.kind == kind)
                .values(opened_at=unit.now)
            )
        hall.leave()


def load_sealed(connection: Connection, tender: str, kind: str, schema: Mapping[str, Any]) -> SealedPrices:
    """What a whole quorum's keys open. Raises Held (not_released) before they are there."""
    record = load_record(connection, tender, kind)
    key_set = None if record is None else keysets.parse(record["key_set"])
    quorum = None if key_set is None else keysets.complete_quorum(key_set, released(connection, key_set.id))
    if key_set is None or quorum is None:
        raise Held("not_released", "开启密钥尚未齐备。", "No whole quorum has released its keys yet.")
    envelopes = list(auction_sealed.envelopes_of(connection, tender, kind).values())
    return SealedPrices(key_set, quorum, schema, envelopes)


def prices_in(sealed: SealedPrices) -> dict[str, int | None]:
    """The prices (分) by who sealed them; None for an envelope that does not open, or holds no price of the form."""
    return {row.sealer: _price_in(row, sealed) for row in sealed.envelopes}


def _opened(hall: Hall, kind: str | None, prices: dict[str, int | None]) -> Event:
    if kind == OFFER:
        return decide.open_offers(hall.state, hall.unit.now, prices)
    (price,) = prices.values()
    return decide.reveal(hall.terms, hall.state, hall.unit.now, price)


def _due_kind(connection: Connection, tender: str) -> str | None:
    there = auction_closings.c
    kind: str | None = connection.scalar(
        select(there.kind).where(there.tender == tender, there.due_at.is_not(None), there.opened_at.is_(None))
    )
    return kind


def _price_in(row: AnyRow, sealed: SealedPrices) -> int | None:
    try:
        front, _ = auction_sealed.read_sealed(row.sealed)
        opened = unseal.with_quorum(front, sealed.key_set, row.sealer, sealed.quorum)
        values = check_form(sealed.schema, opened.values)
    except Malformed:
        return None
    price = money.parse(values[sealed.schema["price_field"]])
    return price if 0 < price <= money.MOST else None
