"""The deterministic sender against RFC 9180 and against the library's receiver; keys that must be refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import cryptography_vectors
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given, settings
from hypothesis import strategies as st

from bidding import hpke
from notary import verify
from notary.errors import Malformed
from tests.outside import outside_data

PRIME = 2**255 - 19
# The canonical encodings of low order (RFC 7748 section 6.1; listed at https://cr.yp.to/ecdh.html#validate).
LOW_ORDER = [
    0,
    1,
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
    PRIME - 1,
]


def rfc_vectors() -> list[Any]:
    """Base mode of suite 1 (A.1 of the RFC has AES-128; the full set comes with the library)."""
    with cryptography_vectors.open_vector_file("HPKE/test-vectors.json", "r") as file:
        vectors = json.load(file)
    return [v for v in vectors if (v["mode"], v["kem_id"], v["kdf_id"], v["aead_id"]) == (0, 0x20, 1, 2)]


@pytest.mark.parametrize("vector", rfc_vectors(), ids=lambda v: v["pkEm"][:8])
def test_rfc_9180(vector: Any) -> None:
    sender = hpke.schedule(*(bytes.fromhex(vector[name]) for name in ("skEm", "pkRm", "info")))
    assert (sender.enc.hex(), sender.key.hex(), sender.nonce.hex()) == tuple(
        vector[name] for name in ("enc", "key", "base_nonce")
    )
    first = vector["encryptions"][0]
    sealed = AESGCM(sender.key).encrypt(sender.nonce, bytes.fromhex(first["pt"]), bytes.fromhex(first["aad"]))
    assert sealed.hex() == first["ct"]


def test_there_are_rfc_vectors() -> None:
    assert len(rfc_vectors()) == 1


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32), st.binary(), st.binary(max_size=300))
@settings(max_examples=50, deadline=None)
def test_the_library_opens_what_the_sender_seals(ephemeral: bytes, private: bytes, info: bytes, message: bytes) -> None:
    box = hpke.seal(ephemeral, hpke.public_key(private), info, message)
    assert len(box) == len(message) + hpke.OVERHEAD
    assert box == hpke.seal(ephemeral, hpke.public_key(private), info, message)
    assert hpke.open_box(private, info, box) == message


@pytest.mark.parametrize("change", ["key", "info", "first bit", "last bit", "shorter", "empty", "only enc"])
def test_a_box_opens_only_with_its_key_and_info(change: str) -> None:
    private, info = b"r" * 32, b"info"
    box = hpke.seal(b"e" * 32, hpke.public_key(private), info, b"inside")
    changed = {
        "first bit": bytes([box[0] ^ 1]) + box[1:],
        "last bit": box[:-1] + bytes([box[-1] ^ 1]),
        "shorter": box[:-1],
        "empty": b"",
        "only enc": box[:32],
    }.get(change, box)
    with pytest.raises(Malformed) as refused:
        hpke.open_box(b"s" * 32 if change == "key" else private, b"other" if change == "info" else info, changed)
    assert refused.value.reason == "box_closed"


@pytest.mark.parametrize("point", LOW_ORDER)
def test_points_of_low_order_are_refused(point: int) -> None:
    with pytest.raises(Malformed) as refused:
        hpke.check_point(point.to_bytes(32, "little"), "opening_key")
    assert (refused.value.reason, refused.value.field) == ("key_low_order", "opening_key")


@pytest.mark.parametrize("point", [PRIME, PRIME + 1, PRIME + 9, 2**255 - 1, 2**255 + 9, 2**256 - 1])
def test_points_not_canonical_are_refused(point: int) -> None:
    with pytest.raises(Malformed) as refused:
        hpke.check_point(point.to_bytes(32, "little"), "opening_key")
    assert refused.value.reason == "key_not_canonical"


def test_a_box_with_a_low_order_enc_is_closed() -> None:
    for point in LOW_ORDER:
        with pytest.raises(Malformed, match="box_closed"):
            hpke.open_box(b"r" * 32, b"info", point.to_bytes(32, "little") + b"x" * 48)


OUTSIDE = outside_data()
if OUTSIDE:
    X25519 = json.loads((OUTSIDE / "vectors" / "wycheproof" / "x25519_test.json").read_text())

    @pytest.mark.parametrize("test", [test for group in X25519["testGroups"] for test in group["tests"]])
    def test_wycheproof_points(test: Any) -> None:
        point = bytes.fromhex(test["public"])
        expected = None
        if int.from_bytes(point, "little") >= PRIME:
            expected = "key_not_canonical"
        elif "ZeroSharedSecret" in test["flags"]:
            expected = "key_low_order"
        try:
            hpke.check_point(point, "key")
            found = None
        except Malformed as error:
            found = error.reason
        assert found == expected

    HKDF_ = json.loads((OUTSIDE / "vectors" / "wycheproof" / "hkdf_sha256_test.json").read_text())

    @pytest.mark.parametrize("expand", [hpke.expand, partial(verify.expand, length=32)])
    def test_wycheproof_hkdf(expand: Callable[[bytes, bytes], bytes]) -> None:
        """Ours gives 32 bytes: those that any longer output begins with, and those that a shorter one is cut from."""
        tried = 0
        for test in [test for group in HKDF_["testGroups"] for test in group["tests"] if test["result"] == "valid"]:
            ikm, salt, info, okm = (bytes.fromhex(test[name]) for name in ("ikm", "salt", "info", "okm"))
            prk = HKDF.extract(SHA256(), salt or None, ikm)
            assert expand(prk, info)[: len(okm)] == okm[:32], test["tcId"]
            tried += 1
        assert tried > 80
