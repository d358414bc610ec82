"""The tree as fsck computes it again, against the one that the log was grown by."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notary import merkle, tiles
from notary.fsck.growth import Growth

SIZES = (0, 1, 2, 3, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537)


def leaf(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()


def grown(size: int) -> Growth:
    growth = Growth()
    for number in range(size):
        growth.add(leaf(number))
    return growth


@given(st.integers(0, 600))
def test_the_root_is_that_of_the_leaves(size: int) -> None:
    assert grown(size).root() == merkle.root([merkle.leaf_hash(leaf(number)) for number in range(size)])


def test_tiles_bundles_and_roots_are_those_of_the_log() -> None:
    files: dict[str, bytes] = {}
    growth, root = Growth(), merkle.EMPTY_ROOT
    for old, new in pairwise(SIZES):
        made = tiles.grow(files.__getitem__, old, root, [leaf(number) for number in range(old, new)])
        files |= made.files
        root = made.root
        for number in range(old, new):
            growth.add(leaf(number))
        assert growth.root() == root
        assert set(tiles.paths(new)) <= files.keys()
    assert {path: growth.file(tiles.parse_path(path)) for path in files} == files


@pytest.mark.parametrize("path", ["tile/0/000", "tile/entries/000.p/4", "tile/1/000.p/1", "tile/5/000.p/1"])
def test_nothing_is_said_of_tiles_beyond_the_tree(path: str) -> None:
    assert grown(3).file(tiles.parse_path(path)) is None


@pytest.mark.parametrize("size", SIZES)
def test_the_paths_of_a_size_are_what_its_tree_reads(size: int) -> None:
    growth, read = grown(size), set()

    def reading(path: str) -> bytes:
        read.add(path)
        found = growth.file(tiles.parse_path(path))
        assert found is not None
        return found

    tree = tiles.Tree(reading, size)
    assert tree.root() == growth.root()
    assert read <= set(tiles.paths(size))
