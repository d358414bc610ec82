"""Sealed bytes and the log's static files, by key.

A key is a relative path of ASCII letters, digits, ``.``, ``_``, ``-`` and ``/``. :class:`FileStore` keeps each object
as the file of that path, so a web server can serve the public ones as they are.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from notary import chance
from notary.errors import Conflict, Malformed, Unknown
from notary.failpoints import failpoint

MAX_KEY_LENGTH = 512
_TEMPORARY = "tmp"
_ELEMENT = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}"
_KEY = re.compile(rf"(?!{_TEMPORARY}(/|$)){_ELEMENT}(/{_ELEMENT})*")


@dataclass(frozen=True)
class Stored:
    """What put found: size in bytes and SHA-256 in lower-case hex."""

    size: int
    sha256: str


class Store(Protocol):
    """Objects by key. Whatever returned is durable; whatever raised left the key as it was, or as it should become."""

    def put(self, key: str, chunks: Iterable[bytes], *, sha256: str | None = None) -> Stored:
        """Store a new object, never over another. The same bytes again are fine.

        Raises Malformed (key_malformed; digest_wrong when the bytes do not have the given sha256) and Conflict
        (object_differs when the key has other bytes).
        """

    def replace(self, key: str, data: bytes) -> None:
        """Store an object whether or not the key has one. A reader sees the old bytes or the new, never a mixture."""

    def read(self, key: str) -> bytes:
        """The whole object. Raises Unknown (no_such_object)."""

    def open(self, key: str) -> BinaryIO:
        """The object as a stream, to be closed by the caller. Raises Unknown (no_such_object)."""

    def size(self, key: str) -> int:
        """Its size in bytes. Raises Unknown (no_such_object)."""

    def delete(self, key: str) -> None:
        """Remove the object; without one, nothing happens, since a deletion may run twice."""

    def keys(self, prefix: str = "") -> Iterator[str]:
        """The keys that begin with a prefix (a key, cut anywhere), sorted. Raises Malformed (key_malformed)."""


class FileStore:
    """A Store on a local file system that honours fsync and has hard links.

    Unfinished files live in ``root/tmp``: nothing reads them, and :meth:`clean_temporary` removes them.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._temporary = root / _TEMPORARY
        self._temporary.mkdir(parents=True, exist_ok=True)
        _sync(root.parent)

    def put(self, key: str, chunks: Iterable[bytes], *, sha256: str | None = None) -> Stored:
        path = self._path(key)
        with self._written(chunks) as (temporary, stored):
            if sha256 not in (None, stored.sha256):
                raise Malformed("digest_wrong", "内容与摘要不符。", "The bytes have another SHA-256.", field="sha256")
            _make_parents(path)
            failpoint("store.written")
            try:
                # Commit point. Unlike a rename, a link never replaces. A crash before it leaves only the temporary
                # file; after it the object is whole, because its bytes were synced first.
                os.link(temporary, path)
            except FileExistsError:
                if _digest(path) != stored.sha256:
                    raise Conflict(
                        "object_differs", "该键下已有其他内容。", "The key already has other bytes.", field="key"
                    ) from None
            failpoint("store.linked")
            # Also when the object was there: whoever linked it may have died before this.
            self._sync_parents(path)
        return stored

    def replace(self, key: str, data: bytes) -> None:
        path = self._path(key)
        with self._written([data]) as (temporary, _):
            _make_parents(path)
            # Commit point. A crash before it leaves the old object, after it the new one; which of the two is known
            # only once the directory is synced, so nothing may be promised on it before this returns.
            failpoint("store.replacing")
            temporary.replace(path)
            failpoint("store.replaced")
            self._sync_parents(path)

    def read(self, key: str) -> bytes:
        with self.open(key) as stream:
            return stream.read()

    def open(self, key: str) -> BinaryIO:
        try:
            return self._path(key).open("rb")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise _no_such_object() from error

    def size(self, key: str) -> int:
        with self.open(key) as stream:
            return os.fstat(stream.fileno()).st_size

    def delete(self, key: str) -> None:
        path = self._path(key)
        # Commit point. A crash before the sync may bring the object back: a deletion is repeated until it returns.
        try:
            path.unlink()
        except IsADirectoryError as error:
            raise _keys_overlap() from error
        except (FileNotFoundError, NotADirectoryError):
            pass
        if path.parent.is_dir():
            _sync(path.parent)

    def keys(self, prefix: str = "") -> Iterator[str]:
        folder = prefix.rpartition("/")[0]
        paths = (self._path(folder) if folder else self._root).rglob("*")
        found = (path.relative_to(self._root).as_posix() for path in paths if path.is_file())
        yield from sorted(key for key in found if key.startswith(prefix) and _KEY.fullmatch(key))

    def clean_temporary(self, before: datetime | None = None) -> int:
        """Remove what crashes left in ``root/tmp`` and return how many files.

        before: only what was last written before that moment. Without it, only while nobody else is writing.
        """
        count = 0
        for path in self._temporary.iterdir():
            if before is None or path.stat().st_mtime < before.timestamp():
                path.unlink()
                count += 1
        return count

    def _path(self, key: str) -> Path:
        # A dot may not begin an element, so that neither .. nor hidden files can be named.
        if len(key) > MAX_KEY_LENGTH or not _KEY.fullmatch(key):
            raise Malformed("key_malformed", "存储键格式不对。", "The key is not a plain relative path.", field="key")
        return self._root / key

    @contextmanager
    def _written(self, chunks: Iterable[bytes]) -> Iterator[tuple[Path, Stored]]:
        """A temporary file of these bytes, synced; gone afterwards, whatever happens."""
        path = self._temporary / chance.token(16).hex()
        try:
            size, digest = 0, hashlib.sha256()
            with path.open("xb") as stream:
                for chunk in chunks:
                    stream.write(chunk)
                    digest.update(chunk)
                    size += len(chunk)
                stream.flush()
                os.fsync(stream.fileno())
            yield path, Stored(size, digest.hexdigest())
        finally:
            path.unlink(missing_ok=True)

    def _sync_parents(self, path: Path) -> None:
        """Sync every directory down to the file: those above may be new too, made here or by one who died."""
        for directory in path.relative_to(self._root).parents:
            _sync(self._root / directory)


def _make_parents(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise _keys_overlap() from error
    if path.is_dir():
        raise _keys_overlap()


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _no_such_object() -> Unknown:
    return Unknown("no_such_object", "没有这个对象。", "There is no such object.", field="key")


def _keys_overlap() -> Conflict:
    return Conflict("keys_overlap", "一个键是另一个键的上级。", "One key would lie within another.", field="key")
