"""A whole small log and its dossier, composed in memory from docs/spec alone: no server code is used.

`World` holds the keys, the clock and the leaves; `Story` plays one lot on it. Both are seeded, so that a failure comes again.
A story's `fault` makes one actor cheat at one step, with everything after it signed and logged as if all were well.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import io
import random
import struct
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import rfc8785
from cryptography.cobblestone import Cobblestone256Encryptor
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from notary import verify

ORIGIN = "yongzhou.example/demonstration"
TENDER, LOT = "YZ-431102-GC-2026-0001", "1"
SCHEMA_TYPE = "sunbid/form-schema/1"


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


def consistency(old: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962 section 2.1.2."""
    if old == len(leaves):
        return [] if whole else [subtree(leaves)]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if old <= k:
        return [*consistency(old, leaves[:k], whole), subtree(leaves[k:])]
    return [*consistency(old - k, leaves[k:], False), subtree(leaves[:k])]


def padme(length: int) -> int:
    e = length.bit_length() - 1
    low = (1 << (e - (e.bit_length()))) - 1
    return (length + low) & ~low


def coins(key: bytes, info: bytes) -> bytes:
    return HKDFExpand(SHA256(), 32, b"sunbid/coins/1\n" + info).derive(key)


def section(key: bytes, context: bytes, plain: bytes) -> bytes:
    encryptor = Cobblestone256Encryptor(key, context)
    return bytes(encryptor.update(plain + bytes(padme(len(plain)) - len(plain)))) + bytes(encryptor.finalize())


class World:
    """Keys, clock and log of one origin."""

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
        entry = {
            "head": {"kind": kind, **lot, "time": text(at or self.now)}, "head_salt": self.rng.randbytes(32).hex(),
            "body": copy.deepcopy(body), "body_salt": self.rng.randbytes(32).hex(), "index": len(self.leaves),
        }  # fmt: skip
        hashes = [
            sha(f"sunbid/{m}/1\n".encode(), bytes.fromhex(entry[f"{m}_salt"]), rfc8785.dumps(entry[m]))
            for m in ("head", "body")
        ]
        commitment = sha(b"sunbid/leaf/1\n", *hashes)
        self.leaves.append(commitment)
        self.entries.append(entry)
        return commitment.hex()

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
                [b64(h) for h in consistency(old, leaves[:new])] for old, new in zip(sizes, sizes[1:], strict=False)
            ],
            "entries": [e | {"proof": [b64(h) for h in inclusion(e["index"], leaves)]} for e in self.entries],
        }  # fmt: skip


def packed(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data)
    return buffer.getvalue()


def wraps(world: World, key_set: dict[str, Any], context: bytes, file_key: bytes, fault: str) -> list[dict[str, Any]]:
    keys = {t["trustee"]: bytes.fromhex(t["opening_key"]) for t in key_set["trustees"]}
    made = []
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
        header = {
            "base": base | ({"bidder": "91430000MA4L0XXXXX"} if fault == "base_wrong" else {}),
            "documents": {"commitment": documents[24:56].hex(), "length": len(documents)},
            "form": {"commitment": section_[24:56].hex(), "length": len(section_) + (fault == "header_length")},
            "wraps": wraps(world, key_set, context, file_key, fault),
        }  # fmt: skip
        raw = rfc8785.dumps(header)
        self.part = b"sunbid/envelope/1\n" + struct.pack(">I", len(raw)) + raw + section_
        self.blocks = [sha(documents).hex()]
        self.id = sha(b"sunbid/envelope-id/1\n", sha(raw), sha(section_), sha(documents)).hex()


