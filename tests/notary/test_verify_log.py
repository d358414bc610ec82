"""The verifier on a log: the whole tree recomputed, every file compared, older checkpoints held against it."""

from __future__ import annotations

import http.server
import json
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from notary import verify
from tests.notary.verifying import anchors_of, failed, results
from tests.notary.world import World, b64, sha, subtree
from tests.outside import outside_data

SIZES = [1, 2, 255, 256, 257, 600, 66_000]


def name_of(number: int) -> str:
    groups = [f"{number // 1000**i % 1000:03d}" for i in reversed(range(3))]
    while len(groups) > 1 and groups[0] == "000":
        del groups[0]
    return "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])


def tile(level: str, number: int, width: int) -> str:
    return f"tile/{level}/{name_of(number)}" + ("" if width == 256 else f".p/{width}")


def log_files(world: World) -> dict[str, bytes]:
    """All files of the log as tlog-tiles wants them, made from the leaves."""
    world.checkpoint()
    files = {"checkpoint": world.notes[-1][1].encode()}
    for start in range(0, len(world.leaves), 256):
        part = world.leaves[start : start + 256]
        files[tile("entries", start // 256, len(part))] = b"".join(b"\0\x20" + leaf for leaf in part)
    level, hashes = 0, [sha(b"\0", leaf) for leaf in world.leaves]
    while hashes:
        parts = [hashes[i : i + 256] for i in range(0, len(hashes), 256)]
        files |= {tile(str(level), i, len(part)): b"".join(part) for i, part in enumerate(parts)}
        level, hashes = level + 1, [root_of(part) for part in parts if len(part) == 256]
    return files


def root_of(hashes: list[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [sha(b"\1", left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]


def grown(size: int, seed: int = 1) -> World:
    world = World(seed)
    world.foreign(size - 1)
    return world


def written(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def report_on(folder: Path, world: World, since: str | None = None) -> verify.Report:
    note = verify.parse_note(since) if since else None
    return verify.verify_log(verify.Folder(folder), anchors_of(world), note)


@pytest.mark.parametrize("size", SIZES)
def test_clean_logs(size: int, tmp_path: Path) -> None:
    world = grown(size)
    report = report_on(written(tmp_path / "log", log_files(world)).parent, world)
    assert results(report) == {1: "passed", 2: "passed", 3: "passed", 4: "not_applicable"}
    assert report.exit_code() == 0


def test_old_partial_tiles_may_lie_there(tmp_path: Path) -> None:
    world = grown(10)
    written(tmp_path, log_files(world))
    world.foreign(300)
    written(tmp_path, log_files(world))
    assert report_on(tmp_path, world).exit_code() == 0


def test_full_tiles_in_place_of_partial_ones(tmp_path: Path) -> None:
    """A tile may have grown since the checkpoint, and its partial form may be gone."""
    world = grown(200)
    checkpoint = log_files(world)["checkpoint"]
    world.foreign(100)
    written(tmp_path, log_files(world) | {"checkpoint": checkpoint})
    assert report_on(tmp_path, world).exit_code() == 0


def test_every_file_counts(tmp_path: Path) -> None:
    world = grown(600)
    files = log_files(world)
    rng = random.Random(3)
    for name in files:
        written(tmp_path, files)
        (tmp_path / name).unlink()
        assert spoiled(tmp_path, world), f"without {name}"
        for _ in range(20):
            data = bytearray(files[name])
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            written(tmp_path, files | {name: bytes(data)})
            assert spoiled(tmp_path, world), name
        for data_ in (files[name][:-1], files[name] + b"\0", b""):
            written(tmp_path, files | {name: data_})
            assert spoiled(tmp_path, world), name


def spoiled(folder: Path, world: World) -> bool:
    try:
        return report_on(folder, world).exit_code() in {1, 3}
    except verify.Unreadable:
        return True


def test_an_old_partial_tile_that_differs(tmp_path: Path) -> None:
    world = grown(600)
    written(tmp_path, log_files(world) | {"tile/0/000.p/3": bytes(96)})
    assert failed(report_on(tmp_path, world)) == {3}


def test_leaves_exchanged_with_their_tiles(tmp_path: Path) -> None:
    """All files agree with each other, but not with the checkpoint."""
    world, other = grown(300), grown(300, seed=2)
    written(tmp_path, log_files(other) | {"checkpoint": log_files(world)["checkpoint"]})
    assert failed(report_on(tmp_path, world)) == {3}


def test_since(tmp_path: Path) -> None:
    world = grown(300)
    world.checkpoint()
    world.foreign(1)
    world.checkpoint()
    world.foreign(500)
    written(tmp_path, log_files(world))
    for _, note in world.notes:
        assert results(report_on(tmp_path, world, note))[4] == "passed"


def test_rolled_back_and_forked(tmp_path: Path) -> None:
    world = grown(300)
    written(tmp_path, log_files(world))
    world.foreign(1)
    world.checkpoint()
    assert failed(report_on(tmp_path, world, world.notes[-1][1])) == {4}
    world = grown(300)
    world.leaves[7] = bytes(32)
    world.checkpoint()
    assert failed(report_on(tmp_path, world, world.notes[-1][1])) == {4}


def test_a_witness_that_the_anchors_do_not_know(tmp_path: Path) -> None:
    world = grown(5)
    anchors = anchors_of(world)
    world.witnesses["w4.example"] = world.ed25519()
    world.checkpoint(witnesses=4)
    report = verify.verify_log(verify.Folder(written(tmp_path, log_files(world))), anchors, None)
    assert (results(report)[2], report.exit_code()) == ("not_checked", 3)


def test_another_log_or_unsigned(tmp_path: Path) -> None:
    world = grown(5)
    written(tmp_path, log_files(world))
    assert failed(report_on(tmp_path, World(2))) == {2}
    assert failed(report_on(tmp_path, World(2, origin="other.example"))) == {1, 2}
    assert verify.verify_log(verify.Folder(tmp_path), None, None).exit_code() == 3


def test_the_log_key_under_another_origin() -> None:
    """One key for two logs: the origin in the text counts, not only the name of the signer."""
    world = World(1)
    body = f"other.example\n1\n{b64(subtree(world.leaves))}\n"
    line = b64(world.key_id(world.origin, world.log_key, 1) + world.log_key.sign(body.encode()))
    note = verify.parse_note(f"{body}\n— {world.origin} {line}\n")
    with pytest.raises(verify.Failed, match="another origin"):
        verify.verify_note(note, anchors_of(world), only_known=True)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object, **named: object) -> None:
            super().__init__(*arguments, directory=str(tmp_path), **named)  # type: ignore[arg-type]

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/log"
        server.shutdown()
        thread.join()


def test_over_http(site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = grown(600)
    files = log_files(world)
    written(tmp_path / "log", files)
    (tmp_path / "anchors.json").write_text(json.dumps(world.anchors()))
    arguments = [site, "--anchors", str(tmp_path / "anchors.json"), "--json"]
    assert verify.main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "log"
    (tmp_path / "log" / "tile/entries/001").unlink()
    assert verify.main(arguments) == 1
    (tmp_path / "log" / "checkpoint").unlink()
    assert verify.main(arguments) == 2
    assert verify.main(["https://127.0.0.1:1/log"]) == 2


@pytest.mark.parametrize("number", [0, 5, 999, 1000, 1234067, 999_999_999])
def test_tile_paths(number: int) -> None:
    assert verify.tile_path(number) == name_of(number)


def test_tile_path_of_the_specification() -> None:
    assert verify.tile_path(1234067) == "x001/x234/067"


def test_frontier_against_the_definition() -> None:
    leaves = [bytes([i]) * 32 for i in range(70)]
    for size in range(71):
        assert verify.tree_of(verify.leaf_hash(leaf) for leaf in leaves[:size]).root() == subtree(leaves[:size])


def proof_vectors(kind: str) -> list[Path]:
    data = outside_data()
    return sorted((data / "vectors" / "merkle" / kind).rglob("*.json")) if data else []


if proof_vectors("inclusion"):

    @pytest.mark.parametrize("path", proof_vectors("inclusion"), ids=str)
    def test_inclusion_vectors(path: Path) -> None:
        v = json.loads(path.read_text())
        proof = [verify.unb64(h) for h in v["proof"] or []]
        root = verify.included_root(v["leafIdx"], v["treeSize"], verify.unb64(v["leafHash"]), proof)
        good = root == verify.unb64(v["root"]) and len(root or b"") == 32
        assert good != v["wantErr"]

    @pytest.mark.parametrize("path", proof_vectors("consistency"), ids=str)
    def test_consistency_vectors(path: Path) -> None:
        v = json.loads(path.read_text())
        proof = [verify.unb64(h) for h in v["proof"] or []]
        heads = [(v[f"size{i}"], verify.unb64(v[f"root{i}"])) for i in (1, 2)]
        assert verify.consistent(heads[0], heads[1], proof) != v["wantErr"] or heads[0][0] == 0

    DATA = outside_data() or Path()

    @pytest.mark.parametrize("size", range(1, 16))
    def test_roots_of_a_growing_log(size: int) -> None:
        """Checkpoints and tiles of transparency-dev/tessera."""
        folder = DATA / "vectors" / "checkpoints"
        note = verify.parse_note((folder / f"checkpoint.{size}").read_text())
        hashes = (folder / "tile" / "0" / "000.p" / str(size)).read_bytes()
        tree = verify.tree_of(hashes[i : i + 32] for i in range(0, len(hashes), 32))
        assert (tree.size, tree.root()) == (note.size, note.root)

    def test_a_cosignature_by_sunlight() -> None:
        folder = DATA / "vectors" / "witness" / "sunlight" / "mirror"
        witness = verify.note_key(json.loads((folder / "mirror.v0.json").read_text())["verifier_keys"][0], 4)
        text = next(folder.glob("*/checkpoint")).read_text()
        note = verify.parse_note(text)
        assert verify.cosigned_at(witness, note.lines[0][1], note) == 1767139200
        other = verify.parse_note(text.replace("\n300\n", "\n301\n"))
        with pytest.raises(verify.Failed):
            verify.cosigned_at(witness, other.lines[0][1], other)
