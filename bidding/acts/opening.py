"""Opening: all or nothing.

    intend    unit 1, exclusive lock: which quorum's keys open the lot
    read_all  outside any transaction: every envelope opened and derived again
    disclose  unit 2, exclusive lock: all bids at once, in the order of their leaves, opened or with a reason

A crash between the units leaves the intent; the next tick reads everything again and comes to the same result, because
the keys are public and the envelopes fixed. A quorum completed later changes nothing: the intent names the first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, insert, select, update

from bidding import keysets, unseal
from bidding.acts.closing import DISCLOSED, by_leaf, standing_bids
from bidding.acts.keys import load_record
from bidding.acts.releasing import released
from bidding.acts.uploads import part_key
from bidding.envelope import parse_front
from bidding.rows import envelopes, offers, openings, parts, statements
from notary import canonical, disclosure, record
from notary.entries import Entry
from notary.errors import Held, Malformed, Unknown
from notary.failpoints import failpoint
from notary.rows import AnyRow
from notary.store import Store
from notary.work import Lock, Unit, Work
from trading import money
from trading.acts import stages, tenders
from trading.forms import check_form
from trading.rows import organisations

KIND = "bid"


@dataclass(frozen=True)
class Read:
    """What one envelope held. outcome: opened, invalid or unopenable. values: as found. price_fen: of an opened one."""

    statement: str
    accepted: str
    bidder: str
    name: str
    envelope: str
    outcome: str
    reason: str | None
    values: dict[str, Any] | None
    price_fen: int | None

    def disclosed(self) -> dict[str, Any]:
        """The element of `lot_opened.bids` (docs/spec/dossier.md)."""
        return {
            "accepted": self.accepted,
            "bidder": self.bidder,
            "name": self.name,
            "envelope": self.envelope,
            "outcome": self.outcome,
            "reason": self.reason,
            "values": self.values,
        }


@dataclass(frozen=True)
class SealedLot:
    """A closed lot, the keys that open it, its form schema, and the bids of the closing list."""

    key_set: keysets.KeySet
    quorum: keysets.Quorum
    schema: dict[str, Any]
    bids: Sequence[AnyRow]


def open_lot(work: Work, store: Store, tender: str) -> Entry | None:
    """Open the lot when a quorum is complete; None when it is not, or when that was done. May run twice at once."""
    lock = Lock(tender)
    with work.unit(lock) as unit:
        if not intend(unit, tender):
            return None
    failpoint("open.intended")
    with work.reading() as connection:
        lot = sealed_lot(connection, tender)
    # PostgreSQL ends a transaction that is idle for five seconds, and a thousand envelopes take longer.
    results = read_all(store, lot)
    failpoint("open.read")
    with work.unit(lock) as unit:
        entry = disclose(unit, tender, results)
        failpoint("open.written")
    failpoint("open.committed")
    return entry


def intend(unit: Unit, tender: str) -> bool:
    """Record which quorum opens the lot; whether there is an intent to carry out."""
    row = stages.load(unit.connection, tender)
    record = load_record(unit.connection, tender, KIND)
    if row.stage != "closed" or record is None:
        return False
    # It stays due: once nothing stops it any more the opening goes on by itself. What stops it may have come since
    # agenda.due was read, and nothing of the opening may stand in the record meanwhile.
    if row.held or stages.suspended(unit, row):
        return False
    if unit.connection.execute(select(openings.c.tender).where(openings.c.tender == tender)).first():
        return True
    key_set = keysets.parse(record["key_set"])
    quorum = keysets.complete_quorum(key_set, released(unit.connection, key_set.id))
    if quorum is None:
        stages.set_due(unit, tender, None)
        return False
    body = {"key_set": key_set.id, "quorum": quorum.number}
    unit.record("opening_intended", row.tender, row.lot, body, disclosed=True)
    unit.connection.execute(
        insert(openings).values(tender=tender, key_set=key_set.id, quorum=quorum.number, intended_at=unit.now)
    )
    return True


def sealed_lot(connection: Connection, tender: str) -> SealedLot:
    """What the opening reads, all of which is fixed once it is intended. Raises Unknown (key_set_unknown)."""
    row = stages.load(connection, tender)
    record = load_record(connection, tender, KIND)
    if record is None:
        raise Unknown("key_set_unknown", "没有密钥组。", "There is no key set.", field="tender")
    key_set = keysets.parse(record["key_set"])
    number = connection.execute(select(openings.c.quorum).where(openings.c.tender == tender)).scalar_one()
    keys = released(connection, key_set.id)
    quorum = keysets.Quorum(number, tuple(keys[name] for name in key_set.quorums[number]))
    return SealedLot(key_set, quorum, stages.procedure_of(row).form_schema, _bids(connection, tender))


def read_all(store: Store, lot: SealedLot) -> list[Read]:
    """Open every envelope of the closing list. One that does not open never stops the others.

    Time and memory of one are bounded by its format: part 0 is at most 1.5 MiB and its wraps at most 12 quorums.
    Raises Held (object_damaged) when the store has not the bytes that were accepted: nothing is opened until it has.
    """
    return [_read(store, bid, lot) for bid in lot.bids]


def disclose(unit: Unit, tender: str, results: Sequence[Read]) -> Entry | None:
    """Write and disclose everything at once; None when that was done."""
    row = stages.load(unit.connection, tender)
    if row.stage != "closed":
        return None
    opening = unit.connection.execute(select(openings).where(openings.c.tender == tender)).one()
    body = {
        "bids": [read.disclosed() for read in results],
        "key_set": opening.key_set,
        "quorum": opening.quorum,
    }
    tenders.opened(unit, row)
    entry = unit.record("lot_opened", row.tender, row.lot, body, disclosed=True)
    disclosure.disclose_kinds(unit, tender, DISCLOSED)
    if results:
        unit.connection.execute(insert(offers), [_offer(tender, i, read) for i, read in enumerate(results)])
    unit.connection.execute(
        update(openings).where(openings.c.tender == tender).values(leaf=entry.commitment().hex(), opened_at=unit.now)
    )
    return entry


def load_offers(connection: Connection, tender: str) -> list[dict[str, Any]]:
    """The bids as disclosed, in order, from the record of the opening itself. Raises Unknown before it."""
    body = opened_body(connection, tender)
    found: list[dict[str, Any]] = body["bids"]
    return found


def opened_body(connection: Connection, tender: str) -> dict[str, Any]:
    """The body of `lot_opened`. Raises Unknown before the opening."""
    leaf = opened_leaf(connection, tender)
    return record.load(connection, leaf).body


def is_opened(connection: Connection, tender: str) -> bool:
    """Whether the bids are disclosed."""
    return connection.scalar(_leaf(tender)) is not None


def opened_leaf(connection: Connection, tender: str) -> str:
    """The commitment of `lot_opened`. Raises Unknown before the opening."""
    leaf = connection.scalar(_leaf(tender))
    if leaf is None:
        raise Unknown("not_opened", "尚未开标。", "The bids have not been opened.", field="tender")
    found: str = leaf
    return found


def _read(store: Store, bid: AnyRow, lot: SealedLot) -> Read:
    base = (bid.statement, bid.leaf, bid.bidder, bid.name, bid.envelope)
    try:
        front = parse_front(_part_0(store, bid))
        opened = unseal.with_quorum(front, lot.key_set, bid.bidder, lot.quorum)
    except Malformed as fault:
        return Read(*base, "unopenable", fault.reason, None, None)
    try:
        values = check_form(lot.schema, opened.values)
    except Malformed as fault:
        return Read(*base, "invalid", f"{fault.field}: {fault.reason}", opened.values, None)
    price = money.parse(values[lot.schema["price_field"]])
    return Read(*base, "opened", None, values, price)


def _part_0(store: Store, bid: AnyRow) -> bytes:
    """The bytes that the bidder sent. What the server's disk did to them is no fault of the bid."""
    key = part_key(bid.upload, 0)
    try:
        data = store.read(key)
    except Unknown as error:
        raise _damaged(key) from error
    if hashlib.sha256(data).hexdigest() != bid.sha256:
        raise _damaged(key)
    return data


