"""Entries and their leaves (docs/spec/log.md). Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from notary import canonical, clock


@dataclass(frozen=True)
class Entry:
    """One entry: head members, body, and the two salts (32 bytes each)."""

    kind: str
    tender: str
    lot: str
    time: datetime
    body: dict[str, Any]
    head_salt: bytes
    body_salt: bytes

    @property
    def head(self) -> dict[str, str]:
        """The head as it is hashed."""
        return {"kind": self.kind, "lot": self.lot, "tender": self.tender, "time": clock.text(self.time)}

    def disclosed(self) -> dict[str, Any]:
        """The entry as it is shown, salts included."""
        return {
            "head": self.head,
            "head_salt": self.head_salt.hex(),
            "body": self.body,
            "body_salt": self.body_salt.hex(),
        }

    @cached_property
    def text(self) -> bytes:
        """The body's canonical bytes."""
        return canonical.dumps(self.body)

    @cached_property
    def _commitment(self) -> bytes:
        return commitment_of_text(self.head, self.head_salt, self.text, self.body_salt)

    def commitment(self) -> bytes:
        """The 32 bytes that stand in the log."""
        return self._commitment


def commitment(head: dict[str, Any], head_salt: bytes, body: dict[str, Any], body_salt: bytes) -> bytes:
    """The commitment of a head and a body with their salts."""
    return commitment_of_text(head, head_salt, canonical.dumps(body), body_salt)


def commitment_of_text(head: dict[str, Any], head_salt: bytes, body: bytes, body_salt: bytes) -> bytes:
    """The same for a body that is canonical JSON already."""
    head_hash = hashlib.sha256(b"sunbid/head/1\n" + head_salt + canonical.dumps(head)).digest()
    body_hash = hashlib.sha256(b"sunbid/body/1\n" + body_salt + body).digest()
    return hashlib.sha256(b"sunbid/leaf/1\n" + head_hash + body_hash).digest()
