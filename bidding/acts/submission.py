"""Acceptance of bids and withdrawals.

Everything that takes time (reading part 0, hashing, checking signatures) is done in `prepare_…`, outside the
transaction. `accept` runs under the lot's *shared* lock: it reads the clock there, decides, and writes statement, leaf
and receipt. **The accepted time is that reading, and acceptance takes effect with the commit**: the closing takes the
lock exclusively, so what it counts is exactly what was accepted before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select

from bidding import keysets, unseal
from bidding.acts import refusing
from bidding.acts.uploads import Upload, load
from bidding.envelope import parse_front
from bidding.keysets import KeySet
from bidding.rows import envelopes, key_sets, statements
from bidding.signer import ReceiptSigner
from bidding.statements import Signed, Statement, Withdrawal, read_signed
from notary import canonical, chance, clock, receipts, signing
from notary.entries import Entry
from notary.errors import Conflict, Malformed, TooLate, TooMuch, Unknown
from notary.failpoints import failpoint
from notary.rows import AnyRow, entries
from notary.store import Store
from notary.work import Unit
from trading import complaints, contracts, drawing, explanations, prior
from trading import invitations as invited
from trading.acts import invitations, parties, stages
from trading.acts.parties import Keys
from trading.caller import Caller
from trading.rows import tenders

NONE = ""
MAX_REFUSALS = 20
#: Bids and withdrawals of one bidder in one lot, and one withdrawal more: each stands in the dossier that all read.
MAX_STATEMENTS = 100

# Made once: making a statement takes SQLAlchemy longer than sending it (docs/PERFORMANCE.md).
_TERMS = (
    select(key_sets.c.kind, key_sets.c.content)
    .join(tenders, tenders.c.tender == key_sets.c.tender)
    .where(key_sets.c.tender == bindparam("tender"), tenders.c.notice_leaf.is_not(None))
)
_OWN = (statements.c.tender == bindparam("tender"), statements.c.bidder == bindparam("bidder"))
_LAST = select(func.max(statements.c.serial)).where(*_OWN).scalar_subquery()
_MADE = select(func.count(statements.c.serial)).where(*_OWN).scalar_subquery()
#: What excludes every other act of the lot (docs/spec/log.md): no acceptance is earlier than the last of these, and no
#: refusal of a late bid. Not the acts of an auction: its lot has no key set, so no statement gets as far as its lock.
EXCLUSIVE = (
    "tender_published",
    "tender_amended",
    invited.KIND,
    "lot_held",
    "hold_lifted",
    "objection_filed",
    "objection_answered",
    *complaints.KINDS,
    *prior.KINDS,
    "lot_closed",
    "opening_intended",
    "lot_opened",
    "opening_confirmed",
    *drawing.KINDS,
    "committee_set",
    explanations.ASKED,
    explanations.GIVEN,
    "lot_evaluated",
    "candidates_published",
    "lot_awarded",
    *contracts.KINDS,
    "lot_failed",
)
_LATEST_ACT = (
    select(func.max(entries.c.time))
    .where(entries.c.tender == bindparam("tender"), entries.c.kind.in_(EXCLUSIVE))
    .scalar_subquery()
)
_STANDING = (
    select(
        tenders.c.stage,
        tenders.c.deadline,
        tenders.c.lot,
        tenders.c.notice_leaf,
        statements.c.statement,
        statements.c.withdrawal,
        _LATEST_ACT.label("latest_act"),
        _MADE.label("made"),
        invitations.is_kept_out(bindparam("tender"), bindparam("bidder")).label("kept_out"),
    )
    .join(statements, statements.c.serial == _LAST, isouter=True)
    .where(tenders.c.tender == bindparam("tender"))
)
_INSERT_STATEMENT = insert(statements).inline()
_INSERT_ENVELOPE = insert(envelopes).inline()


@dataclass(frozen=True)
class Prepared:
    """A signed statement that was read and checked as far as that goes without the lock.

    envelopes: kind to (envelope id, upload); empty for a withdrawal, and for a bid of nobody who is invited: that has
    uploaded nothing.
    """

    id: str
    signed: dict[str, Any]
    statement: Statement | Withdrawal
    envelopes: dict[str, tuple[str, Upload]]

    @property
    def withdrawal(self) -> bool:
        """Whether it ends a bid instead of making one."""
        return isinstance(self.statement, Withdrawal)


def prepare_bid(
    connection: Connection, store: Store, caller: Caller, tender: str, signed: Signed, uploads: dict[str, str]
) -> Prepared:
    """Read and check a bid's statement and the envelopes that were uploaded for it.

    Raises Malformed, Unknown and Conflict, each naming the field.
    """
    sealed_to, own = _terms(connection, tender, caller.organisation)
    statement = read_signed(signed, Statement, own.standing, own.replaced)
    _check_own(statement, caller, tender)
    kinds = set(uploads)
    if set(statement.envelopes) != kinds or set(statement.key_sets) != kinds or not kinds <= set(sealed_to):
        raise Malformed(
            "kinds_differ", "声明与上传的封套种类不一致。", "Statement and uploads name other kinds.", field="uploads"
        )
    if invitations.kept_out(connection, tender, caller.organisation):
        return Prepared(signing.object_id(signed.object), _plain(signed), statement, {})
    found = {}
    for kind, upload_id in uploads.items():
        upload = load(connection, upload_id, caller.organisation)
        key_set = sealed_to[kind]
        if statement.key_sets[kind] != key_set.id:
            raise Conflict(
                "key_set_changed",
                "密钥组已变更，请重新封存。",
                "The key set has changed; seal the bid again.",
                field=f"statement.key_sets.{kind}",
            )
        found[kind] = (_check_envelope(store, upload, statement, kind, key_set), upload)
    return Prepared(signing.object_id(signed.object), _plain(signed), statement, found)


def prepare_withdrawal(connection: Connection, caller: Caller, tender: str, signed: Signed) -> Prepared:
    """Read and check a withdrawal."""
    _, own = _terms(connection, tender, caller.organisation)
    statement = read_signed(signed, Withdrawal, own.standing, own.replaced)
    _check_own(statement, caller, tender)
    return Prepared(signing.object_id(signed.object), _plain(signed), statement, {})


def accept(unit: Unit, caller: Caller, prepared: Prepared, signer: ReceiptSigner) -> dict[str, Any]:
    """Accept under the lot's shared lock, or refuse with a signed refusal one that is late or of no invited bidder.

    Gives the receipt (no proof yet).

    Raises Conflict (chain_broken, notice_not_latest, …), TooMuch, Held and Unknown; then nothing is written.
    """
    failpoint("accept.locked")
    standing = _standing(unit.connection, prepared.statement.tender, caller.organisation)
    begun = [upload.created_at for _, upload in prepared.envelopes.values()]
    unit.not_before(max([standing.latest_act, *begun]))
    # Also of a late one: what is recorded of a refusal stands in the dossier of this lot.
    _check_lot(prepared, standing)
    if standing.stage != "open" or unit.now >= standing.deadline:
        # Before the opening nobody may learn of it; after it there is nothing left to hide.
        disclosed = standing.stage not in {"open", "closed"}
        reason = "deadline_passed" if unit.now >= standing.deadline else "lot_ended"
        return _refuse(unit, caller, prepared, signer, reason, disclosed=disclosed)
    if standing.kept_out:
        return _refuse(unit, caller, prepared, signer, "not_invited", disclosed=False)
    _check_uploaded(prepared)
    _check_count(prepared, standing)
    _check_seen(prepared, standing)
    _check_chain(prepared, standing)
    receipt = chance.token(16)
    kind = "bid_withdrawn" if prepared.withdrawal else "bid_accepted"
    body = {"receipt": receipt.hex(), "statement": prepared.signed}
    entry = unit.record(kind, prepared.statement.tender, prepared.statement.lot, body, disclosed=False)
    acceptance = signing.sign(
        receipts.acceptance(
            entry,
            origin=signer.origin,
            demonstration=signer.demonstration,
            bidder=caller.organisation,
            receipt=receipt,
            statement=prepared.id,
        ),
        signer.key,
    )
    _write(unit, caller, prepared, receipt.hex(), acceptance, entry)
    failpoint("accept.written")
    return receipts.receipt(acceptance, entry.disclosed(), None)


def _write(
    unit: Unit, caller: Caller, prepared: Prepared, receipt: str, acceptance: dict[str, Any], entry: Entry
) -> None:
    row = {
        "statement": prepared.id,
        "tender": prepared.statement.tender,
        "bidder": caller.organisation,
        "withdrawal": prepared.withdrawal,
        "replaces": prepared.statement.replaces or NONE,
        "signed": canonical.dumps(prepared.signed).decode(),
        "receipt": receipt,
        "acceptance": canonical.dumps(acceptance).decode(),
        "leaf": entry.commitment().hex(),
        "accepted_at": unit.now,
    }
    unit.connection.execute(_INSERT_STATEMENT, row)
    for kind, (id_, upload) in prepared.envelopes.items():
        of_kind = {"envelope": id_, "statement": prepared.id, "kind": kind, "upload": upload.upload}
        unit.connection.execute(_INSERT_ENVELOPE, of_kind)


def _refuse(
    unit: Unit, caller: Caller, prepared: Prepared, signer: ReceiptSigner, reason: str, *, disclosed: bool
) -> dict[str, Any]:
    """Late bids are refused with time and proof (招标投标法28, 招标投标法实施条例36), and the bids of the uninvited.

    Raises TooLate or Forbidden, and records nothing more, for a bidder that was refused so often that it can only be
    noise.
    """
    statement = prepared.statement
    if refusing.made(unit.connection, statement.tender, caller.organisation) >= MAX_REFUSALS:
        if reason == "not_invited":
            raise invitations.not_invited("statement")
        raise TooLate(
            reason,
            "本标段不再接受投标；此前的拒收均已记录，本次不再另记。",
            "The lot takes no bids any more. Earlier refusals are recorded; this one is not recorded again.",
            field="statement",
        )
    return refusing.refuse(
        unit,
        signer,
        "bid_refused",
        tender=statement.tender,
        lot=statement.lot,
        bidder=caller.organisation,
        body={"reason": reason, "statement": prepared.id},
        disclosed=disclosed,
    )


def _check_lot(prepared: Prepared, standing: AnyRow) -> None:
    if prepared.statement.lot != standing.lot:
        raise Unknown("lot_unknown", "没有这个标段。", "There is no such lot.", field="statement.lot")


def _check_uploaded(prepared: Prepared) -> None:
    if not prepared.withdrawal and not prepared.envelopes:
        zh, en = "刚刚获得邀请，请上传后重新递交。", "You have just been invited: upload the bid, then submit it again."
        raise Conflict("invited_just_now", zh, en, field="uploads")


def _check_count(prepared: Prepared, standing: AnyRow) -> None:
    if standing.made >= MAX_STATEMENTS and not prepared.withdrawal:
        raise TooMuch(
            "statements_many",
            f"本单位在该标段的投标和撤回已达 {MAX_STATEMENTS} 次，不再接受新的投标；现有投标仍然有效，仍可撤回。",
            f"You have made {MAX_STATEMENTS} bids and withdrawals in this lot: no further bid is taken. The one that "
            "stands stays good, and can be withdrawn.",
            field="statement",
        )


def _check_seen(prepared: Prepared, standing: AnyRow) -> None:
    statement = prepared.statement
    if isinstance(statement, Statement) and statement.seen != standing.notice_leaf:
        raise Conflict(
            "notice_not_latest",
            "招标文件已有新的澄清或修改，请阅读后重新签署投标声明（封套无需重做）。",
            "There is a newer notice: read it, then sign the statement again (the envelope stays good).",
            field="statement.seen",
            latest=standing.notice_leaf,
        )


def _check_chain(prepared: Prepared, standing: AnyRow) -> None:
    if prepared.statement.replaces != standing.statement:
        raise Conflict(
            "chain_broken",
            "声明没有接在您最近的声明之后，请刷新后重新签署。",
            "The statement does not follow your latest one: look again and sign anew.",
            field="statement.replaces",
            latest=standing.statement,
        )
    if prepared.withdrawal and standing.withdrawal:
        raise Conflict("nothing_to_withdraw", "没有可撤回的投标。", "There is no bid to withdraw.", field="statement")


def _check_own(statement: Statement | Withdrawal, caller: Caller, tender: str) -> None:
    if statement.bidder != caller.organisation:
        raise Malformed("bidder_wrong", "声明不是本单位的。", "The statement is another's.", field="statement.bidder")
    if statement.tender != tender:
        raise Malformed(
            "tender_wrong", "声明属于另一项目。", "The statement is of another tender.", field="statement.tender"
        )


def _check_envelope(store: Store, upload: Upload, statement: Statement, kind: str, key_set: KeySet) -> str:
    """The envelope's id, once part 0 says what the statement says and every part is there."""
    field = f"uploads.{kind}"
    if upload.tender != statement.tender or upload.kind != kind:
        raise Unknown("upload_unknown", "没有这个上传。", "There is no such upload.", field=field)
    if not upload.whole:
        raise Conflict("upload_incomplete", "尚有部分未上传。", "Parts are still missing.", field=field)
    front = parse_front(store.read(upload.key(0)))
    unseal.check_base(front, key_set, statement.bidder)
    # Their sizes were checked at the beginning (uploads.begin), so the sum says it all. Never a list as long as the
    # header says: it may say 2^53 - 1.
    if sum(upload.part_sizes[1:]) != front.header.documents.length:
        raise Malformed(
            "part_sizes_wrong", "各部分大小与封套头不符。", "The parts are not as the header says.", field=field
        )
    id_ = front.envelope_id([part.sha256 for part in upload.parts[1:]])
    if id_ != statement.envelopes[kind]:
        raise Malformed(
            "envelope_wrong", "封套与声明不符。", "The envelope is not the one that was signed.", field=field
        )
    return id_


