"""Signed notes (C2SP signed-note), checkpoints (tlog-checkpoint) and cosignatures (tlog-cosignature).

A note is UTF-8 text, a blank line, and signature lines ``— <key name> <base64 of 4-byte key id and signature>``. Its
text says nothing until :func:`open_note` has verified a signature by a known key. Two types of key: 0x01, Ed25519
over the text (logs), and 0x04, Ed25519 over time and text (``cosignature/v1``, witnesses).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from notary.errors import Malformed
from notary.merkle import HASH_BYTES
from notary.signing import b64, unb64, unhex

LOG_KEY = 0x01
WITNESS_KEY = 0x04
MAX_NOTE_BYTES = 1 << 18
MAX_SIGNATURES = 64
_KEY_BYTES = 32
_TIME_BYTES = 8
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_SECOND = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(seconds=1)


@dataclass(frozen=True)
class VerifierKey:
    """A public key that verifies notes, by name. type: LOG_KEY or WITNESS_KEY. public_key: 32 bytes (RFC 8032)."""

    name: str
    type: int
    public_key: bytes

    @property
    def id(self) -> bytes:
        """The 4-byte key id."""
        material = self.name.encode() + b"\n" + bytes([self.type]) + self.public_key
        return hashlib.sha256(material).digest()[:4]

    @property
    def text(self) -> str:
        """The vkey: ``<name>+<hex key id>+<base64 of type and key>``."""
        return f"{self.name}+{self.id.hex()}+{b64(bytes([self.type]) + self.public_key)}"


@dataclass(frozen=True)
class Signature:
    """One signature line. value: what follows the key id; for WITNESS_KEY, seconds as big-endian uint64 come first."""

    name: str
    key_id: bytes
    value: bytes

    @property
    def line(self) -> str:
        """The line with its newline."""
        return f"— {self.name} {b64(self.key_id + self.value)}\n"


@dataclass(frozen=True)
class Verified:
    """A signature that was found right, and its key."""

    key: VerifierKey
    signature: Signature

    @property
    def time(self) -> datetime:
        """When a witness cosigned, in whole seconds. A log's signature has no time: ValueError."""
        if self.key.type != WITNESS_KEY:
            raise ValueError("only cosignatures have a time")
        return _EPOCH + timedelta(seconds=int.from_bytes(self.signature.value[:_TIME_BYTES], "big"))


@dataclass(frozen=True)
class Note:
    """A note as written. text: the signed text with its last newline. signatures: all lines, verified or not."""

    text: str
    signatures: tuple[Signature, ...]

    @property
    def data(self) -> bytes:
        """The note's bytes."""
        return f"{self.text}\n{''.join(signature.line for signature in self.signatures)}".encode()


@dataclass(frozen=True)
class Checkpoint:
    """The head of a log. origin: the log's name. root: 32 bytes. extensions: further lines, opaque, seldom any."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The note text."""
        return "".join(f"{line}\n" for line in (self.origin, str(self.size), b64(self.root), *self.extensions))


@dataclass(frozen=True)
class Opened:
    """A checkpoint that the log signed, and the cosignatures of known witnesses on it."""

    checkpoint: Checkpoint
    cosignatures: tuple[Verified, ...]


def parse_vkey(text: str) -> VerifierKey:
    """The key of a vkey. Raises Malformed: vkey_malformed, vkey_type_unknown, vkey_id_wrong, key_name_malformed."""
    name, plus, rest = text.partition("+")
    id_text, second_plus, material_text = rest.partition("+")
    if not (plus and second_plus):
        raise _malformed("vkey_malformed", "验证公钥格式不对。", "A vkey is <name>+<hex id>+<base64 key>.", "vkey")
    _check_name(name)
    key_id, material = unhex(id_text, 4, "vkey"), unb64(material_text, "vkey")
    if material[:1] not in (bytes([LOG_KEY]), bytes([WITNESS_KEY])):
        raise _malformed("vkey_type_unknown", "不支持的公钥类型。", "A key of this type is not supported.", "vkey")
    if len(material) != 1 + _KEY_BYTES:
        raise _malformed("vkey_malformed", "公钥应为 32 字节。", "The public key must have 32 bytes.", "vkey")
    key = VerifierKey(name, material[0], material[1:])
    if key.id != key_id:
        raise _malformed("vkey_id_wrong", "公钥编号与公钥不符。", "The key id is not that of the key.", "vkey")
    return key


def verifier_key(name: str, type_: int, key: Ed25519PrivateKey) -> VerifierKey:
    """The public half of a signing key under a name. Raises Malformed (key_name_malformed)."""
    _check_name(name)
    return VerifierKey(name, type_, key.public_key().public_bytes_raw())


def sign(text: str, name: str, key: Ed25519PrivateKey) -> Signature:
    """A log's signature over a note's text."""
    return Signature(name, verifier_key(name, LOG_KEY, key).id, key.sign(text.encode()))


def cosign(text: str, name: str, key: Ed25519PrivateKey, now: datetime) -> Signature:
    """A witness's cosignature over a checkpoint's text: as of `now`, this is the largest tree that it saw."""
    seconds = (now - _EPOCH) // timedelta(seconds=1)
    value = seconds.to_bytes(_TIME_BYTES, "big") + key.sign(_cosigned(text, seconds))
    return Signature(name, verifier_key(name, WITNESS_KEY, key).id, value)


