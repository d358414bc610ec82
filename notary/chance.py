"""The only source of entropy. Pure code takes bytes as arguments."""

from __future__ import annotations

import secrets


def token(size: int = 32) -> bytes:
    """`size` unpredictable bytes from the operating system."""
    return secrets.token_bytes(size)