SCHEMA: dict[str, Any] = {
    "type": SCHEMA_TYPE, "procedure": "construction-open", "since": "2022-09-01", "price_field": "price",
    "fields": [
        {"type": "money", "name": "price", "zh": "报价", "en": "Price", "required": True, "min": "0.01", "max": "9999999999999.99"},
        {"type": "integer", "name": "duration_days", "zh": "工期", "en": "Days", "required": True, "min": 1, "max": 36500},
        {"type": "text", "name": "quality", "zh": "质量", "en": "Quality", "required": True, "max_length": 200},
        {"type": "choice", "name": "size", "zh": "规模", "en": "Size", "required": False, "choices": ["micro", "small"]},
    ],
}  # fmt: skip
COMMON_CRITERIA = {
    "type": "sunbid/criteria/1", "price_field": "price", "adjustments": [], "over_ceiling": "51-5-ceiling",
    "clauses": ["51-5-ceiling", "51-6"], "candidates": 3,
}  # fmt: skip
CRITERIA: dict[str, dict[str, Any]] = {
    "comprehensive": COMMON_CRITERIA | {
        "method": "comprehensive", "price_marks": "30.00", "ceiling": "3990000.00", "ties": ["price", "technical", "draw"],
        "parts": [
            {"name": "technical", "zh": "技术", "en": "Technical", "marks": "50.00"},
            {"name": "business", "zh": "商务", "en": "Business", "marks": "20.00"},
        ],
    },
    "lowest_evaluated_price": COMMON_CRITERIA | {
        "method": "lowest_evaluated_price", "price_marks": None, "ceiling": None, "ties": ["draw"], "parts": [],
    },
}  # fmt: skip
UNOPENABLE = {
    "own_coins": "wrap_differs", "other_wrap": "wrap_differs", "wrap_closed": "wrap_closed", "form_closed": "form_closed",
    "form_layout": "form_layout", "base_wrong": "base_wrong", "header_length": "header_length",
}  # fmt: skip