def parse_note(data: bytes) -> Note:
    """The parts of a note; nothing is verified. Raises Malformed: note_too_large, note_not_utf8, note_malformed, ..."""
    if len(data) > MAX_NOTE_BYTES:
        raise _malformed("note_too_large", "签名文本过大。", f"The note is larger than {MAX_NOTE_BYTES} bytes.")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _malformed("note_not_utf8", "不是有效的 UTF-8。", "The note is not valid UTF-8.") from error
    if _CONTROL.search(whole):
        raise _malformed("note_control", "签名文本含有控制字符。", "The note has control characters.")
    # The last blank line parts text and signatures: the text may hold blank lines of its own.
    text, blank, lines = whole.rpartition("\n\n")
    if not blank or not lines.endswith("\n"):
        raise _malformed("note_malformed", "签名文本格式不对。", "A note is text, a blank line, and signature lines.")
    signatures = [_parse_signature(line) for line in lines[:-1].split("\n")]
    if len(signatures) > MAX_SIGNATURES:
        raise _malformed("note_signatures_many", "签名过多。", f"The note has over {MAX_SIGNATURES} signatures.")
    return Note(text + "\n", tuple(signatures))


def open_note(note: Note, known: Iterable[VerifierKey]) -> tuple[Verified, ...]:
    """The signatures of known keys, the first of each key, all verified; those of unknown keys are passed over.

    Raises Malformed: note_signature_wrong when any signature by a known key is bad, note_unsigned when there is none.
    """
    keys = {(key.name, key.id): key for key in known}
    found: dict[VerifierKey, Verified] = {}
    for signature in note.signatures:
        key = keys.get((signature.name, signature.key_id))
        if key is not None:
            found.setdefault(key, _verify(note.text, signature, key))
    if not found:
        raise _malformed("note_unsigned", "没有已知密钥的签名。", "No signature is by a known key.", "signature")
    return tuple(found.values())


def open_checkpoint(note: Note, log: VerifierKey, witnesses: Iterable[VerifierKey] = ()) -> Opened:
    """The checkpoint of the log whose key is named by its origin. How many cosignatures suffice is the caller's policy.

    Raises Malformed: as open_note and parse_checkpoint; note_unsigned also when only witnesses signed; origin_wrong.
    """
    verified = open_note(note, [log, *witnesses])
    if log not in [one.key for one in verified]:
        raise _malformed("note_unsigned", "没有日志的签名。", "The log has not signed the checkpoint.", "signature")
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != log.name:
        raise _malformed("origin_wrong", "检查点属于另一日志。", "The checkpoint is of another log.", "origin")
    return Opened(checkpoint, tuple(one for one in verified if one.key != log))


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint of a note's text. Raises Malformed (checkpoint_malformed)."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() != "" or "" in lines:
        raise _malformed(
            "checkpoint_malformed", "检查点格式不对。", "A checkpoint is at least three lines, none empty."
        )
    origin, size, root, *extensions = lines
    return Checkpoint(origin, parse_decimal(size, "size"), parse_hash(root, "root"), tuple(extensions))


def parse_decimal(text: str, field: str) -> int:
    """A number from 0 to 2^63 - 1 in ASCII decimal without leading zeroes. Raises Malformed (not_a_decimal)."""
    if _DECIMAL.fullmatch(text) and int(text) < 1 << 63:
        return int(text)
    raise _malformed("not_a_decimal", "应为不带前导零的十进制数。", "Expected a decimal without leading zeroes.", field)


def parse_hash(text: str, field: str) -> bytes:
    """A 32-byte hash in base64. Raises Malformed (not_base64, hash_length_wrong)."""
    data = unb64(text, field)
    if len(data) != HASH_BYTES:
        raise _malformed("hash_length_wrong", "哈希应为 32 字节。", "A hash must have 32 bytes.", field)
    return data


def with_signatures(note: Note, added: Sequence[Signature]) -> Note:
    """The note with more signature lines behind its own."""
    return Note(note.text, (*note.signatures, *added))


def _parse_signature(line: str) -> Signature:
    dash, _, rest = line.partition(" ")
    name, _, value = rest.partition(" ")
    if dash != "—" or not value:
        raise _malformed("note_malformed", "签名行格式不对。", "A signature line is — <name> <base64>.", "signature")
    _check_name(name)
    data = unb64(value, "signature")
    if len(data) < 5:
        raise _malformed("note_malformed", "签名行过短。", "A signature is a key id and more.", "signature")
    return Signature(name, data[:4], data[4:])


def _check_name(name: str) -> None:
    if not name or "+" in name or any(char.isspace() for char in name) or _CONTROL.search(name):
        raise _malformed(
            "key_name_malformed", "密钥名为空或含空格、加号。", "A key name has no spaces or plus.", "name"
        )


def _verify(text: str, signature: Signature, key: VerifierKey) -> Verified:
    cosigned = key.type == WITNESS_KEY
    stamp = signature.value[:_TIME_BYTES] if cosigned else b""
    seconds = int.from_bytes(stamp, "big")
    message = _cosigned(text, seconds) if cosigned else text.encode()
    ed25519 = signature.value[len(stamp) :]
    try:
        # A cosignature's time is at most 2^63 - 1; beyond the year 9999, datetime cannot hold it.
        if seconds > _LAST_SECOND:
            raise InvalidSignature
        Ed25519PublicKey.from_public_bytes(key.public_key).verify(ed25519, message)
    except (InvalidSignature, ValueError) as error:
        raise _malformed(
            "note_signature_wrong", "已知密钥的签名不正确。", "A known key's signature is wrong.", "signature"
        ) from error
    return Verified(key, signature)


def _cosigned(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _malformed(reason: str, zh: str, en: str, field: str | None = None) -> Malformed:
    return Malformed(reason, zh, en, field=field)
