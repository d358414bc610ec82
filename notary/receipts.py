"""Receipts (docs/spec/receipt.md): made by the server, checked by the bidder. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from notary import anchors as anchor
from notary import clock, merkle, proofs, signing
from notary.anchors import Anchors
from notary.entries import Entry, commitment
from notary.errors import Malformed
from notary.notes import Opened
from notary.signing import unhex

TYPE = "sunbid/receipt/1"
ACCEPTANCE = "sunbid/acceptance/1"
REFUSAL = "sunbid/refusal/1"
_TIME = {ACCEPTANCE: "accepted_at", REFUSAL: "refused_at"}
_KINDS = {
    "bid_accepted": (ACCEPTANCE, "sunbid/statement/1"),
    "bid_withdrawn": (ACCEPTANCE, "sunbid/withdrawal/1"),
    "bid_refused": (REFUSAL, None),
}
_COMMON = {"type", "origin", "demonstration", "tender", "lot", "bidder", "receipt", "statement", "leaf"}
_STATED = {ACCEPTANCE: _COMMON | {"accepted_at"}, REFUSAL: _COMMON | {"refused_at", "reason"}}
_BODIES = {
    "bid_accepted": {"receipt", "statement"},
    "bid_withdrawn": {"receipt", "statement"},
    "bid_refused": {"receipt", "statement", "reason"},
}


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
    _exactly(value, {"type", "acceptance", "entry", "proof"}, "receipt")
    if value["type"] != TYPE:
        raise _malformed("receipt_malformed", "不是回执。", f"Not a receipt of the type {TYPE}.", "type")
    entry = value["entry"]
    _exactly(entry, {"head", "head_salt", "body", "body_salt"}, "entry")
    _exactly(entry["head"], {"kind", "lot", "tender", "time"}, "entry.head")
    stated = _signed_by_log(value["acceptance"], entry, anchors)
    _check_entry(stated, entry)
    _check_statement(stated, entry, bidder_key)
    index, opened = _check_proof(stated, value["proof"], anchors)
    refused = stated["type"] == REFUSAL
    moment = clock.parse(stated[_TIME[stated["type"]]], "acceptance.object")
    return Checked(refused, stated["statement"], moment, index, opened)


def _signed_by_log(signed: dict[str, Any], entry: dict[str, Any], anchors: Anchors) -> dict[str, Any]:
    type_ = _kind(entry)[0]
    stated = signing.verify(signed, anchors.receipt_key, type_)
    _exactly(stated, _STATED[type_], "acceptance.object")
    if (stated["origin"], stated["demonstration"]) != (anchors.origin, anchors.demonstration):
        raise _malformed("origin_wrong", "回执属于另一系统。", "The receipt is of another log.", "acceptance.origin")
    return stated


def _kind(entry: dict[str, Any]) -> tuple[str, str | None]:
    kind = entry["head"]["kind"]
    if kind not in _KINDS:
        raise _malformed("kind_wrong", "回执中的记录种类不对。", "An entry of this kind has no receipt.", "entry.head")
    return _KINDS[kind]


def _check_entry(stated: dict[str, Any], entry: dict[str, Any]) -> None:
    salts = [unhex(entry[name], 32, f"entry.{name}") for name in ("head_salt", "body_salt")]
    leaf = commitment(entry["head"], salts[0], entry["body"], salts[1])
    if leaf.hex() != stated["leaf"]:
        raise _malformed("leaf_wrong", "记录与回执的承诺不符。", "The entry is not that of the leaf.", "entry")
    head = entry["head"]
    expected = {"tender": stated["tender"], "lot": stated["lot"], "time": stated[_TIME[stated["type"]]]}
    if {name: head.get(name) for name in expected} != expected:
        raise _malformed("head_wrong", "记录与回执所述不符。", "The entry's head is not as stated.", "entry.head")


def _check_statement(stated: dict[str, Any], entry: dict[str, Any], bidder_key: bytes) -> None:
    """The entry holds the very statement (a refusal's only its id), signed with the bidder's own key."""
    type_, body = _kind(entry)[1], entry["body"]
    _exactly(body, _BODIES[entry["head"]["kind"]], "entry.body")
    if type_ is None:
        found, bidder = body["statement"], stated["bidder"]
    else:
        statement = signing.verify(body["statement"], bidder_key, type_)
        found, bidder = signing.object_id(statement), statement["bidder"]
    if (found, bidder) != (stated["statement"], stated["bidder"]) or body["receipt"] != stated["receipt"]:
        raise _malformed("statement_wrong", "回执所附声明不符。", "The statement is not the one stated.", "entry.body")


def _check_proof(stated: dict[str, Any], proof: str | None, anchors: Anchors) -> tuple[int | None, Opened | None]:
    if proof is None:
        return None, None
    parsed = proofs.parse_proof(proof.encode())
    leaf = merkle.leaf_hash(unhex(stated["leaf"], 32, "acceptance.leaf"))
    opened = proofs.verify_proof(parsed, leaf, anchors.log_key, anchors.witnesses)
    anchor.check_quorum(anchors, opened)
    return parsed.index, opened


def _exactly(value: Any, members: set[str], field: str) -> None:
    if not isinstance(value, dict) or set(value) != members:
        raise _malformed("receipt_malformed", "回执的字段不对。", "The receipt has not the members it should.", field)


def _malformed(reason: str, zh: str, en: str, field: str) -> Malformed:
    return Malformed(reason, zh, en, field=field)