def _damaged(key: str) -> Held:
    return Held(
        "object_damaged",
        "存储中的投标文件缺失或与受理时的摘要不符，整个标段暂不开启；请从备份恢复该对象，随后自动开启。",
        "A stored bid is missing or has not the bytes that were accepted: the lot is not opened. "
        "Restore the object from a backup; the opening then goes on by itself.",
        object=key,
    )


def _bids(connection: Connection, tender: str) -> Sequence[AnyRow]:
    standing = [row.statement for row in standing_bids(connection, tender)]
    query = (
        select(
            statements.c.statement,
            statements.c.leaf,
            statements.c.bidder,
            organisations.c.name,
            envelopes.c.envelope,
            envelopes.c.upload,
            parts.c.sha256,
        )
        .join(envelopes, envelopes.c.statement == statements.c.statement)
        .join(organisations, organisations.c.code == statements.c.bidder)
        # Outer: a bid whose row is lost is damaged, and not left out.
        .join(parts, and_(parts.c.upload == envelopes.c.upload, parts.c.number == 0), isouter=True)
        .where(statements.c.tender == tender, statements.c.statement.in_(standing), envelopes.c.kind == KIND)
    )
    return connection.execute(by_leaf(query)).all()


def _offer(tender: str, position: int, read: Read) -> dict[str, Any]:
    return {
        "statement": read.statement,
        "tender": tender,
        "position": position,
        "bidder": read.bidder,
        "outcome": read.outcome,
        "reason": read.reason,
        "form": None if read.values is None else canonical.dumps(read.values).decode(),
        "price_fen": read.price_fen,
    }


def _leaf(tender: str) -> Select[str]:
    return select(openings.c.leaf).where(openings.c.tender == tender)
