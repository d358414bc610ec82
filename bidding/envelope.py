"""The envelope's format: header, lengths, padding, cuts, id (docs/spec/envelope.md). Pure.

What is refused here makes a bid unopenable, and every verifier must come to the same reason: so the reasons are few,
stand in the specification, and are found in its order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from msgspec import Meta

from notary import canonical, forms, signing
from notary.errors import Malformed, Refusal, TooMuch
from notary.forms import Form

MAGIC = b"sunbid/envelope/1\n"
MAX_HEADER = 262_144
MAX_FORM = 1 << 20
MAX_LIST = 1 << 20
BLOCK = 8_388_608
BOX = 80
"""Length of the evaluation box: a 32-byte key sealed."""

CHUNK = 16_384
TAG = 16
SECTION_HEAD = 56
"""C256's salt (24 bytes) and key commitment (32)."""

_SALT = 24
_LENGTH = 4


class Base(Form, frozen=True):
    """What an envelope is bound to; `key_set` is the id of the key set (hex), `nonce` 16 random bytes (hex)."""

    key_set: str
    tender: str
    lot: str
    kind: str
    bidder: str
    nonce: str

    def value(self) -> dict[str, Any]:
        """The JSON object."""
        return forms.plain(self)

    def context(self) -> bytes:
        """The 32 bytes that bind both sections and every box to this base."""
        return hashlib.sha256(b"sunbid/context/1\n" + canonical.dumps(self.value())).digest()


class BidForm(Form, frozen=True):
    """What the form section holds, as read out at the opening: each value text or an integer.

    Nothing nested: values as deep as JSON may be would be too deep where the record and the dossier repeat them.
    """

    type: Literal["sunbid/form/1"]
    values: dict[str, str | int]


@dataclass(frozen=True)
class Section:
    """A section's length in bytes as it stands in the file, and its key commitment (32 bytes)."""

    length: int
    commitment: bytes

    def value(self) -> dict[str, Any]:
        """The JSON object."""
        return {"commitment": self.commitment.hex(), "length": self.length}


@dataclass(frozen=True)
class Header:
    """The header; `wraps` are the sealed form keys, one for each quorum in the key set's order."""

    base: Base
    form: Section
    documents: Section
    wraps: tuple[bytes, ...]

    def encoded(self) -> bytes:
        """Canonical bytes. Raises TooMuch (header_too_large)."""
        wraps = [{"quorum": q, "sealed": signing.b64(sealed)} for q, sealed in enumerate(self.wraps)]
        value = {
            "base": self.base.value(),
            "documents": self.documents.value(),
            "form": self.form.value(),
            "wraps": wraps,
        }
        data = canonical.dumps(value)
        if len(data) > MAX_HEADER:
            raise TooMuch(
                "header_too_large", "信封头部超过 256 KiB。", "The envelope's header is over 256 KiB.", size=len(data)
            )
        return data


@dataclass(frozen=True)
class Front:
    """Part 0 of an envelope taken apart: the header, its bytes as found, and the form section."""

    header: Header
    header_bytes: bytes
    form_section: bytes

    def encoded(self) -> bytes:
        """Part 0 as it stands in the file."""
        return MAGIC + len(self.header_bytes).to_bytes(_LENGTH, "big") + self.header_bytes + self.form_section

    def envelope_id(self, blocks: Sequence[str]) -> str:
        """The envelope's id in hex; `blocks` are the SHA-256 of the blocks of the documents section in hex."""
        digest = hashlib.sha256(b"sunbid/envelope-id/1\n")
        digest.update(hashlib.sha256(self.header_bytes).digest())
        digest.update(hashlib.sha256(self.form_section).digest())
        for block in blocks:
            digest.update(signing.unhex(block, 32, "blocks"))
        return digest.hexdigest()


def padme(length: int) -> int:
    """The padded length of `length` bytes: at most 12 % more, and says little of the true one."""
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    low = (1 << (exponent - exponent.bit_length())) - 1
    return (length + low) & ~low


