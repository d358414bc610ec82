"""RFC 6962 section 2.1 word for word: slow, and by another route than notary/merkle.py."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def leaves(count: int) -> list[bytes]:
    """Entries of 32 bytes, all different."""
    return [hashlib.sha256(str(i).encode()).digest() for i in range(count)]


def split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(d: Sequence[bytes]) -> bytes:
    if not d:
        return hashlib.sha256().digest()
    if len(d) == 1:
        return hashlib.sha256(b"\x00" + d[0]).digest()
    k = split(len(d))
    return hashlib.sha256(b"\x01" + mth(d[:k]) + mth(d[k:])).digest()


def path(m: int, d: Sequence[bytes]) -> list[bytes]:
    if len(d) == 1:
        return []
    k = split(len(d))
    if m < k:
        return [*path(m, d[:k]), mth(d[k:])]
    return [*path(m - k, d[k:]), mth(d[:k])]


def proof(m: int, d: Sequence[bytes], *, b: bool = True) -> list[bytes]:
    if m == len(d):
        return [] if b else [mth(d)]
    k = split(len(d))
    if m <= k:
        return [*proof(m, d[:k], b=b), mth(d[k:])]
    return [*proof(m - k, d[k:], b=False), mth(d[:k])]
