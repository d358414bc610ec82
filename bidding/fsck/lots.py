"""Each lot's bids: none lost, none late, none shown early; its closing list and its offers (I1, I2, I5, I6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, select

from bidding.acts.closing import DISCLOSED
from bidding.acts.submission import NONE
from bidding.rows import offers, statements
from notary import canonical, clock, merkle, record
from notary.entries import Entry
from notary.findings import Finding, absent, differing, differs, stray, unsound
from notary.fsck.entries import is_sound, stream
from notary.rows import AnyRow, entries, numbered
from trading import money
from trading.fsck.story import NOTICES
from trading.rows import tenders

_ENDS = ("lot_closed", "lot_opened", "lot_failed")


def check_lots(connection: Connection) -> Iterator[Finding]:
    """Every lot that was published."""
    for tender in stream(connection, select(tenders.c.tender).order_by(tenders.c.tender)):
        ends = {entry.kind: entry for entry in _entries(connection, tender[0], (*NOTICES, *_ENDS))}
        bids = _bids(connection, tender[0])
        yield from _check_chains(tender[0], bids)
        yield from _check_times(connection, tender[0], bids, ends)
        if "lot_closed" in ends:
            yield from _check_closing(tender[0], bids, ends["lot_closed"])
        if "lot_opened" in ends or "lot_failed" not in ends:
            yield from _check_disclosed(connection, tender[0], shown="lot_opened" in ends)
        yield from _check_offers(connection, tender[0], bids, ends)


def standing(bids: Sequence[AnyRow]) -> list[AnyRow]:
    """The bids that no later statement of their bidder ends, in the order of their leaves."""
    ended = {(bid.bidder, bid.replaces) for bid in bids}
    return [bid for bid in bids if not bid.withdrawal and (bid.bidder, bid.statement) not in ended]


def _entries(connection: Connection, tender: str, kinds: Sequence[str]) -> list[Entry]:
    query = select(entries).where(entries.c.tender == tender, entries.c.kind.in_(kinds)).order_by(entries.c.serial)
    return [record.of_row(row) for row in connection.execute(query) if is_sound(row)]


def _bids(connection: Connection, tender: str) -> Sequence[AnyRow]:
    """All statements, in the order of their leaves: those without an index yet will get theirs by serial."""
    return connection.execute(
        select(statements, entries.c.serial.label("entry"), numbered.c.index.label("place"))
        .join(entries, entries.c.commitment == statements.c.leaf)
        .join(numbered, numbered.c.serial == entries.c.serial, isouter=True)
        .where(statements.c.tender == tender)
        .order_by(numbered.c.index.nulls_last(), entries.c.serial)
    ).all()


def _check_chains(tender: str, bids: Sequence[AnyRow]) -> Iterator[Finding]:
    """Each bidder's statements follow one another: the first ends nothing, each later one the one before it."""
    last: dict[str, tuple[str, int]] = {}
    for bid in bids:
        where = f"statements statement={bid.statement} tender={tender}"
        before, serial = last.get(bid.bidder, (NONE, 0))
        if bid.replaces != before:
            yield unsound("I1", where, "chain_broken")
        if bid.serial <= serial:
            yield unsound("I1", where, "out_of_order")
        last[bid.bidder] = bid.statement, bid.serial


def _check_times(
    connection: Connection, tender: str, bids: Sequence[AnyRow], ends: dict[str, Entry]
) -> Iterator[Finding]:
    notice, closing = ends.get("tender_amended", ends.get("tender_published")), ends.get("lot_closed")
    if notice is None:
        if bids:
            yield stray("I5", f"statements tender={tender}")
        return
    deadline = clock.parse(notice.body["deadline"])
    last = None if closing is None else _place(connection, closing)
    for bid in bids:
        where = f"statements statement={bid.statement}"
        if bid.accepted_at >= deadline:
            yield unsound("I5", where, "after_deadline")
        if last is not None and (bid.place is None or bid.place > last):
            yield unsound("I5", where, "after_closing")
    if closing is not None and (closing.time < deadline or closing.body["deadline"] != notice.body["deadline"]):
        yield unsound("I5", f"closings tender={tender}", "deadline_wrong")


def _place(connection: Connection, entry: Entry) -> int | None:
    found: int | None = connection.scalar(
        select(numbered.c.index)
        .join(entries, entries.c.serial == numbered.c.serial)
        .where(entries.c.commitment == entry.commitment().hex())
    )
    return found


def _check_closing(tender: str, bids: Sequence[AnyRow], closing: Entry) -> Iterator[Finding]:
    """The closing list is the standing bids, with their number and root."""
    leaves = [bid.leaf for bid in standing(bids)]
    root = merkle.root([merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in leaves]).hex()
    expected = {"accepted": leaves, "count": len(leaves), "root": root}
    yield from differing("I2", f"lot_closed tender={tender}", expected, closing.body)


def _check_disclosed(connection: Connection, tender: str, *, shown: bool) -> Iterator[Finding]:
    """Nothing of the bids is disclosed before the opening, and all of it with it. Refusals may come later.

    Of a lot that fails unopened some stay undisclosed (docs/spec/dossier.md): nothing is asked of these.
    """
    query = select(entries.c.serial, entries.c.kind, entries.c.disclosed).where(
        entries.c.tender == tender, entries.c.kind.in_(DISCLOSED), entries.c.disclosed.is_(not shown)
    )
    for row in stream(connection, query):
        if not shown or row.kind != "bid_refused":
            reason = "not_disclosed" if shown else "disclosed_early"
            yield unsound("I6", f"entries serial={row.serial} disclosed", reason)


def _check_offers(
    connection: Connection, tender: str, bids: Sequence[AnyRow], ends: dict[str, Entry]
) -> Iterator[Finding]:
    """The offers are those of `lot_opened`, one for each standing bid, in order; before it there are none."""
    query = select(offers).where(offers.c.tender == tender).order_by(offers.c.position)
    found = {row.position: row._asdict() for row in connection.execute(query)}
    opened = ends.get("lot_opened")
    listed = [] if opened is None else opened.body["bids"]
    notice = ends.get("tender_amended", ends.get("tender_published"))
    statements_ = {bid.leaf: bid.statement for bid in bids}
    if opened is not None and [one["accepted"] for one in listed] != [bid.leaf for bid in standing(bids)]:
        yield differs("I2", f"lot_opened tender={tender}")
    for position, one in enumerate(listed):
        row = found.pop(position, None)
        where = f"offers tender={tender} position={position}"
        if row is None or notice is None:
            yield absent("I6", where)
        else:
            field = notice.body["form_schema"]["price_field"]
            yield from differing("I6", where, _offer(one, statements_.get(one["accepted"]), field), row)
    for position in found:
        yield stray("I6", f"offers tender={tender} position={position}")


def _offer(one: dict[str, Any], statement: str | None, price_field: str) -> dict[str, Any]:
    values = one["values"]
    return {
        "statement": statement,
        "bidder": one["bidder"],
        "outcome": one["outcome"],
        "reason": one["reason"],
        "form": None if values is None else canonical.dumps(values).decode(),
        "price_fen": money.parse(values[price_field]) if one["outcome"] == "opened" else None,
    }
