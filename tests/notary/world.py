"""A log in memory, made from docs/spec alone: keys, clock, entries, checkpoints with cosignatures, proofs.

No server code is used. Everything comes from one seed, so that a failure comes again.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

ORIGIN = "yongzhou.example/demonstration"
TENDER, LOT = "YZ-431102-GC-2026-0001", "1"


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def record_id(type_: str, value: Any) -> str:
    return sha(type_.encode(), b"\n", rfc8785.dumps(value)).hex()


def signed(value: dict[str, Any], key: Ed25519PrivateKey) -> dict[str, Any]:
    return {"object": value, "signature": b64(key.sign(b"sunbid/signed/1\n" + rfc8785.dumps(value)))}


def text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def public(key: Ed25519PrivateKey | X25519PrivateKey) -> str:
    return key.public_key().public_bytes_raw().hex()


def subtree(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, by its definition."""
    if not leaves:
        return sha(b"")
    if len(leaves) == 1:
        return sha(b"\0", leaves[0])
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha(b"\1", subtree(leaves[:k]), subtree(leaves[k:]))


def inclusion(index: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962 section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if index < k:
        return [*inclusion(index, leaves[:k]), subtree(leaves[k:])]
    return [*inclusion(index - k, leaves[k:]), subtree(leaves[:k])]


def consistency(old: int, leaves: list[bytes], *, whole: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962 section 2.1.2."""
    if old == len(leaves):
        return [] if whole else [subtree(leaves)]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if old <= k:
        return [*consistency(old, leaves[:k], whole=whole), subtree(leaves[k:])]
    return [*consistency(old - k, leaves[k:], whole=False), subtree(leaves[:k])]


Edit = Callable[[str, dict[str, Any]], None]


class World:
    """Keys, clock and log of one origin.

    `edit` may change, in place, each head ("head"), each body (its kind) and each object to be signed (its type).
    """

    def __init__(self, seed: int = 0, origin: str = ORIGIN) -> None:
        self.rng = random.Random(seed)
        self.origin, self.demonstration = origin, origin.endswith("/demonstration")
        self.now = datetime(2026, 9, 1, 1, 0, tzinfo=UTC)
        self.log_key, self.receipt_key = self.ed25519(), self.ed25519()
        self.witnesses = {f"w{i}.example": self.ed25519() for i in (1, 2, 3)}
        self.trustees = {name: self.ed25519() for name in ("T1", "T2", "T3")}
        self.leaves: list[bytes] = []
        self.entries: list[dict[str, Any]] = []
        self.notes: list[tuple[int, str]] = []
        self.edit: Edit = lambda _kind, _value: None
        body = {
            "demonstration": self.demonstration, "log_key": self.vkey(origin, self.log_key, 1), "origin": origin,
            "receipt_key": public(self.receipt_key),
        }  # fmt: skip
        self.add("log_opened", body, whole_log=True)

    def ed25519(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.rng.randbytes(32))

    def x25519(self) -> X25519PrivateKey:
        return X25519PrivateKey.from_private_bytes(self.rng.randbytes(32))

    @staticmethod
    def key_id(name: str, key: Ed25519PrivateKey, algorithm: int) -> bytes:
        return sha(name.encode(), b"\n", bytes([algorithm]), bytes.fromhex(public(key)))[:4]

    def vkey(self, name: str, key: Ed25519PrivateKey, algorithm: int) -> str:
        material = bytes([algorithm]) + bytes.fromhex(public(key))
        return f"{name}+{self.key_id(name, key, algorithm).hex()}+{b64(material)}"

    def anchors(self) -> dict[str, Any]:
        return {
            "type": "sunbid/anchors/1", "origin": self.origin, "demonstration": self.demonstration,
            "log_key": self.vkey(self.origin, self.log_key, 1), "receipt_key": public(self.receipt_key),
            "witnesses": [self.vkey(name, key, 4) for name, key in self.witnesses.items()], "witness_quorum": 2,
            "trustees": {name: public(key) for name, key in self.trustees.items()},
        }  # fmt: skip

    def tick(self, seconds: float = 1.5) -> None:
        self.now += timedelta(seconds=seconds)

    def foreign(self, count: int) -> None:
        """Leaves of other lots: opaque."""
        self.leaves += [self.rng.randbytes(32) for _ in range(count)]

    def add(self, kind: str, body: dict[str, Any], *, whole_log: bool = False, at: datetime | None = None) -> str:
        """Log an entry and return its commitment."""
        lot = {"tender": "", "lot": ""} if whole_log else {"tender": TENDER, "lot": LOT}
        self.tick()
        head, body = {"kind": kind, **lot, "time": text(at or self.now)}, copy.deepcopy(body)
        self.edit("head", head)
        self.edit(kind, body)
        entry: dict[str, Any] = {
            "head": head, "head_salt": self.rng.randbytes(32).hex(),
            "body": body, "body_salt": self.rng.randbytes(32).hex(), "index": len(self.leaves),
        }  # fmt: skip
        hashes = [
            sha(f"sunbid/{m}/1\n".encode(), bytes.fromhex(entry[f"{m}_salt"]), rfc8785.dumps(entry[m]))
            for m in ("head", "body")
        ]
        commitment = sha(b"sunbid/leaf/1\n", *hashes)
        self.leaves.append(commitment)
        self.entries.append(entry)
        return commitment.hex()

    def sign(self, value: dict[str, Any], key: Ed25519PrivateKey) -> dict[str, Any]:
        self.edit(value["type"], value)
        return signed(value, key)

    def swap(self, one: int, other: int) -> None:
        """Exchange the places of two entries; nothing in an entry depends on its place."""
        for entry in self.entries:
            entry["index"] = {one: other, other: one}.get(entry["index"], entry["index"])
        self.leaves[one], self.leaves[other] = self.leaves[other], self.leaves[one]
        self.entries.sort(key=lambda entry: int(entry["index"]))

    def checkpoint(self, witnesses: int = 3) -> dict[str, Any]:
        """Sign the head and have it cosigned now; the release's form of it."""
        self.tick()
        size, root = len(self.leaves), b64(subtree(self.leaves))
        body = f"{self.origin}\n{size}\n{root}\n"
        lines = [(self.origin, self.key_id(self.origin, self.log_key, 1) + self.log_key.sign(body.encode()))]
        for name, key in list(self.witnesses.items())[:witnesses]:
            time = int(self.now.timestamp())
            signature = key.sign(f"cosignature/v1\ntime {time}\n{body}".encode())
            lines.append((name, self.key_id(name, key, 4) + time.to_bytes(8, "big") + signature))
        note = body + "\n" + "".join(f"— {name} {b64(signature)}\n" for name, signature in lines)
        if not self.notes or self.notes[-1][0] != size:
            self.notes.append((size, note))
        return {"root": root, "size": size}

    def frame(self) -> dict[str, Any]:
        """dossier.json but for its envelopes; the newest checkpoint is made now."""
        self.checkpoint()
        leaves, sizes = self.leaves[: self.notes[-1][0]], [size for size, _ in self.notes]
        return {
            "type": "sunbid/dossier/1", "origin": self.origin, "demonstration": self.demonstration,
            "tender": TENDER, "lot": LOT, "checkpoints": [note for _, note in self.notes],
            "consistency": [
                [b64(h) for h in consistency(old, leaves[:new])] for old, new in pairwise(sizes)
            ],
            "entries": [e | {"proof": [b64(h) for h in inclusion(e["index"], leaves)]} for e in self.entries],
        }  # fmt: skip
