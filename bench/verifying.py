"""The stand-alone verifier over a large log."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.figures import Figure, Sizes, seconds
from notary import merkle, notes, tiles
from notary.errors import Unknown
from notary.notes import Checkpoint, Note

VERIFIER = Path(__file__).parent.parent / "notary" / "verify.py"
_ORIGIN = "bench.sunbid.example/demonstration"


def measure(sizes: Sizes, folder: Path) -> list[Figure]:
    """Leaves per second over a whole log, from files to verdict."""
    log, anchors = folder / "log", folder / "anchors.json"
    _write(log, anchors, sizes.leaves)
    taken = [seconds(lambda: verify(log, anchors)) for _ in range(sizes.runs)]
    bare = [seconds(lambda: _hashes(sizes.leaves)) for _ in range(sizes.runs)]
    begun = seconds(lambda: _run("--help"))
    rates, limits = ([sizes.leaves / one for one in times] for times in (taken, bare))
    where = f"two hashes a leaf in Python and the comparison of every tile; {begun:.2f} s of each run to begin."
    return [
        Figure(
            f"verifier, log of {sizes.leaves:,}",
            "leaves/s",
            tuple(rates),
            tuple(limits),
            "two SHA-256 a leaf",
            aim=5000,
            where=where,
        )
    ]


def verify(path: Path, anchors: Path) -> None:
    """Run the verifier as a stranger does. Raises RuntimeError unless everything passed."""
    _run(str(path), "--anchors", str(anchors))


def _run(*words: str) -> None:
    command = [sys.executable, "-I", str(VERIFIER), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # nosec B603  # our verifier
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)


def _write(log: Path, anchors: Path, size: int) -> None:
    key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"bench").digest())
    commitments = [hashlib.sha256(index.to_bytes(8, "big")).digest() for index in range(size)]
    growth = tiles.grow(_nothing, 0, merkle.EMPTY_ROOT, commitments)
    text = Checkpoint(_ORIGIN, growth.size, growth.root).text
    note = Note(text, (notes.sign(text, _ORIGIN, key),))
    for name, data in {**growth.files, tiles.CHECKPOINT_PATH: note.data}.items():
        path = log / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    value = {
        "type": "sunbid/anchors/1",
        "origin": _ORIGIN,
        "demonstration": True,
        "log_key": notes.verifier_key(_ORIGIN, notes.LOG_KEY, key).text,
        "receipt_key": "00" * 32,
        "witnesses": [],
        "witness_quorum": 0,
        "trustees": {},
    }
    anchors.write_text(json.dumps(value), "utf-8")


def _nothing(path: str) -> bytes:
    raise Unknown("no_such_object", "没有这个对象。", "There is no such object.", field=path)


def _hashes(count: int) -> None:
    leaf = bytes(33)
    node = bytes(65)
    for _ in range(count):
        hashlib.sha256(leaf).digest()
        hashlib.sha256(node).digest()
