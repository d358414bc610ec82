"""Closing: the set of bids is fixed under the lot's *exclusive* lock, and what no longer stands is destroyed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select, update

from bidding.acts.uploads import part_key
from bidding.rows import closings, envelopes, releases, statements, uploads
from notary import canonical, clock, disclosure, merkle
from notary.entries import Entry
from notary.errors import Conflict, Held
from notary.failpoints import failpoint
from notary.rows import AnyRow, AnySelect, entries, numbered, outbox
from notary.store import Store
from notary.work import Unit
from trading import invitations
from trading.acts import stages, tenders

#: What becomes public at the opening.
DISCLOSED = (invitations.KIND, "bid_accepted", "bid_withdrawn", "bid_refused", "envelope_destroyed")


def close(unit: Unit, tender: str) -> Entry | None:
    """Close the lot if its deadline has come; None when that was done already (a tick may run twice).

    Destroys, in the record, every envelope that was replaced or withdrawn; the bytes go after the commit, by a job.
    Raises Held while a hold lasts.
    """
    row = stages.load(unit.connection, tender)
    if row.stage != "open":
        return None
    if unit.now < row.deadline:
        raise Conflict("deadline_ahead", "投标截止时间未到。", "The deadline has not come.", field="tender")
    tenders.close(unit, row)
    failpoint("close.moved")
    standing = standing_bids(unit.connection, tender)
    destroy_in_record(unit, row.tender, row.lot, _ended(unit.connection, tender), disclosed=False)
    leaves = [bid.leaf for bid in standing]
    root = merkle.root([merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in leaves]).hex()
    body = {"accepted": leaves, "count": len(leaves), "deadline": clock.text(row.deadline), "root": root}
    entry = unit.record("lot_closed", row.tender, row.lot, body, disclosed=True)
    unit.connection.execute(
        insert(closings).values(
            tender=tender, leaf=entry.commitment().hex(), count=len(leaves), root=root, closed_at=unit.now
        )
    )
    _fail_when_too_few(unit, tender, len(leaves))
    failpoint("close.written")
    return entry


def _fail_when_too_few(unit: Unit, tender: str, count: int) -> None:
    """Fewer bids than the procedure asks for: nothing is opened, the lot fails (招标投标法28; 条例44; 87号令43)."""
    row = stages.load(unit.connection, tender)
    limit = stages.procedure_of(row).limit("min_bidders")
    if limit is None or count >= limit.value:
        return
    destroy_unopened(unit, row.tender, row.lot, "too_few")
    detail = f"截标时投标 {count} 份，少于 {limit.value} 份，不开标（{limit.cites}）。"
    tenders.fail(unit, row, "too_few_bids", detail)


def standing_bids(connection: Connection, tender: str) -> Sequence[AnyRow]:
    """The bids that stand: ends of chains that are no withdrawals, in the order of their leaves."""
    later = statements.alias("later")
    return connection.execute(
        by_leaf(select(statements))
        .where(statements.c.tender == tender, statements.c.withdrawal.is_(False))
        .where(
            ~select(later.c.serial)
            .where(
                later.c.tender == statements.c.tender,
                later.c.bidder == statements.c.bidder,
                later.c.replaces == statements.c.statement,
            )
            .exists()
        )
    ).all()


def by_leaf(query: AnySelect) -> AnySelect:
    """A query of statements in the order of their leaves: those without an index yet get theirs in serial order.

    Not in the order of the statements' own serials: two bids accepted side by side may draw these the other way round.
    """
    return (
        query.join(entries, entries.c.commitment == statements.c.leaf)
        .join(numbered, numbered.c.serial == entries.c.serial, isouter=True)
        .order_by(numbered.c.index.nulls_last(), entries.c.serial)
    )


def destroy_in_record(
    unit: Unit, tender: str, lot: str, ended: Sequence[tuple[str, str, str]], *, disclosed: bool
) -> None:
    """Record that envelopes are destroyed: (envelope, commitment of its acceptance, reason); the bytes go by a job."""
    if ended:
        unit.afterwards("destroy", tender=tender)
    for envelope, accepted, reason in ended:
        entry = unit.record(
            "envelope_destroyed",
            tender,
            lot,
            {"accepted": accepted, "envelope": envelope, "reason": reason},
            disclosed=disclosed,
        )
        unit.connection.execute(
            update(envelopes).where(envelopes.c.envelope == envelope).values(destroyed_leaf=entry.commitment().hex())
        )


def destroy(connection: Connection, store: Store, tender: str) -> int:
    """Delete the bytes of every envelope that the record calls destroyed. May run twice; how many parts went.

    Copies in backups are beyond it (docs/THREATS.md).
    """
    gone = connection.execute(
        select(uploads.c.upload)
        .join(envelopes, envelopes.c.upload == uploads.c.upload)
        .where(uploads.c.tender == tender, envelopes.c.destroyed_leaf.is_not(None))
    ).scalars()
    count = 0
    for upload in gone:
        for key in list(store.keys(part_key(upload, 0).rpartition("/")[0] + "/")):
            store.delete(key)
            failpoint("destroy.deleted")
            count += 1
    return count


def being_destroyed(connection: Connection, tender: str) -> bool:
    """Whether bytes may still be there that the record calls destroyed: the job is not done yet."""
    payload = canonical.dumps({"tender": tender}).decode()
    job = select(outbox.c.serial).where(outbox.c.job == "destroy", outbox.c.payload == payload).limit(1)
    return connection.execute(job).first() is not None


def destroy_unopened(unit: Unit, tender: str, lot: str, reason: str) -> None:
    """Destroy every envelope that still exists, unopened (too few bids, cancelled), openly.

    Who had bid stays undisclosed: the same bidders may compete for it again.
    """
    rows = unit.connection.execute(
        select(envelopes.c.envelope, statements.c.leaf)
        .join(statements, statements.c.statement == envelopes.c.statement)
        .where(statements.c.tender == tender, envelopes.c.destroyed_leaf.is_(None))
        .order_by(statements.c.serial)
    )
    destroy_in_record(unit, tender, lot, [(row.envelope, row.leaf, reason) for row in rows], disclosed=True)
    disclosure.disclose_kinds(unit, tender, ["envelope_destroyed"])


def check_no_key_released(connection: Connection, tender: str) -> None:
    """Raise Held when a key of the lot is out: then it can only be opened."""
    if connection.execute(select(releases.c.trustee).where(releases.c.tender == tender).limit(1)).first():
        raise Held("key_is_out", "已有密钥公布，不能再终止。", "A key is out: the lot cannot be ended now.")


def _ended(connection: Connection, tender: str) -> list[tuple[str, str, str]]:
    later = statements.alias("later")
    rows = connection.execute(
        select(envelopes.c.envelope, statements.c.leaf, later.c.withdrawal)
        .join(statements, statements.c.statement == envelopes.c.statement)
        .join(
            later,
            (later.c.tender == statements.c.tender)
            & (later.c.bidder == statements.c.bidder)
            & (later.c.replaces == statements.c.statement),
        )
        .where(statements.c.tender == tender, envelopes.c.destroyed_leaf.is_(None))
        .order_by(statements.c.serial)
    )
    return [(row.envelope, row.leaf, "withdrawn" if row.withdrawal else "replaced") for row in rows]
