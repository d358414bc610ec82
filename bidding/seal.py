"""Sealing a bid in one pass, with flat memory (docs/spec/envelope.md)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

from cryptography.cobblestone import Cobblestone256Encryptor

from bidding import files as listing
from bidding import keysets, wraps
from bidding.blocks import Blocks, Part
from bidding.envelope import (
    MAX_FORM,
    Base,
    BidForm,
    Front,
    Header,
    Section,
    commitment,
    padme,
    section_length,
)
from bidding.files import File
from bidding.keysets import KeySet
from notary import canonical, forms
from notary.errors import Malformed, TooMuch

FORM_TYPE = "sunbid/form/1"
RECOVERY_TYPE = "sunbid/recovery/1"
_PIECE = 1 << 20
# A piece gives a tag for each chunk begun, and may complete a chunk that was waiting.
_ENCRYPTED_PIECE = _PIECE + (1 << 16)


class Reader(Protocol):
    """A binary stream that fills a buffer and says how many bytes it gave; 0 at the end."""

    def readinto(self, buffer: memoryview, /) -> int | None: ...


@dataclass(frozen=True)
class Source:
    """One file to be sealed and where its bytes come from."""

    file: File
    reader: Reader


@dataclass(frozen=True)
class Secrets:
    """Entropy of one envelope, never used again: form key and documents key (32 bytes each), nonce (16 bytes)."""

    form_key: bytes
    documents_key: bytes
    nonce: bytes

    def __post_init__(self) -> None:
        if (len(self.form_key), len(self.documents_key), len(self.nonce)) != (32, 32, 16):
            raise ValueError("form key 32 bytes, documents key 32, nonce 16")
        if self.form_key == self.documents_key:
            raise ValueError("form key and documents key are equal")


@dataclass(frozen=True)
class Sealed:
    """A sealed envelope: its id and whole size, its parts for upload, and the recovery record (secret)."""

    id: str
    size: int
    parts: tuple[Part, ...]
    recovery: dict[str, Any]


def seal(
    record: dict[str, Any],
    sink: BinaryIO,
    *,
    identities: Mapping[str, str],
    demonstration: bool,
    bidder: str,
    values: dict[str, Any],
    sources: Sequence[Source],
    secrets: Secrets,
) -> Sealed:
    """Write an envelope for `bidder` to a buffered sink; one pass over each source, header first.

    record: the signed key set; identities: the anchors' trustees (hex). values: the form, JSON without fractions.
    On any refusal the sink may hold a part of an envelope: throw it away. Raises Malformed (the key set's,
    the files', file_size_changed) and TooMuch (form_too_large, files_too_many, header_too_large).
    """
    key_set = keysets.verify(record, identities=identities, demonstration=demonstration)
    base = _base(key_set, bidder, secrets.nonce)
    context = base.context()
    files = [source.file for source in sources]
    listed = listing.encode_list(files)
    plain = listing.plain_length(files, listed)
    # The first piece brings salt and commitment, which the header needs before anything is written.
    encryptor = Cobblestone256Encryptor(secrets.documents_key, context)
    start = encryptor.update(len(listed).to_bytes(4, "big") + listed)
    box = wraps.derive_box(secrets.documents_key, key_set.evaluation_key, context)
    form_section = _encrypt_form(secrets.form_key, context, box, values)
    header = Header(
        base=base,
        form=Section(len(form_section), commitment(form_section)),
        documents=Section(section_length(padme(plain)), commitment(start)),
        wraps=wraps.derive_all(secrets.form_key, key_set, context),
    )
    front = Front(header, header.encoded(), form_section)
    part_0 = front.encoded()
    sink.write(part_0)
    blocks = _write_documents(encryptor, start, _plaintext(sources, padme(plain) - plain), sink)
    return Sealed(
        id=front.envelope_id([part.sha256 for part in blocks]),
        size=len(part_0) + header.documents.length,
        parts=(Part(0, len(part_0), hashlib.sha256(part_0).hexdigest()), *blocks),
        recovery=_recovery(base, secrets),
    )


def encode_form(values: dict[str, Any]) -> bytes:
    """The form's canonical bytes. Raises TooMuch (form_too_large), Malformed (those of canonical; field_wrong)."""
    value = {"type": FORM_TYPE, "values": values}
    form = canonical.dumps(value)
    forms.convert(value, BidForm)
    if len(form) > MAX_FORM:
        raise TooMuch("form_too_large", "开标一览表超过 1 MiB。", "The form is over 1 MiB.", field="values")
    return form


def _encrypt_form(form_key: bytes, context: bytes, box: bytes, values: dict[str, Any]) -> bytes:
    form = encode_form(values)
    plain = box + len(form).to_bytes(4, "big") + form
    encryptor = Cobblestone256Encryptor(form_key, context)
    return encryptor.update(plain.ljust(padme(len(plain)), b"\0")) + encryptor.finalize()


def _write_documents(
    encryptor: Cobblestone256Encryptor, first: bytes, plaintext: Iterator[memoryview], sink: BinaryIO
) -> tuple[Part, ...]:
    blocks = Blocks()
    encrypted = memoryview(bytearray(_ENCRYPTED_PIECE))
    sink.write(first)
    blocks.update(first)
    for piece in plaintext:
        ready = encrypted[: encryptor.update_into(piece, encrypted)]
        sink.write(ready)
        blocks.update(ready)
    last = encryptor.finalize()
    sink.write(last)
    blocks.update(last)
    return blocks.finish()


def _plaintext(sources: Sequence[Source], padding: int) -> Iterator[memoryview]:
    """What follows the list: files, their hashes, zeros. Each piece is valid until the next one is asked for."""
    buffer = memoryview(bytearray(_PIECE))
    hashes = bytearray()
    for source in sources:
        digest = hashlib.sha256()
        for piece in _pieces(source, buffer):
            digest.update(piece)
            yield piece
        hashes += digest.digest()
    yield memoryview(hashes)
    zeros = memoryview(bytes(min(padding, _PIECE)))
    while padding:
        piece = zeros[:padding]
        yield piece
        padding -= len(piece)


def _pieces(source: Source, buffer: memoryview) -> Iterator[memoryview]:
    left = source.file.size
    while left:
        got = source.reader.readinto(buffer[:left])
        if not got:
            raise _size_changed(source.file)
        left -= got
        yield buffer[:got]
    if source.reader.readinto(buffer[:1]):
        raise _size_changed(source.file)


def _base(key_set: KeySet, bidder: str, nonce: bytes) -> Base:
    return Base(
        bidder=bidder,
        key_set=key_set.id,
        kind=key_set.kind,
        lot=key_set.lot,
        nonce=nonce.hex(),
        tender=key_set.tender,
    )


def _recovery(base: Base, secrets: Secrets) -> dict[str, Any]:
    return {
        "type": RECOVERY_TYPE,
        "base": base.value(),
        "form_key": secrets.form_key.hex(),
        "documents_key": secrets.documents_key.hex(),
    }


def _size_changed(file: File) -> Malformed:
    return Malformed(
        "file_size_changed",
        f"文件“{file.name}”在封标过程中大小有变，未完成封标，请重试。",
        f"The file {file.name} changed its size while it was sealed: nothing was sealed, try again.",
        field="files",
        name=file.name,
    )
