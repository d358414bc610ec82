"""What the server signs receipts with."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass(frozen=True)
class ReceiptSigner:
    """The receipt key, and what every receipt says of its log."""

    origin: str
    demonstration: bool
    key: Ed25519PrivateKey
