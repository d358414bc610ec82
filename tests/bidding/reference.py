"""C256 a second time, straight from docs/spec/envelope.md, slow and with the salt given.

The hash is an argument, because the vectors that come with the library are of chunked encryption with SHA-256.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512, HashAlgorithm
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

SHA_512 = SHA512()
LABEL = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM"


def keys(key: bytes, salt: bytes, context: bytes, hash_: HashAlgorithm) -> tuple[bytes, bytes, bytes]:
    """Chunk key, base nonce, commitment."""
    derived = HKDFExpand(hash_, 76, LABEL + b"\0" + salt + context).derive(key)
    return derived[:32], derived[32:44], derived[44:]


def encrypt(key: bytes, salt: bytes, context: bytes, plain: bytes, hash_: HashAlgorithm = SHA_512) -> bytes:
    """C256 with this salt (24 bytes)."""
    chunk_key, base_nonce, commitment = keys(key, salt, context, hash_)
    chunks = [
        AESGCM(chunk_key).encrypt(_nonce(base_nonce, i), plain[i * 16_384 : (i + 1) * 16_384], None)
        for i in range(len(plain) // 16_384 + 1)
    ]
    return salt + commitment + b"".join(chunks)


def decrypt(key: bytes, context: bytes, section: bytes, hash_: HashAlgorithm = SHA_512) -> bytes:
    """The plaintext. Raises InvalidTag; the commitment is asserted."""
    chunk_key, base_nonce, commitment = keys(key, section[:24], context, hash_)
    assert commitment == section[24:56]
    chunks = [section[at : at + 16_400] for at in range(56, len(section), 16_400)]
    plain = [AESGCM(chunk_key).decrypt(_nonce(base_nonce, i), chunk, None) for i, chunk in enumerate(chunks)]
    assert all(len(one) == 16_384 for one in plain[:-1])
    assert len(plain[-1]) < 16_384
    return b"".join(plain)


def _nonce(base: bytes, number: int) -> bytes:
    return (int.from_bytes(base, "big") ^ number).to_bytes(12, "big")
