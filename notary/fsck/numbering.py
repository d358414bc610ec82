"""Numbers and heads: every leaf has its place, and the log only ever grew (I4)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, func, select

from notary.findings import Finding, unsound
from notary.fsck.entries import stream
from notary.rows import entries, heads, numbered


def check_numbers(connection: Connection) -> Iterator[Finding]:
    """Indices run from 0 without a gap to the last head; within a batch they follow the serials."""
    index = numbered.c.index
    count, last = connection.execute(select(func.count(), func.max(index)).select_from(numbered)).one()
    if count and last != count - 1:
        yield unsound("I4", f"numbered index={last}", "gap")
    size = connection.scalar(select(func.max(heads.c.size))) or 0
    if size != count:
        yield unsound("I4", f"heads size={size}", "not_the_number_of_leaves")
    before = func.lag(numbered.c.serial).over(order_by=index)
    pairs = select(index, numbered.c.serial, before.label("before")).subquery()
    fallen = (
        select(pairs.c.index)
        .where(pairs.c.before > pairs.c.serial, pairs.c.index.not_in(select(heads.c.previous)))
        .order_by(pairs.c.index)
    )
    for row in stream(connection, fallen):
        yield unsound("I4", f"numbered index={row[0]}", "out_of_order")


def check_heads(connection: Connection, now: datetime) -> Iterator[Finding]:
    """Each head goes on from the one before it, is not earlier, and not before any of its entries."""
    by_size = heads.c.size
    chain = select(
        by_size,
        heads.c.previous,
        heads.c.time,
        func.lag(by_size).over(order_by=by_size).label("size_before"),
        func.lag(heads.c.time, type_=heads.c.time.type).over(order_by=by_size).label("time_before"),
    )
    for row in stream(connection, chain.order_by(by_size)):
        if row.previous != (row.size_before or 0):
            yield unsound("I4", f"heads size={row.size}", "previous_wrong")
        if row.time > now or (row.time_before is not None and row.time < row.time_before):
            yield unsound("I4", f"heads size={row.size}", "time_wrong")
    late = (
        select(heads.c.size, numbered.c.index)
        .join(numbered, (numbered.c.index >= heads.c.previous) & (numbered.c.index < by_size))
        .join(entries, entries.c.serial == numbered.c.serial)
        .where(entries.c.time > heads.c.time)
        .order_by(numbered.c.index)
    )
    for size, index in stream(connection, late):
        yield unsound("I4", f"heads size={size}", f"before_its_leaf_{index}")