def _terms(connection: Connection, tender: str, bidder: str) -> tuple[dict[str, KeySet], Keys]:
    """What a statement is held against: the key set of each kind, and the public keys that the bidder registered."""
    rows = connection.execute(_TERMS, {"tender": tender}).all()
    if not rows:
        raise Unknown("tender_unknown", "没有这个项目。", "There is no such tender.", field="tender")
    return {row.kind: _parsed(row.content) for row in rows}, parties.keys_of(connection, bidder, "statement")


@lru_cache(maxsize=64)
def _parsed(content: str) -> KeySet:
    # All bids of a lot share it, and to check its points takes longer than all else outside the transaction.
    return keysets.parse(canonical.loads(content.encode()))


def _standing(connection: Connection, tender: str, bidder: str) -> AnyRow:
    """The lot, and the end of the bidder's chain in it: `statement` and `withdrawal` are None where it has none."""
    row = connection.execute(_STANDING, {"tender": tender, "bidder": bidder}).one_or_none()
    if row is None or row.notice_leaf is None:
        raise Unknown("tender_unknown", "没有这个项目。", "There is no such tender.", field="tender")
    return row


def _plain(signed: Signed) -> dict[str, Any]:
    return {"object": signed.object, "signature": signed.signature}


def own(connection: Connection, bidder: str, tender: str) -> dict[str, Any]:
    """A bidder's own chain in a tender: the statement that stands (or None), all of them in order. Raises Unknown.

    `invited`: whether it is, None where everybody may bid.
    """
    row = stages.load_published(connection, tender)
    inviting = stages.procedure_of(row).invitation is not None
    rows = connection.execute(
        select(statements)
        .where(statements.c.tender == tender, statements.c.bidder == bidder)
        .order_by(statements.c.serial)
    ).all()
    listed = [
        {
            "statement": row.statement,
            "withdrawal": row.withdrawal,
            "receipt": row.receipt,
            "accepted_at": clock.text(row.accepted_at),
        }
        for row in rows
    ]
    last = rows[-1] if rows else None
    return {
        "latest": last.statement if last else None,
        "standing": None if last is None or last.withdrawal else last.statement,
        "statements": listed,
        "invited": bidder in invitations.invited(connection, tender) if inviting else None,
    }
