"""Logs as static files (C2SP tlog-tiles): names, bundles, growth, and proofs from stored tiles.

A *tile* is up to 256 sibling hashes (32 bytes each) at one of the levels 0, 8, 16 ... of the tree; an *entry bundle* is
up to 256 entries, each behind its length as a big-endian uint16. Full ones never change; the last of a level may be
partial and has its width in its name, so it never changes either. Files are read through a ``read(path)`` callable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from notary import merkle
from notary.errors import Malformed

WIDTH = 256
_LEVEL_BITS = 8
MAX_ENTRY_BYTES = 0xFFFF
CHECKPOINT_PATH = "checkpoint"

_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<index>(x[0-9]{3}/){0,6}[0-9]{3})(\.p/(?P<width>[1-9][0-9]{0,2}))?"
)

Read = Callable[[str], bytes]
"""The bytes of an existing file of the log; raises (Unknown, OSError) when it is not there."""


@dataclass(frozen=True)
class TileName:
    """What the path of a tile says. level: 0..63, or None for an entry bundle. width: 1..256."""

    level: int | None
    index: int
    width: int


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """``tile/<L>/<N>[.p/<W>]``; index 1234067 is written ``x001/x234/067``."""
    return f"tile/{level}/{_index_text(index)}{_width_text(width)}"


def entries_path(index: int, width: int = WIDTH) -> str:
    """``tile/entries/<N>[.p/<W>]``."""
    return f"tile/entries/{_index_text(index)}{_width_text(width)}"


def paths(size: int) -> Iterator[str]:
    """The paths of all tiles and bundles that a log of this size has."""
    level, count = 0, size
    while count:
        for index in range(-(-count // WIDTH)):
            width = min(WIDTH, count - index * WIDTH)
            yield tile_path(level, index, width)
            if level == 0:
                yield entries_path(index, width)
        level, count = level + 1, count // WIDTH


def parse_path(path: str) -> TileName:
    """The name behind a path, which must be its one right spelling. Raises Malformed (not_a_tile_path)."""
    match = _PATH.fullmatch(path)
    if match:
        level = None if match["level"] == "entries" else int(match["level"])
        name = TileName(level, int(re.sub("[x/]", "", match["index"])), int(match["width"] or WIDTH))
        if (level or 0) < 64 and name.width <= WIDTH and path == _path_of(name):
            return name
    raise Malformed("not_a_tile_path", "不是日志文件的路径。", "Not the path of a tile or bundle.", field="path")


def _path_of(name: TileName) -> str:
    if name.level is None:
        return entries_path(name.index, name.width)
    return tile_path(name.level, name.index, name.width)


def _index_text(index: int) -> str:
    elements = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        elements.insert(0, f"x{index % 1000:03d}")
    return "/".join(elements)


def _width_text(width: int) -> str:
    return "" if width == WIDTH else f".p/{width}"


def bundle(entries: Sequence[bytes]) -> bytes:
    """The entry bundle of these entries. Raises Malformed (entry_too_long)."""
    if any(len(entry) > MAX_ENTRY_BYTES for entry in entries):
        raise Malformed("entry_too_long", "日志条目超过 65535 字节。", "A log entry is longer than 65535 bytes.")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def parse_bundle(data: bytes, width: int) -> list[bytes]:
    """The `width` entries of a bundle. Raises Malformed (bundle_cut_short, bundle_width_wrong)."""
    entries, at = [], 0
    while at < len(data):
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or at > len(data):
            raise Malformed("bundle_cut_short", "条目包不完整。", "The entry bundle is cut short.", field="bundle")
        entries.append(data[start:at])
    if len(entries) != width:
        raise Malformed(
            "bundle_width_wrong", "条目包的条目数不对。", "The bundle has the wrong number of entries.", field="bundle"
        )
    return entries


def parse_tile(data: bytes, width: int) -> list[bytes]:
    """The `width` hashes of a tile. Raises Malformed (tile_width_wrong)."""
    if len(data) != width * merkle.HASH_BYTES:
        raise Malformed("tile_width_wrong", "哈希块的长度不对。", "The tile has the wrong length.", field="tile")
    return [data[i : i + merkle.HASH_BYTES] for i in range(0, len(data), merkle.HASH_BYTES)]


@dataclass(frozen=True)
class Tree:
    """The tree of a log of `size` entries, read from its tiles. Each tile is read once.

    Earlier trees of the log are within it: roots and proofs are given for any size up to its own, from the tiles of
    its own size, so partial tiles of earlier sizes may be gone.
    """

    read: Read
    size: int
    _tiles: dict[tuple[int, int], list[bytes]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def root(self, size: int | None = None) -> bytes:
        """The root over the first `size` entries; over all, where none is given."""
        return merkle.root_from(self._node, self._within(self.size if size is None else size))

    def leaf_hash(self, index: int) -> bytes:
        """The leaf hash of entry `index`."""
        if not 0 <= index < self.size:
            raise _beyond_log("index")
        return self._node(0, index)

    def entry(self, index: int) -> bytes:
        """Entry `index` itself, from its bundle; checked against its leaf hash. Raises Malformed."""
        leaf = self.leaf_hash(index)
        number, place = divmod(index, WIDTH)
        width = self._width(0, number)
        data = parse_bundle(self.read(entries_path(number, width)), width)[place]
        if merkle.leaf_hash(data) != leaf:
            raise _bundle_not_of_tile()
        return data

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """Inclusion of entry `index` in the tree over the first `size` entries."""
        return merkle.inclusion_from(self._node, index, self._within(self.size if size is None else size))

    def consistency_proof(self, old_size: int, size: int | None = None) -> list[bytes]:
        """Consistency of the trees over the first `old_size` and the first `size` entries."""
        return merkle.consistency_from(self._node, old_size, self._within(self.size if size is None else size))

    def hashes(self, level: int, index: int) -> list[bytes]:
        """The hashes of a tile, as wide as it is at this size; none where it has none yet."""
        if (level, index) not in self._tiles:
            width = self._width(level, index)
            data = self.read(tile_path(level, index, width)) if width else b""
            self._tiles[level, index] = parse_tile(data, width)
        return self._tiles[level, index]

    def _node(self, height: int, position: int) -> bytes:
        level, inner = divmod(height, _LEVEL_BITS)
        index, start = divmod(position << inner, WIDTH)
        return merkle.complete_root(self.hashes(level, index)[start : start + (1 << inner)])

    def _width(self, level: int, index: int) -> int:
        return max(0, min(WIDTH, (self.size >> (level * _LEVEL_BITS)) - index * WIDTH))

    def _within(self, size: int) -> int:
        if not 0 <= size <= self.size:
            raise _beyond_log("size")
        return size


@dataclass(frozen=True)
class Growth:
    """What appending gave: the new size and root, and the files that must be stored before anyone sees that size."""

    size: int
    root: bytes
    files: dict[str, bytes]


def grow(read: Read, old_size: int, old_root: bytes, entries: Sequence[bytes]) -> Growth:
    """Append entries to the log of `old_size` entries and `old_root`: all new tiles and bundles, full and partial.

    Pure: storing is the caller's. The files depend on nothing but the entries, so after a crash between storing and
    committing the same call gives the same bytes. The stored end of the log is first checked against `old_root`, so
    that nothing is ever built on, and signed over, damaged tiles.
    Raises Malformed (root_wrong, bundle_not_of_tile, tile_width_wrong, ...).
    """
    old = Tree(read, old_size)
    if old.root() != old_root:
        raise Malformed("root_wrong", "存储的日志与树根不符。", "The stored tiles do not have this root.", field="root")
    files = _grown_bundles(old, entries) if entries else {}
    hashes = [merkle.leaf_hash(entry) for entry in entries]
    level = 0
    while hashes:
        tiles = _grown_tiles(old, level, hashes)
        files |= {tile_path(level, index, len(tile)): b"".join(tile) for index, tile in tiles.items()}
        hashes = [merkle.complete_root(tile) for tile in tiles.values() if len(tile) == WIDTH]
        level += 1
    size = old_size + len(entries)
    new = Tree(lambda path: files[path] if path in files else read(path), size)
    return Growth(size, new.root(), files)


def _grown_tiles(old: Tree, level: int, hashes: Sequence[bytes]) -> dict[int, list[bytes]]:
    """The tiles of a level that change by appending hashes to it, in order."""
    first = (old.size >> (level * _LEVEL_BITS)) // WIDTH
    row = [*old.hashes(level, first), *hashes]
    return {first + i // WIDTH: row[i : i + WIDTH] for i in range(0, len(row), WIDTH)}


def _grown_bundles(old: Tree, entries: Sequence[bytes]) -> dict[str, bytes]:
    first, width = divmod(old.size, WIDTH)
    kept = parse_bundle(old.read(entries_path(first, width)), width) if width else []
    if [merkle.leaf_hash(entry) for entry in kept] != old.hashes(0, first):
        raise _bundle_not_of_tile()
    row = [*kept, *entries]
    parts = {first + i // WIDTH: row[i : i + WIDTH] for i in range(0, len(row), WIDTH)}
    return {entries_path(index, len(part)): bundle(part) for index, part in parts.items()}


def _beyond_log(field_: str) -> Malformed:
    return Malformed("beyond_log", "超出日志的大小。", "That is beyond the size of the log.", field=field_)


def _bundle_not_of_tile() -> Malformed:
    return Malformed(
        "bundle_not_of_tile", "条目包与哈希块不符。", "The entry bundle does not belong to its tile.", field="bundle"
    )
