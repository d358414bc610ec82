"""C256 as the specification states it, against the library and the vectors of C2SP."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from typing import Any

import cryptography_vectors
import pytest
from cryptography.cobblestone import Cobblestone256Decryptor
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from bidding.envelope import CHUNK, padme, plain_length, section_length
from tests.bidding import reference
from tests.bidding.example import section
from tests.outside import outside_data

KEY, CONTEXT = b"k" * 32, b"context"


def c2sp_vectors() -> list[Any]:
    """Chunked encryption with AES-256-GCM and SHA-256: C256 but for the hash of the key derivation."""
    with cryptography_vectors.open_vector_file("chunked-encryption/vectors.json", "r") as file:
        vectors = json.load(file)["vectors"]
    return [v for v in vectors if v["aead"] == "AEAD_AES_256_GCM" and v["expect"] == "success"]


@pytest.mark.parametrize("vector", c2sp_vectors(), ids=lambda v: v["name"])
def test_the_reference_is_c2sp(vector: Any) -> None:
    key, context, ciphertext = (
        bytes.fromhex(vector["key"]),
        vector["context"].encode(),
        base64.b64decode(vector["ciphertext"]),
    )
    if vector.get("compressed"):
        ciphertext = zlib.decompress(ciphertext)
    plain = reference.decrypt(key, context, ciphertext, SHA256())
    assert hashlib.sha256(plain).hexdigest() == vector["payload_sha256"]
    assert reference.encrypt(key, ciphertext[:24], context, plain, SHA256()) == ciphertext


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK])
def test_lengths_and_bytes_are_as_specified(size: int) -> None:
    made = section(KEY, b"p" * size, CONTEXT)
    assert len(made) == section_length(size)
    assert plain_length(len(made)) == size
    assert reference.decrypt(KEY, CONTEXT, made) == b"p" * size
    assert reference.encrypt(KEY, made[:24], CONTEXT, b"p" * size) == made


@given(st.integers(min_value=-(2**16), max_value=2**53))
def test_every_length_is_one_plaintexts_or_none(length: int) -> None:
    plain = plain_length(length)
    if plain is not None:
        assert section_length(plain) == length
    assert plain_length(section_length(abs(length))) == abs(length)


@given(st.integers(min_value=0, max_value=2**53))
def test_padding_adds_at_most_an_eighth_and_is_stable(length: int) -> None:
    padded = padme(length)
    assert length <= padded <= length + length * 12 // 100
    assert padme(padded) == padded


@pytest.mark.parametrize(("length", "padded"), [(0, 0), (1, 1), (9, 10), (17, 18), (100, 104), (1000, 1024)])
def test_padding_as_published(length: int, padded: int) -> None:
    """The example of the Padmé paper (Nikitin et al., PoPETs 2019, algorithm 1), worked by hand."""
    assert padme(length) == padded


def _library(key: bytes, context: bytes, ciphertext: bytes) -> bytes:
    decryptor = Cobblestone256Decryptor(key, context)
    return decryptor.update(ciphertext) + decryptor.finalize()


OUTSIDE = outside_data()
if OUTSIDE:
    C2SP = OUTSIDE / "vectors" / "wycheproof" / "c2sp_chunked_encryption_aes_256_gcm_test.json"

    @pytest.mark.parametrize("test", json.loads(C2SP.read_text())["testGroups"][0]["tests"], ids=lambda t: t["comment"])
    def test_wycheproof(test: Any) -> None:
        key, context = bytes.fromhex(test["key"]), bytes.fromhex(test["ctx"])
        ciphertext = zlib.decompress(bytes.fromhex(test["ct"]))
        if test["result"] != "valid":
            with pytest.raises((InvalidTag, ValueError)):
                _library(key, context, ciphertext)
            return
        plain = _library(key, context, ciphertext)
        assert hashlib.sha512(plain).hexdigest() == test["msgSha512"]
        assert reference.encrypt(key, ciphertext[:24], context, plain) == ciphertext
