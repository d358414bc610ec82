"""Sealing a bid and opening its documents, beside the bare chain over the same bytes: hash, cipher, hash, disk."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor

from bench.figures import MIB, Figure, Sizes, seconds
from bench.machine import apart, peak_mib
from bidding import documents
from bidding.envelope import MAGIC, Front, parse_front, parse_header
from bidding.files import File
from bidding.seal import Sealed, Source, seal
from bidding.unseal import Opened, with_quorum
from tests.bidding.example import (
    BIDDER,
    EVALUATION_KEY,
    KEY_SET,
    SECRETS,
    VALUE,
    VALUES,
    identities,
    record,
    whole_quorum,
)

_PIECE = MIB
_CONTEXT = b"bench"


@dataclass(frozen=True)
class Timing:
    """Seconds, and the most memory that the process had, in MiB."""

    seconds: float
    peak: float


def measure(sizes: Sizes, folder: Path) -> list[Figure]:
    """Rates of sealing and opening, and memory at the largest size."""
    source, sealed = folder / "source", folder / "sealed.bid"
    write(source, sizes.sealed_mib)
    sealing, sealing_bare, opening, opening_bare = [], [], [], []
    for _ in range(sizes.runs):
        sealing_bare.append(_rate(sizes, apart(_bare_seal, source, folder / "bare")))
        sealing.append(_rate(sizes, apart(_seal, source, sealed)))
        opening_bare.append(_rate(sizes, apart(_bare_open, folder / "bare", folder / "bare.out")))
        opening.append(_rate(sizes, apart(_open, sealed, folder / "opened")))
    limit = "hash, cipher, hash, disk"
    where = _where(source, sizes.sealed_mib)
    return [
        Figure("sealing", "MiB/s", tuple(sealing), tuple(sealing_bare), limit, ratio_aim=0.5, where=where),
        Figure("opening documents", "MiB/s", tuple(opening), tuple(opening_bare), limit, ratio_aim=0.5),
        *_memory(source, sealed, sizes, folder),
    ]


def write(path: Path, mib: int) -> None:
    """A file of this size that does not compress."""
    piece = hashlib.shake_256(b"bench").digest(_PIECE)
    with path.open("wb") as file:
        for number in range(mib):
            file.write(number.to_bytes(8, "big") + piece[8:])


def seal_file(source: Path, target: Path) -> Sealed:
    """Seal one file to the example's key set."""
    with source.open("rb") as reader, target.open("wb") as sink:
        return seal(
            record(VALUE),
            sink,
            identities=identities(VALUE),
            demonstration=True,
            bidder=BIDDER,
            values=VALUES,
            sources=[Source(File("文件.bin", "application/octet-stream", source.stat().st_size), reader)],
            secrets=SECRETS,
        )


def _memory(source: Path, sealed: Path, sizes: Sizes, folder: Path) -> list[Figure]:
    write(source, sizes.largest_mib)
    sealing, opening = apart(_seal, source, sealed), apart(_open, sealed, folder / "opened")
    size = f"{sizes.largest_mib} MiB"
    return [
        Figure(f"memory of sealing {size}", "MiB", (sealing.peak,), aim=300, less=True),
        Figure(f"memory of opening {size}", "MiB", (opening.peak,), aim=300, less=True),
    ]


def _rate(sizes: Sizes, timing: Timing) -> float:
    return sizes.sealed_mib / timing.seconds


def _timed(act: Callable[[], object]) -> Timing:
    return Timing(seconds(act), peak_mib())


def _seal(source: Path, target: Path) -> Timing:
    return _timed(lambda: seal_file(source, target))


def _open(sealed: Path, folder: Path) -> Timing:
    front, opened, digests = _unsealed(sealed)
    with sealed.open("rb") as stream:
        stream.seek(len(front.encoded()))
        key = documents.documents_key(front, opened, KEY_SET, EVALUATION_KEY)
        blocks = documents.read_blocks(stream)
        timing = _timed(lambda: documents.open_documents(front, key, digests, blocks, folder))
    shutil.rmtree(folder)
    return timing


def _unsealed(sealed: Path) -> tuple[Front, Opened, list[str]]:
    """The envelope's front, what its form section holds, and the digests of its blocks, known from the upload."""
    with sealed.open("rb") as stream:
        front = parse_front(_part_0(stream.read(2 * MIB)))
        stream.seek(len(front.encoded()))
        digests = [hashlib.sha256(block).hexdigest() for block in documents.read_blocks(stream)]
    return front, with_quorum(front, KEY_SET, BIDDER, whole_quorum()), digests


def _part_0(start: bytes) -> bytes:
    at = len(MAGIC) + 4
    end = at + int.from_bytes(start[len(MAGIC) : at], "big")
    return start[: end + parse_header(start[at:end]).form.length]


def _bare_seal(source: Path, target: Path) -> Timing:
    encryptor = Cobblestone256Encryptor(SECRETS.documents_key, _CONTEXT)
    return _timed(lambda: _chain(source, target, encryptor.update, encryptor.finalize))


def _bare_open(source: Path, target: Path) -> Timing:
    decryptor = Cobblestone256Decryptor(SECRETS.documents_key, _CONTEXT)
    return _timed(lambda: _chain(source, target, decryptor.update, decryptor.finalize))


def _chain(source: Path, target: Path, update: Callable[[bytes], bytes], finish: Callable[[], bytes]) -> None:
    before, after = hashlib.sha256(), hashlib.sha256()
    with source.open("rb") as reader, target.open("wb") as sink:
        while piece := reader.read(_PIECE):
            before.update(piece)
            done = update(piece)
            after.update(done)
            sink.write(done)
        last = finish()
        after.update(last)
        sink.write(last)


def _where(source: Path, mib: int) -> str:
    """Seconds of each link of the chain by itself, over the same bytes."""
    encryptor = Cobblestone256Encryptor(SECRETS.documents_key, _CONTEXT)
    links: dict[str, Callable[[bytes], object]] = {
        "reading": len,
        "SHA-256": hashlib.sha256().update,
        "Cobblestone-256": encryptor.update,
    }
    with source.with_name("written").open("wb") as sink:
        links["writing"] = sink.write
        return _taken(source, mib, links)


def _taken(source: Path, mib: int, links: dict[str, Callable[[bytes], object]]) -> str:
    taken = ", ".join(f"{name} {_each(source, act):.2f} s" for name, act in links.items())
    return f"each by itself over {mib} MiB: {taken}."


def _each(source: Path, act: Callable[[bytes], object]) -> float:
    """Seconds, reading included."""

    def whole() -> None:
        with source.open("rb") as reader:
            while piece := reader.read(_PIECE):
                act(piece)

    return seconds(whole)