def section_length(plain: int) -> int:
    """The length of the C256 section of a plaintext of `plain` bytes."""
    return SECTION_HEAD + plain + TAG * (plain // CHUNK + 1)


def plain_length(section: int) -> int | None:
    """The length of the plaintext in a C256 section of `section` bytes; None when no section has that length."""
    chunks, last = divmod(section - SECTION_HEAD, CHUNK + TAG)
    if chunks < 0 or last < TAG:
        return None
    return chunks * CHUNK + last - TAG


MAX_FORM_SECTION = section_length(padme(BOX + _LENGTH + MAX_FORM))
MAX_PART_0 = len(MAGIC) + _LENGTH + MAX_HEADER + MAX_FORM_SECTION


def block_sizes(documents: int) -> list[int]:
    """The sizes of the blocks of a documents section that is there: never of a length that only a header says."""
    whole, last = divmod(documents, BLOCK)
    return [BLOCK] * whole + [last] * (last > 0)


def commitment(section_start: bytes) -> bytes:
    """The key commitment in a section's first 56 bytes."""
    return section_start[_SALT:SECTION_HEAD]


def parse_front(part_0: bytes) -> Front:
    """Take part 0 apart, strictly. Raises Malformed: header_layout, header_json, header_members, header_length."""
    if not part_0.startswith(MAGIC):
        raise _refuse("header_layout", "不是阳光标信封（第 1 版）。", "This is no Sunbid envelope of version 1.")
    start = len(MAGIC) + _LENGTH
    size = int.from_bytes(part_0[len(MAGIC) : start], "big")
    if len(part_0) < start or size > MAX_HEADER or len(part_0) < start + size:
        raise _refuse("header_layout", "信封头部长度不对。", "The header's length is over 256 KiB or over the file.")
    header_bytes, form_section = part_0[start : start + size], part_0[start + size :]
    header = parse_header(header_bytes)
    if len(form_section) != header.form.length:
        zh, en = "报价表长度与头部不符。", "The form section has not the length that the header says."
        raise _refuse("header_length", zh, en, "form.length")
    return Front(header, header_bytes, form_section)


def parse_file(data: bytes) -> tuple[Front, bytes]:
    """Part 0 and the documents section of a whole envelope. Raises Malformed as parse_front.

    Nothing else looks at the documents of an envelope of one price: what no section can be is refused here.
    """
    start = len(MAGIC) + _LENGTH
    end = start + int.from_bytes(data[len(MAGIC) : start], "big")
    if not data.startswith(MAGIC) or len(data) < end:
        raise _refuse("header_layout", "不是阳光标信封（第 1 版）。", "This is no Sunbid envelope of version 1.")
    header = parse_header(data[start:end])
    end += header.form.length
    length = header.documents.length
    if len(data) - end != length or plain_length(length) is None:
        zh, en = "封套长度与头部不符。", "The envelope has not the length that the header says."
        raise _refuse("header_length", zh, en, "documents.length")
    return parse_front(data[:end]), data[end:]


def parse_header(data: bytes) -> Header:
    """The header of its canonical bytes. Raises Malformed: header_json, header_members."""
    try:
        value = canonical.loads_canonical(data, max_bytes=MAX_HEADER)
    except Refusal as error:
        zh, en = "信封头部不是规范 JSON。", "The header is not canonical JSON."
        raise _refuse("header_json", zh, en, error.field, because=error.reason) from error
    try:
        return _header(value)
    except Refusal as error:
        zh, en = "信封头部成员不符。", "The header's members are not those of the format."
        raise _refuse("header_members", zh, en, error.field, because=error.reason) from error


class _SectionForm(Form, frozen=True):
    commitment: str
    length: Annotated[int, Meta(ge=0)]


class _WrapForm(Form, frozen=True):
    quorum: int
    sealed: str


class _HeaderForm(Form, frozen=True):
    base: Base
    documents: _SectionForm
    form: _SectionForm
    wraps: list[_WrapForm]


def _header(value: Any) -> Header:
    found = forms.convert(value, _HeaderForm)
    signing.unhex(found.base.key_set, 32, "base.key_set")
    signing.unhex(found.base.nonce, 16, "base.nonce")
    return Header(
        base=found.base,
        form=_section(found.form, "form"),
        documents=_section(found.documents, "documents"),
        wraps=tuple(_wrap(wrap, q) for q, wrap in enumerate(found.wraps)),
    )


def _section(found: _SectionForm, field: str) -> Section:
    return Section(found.length, signing.unhex(found.commitment, 32, f"{field}.commitment"))


def _wrap(found: _WrapForm, number: int) -> bytes:
    field = f"wraps[{number}]"
    if found.quorum != number:
        raise _refuse("header_members", "封装次序不对。", "The wraps are not in order.", f"{field}.quorum")
    return signing.unb64(found.sealed, f"{field}.sealed")


def _refuse(reason: str, zh: str, en: str, field: str | None = None, **facts: Any) -> Malformed:
    return Malformed(reason, zh, en, field=field, **facts)
