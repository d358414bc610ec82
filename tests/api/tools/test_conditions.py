"""The conditions of a release: everything good is met; each thing wrong is the one condition that is not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.tools.conditions import Evidence, release_conditions
from api.tools.record import Disclosed
from bidding import hpke
from bidding.keysets import KeySet, Trustee
from notary import clock, merkle, notes
from notary.anchors import Anchors
from tests.bidding.hall import content

ORIGIN = "log.example/demonstration"
OPENS = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
KEY_SET = KeySet(
    id="ab" * 32,
    tender="YZ-0001",
    lot="1",
    kind="bid",
    origin=ORIGIN,
    demonstration=True,
    form_schema="00" * 32,
    evaluation_key=hpke.public_key(b"\x05" * 32),
    quorums=(("T1", "T2"),),
    trustees=tuple(Trustee(name, name.encode() * 16, hpke.public_key(name.encode() * 16)) for name in ("T1", "T2")),
)


def key(number: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)


LOG, WITNESS = key(1), key(2)
ANCHORS = Anchors(
    origin=ORIGIN,
    demonstration=True,
    log_key=notes.verifier_key(ORIGIN, notes.LOG_KEY, LOG),
    receipt_key=b"r" * 32,
    witnesses=(notes.verifier_key("w1.example", notes.WITNESS_KEY, WITNESS),),
    witness_quorum=1,
    trustees={},
)


@dataclass(frozen=True)
class Lot:
    """A lot that closed as it should; change one thing and see which condition is not met."""

    accepted: int = 3
    minimum: int = 3
    count: int | None = None
    deadline: datetime = OPENS
    notice_deadline: datetime = OPENS
    opens_at: datetime = OPENS
    now: datetime = OPENS + timedelta(seconds=30)
    published_key_set: str = KEY_SET.id
    signed: str | None = KEY_SET.id
    closing_kind: str = "lot_closed"
    closing_tender: str = "YZ-0001"
    cosigned: bool = True
    log_key: Ed25519PrivateKey = LOG
    logged: bool = True
    seen_size: int = 2
    seen_root: bytes | None = None
    held: bool = False
    later: tuple[str, ...] = ()
    body: tuple[tuple[str, Any], ...] = ()

    def closing(self) -> dict[str, Any]:
        leaves = self.leaves()
        root = merkle.root([merkle.leaf_hash(leaf) for leaf in leaves])
        return {
            "accepted": [leaf.hex() for leaf in leaves],
            "count": self.accepted if self.count is None else self.count,
            "deadline": clock.text(self.deadline),
            "root": root.hex(),
            **dict(self.body),
        }

    def leaves(self) -> list[bytes]:
        return [bytes([n]) * 32 for n in range(self.accepted)]

    def evidence(self) -> Evidence:
        closing = self.entry(4, self.closing_kind, self.closing(), self.closing_tender)
        notice = self.entry(1, "tender_published", self.notice(), "YZ-0001")
        log = [b"log opened" + bytes(22), notice.commitment, *self.leaves()[:2], closing.commitment, b"z" * 32]
        if not self.logged:
            log[4] = b"another".ljust(32)
        hashes = [merkle.leaf_hash(data) for data in log]
        return Evidence(
            key_set=KEY_SET,
            signed=self.signed,
            anchors=ANCHORS,
            closing=closing,
            closing_proof=tuple(merkle.inclusion_proof(hashes, 4)),
            notice=notice,
            notice_proof=tuple(merkle.inclusion_proof(hashes, 1)),
            checkpoint=self.checkpoint(hashes),
            last_seen=(self.seen_size, self.seen_root or merkle.root(hashes[: self.seen_size])),
            consistency=tuple(merkle.consistency_proof(hashes, self.seen_size)),
            held=self.held,
            record=(notice, closing, *(self.entry(6 + n, kind, {}, "YZ-0001") for n, kind in enumerate(self.later))),
            now=self.now,
        )

    def notice(self) -> dict[str, Any]:
        return {
            "deadline": clock.text(self.notice_deadline),
            "opens_at": clock.text(self.opens_at),
            "minimum_bids": self.minimum,
            "key_sets": {"bid": self.published_key_set},
            "notice": {"title": "道路工程"},
        }

    @staticmethod
    def entry(index: int, kind: str, body: dict[str, Any], tender: str) -> Disclosed:
        head = {"kind": kind, "lot": "1", "tender": tender, "time": clock.text(OPENS)}
        return Disclosed(index, head, body, bytes([index + 100]) * 32)

    def checkpoint(self, hashes: list[bytes]) -> bytes:
        text = notes.Checkpoint(ORIGIN, len(hashes), merkle.root(hashes)).text
        signatures = [notes.sign(text, ORIGIN, self.log_key)]
        if self.cosigned:
            signatures.append(notes.cosign(text, "w1.example", WITNESS, OPENS))
        return notes.Note(text, tuple(signatures)).data


RESERVE = "ee" * 32
#: Nobody can have bid for the last time before this.
CLOSES = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Auctioned(Lot):
    """An auction whose reserve price is to be opened."""

    closing_kind: str = "auction_closed"
    now: datetime = CLOSES
    named: str = RESERVE
    sealed: str = "reserve"

    def evidence(self) -> Evidence:
        evidence = super().evidence()
        return replace(evidence, key_set=replace(KEY_SET, kind="reserve"))

    def closing(self) -> dict[str, Any]:
        root = merkle.root([merkle.leaf_hash(bytes.fromhex(self.named))])
        count = 1 if self.count is None else self.count
        told = {"count": count, "envelopes": [self.named], "event": "dd" * 32, "kind": self.sealed, "root": root.hex()}
        return told | dict(self.body)

    def notice(self) -> dict[str, Any]:
        terms = content("listing", reserve=RESERVE)
        return super().notice() | {"auction": terms, "key_sets": {"reserve": self.published_key_set}}


def unmet(lot: Lot) -> list[str]:
    return [condition.name for condition in release_conditions(lot.evidence()) if not condition.met]


def test_a_lot_that_closed_as_it_should_meets_every_condition() -> None:
    assert unmet(Lot()) == []
    assert len(release_conditions(Lot().evidence())) == 7
    assert unmet(Auctioned()) == []
    assert len(release_conditions(Auctioned().evidence())) == 7


WRONG = [
    (Lot(signed=None), "key_set", "key_set_not_signed"),
    (Lot(signed="cd" * 32), "key_set", "key_set_not_signed"),
    (Lot(published_key_set="cd" * 32), "key_set", "key_set_not_published"),
    (Lot(now=OPENS - timedelta(microseconds=1)), "clock", "too_early"),
    (Lot(opens_at=OPENS + timedelta(hours=1)), "clock", "too_early"),
    (Lot(cosigned=False), "witnessed", "witnesses_missing"),
    (Lot(log_key=key(9)), "witnessed", "note_unsigned"),
    (Lot(closing_kind="lot_opened"), "closing", "closing_wrong"),
    (Lot(closing_tender="YZ-0002"), "closing", "closing_wrong"),
    (Lot(deadline=OPENS - timedelta(days=1)), "closing", "deadline_differs"),
    (Lot(logged=False), "closing", "root_wrong"),
    (Lot(seen_root=b"another history".ljust(32)), "consistent", "root_wrong"),
    (Lot(accepted=2), "count", "too_few"),
    (Lot(count=4), "count", "list_wrong"),
    (Lot(body=(("root", "00" * 32),)), "count", "list_wrong"),
    (Lot(held=True), "no_hold", "held"),
    (Lot(later=("lot_held",)), "no_hold", "held"),
    (Lot(later=("lot_held", "hold_lifted", "lot_held")), "no_hold", "held"),
    (Lot(later=("lot_failed",)), "no_hold", "failed"),
    (Auctioned(published_key_set="cd" * 32), "key_set", "key_set_not_published"),
    (Auctioned(now=CLOSES - timedelta(microseconds=1)), "clock", "too_early"),
    (Auctioned(closing_kind="lot_closed"), "closing", "closing_wrong"),
    (Auctioned(sealed="offer"), "closing", "closing_wrong"),
    (Auctioned(logged=False), "closing", "root_wrong"),
    (Auctioned(count=2), "count", "list_wrong"),
    (Auctioned(named="dd" * 32), "count", "reserve_differs"),
    (Auctioned(later=("lot_failed",)), "no_hold", "failed"),
]


@pytest.mark.parametrize(("lot", "condition", "reason"), WRONG)
def test_each_thing_wrong_is_found_and_named(lot: Lot, condition: str, reason: str) -> None:
    found = {one.name: one.refusal for one in release_conditions(lot.evidence()) if one.refusal}
    assert list(found) == [condition]
    assert found[condition].reason == reason


def test_a_hold_that_was_lifted_holds_no_longer() -> None:
    assert unmet(Lot(later=("lot_held", "hold_lifted"))) == []


def test_a_closing_of_another_shape_meets_nothing_that_rests_on_it() -> None:
    assert unmet(Lot(body=(("more", 1),))) == ["clock", "closing", "count"]
    assert unmet(Auctioned(body=(("more", 1),))) == ["closing", "count"]


def test_a_notice_that_stands_after_the_closing_is_no_notice() -> None:
    evidence = Lot().evidence()
    moved = replace(evidence, notice=replace(evidence.notice, index=5))
    assert [one.name for one in release_conditions(moved) if not one.met] == ["closing"]


def test_a_first_checkpoint_has_nothing_to_be_consistent_with() -> None:
    evidence = replace(Lot().evidence(), last_seen=None, consistency=())
    assert all(condition.met for condition in release_conditions(evidence))
