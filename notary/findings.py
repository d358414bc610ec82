"""What fsck finds. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Finding:
    """Something that does not agree. invariant: I1 … I12 (docs/ARCHITECTURE.md); where: row, file or index."""

    invariant: str
    where: str
    zh: str
    en: str


def differing(invariant: str, where: str, expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Finding]:
    """A finding for each column that is not as the record says."""
    for name, value in expected.items():
        if found[name] != value:
            yield differs(invariant, f"{where} {name}")


def differs(invariant: str, where: str) -> Finding:
    """What is stored is not what the record says."""
    return Finding(invariant, where, "与账本记录不一致。", "It is not what the record says.")


def absent(invariant: str, where: str) -> Finding:
    """The record says that there is something, and there is nothing."""
    return Finding(invariant, where, "账本有记录，而此处缺失。", "The record speaks of it, and it is not there.")


def stray(invariant: str, where: str) -> Finding:
    """There is something of which the record knows nothing."""
    return Finding(invariant, where, "账本中没有相应记录。", "The record knows nothing of it.")


def unsound(invariant: str, where: str, reason: str) -> Finding:
    """Something by itself is not as it must be. reason: a slug or the error met."""
    return Finding(invariant, where, f"内容不成立（{reason}）。", f"It does not hold ({reason}).")
