from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notary import merkle, notes, tiles
from notary.errors import Malformed
from notary.tiles import Growth, TileName, Tree
from tests.notary import naive
from tests.outside import outside_data

ENTRIES = naive.leaves(70_000)


class Log:
    """A log in memory that grows as a sequencer grows it."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.size, self.root = 0, merkle.EMPTY_ROOT

    def grow(self, count: int) -> Growth:
        growth = tiles.grow(self.files.__getitem__, self.size, self.root, ENTRIES[self.size : self.size + count])
        self.files |= growth.files
        self.size, self.root = growth.size, growth.root
        return growth

    def tree(self) -> Tree:
        return Tree(self.files.__getitem__, self.size)


def log_of(*steps: int) -> Log:
    log = Log()
    for step in steps:
        log.grow(step)
    return log


def expected_files(size: int) -> dict[str, bytes]:
    """Every file of a log of this size, from the formula of tlog-tiles: MTH(D[(n*256+i)*256^l : (n*256+i+1)*256^l])."""
    files, level = {}, 0
    while size >> (8 * level):
        span = 256**level
        row = [naive.mth(ENTRIES[i * span : (i + 1) * span]) for i in range(size // span)]
        for n in range(0, len(row), 256):
            files[tiles.tile_path(level, n // 256, len(row[n : n + 256]))] = b"".join(row[n : n + 256])
        level += 1
    for n in range(0, size, 256):
        part = ENTRIES[n : min(n + 256, size)]
        files[tiles.entries_path(n // 256, len(part))] = b"".join(b"\x00\x20" + entry for entry in part)
    return files


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 300), max_size=4), st.data())
def test_a_log_grown_in_steps_is_the_naive_tree(steps: list[int], data: st.DataObject) -> None:
    log = Log()
    for step in steps:
        before, old_root = log.size, log.root
        growth = log.grow(step)
        assert growth.root == naive.mth(ENTRIES[: log.size])
        wanted = expected_files(log.size)
        assert wanted.items() <= log.files.items()
        assert growth.files.items() <= wanted.items()
        if before:
            merkle.verify_consistency(before, log.size, log.tree().consistency_proof(before), old_root, log.root)
    if log.size:
        size = data.draw(st.integers(1, log.size))
        index = data.draw(st.integers(0, size - 1))
        assert log.tree().inclusion_proof(index, size) == naive.path(index, ENTRIES[:size])
        assert log.tree().consistency_proof(size) == naive.proof(size, ENTRIES[: log.size])
        assert log.tree().root(size) == naive.mth(ENTRIES[:size])
        assert log.tree().entry(index) == ENTRIES[index]
        assert log.tree().leaf_hash(index) == merkle.leaf_hash(ENTRIES[index])


def test_the_tree_of_70000_entries_has_the_tiles_of_the_specification() -> None:
    log = log_of(70_000)
    names = [tiles.parse_path(path) for path in log.files]
    assert sum(name.level == 0 and name.width == 256 for name in names) == 273
    partial_or_high = {name for name in names if name.level is not None and (name.level or name.width < 256)}
    assert partial_or_high == {TileName(0, 273, 112), TileName(1, 0, 256), TileName(1, 1, 17), TileName(2, 0, 1)}
    assert log.root == naive.mth(ENTRIES)
    merkle.verify_inclusion(
        66_000, 70_000, merkle.leaf_hash(ENTRIES[66_000]), log.tree().inclusion_proof(66_000), log.root
    )


def test_the_tree_of_256_entries_is_a_full_tile_and_one_above() -> None:
    assert set(log_of(256).files) == {"tile/0/000", "tile/1/000.p/1", "tile/entries/000"}


def test_growing_by_nothing_writes_nothing() -> None:
    assert log_of(5).grow(0) == Growth(5, naive.mth(ENTRIES[:5]), {})


def test_the_same_growth_twice_gives_the_same_bytes() -> None:
    log = log_of(300)
    first = tiles.grow(log.files.__getitem__, 300, log.root, ENTRIES[300:600])
    log.files |= first.files
    assert tiles.grow(log.files.__getitem__, 300, log.root, ENTRIES[300:600]) == first


def test_proofs_of_old_sizes_need_no_old_partial_tiles() -> None:
    log = log_of(100, 300)
    for path in [path for path in log.files if path.endswith(".p/100")]:
        del log.files[path]
    assert log.tree().inclusion_proof(50, 100) == naive.path(50, ENTRIES[:100])
    assert log.tree().consistency_proof(77, 100) == naive.proof(77, ENTRIES[:100])


def test_each_tile_is_read_once() -> None:
    log, read = log_of(600), list[str]()
    tree = Tree(lambda path: read.append(path) or log.files[path], 600)  # type: ignore[func-returns-value]
    for index in range(0, 600, 50):
        tree.inclusion_proof(index)
    assert sorted(read) == ["tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        pytest.param("tile/0/001.p/44", "root_wrong", id="partial-tile-of-the-end"),
        pytest.param("tile/1/000.p/1", "root_wrong", id="tile-above"),
        pytest.param("tile/entries/001.p/44", "bundle_not_of_tile", id="bundle-of-the-end"),
    ],
)
def test_nothing_is_built_on_damaged_files(path: str, reason: str) -> None:
    log = log_of(300)
    log.files[path] = log.files[path][:-1] + b"?"
    with pytest.raises(Malformed, match=reason):
        log.grow(1)


def test_nothing_is_built_on_another_head() -> None:
    log = log_of(300)
    with pytest.raises(Malformed, match="root_wrong"):
        tiles.grow(log.files.__getitem__, 300, naive.mth(ENTRIES[:299]), [b"entry"])


def test_a_tile_cut_short_is_refused() -> None:
    log = log_of(300)
    log.files["tile/0/000"] = log.files["tile/0/000"][:-32]
    with pytest.raises(Malformed, match="tile_width_wrong"):
        log.tree().inclusion_proof(7)


def test_an_entry_that_is_not_in_its_tile_is_refused() -> None:
    log = log_of(3)
    log.files["tile/entries/000.p/3"] = tiles.bundle([b"a", b"b", b"c"])
    with pytest.raises(Malformed, match="bundle_not_of_tile"):
        log.tree().entry(1)


@pytest.mark.parametrize("ask", ["root", "inclusion_proof", "consistency_proof"])
def test_nothing_is_proved_beyond_the_log(ask: str) -> None:
    tree = log_of(3).tree()
    arguments = (4,) if ask == "root" else (0, 4)
    with pytest.raises(Malformed, match="beyond_log"):
        getattr(tree, ask)(*arguments)


def test_a_leaf_beyond_the_log_is_refused() -> None:
    for ask in (log_of(3).tree().leaf_hash, log_of(3).tree().entry):
        with pytest.raises(Malformed, match="beyond_log"):
            ask(3)
        with pytest.raises(Malformed, match="beyond_log"):
            ask(-1)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("tile/0/x001/x234/067", TileName(0, 1_234_067, 256)),
        ("tile/0/000", TileName(0, 0, 256)),
        ("tile/63/999.p/1", TileName(63, 999, 1)),
        ("tile/2/x001/000.p/255", TileName(2, 1000, 255)),
        ("tile/entries/x273/112.p/8", TileName(None, 273_112, 8)),
    ],
)
def test_paths(path: str, name: TileName) -> None:
    assert tiles.parse_path(path) == name
    if name.level is None:
        assert tiles.entries_path(name.index, name.width) == path
    else:
        assert tiles.tile_path(name.level, name.index, name.width) == path


@given(st.integers(0, 63), st.integers(0, 10**18), st.integers(1, 256))
def test_paths_come_back(level: int, index: int, width: int) -> None:
    assert tiles.parse_path(tiles.tile_path(level, index, width)) == TileName(level, index, width)
    assert tiles.parse_path(tiles.entries_path(index, width)) == TileName(None, index, width)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("tile/00/000", id="level-leading-zero"),
        pytest.param("tile/64/000", id="level-above-63"),
        pytest.param("tile/0/0", id="index-not-padded"),
        pytest.param("tile/0/x000/001", id="index-leading-element"),
        pytest.param("tile/0/001/001", id="index-without-x"),
        pytest.param("tile/0/x001", id="index-unfinished"),
        pytest.param("tile/0/000.p/0", id="width-zero"),
        pytest.param("tile/0/000.p/256", id="width-full"),
        pytest.param("tile/0/000.p/300", id="width-above"),
        pytest.param("tile/0/000.p/08", id="width-leading-zero"),
        pytest.param("tile/0/000\n", id="newline"),
        pytest.param("tile/0/٠٠٠", id="digits-of-another-script"),
        pytest.param("/tile/0/000", id="absolute"),
        pytest.param("tile/0/../000", id="dots"),
        pytest.param("checkpoint", id="checkpoint"),
    ],
)
def test_paths_that_are_none(path: str) -> None:
    with pytest.raises(Malformed, match="not_a_tile_path"):
        tiles.parse_path(path)


@given(st.lists(st.binary(max_size=40), max_size=256))
def test_bundles_come_back(entries: list[bytes]) -> None:
    assert tiles.parse_bundle(tiles.bundle(entries), len(entries)) == entries


@pytest.mark.parametrize(
    ("reason", "data", "width"),
    [
        pytest.param("bundle_cut_short", b"\x00", 1, id="length-cut"),
        pytest.param("bundle_cut_short", b"\x00\x02a", 1, id="entry-cut"),
        pytest.param("bundle_width_wrong", b"\x00\x01a", 2, id="entry-missing"),
        pytest.param("bundle_width_wrong", b"\x00\x01a\x00\x01b", 1, id="entry-too-many"),
    ],
)
def test_bundles_that_are_none(reason: str, data: bytes, width: int) -> None:
    with pytest.raises(Malformed, match=reason):
        tiles.parse_bundle(data, width)


def test_an_entry_too_long_for_its_length() -> None:
    assert len(tiles.bundle([bytes(65_535)])) == 65_537
    with pytest.raises(Malformed, match="entry_too_long"):
        tiles.bundle([bytes(65_536)])


OUTSIDE = outside_data()

if OUTSIDE is not None:
    TESSERA = OUTSIDE / "vectors" / "checkpoints"
    MIRROR = next((OUTSIDE / "vectors" / "witness" / "sunlight" / "mirror").glob("*/checkpoint")).parent
    TESSERA_KEY = notes.parse_vkey("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")

    def reader(folder: Path) -> tiles.Read:
        return lambda path: (folder / path).read_bytes()

    def head(number: int) -> notes.Checkpoint:
        note = notes.parse_note((TESSERA / f"checkpoint.{number}").read_bytes())
        return notes.open_checkpoint(note, TESSERA_KEY).checkpoint

    @pytest.mark.parametrize("number", range(16))
    def test_tessera_checkpoint_is_the_root_of_its_tiles(number: int) -> None:
        checkpoint = head(number)
        assert checkpoint.size == number
        assert Tree(reader(TESSERA), number).root() == checkpoint.root

    @pytest.mark.parametrize("number", range(15))
    def test_tessera_log_grows_to_the_same_files(number: int) -> None:
        old, new = head(number), head(number + 1)
        entry = Tree(reader(TESSERA), number + 1).entry(number)
        growth = tiles.grow(reader(TESSERA), old.size, old.root, [entry])
        assert growth.root == new.root
        assert growth.files == {path: (TESSERA / path).read_bytes() for path in growth.files}
        assert len(growth.files) == 2

    def test_tessera_checkpoints_are_consistent() -> None:
        tree = Tree(reader(TESSERA), 15)
        for old in map(head, range(1, 16)):
            for new in map(head, range(old.size, 16)):
                proof = tree.consistency_proof(old.size, new.size)
                merkle.verify_consistency(old.size, new.size, proof, old.root, new.root)

    def test_sunlight_mirror_tiles_have_the_root_of_its_checkpoint() -> None:
        checkpoint = notes.parse_checkpoint(notes.parse_note((MIRROR / "checkpoint").read_bytes()).text)
        assert checkpoint.size == 300
        assert Tree(reader(MIRROR), 300).root() == checkpoint.root
