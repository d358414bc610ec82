"""Cutting a stream of the documents section into blocks, each hashed once as it passes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from bidding.envelope import BLOCK


@dataclass(frozen=True)
class Part:
    """One part of an envelope: part 0 is magic, header and form section, part n the block n of the documents."""

    number: int
    size: int
    sha256: str


class Blocks:
    """Takes the documents section in pieces of any size and gives the parts from number 1 on."""

    def __init__(self) -> None:
        self._parts: list[Part] = []
        self._digest = hashlib.sha256()
        self._size = 0

    @property
    def total(self) -> int:
        """Bytes taken so far."""
        return sum(part.size for part in self._parts) + self._size

    def update(self, piece: bytes | memoryview) -> None:
        """The next bytes of the section."""
        rest = memoryview(piece)
        while rest:
            taken = rest[: BLOCK - self._size]
            self._digest.update(taken)
            self._size += len(taken)
            rest = rest[len(taken) :]
            if self._size == BLOCK:
                self._cut()

    def finish(self) -> tuple[Part, ...]:
        """All parts, the last one shorter."""
        if self._size:
            self._cut()
        return tuple(self._parts)

    def _cut(self) -> None:
        self._parts.append(Part(len(self._parts) + 1, self._size, self._digest.hexdigest()))
        self._digest, self._size = hashlib.sha256(), 0
