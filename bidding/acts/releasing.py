"""Release of opening keys by trustees: after the closing, under a cosigned checkpoint that holds it."""

from __future__ import annotations

import base64
from typing import Any

from sqlalchemy import Connection, insert, select

from bidding import keysets
from bidding.acts import auction_sealed
from bidding.acts.closing import being_destroyed
from bidding.acts.keys import load_record, own_trustee
from bidding.rows import closings, key_sets, releases
from bidding.statements import Release, Signed, read_signed
from notary import notes
from notary.entries import Entry
from notary.errors import Conflict, Held, Malformed, Unknown
from notary.publish import index_of
from notary.rows import checkpoints
from notary.work import Unit
from trading.acts import stages
from trading.caller import Caller


def release(unit: Unit, caller: Caller, tender: str, signed: Signed) -> tuple[Entry, bool]:
    """Take a trustee's private opening key; the entry, and whether a quorum is complete now (the opening is then due).

    Raises Held (early_release, on_hold, not_destroyed_yet), Malformed (opening_key_wrong, checkpoint_wrong, …),
    Conflict (key_released).
    """
    who = own_trustee(unit.connection, caller, str(signed.object.get("trustee", "")))
    said = read_signed(signed, Release, [bytes.fromhex(who.identity)])
    row = stages.load_published(unit.connection, tender)
    if (said.tender, said.lot) != (row.tender, row.lot):
        raise Malformed("tender_wrong", "该声明属于另一项目。", "That is of another tender.", field="release.tender")
    auctioned = stages.procedure_of(row).auction is not None
    if not auctioned:
        _check_time(unit.connection, row)
    key_set = _key_set(unit.connection, said.key_set, tender)
    keysets.check_released(key_set, who.trustee, bytes.fromhex(said.private_key))
    if auctioned:
        leaf = auction_sealed.closing_leaf(unit.connection, tender, key_set.kind)
        _check_auction_time(row, leaf)
    else:
        leaf = unit.connection.scalar(select(closings.c.leaf).where(closings.c.tender == tender))
    _check_checkpoint(unit.connection, leaf, said)
    if said.trustee in released(unit.connection, said.key_set):
        raise Conflict("key_released", "该密钥已公布。", "That key is released already.", field="release")
    body = {"release": {"object": signed.object, "signature": signed.signature}}
    entry = unit.record("key_released", row.tender, row.lot, body, disclosed=True)
    unit.connection.execute(
        insert(releases).values(
            key_set=said.key_set,
            trustee=who.trustee,
            tender=tender,
            private_key=said.private_key,
            leaf=entry.commitment().hex(),
            released_at=unit.now,
        )
    )
    complete = keysets.complete_quorum(key_set, released(unit.connection, said.key_set)) is not None
    if complete and auctioned:
        auction_sealed.set_due(unit, tender, key_set.kind)
    elif complete and row.stage == "closed":
        stages.set_due(unit, tender, unit.now)
    return entry, complete


def released(connection: Connection, key_set: str) -> dict[str, bytes]:
    """Trustee to private opening key, of those released."""
    rows = connection.execute(select(releases.c.trustee, releases.c.private_key).where(releases.c.key_set == key_set))
    return {row.trustee: bytes.fromhex(row.private_key) for row in rows}


def _check_time(connection: Connection, row: stages.Tender) -> None:
    if row.stage in {"draft", "proposed", "open"}:
        raise _early()
    if row.stage not in {"closed", "opened"}:
        raise _ended()
    if row.held:
        raise Held("on_hold", "项目暂停中，请等待恢复。", "The tender is on hold; wait until it is lifted.")
    if being_destroyed(connection, row.tender):
        raise Held(
            "not_destroyed_yet",
            "替换或撤回的投标尚未销毁完毕，密钥未公布，请稍候。",
            "Bids that were replaced or withdrawn are still being destroyed: nothing was released; wait a moment.",
            field="release",
        )


def _check_auction_time(row: stages.Tender, leaf: str | None) -> None:
    """Only once the record says that this kind is to be opened: a reserve price for which nobody has bid never is."""
    if row.stage != "open":
        raise _ended()
    if leaf is None:
        raise _early()


def _early() -> Held:
    return Held(
        "early_release",
        "尚未截标，密钥不得公布；您的私钥已收到但未保存、未记录。",
        "The lot has not closed: no key may be released yet. Nothing was recorded.",
        field="release",
    )


def _ended() -> Conflict:
    return Conflict("release_ended", "本标段不再需要密钥。", "This lot needs no key any more.", field="release")


def _key_set(connection: Connection, key_set: str, tender: str) -> keysets.KeySet:
    kind = connection.scalar(select(key_sets.c.kind).where(key_sets.c.key_set == key_set, key_sets.c.tender == tender))
    record = load_record(connection, tender, kind) if kind else None
    if record is None:
        raise Unknown("key_set_unknown", "没有这个密钥组。", "There is no such key set.", field="release.key_set")
    return keysets.parse(record["key_set"])


def _check_checkpoint(connection: Connection, leaf: str | None, said: Release) -> None:
    """The checkpoint that the trustee saw is ours, cosigned, and holds the closing with this commitment."""
    note = connection.scalar(select(checkpoints.c.note).where(checkpoints.c.size == said.checkpoint.size))
    index = index_of(connection, leaf) if leaf else None
    known: Any = notes.parse_checkpoint(notes.parse_note(note.encode()).text) if note else None
    if (
        known is None
        or base64.b64encode(known.root).decode() != said.checkpoint.root
        or index is None
        or index >= known.size
    ):
        raise Malformed(
            "checkpoint_wrong",
            "所依据的检查点不包含截标记录，或不是已公布的检查点。",
            "The checkpoint named is not a published one that holds the closing.",
            field="release.checkpoint",
        )
