"""What an auction has sealed to the trustees' quorums, from the envelope to its closing, its opening or its end.

The envelopes are small and whole in their rows. Nobody can open one before a quorum's keys are out, and these are
released only for a kind that the record says is to be opened.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, delete, insert, select, true, update

from bidding import keysets, unseal
from bidding.acts.keys import load_record
from bidding.auctions import outcome
from bidding.auctions.state import State
from bidding.blocks import Blocks
from bidding.envelope import Front, parse_file
from bidding.rows import auction_closings, auction_envelopes, auction_statements
from notary import merkle, signing
from notary.entries import Entry
from notary.errors import Conflict, Held, TooMuch
from notary.rows import AnyRow
from notary.work import Unit
from trading.acts import stages, tenders
from trading.acts.stages import Tender
from trading.auctions.draft import RESERVE
from trading.auctions.terms import Terms
from trading.caller import Caller

#: Bytes of an envelope that holds one price: the widest policy needs less than half of it.
MAX_SIZE = 1 << 16
#: Result of an auction -> why what it has sealed is destroyed unopened.
_DESTROYED: Mapping[str, str] = {"no_bids": "no_bids", "too_few_bidders": "too_few", "terminated": "cancelled"}


def seal_reserve(unit: Unit, caller: Caller, tender: str, sealed: str) -> str:
    """Keep the grantor's sealed reserve price (base64) with the draft, in place of an earlier one; its id.

    Raises Unknown, Conflict (act_not_in_stage, reserve_needless, key_set_missing), TooMuch, Malformed.
    """
    row = stages.load_own(unit.connection, caller, tender)
    if not (row.content.get("auction") or {}).get("reserve"):
        raise Conflict(
            "reserve_needless",
            "该项目的草稿没有写明设保留价。",
            "The draft does not say that there is a reserve price.",
            field="tender",
        )
    record = load_record(unit.connection, tender, RESERVE)
    if record is None or len(record["signatures"]) < len(record["key_set"]["trustees"]):
        raise Conflict(
            "key_set_missing",
            "受托人尚未全部签署密钥组，保留价还不能密封。",
            "Not every trustee has signed the key set yet: a reserve price cannot be sealed.",
            field="tender",
        )
    front, envelope = read_sealed(sealed)
    unseal.check_base(front, keysets.parse(record["key_set"]), row.agency)
    tenders.name_reserve(unit, row, envelope)
    there = auction_envelopes.c
    unit.connection.execute(delete(auction_envelopes).where(there.tender == tender, there.kind == RESERVE))
    keep(unit, row, envelope, RESERVE, row.agency, sealed)
    return envelope


def read_sealed(sealed: str) -> tuple[Front, str]:
    """Part 0 and the id of a whole envelope in base64. Raises TooMuch (envelope_large), Malformed (header_…)."""
    data = signing.unb64(sealed, "envelope")
    if len(data) > MAX_SIZE:
        raise TooMuch(
            "envelope_large",
            f"只含一个价格的封套不得超过 {MAX_SIZE >> 10} KiB，请勿附文件。",
            f"An envelope of one price has at most {MAX_SIZE >> 10} KiB: put no files in.",
            field="envelope",
        )
    front, blocks = cut(sealed)
    return front, front.envelope_id(blocks)


def cut(sealed: str) -> tuple[Front, list[str]]:
    """Part 0 of a whole envelope in base64, and the hashes of its blocks. Raises Malformed (header_…)."""
    front, documents = parse_file(signing.unb64(sealed, "envelope"))
    blocks = Blocks()
    blocks.update(documents)
    return front, [part.sha256 for part in blocks.finish()]


def keep(unit: Unit, row: Tender, envelope: str, kind: str, sealer: str, sealed: str) -> None:
    """Keep an envelope. sealer: as its base names whoever sealed it."""
    unit.connection.execute(
        insert(auction_envelopes).values(
            envelope=envelope, tender=row.tender, kind=kind, sealer=sealer, sealed=sealed, sealed_at=unit.now
        )
    )


def check_sealed(connection: Connection, row: Tender) -> None:
    """Raise Conflict (reserve_missing) for a draft with a reserve price that is not sealed yet."""
    auction = row.content.get("auction") or {}
    if auction.get("reserve") and auction.get("sealed_reserve") not in envelopes_of(connection, row.tender, RESERVE):
        raise Conflict(
            "reserve_missing",
            "保留价尚未密封：受托人签署密钥组之后，由出让人在本机密封并提交，再申请发布。",
            "The reserve price is not sealed yet: once the trustees have signed, the grantor seals it on its own "
            "machine and sends it; then ask for the publication.",
            field="auction.reserve",
        )


def drop_unnamed(connection: Connection, row: Tender) -> None:
    """Forget what was sealed for a draft that came to say otherwise: no notice names it, so nobody ever opens it."""
    named = (row.content.get("auction") or {}).get("sealed_reserve")
    there = auction_envelopes.c
    unnamed = true() if named is None else there.envelope != named
    connection.execute(delete(auction_envelopes).where(there.tender == row.tender, there.kind == RESERVE, unnamed))


def envelopes_of(connection: Connection, tender: str, kind: str) -> dict[str, AnyRow]:
    """The envelopes of one kind by their ids, in the order of these."""
    there = auction_envelopes.c
    query = select(auction_envelopes).where(there.tender == tender, there.kind == kind).order_by(there.envelope)
    return {row.envelope: row for row in connection.execute(query)}


def list_awaited(unit: Unit, row: Tender, terms: Terms, state: State) -> None:
    """Once the bidding is over, say which envelopes are to be opened: trustees release for nothing else."""
    kind = outcome.awaited(terms, state)
    if kind is None or closing_leaf(unit.connection, row.tender, kind) is not None:
        return
    listed = list(envelopes_of(unit.connection, row.tender, kind))
    root = merkle.root([merkle.leaf_hash(bytes.fromhex(envelope)) for envelope in listed])
    body = {"count": len(listed), "envelopes": listed, "event": state.head, "kind": kind, "root": root.hex()}
    entry = unit.record("auction_closed", row.tender, row.lot, body, disclosed=True)
    unit.connection.execute(
        insert(auction_closings).values(tender=row.tender, kind=kind, leaf=entry.commitment().hex(), closed_at=unit.now)
    )


def closing_leaf(connection: Connection, tender: str, kind: str) -> str | None:
    """The commitment of `auction_closed` of a kind; None before it."""
    there = auction_closings.c
    leaf: str | None = connection.scalar(select(there.leaf).where(there.tender == tender, there.kind == kind))
    return leaf


def set_due(unit: Unit, tender: str, kind: str) -> None:
    """A whole quorum's keys are there."""
    there = auction_closings.c
    unit.connection.execute(
        update(auction_closings)
        .where(there.tender == tender, there.kind == kind, there.due_at.is_(None))
        .values(due_at=unit.now)
    )


