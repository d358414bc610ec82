"""HPKE base mode with the ephemeral key given (RFC 9180), suite 1 of docs/spec/envelope.md.

DHKEM(X25519, HKDF-SHA256) 0x0020, HKDF-SHA256 0x0001, AES-256-GCM 0x0002, single shot, empty AAD. The library has no
deterministic sender, so the sender stands here; receiving is the library's.
"""

from __future__ import annotations

from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from notary.errors import Malformed

OVERHEAD = 48
"""Bytes that a box is longer than what is inside: the encapsulated key and the tag."""

_KEM_ID = b"KEM\x00\x20"
_SUITE_ID = b"HPKE\x00\x20\x00\x01\x00\x02"
_BASE_MODE = b"\x00"
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_FIELD_PRIME = 2**255 - 19
# Every X25519 scalar is a multiple of 8, so any one finds the points of low order.
_PROBE = X25519PrivateKey.from_private_bytes(b"\x01" * 32)


class Sender(NamedTuple):
    """What the sender's key schedule gives: the encapsulated key, the AEAD key, the nonce of the only message."""

    enc: bytes
    key: bytes
    nonce: bytes


def seal(ephemeral: bytes, public_key: bytes, info: bytes, message: bytes) -> bytes:
    """``HPKE*(ephemeral, public_key, info, message)``: enc (32 bytes), then the ciphertext.

    `ephemeral` is the X25519 scalar (32 bytes) and must serve once only. The public key was checked (check_point).
    """
    sender = schedule(ephemeral, public_key, info)
    return sender.enc + AESGCM(sender.key).encrypt(sender.nonce, message, None)


def schedule(ephemeral: bytes, public_key: bytes, info: bytes) -> Sender:
    """RFC 9180 sections 4.1 (Encap) and 5.1 (KeySchedule, base mode: no psk)."""
    private = X25519PrivateKey.from_private_bytes(ephemeral)
    enc = private.public_key().public_bytes_raw()
    exchanged = private.exchange(X25519PublicKey.from_public_bytes(public_key))
    secret = _expand(_KEM_ID, _extract(_KEM_ID, b"", b"eae_prk", exchanged), b"shared_secret", enc + public_key, 32)
    about = _BASE_MODE + _extract(_SUITE_ID, b"", b"psk_id_hash", b"") + _extract(_SUITE_ID, b"", b"info_hash", info)
    prk = _extract(_SUITE_ID, secret, b"secret", b"")
    return Sender(enc, _expand(_SUITE_ID, prk, b"key", about, 32), _expand(_SUITE_ID, prk, b"base_nonce", about, 12))


def open_box(private_key: bytes, info: bytes, box: bytes) -> bytes:
    """What is inside a box. Raises Malformed (box_closed) when this key or this info does not open it."""
    try:
        return _SUITE.decrypt(box, X25519PrivateKey.from_private_bytes(private_key), info=info)
    except (InvalidTag, ValueError) as error:
        raise Malformed("box_closed", "密封盒无法用此私钥打开。", "This key does not open the box.") from error


def public_key(private_key: bytes) -> bytes:
    """The public half (32 bytes) of an X25519 private key (32 bytes)."""
    return X25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()


def expand(key: bytes, info: bytes) -> bytes:
    """HKDF-Expand with SHA-256 to 32 bytes (RFC 5869 section 2.3); `key` is the pseudorandom key."""
    return HKDFExpand(SHA256(), 32, info).derive(key)


def check_point(point: bytes, field: str) -> None:
    """Refuse what is not the one encoding of an X25519 public key of high order (RFC 7748 section 6.1).

    Raises Malformed: key_not_canonical, key_low_order.
    """
    if int.from_bytes(point, "little") >= _FIELD_PRIME:
        raise Malformed(
            "key_not_canonical", "公钥不是规范编码。", "The public key is not in its canonical form.", field=field
        )
    try:
        _PROBE.exchange(X25519PublicKey.from_public_bytes(point))
    except ValueError as error:
        raise Malformed(
            "key_low_order", "公钥是低阶点，不可使用。", "The public key is a point of low order.", field=field
        ) from error


def _extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    return HKDF.extract(SHA256(), salt or None, b"HPKE-v1" + suite + label + ikm)


def _expand(suite: bytes, prk: bytes, label: bytes, info: bytes, size: int) -> bytes:
    return HKDFExpand(SHA256(), size, size.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info).derive(prk)
