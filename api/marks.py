"""What the server gives away and knows again, or keeps so that a copy of the database alone tells nothing.

Both are keyed by one file of the home (``keys/accounts.key``), apart from the database.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from notary import chance
from notary.errors import Held

_NONCE = 12


class Marks:
    """Marks texts and seals secrets under one key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        root = key.private_bytes_raw()
        self._marking = _derived(root, b"sunbid/marks")
        self._sealing = AESGCM(_derived(root, b"sunbid/seals"))

    def mark(self, purpose: str, text: str) -> str:
        """The text with a mark that only this server can make, for one purpose."""
        return f"{text}.{self._mark(purpose, text)}"

    def read(self, purpose: str, marked: str | None) -> str | None:
        """The text of what `mark` gave; None for anything else."""
        text, _, mark = (marked or "").rpartition(".")
        right = hmac.compare_digest(mark.encode(), self._mark(purpose, text).encode())
        return text if right else None

    def seal(self, whose: str, secret: bytes) -> str:
        """A secret of somebody, encrypted; only readable as the same person's."""
        nonce = chance.token(_NONCE)
        return base64.b64encode(nonce + self._sealing.encrypt(nonce, secret, whose.encode())).decode()

    def unseal(self, whose: str, sealed: str) -> bytes:
        """The secret again. Raises Held (accounts_key_wrong) under another key file."""
        data = base64.b64decode(sealed)
        try:
            return self._sealing.decrypt(data[:_NONCE], data[_NONCE:], whose.encode())
        except InvalidTag as error:
            raise Held(
                "accounts_key_wrong",
                "密钥文件 accounts.key 与数据库不符，请运维人员恢复原文件。",
                "The key file accounts.key does not belong to this database: the operator must restore it.",
            ) from error

    def _mark(self, purpose: str, text: str) -> str:
        return hmac.new(self._marking, f"{purpose}\n{text}".encode(), hashlib.sha256).hexdigest()


def _derived(root: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=info).derive(root)
