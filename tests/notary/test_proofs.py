from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from notary import merkle, notes, proofs
from notary.errors import Malformed
from notary.notes import Checkpoint, Note
from notary.proofs import LogProof
from tests.notary import naive

LOG = Ed25519PrivateKey.from_private_bytes(b"l" * 32)
WITNESS = Ed25519PrivateKey.from_private_bytes(b"w" * 32)
LOG_KEY = notes.verifier_key("log.example", notes.LOG_KEY, LOG)
WITNESS_KEY = notes.verifier_key("witness.example", notes.WITNESS_KEY, WITNESS)
ENTRIES = naive.leaves(11)
HASHES = [merkle.leaf_hash(entry) for entry in ENTRIES]
TEXT = Checkpoint("log.example", 11, naive.mth(ENTRIES)).text
NOTE = Note(
    TEXT,
    (
        notes.sign(TEXT, "log.example", LOG),
        notes.cosign(TEXT, "witness.example", WITNESS, datetime(2026, 11, 23, tzinfo=UTC)),
    ),
).data
PROOF = LogProof(4, tuple(naive.path(4, ENTRIES)), NOTE)


def test_a_proof_verifies_with_its_cosignature() -> None:
    proof = proofs.parse_proof(PROOF.text.encode())
    opened = proofs.verify_proof(proof, HASHES[4], LOG_KEY, [WITNESS_KEY])
    assert proof == PROOF
    assert (opened.checkpoint.size, [one.key for one in opened.cosignatures]) == (11, [WITNESS_KEY])
    assert proofs.verify_proof(proof, HASHES[4], LOG_KEY).cosignatures == ()


def test_the_text_is_that_of_the_specification() -> None:
    lines = LogProof(4, PROOF.hashes[:1], NOTE, extra=b"more").text.split("\n")
    assert lines[:3] == ["c2sp.org/tlog-proof@v1", "extra bW9yZQ==", "index 4"]
    assert (len(lines[3]), lines[4:7]) == (44, ["", "log.example", "11"])


@given(
    st.integers(0, (1 << 63) - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63),
    st.none() | st.binary(max_size=80),
)
def test_proofs_come_back(index: int, hashes: list[bytes], extra: bytes | None) -> None:
    proof = LogProof(index, tuple(hashes), NOTE, extra)
    assert proofs.parse_proof(proof.text.encode()) == proof


@pytest.mark.parametrize(
    ("reason", "proof", "leaf"),
    [
        pytest.param("root_wrong", PROOF, HASHES[5], id="another-leaf"),
        pytest.param("index_beyond_size", LogProof(11, PROOF.hashes, NOTE), HASHES[4], id="index-beyond"),
        pytest.param("proof_length_wrong", LogProof(4, PROOF.hashes[1:], NOTE), HASHES[4], id="hash-missing"),
        pytest.param(
            "note_signature_wrong",
            LogProof(4, PROOF.hashes, NOTE.replace(b"\n11\n", b"\n12\n")),
            HASHES[4],
            id="checkpoint-changed",
        ),
    ],
)
def test_proofs_that_do_not_hold(reason: str, proof: LogProof, leaf: bytes) -> None:
    with pytest.raises(Malformed) as refusal:
        proofs.verify_proof(proofs.parse_proof(proof.text.encode()), leaf, LOG_KEY)
    assert refusal.value.reason == reason


def test_a_proof_of_another_log() -> None:
    with pytest.raises(Malformed, match="note_unsigned"):
        proofs.verify_proof(PROOF, HASHES[4], notes.verifier_key("log.example", notes.LOG_KEY, WITNESS))


WRITTEN = PROOF.text


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        pytest.param("proof_malformed", "", id="empty"),
        pytest.param("proof_malformed", WRITTEN.replace("@v1", "@v2"), id="version-2"),
        pytest.param("proof_malformed", WRITTEN.replace("index 4\n", ""), id="no-index"),
        pytest.param(
            "proof_malformed",
            WRITTEN.replace("index 4", "index 4\nextra AAAA", 1).replace(
                "c2sp.org/tlog-proof@v1\nindex 4", "c2sp.org/tlog-proof@v1", 1
            ),
            id="extra-and-no-index",
        ),
        pytest.param("proof_malformed", WRITTEN.replace("index", "indéx"), id="not-ascii"),
        pytest.param("proof_malformed", LogProof(0, (bytes(32),) * 64, NOTE).text, id="64-hashes"),
        pytest.param("proof_malformed", WRITTEN + "a" * (1 << 18), id="too-large"),
        pytest.param("not_a_decimal", WRITTEN.replace("index 4", "index 04"), id="index-leading-zero"),
        pytest.param("not_base64", WRITTEN.replace("index 4", "index 4\nextra AAAA"), id="extra-after-index"),
        pytest.param("not_base64", WRITTEN.replace("index", "extra ????\nindex"), id="extra-not-base64"),
        pytest.param("hash_length_wrong", WRITTEN.replace("index 4", "index 4\nAAAA"), id="hash-short"),
        pytest.param("note_malformed", WRITTEN.split("\n\n", maxsplit=1)[0] + "\n\n", id="no-checkpoint"),
    ],
)
def test_proofs_that_are_none(reason: str, text: str) -> None:
    with pytest.raises(Malformed) as refusal:
        proofs.parse_proof(text.encode())
    assert refusal.value.reason == reason
