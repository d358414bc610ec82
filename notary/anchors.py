"""Anchors (docs/spec/log.md): what one must know from outside to believe a log. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from notary import notes
from notary.errors import Malformed
from notary.forms import Form, Hex32, TrusteeCode, convert
from notary.notes import Opened, VerifierKey

_DEMONSTRATION = "/demonstration"


class _Form(Form, frozen=True):
    type: Literal["sunbid/anchors/1"]
    origin: str
    demonstration: bool
    log_key: str
    receipt_key: Hex32
    witnesses: list[str]
    witness_quorum: int
    trustees: dict[TrusteeCode, Hex32]


@dataclass(frozen=True)
class Anchors:
    """The keys of one log. receipt_key and the trustees' identities: Ed25519, 32 bytes each."""

    origin: str
    demonstration: bool
    log_key: VerifierKey
    receipt_key: bytes
    witnesses: tuple[VerifierKey, ...]
    witness_quorum: int
    trustees: Mapping[str, bytes]


def parse(value: dict[str, Any]) -> Anchors:
    """The anchors of their JSON form. Raises Malformed naming the field."""
    form = convert(value, _Form)
    if form.origin.endswith(_DEMONSTRATION) is not form.demonstration:
        raise _malformed(
            "origin_wrong",
            f"演示日志的名称须以 {_DEMONSTRATION} 结尾，其他日志不得如此。",
            f"The origin of a demonstration, and no other, ends in {_DEMONSTRATION}.",
            "origin",
        )
    log_key = _vkey(form.log_key, notes.LOG_KEY, "log_key")
    if log_key.name != form.origin:
        raise _malformed("origin_wrong", "日志公钥不属于该日志。", "The log key is not that of the origin.", "log_key")
    witnesses = tuple(_vkey(text, notes.WITNESS_KEY, "witnesses") for text in form.witnesses)
    _check_witnesses(witnesses, form.witness_quorum)
    return Anchors(
        origin=form.origin,
        demonstration=form.demonstration,
        log_key=log_key,
        receipt_key=bytes.fromhex(form.receipt_key),
        witnesses=witnesses,
        witness_quorum=form.witness_quorum,
        trustees={name: bytes.fromhex(identity) for name, identity in form.trustees.items()},
    )


def open_checkpoint(anchors: Anchors, note: bytes) -> Opened:
    """A checkpoint of this log, its signature and the quorum of cosignatures verified.

    Raises Malformed: witnesses_missing, and as notes.open_checkpoint.
    """
    opened = notes.open_checkpoint(notes.parse_note(note), anchors.log_key, anchors.witnesses)
    check_quorum(anchors, opened)
    return opened


def check_quorum(anchors: Anchors, opened: Opened) -> None:
    """Raise Malformed (witnesses_missing) for a checkpoint that too few witnesses have cosigned."""
    found = len(opened.cosignatures)
    if found < anchors.witness_quorum:
        raise _malformed(
            "witnesses_missing",
            f"检查点只有 {found} 个见证签名，需要 {anchors.witness_quorum} 个。",
            f"The checkpoint has {found} cosignatures; {anchors.witness_quorum} are needed.",
            "signature",
        )


def _vkey(text: str, type_: int, field: str) -> VerifierKey:
    key = notes.parse_vkey(text)
    if key.type != type_:
        raise _malformed("vkey_type_unknown", "公钥用途不对。", "The key is not of the type wanted here.", field)
    return key


def _check_witnesses(witnesses: tuple[VerifierKey, ...], quorum: int) -> None:
    if len({key.public_key for key in witnesses}) != len(witnesses):
        raise _malformed("witness_twice", "同一见证人列出两次。", "A witness is listed twice.", "witnesses")
    if not 0 <= quorum <= len(witnesses):
        raise _malformed(
            "witness_quorum_wrong", "见证人数不足法定数。", "The quorum is above the witnesses.", "witness_quorum"
        )


def _malformed(reason: str, zh: str, en: str, field: str) -> Malformed:
    return Malformed(reason, zh, en, field=field)
