"""A sealed bid by docs/spec/envelope.md, whole or spoiled in one way."""

from __future__ import annotations

import base64
import struct
from typing import Any

import rfc8785
from cryptography.cobblestone import Cobblestone256Encryptor
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from notary import verify
from tests.notary.world import World, b64, sha

UNOPENABLE = {
    "own_coins": "wrap_differs", "other_wrap": "wrap_differs", "wrap_closed": "wrap_closed",
    "form_closed": "form_closed", "form_layout": "form_layout", "base_wrong": "base_wrong",
    "header_length": "header_length",
}  # fmt: skip


def padme(length: int) -> int:
    e = length.bit_length() - 1
    low = (1 << (e - (e.bit_length()))) - 1
    return (length + low) & ~low


def coins(key: bytes, info: bytes) -> bytes:
    return HKDFExpand(SHA256(), 32, b"sunbid/coins/1\n" + info).derive(key)


def section(key: bytes, context: bytes, plain: bytes) -> bytes:
    encryptor = Cobblestone256Encryptor(key, context)
    return bytes(encryptor.update(plain + bytes(padme(len(plain)) - len(plain)))) + bytes(encryptor.finalize())


def wraps(world: World, key_set: dict[str, Any], context: bytes, file_key: bytes, fault: str) -> list[dict[str, Any]]:
    keys = {t["trustee"]: bytes.fromhex(t["opening_key"]) for t in key_set["trustees"]}
    made: list[dict[str, Any]] = []
    for q, quorum in enumerate(key_set["quorums"]):
        inside = file_key
        for p in reversed(range(len(quorum))):
            info = b"sunbid/wrap/1\n" + context + b"form" + struct.pack(">HH", q, p)
            chance = world.rng.randbytes(32) if fault == "own_coins" and q else coins(file_key, info)
            inside = verify.hpke_seal(chance, keys[quorum[p]], info, inside)
        made.append({"quorum": q, "sealed": b64(inside)})
    if fault == "other_wrap":
        made[-1]["sealed"] = b64(world.rng.randbytes(len(base64.b64decode(made[-1]["sealed"]))))
    if fault == "wrap_closed":
        made = [w | {"sealed": b64(world.rng.randbytes(128))} for w in made]
    return made


class Envelope:
    """One sealed bid; `fault` names how its bidder spoils it."""

    def __init__(
        self, world: World, base: dict[str, str], key_set: dict[str, Any], values: dict[str, Any], fault: str = ""
    ) -> None:
        rng, self.values = world.rng, values
        base = base | {"nonce": rng.randbytes(16).hex()}
        context = sha(b"sunbid/context/1\n", rfc8785.dumps(base))
        file_key, documents_key = rng.randbytes(32), rng.randbytes(32)
        info = b"sunbid/evaluation/1\n" + context
        box = verify.hpke_seal(
            coins(documents_key, info), bytes.fromhex(key_set["evaluation_key"]), info, documents_key
        )
        form = rfc8785.dumps({"type": "sunbid/form/1", "values": values})
        form = form.replace(b":", b": ", 1) if fault == "form_layout" else form
        plain = box + struct.pack(">I", len(form)) + form
        section_ = section(rng.randbytes(32) if fault == "form_closed" else file_key, context, plain)
        documents = section(documents_key, context, rng.randbytes(rng.choice([10, 70_000])))
        header: dict[str, Any] = {
            "base": base | ({"bidder": "91430000MA4L0XXXXX"} if fault == "base_wrong" else {}),
            "documents": {"commitment": documents[24:56].hex(), "length": len(documents)},
            "form": {"commitment": section_[24:56].hex(), "length": len(section_) + (fault == "header_length")},
            "wraps": wraps(world, key_set, context, file_key, fault),
        }  # fmt: skip
        raw = rfc8785.dumps(header)
        self.part = b"sunbid/envelope/1\n" + struct.pack(">I", len(raw)) + raw + section_
        self.blocks = [sha(documents).hex()]
        self.id = sha(b"sunbid/envelope-id/1\n", sha(raw), sha(section_), sha(documents)).hex()
