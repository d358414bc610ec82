"""Static files of the pages: read once, named by the hash of them all, so that a browser may keep them for ever."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_STATIC = Path(__file__).resolve().parent / "static"
_FOLDERS = ("css", "img", "js", "vendor")
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True)
class StaticFile:
    """data: its bytes; packed: the same with gzip."""

    data: bytes
    packed: bytes
    media_type: str


@cache
def files() -> dict[str, StaticFile]:
    """Every file that pages may load, by its path such as ``css/base.css``. Nothing else is served."""
    found = sorted(path for folder in _FOLDERS for path in (_STATIC / folder).rglob("*") if path.suffix in _TYPES)
    return {path.relative_to(_STATIC).as_posix(): _read(path) for path in found}


@cache
def version() -> str:
    """Sixteen hex digits that change with any byte of any static file."""
    whole = hashlib.sha256()
    for path, file in files().items():
        whole.update(path.encode() + b"\0" + hashlib.sha256(file.data).digest())
    return whole.hexdigest()[:16]


def address(path: str) -> str:
    """Where a static file lies. Raises KeyError for one that is not there."""
    files()[path]
    return f"/static/{version()}/{path}"


def _read(path: Path) -> StaticFile:
    data = path.read_bytes()
    return StaticFile(data, gzip.compress(data, mtime=0), _TYPES[path.suffix])