class Story:
    """One lot from publication to award. `fault` is the one thing that is done wrong; "" for a clean record."""

    def __init__(
        self,
        world: World,
        *,
        bidders: int = 4,
        fault: str = "",
        spoiled: str = "",
        until: str = "end",
        method: str = "comprehensive",
    ) -> None:
        self.w, self.fault, self.spoiled, self.until, self.method = world, fault, spoiled, until, method
        self.documents: dict[str, bytes] = {}
        self.envelopes: dict[str, Envelope] = {}
        self.receipts: list[dict[str, Any]] = []
        self.bidders = [f"91430000MA4L{i:05d}A"[:18] for i in range(bidders)]
        self.keys = {bidder: world.ed25519() for bidder in self.bidders}
        self.experts = {f"E{i}": world.ed25519() for i in (1, 2, 3)}
        self.chain: dict[str, list[tuple[str, dict[str, Any], str]]] = {}
        self.play()

    def play(self) -> None:
        steps = (self.register, self.sign_keys, self.publish, self.bid, self.amend, self.bid_more, self.close, self.release,
                 self.open, self.score, self.evaluate, self.publish_candidates, self.award)  # fmt: skip
        for step in steps:
            self.w.foreign(self.w.rng.randrange(3))
            if self.w.rng.random() < 0.3:
                self.w.checkpoint()
            step()
            if step.__name__ == self.until or self.failed:
                return

    def members(self) -> dict[str, bytes]:
        frame = self.w.frame()
        opened = any(e["head"]["kind"] == "lot_opened" for e in frame["entries"])
        listed = [self.envelopes[i] for i in self.standing_envelopes] if opened else []
        if not opened:
            hidden = {"bid_accepted", "bid_withdrawn", "bid_refused"}
            hidden |= set() if self.failed else {"envelope_destroyed"}
            frame["entries"] = [e for e in frame["entries"] if e["head"]["kind"] not in hidden]
        frame["envelopes"] = [{"id": e.id, "blocks": e.blocks} for e in listed]
        members = {"dossier.json": rfc8785.dumps(frame)}
        members |= {f"envelopes/{e.id}": e.part for e in listed}
        return members | {f"documents/{sha256}": data for sha256, data in self.documents.items()}

    def dossier(self) -> bytes:
        return packed(self.members())

    failed = False
    standing_envelopes: list[str]

    def register(self) -> None:
        for bidder, key in self.keys.items():
            if self.fault != "unregistered" or bidder != self.bidders[0]:
                body = {"owner": bidder, "public_key": public(key), "purpose": "statement"}
                self.w.add("key_registered", body, whole_log=True)

    def sign_keys(self) -> None:
        self.private = {name: self.w.x25519() for name in self.w.trustees}
        self.schema = SCHEMA
        trustees = [
            {"identity": public(key), "opening_key": public(self.private[name]), "trustee": name}
            for name, key in self.w.trustees.items()
        ]
        quorums = [["T1", "T2"], ["T1", "T3"], ["T2", "T3"]]
        self.key_set = {
            "demonstration": self.w.demonstration, "evaluation_key": public(self.w.x25519()),
            "form_schema": record_id(SCHEMA_TYPE, self.schema), "kind": "bid", "lot": LOT, "tender": TENDER,
            "origin": self.w.origin, "quorums": quorums, "suite": 1, "trustees": trustees, "type": "sunbid/key-set/1",
        }  # fmt: skip
        self.key_set_id = record_id("sunbid/key-set/1", self.key_set)
        signers = dict(self.w.trustees)
        if self.fault == "foreign_identity":
            signers["T3"] = self.w.ed25519()
            trustees[2]["identity"] = public(signers["T3"])
            self.key_set_id = record_id("sunbid/key-set/1", self.key_set)
        signatures = {name: signed(self.key_set, key)["signature"] for name, key in signers.items()}
        if self.fault == "key_set_unsigned":
            del signatures["T3"]
        self.w.add("key_set_signed", {"key_set": self.key_set, "signatures": signatures})
        rehearsal = {
            "type": "sunbid/rehearsal/1",
            "key_set": self.key_set_id,
            "trustee": "T1",
            "answer": self.w.rng.randbytes(32).hex(),
        }
        self.w.add("trustee_rehearsed", {"rehearsal": signed(rehearsal, self.w.trustees["T1"])})

    def document(self, name: str) -> dict[str, Any]:
        data = self.w.rng.randbytes(self.w.rng.randrange(1, 3000))
        sha256 = sha(data).hex()
        self.documents[sha256] = data
        return {"media_type": "application/pdf", "name": name, "sha256": sha256, "size": len(data)}

    def publish(self) -> None:
        self.deadline = self.w.now + timedelta(days=20)
        self.notice: dict[str, Any] = {
            "deadline": text(self.deadline), "documents": [self.document("招标文件.pdf")],
            "evaluation": CRITERIA[self.method], "form_schema": self.schema, "key_sets": {"bid": self.key_set_id},
            "minimum_bids": 3, "notice": {"title": "道路工程"}, "number": 0, "opens_at": text(self.deadline),
            "previous": None, "procedure": "construction-open", "procedure_version": "1",
        }  # fmt: skip
        self.seen = self.w.add("tender_published", self.notice)
        self.w.add("question_answered", {"answer": "是。", "question": "可以分包吗？"})

    def amend(self) -> None:
        self.w.tick(86400)
        self.deadline += timedelta(days=5)
        self.notice = self.notice | {
            "deadline": text(self.deadline), "opens_at": text(self.deadline), "number": 1,
            "previous": self.seen if self.fault != "unchained_notice" else self.w.rng.randbytes(32).hex(), "reason": "延期",
            "documents": [*self.notice["documents"], self.document("补遗.pdf")],
        }  # fmt: skip
        self.seen = self.w.add("tender_amended", self.notice)

    def values(self) -> dict[str, Any]:
        price = f"{self.w.rng.randrange(3_000_000, 3_900_000)}.{self.w.rng.randrange(100):02d}"
        return {"price": price, "duration_days": self.w.rng.randrange(90, 300), "quality": "合格"}

    def accept(
        self, bidder: str, spoiled: str = "", *, at: datetime | None = None, key: Ed25519PrivateKey | None = None
    ) -> str:
        base = {"bidder": bidder, "key_set": self.key_set_id, "kind": "bid", "lot": LOT, "tender": TENDER}
        values = {"price": "NaN"} if spoiled == "invalid" else self.values()
        envelope = Envelope(self.w, base, self.key_set, values, spoiled)
        self.envelopes[envelope.id] = envelope
        before = self.chain.get(bidder, [])
        statement = {
            "type": "sunbid/statement/1", "tender": TENDER, "lot": LOT, "bidder": bidder, "envelopes": {"bid": envelope.id},
            "key_sets": {"bid": self.key_set_id}, "seen": self.seen, "nonce": self.w.rng.randbytes(16).hex(),
            "replaces": record_id(before[-1][1]["type"], before[-1][1]) if before else None,
        }  # fmt: skip
        if self.fault == "unchained_statement" and before:
            statement["replaces"] = None
        return self.take("bid_accepted", bidder, statement, envelope.id, at=at, key=key)

    def withdraw(self, bidder: str, key: Ed25519PrivateKey | None = None) -> str:
        before = self.chain[bidder][-1][1]
        statement = {
            "type": "sunbid/withdrawal/1", "tender": TENDER, "lot": LOT, "bidder": bidder, "nonce": self.w.rng.randbytes(16).hex(),
            "replaces": record_id(before["type"], before),
        }  # fmt: skip
        return self.take("bid_withdrawn", bidder, statement, "", key=key)

    def take(
        self, kind: str, bidder: str, statement: dict[str, Any], envelope: str, *, at: datetime | None = None,
        key: Ed25519PrivateKey | None = None,
    ) -> str:  # fmt: skip
        number = self.w.rng.randbytes(16).hex()
        body = {"receipt": number, "statement": signed(statement, key or self.keys[bidder])}
        commitment = self.w.add(kind, body, at=at)
        entry = self.w.entries[-1]
        acceptance = {
            "type": "sunbid/acceptance/1", "origin": self.w.origin, "demonstration": self.w.demonstration, "tender": TENDER,
            "lot": LOT, "bidder": bidder, "receipt": number, "statement": record_id(statement["type"], statement),
            "accepted_at": entry["head"]["time"], "leaf": commitment,
        }  # fmt: skip
        parts = {m: entry[m] for m in ("head", "head_salt", "body", "body_salt")}
        self.receipts.append(
            {"type": "sunbid/receipt/1", "acceptance": signed(acceptance, self.w.receipt_key), "entry": parts}
        )
        self.chain.setdefault(bidder, []).append((commitment, statement, envelope))
        return commitment

    def receipt(self, number: int) -> dict[str, Any]:
        """One of the receipts, with a proof to the newest checkpoint."""
        receipt = self.receipts[number]
        self.w.checkpoint()
        size, note = self.w.notes[-1]
        index = self.w.leaves.index(bytes.fromhex(receipt["acceptance"]["object"]["leaf"]))
        hashes = "".join(f"{b64(h)}\n" for h in inclusion(index, self.w.leaves[:size]))
        return receipt | {"proof": f"c2sp.org/tlog-proof@v1\nindex {index}\n{hashes}\n{note}"}

    def bid(self) -> None:
        for bidder in self.bidders[: len(self.bidders) // 2]:
            self.accept(bidder)

    def destroy(self, accepted: str, envelope: str, reason: str) -> None:
        if self.fault != "not_destroyed":
            self.w.add("envelope_destroyed", {"accepted": accepted, "envelope": envelope, "reason": reason})

    def bid_more(self) -> None:
        self.w.now = self.deadline - timedelta(hours=2)
        for i, bidder in enumerate(self.bidders[len(self.bidders) // 2 :]):
            self.accept(bidder, self.spoiled if i == 0 else "")
        replaced = self.bidders[0]
        old = self.chain[replaced][-1] if replaced in self.chain else None
        if old:
            self.accept(replaced)
            self.destroy(old[0], old[2], "replaced")
        extra = "91430000MA4LWITHDR"
        self.keys[extra] = self.w.ed25519()
        self.w.add(
            "key_registered",
            {"owner": extra, "public_key": public(self.keys[extra]), "purpose": "statement"},
            whole_log=True,
        )
        accepted = self.accept(extra)
        self.withdraw(extra)
        self.destroy(accepted, self.chain[extra][0][2], "withdrawn")
        if self.fault == "withdrawal_invented":
            victim = self.bidders[-1]
            self.withdraw(victim, self.w.ed25519())
            self.destroy(self.chain[victim][0][0], self.chain[victim][0][2], "withdrawn")
        if self.fault == "destroyed_for_nothing":
            self.w.add("envelope_destroyed", {"accepted": self.seen, "envelope": self.key_set_id, "reason": "replaced"})
        if self.fault == "late_acceptance":
            self.w.now = self.deadline + timedelta(seconds=1)
            self.accept(self.add_bidder("91430000MA4LLATE00"))
        if self.fault == "foreign_key":
            self.accept(self.add_bidder("91430000MA4LALIEN0"), key=self.w.ed25519())

    def add_bidder(self, bidder: str) -> str:
        self.keys[bidder] = self.w.ed25519()
        self.w.add(
            "key_registered",
            {"owner": bidder, "public_key": public(self.keys[bidder]), "purpose": "statement"},
            whole_log=True,
        )
        return bidder

    def close(self) -> None:
        early = self.fault in {"early_closing", "early_release"}
        self.w.now = max(self.w.now, self.deadline - timedelta(seconds=3600 if early else 0))
        if self.fault != "late_acceptance":
            body = {
                "reason": "逾期",
                "receipt": self.w.rng.randbytes(16).hex(),
                "statement": self.w.rng.randbytes(32).hex(),
            }
            self.w.add("bid_refused", body, at=None if early else self.w.now)
        ends = [chain[-1] for chain in self.chain.values() if chain[-1][2]]
        if self.fault == "old_statement_back":
            ends = [
                chain[0] if chain[0][1]["bidder"] == self.bidders[0] else chain[-1]
                for chain in self.chain.values()
                if chain[-1][2]
            ]
        if self.fault == "left_out":
            ends = [ends[0], *ends[2:]]
        index = {commitment.hex(): i for i, commitment in enumerate(self.w.leaves)}
        ends.sort(key=lambda end: index[end[0]], reverse=self.fault == "shuffled_list")
        self.standing, self.standing_envelopes = ends, [end[2] for end in ends]
        accepted = [end[0] for end in ends]
        root = subtree([bytes.fromhex(c) for c in accepted]).hex()
        count, deadline = len(accepted) + (self.fault == "wrong_count"), text(self.deadline)
        if self.fault == "wrong_list_root":
            root = sha(b"").hex()
        if self.fault == "deadline_moved":
            deadline = text(self.deadline - timedelta(hours=1))
        self.w.add("lot_closed", {"accepted": accepted, "count": count, "deadline": deadline, "root": root})
        if self.fault == "accepted_after_closing":
            self.accept(self.add_bidder("91430000MA4LAFTER0"), at=self.deadline - timedelta(seconds=1))
        self.w.tick(600 if self.fault == "cosigned_late" else 5)
        self.point = self.w.checkpoint()
        if self.until == "failure":
            self.fail()

    def fail(self) -> None:
        self.failed = True
        for commitment, _, envelope in self.standing:
            self.destroy(commitment, envelope, "too_few")
        if self.fault == "released_though_failed":
            self.release_key("T1")
        self.w.add("lot_failed", {"reason": "too_few", "detail": {}})

    def release_key(self, name: str) -> None:
        private = self.w.x25519() if self.fault == "wrong_key" and name == "T1" else self.private[name]
        point = self.point
        if self.fault == "unknown_checkpoint":
            point = {"root": b64(self.w.rng.randbytes(32)), "size": self.point["size"]}
        release = {
            "type": "sunbid/release/1", "tender": TENDER, "lot": LOT, "key_set": self.key_set_id, "trustee": name,
            "private_key": private.private_bytes_raw().hex(), "checkpoint": point,
        }  # fmt: skip
        signer = self.w.ed25519() if self.fault == "release_unsigned" else self.w.trustees[name]
        self.w.add("key_released", {"release": signed(release, signer)})

    def release(self) -> None:
        if self.until == "failure":
            return
        self.w.add("lot_held", {"by": "supervisor", "reason": "核查"})
        if self.fault != "hold_ignored":
            self.w.add("hold_lifted", {"by": "supervisor", "reason": "核查完毕"})
        self.release_key("T1")
        if self.fault != "quorum_missing":
            self.release_key("T3")
        self.w.add("opening_intended", {"key_set": self.key_set_id, "quorum": 1})

    def open(self) -> None:
        bids = []
        for i, (commitment, statement, envelope) in enumerate(self.standing):
            values: dict[str, Any] | None = self.envelopes[envelope].values
            fault = self.spoiled if statement["bidder"] == self.bidders[len(self.bidders) // 2] else ""
            outcome = {"": "opened", "invalid": "invalid"}.get(fault, "unopenable")
            if self.fault == "price_altered" and i == 0:
                values = {**(values or {}), "price": "1.00"}
            if self.fault == "called_unopenable" and i == 0:
                outcome, values, fault = "unopenable", None, "form_closed"
            values = None if outcome == "unopenable" else values
            reason = {"opened": None, "invalid": "price"}.get(outcome, UNOPENABLE.get(fault))
            bids.append({
                "accepted": commitment, "bidder": statement["bidder"], "name": f"公司{i}", "envelope": envelope,
                "outcome": outcome, "reason": reason, "values": values,
            })  # fmt: skip
        if self.fault == "opening_left_out":
            bids.pop()
        quorum = 0 if self.fault == "other_quorum" else 1
        self.opened = self.w.add("lot_opened", {"bids": bids, "key_set": self.key_set_id, "quorum": quorum})
        self.bids = bids
        self.issue(self.opened)

    def issue(self, entry: str) -> None:
        body = {"author": "91430000MA4LAGENCY", "entry": entry, **self.document("记录.pdf")}
        if self.fault == "document_of_nothing":
            body["entry"] = self.w.rng.randbytes(32).hex()
        self.w.add("document_issued", body)

    def score(self) -> None:
        """Each expert signs twice: the last one counts."""
        self.w.tick(3600)
        for expert, key in self.experts.items():
            body = {"owner": expert, "public_key": public(key), "purpose": "score"}
            self.w.add("key_registered", body, whole_log=True)
        opened = [bid for bid in self.bids if bid["outcome"] == "opened"]
        self.scores = []
        for expert, key in [*self.experts.items(), ("E1", self.experts["E1"])]:
            score = {
                "type": "sunbid/score/1", "tender": TENDER, "lot": LOT, "expert": expert,
                "opened": self.opened if self.fault != "score_of_other_opening" else self.seen,
                "scores": {bid["bidder"]: self.marks() for bid in opened}, "rejections": [],
            }  # fmt: skip
            signer = self.w.ed25519() if self.fault == "score_forged" else key
            commitment = self.w.add("score_signed", {"score": signed(score, signer)})
            self.scores = [s for s in self.scores if s[1]["expert"] != expert] + [(commitment, score)]

    def marks(self) -> dict[str, str]:
        return {part["name"]: f"{self.w.rng.randrange(1, 20)}.{self.w.rng.randrange(100):02d}" for part in self.parts()}

    def parts(self) -> list[dict[str, Any]]:
        parts: list[dict[str, Any]] = CRITERIA[self.method].get("parts", [])
        return parts

    def evaluate(self) -> None:
        used = self.scores[1:] if self.fault == "score_left_out" else self.scores
        self.evaluation = verify.evaluate(CRITERIA[self.method], self.bids, [score for _, score in used], None)
        ranked = self.evaluation["ranked"]
        if self.fault == "ranking_swapped":
            ranked[0]["bidder"], ranked[1]["bidder"] = ranked[1]["bidder"], ranked[0]["bidder"]
        self.w.add("lot_evaluated", {"evaluation": self.evaluation, "scores": [commitment for commitment, _ in used]})

    def publish_candidates(self) -> None:
        self.candidates = [r for r in self.evaluation["ranked"] if r["rank"] <= 3]
        if self.fault == "other_candidates":
            self.candidates = self.candidates[1:]
        self.until_when = self.w.now + timedelta(days=3)
        body = {
            "candidates": self.candidates,
            "objections_until": text(self.until_when),
            "published_at": text(self.w.now),
        }
        self.issue(self.w.add("candidates_published", body))

    def award(self) -> None:
        self.w.tick(86400 * (1 if self.fault == "early_award" else 4))
        winner = self.candidates[0]
        body = {"price": winner["price"], "winner": winner["bidder"]}
        if self.fault == "award_to_stranger":
            body["winner"] = "91430000MA4LXXXXXX"
        if self.fault == "award_price":
            body["price"] = "1.00"
        self.issue(self.w.add("lot_awarded", body))
