"""Libraries for browsers: what ``static/vendor.lock`` pins, and the import map that pages inline.

Modules of ``static/js`` name each other by relative paths; only vendored ones use bare specifiers. Workers have no
import map, so nothing that a worker loads may need one.
"""

from __future__ import annotations

import base64
import hashlib
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

STATIC = Path(__file__).resolve().parent / "static"
_LOCK = STATIC / "vendor.lock"


@dataclass(frozen=True)
class Package:
    """A pinned npm package. integrity: of its tarball. files: path in the package to its sha384 (SRI form)."""

    name: str
    version: str
    licence: str
    integrity: str
    files: dict[str, str]

    @property
    def folder(self) -> str:
        """Where its files lie under ``static``."""
        return f"vendor/{self.name}@{self.version}"


@dataclass(frozen=True)
class Lock:
    """What the lock says. specifiers, replaced: module specifiers or paths under ``static``, and the file they mean."""

    packages: tuple[Package, ...]
    specifiers: dict[str, str]
    replaced: dict[str, str]


@cache
def lock() -> Lock:
    """The lock as it is packaged."""
    found = tomllib.loads(_LOCK.read_text("utf-8"))
    return Lock(tuple(Package(**one) for one in found["package"]), found["specifiers"], found["replaced"])


def import_map(prefix: str) -> dict[str, Any]:
    """The import map of a page whose static files lie under `prefix`, which ends in a slash; with the files' hashes."""
    pinned = lock()
    return {
        "imports": {_at(prefix, name): prefix + path for name, path in (pinned.specifiers | pinned.replaced).items()},
        "integrity": {
            f"{prefix}{package.folder}/{path}": integrity
            for package in pinned.packages
            for path, integrity in package.files.items()
            if path.endswith(".js")
        },
    }


def integrity(data: bytes) -> str:
    """The sha384 of bytes as HTML writes it (Subresource Integrity)."""
    return f"sha384-{base64.b64encode(hashlib.sha384(data).digest()).decode('ascii')}"


def _at(prefix: str, name: str) -> str:
    """A specifier as a module names it; a file by its address, since it is imported by a relative path."""
    return prefix + name if name.startswith("vendor/") else name
