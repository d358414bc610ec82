"""The tree of a log computed again, leaf by leaf. Pure; 64 bytes of memory a leaf."""

from __future__ import annotations

from dataclasses import dataclass, field

from notary import merkle, tiles

_LEVEL_BITS = 8


@dataclass
class Growth:
    """All tiles of a growing tree, and its root at the size reached."""

    size: int = 0
    _leaves: bytearray = field(default_factory=bytearray)
    _levels: list[bytearray] = field(default_factory=list)
    #: Roots of the complete subtrees that make up the tree, the largest first, with their heights.
    _peaks: list[tuple[int, bytes]] = field(default_factory=list)

    def add(self, leaf: bytes) -> None:
        """Append a leaf's data (32 bytes)."""
        self._leaves += leaf
        self.size += 1
        height, hash_ = 0, merkle.leaf_hash(leaf)
        self._keep(height, hash_)
        while self._peaks and self._peaks[-1][0] == height:
            hash_ = merkle.node_hash(self._peaks.pop()[1], hash_)
            height += 1
            self._keep(height, hash_)
        self._peaks.append((height, hash_))

    def root(self) -> bytes:
        """The root over all leaves so far."""
        if not self._peaks:
            return merkle.EMPTY_ROOT
        root = self._peaks[-1][1]
        for _, hash_ in reversed(self._peaks[:-1]):
            root = merkle.node_hash(hash_, root)
        return root

    def file(self, name: tiles.TileName) -> bytes | None:
        """The bytes of a tile or bundle; None where the tree does not reach that far."""
        source = self._leaves if name.level is None else self._level(name.level)
        start = name.index * tiles.WIDTH * merkle.HASH_BYTES
        data = bytes(source[start : start + name.width * merkle.HASH_BYTES])
        if len(data) < name.width * merkle.HASH_BYTES:
            return None
        if name.level is not None:
            return data
        return tiles.bundle([data[i : i + merkle.HASH_BYTES] for i in range(0, len(data), merkle.HASH_BYTES)])

    def _keep(self, height: int, hash_: bytes) -> None:
        level, rest = divmod(height, _LEVEL_BITS)
        if rest == 0:
            if level == len(self._levels):
                self._levels.append(bytearray())
            self._levels[level] += hash_

    def _level(self, level: int) -> bytearray:
        return self._levels[level] if level < len(self._levels) else bytearray()