def check_not_due(connection: Connection, tender: str) -> None:
    """Raise Held (key_is_out) where a quorum's keys are out and nothing was opened with them yet."""
    there = auction_closings.c
    waiting = select(there.kind).where(there.tender == tender, there.due_at.is_not(None), there.opened_at.is_(None))
    if connection.execute(waiting).first():
        raise Held(
            "key_is_out",
            "开启密钥已经齐备，平台正在开启，请稍候。",
            "The keys of a whole quorum are out: what was sealed is being opened; wait a moment.",
        )


def destroy_rest(unit: Unit, row: Tender, state: State) -> None:
    """At the end: what was never to be opened is destroyed, in the record and with its bytes."""
    there = auction_envelopes.c
    opened = select(auction_closings.c.kind).where(
        auction_closings.c.tender == row.tender, auction_closings.c.opened_at.is_not(None)
    )
    rest = select(auction_envelopes).where(
        there.tender == row.tender, there.kind.not_in(opened), there.sealed.is_not(None)
    )
    for one in unit.connection.execute(rest.order_by(there.envelope)).all():
        entry = _destroyed(unit, row, one, _DESTROYED[str(state.result)])
        unit.connection.execute(
            update(auction_envelopes)
            .where(there.envelope == one.envelope)
            .values(sealed=None, destroyed_leaf=entry.commitment().hex())
        )


def _destroyed(unit: Unit, row: Tender, one: AnyRow, reason: str) -> Entry:
    """accepted: a reserve price was taken with the notice that names it, an offer with its bidder's statement."""
    accepted = row.notice_leaf if one.kind == RESERVE else _statement_leaf(unit.connection, one)
    body = {"accepted": accepted, "envelope": one.envelope, "kind": one.kind, "reason": reason}
    return unit.record("envelope_destroyed", row.tender, row.lot, body, disclosed=True)


def _statement_leaf(connection: Connection, one: AnyRow) -> str:
    # What is signed is canonical JSON, in which every member stands in one way.
    named = auction_statements.c.signed.contains(f'"sealed":"{one.envelope}"', autoescape=True)
    found = select(auction_statements.c.leaf).where(auction_statements.c.tender == one.tender, named)
    leaf: str = connection.execute(found).scalar_one()
    return leaf
