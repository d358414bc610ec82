"""An example key set, and envelopes sealed to it or forged piece by piece. All keys come from names."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.cobblestone import Cobblestone256Encryptor
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding import envelope, files, hpke, keysets, trustee, unseal, wraps
from bidding.envelope import Base, Front, Header, Section, padme
from bidding.files import File
from bidding.keysets import KeySet, Quorum
from bidding.seal import Sealed, Secrets, Source, encode_form, seal
from bidding.unseal import Opened
from notary import signing

BIDDER = "91430000MA4L00001A"
EVALUATION_KEY = hashlib.sha256(b"evaluation key").digest()
THREE_PAIRS = (("T1", "T2"), ("T1", "T3"), ("T2", "T3"))
VALUES = {"duration_days": 180, "price": "3680000.00", "quality": "合格"}
FORM_KEY = hashlib.sha256(b"form key").digest()
DOCUMENTS_KEY = hashlib.sha256(b"documents key").digest()
SECRETS = Secrets(FORM_KEY, DOCUMENTS_KEY, bytes(range(16)))


def identity(name: str) -> Ed25519PrivateKey:
    """A trustee's identity key."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"identity {name}".encode()).digest())


def opening_key(name: str, counter: int = 0) -> bytes:
    """A trustee's private opening key."""
    return trustee.opening_key(hashlib.sha256(f"seed {name}".encode()).digest(), counter)


def trustee_entry(name: str) -> dict[str, str]:
    """A trustee as a key set names it."""
    return {
        "identity": identity(name).public_key().public_bytes_raw().hex(),
        "opening_key": hpke.public_key(opening_key(name)).hex(),
        "trustee": name,
    }


def key_set_value(quorums: Sequence[Sequence[str]] = THREE_PAIRS, **changed: Any) -> dict[str, Any]:
    """A key set without signatures; `changed` replaces members."""
    return {
        "demonstration": True,
        "evaluation_key": hpke.public_key(EVALUATION_KEY).hex(),
        "form_schema": "5c" * 32,
        "kind": "bid",
        "lot": "1",
        "origin": "yongzhou.example/demonstration",
        "quorums": [list(quorum) for quorum in quorums],
        "suite": 1,
        "tender": "YZ-431102-GC-2026-0001",
        "trustees": [trustee_entry(name) for name in sorted({name for quorum in quorums for name in quorum})],
        "type": "sunbid/key-set/1",
    } | changed


def record(value: dict[str, Any]) -> dict[str, Any]:
    """The key set with the signatures of all trustees that it names."""
    signatures = {
        one["trustee"]: signing.sign(value, identity(one["trustee"]))["signature"] for one in value["trustees"]
    }
    return {"key_set": value, "signatures": signatures}


def identities(value: dict[str, Any]) -> dict[str, str]:
    """What the anchors say of these trustees."""
    names = [one["trustee"] for one in value["trustees"]]
    return {name: identity(name).public_key().public_bytes_raw().hex() for name in names}


VALUE = key_set_value()
KEY_SET = keysets.parse(VALUE)


def whole_quorum(number: int = 0, key_set: KeySet = KEY_SET) -> Quorum:
    """The private keys of one quorum."""
    return Quorum(number, tuple(opening_key(name) for name in key_set.quorums[number]))


def sealed(
    contents: Mapping[str, bytes] | None = None,
    *,
    values: dict[str, Any] | None = None,
    value: dict[str, Any] | None = None,
    bidder: str = BIDDER,
    secrets: Secrets = SECRETS,
) -> tuple[Sealed, bytes]:
    """An envelope with files of these contents, by the real sealer: what it says of it, and its bytes."""
    value = value or VALUE
    sink = io.BytesIO()
    sources = [
        Source(File(name=name, media_type="application/pdf", size=len(content)), io.BytesIO(content))
        for name, content in (contents or {}).items()
    ]
    done = seal(
        record(value),
        sink,
        identities=identities(value),
        demonstration=True,
        bidder=bidder,
        values=VALUES if values is None else values,
        sources=sources,
        secrets=secrets,
    )
    return done, sink.getvalue()


def front_of(done: Sealed, data: bytes) -> Front:
    """Part 0 of a sealed envelope, parsed."""
    return envelope.parse_front(data[: done.parts[0].size])


def opened(done: Sealed, data: bytes, number: int = 0) -> Opened:
    """The form, by a quorum."""
    return unseal.with_quorum(front_of(done, data), KEY_SET, BIDDER, whole_quorum(number))


def base(**changed: str) -> Base:
    """What the example's envelopes are bound to."""
    members = {
        "bidder": BIDDER,
        "key_set": KEY_SET.id,
        "kind": KEY_SET.kind,
        "lot": KEY_SET.lot,
        "nonce": SECRETS.nonce.hex(),
        "tender": KEY_SET.tender,
    }
    return Base(**(members | changed))


def padded(plain: bytes) -> bytes:
    """A section's plaintext with its zeros."""
    return plain.ljust(padme(len(plain)), b"\0")


def form_plain(form: bytes, box: bytes | None = None) -> bytes:
    """The form section's plaintext around any bytes of a form."""
    box = wraps.derive_box(DOCUMENTS_KEY, KEY_SET.evaluation_key, base().context()) if box is None else box
    return padded(box + len(form).to_bytes(4, "big") + form)


def documents_plain(contents: Mapping[str, bytes], listed: bytes | None = None) -> bytes:
    """The documents section's plaintext; `listed` replaces the list."""
    found = [File(name=name, media_type="application/pdf", size=len(content)) for name, content in contents.items()]
    listed = files.encode_list(found) if listed is None else listed
    hashes = [hashlib.sha256(content).digest() for content in contents.values()]
    return padded(len(listed).to_bytes(4, "big") + listed + b"".join([*contents.values(), *hashes]))


def section(key: bytes, plain: bytes, context: bytes) -> bytes:
    """A C256 section of any plaintext."""
    encryptor = Cobblestone256Encryptor(key, context)
    return encryptor.update(plain) + encryptor.finalize()


@dataclass(frozen=True)
class Forgery:
    """An envelope of which each piece may be wrong; what is not given is right."""

    form: bytes = field(default_factory=lambda: form_plain(encode_form(VALUES)))
    documents: bytes = field(default_factory=lambda: documents_plain({"技术标.pdf": b"%PDF-"}))
    wraps: tuple[bytes, ...] = field(default_factory=lambda: wraps.derive_all(FORM_KEY, KEY_SET, base().context()))
    base: Base = field(default_factory=base)
    sealed_under: bytes = field(default_factory=lambda: base().context())

    def made(self) -> tuple[bytes, bytes]:
        """Part 0, and the documents section."""
        form = section(FORM_KEY, self.form, self.sealed_under)
        documents = section(DOCUMENTS_KEY, self.documents, self.sealed_under)
        header = Header(
            base=self.base,
            form=Section(len(form), envelope.commitment(form)),
            documents=Section(len(documents), envelope.commitment(documents)),
            wraps=self.wraps,
        )
        return Front(header, header.encoded(), form).encoded(), documents
