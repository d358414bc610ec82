"""Looking for a secret wherever a server keeps bytes: database, files, its log, its memory; in every usual writing."""

from __future__ import annotations

import base64
import os
import re
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import Connection, MetaData, select

_PIECE = 1 << 24
_DIGIT = 30  # bits in a digit of a Python integer


def writings(text: str) -> set[bytes]:
    """ASCII, UTF-16, hexadecimal in both cases, and base64 at its three alignments, of text long enough for that."""
    data = text.encode("ascii")
    found: set[bytes] = {
        data,
        text.encode("utf-16-le"),
        text.encode("utf-16-be"),
        data.hex().encode(),
        data.hex().upper().encode(),
    }
    for skipped in range(3):
        # The first and last signs depend on the neighbours.
        coded = base64.b64encode(bytes(skipped) + data)
        start, end = -(-skipped * 8 // 6), (skipped + len(data)) * 8 // 6
        found |= {coded[start:end], base64.urlsafe_b64encode(bytes(skipped) + data)[start:end]}
    return found


def number_writings(number: int) -> set[bytes]:
    """All integers of 49 to 56 bits that differ from this one in the last byte only: what they share when they are
    written as databases and C do, either way round, and as Python keeps them."""
    whole = number.to_bytes(7, "big")[:-1]
    low, high = number % (1 << _DIGIT), number >> _DIGIT
    return {whole, whole[::-1], struct.pack("<II", low, high)[1:]}


def found_in(pieces: Iterable[bytes], needles: Iterable[bytes]) -> set[bytes]:
    """Which of the needles are there."""
    wanted = set(needles)
    found: set[bytes] = set()
    for piece in pieces:
        found |= {needle for needle in wanted - found if needle in piece}
    return found


def of_database(connection: Connection) -> Iterator[bytes]:
    """Every row of every table."""
    metadata = MetaData()
    metadata.reflect(connection)
    for table in metadata.tables.values():
        for row in connection.execute(select(table)):
            yield repr(tuple(row)).encode()


def of_files(roots: Iterable[Path]) -> Iterator[bytes]:
    """The bytes of every file, in pieces that overlap. Files that go away meanwhile are left out."""
    for root in roots:
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            if path.is_file():
                yield from _pieces(path)


def _pieces(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            kept = b""
            while data := file.read(_PIECE):
                yield kept + data
                kept = data[-256:]
    except FileNotFoundError:
        return


def of_memory(pid: int) -> Iterator[bytes]:
    """Every writable mapping of a process that this one has started; the others hold code and files."""
    maps = Path(f"/proc/{pid}/maps").read_text("utf-8")
    with Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for start, end in re.findall(r"^([0-9a-f]+)-([0-9a-f]+) rw", maps, re.MULTILINE):
            yield from _mapped(memory.fileno(), int(start, 16), int(end, 16))


def _mapped(handle: int, start: int, end: int) -> Iterator[bytes]:
    for at in range(start, end, _PIECE):
        try:
            yield os.pread(handle, min(_PIECE + 256, end - at), at)
        except OSError:
            return  # [vvar] and what was unmapped meanwhile cannot be read
