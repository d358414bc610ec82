from __future__ import annotations

import base64
import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notary import merkle
from notary.errors import Malformed
from tests.notary import naive
from tests.outside import outside_data

EXHAUSTIVE = 34
DATA = [naive.leaves(n) for n in range(EXHAUSTIVE)]


def hashes_of(data: list[bytes]) -> list[bytes]:
    return [merkle.leaf_hash(entry) for entry in data]


def test_empty_tree_is_the_hash_of_nothing() -> None:
    assert merkle.root([]) == merkle.EMPTY_ROOT == naive.mth([])
    assert merkle.EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("size", range(EXHAUSTIVE))
def test_every_inclusion_proof_is_that_of_the_rfc_and_verifies(size: int) -> None:
    data, hashes = DATA[size], hashes_of(DATA[size])
    root = merkle.root(hashes)
    assert root == naive.mth(data)
    for index in range(size):
        proof = merkle.inclusion_proof(hashes, index)
        assert proof == naive.path(index, data)
        merkle.verify_inclusion(index, size, hashes[index], proof, root)


@pytest.mark.parametrize("size", range(1, EXHAUSTIVE))
def test_every_consistency_proof_is_that_of_the_rfc_and_verifies(size: int) -> None:
    data, hashes = DATA[size], hashes_of(DATA[size])
    for old_size in range(1, size + 1):
        proof = merkle.consistency_proof(hashes, old_size)
        assert proof == naive.proof(old_size, data)
        merkle.verify_consistency(old_size, size, proof, naive.mth(data[:old_size]), naive.mth(data))


def test_from_the_empty_tree_the_proof_is_empty() -> None:
    assert merkle.consistency_proof(hashes_of(DATA[5]), 0) == []


@given(st.data(), st.integers(1, 33))
def test_an_inclusion_proof_holds_for_nothing_else(data: st.DataObject, size: int) -> None:
    hashes = hashes_of(DATA[size])
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size - 1))
    proof, root = merkle.inclusion_proof(hashes, index), merkle.root(hashes)
    if other != index:
        with pytest.raises(Malformed):
            merkle.verify_inclusion(other, size, hashes[index], proof, root)
        with pytest.raises(Malformed, match="root_wrong"):
            merkle.verify_inclusion(index, size, hashes[other], proof, root)
    if proof:
        with pytest.raises(Malformed, match="root_wrong"):
            merkle.verify_inclusion(index, size, hashes[index], flipped(data, proof), root)
        with pytest.raises(Malformed, match="proof_length_wrong"):
            merkle.verify_inclusion(index, size, hashes[index], proof[:-1], root)


@given(st.data(), st.integers(2, 33))
def test_a_consistency_proof_holds_for_nothing_else(data: st.DataObject, size: int) -> None:
    entries = DATA[size]
    old_size = data.draw(st.integers(1, size - 1))
    proof = merkle.consistency_proof(hashes_of(entries), old_size)
    old, new = naive.mth(entries[:old_size]), naive.mth(entries)
    for bad_old, bad_new in ((new, old), (old, bytes(32)), (bytes(32), new)):
        with pytest.raises(Malformed, match="root_wrong"):
            merkle.verify_consistency(old_size, size, proof, bad_old, bad_new)
    with pytest.raises(Malformed, match="root_wrong"):
        merkle.verify_consistency(old_size, size, flipped(data, proof), old, new)
    with pytest.raises(Malformed, match="proof_length_wrong"):
        merkle.verify_consistency(old_size, size, proof[1:], old, new)


@given(st.integers(-1, 2**64), st.integers(-1, 2**64), st.lists(st.binary(min_size=31, max_size=32), max_size=65))
def test_wild_proofs_are_refused(first: int, second: int, proof: list[bytes]) -> None:
    with pytest.raises(Malformed):
        merkle.verify_inclusion(first, second, bytes(32), proof, b"no root")
    with pytest.raises(Malformed):
        merkle.verify_consistency(first, second, proof, b"no root", bytes(32))


def flipped(data: st.DataObject, proof: list[bytes]) -> list[bytes]:
    at, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
    changed = (int.from_bytes(proof[at], "big") ^ 1 << bit).to_bytes(32, "big")
    return [*proof[:at], changed, *proof[at + 1 :]]


