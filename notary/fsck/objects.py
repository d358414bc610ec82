"""Objects of the store against the rows that name them (I10)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from notary.errors import Unknown
from notary.findings import Finding, absent, differs
from notary.store import Store

_PIECE = 1 << 20


def check_object(store: Store, key: str, size: int, sha256: str) -> Iterator[Finding]:
    """The object is there, with this size in bytes and SHA-256 in hex."""
    digest, found = hashlib.sha256(), 0
    try:
        with store.open(key) as stream:
            while piece := stream.read(_PIECE):
                digest.update(piece)
                found += len(piece)
    except Unknown:
        yield absent("I10", key)
        return
    if (found, digest.hexdigest()) != (size, sha256):
        yield differs("I10", key)
