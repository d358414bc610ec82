"""Trustees' keys and challenges: what proves possession, and what no challenge can do."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import given, settings
from hypothesis import strategies as st

from bidding import hpke, trustee
from bidding.statements import Rehearsal
from notary import forms, signing
from notary.errors import Refusal
from tests.bidding import example
from tests.bidding.example import EVALUATION_KEY, KEY_SET

SEED = bytes(range(32))
INSIDE = b"i" * 32
PRIVATE = trustee.opening_key(SEED, 0)
PUBLIC = hpke.public_key(PRIVATE)
LOT = {"tender": KEY_SET.tender, "lot": "1", "kind": "bid", "trustee": "T1"}


def test_opening_keys_are_hkdf_of_the_counter() -> None:
    info = b"sunbid/opening-key/1\n" + (5).to_bytes(8, "big")
    assert trustee.opening_key(SEED, 5) == HKDFExpand(SHA256(), 32, info).derive(SEED)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
@settings(deadline=None)
def test_each_counter_has_its_key(one: int, other: int) -> None:
    assert (trustee.opening_key(SEED, one) == trustee.opening_key(SEED, other)) == (one == other)
    hpke.check_point(hpke.public_key(trustee.opening_key(SEED, one)), "opening_key")


def test_possession_is_answered() -> None:
    info = trustee.possession_info(**LOT, public_key=PUBLIC)
    box = trustee.challenge(INSIDE, PUBLIC, info)
    assert len(box) == 80
    answered = trustee.answer(PRIVATE, info, box)
    assert answered == trustee.expected_answer(INSIDE) == hashlib.sha256(b"sunbid/answer/1\n" + INSIDE).hexdigest()
    shown = signing.sign(trustee.possession(**LOT, public_key=PUBLIC, answered=answered), example.identity("T1"))
    identity = example.identity("T1").public_key().public_bytes_raw()
    assert signing.verify(shown, identity, "sunbid/possession/1")["answer"] == answered


@pytest.mark.parametrize("member", LOT)
def test_a_box_for_another_lot_is_not_answered(member: str) -> None:
    box = trustee.challenge(INSIDE, PUBLIC, trustee.possession_info(**LOT, public_key=PUBLIC))
    other = trustee.possession_info(**(LOT | {member: "X"}), public_key=PUBLIC)
    with pytest.raises(Refusal, match="box_closed"):
        trustee.answer(PRIVATE, other, box)


@pytest.mark.parametrize("private", [example.opening_key("T1"), EVALUATION_KEY])
def test_opening_and_evaluation_keys_are_rehearsed(private: bytes) -> None:
    info = trustee.rehearsal_info(KEY_SET.id, hpke.public_key(private))
    answered = trustee.answer(private, info, trustee.challenge(INSIDE, hpke.public_key(private), info))
    said = trustee.rehearsal(key_set=KEY_SET.id, trustee="T1", answered=answered)
    assert forms.convert(said, Rehearsal).answer == trustee.expected_answer(INSIDE)


def test_no_box_of_a_bid_is_opened_in_a_rehearsal() -> None:
    """Whoever hands a bid's wrap to a trustee as a rehearsal learns nothing of it."""
    wrap = example.front_of(*example.sealed()).header.wraps[0]
    private = example.opening_key("T1")
    for info in (
        trustee.rehearsal_info(KEY_SET.id, hpke.public_key(private)),
        trustee.possession_info(**LOT, public_key=hpke.public_key(private)),
    ):
        with pytest.raises(Refusal, match="box_closed"):
            trustee.answer(private, info, wrap)


def test_a_challenge_of_another_size_is_refused() -> None:
    info = trustee.rehearsal_info(KEY_SET.id, PUBLIC)
    with pytest.raises(Refusal, match="challenge_malformed"):
        trustee.answer(PRIVATE, info, hpke.seal(b"e" * 32, PUBLIC, info, b"too short"))


def test_infos_are_as_specified() -> None:
    """Each names its purpose first, so that no answer for one is an answer for another."""
    assert trustee.rehearsal_info("ab" * 32, PUBLIC) == b"sunbid/rehearsal/1\n" + b"\xab" * 32 + PUBLIC
    members = f'"kind":"bid","lot":"1","opening_key":"{PUBLIC.hex()}","tender":"{KEY_SET.tender}","trustee":"T1"'
    expected = b"sunbid/possession/1\n{" + members.encode() + b"}"
    assert trustee.possession_info(**LOT, public_key=PUBLIC) == expected