@pytest.mark.parametrize(
    ("reason", "index", "size", "leaf", "proof"),
    [
        pytest.param("index_beyond_size", 1, 1, bytes(32), [], id="index-is-size"),
        pytest.param("index_beyond_size", -1, 1, bytes(32), [], id="index-negative"),
        pytest.param("index_beyond_size", 0, 0, bytes(32), [], id="tree-empty"),
        pytest.param("hash_length_wrong", 0, 1, b"short", [], id="leaf-short"),
        pytest.param("hash_length_wrong", 0, 2, bytes(32), [bytes(33)], id="proof-hash-long"),
        pytest.param("proof_length_wrong", 0, 2, bytes(32), [], id="proof-empty"),
        pytest.param("proof_length_wrong", 0, 1, bytes(32), [bytes(32)], id="proof-for-single"),
        pytest.param("root_wrong", 0, 1, bytes(32), [], id="root-other"),
    ],
)
def test_inclusion_rejections(reason: str, index: int, size: int, leaf: bytes, proof: list[bytes]) -> None:
    with pytest.raises(Malformed) as refusal:
        merkle.verify_inclusion(index, size, leaf, proof, b"\x01" * 32)
    assert refusal.value.reason == reason


@pytest.mark.parametrize(
    ("reason", "size1", "size2", "proof"),
    [
        pytest.param("sizes_out_of_order", 2, 1, [], id="shrunk"),
        pytest.param("sizes_out_of_order", -1, 1, [], id="negative"),
        pytest.param("sizes_out_of_order", 0, 1, [], id="from-empty"),
        pytest.param("proof_length_wrong", 1, 1, [bytes(32)], id="proof-for-same"),
        pytest.param("proof_length_wrong", 1, 2, [], id="proof-empty"),
        pytest.param("hash_length_wrong", 1, 2, [bytes(31)], id="proof-hash-short"),
        pytest.param("root_wrong", 1, 1, [], id="same-size-other-root"),
        pytest.param("root_wrong", 1, 2, [bytes(32)], id="root-other"),
    ],
)
def test_consistency_rejections(reason: str, size1: int, size2: int, proof: list[bytes]) -> None:
    with pytest.raises(Malformed) as refusal:
        merkle.verify_consistency(size1, size2, proof, b"\x01" * 32, b"\x02" * 32)
    assert refusal.value.reason == reason


def test_the_empty_tree_has_one_root() -> None:
    merkle.verify_consistency(0, 0, [], merkle.EMPTY_ROOT, merkle.EMPTY_ROOT)
    with pytest.raises(Malformed, match="root_wrong"):
        merkle.verify_consistency(0, 0, [], bytes(32), bytes(32))


def test_proofs_are_asked_within_the_tree() -> None:
    with pytest.raises(Malformed, match="index_beyond_size"):
        merkle.inclusion_proof(DATA[3], 3)
    with pytest.raises(Malformed, match="sizes_out_of_order"):
        merkle.consistency_proof(DATA[3], 4)


OUTSIDE = outside_data()

if OUTSIDE is not None:
    MERKLE = OUTSIDE / "vectors" / "merkle"

    def b64(text: str) -> bytes:
        return base64.b64decode(text, validate=True)

    def cases(kind: str) -> list[Any]:
        files: list[Path] = sorted((MERKLE / kind).rglob("*.json"))
        return [pytest.param(json.loads(f.read_bytes()), id=str(f.relative_to(MERKLE))[:-5]) for f in files]

    @pytest.mark.parametrize("case", cases("inclusion"))
    def test_inclusion_vectors(case: dict[str, Any]) -> None:
        proof = [b64(text) for text in case["proof"] or []]
        arguments = case["leafIdx"], case["treeSize"], b64(case["leafHash"]), proof, b64(case["root"])
        with pytest.raises(Malformed) if case["wantErr"] else nullcontext():
            merkle.verify_inclusion(*arguments)

    @pytest.mark.parametrize("case", cases("consistency"))
    def test_consistency_vectors(case: dict[str, Any]) -> None:
        proof = [b64(text) for text in case["proof"] or []]
        arguments = case["size1"], case["size2"], proof, b64(case["root1"]), b64(case["root2"])
        with pytest.raises(Malformed) if case["wantErr"] else nullcontext():
            merkle.verify_consistency(*arguments)
