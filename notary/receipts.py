"""Receipts (docs/spec/receipt.md): made by the server, checked by the bidder. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from notary import anchors as anchor
from notary import clock, merkle, proofs, signing
from notary.anchors import Anchors
from notary.entries import Entry, commitment
from notary.errors import Malformed
from notary.forms import Base64, Form, Hex16, Hex32, LotCode, OrganisationCode, TenderCode, convert
from notary.notes import Opened

TYPE = "sunbid/receipt/1"
ACCEPTANCE = "sunbid/acceptance/1"
REFUSAL = "sunbid/refusal/1"
#: Kinds of entries of refusals, and what the statement in an entry of another kind may be.
REFUSED = ("bid_refused", "auction_refused")
_STATEMENTS = {
    "bid_accepted": ("sunbid/statement/1",),
    "bid_withdrawn": ("sunbid/withdrawal/1",),
    "auction_statement": ("sunbid/auction-bid/1", "sunbid/auction-offer/1"),
}


class _Signed(Form, frozen=True):
    object: dict[str, Any]
    signature: Base64


class _Head(Form, frozen=True):
    kind: Literal["bid_accepted", "bid_withdrawn", "bid_refused", "auction_statement", "auction_refused"]
    lot: LotCode
    tender: TenderCode
    time: str


class _Entry(Form, frozen=True):
    head: _Head
    head_salt: Hex32
    body: dict[str, Any]
    body_salt: Hex32


class _Receipt(Form, frozen=True):
    type: Literal["sunbid/receipt/1"]
    acceptance: _Signed
    entry: _Entry
    proof: str | None


class _Stated(Form, frozen=True):
    origin: str
    demonstration: bool
    tender: TenderCode
    lot: LotCode
    bidder: OrganisationCode
    receipt: Hex16
    statement: Hex32
    leaf: Hex32


class _Acceptance(_Stated, frozen=True):
    type: Literal["sunbid/acceptance/1"]
    accepted_at: str


class _Refusal(_Stated, frozen=True):
    type: Literal["sunbid/refusal/1"]
    refused_at: str
    reason: str


class _Accepted(Form, frozen=True):
    receipt: Hex16
    statement: _Signed


class _Refused(Form, frozen=True):
    receipt: Hex16
    statement: Hex32
    reason: str


class _RefusedInAuction(_Refused, frozen=True):
    signed: _Signed | None


@dataclass(frozen=True)
class Checked:
    """A receipt that holds. refused: it is a refusal. index, opened: place and checkpoint of its proof, if any."""

    refused: bool
    statement: str
    moment: datetime
    index: int | None
    opened: Opened | None

    @property
    def proved(self) -> bool:
        """Whether the log proof is there: without it the receipt is signed, not yet proved."""
        return self.opened is not None


def acceptance(
    entry: Entry, *, origin: str, demonstration: bool, bidder: str, receipt: bytes, statement: str
) -> dict[str, Any]:
    """The acceptance to sign: the statement with this id stands as this entry. receipt: 16 random bytes."""
    return {
        "type": ACCEPTANCE,
        "origin": origin,
        "demonstration": demonstration,
        "tender": entry.tender,
        "lot": entry.lot,
        "bidder": bidder,
        "receipt": receipt.hex(),
        "statement": statement,
        "accepted_at": clock.text(entry.time),
        "leaf": entry.commitment().hex(),
    }


def refusal(
    entry: Entry, *, origin: str, demonstration: bool, bidder: str, receipt: bytes, statement: str, reason: str
) -> dict[str, Any]:
    """The refusal to sign: the statement with this id was refused, for a reason that the entry names too."""
    stated = acceptance(
        entry, origin=origin, demonstration=demonstration, bidder=bidder, receipt=receipt, statement=statement
    )
    refused_at = stated.pop("accepted_at")
    return {**stated, "type": REFUSAL, "refused_at": refused_at, "reason": reason}


def receipt(signed: dict[str, Any], entry: dict[str, Any], proof: str | None) -> dict[str, Any]:
    """The receipt of a signed acceptance or refusal, its entry as disclosed to the bidder, and its proof."""
    return {"type": TYPE, "acceptance": signed, "entry": entry, "proof": proof}


def check(value: dict[str, Any], anchors: Anchors, bidder_key: bytes) -> Checked:
    """Check a receipt by receipt.md, 1 to 4, against anchors and the bidder's own Ed25519 public key (32 bytes).

    Raises Malformed naming the member at fault. A receipt without proof is returned with `proved` false.
    """
    form = convert(value, _Receipt)
    refused = form.entry.head.kind in REFUSED
    signing.verify(value["acceptance"], anchors.receipt_key, REFUSAL if refused else ACCEPTANCE)
    stated = _stated(form.acceptance.object, refused=refused)
    if (stated.origin, stated.demonstration) != (anchors.origin, anchors.demonstration):
        raise _malformed("origin_wrong", "回执属于另一系统。", "The receipt is of another log.", "acceptance.object")
    moment = stated.refused_at if isinstance(stated, _Refusal) else stated.accepted_at
    _check_entry(stated, moment, value["entry"])
    _check_statement(stated, form.entry, bidder_key)
    index, opened = _check_proof(stated, form.proof, anchors)
    return Checked(refused, stated.statement, clock.parse(moment, "acceptance.object"), index, opened)


def _stated(value: dict[str, Any], *, refused: bool) -> _Refusal | _Acceptance:
    if refused:
        return convert(value, _Refusal)
    return convert(value, _Acceptance)


def _check_entry(stated: _Stated, moment: str, entry: dict[str, Any]) -> None:
    head_salt, body_salt = bytes.fromhex(entry["head_salt"]), bytes.fromhex(entry["body_salt"])
    if commitment(entry["head"], head_salt, entry["body"], body_salt).hex() != stated.leaf:
        raise _malformed("leaf_wrong", "记录与回执的承诺不符。", "The entry is not that of the leaf.", "entry")
    head = entry["head"]
    if (head["tender"], head["lot"], head["time"]) != (stated.tender, stated.lot, moment):
        raise _malformed("head_wrong", "记录与回执所述不符。", "The entry's head is not as stated.", "entry.head")


def _check_statement(stated: _Stated, entry: _Entry, bidder_key: bytes) -> None:
    """The entry holds the very statement, signed with the bidder's own key; a refusal's entry its id."""
    body: _Refused | _Accepted
    if entry.head.kind in REFUSED:
        body = _refused(entry)
        found, bidder = body.statement, stated.bidder
    else:
        body = convert(entry.body, _Accepted)
        statement = _verified(entry.body["statement"], bidder_key, _STATEMENTS[entry.head.kind])
        # In an auction the bidder has signed with its number, which the record gives to its code.
        own = stated.bidder if entry.head.kind == "auction_statement" else str(statement.get("bidder"))
        found, bidder = signing.object_id(statement), own
    if (found, bidder, body.receipt) != (stated.statement, stated.bidder, stated.receipt):
        raise _malformed("statement_wrong", "回执所附声明不符。", "The statement is not the one stated.", "entry.body")


def _refused(entry: _Entry) -> _Refused:
    if entry.head.kind == "bid_refused":
        return convert(entry.body, _Refused)
    body = convert(entry.body, _RefusedInAuction)
    if body.signed is not None and signing.object_id(body.signed.object) != body.statement:
        raise _malformed("statement_wrong", "回执所附声明不符。", "The statement is not the one stated.", "entry.body")
    return body


def _verified(signed: dict[str, Any], bidder_key: bytes, types: tuple[str, ...]) -> dict[str, Any]:
    given = signed["object"].get("type")
    return signing.verify(signed, bidder_key, given if given in types else types[0])


def _check_proof(stated: _Stated, proof: str | None, anchors: Anchors) -> tuple[int | None, Opened | None]:
    if proof is None:
        return None, None
    parsed = proofs.parse_proof(proof.encode())
    leaf = merkle.leaf_hash(bytes.fromhex(stated.leaf))
    opened = proofs.verify_proof(parsed, leaf, anchors.log_key, anchors.witnesses)
    anchor.check_quorum(anchors, opened)
    return parsed.index, opened


def _malformed(reason: str, zh: str, en: str, field: str) -> Malformed:
    return Malformed(reason, zh, en, field=field)
