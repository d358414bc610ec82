"""Receipts: each check of docs/spec/receipt.md has a receipt that fails it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from notary import merkle, notes, receipts, signing
from notary.anchors import Anchors
from notary.entries import Entry
from notary.errors import Malformed
from notary.proofs import LogProof

ORIGIN = "log.example/demonstration"
BIDDER = "91430000MA4L00001A"
NOW = datetime(2026, 11, 23, 1, 29, 59, 120331, tzinfo=UTC)


def key(number: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)


LOG, RECEIPTS, BIDDERS, WITNESSES = key(1), key(2), key(3), {"w1.example": key(4), "w2.example": key(5)}
ANCHORS = Anchors(
    origin=ORIGIN,
    demonstration=True,
    log_key=notes.verifier_key(ORIGIN, notes.LOG_KEY, LOG),
    receipt_key=RECEIPTS.public_key().public_bytes_raw(),
    witnesses=tuple(notes.verifier_key(name, notes.WITNESS_KEY, one) for name, one in WITNESSES.items()),
    witness_quorum=2,
    trustees={},
)


@dataclass(frozen=True)
class Case:
    """One accepted bid: change what the log, the receipt or the bidder signed, then make the receipt."""

    kind: str = "bid_accepted"
    statement_type: str = "sunbid/statement/1"
    bidder_key: Ed25519PrivateKey = BIDDERS
    receipt_key: Ed25519PrivateKey = RECEIPTS
    origin: str = ORIGIN
    demonstration: bool = True
    cosigners: tuple[str, ...] = ("w1.example", "w2.example")
    logged: bytes | None = None

    def receipt(self, *, proved: bool = True) -> dict[str, Any]:
        statement = {"type": self.statement_type, "tender": "YZ-1", "lot": "1", "bidder": BIDDER, "nonce": "00" * 16}
        signed = signing.sign(statement, self.bidder_key)
        body: dict[str, Any] = {"receipt": "ab" * 16, "statement": signed}
        if self.kind == "bid_refused":
            body = {**body, "statement": signing.object_id(statement), "reason": "deadline_passed"}
        entry = Entry(self.kind, "YZ-1", "1", NOW, body, b"h" * 32, b"b" * 32)
        about = {
            "origin": self.origin,
            "demonstration": self.demonstration,
            "bidder": BIDDER,
            "receipt": b"\xab" * 16,
            "statement": signing.object_id(statement),
        }
        if self.kind == "bid_refused":
            stated = receipts.refusal(entry, **about, reason="deadline_passed")  # type: ignore[arg-type]
        else:
            stated = receipts.acceptance(entry, **about)  # type: ignore[arg-type]
        proof = self.proof(self.logged or entry.commitment()) if proved else None
        return receipts.receipt(signing.sign(stated, self.receipt_key), entry.disclosed(), proof)

    def proof(self, commitment: bytes) -> str:
        hashes = [merkle.leaf_hash(data) for data in (b"x" * 32, commitment, b"y" * 32)]
        text = notes.Checkpoint(ORIGIN, 3, merkle.root(hashes)).text
        lines = [notes.sign(text, ORIGIN, LOG)]
        lines += [notes.cosign(text, name, WITNESSES[name], NOW) for name in self.cosigners]
        return LogProof(1, tuple(merkle.inclusion_proof(hashes, 1)), notes.Note(text, tuple(lines)).data).text


def check(value: dict[str, Any], anchors: Anchors = ANCHORS) -> receipts.Checked:
    return receipts.check(value, anchors, BIDDERS.public_key().public_bytes_raw())


@pytest.mark.parametrize(
    ("kind", "statement_type"),
    [
        ("bid_accepted", "sunbid/statement/1"),
        ("bid_withdrawn", "sunbid/withdrawal/1"),
        ("bid_refused", "sunbid/statement/1"),
    ],
)
def test_a_good_receipt_of_each_kind_holds(kind: str, statement_type: str) -> None:
    checked = check(Case(kind=kind, statement_type=statement_type).receipt())
    assert checked.proved
    assert checked.index == 1
    assert checked.moment == NOW
    assert checked.refused is (kind == "bid_refused")


def test_without_proof_a_receipt_is_signed_and_not_yet_proved() -> None:
    assert not check(Case().receipt(proved=False)).proved


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (Case(receipt_key=key(9)), "signature_wrong"),
        (Case(bidder_key=key(9)), "signature_wrong"),
        (Case(statement_type="sunbid/withdrawal/1"), "type_wrong"),
        (Case(kind="bid_withdrawn"), "type_wrong"),
        (Case(kind="lot_closed"), "field_wrong"),
        (Case(origin="other.example/demonstration"), "origin_wrong"),
        (Case(demonstration=False), "origin_wrong"),
        (Case(cosigners=("w1.example",)), "witnesses_missing"),
        (Case(cosigners=()), "witnesses_missing"),
        (Case(logged=b"z" * 32), "root_wrong"),
    ],
)
def test_a_receipt_made_wrong_is_refused_and_named(case: Case, reason: str) -> None:
    with pytest.raises(Malformed) as refusal:
        check(case.receipt())
    assert refusal.value.reason == reason


def _price_of_body(value: dict[str, Any]) -> None:
    value["entry"]["body"]["receipt"] = "cd" * 16


def _time_of_head(value: dict[str, Any]) -> None:
    value["entry"]["head"]["time"] = "2026-11-23T01:29:58.000000Z"


def _salt(value: dict[str, Any]) -> None:
    value["entry"]["head_salt"] = "00" * 32


def _proof_index(value: dict[str, Any]) -> None:
    value["proof"] = value["proof"].replace("index 1\n", "index 0\n")


def _added(value: dict[str, Any]) -> None:
    value["more"] = 1


def _lacking(value: dict[str, Any]) -> None:
    del value["entry"]["body_salt"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_price_of_body, "leaf_wrong"),
        (_time_of_head, "leaf_wrong"),
        (_salt, "leaf_wrong"),
        (_proof_index, "root_wrong"),
        (_added, "field_wrong"),
        (_lacking, "field_wrong"),
    ],
)
def test_a_receipt_changed_later_is_refused_and_named(change: Callable[[dict[str, Any]], None], reason: str) -> None:
    value = copy.deepcopy(Case().receipt())
    change(value)
    with pytest.raises(Malformed) as refusal:
        check(value)
    assert refusal.value.reason == reason


def test_a_receipt_that_states_another_statement_is_refused() -> None:
    value = Case().receipt()
    stated = {**value["acceptance"]["object"], "statement": "00" * 32}
    value["acceptance"] = signing.sign(stated, RECEIPTS)
    with pytest.raises(Malformed) as refusal:
        check(value)
    assert refusal.value.reason == "statement_wrong"


def test_the_proof_must_lead_to_the_anchors_log() -> None:
    anchors = replace(ANCHORS, log_key=notes.verifier_key(ORIGIN, notes.LOG_KEY, key(9)))
    with pytest.raises(Malformed) as refusal:
        check(Case().receipt(), anchors)
    assert refusal.value.reason == "note_unsigned"
