"""Documents go in and come out, whatever their sizes; all of them or none; memory stays flat."""

from __future__ import annotations

import hashlib
import io
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bidding import documents
from bidding.envelope import BLOCK, Front
from bidding.seal import Sealed
from notary.errors import Refusal
from tests import memory
from tests.bidding import example
from tests.bidding.example import DOCUMENTS_KEY, EVALUATION_KEY, KEY_SET, sealed

SIZES = [0, 1, 16_383, 16_384, 16_385, BLOCK - 1, BLOCK, BLOCK + 1]


def digests(done: Sealed) -> list[str]:
    return [part.sha256 for part in done.parts[1:]]


def unpack(done: Sealed, data: bytes, folder: Path) -> dict[str, bytes]:
    """The way of the agency: box, evaluation key, files."""
    front = example.front_of(done, data)
    key = documents.documents_key(front, example.opened(done, data), KEY_SET, EVALUATION_KEY)
    stream = io.BytesIO(data)
    stream.seek(done.parts[0].size)
    found = documents.open_documents(front, key, digests(done), documents.read_blocks(stream), folder)
    return {file.name: (folder / file.name).read_bytes() for file in found}


@pytest.mark.parametrize("size", SIZES)
def test_round_trip(size: int, tmp_path: Path) -> None:
    contents = {"技术标.pdf": hashlib.sha256(b"").digest() * (size // 32) + b"x" * (size % 32)}
    assert unpack(*sealed(contents), tmp_path / "bid") == contents
    assert [path.name for path in tmp_path.iterdir()] == ["bid"]


def test_round_trip_of_many(tmp_path: Path) -> None:
    contents = {f"{i}.bin": bytes([i % 256]) * (i * 37) for i in range(200)}
    assert unpack(*sealed(contents), tmp_path / "bid") == contents


def test_no_files_at_all(tmp_path: Path) -> None:
    assert unpack(*sealed({}), tmp_path / "bid") == {}
    assert list((tmp_path / "bid").iterdir()) == []


def test_another_evaluation_key_does_not_open() -> None:
    done, data = sealed({})
    with pytest.raises(Refusal, match="box_closed"):
        documents.documents_key(example.front_of(done, data), example.opened(done, data), KEY_SET, b"o" * 32)


@pytest.mark.parametrize("block", [0, 1, 2])
def test_damage_in_storage_is_not_the_bidders_fault(block: int, tmp_path: Path) -> None:
    done, data = sealed({"a.bin": bytes(2 * BLOCK)})
    changed = bytearray(data)
    changed[done.parts[0].size + block * BLOCK + 5000] ^= 1
    with pytest.raises(Refusal) as refused:
        unpack(done, bytes(changed), tmp_path / "bid")
    assert (refused.value.reason, refused.value.field) == ("block_differs", f"blocks[{block + 1}]")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("change", ["missing", "twice", "swapped"])
def test_the_blocks_are_all_there_once_in_order(change: str, tmp_path: Path) -> None:
    done, data = sealed({"a.bin": bytes(2 * BLOCK)})
    front = example.front_of(done, data)
    blocks = list(documents.read_blocks(io.BytesIO(data[done.parts[0].size :])))
    changed = {"missing": blocks[:-1], "twice": [*blocks, blocks[-1]], "swapped": [blocks[1], blocks[0], blocks[2]]}
    with pytest.raises(Refusal) as refused:
        documents.open_documents(front, DOCUMENTS_KEY, digests(done), changed[change], tmp_path / "bid")
    assert refused.value.reason == ("block_differs" if change == "swapped" else "documents_length")


def test_files_there_are_not_written_over(tmp_path: Path) -> None:
    folder = tmp_path / "bid"
    folder.mkdir()
    (folder / "mine").write_text("mine")
    with pytest.raises(OSError, match="not empty"):
        unpack(*sealed({"mine": b"theirs"}), folder)
    assert (folder / "mine").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["bid"]


def test_a_failing_source_leaves_nothing(tmp_path: Path) -> None:
    done, data = sealed({"a.bin": bytes(2 * BLOCK)})

    def failing() -> Iterator[bytes]:
        yield data[done.parts[0].size :][:BLOCK]
        raise ConnectionError("gone")

    front: Front = example.front_of(done, data)
    with pytest.raises(ConnectionError):
        documents.open_documents(front, DOCUMENTS_KEY, digests(done), failing(), tmp_path / "bid")
    assert list(tmp_path.iterdir()) == []


def test_memory_is_flat(tmp_path: Path) -> None:
    done, data = sealed({"a.bin": bytes(6 * BLOCK)})
    path = tmp_path / "envelope"
    path.write_bytes(data)
    front = example.front_of(done, data)
    del data
    tracemalloc.start()
    with path.open("rb") as stream:
        stream.seek(done.parts[0].size)
        documents.open_documents(front, DOCUMENTS_KEY, digests(done), documents.read_blocks(stream), tmp_path / "bid")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * BLOCK


def test_a_length_that_only_the_header_says_takes_no_memory(tmp_path: Path) -> None:
    """Every bidder writes its own header: a list of the blocks that it promises would have 2^30 elements."""
    done, data = sealed({"a.bin": b"a"})
    front = example.front_of(done, data)
    section = replace(front.header.documents, length=2**53 - 1)
    boasting = replace(front, header=replace(front.header, documents=section))
    blocks = documents.read_blocks(io.BytesIO(data[done.parts[0].size :]))
    with memory.bounded(), pytest.raises(Refusal) as refused:
        documents.open_documents(boasting, DOCUMENTS_KEY, digests(done), blocks, tmp_path / "bid")
    assert refused.value.reason == "documents_length"
