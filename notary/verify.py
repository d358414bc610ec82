"""阳光标独立验证程序：一份卷宗、一张回执或一个日志，离线重算，不信任任何服务器。

The stand-alone verifier of Sunbid. One file, standard library and `cryptography` only; written from docs/spec alone and
sharing no code with the server. Copy it anywhere and run:

    python -I verify.py dossier.zip|receipt.json|log-folder|https://…/log --anchors anchors.json
                        [--since checkpoint] [--dossier dossier.zip] [--bidder-key HEX]... [--json]

Prints numbered checks. Exit codes: 0 everything passed; 1 a check failed; 2 the input cannot be read; 3 self-consistent
only (no anchors), or something was not checked. It fails closed: what it cannot understand has not passed.

Limits: dossier.json 64 MiB, part 0 of an envelope 8 MiB, a document 256 MiB, all members 4 GiB, 20,000 members, a log
of 2^28 leaves. Memory stays below about ten times dossier.json, whatever else is in the file.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import http.client
import itertools
import json
import math
import re
import struct
import sys
import unicodedata
import urllib.parse
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

MIB = 1 << 20
MAX_FRAME, MAX_PART, MAX_DOCUMENT, MAX_TOTAL, MAX_MEMBERS = 64 * MIB, 8 * MIB, 256 * MIB, 4096 * MIB, 20_000
MAX_LEAVES = 1 << 28
MAX_DEPTH = 32
BLOCK = 8_388_608
LATENESS_SECONDS = 120

# --- Findings ---------------------------------------------------------------------------------------------------------


class Unreadable(Exception):
    """The input is no dossier, receipt, log, checkpoint or anchors: exit code 2."""


class Finding(Exception):
    """Why a check did not pass; `index` is the log index of the entry at fault."""

    result = "failed"

    def __init__(self, zh: str, en: str, index: int | None = None) -> None:
        super().__init__(en)
        self.zh, self.en, self.index = zh, en, index


class Failed(Finding):
    """The check found something wrong."""


class NotApplicable(Finding):
    """The record has not come to this."""

    result = "not_applicable"


class NotChecked(Finding):
    """Could not be checked: never a pass."""

    result = "not_checked"


class Broken(Exception):
    """An envelope does not open; `reason` is the step of envelope.md that failed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def need(good: bool, zh: str, en: str, index: int | None = None) -> None:
    if not good:
        raise Failed(zh, en, index)


@dataclass(frozen=True)
class Outcome:
    number: int
    name: tuple[str, str]
    result: str
    zh: str = ""
    en: str = ""
    index: int | None = None


Told = tuple[str, str] | None
Check = tuple[str, str, Callable[[Any], Told]]

# What malformed input can raise in a check. It ends that check as failed; it can never end in a pass.
MALFORMED = (
    ArithmeticError, AttributeError, EOFError, KeyError, IndexError, NotImplementedError, OSError, RecursionError,
    RuntimeError, TypeError, ValueError, http.client.HTTPException, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def run(checks: Sequence[Check | None], context: Any, gate: int) -> list[Outcome]:
    """Every check in order; None keeps the place of one that is not about such a record.

    When check `gate` has failed the later ones rest on nothing and are not made.
    """
    outcomes: list[Outcome] = []
    for number, one in enumerate(checks, 1):
        if one is None:
            continue
        zh, en, check = one
        if number > gate and outcomes[gate - 1].result == "failed":
            told = NotChecked(f"因第 {gate} 项失败", f"because check {gate} failed")
            outcomes.append(Outcome(number, (zh, en), told.result, told.zh, told.en))
            continue
        outcomes.append(run_one(number, (zh, en), check, context))
    return outcomes


def run_one(number: int, name: tuple[str, str], check: Callable[[Any], Told], context: Any) -> Outcome:
    try:
        told = check(context) or ("", "")
    except Finding as found:
        return Outcome(number, name, found.result, found.zh, found.en, found.index)
    except MALFORMED as error:
        about = f"{type(error).__name__}: {shown(str(error))}"
        return Outcome(number, name, "failed", f"内容格式不正确（{about}）", f"malformed content ({about})")
    return Outcome(number, name, "passed", *told)


def shown(text: str) -> str:
    """Foreign text made safe for a terminal."""
    return "".join(c if c.isprintable() else "?" for c in text)[:120]


# --- JSON, hashes, signatures -----------------------------------------------------------------------------------------

FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
ASTRAL = re.compile("[\U00010000-\U0010ffff]")


def parse_json(data: bytes, limit: int) -> Any:
    """Strict JSON as the conventions of envelope.md allow it. Raises Unreadable."""
    if len(data) > limit:
        raise Unreadable(f"JSON 超过 {limit} 字节 / JSON larger than {limit} bytes")
    try:
        value = json.loads(
            data.decode("utf-8"), object_pairs_hook=unique, parse_float=no_number, parse_constant=no_number,
            parse_int=small_int,
        )  # fmt: skip
        check_json(value, 0)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"JSON 不合规范 / not strict JSON: {shown(str(error))}") from error
    return value


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


def no_number(text: str) -> Any:
    raise ValueError(f"not an integer: {text[:20]}")


def small_int(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > 2**53 - 1 or text == "-0":
        raise ValueError("integer out of range")
    return int(text)


def check_json(value: Any, depth: int) -> None:
    if isinstance(value, str):
        if value.isascii() and value.isprintable():
            return
        if not unicodedata.is_normalized("NFC", value):
            raise ValueError("text is not in NFC")
        if FORBIDDEN.search(value):
            raise ValueError("text has control or bidirectional characters")
    elif isinstance(value, dict | list):
        if depth >= MAX_DEPTH:
            raise ValueError("nested too deep")
        for item in value:
            check_json(item, depth + 1)
        for item in value.values() if isinstance(value, dict) else ():
            check_json(item, depth + 1)


def canonical(value: Any) -> bytes:
    """J(x): RFC 8785 of JSON without fractions, so only the order of names (by UTF-16 code units) needs care."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    if not text.isascii() and ASTRAL.search(text):  # only then UTF-16 can order otherwise than code points
        text = json.dumps(ordered(value), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8")


def ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: ordered(value[key]) for key in sorted(value, key=lambda k: k.encode("utf-16-be"))}
    return [ordered(item) for item in value] if isinstance(value, list) else value


def parse_canonical(data: bytes, limit: int) -> Any:
    value = parse_json(data, limit)
    if canonical(value) != data:
        raise Unreadable("JSON 不是 RFC 8785 规范形式 / JSON is not in RFC 8785 form")
    return value


def sha(*parts: bytes) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()


def record_id(type_: str, value: Any) -> str:
    return sha(type_.encode() + b"\n", canonical(value)).hex()


def unb64(text: str) -> bytes:
    data = base64.b64decode(text.encode("ascii"), validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("base64 is not canonical")
    return data


def signed_by(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def object_signed(signed: dict[str, Any], key: bytes) -> bool:
    return signed_by(key, unb64(signed["signature"]), b"sunbid/signed/1\n" + canonical(signed["object"]))


def seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()


# --- Shapes -----------------------------------------------------------------------------------------------------------

Shape = Any  # a predicate, {member: Shape} (more members allowed), or [Shape]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
MONEY = re.compile(r"(0|[1-9][0-9]{0,12})\.[0-9]{2}", re.ASCII)
MARKS = re.compile(r"(0|[1-9][0-9]{0,3})\.[0-9]{2}", re.ASCII)


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def is_base64(value: Any) -> bool:
    try:
        return is_text(value) and unb64(value) is not None
    except ValueError:
        return False


def is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def is_any(_: Any) -> bool:
    return True


def is_null(value: Any) -> bool:
    return value is None


def is_object(value: Any) -> bool:
    return isinstance(value, dict)


def is_money(value: Any) -> bool:
    return isinstance(value, str) and MONEY.fullmatch(value) is not None


def is_marks(value: Any) -> bool:
    return isinstance(value, str) and MARKS.fullmatch(value) is not None


def is_time(value: Any) -> bool:
    if not isinstance(value, str) or not TIME.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def is_day(value: Any) -> bool:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def between(least: int, most: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and least <= value <= most


def of_form(pattern: str) -> Callable[[Any], bool]:
    whole = re.compile(pattern, re.ASCII)
    return lambda value: isinstance(value, str) and whole.fullmatch(value) is not None


def either(*shapes: Shape) -> Callable[[Any], bool]:
    return lambda value: any(misfit(shape, value) is None for shape in shapes)


def hex_of(size: int) -> Callable[[Any], bool]:
    pattern = re.compile(f"[0-9a-f]{{{2 * size}}}")
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def one_of(*allowed: Any) -> Callable[[Any], bool]:
    return lambda value: any(type(value) is type(a) and value == a for a in allowed)


def or_null(shape: Shape) -> Callable[[Any], bool]:
    return lambda value: value is None or misfit(shape, value) is None


def map_of(shape: Shape) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, dict) and all(misfit(shape, item) is None for item in value.values())


def misfit(shape: Shape, value: Any, path: str = "") -> str | None:
    """The path of the first member that has not its form, or None."""
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return path or "."
        found = (misfit(s, value[k], f"{path}.{k}") if k in value else f"{path}.{k}" for k, s in shape.items())
    elif isinstance(shape, list):
        if not isinstance(value, list):
            return path or "."
        found = (misfit(shape[0], item, f"{path}[{i}]") for i, item in enumerate(value))
    else:
        return None if shape(value) else path or "."
    return next((f for f in found if f is not None), None)


def exactly(value: Any, shape: dict[str, Shape]) -> bool:
    return misfit(shape, value) is None and set(value) == set(shape)


HEX16, HEX32 = hex_of(16), hex_of(32)


def signed(type_: str, **members: Shape) -> Shape:
    return {"object": {"type": one_of(type_), **members}, "signature": is_text}


LOT = {"tender": is_text, "lot": is_text}
KEY_SET = {
    "demonstration": is_bool, "evaluation_key": HEX32, "form_schema": HEX32, "kind": is_text, **LOT, "origin": is_text,
    "quorums": [[is_text]], "suite": is_count, "type": one_of("sunbid/key-set/1"),
    "trustees": [{"identity": HEX32, "opening_key": HEX32, "trustee": is_text}],
}  # fmt: skip
DOCUMENT = {"media_type": is_text, "name": is_text, "sha256": HEX32, "size": is_count}
NOTICE = {
    "deadline": is_time, "documents": [DOCUMENT], "evaluation": {"method": is_text},
    "form_schema": is_object, "key_sets": map_of(HEX32), "minimum_bids": is_count,
    "notice": {"agency": {"code": is_text, "name": is_text}},
    "number": is_count, "opens_at": is_time, "previous": or_null(HEX32), "procedure": is_text,
    "procedure_version": is_any, "publicity": is_bool,
}  # fmt: skip
BID = {
    "accepted": HEX32, "bidder": is_text, "name": is_text, "envelope": HEX32, "reason": or_null(is_text),
    "outcome": one_of("opened", "invalid", "unopenable"), "values": or_null(is_object),
}  # fmt: skip
STATEMENT = signed(
    "sunbid/statement/1", **LOT, bidder=is_text, envelopes=map_of(HEX32), key_sets=map_of(HEX32), seen=HEX32,
    replaces=or_null(HEX32), nonce=HEX16,
)  # fmt: skip
WITHDRAWAL = signed("sunbid/withdrawal/1", **LOT, bidder=is_text, replaces=HEX32, nonce=HEX16)
RELEASE = signed(
    "sunbid/release/1", **LOT, key_set=HEX32, trustee=is_text, private_key=HEX32,
    checkpoint={"root": is_text, "size": is_count},
)  # fmt: skip
SCORE = signed(
    "sunbid/score/1", **LOT, expert=is_text, opened=HEX32, scores=map_of(map_of(is_text)),
    rejections=[{"bidder": is_text, "clause": is_text, "reason": is_text}],
)  # fmt: skip
CONFIRMATION = signed("sunbid/confirmation/1", **LOT, bidder=is_text, opened=HEX32)
DRAW = {**LOT, "draw": HEX32, "party": is_text}
DRAW_COMMITMENT = signed(
    "sunbid/draw-commitment/1", **DRAW, own=HEX32, stands_in=HEX32, checkpoint={"root": is_text, "size": is_count}
)
DRAW_REVEAL = signed("sunbid/draw-reveal/1", **DRAW, of=is_text, value=HEX32)
ENDORSEMENT = signed(
    "sunbid/endorsement/1",
    origin=is_text,
    owner=is_text,
    public_key=HEX32,
    purpose=one_of("statement", "score", "draw"),
)
is_number, is_sequence = of_form("[0-9]{1,6}"), between(1, 2**31 - 1)
SAID_IN_AUCTION = {"origin": is_text, "demonstration": is_bool, **LOT, "bidder": is_number, "seen": HEX32}
AUCTION_STATEMENT = either(
    signed("sunbid/auction-bid/1", **SAID_IN_AUCTION, price=is_money, sequence=is_sequence),
    signed("sunbid/auction-offer/1", **SAID_IN_AUCTION, sealed=HEX32, sequence=is_sequence),
)
REFUSED = (
    "not_registered", "replayed", "after_end", "suspended", "not_started", "preparing", "takes_offers", "takes_bids",
    "view_stale", "below_start", "not_above_by_step", "not_a_multiple", "above_cap", "leading_already",
    "not_your_turn", "not_below_by_step", "offered_already",
)  # fmt: skip
BODIES: dict[str, Shape] = {
    "log_opened": {"demonstration": is_bool, "log_key": is_text, "origin": is_text, "receipt_key": HEX32},
    "key_registered": {
        "owner": is_text, "public_key": HEX32, "purpose": one_of("statement", "trustee", "score", "draw"),
    },
    "key_set_signed": {"key_set": KEY_SET, "signatures": map_of(is_text)},
    "tender_published": {**NOTICE, "previous": is_null},
    "tender_amended": {**NOTICE, "previous": HEX32, "reason": is_text},
    "question_answered": {"answer": is_any, "question": is_any},
    "objection_filed": {
        "against": one_of("documents", "opening", "result"), "answer_by": or_null(is_time), "commitment": HEX32,
        "objection": HEX16, "suspends": is_bool,
    },
    "objection_answered": {
        "answer": or_null(is_text), "commitment": HEX32, "objection": HEX16,
        "outcome": one_of("upheld", "partly_upheld", "dismissed"),
    },
    "bidders_invited": {
        "bidders": [is_text], "number": is_count, "pool": or_null(is_count), "reason": or_null(is_text),
        "way": or_null(is_text),
    },
    "prior_published": {
        "binding": is_bool, "documents": [DOCUMENT], "kept": [is_text], "number": is_count, "previous": or_null(HEX32),
        "notice": {"agency": {"code": is_text, "name": is_text}, "said": map_of(is_text)}, "procedure": is_text,
        "procedure_version": is_any, "until": is_time,
    },
    "comment_filed": {"answer_by": or_null(is_time), "comment": HEX16, "commitment": HEX32, "notice": HEX32},
    "comment_answered": {
        "answer": is_text, "comment": HEX16, "commitment": HEX32,
        "outcome": one_of("upheld", "partly_upheld", "dismissed"),
    },
    "complaint_filed": {"commitment": HEX32, "complaint": HEX16, "decide_by": or_null(is_time), "objection": HEX16},
    "complaint_decided": {
        "commitment": HEX32, "complaint": HEX16, "rule_by": or_null(is_time), "suspended_until": or_null(is_time),
        "suspends": is_bool, "taken_up": is_bool,
    },
    "complaint_ruled": {
        "complaint": HEX16, "outcome": one_of("upheld", "partly_upheld", "dismissed"), "ruling": is_text,
    },
    "complaint_withdrawn": {"complaint": HEX16},
    "bid_accepted": {"receipt": HEX16, "statement": STATEMENT},
    "bid_withdrawn": {"receipt": HEX16, "statement": WITHDRAWAL},
    "bid_refused": {"reason": is_text, "receipt": HEX16, "statement": HEX32},
    "envelope_destroyed": {
        "accepted": HEX32, "envelope": HEX32,
        "reason": one_of("replaced", "withdrawn", "too_few", "no_bids", "cancelled", "key_set_changed"),
    },
    "trustee_rehearsed": {"rehearsal": signed("sunbid/rehearsal/1", key_set=HEX32, trustee=is_text, answer=HEX32)},
    "lot_closed": {"accepted": [HEX32], "count": is_count, "deadline": is_time, "root": HEX32},
    "lot_held": {"by": is_text, "reason": is_text},
    "hold_lifted": {"by": is_text, "reason": is_text},
    "key_released": {"release": RELEASE},
    "opening_intended": {"key_set": HEX32, "quorum": is_count},
    "lot_opened": {"bids": [BID], "key_set": HEX32, "quorum": is_count},
    "opening_confirmed": {"confirmation": CONFIRMATION},
    "score_signed": {"score": SCORE},
    "draw_called": {
        "excluded": [{"candidate": HEX32, "reason": is_text}], "parties": [is_text],
        "groups": [{"candidates": [HEX32], "count": is_count, "label": is_text, "speciality": is_text}],
    },
    "draw_committed": {"commitment": DRAW_COMMITMENT},
    "draw_revealed": {"reveal": DRAW_REVEAL},
    "draw_withheld": {"draw": HEX32, "of": is_text, "party": is_text},
    "draw_made": {"draw": HEX32, "seats": [[HEX32]], "seed": HEX32},
    "draw_replaced": {"draw": HEX32, "gone": HEX32, "reason": is_text, "seated": HEX32},
    "draw_failed": {
        "draw": HEX32, "gone": or_null(HEX32), "reason": one_of("abandoned", "withheld", "exhausted"),
    },
    "committee_set": {"members": [{"person": is_text, "role": one_of("expert", "buyer")}]},
    "lot_evaluated": {"evaluation": is_object, "scores": [HEX32]},
    "candidates_published": {"candidates": [is_object], "objections_until": is_time, "published_at": is_time},
    "lot_awarded": {"price": is_money, "winner": is_text},
    "contract_registered": {
        "agency": is_text, "award": HEX32, "documents": [DOCUMENT], "ends_on": is_day, "price": is_money,
        "signed_on": is_day, "winner": is_text,
    },
    "contract_changed": {
        "documents": [DOCUMENT], "ends_on": is_day, "previous": HEX32, "price": is_money, "reason": is_text,
    },
    "contract_performed": {
        "amount": or_null(is_money), "detail": is_text, "on": is_day, "previous": HEX32,
        "what": one_of("milestone", "payment"),
    },
    "contract_completed": {"detail": is_text, "documents": [DOCUMENT], "on": is_day, "previous": HEX32},
    "contract_terminated": {"detail": is_text, "documents": [DOCUMENT], "on": is_day, "previous": HEX32},
    "document_issued": {**DOCUMENT, "author": is_text, "entry": HEX32},
    "explanation_asked": {"answer_by": is_time, "bidder": is_text, "opened": HEX32},
    "explanation_given": {"asked": HEX32, "commitment": HEX32},
    "result_told": {
        "author": is_text, "award": HEX32, "bidder": is_text, "media_type": is_text, "sha256": HEX32, "size": is_count,
    },
    "lot_failed": {"reason": is_text, "detail": is_any},
    "auction_number": {"bidder": is_number, "organisation": is_text},
    "auction_event": {
        "link": {
            "type": one_of("sunbid/auction-event/1"), "number": is_count, "previous": or_null(HEX32),
            "event": {"event": is_text, "at": is_time, "salt": HEX32},
        },
    },
    "auction_closed": {"count": is_count, "envelopes": [HEX32], "event": HEX32, "kind": is_text, "root": HEX32},
    "auction_statement": {"receipt": HEX16, "statement": AUCTION_STATEMENT},
    "auction_refused": {
        "reason": one_of(*REFUSED), "receipt": HEX16, "signed": or_null(AUCTION_STATEMENT), "statement": HEX32,
    },
}  # fmt: skip
WHOLE_LOG = {"log_opened", "key_registered"}
HEAD = {"kind": is_text, **LOT, "time": is_time}
ENTRY = {"head": HEAD, "head_salt": HEX32, "body": is_object, "body_salt": HEX32}
FRAME = {
    "type": one_of("sunbid/dossier/1"), "origin": is_text, "demonstration": is_bool, **LOT, "checkpoints": [is_text],
    "consistency": [[is_text]], "entries": [is_object], "envelopes": [is_object],
}  # fmt: skip
ANCHORS = {
    "type": one_of("sunbid/anchors/1"), "origin": is_text, "demonstration": is_bool, "log_key": is_text,
    "receipt_key": HEX32, "witnesses": [is_text], "witness_quorum": is_count, "trustees": map_of(HEX32),
}  # fmt: skip

# --- Tree (RFC 6962, proofs checked as in RFC 9162 2.1.3 and 2.1.4) ---------------------------------------------------


def leaf_hash(data: bytes) -> bytes:
    return sha(b"\0", data)


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass
class Frontier:
    """The right edge of a growing tree: the roots of its full subtrees, largest first."""

    size: int = 0
    roots: list[bytes] = field(default_factory=list)

    def add(self, leaf: bytes) -> None:
        carry = self.size
        while carry & 1:
            leaf, carry = node_hash(self.roots.pop(), leaf), carry >> 1
        self.roots.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        if not self.roots:
            return sha(b"")
        root = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            root = node_hash(left, root)
        return root


def tree_of(leaves: Iterable[bytes]) -> Frontier:
    tree = Frontier()
    for leaf in leaves:
        tree.add(leaf)
    return tree


def unproof(proof: Sequence[str]) -> list[bytes]:
    hashes = [unb64(text) for text in proof]
    if any(len(h) != 32 for h in hashes):
        raise ValueError("a proof holds hashes of 32 bytes")
    return hashes


def included_root(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes | None:
    """The root to which an inclusion proof leads, or None for a proof of another length."""
    if not 0 <= index < size:
        return None
    place, last, root = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return None
        if place & 1 or place == last:
            root = node_hash(step, root)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            root = node_hash(root, step)
        place, last = place >> 1, last >> 1
    return root if last == 0 else None


def consistent(old: tuple[int, bytes], new: tuple[int, bytes], proof: Sequence[bytes]) -> bool:
    (size1, root1), (size2, root2) = old, new
    if not 0 < size1 <= size2:
        return False
    if size1 == size2:
        return not proof and root1 == root2
    path = list(proof) if size1 & (size1 - 1) else [root1, *proof]
    if not path:
        return False
    place, last = size1 - 1, size2 - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    left = right = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            left, right = node_hash(step, left), node_hash(step, right)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            right = node_hash(right, step)
        place, last = place >> 1, last >> 1
    return last == 0 and left == root1 and right == root2


# --- Notes (C2SP signed-note, tlog-checkpoint, tlog-cosignature) and anchors ------------------------------------------


@dataclass(frozen=True)
class NoteKey:
    name: str
    key_id: bytes
    key: bytes


def note_key(text: str, algorithm: int) -> NoteKey:
    """A vkey. Raises ValueError."""
    name, key_id, encoded = text.split("+", 2)
    material = unb64(encoded)
    expected = sha(name.encode() + b"\n" + material)[:4]
    if not name or len(material) != 33 or material[0] != algorithm or key_id != expected.hex():
        raise ValueError(f"not a verifier key of type {algorithm}: {shown(text)}")
    return NoteKey(name, expected, material[1:])


@dataclass(frozen=True)
class Note:
    body: bytes
    origin: str
    size: int
    root: bytes
    lines: tuple[tuple[str, bytes], ...]


def parse_note(text: str) -> Note:
    """A checkpoint of three lines and its signature lines. Raises ValueError."""
    body, separator, lines = text.rpartition("\n\n")
    rows, signatures = body.split("\n"), lines.split("\n")
    if not separator or len(rows) != 3 or signatures.pop() or not 0 < len(signatures) <= 64:
        raise ValueError("not a checkpoint")
    origin, size, root = rows
    if not re.fullmatch(r"0|[1-9][0-9]{0,15}", size, re.ASCII) or len(unb64(root)) != 32:
        raise ValueError("not a checkpoint")
    parsed = []
    for line in signatures:
        dash, name, signature = line.split(" ")
        if dash != "—" or not name or len(unb64(signature)) < 5:
            raise ValueError("not a signature line")
        parsed.append((name, unb64(signature)))
    return Note((body + "\n").encode(), origin, int(size), unb64(root), tuple(parsed))


@dataclass(frozen=True)
class Anchors:
    origin: str
    demonstration: bool
    log: NoteKey
    receipt_key: bytes
    witnesses: tuple[NoteKey, ...]
    witness_quorum: int
    trustees: dict[str, str]
    outside: bool = True


def parse_anchors(data: bytes) -> Anchors:
    value = parse_json(data, MIB)
    if not exactly(value, ANCHORS):
        raise Unreadable(f"不是锚点文件 / not an anchors file ({misfit(ANCHORS, value) or 'members'})")
    try:
        log = note_key(value["log_key"], 1)
        witnesses = tuple(note_key(text, 4) for text in value["witnesses"])
    except ValueError as error:
        raise Unreadable(f"锚点中的密钥不正确 / a key in the anchors is wrong: {error}") from error
    apart = len({w.key for w in witnesses}) == len({w.name for w in witnesses}) == len(witnesses)
    if not apart or value["witness_quorum"] > len(witnesses) or log.name != value["origin"]:
        raise Unreadable("锚点自相矛盾 / the anchors contradict themselves")
    if value["origin"].endswith("/demonstration") != value["demonstration"]:
        raise Unreadable("锚点的来源与演示标记不符 / origin and demonstration of the anchors differ")
    return Anchors(
        value["origin"], value["demonstration"], log, bytes.fromhex(value["receipt_key"]), witnesses,
        value["witness_quorum"], value["trustees"],
    )  # fmt: skip


def verify_note(note: Note, anchors: Anchors, *, only_known: bool) -> list[int]:
    """Times of the witnesses' cosignatures, rising. With `only_known` a line of another key fails (dossier.md)."""
    where = f"（大小 {note.size}）", f" (size {note.size})"
    need(note.origin == anchors.origin, f"检查点来源不符{where[0]}", f"the checkpoint has another origin{where[1]}")
    times: dict[bytes, int] = {}
    logs = 0
    for name, signature in note.lines:
        known = next(
            (k for k in (anchors.log, *anchors.witnesses) if (k.name, k.key_id) == (name, signature[:4])), None
        )
        if known is None:
            need(not only_known, f"检查点有未知签名{where[0]}", f"it has a line of an unknown key{where[1]}")
        elif known is anchors.log:
            logs += 1
            good = signed_by(known.key, signature[4:], note.body)
            need(good, f"日志签名不正确{where[0]}", f"the log's signature is wrong{where[1]}")
        else:
            need(known.key not in times, f"见证签名重复{where[0]}", f"a witness signed twice{where[1]}")
            times[known.key] = cosigned_at(known, signature, note)
    need(logs == 1, f"缺少日志签名{where[0]}", f"the checkpoint needs one signature of the log{where[1]}")
    enough = len(times) >= anchors.witness_quorum
    need(enough, f"见证签名不足{where[0]}", f"too few witnesses cosigned{where[1]}: {len(times)}")
    return sorted(times.values())


def cosigned_at(witness: NoteKey, signature: bytes, note: Note) -> int:
    time = int.from_bytes(signature[4:12], "big")
    message = f"cosignature/v1\ntime {time}\n".encode() + note.body
    good = time < 1 << 63 and signed_by(witness.key, signature[12:], message)
    need(good, f"见证签名不正确：{shown(witness.name)}", f"the cosignature of {shown(witness.name)} is wrong")
    return time


# --- The envelope (envelope.md) ---------------------------------------------------------------------------------------

MAGIC = b"sunbid/envelope/1\n"
HPKE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
KEM_ID, SUITE_ID = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x02"
BASE = {"bidder": is_text, "key_set": HEX32, "kind": is_text, "lot": is_text, "nonce": HEX16, "tender": is_text}
SECTION = {"commitment": HEX32, "length": is_count}
WRAP = {"quorum": is_count, "sealed": is_base64}


def expand(prk: bytes, info: bytes, length: int, hash_: str = "sha256") -> bytes:
    """HKDF-Expand (RFC 5869)."""
    out = block = b""
    for i in range(1, 256):
        block = hmac.digest(prk, block + info + bytes([i]), hash_)
        out += block
        if len(out) >= length:
            break
    return out[:length]


def labeled_extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + ikm, "sha256")


def labeled_expand(suite: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    return expand(prk, length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info, length)


def hpke_seal(coins: bytes, public: bytes, info: bytes, message: bytes) -> bytes:
    """HPKE*: RFC 9180 base mode with the ephemeral key given, so that whoever knows the coins gets the same bytes."""
    ephemeral = X25519PrivateKey.from_private_bytes(coins)
    enc = ephemeral.public_key().public_bytes_raw()
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(public))
    prk = labeled_extract(KEM_ID, b"", b"eae_prk", shared)
    secret = labeled_expand(KEM_ID, prk, b"shared_secret", enc + public, 32)
    context = (
        b"\0" + labeled_extract(SUITE_ID, b"", b"psk_id_hash", b"") + labeled_extract(SUITE_ID, b"", b"info_hash", info)
    )
    prk = labeled_extract(SUITE_ID, secret, b"secret", b"")
    key, nonce = (
        labeled_expand(SUITE_ID, prk, b"key", context, 32),
        labeled_expand(SUITE_ID, prk, b"base_nonce", context, 12),
    )
    return enc + AESGCM(key).encrypt(nonce, message, b"")


def c256_open(key: bytes, context: bytes, section: bytes) -> bytes:
    """C2SP chunked encryption v1. Raises Broken("form_closed")."""
    salt, commitment, body = section[:24], section[24:56], section[56:]
    label = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0"
    keys = expand(key, label + salt + context, 76, "sha512")
    if len(section) < 72 or not hmac.compare_digest(keys[44:], commitment) or not len(body) % 16400 >= 16:
        raise Broken("form_closed")
    aead, base = AESGCM(keys[:32]), int.from_bytes(keys[32:44], "big")
    chunks = []
    for i in range(len(body) // 16400 + 1):
        try:
            chunks.append(aead.decrypt((base ^ i).to_bytes(12, "big"), body[16400 * i : 16400 * (i + 1)], None))
        except InvalidTag as error:
            raise Broken("form_closed") from error
    return b"".join(chunks)


def padme(length: int) -> int:
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    low = (1 << (exponent - exponent.bit_length())) - 1
    return (length + low) & ~low


def cut(part: bytes) -> tuple[bytes, bytes]:
    """Header and form section of part 0. Raises Broken."""
    length = int.from_bytes(part[18:22], "big")
    if part[:18] != MAGIC or length > 262_144 or len(part) < 22 + length:
        raise Broken("header_layout")
    return part[22 : 22 + length], part[22 + length :]


def envelope_id(part: bytes, blocks: Sequence[str]) -> str:
    header, form = cut(part)
    return sha(b"sunbid/envelope-id/1\n", sha(header), sha(form), *(bytes.fromhex(b) for b in blocks)).hex()


def parse_header(part: bytes, blocks: int, quorums: int) -> tuple[dict[str, Any], bytes]:
    raw, form = cut(part)
    try:
        header = parse_canonical(raw, 262_144)
    except Unreadable as error:
        raise Broken("header_json") from error
    sections = {"base": BASE, "documents": SECTION, "form": SECTION}
    whole = exactly(header, {**sections, "wraps": [WRAP]})
    if not whole or not all(exactly(header[member], shape) for member, shape in sections.items()):
        raise Broken("header_members")
    wraps = header["wraps"]
    if not all(exactly(w, WRAP) and w["quorum"] == q for q, w in enumerate(wraps)) or len(wraps) != quorums:
        raise Broken("header_wraps")
    length = header["documents"]["length"]
    if header["form"]["length"] != len(form) or max(1, -(-length // BLOCK)) != blocks:
        raise Broken("header_length")
    return header, form


def wrap_info(context: bytes, quorum: int, place: int) -> bytes:
    return b"sunbid/wrap/1\n" + context + b"form" + quorum.to_bytes(2, "big") + place.to_bytes(2, "big")


def unwrap(sealed: str, context: bytes, quorum: int, keys: Sequence[X25519PrivateKey]) -> bytes:
    try:
        inside = unb64(sealed)
        for place, key in enumerate(keys):
            inside = HPKE.decrypt(inside, key, wrap_info(context, quorum, place))
    except (InvalidTag, ValueError) as error:
        raise Broken("wrap_closed") from error
    if len(inside) != 32:
        raise Broken("wrap_closed")
    return inside


def wrap_again(file_key: bytes, context: bytes, quorum: int, public_keys: Sequence[bytes]) -> bytes:
    inside = file_key
    for place in reversed(range(len(public_keys))):
        info = wrap_info(context, quorum, place)
        coins = expand(file_key, b"sunbid/coins/1\n" + info, 32)
        inside = hpke_seal(coins, public_keys[place], info, inside)
    return inside


@dataclass(frozen=True)
class Opener:
    """What opens the envelopes of a lot: its key set, the quorum used and that quorum's private keys."""

    key_set: dict[str, Any]
    key_set_id: str
    quorum: int
    keys: tuple[X25519PrivateKey, ...]

    def open(self, part: bytes, blocks: int, bidder: str) -> dict[str, Any]:
        """The form's values. Raises Broken, by the steps of envelope.md in their order."""
        header, form = parse_header(part, blocks, len(self.key_set["quorums"]))
        expected = {m: self.key_set[m] for m in ("kind", "lot", "tender")} | {
            "bidder": bidder,
            "key_set": self.key_set_id,
        }
        if any(header["base"][member] != value for member, value in expected.items()):
            raise Broken("base_wrong")
        context = sha(b"sunbid/context/1\n", canonical(header["base"]))
        file_key = unwrap(header["wraps"][self.quorum]["sealed"], context, self.quorum, self.keys)
        public = {t["trustee"]: bytes.fromhex(t["opening_key"]) for t in self.key_set["trustees"]}
        for q, names in enumerate(self.key_set["quorums"]):
            again = wrap_again(file_key, context, q, [public[name] for name in names])
            if base64.b64encode(again).decode() != header["wraps"][q]["sealed"]:
                raise Broken("wrap_differs")
        if form[24:56].hex() != header["form"]["commitment"]:
            raise Broken("form_closed")
        return form_values(c256_open(file_key, context, form))


def form_values(plain: bytes) -> dict[str, Any]:
    length = int.from_bytes(plain[80:84], "big")
    end = 84 + length
    if len(plain) < 84 or length > MIB or len(plain) != padme(end) or plain[end:].strip(b"\0"):
        raise Broken("form_layout")
    try:
        form = parse_canonical(plain[84:end], MIB)
    except Unreadable as error:
        raise Broken("form_layout") from error
    if not exactly(form, {"type": one_of("sunbid/form/1"), "values": is_object}):
        raise Broken("form_layout")
    values: dict[str, Any] = form["values"]
    if any(type(value) not in {str, int} for value in values.values()):
        raise Broken("form_layout")
    return values


# --- The dossier (dossier.md) -----------------------------------------------------------------------------------------

NAME = re.compile(r"dossier\.json|(?:envelopes|documents)/[0-9a-f]{64}")


class Archive:
    """The ZIP file, read by name only; nothing is ever written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.starts: dict[str, int] = {}
        try:
            self.size = path.stat().st_size
            self._check_end(path)
            with zipfile.ZipFile(path) as archive:
                infos = archive.infolist()
            self.members = {info.filename: info for info in infos}
            self._check_members(infos)
            self._check_directory(infos)
            self._check_places()
        except MALFORMED as error:
            raise Unreadable(f"不是卷宗 / not a dossier: {shown(str(error))}") from error

    def _check_end(self, path: Path) -> None:
        """The directory of members ends the file and is small: one disk, no comment, no ZIP64, nothing appended."""
        with path.open("rb") as file:
            file.seek(max(0, self.size - 22))
            end = file.read(22)
        self.count, again = int.from_bytes(end[8:10], "little"), int.from_bytes(end[10:12], "little")
        self.directory = size, start = int.from_bytes(end[12:16], "little"), int.from_bytes(end[16:20], "little")
        plain = end[:8] == b"PK\5\6" + bytes(4) and end[20:] == bytes(2) and self.count == again
        if not plain or start + size + 22 != self.size or size > 16 * MIB or self.size > MAX_TOTAL:
            raise ValueError("not a plain ZIP file")

    def _check_members(self, infos: list[zipfile.ZipInfo]) -> None:
        if not 0 < len(infos) <= MAX_MEMBERS or not len(self.members) == len(infos) == self.count:
            raise ValueError("members named twice, or too many")
        for info in infos:
            kind = info.external_attr >> 28
            plain = not info.flag_bits & ~0x0806 and info.compress_type in {0, 8} and kind in {0, 8}
            plain = plain and not info.volume and info.extract_version <= 20
            plain = plain and (info.compress_type == 8 or info.compress_size == info.file_size)
            if not plain or not NAME.fullmatch(info.filename) or info.orig_filename != info.filename:
                raise ValueError(f"member not allowed: {info.filename[:80]}")
        if sum(i.file_size for i in infos) > MAX_TOTAL:
            raise ValueError("members are too large")

    def _check_directory(self, infos: list[zipfile.ZipInfo]) -> None:
        """It holds nothing but a header and a name for each member."""
        with self.path.open("rb") as file:
            file.seek(self.directory[1])
            data, at = file.read(self.directory[0]), 0
        for info in infos:
            if data[at + 28 : at + 34] != struct.pack("<HHH", len(info.filename), 0, 0):
                raise ValueError("a member has a comment or extra fields")
            at += 46 + len(info.filename)
        if at != len(data):
            raise ValueError("the directory holds something else")

    def _check_places(self) -> None:
        """Members stand one behind the other from the first byte to the directory, each behind the same facts again."""
        at = 0
        with self.path.open("rb") as file:
            for info in sorted(self.members.values(), key=lambda i: i.header_offset):
                name = info.filename.encode()
                file.seek(at)
                header = file.read(30 + len(name))
                facts = struct.pack("<IIIHH", info.CRC, info.compress_size, info.file_size, len(name), 0)
                same = header[:4] == b"PK\3\4" and header[4] <= 20 and header[14:] == facts + name
                same = same and header[6:10] == struct.pack("<HH", info.flag_bits, info.compress_type)
                if not same or info.header_offset != at:
                    raise ValueError("members overlap, or their headers differ")
                self.starts[info.filename] = at + len(header)
                at += len(header) + info.compress_size
        if at != self.directory[1]:
            raise ValueError("something stands between the members and the directory")

    def chunks(self, name: str, limit: int) -> Iterator[bytes]:
        """Raises Failed, and ValueError or zlib.error for a member that is not what its header says."""
        info = self.members.get(name)
        if info is None:
            raise Failed(f"缺少文件 {name}", f"the file {name} is missing")
        if info.file_size > limit:
            raise Failed(f"文件过大 {name}", f"the file {name} is too large")
        packed, size, crc = self._packed(info), 0, 0
        for chunk in inflated(packed) if info.compress_type else packed:
            size, crc = size + len(chunk), zlib.crc32(chunk, crc)
            if size > info.file_size:
                break
            yield chunk
        if (size, crc) != (info.file_size, info.CRC):
            raise ValueError(f"{name} is damaged")

    def _packed(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            file.seek(self.starts[info.filename])
            for start in range(0, info.compress_size, MIB):
                yield file.read(min(MIB, info.compress_size - start))

    def read(self, name: str, limit: int) -> bytes:
        return b"".join(self.chunks(name, limit))


def inflated(packed: Iterator[bytes]) -> Iterator[bytes]:
    """A deflated member, a MiB at a time; nothing may stand behind its end. Raises zlib.error, ValueError."""
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    for piece in packed:
        rest, full = piece, True
        while full:
            chunk = inflate.decompress(rest, MIB)
            rest, full = inflate.unconsumed_tail, len(chunk) == MIB
            yield chunk
        if inflate.unused_data:
            break
    if inflate.unused_data or not inflate.eof:
        raise ValueError("a deflated member does not end where its header says")


@dataclass(frozen=True)
class Entry:
    index: int
    kind: str
    time: str
    head: dict[str, Any]
    body: dict[str, Any]
    commitment: str
    proof: tuple[str, ...]


def commitment_of(entry: dict[str, Any]) -> str:
    parts = [
        sha(f"sunbid/{m}/1\n".encode(), bytes.fromhex(entry[f"{m}_salt"]), canonical(entry[m]))
        for m in ("head", "body")
    ]
    return sha(b"sunbid/leaf/1\n", *parts).hex()


def parse_entry(value: dict[str, Any]) -> Entry:
    """Raises Unreadable. The form of the body is check 4's."""
    if not exactly(value, {**ENTRY, "index": is_count, "proof": [is_text]}):
        raise Unreadable("卷宗中的条目不成形 / an entry of the dossier has not its form")
    head = value["head"]
    return Entry(
        value["index"], head["kind"], head["time"], head, value["body"], commitment_of(value), tuple(value["proof"])
    )


@dataclass
class Link:
    """One statement or withdrawal in a bidder's chain."""

    entry: Entry
    object: dict[str, Any]
    id: str


@dataclass
class Dossier:
    archive: Archive
    frame: dict[str, Any]
    entries: list[Entry]
    anchors: Anchors
    since: Note | None = None
    given: Sequence[bytes] = ()
    notes: list[Note] = field(default_factory=list)
    cosigned: list[list[int]] = field(default_factory=list)

    @cached_property
    def by_kind(self) -> dict[str, list[Entry]]:
        found: dict[str, list[Entry]] = {}
        for entry in self.entries:
            found.setdefault(entry.kind, []).append(entry)
        return found

    @cached_property
    def registered(self) -> dict[tuple[str, str], list[Entry]]:
        found: dict[tuple[str, str], list[Entry]] = {}
        for entry in self.of("key_registered"):
            found.setdefault((entry.body["owner"], entry.body["purpose"]), []).append(entry)
        return found

    def of(self, *kinds: str) -> list[Entry]:
        """Entries of these kinds, by their indices."""
        found = [entry for kind in kinds for entry in self.by_kind.get(kind, [])]
        return sorted(found, key=lambda entry: entry.index) if len(kinds) > 1 else found

    def one(self, kind: str) -> Entry:
        """The only entry of a kind. Raises Failed."""
        found = self.of(kind)
        need(len(found) > 0, f"缺少 {kind}", f"there is no {kind}")
        need(len(found) == 1, f"{kind} 重复", f"more than one {kind}", found[-1].index)
        return found[0]

    def reached(self, kind: str) -> Entry:
        """The only entry of a stage. Raises NotApplicable where the record has not come to it."""
        if not self.of(kind):
            raise NotApplicable(f"记录尚无 {kind}", f"the record has no {kind}")
        return self.one(kind)

    def publicity(self) -> bool:
        """Whether candidates are published before the award, as the latest notice says; so where there is none."""
        return all(notice.body["publicity"] for notice in self.notices()[-1:])

    def by_auction(self) -> bool:
        """Whether an auction decides the lot: a notice states its terms, or its entries are there."""
        named = any("auction" in notice.body for notice in self.notices())
        return named or any(kind.startswith("auction_") for kind in self.by_kind)

    @cached_property
    def auction_end(self) -> Entry | None:
        """The entry of the event that ended the auction."""
        last = self.of("auction_event")[-1:]
        return next((e for e in last if e.body["link"]["event"]["event"] in {"ended", "terminated"}), None)

    def asks_draw(self) -> bool:
        """Whether a notice says that the experts are drawn."""
        return any("drawn" in n.body for n in self.notices())

    def drawn(self) -> bool:
        """Whether experts are drawn: a notice says so, the record has a draw, or a committee is said to be drawn."""
        salted = any("salt" in one for e in self.of("committee_set") for one in members_of(e))
        return self.asks_draw() or salted or bool(self.of(*DRAWN))

    def inviting(self) -> bool:
        """Whether bidders are invited: a notice says so, or an entry says who is."""
        return bool(self.of("bidders_invited")) or any("minimum_invited" in n.body for n in self.notices())

    def announced(self) -> bool:
        """Whether there was a prior notice: the publication names one, or an entry is about one."""
        return bool(self.of(*PRIOR)) or any("prior" in n.body for n in self.notices())

    def failed_early(self) -> bool:
        return bool(self.of("lot_failed")) and not self.of("lot_opened")

    def opened(self) -> Entry:
        if self.failed_early():
            raise NotApplicable("标段未开标即失败或取消", "the lot failed or was cancelled before the opening")
        return self.reached("lot_opened")

    def notices(self, before: int | None = None) -> list[Entry]:
        found = self.of("tender_published", "tender_amended")
        return [n for n in found if before is None or n.index < before]

    def notice(self, before: int | None = None) -> Entry:
        found = self.notices(before)
        need(len(found) > 0, "此前没有公告", "there is no notice before it", before)
        return found[-1]

    def kind(self) -> str:
        """The lot's only envelope kind. Raises NotChecked for lots with several, which version 1 does not know."""
        kinds = list(self.notice().body["key_sets"])
        if len(kinds) != 1:
            raise NotChecked("一个标段有多种信封", "the lot has not one envelope kind")
        return str(kinds[0])

    def kinds(self) -> list[str]:
        """The kinds of the lot's envelopes; only an auction may have several."""
        return list(self.notice().body["key_sets"]) if self.by_auction() else [self.kind()]

    def key_set(self, kind: str | None = None) -> tuple[str, dict[str, Any]]:
        """The id and the key set of a kind of envelopes, of the lot's only one where none is named. Raises Failed."""
        id_ = self.notice().body["key_sets"].get(kind or self.kind())
        for entry in self.of("key_set_signed"):
            if record_id("sunbid/key-set/1", entry.body["key_set"]) == id_:
                return id_, entry.body["key_set"]
        raise Failed("公布的密钥集不在卷宗中", "the published key set is not in the dossier")

    def keys_of(self, owner: str, purpose: str, before: int) -> list[bytes]:
        registered = self.registered.get((owner, purpose), [])
        return [bytes.fromhex(e.body["public_key"]) for e in registered if e.index < before]

    def roots(self, owner: str, purpose: str) -> list[bytes]:
        """Whence an owner's keys have their force: those given, else its first one, which is on trust."""
        registered = self.registered.get((owner, purpose), [])
        given = [key for key in self.keys_of(owner, purpose, MAX_LEAVES) if key in self.given]
        first = [bytes.fromhex(e.body["public_key"]) for e in registered[:1] if "reason" not in e.body]
        return given or first

    def in_force(self, owner: str, purpose: str, before: int, roots: Sequence[bytes]) -> list[bytes]:
        """The roots among an owner's keys, and those that a key in force has endorsed (log.md)."""
        found: list[bytes] = []
        for e in self.registered.get((owner, purpose), []):
            key, endorsement = bytes.fromhex(e.body["public_key"]), e.body.get("endorsement")
            if e.index < before and (key in roots or (endorsement and signed_by_any(endorsement, found))):
                found.append(key)
        return found

    def check_endorsements(self, owner: str, purpose: str) -> None:
        """Each endorsement is of this key, by an earlier one of its owner. Raises Failed."""
        for e in self.registered.get((owner, purpose), []):
            endorsement, earlier = e.body.get("endorsement"), self.keys_of(owner, purpose, e.index)
            if endorsement is not None:
                fault = misfit(ENDORSEMENT, endorsement)
                need(fault is None, "背书不成形", "the endorsement has not its form", e.index)
                about = {"type": "sunbid/endorsement/1", "origin": self.anchors.origin, "owner": owner}
                about |= {"public_key": e.body["public_key"], "purpose": purpose}
                need(endorsement["object"] == about, "背书的不是这把密钥", "it endorses something else", e.index)
                good = signed_by_any(endorsement, earlier)
                need(good, "背书不是先前的密钥签署", "endorsed by no earlier key of its owner", e.index)

    def chains(self) -> dict[str, list[Link]]:
        chains: dict[str, list[Link]] = {}
        for entry in self.of("bid_accepted", "bid_withdrawn"):
            object_ = entry.body["statement"]["object"]
            link = Link(entry, object_, record_id(object_["type"], object_))
            chains.setdefault(object_["bidder"], []).append(link)
        return chains

    def standing(self) -> list[Link]:
        """The ends of the chains that are bids to the key sets in force, in the order of their leaves."""
        key_sets = self.notice().body["key_sets"]
        ends = [chain[-1] for chain in self.chains().values()]
        bids = [end for end in ends if end.entry.kind == "bid_accepted" and end.object["key_sets"] == key_sets]
        return sorted(bids, key=lambda link: link.entry.index)


def members_of(e: Entry) -> list[dict[str, Any]]:
    """The members of a committee, before its form was checked."""
    members = e.body.get("members")
    return [one for one in members if isinstance(one, dict)] if isinstance(members, list) else []


def signed_by_any(signed_: dict[str, Any], keys: Iterable[bytes]) -> bool:
    return any(object_signed(signed_, key) for key in keys)


def check_signer(d: Dossier, signed_: dict[str, Any], owner: str, purpose: str, entry: Entry) -> NotChecked | None:
    """Signed with a key registered before; what to say where nothing but the registration makes it the owner's."""
    registered = d.keys_of(owner, purpose, entry.index)
    key = next((key for key in registered if object_signed(signed_, key)), None)
    if key is None:
        raise Failed("签名不是其登记的密钥", "not signed with a key registered for its owner before", entry.index)
    d.check_endorsements(owner, purpose)
    roots = d.roots(owner, purpose)
    if key in d.in_force(owner, purpose, entry.index, roots):
        return None
    given = any(root in d.given for root in roots)
    need(not given, "不是所给的密钥签署", "signed with a key that is not among those given", entry.index)
    return NotChecked(
        f"{shown(owner)} 的密钥 {key.hex()} 未经其先前的密钥背书，是否为其本人所有不得而知",
        f"no earlier key of {shown(owner)} endorsed {key.hex()}: only its owner can say whose it is",
        entry.index,
    )


def read_dossier(path: Path, anchors: Anchors | None, since: Note | None, given: Sequence[bytes]) -> Dossier:
    archive = Archive(path)
    try:
        data = archive.read("dossier.json", MAX_FRAME)
    except (Failed, *MALFORMED) as error:
        raise Unreadable(f"没有可读的 dossier.json / no readable dossier.json: {shown(str(error))}") from error
    frame = parse_canonical(data, MAX_FRAME)
    listed = {"id": HEX32, "blocks": [HEX32]}
    if not exactly(frame, FRAME) or not all(exactly(e, listed) for e in frame["envelopes"]):
        raise Unreadable(f"不是卷宗 / not a dossier ({misfit(FRAME, frame) or 'members'})")
    entries = [parse_entry(entry) for entry in frame["entries"]]
    return Dossier(archive, frame, entries, anchors or found_anchors(frame, entries), since, given)


def found_anchors(frame: dict[str, Any], entries: Sequence[Entry]) -> Anchors:
    """What the dossier says of itself, for a look at its self-consistency: proves nothing. Raises Unreadable."""
    body = entries[0].body if entries and entries[0].kind == "log_opened" else {}
    sets = [e.body for e in entries if e.kind == "key_set_signed" and misfit(BODIES[e.kind], e.body) is None]
    try:
        trustees = {t["trustee"]: t["identity"] for body_ in sets for t in body_["key_set"]["trustees"]}
        log, key = note_key(body["log_key"], 1), bytes.fromhex(body["receipt_key"])
    except MALFORMED as error:
        raise Unreadable("没有锚点，卷宗亦无日志首条 / no anchors, and no first entry of the log") from error
    return Anchors(frame["origin"], frame["demonstration"], log, key, (), 0, trustees, outside=False)


# --- Form schema (envelope.md) and evaluation (evaluation.md) ---------------------------------------------------------


def form_fault(schema: dict[str, Any], values: dict[str, Any]) -> str | None:
    """The first field that breaks the form schema, or None."""
    fields = {f["name"]: f for f in schema["fields"]}
    unknown = [name for name in values if name not in fields]
    missing = [name for name, f in fields.items() if f["required"] and name not in values]
    wrong = [
        name
        for name, value in values.items()
        if name in fields and not FIELD_TYPES[fields[name]["type"]](fields[name], value)
    ]
    return next(iter(unknown + missing + wrong), None)


def within(field_: dict[str, Any], value: int, number: Callable[[Any], int]) -> bool:
    least, most = field_.get("min"), field_.get("max")
    return (least is None or number(least) <= value) and (most is None or value <= number(most))


def is_line(field_: dict[str, Any], value: Any) -> bool:
    most = field_.get("max_length")
    if not isinstance(value, str) or re.search("[\t\n\r\u2028\u2029]", value) or not value.strip():
        return False
    return most is None or len(value) <= most


FIELD_TYPES: dict[str, Callable[[dict[str, Any], Any], bool]] = {
    "money": lambda f, v: is_money(v) and within(f, cents(v), cents),
    "integer": lambda f, v: type(v) is int and within(f, v, int),
    "text": is_line,
    "choice": lambda f, v: isinstance(v, str) and v in f["choices"],
}
SCORED = {  # whether experts give marks
    "lowest_evaluated_price": False, "life_cycle_cost": False, "comprehensive": True, "comprehensive_benchmark": True,
    "quality_cost": True, "highest_price": False, "highest_comprehensive": True,
}  # fmt: skip
OWN = {  # the member of the criteria that stands with these methods only
    "life_cycle_cost": "life_cycle", "comprehensive_benchmark": "benchmark", "quality_cost": "quality",
    "highest_price": "floor", "highest_comprehensive": "floor",
}  # fmt: skip
NAME_OF_PART = re.compile("[a-z][a-z0-9_]{0,39}")
NAMED = {"name": is_text, "zh": is_text, "en": is_text}
CRITERIA = {
    "type": one_of("sunbid/criteria/1"), "method": one_of(*SCORED), "price_field": is_text,
    "price_marks": or_null(is_marks), "parts": [{**NAMED, "marks": is_marks}], "adjustments": [NAMED],
    "ceiling": or_null(is_money), "over_ceiling": is_text, "clauses": [is_text], "ties": [is_text],
    "candidates": is_count,
}  # fmt: skip
BENCHMARK = {
    "trim": [{"bids": is_count, "highest": is_count, "lowest": is_count}], "mean_factor": is_marks,
    "ceiling_factor": is_marks, "ceiling_share": is_marks, "above": is_marks, "below": is_marks,
}  # fmt: skip
COST = {**NAMED, "first": is_count, "last": is_count}
LIFE_CYCLE = {"discount": is_marks, "costs": [COST]}
QUALITY = {"marks": is_marks, "least": is_marks, "clause": is_text}
FLOOR = {"price": is_money, "clause": is_text}


def cents(text: str) -> int:
    """Money or marks in hundredths. Raises ValueError."""
    if not re.fullmatch(r"-?(0|[1-9][0-9]{0,12})\.[0-9]{2}", text, re.ASCII) or text == "-0.00":
        raise ValueError(f"not an amount: {shown(text)}")
    return int(text.replace(".", ""))


def amount(hundredths: int) -> str:
    return f"{'-' if hundredths < 0 else ''}{abs(hundredths) // 100}.{abs(hundredths) % 100:02d}"


def half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


@dataclass
class Offer:
    """A bid that is ranked; amounts in hundredths."""

    bidder: str
    price: int
    evaluated: int
    lines: list[str]
    points: dict[str, int] = field(default_factory=dict)
    total: int | None = None
    rank: int = 0

    def element(self) -> dict[str, Any]:
        return {
            "rank": self.rank, "bidder": self.bidder, "price": amount(self.price), "evaluated": amount(self.evaluated),
            "total": None if self.total is None else amount(self.total), "lines": self.lines,
            "points": {name: amount(points) for name, points in self.points.items()},
        }  # fmt: skip


def evaluate(
    criteria: dict[str, Any], bids: list[dict[str, Any]], scores: list[dict[str, Any]], draw: Any
) -> dict[str, Any]:
    """The evaluation object. Raises Failed where there is no ranking, NotChecked for methods not known here."""
    if criteria["method"] not in SCORED:
        raise NotChecked(f"未知评审方法 {shown(criteria['method'])}", f"unknown method {shown(criteria['method'])}")
    check_criteria(criteria)
    experts = sorted(scores, key=lambda score: score["expert"])
    check_scores_known(criteria, {bid["bidder"] for bid in bids}, experts)
    found = [(bid, rejection(criteria, bid, experts)) for bid in bids]
    offers = [priced(criteria, bid, experts) for bid, rejected in found if rejected is None]
    for offer in offers if SCORED[criteria["method"]] else []:
        mark(criteria, offer, experts)
    offers, found = passed(criteria, offers, found)
    base, lines = base_of(criteria, [offer.evaluated for offer in offers])
    for offer in offers if SCORED[criteria["method"]] else []:
        add_up(criteria, offer, base or 0)
    ranked, tied = in_order(criteria, offers, draw)
    return {
        "type": "sunbid/evaluation/1", "method": criteria["method"], "base": None if base is None else amount(base),
        "draw": draw, "tied": tied, "ranked": [offer.element() for offer in ranked],
        "rejected": [rejected for _, rejected in found if rejected], **({"base_lines": lines} if lines else {}),
    }  # fmt: skip


def check_criteria(criteria: dict[str, Any]) -> None:
    fault = misfit(CRITERIA, criteria)
    need(fault is None, "评审标准不成形", f"the criteria have not their form: {fault}")
    parts = [p["name"] for p in criteria["parts"]]
    scored, own = SCORED[criteria["method"]], OWN.get(criteria["method"])
    good = all((name in criteria) == (name == own) for name in OWN.values())
    good = good and (own is None or HOLDS[own](criteria))
    need(good, "评审标准自相矛盾", "the criteria contradict themselves")
    names = parts + [a["name"] for a in amounts_of(criteria)]
    weighed = {"quality"} if own == "quality" else set[str]()
    good = all(NAME_OF_PART.fullmatch(n) and n not in {"price", "draw", "total", "evaluated", *weighed} for n in names)
    good = good and len(set(names)) == len(names) and all(cents(p["marks"]) > 0 for p in criteria["parts"])
    ties = criteria["ties"]
    good = (
        good
        and set(ties) <= {"price", "draw", *parts, *weighed}
        and len(set(ties)) == len(ties)
        and "draw" not in ties[:-1]
    )
    good = good and (criteria["price_marks"] is not None) == bool(parts) == scored
    good = good and criteria["over_ceiling"] in criteria["clauses"] and 1 <= criteria["candidates"] <= 100
    need(good, "评审标准自相矛盾", "the criteria contradict themselves")


def benchmark_holds(criteria: dict[str, Any]) -> bool:
    benchmark = criteria["benchmark"]
    if not exactly(benchmark, BENCHMARK) or not all(set(s) == {"bids", "highest", "lowest"} for s in benchmark["trim"]):
        return False
    counts = [s["bids"] for s in benchmark["trim"]]
    share, sides = cents(benchmark["ceiling_share"]), cents(benchmark["above"]) + cents(benchmark["below"])
    return (
        all(0 < s["highest"] + s["lowest"] < s["bids"] for s in benchmark["trim"])
        and counts == sorted(set(counts))
        and all(5000 <= cents(benchmark[name]) <= 20000 for name in ("mean_factor", "ceiling_factor"))
        and (share == 0 or (share <= 10000 and criteria["ceiling"] is not None))
        and sides > 0
    )


def life_cycle_holds(criteria: dict[str, Any]) -> bool:
    life_cycle = criteria["life_cycle"]
    return (
        exactly(life_cycle, LIFE_CYCLE)
        and cents(life_cycle["discount"]) <= 5000
        and len(life_cycle["costs"]) > 0
        and all(set(cost) == set(COST) and cost["first"] <= cost["last"] <= 100 for cost in life_cycle["costs"])
    )


def quality_holds(criteria: dict[str, Any]) -> bool:
    quality = criteria["quality"]
    full = sum(cents(part["marks"]) for part in criteria["parts"])
    return (
        exactly(quality, QUALITY)
        and cents(quality["marks"]) > 0
        and cents(quality["least"]) <= full
        and quality["clause"] in criteria["clauses"]
    )


def floor_holds(criteria: dict[str, Any]) -> bool:
    return exactly(criteria["floor"], FLOOR) and criteria["floor"]["clause"] in criteria["clauses"]


HOLDS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "benchmark": benchmark_holds, "life_cycle": life_cycle_holds, "quality": quality_holds, "floor": floor_holds,
}  # fmt: skip


def amounts_of(criteria: dict[str, Any]) -> list[dict[str, Any]]:
    """What experts give sums for: adjustments, then later costs."""
    later: list[dict[str, Any]] = criteria.get("life_cycle", {}).get("costs", [])
    return [*criteria["adjustments"], *later]


def check_scores_known(criteria: dict[str, Any], bidders: set[str], experts: list[dict[str, Any]]) -> None:
    names = {one["name"] for one in (*criteria["parts"], *amounts_of(criteria))}
    need(len({e["expert"] for e in experts}) == len(experts), "同一专家两份评分", "two scores of one expert")
    for e in experts:
        good = set(e["scores"]) <= bidders and all(set(given) <= names for given in e["scores"].values())
        good = good and all(r["bidder"] in bidders and r["clause"] in criteria["clauses"] for r in e["rejections"])
        need(good, "评分含未知内容", f"unknown bidder, part or clause: {shown(e['expert'])}")


def rejection(criteria: dict[str, Any], bid: dict[str, Any], experts: list[dict[str, Any]]) -> dict[str, Any] | None:
    bidder, clauses, lines = bid["bidder"], set[str](), []
    if bid["outcome"] != "opened":
        return {"bidder": bidder, "clauses": [], "line": bid["outcome"]}
    named = [{r["clause"] for r in e["rejections"] if r["bidder"] == bidder} for e in experts]
    against = sum(1 for clauses_ in named if clauses_)
    if 2 * against > len(experts):
        clauses = set().union(*named)
        lines.append(f"{against} / {len(experts)}")
    price, ceiling = cents(bid["values"][criteria["price_field"]]), criteria["ceiling"]
    if ceiling is not None and price > cents(ceiling):
        clauses.add(criteria["over_ceiling"])
        lines.append(f"{amount(price)} > {ceiling}")
    if "floor" in criteria and price < cents(criteria["floor"]["price"]):
        clauses.add(criteria["floor"]["clause"])
        lines.append(f"{amount(price)} < {criteria['floor']['price']}")
    return {"bidder": bidder, "clauses": sorted(clauses), "line": "; ".join(lines)} if lines else None


def priced(criteria: dict[str, Any], bid: dict[str, Any], experts: list[dict[str, Any]]) -> Offer:
    bidder, price = bid["bidder"], cents(bid["values"][criteria["price_field"]])
    evaluated, line, later = price, f"evaluated: {amount(price)}", []
    for one in amounts_of(criteria):
        given = {cents(e["scores"].get(bidder, {}).get(one["name"], "0.00")) for e in experts} or {0}
        need(len(given) == 1, f"专家对 {shown(bidder)} 的调整不同", f"the adjustments of {shown(bidder)} differ")
        added = given.pop()
        if "first" in one and added:
            added, value_line = present_value(criteria["life_cycle"]["discount"], one, added)
            later.append(value_line)
        evaluated += added
        line += f" {'-' if added < 0 else '+'} {amount(abs(added))}" if added else ""
    need(0 < evaluated < 10**15, "评审价超出范围", f"the evaluated price of {shown(bidder)} is out of range")
    line += f" = {amount(evaluated)}" if "+" in line or " - " in line else ""
    return Offer(bidder, price, evaluated, [*later, line])


def present_value(discount: str, cost: dict[str, Any], each: int) -> tuple[int, str]:
    """What a sum in each year of a later cost is worth now, and its line."""
    growth = 1 + Fraction(cents(discount), 10000)
    worth = abs(each) * sum((growth**-year for year in range(cost["first"], cost["last"] + 1)), Fraction(0))
    value = half_up(*worth.as_integer_ratio()) * (-1 if each < 0 else 1)
    need(abs(value) < 10**15, "现值超出范围", "a present value is out of range")
    digits = f"{10000 + cents(discount):05d}"
    factor = [f"{digits[:-4]}.{digits[-4:]}^-{year}" for year in (cost["first"], cost["last"])]
    many = f"({factor[0]} + … + {factor[1]})" if cost["first"] < cost["last"] else factor[0]
    return value, f"{cost['name']}: {amount(each)} × {many} = {amount(value)}"


Found = list[tuple[dict[str, Any], dict[str, Any] | None]]


def passed(criteria: dict[str, Any], offers: list[Offer], found: Found) -> tuple[list[Offer], Found]:
    """The offers of the least quality, and every bid with its rejection, if it has one."""
    if "quality" not in criteria:
        return offers, found
    quality, reached = criteria["quality"], {offer.bidder: sum(offer.points.values()) for offer in offers}
    below = {
        bidder: {"bidder": bidder, "clauses": [quality["clause"]], "line": f"quality: {amount(n)} < {quality['least']}"}
        for bidder, n in reached.items()
        if n < cents(quality["least"])
    }
    kept = [offer for offer in offers if offer.bidder not in below]
    return kept, [(bid, rejected or below.get(bid["bidder"])) for bid, rejected in found]


def base_of(criteria: dict[str, Any], prices: list[int]) -> tuple[int | None, list[str]]:
    """The price that the others are compared with, and how it was computed where it is not simply one of them."""
    if "floor" in criteria:
        return max(prices, default=None), []
    if not prices or "benchmark" not in criteria:
        return min(prices, default=None), []
    benchmark, ordered_ = criteria["benchmark"], sorted(prices)
    step = {"highest": 0, "lowest": 0}
    for one in benchmark["trim"]:
        step = one if len(prices) >= one["bids"] else step
    kept = ordered_[step["lowest"] : len(ordered_) - step["highest"]]
    out = ordered_[: step["lowest"]] + ordered_[len(ordered_) - step["highest"] :]
    lines = ["left out: " + ", ".join(amount(price) for price in out)] if out else []
    mean = half_up(sum(kept), len(kept))
    lines.append(f"mean: ({' + '.join(amount(price) for price in kept)}) / {len(kept)} = {amount(mean)}")
    share, rest = cents(benchmark["ceiling_share"]), 10000 - cents(benchmark["ceiling_share"])
    line, total = f"base: {amount(mean)} × {benchmark['mean_factor']}%", mean * cents(benchmark["mean_factor"]) * rest
    if share:
        ceiling, factor = criteria["ceiling"], benchmark["ceiling_factor"]
        line += f" × {amount(rest)}% + {ceiling} × {factor}% × {benchmark['ceiling_share']}%"
        total += cents(ceiling) * cents(factor) * share
    base = half_up(total, 10**8)
    need(base < 10**15, "评标基准价超出范围", "the benchmark is out of range")
    return base, [*lines, f"{line} = {amount(base)}"]


def price_points(criteria: dict[str, Any], evaluated: int, base: int) -> tuple[int, str]:
    """The points of a price and how they are computed."""
    full = cents(criteria["price_marks"])
    if "floor" in criteria:
        base, evaluated = evaluated, base
    if "benchmark" not in criteria:
        return half_up(full * base, evaluated), f"{amount(full)} × {amount(base)} / {amount(evaluated)}"
    each = criteria["benchmark"]["above" if evaluated >= base else "below"]
    low, high = sorted((evaluated, base))
    left = Fraction(full) - Fraction(cents(each) * (high - low) * 100, base)
    points = half_up(*max(left, Fraction(0)).as_integer_ratio())
    taken = f"{each} × ({amount(high)} - {amount(low)}) / {amount(base)} × 100"
    return points, f"max(0.00, {amount(full)} - {taken})"


def mark(criteria: dict[str, Any], offer: Offer, experts: list[dict[str, Any]]) -> None:
    """Points of the parts."""
    need(len(experts) > 0, "没有评分", "there are no scores")
    for part in criteria["parts"]:
        texts = [e["scores"].get(offer.bidder, {}).get(part["name"]) for e in experts]
        good = all(is_marks(text) and cents(text) <= cents(part["marks"]) for text in texts)
        need(good, f"{shown(offer.bidder)} 的评分缺失或超分", f"marks of {shown(offer.bidder)} are missing or too many")
        offer.points[part["name"]] = half_up(sum(cents(text) for text in texts), len(experts))
        offer.lines.append(
            f"{part['name']}: ({' + '.join(texts)}) / {len(experts)} = {amount(offer.points[part['name']])}"
        )


def add_up(criteria: dict[str, Any], offer: Offer, base: int) -> None:
    """Points of the parts together where they weigh, of the price, and the total."""
    added = dict(offer.points)
    if "quality" in criteria:
        full, marks = sum(cents(part["marks"]) for part in criteria["parts"]), criteria["quality"]["marks"]
        weighed = half_up(cents(marks) * sum(added.values()), full)
        terms = " + ".join(amount(points) for points in added.values())
        offer.lines.append(f"quality: {marks} × ({terms}) / {amount(full)} = {amount(weighed)}")
        offer.points["quality"] = weighed
        added = {"quality": weighed}
    offer.points["price"], sum_ = price_points(criteria, offer.evaluated, base)
    offer.lines.append(f"price: {sum_} = {amount(offer.points['price'])}")
    added["price"] = offer.points["price"]
    offer.total = sum(added.values())
    offer.lines.append(f"total: {' + '.join(amount(p) for p in added.values())} = {amount(offer.total)}")


def in_order(criteria: dict[str, Any], offers: list[Offer], draw: Any) -> tuple[list[Offer], list[list[str]]]:
    """Offers by rank, and the groups that stay equal. A draw must name exactly the members of those groups."""

    def key(offer: Offer) -> tuple[int, ...]:
        price = -offer.evaluated if "floor" in criteria else offer.evaluated
        first = price if offer.total is None else -offer.total
        ties = [t for t in criteria["ties"] if t != "draw"]
        return first, *(price if t == "price" else -offer.points[t] for t in ties)

    groups: dict[tuple[int, ...], list[Offer]] = {}
    for offer in sorted(offers, key=key):
        groups.setdefault(key(offer), []).append(offer)
    tied = [[offer.bidder for offer in group] for group in groups.values() if len(group) > 1]
    if draw is not None:
        members = [bidder for group in tied for bidder in group]
        good = (
            bool(members) and "draw" in criteria["ties"] and isinstance(draw, list) and sorted(draw) == sorted(members)
        )
        need(good, "抽签名单不是并列各家", "the draw is not of exactly the tied bidders")
    ranked: list[Offer] = []
    for group in groups.values():
        ordered_ = sorted(group, key=lambda o: draw.index(o.bidder)) if draw and len(group) > 1 else group
        for place, offer in enumerate(ordered_):
            offer.rank = len(ranked) + 1 - (0 if draw else place)
            ranked.append(offer)
    return ranked, [] if draw else tied


# --- Draws (draw.md) --------------------------------------------------------------------------------------------------


def draw_text(text: str) -> bytes:
    """T(x). Raises ValueError."""
    if not re.fullmatch(r"[\x20-\x7e]{1,64}", text):
        raise ValueError("not 1 to 64 printable ASCII characters")
    return struct.pack(">H", len(text)) + text.encode("ascii")


def of_32(data: bytes) -> bytes:
    if len(data) != 32:
        raise ValueError("not 32 bytes")
    return data


def pseudonym_of(salt: bytes, person: str) -> str:
    return sha(b"sunbid/candidate/1\n", of_32(salt), draw_text(person)).hex()


def draw_commitment(pool: bytes, party: str, stands_in: int, value: bytes) -> str:
    return sha(
        b"sunbid/draw-commitment/1\n", of_32(pool), draw_text(party), struct.pack("B", stands_in), of_32(value)
    ).hex()


def draw_seed(
    pool: bytes, head: tuple[int, bytes], parties: Sequence[str], used: dict[str, tuple[int, bytes]]
) -> bytes:
    """head: size and root of the checkpoint named; used: by party, whether another stands in for it, and the value."""
    need(2 <= len(parties) == len(set(parties)), "抽取参与方不足两个或重复", "fewer than two parties, or one twice")
    need(set(used) == set(parties), "抽取的随机值不全", "not one value of each party")
    digest = hashlib.sha256(b"sunbid/draw-seed/1\n" + of_32(pool) + struct.pack(">Q", head[0]) + of_32(head[1]))
    for party in parties:
        stands_in, value = used[party]
        digest.update(struct.pack("B", stands_in) + of_32(value))
    return digest.digest()


def drawn_order(seed: bytes, label: str, candidates: Sequence[str]) -> Iterator[str]:
    """The candidates in drawn order, as far as it is asked for; `moved` holds what an exchange put elsewhere."""
    falling = any(a >= b for a, b in itertools.pairwise(candidates))
    need(
        not falling and len(candidates) <= 100_000, "抽取名单未按升序或过长", "candidates do not rise, or are too many"
    )
    moved: dict[int, int] = {}
    start, taken = b"sunbid/draw-block/1\n" + of_32(seed) + draw_text(label), 0
    for place in range(len(candidates)):
        left = len(candidates) - place
        number = left
        while number >= left:
            block = sha(start, struct.pack(">Q", taken))
            number, taken = int.from_bytes(block, "big") >> 256 - (left - 1).bit_length(), taken + 1
        chosen = moved.get(place + number, place + number)
        moved[place + number] = moved.pop(place, place)
        yield candidates[chosen]


def drawn_seats(seed: bytes, groups: Sequence[dict[str, Any]], recused: Sequence[str]) -> list[list[str]]:
    """The pseudonyms seated in each group when all who recused themselves, in this order, were replaced."""
    need(len({g["label"] for g in groups}) == len(groups), "两组同名", "two groups have one label")
    orders = [drawn_order(seed, g["label"], g["candidates"]) for g in groups]
    seated: list[list[str]] = []
    before: set[str] = set()

    def following(order: Iterator[str]) -> str:
        coming = next((one for one in order if one not in before), None)
        need(coming is not None, "名单不够抽取", "the pool has too few candidates")
        before.add(str(coming))
        return str(coming)

    for group, order in zip(groups, orders, strict=True):
        need(is_count(group["count"]) and group["count"] >= 1, "席位数不对", "no seats are to be drawn")
        seated.append([following(order) for _ in range(group["count"])])
    for gone in recused:
        places = [(g, s) for g, seats in enumerate(seated) for s, one in enumerate(seats) if one == gone]
        need(len(places) == 1, "回避的人不在席位上", "who recuses was not seated")
        group_, seat = places[0]
        seated[group_][seat] = following(orders[group_])
    return seated


# --- Checks 1 to 5: the record ----------------------------------------------------------------------------------------


def check_anchors(d: Dossier) -> Told:
    a, frame = d.anchors, d.frame
    need(frame["origin"] == a.origin, "来源与锚点不符", "the origin is not the anchors'")
    need(frame["demonstration"] == a.demonstration, "演示标记与锚点不符", "demonstration is not the anchors'")
    marked = a.origin.endswith("/demonstration") == a.demonstration
    need(marked, "来源与演示标记不符", "origin and demonstration differ")
    first = d.one("log_opened")
    need(first.index == 0, "日志首条不在第 0 号", "log_opened is not leaf 0", first.index)
    facts = first.body["origin"], first.body["demonstration"], first.body["receipt_key"]
    same = facts == (a.origin, a.demonstration, a.receipt_key.hex()) and note_key(first.body["log_key"], 1) == a.log
    need(same, "日志首条与锚点不符", "the log's first entry is not the anchors'", 0)
    if not a.outside:
        raise NotChecked(*fingerprints(a))
    return f"来源 {shown(a.origin)}", f"origin {shown(a.origin)}"


def fingerprints(a: Anchors) -> tuple[str, str]:
    keys = {"log": a.log.key.hex(), "receipt": a.receipt_key.hex(), **{shown(t): k for t, k in a.trustees.items()}}
    found = ", ".join(f"{name} {key}" for name, key in keys.items())
    return f"未给锚点，仅自洽；所见密钥 {found}", f"no anchors: self-consistent only; keys found: {found}"


def check_checkpoints(d: Dossier) -> Told:
    need(len(d.frame["checkpoints"]) > 0, "没有检查点", "there is no checkpoint")
    notes = []
    for i, text in enumerate(d.frame["checkpoints"]):
        try:
            notes.append(parse_note(text))
        except ValueError as error:
            raise Failed(f"第 {i} 个检查点不成形", f"checkpoint {i} has not its form: {error}") from error
    d.notes = notes
    d.cosigned = [verify_note(note, d.anchors, only_known=d.anchors.outside) for note in notes]
    count, quorum = len(notes), d.anchors.witness_quorum
    return (
        f"{count} 个检查点，各有至少 {quorum} 个见证签名",
        f"{count} checkpoints, each with at least {quorum} cosignatures",
    )


def check_consistency(d: Dossier) -> Told:
    need(len(d.notes) > 0, "没有可读的检查点", "no checkpoint was read")
    heads = [(note.size, note.root) for note in d.notes]
    need(len(d.frame["consistency"]) == len(heads) - 1, "一致性证明数目不符", "the number of proofs is wrong")
    for i, proof in enumerate(d.frame["consistency"]):
        good = heads[i][0] < heads[i + 1][0] and consistent(heads[i], heads[i + 1], unproof(proof))
        need(good, f"第 {i} 与 {i + 1} 个检查点不一致", f"checkpoints {i} and {i + 1} are not consistent")
    return check_since(d.since, heads, d.anchors) if d.since else None


def check_since(since: Note, heads: list[tuple[int, bytes]], anchors: Anchors) -> Told:
    verify_note(since, anchors, only_known=False)
    root = dict(heads).get(since.size)
    if root is None:
        raise NotChecked(f"卷宗不含大小为 {since.size} 的检查点", f"the dossier has no checkpoint of size {since.size}")
    need(root == since.root, "与旧检查点分叉", "the log was forked: another root at the size of --since")
    return "与旧检查点一致", "consistent with --since"


def check_entries(d: Dossier) -> Told:
    need(len(d.notes) > 0, "没有可读的检查点", "no checkpoint was read")
    newest, before = d.notes[-1], -1
    for e in d.entries:
        need(e.index > before, "条目序号重复或乱序", "indices are repeated or out of order", e.index)
        before = e.index
        root = included_root(e.index, newest.size, leaf_hash(bytes.fromhex(e.commitment)), unproof(e.proof))
        need(root == newest.root, "条目不在日志中", "the entry is not in the log", e.index)
        fault = misfit(BODIES.get(e.kind, is_any), e.body)
        need(fault is None, f"条目内容不成形：{fault}", f"the body has not its form: {fault}", e.index)
        lot = ("", "") if e.kind in WHOLE_LOG else (d.frame["tender"], d.frame["lot"])
        need((e.head["tender"], e.head["lot"]) == lot, "条目属于别的标段", "the entry is of another lot", e.index)
    need(len({e.commitment for e in d.entries}) == len(d.entries), "承诺重复", "a commitment stands twice")
    strange = next((e for e in d.entries if e.kind not in BODIES), None)
    if strange:
        kind = shown(strange.kind)
        raise NotChecked(f"未知条目种类 {kind}", f"unknown kind of entry {kind}", strange.index)
    return f"{len(d.entries)} 条均在日志中", f"{len(d.entries)} entries, all in the log"


STAGES = (
    "tender_published", "lot_closed", "opening_intended", "lot_opened", "lot_evaluated", "candidates_published",
    "lot_awarded", "contract_registered",
)  # fmt: skip
UNDER_CONTRACT = ("contract_changed", "contract_performed", "contract_completed", "contract_terminated")
CONTRACT_ENDS = {"contract_completed", "contract_terminated"}
RANKS = {kind: i for i, kind in enumerate(STAGES)} | {"tender_amended": 0, "bid_accepted": 0, "bid_withdrawn": 0}
RANKS["bidders_invited"] = 0
DRAWN = (
    "draw_called", "draw_committed", "draw_revealed", "draw_withheld", "draw_made", "draw_replaced", "draw_failed",
)  # fmt: skip
RANKS["opening_confirmed"] = RANKS["lot_opened"]
RANKS |= {"auction_number": 0, "auction_event": 0, "auction_statement": 0, "auction_closed": 0}
AUCTION_STAGES = "tender_published", "lot_awarded", "contract_registered"
ONCE = {*STAGES, *CONTRACT_ENDS, "lot_failed"} - {"opening_intended"}
PRIOR = ("prior_published", "comment_filed", "comment_answered")
COMPLAINED = ("complaint_filed", "complaint_decided", "complaint_ruled", "complaint_withdrawn")
EXCLUSIVE = {
    *STAGES, *UNDER_CONTRACT, "tender_amended", "bidders_invited", "lot_held", "hold_lifted", "objection_filed",
    "objection_answered",
    *COMPLAINED, *PRIOR,
    "opening_confirmed", "explanation_asked", "explanation_given", "committee_set", "lot_failed",
    "auction_number", "auction_event", "auction_statement",
    "auction_refused", "auction_closed", *DRAWN,
}  # fmt: skip
BEHIND_FAILURE = {
    "document_issued", "bid_refused", "auction_refused", "trustee_rehearsed", "comment_answered", *COMPLAINED,
    *WHOLE_LOG,
}  # fmt: skip
AFTER = {
    "key_released": "lot_closed", "committee_set": "lot_closed", "score_signed": "lot_opened",
    "bidders_invited": "tender_published", "bid_accepted": "tender_published",
    "objection_filed": "tender_published", "objection_answered": "objection_filed",
    "opening_confirmed": "lot_opened", "auction_number": "tender_published", "auction_event": "tender_published",
    "auction_statement": "auction_event", "auction_refused": "tender_published", "auction_closed": "auction_event",
    "explanation_asked": "lot_opened", "explanation_given": "explanation_asked",
    "result_told": "lot_awarded", "draw_called": "lot_closed", **dict.fromkeys(DRAWN[1:], "draw_called"),
    "comment_filed": "prior_published", "comment_answered": "comment_filed",
    "complaint_filed": "objection_filed", **dict.fromkeys(COMPLAINED[1:], "complaint_filed"),
    **dict.fromkeys(UNDER_CONTRACT, "contract_registered"),
}  # fmt: skip


def stages_due(d: Dossier, present: set[str]) -> list[str]:
    """The stages that the lot's notices call for, in their order. Raises Failed where its bidding has no end."""
    if d.by_auction():
        over = d.auction_end is not None or "lot_failed" in present
        need(over, "竞价没有结束", "the auction has not ended")
        return list(AUCTION_STAGES)
    need("lot_closed" in present or "lot_failed" in present, "缺少 lot_closed", "there is no lot_closed")
    return [kind for kind in STAGES if d.publicity() or kind != "candidates_published"]


def check_order(d: Dossier) -> Told:
    present = {e.kind for e in d.entries}
    for kind in sorted(ONCE):
        need(len(d.of(kind)) < 2, f"{kind} 重复", f"more than one {kind}")
    due = stages_due(d, present)
    alike = len({n.body["publicity"] for n in d.notices()}) < 2
    need(alike, "公告关于公示的说法前后不同", "the notices differ in whether candidates are published")
    for kind in STAGES:
        need(kind in due or kind not in present, f"本程序没有 {kind}", f"the procedure has no {kind}")
    reached = [kind in present for kind in due]
    for i in range(1, len(due)):
        need(not reached[i] or all(reached[:i]), f"{due[i]} 之前缺阶段", f"a stage before {due[i]} is missing")
    rank, failed, seen = 0, False, set[str]()
    after = AFTER | ({"key_released": "auction_closed"} if d.by_auction() else {})
    for e in d.entries:
        need(
            not failed or e.kind in BEHIND_FAILURE or e.kind not in BODIES,
            "失败之后仍有行为",
            "an act after the lot failed",
            e.index,
        )
        need(RANKS.get(e.kind, rank) >= rank, f"{e.kind} 次序不对", f"{e.kind} is out of order", e.index)
        need(after.get(e.kind, e.kind) in {*seen, e.kind}, f"{e.kind} 过早", f"{e.kind} is too early", e.index)
        rank, failed = max(rank, RANKS.get(e.kind, 0)), failed or e.kind == "lot_failed"
        seen.add(e.kind)
    need("tender_published" in present, "缺少 tender_published", "there is no tender_published")
    check_times(d)
    check_amendments(d.notices())
    check_holds(d)
    check_objections(d)
    check_complaints(d)
    stage = [kind for kind in STAGES if kind in present][-1]
    return f"至 {stage}", f"up to {stage}"


def check_times(d: Dossier) -> None:
    """No time falls, but between acts that are made side by side (log.md, Members of the bodies)."""
    highest = stage = ""
    for e in d.entries:
        if e.kind not in WHOLE_LOG:
            floor = highest if e.kind in EXCLUSIVE else stage
            need(e.time >= floor, "时间倒退", "its time is before that of an earlier entry", e.index)
            highest = max(highest, e.time)
            stage = e.time if e.kind in EXCLUSIVE else stage


def check_holds(d: Dossier) -> None:
    held = False
    for e in d.of("lot_held", "hold_lifted"):
        need(held or e.kind == "lot_held", "解除了没有的暂停", "it lifts a hold that is not there", e.index)
        held = e.kind == "lot_held"


OBJECTED = {"documents": "tender_published", "opening": "lot_opened", "result": "lot_evaluated"}


def check_objections(d: Dossier) -> None:
    """Each answer has its objection and each objection at most one; while one that suspends waits, nothing goes on."""
    waiting, filed, seen = dict[str, bool](), set[str](), set[str]()
    for e in d.entries:
        stopped = any(waiting.values()) and e.kind in STAGES
        need(not stopped, "异议未答复即继续", f"{e.kind} before an objection was answered", e.index)
        if e.kind == "objection_filed":
            about, against = e.body["objection"], e.body["against"]
            need(about not in filed, "异议编号重复", "an objection stands twice", e.index)
            timely = OBJECTED[against] in seen and not (against == "documents" and "lot_closed" in seen)
            # What an auction has come to is known at its end; nobody evaluates.
            end = d.auction_end if against == "result" else None
            timely = timely or (end is not None and end.index < e.index)
            need(timely, "异议与阶段不符", "the objection is not of its stage", e.index)
            waiting[about] = e.body["suspends"]
            filed.add(about)
        if e.kind == "objection_answered":
            known = waiting.pop(e.body["objection"], None) is not None
            need(known, "答复没有对应的异议", "it answers no objection that waits", e.index)
        seen.add(e.kind)


#: What befalls a complaint -> how it stands before.
COMPLAINT_STEPS = {
    "complaint_decided": {"waits"}, "complaint_ruled": {"taken_up"}, "complaint_withdrawn": {"waits", "taken_up"},
}  # fmt: skip


def check_complaints(d: Dossier) -> None:
    """Each is about an objection of its own, in its order; while one suspends the lot, nothing goes on."""
    objected, stands, stopped = set[str](), dict[str, str](), dict[str, str | None]()
    for e in d.entries:
        held = e.kind in STAGES and any(until is None or e.time < until for until in stopped.values())
        need(not held, "投诉暂停期间继续", f"{e.kind} while a complaint suspends the lot", e.index)
        if e.kind == "objection_filed":
            objected.add(e.body["objection"])
        if e.kind == "complaint_filed":
            fresh = e.body["complaint"] not in stands and e.body["objection"] in objected
            need(fresh, "投诉没有对应的异议", "the complaint is about no objection of its own", e.index)
            objected.discard(e.body["objection"])
            stands[e.body["complaint"]] = "waits"
        if e.kind in COMPLAINT_STEPS:
            check_complaint_step(e, stands, stopped)


def check_complaint_step(e: Entry, stands: dict[str, str], stopped: dict[str, str | None]) -> None:
    id_, taken_up = e.body["complaint"], e.kind == "complaint_decided" and e.body["taken_up"]
    waited = stands.get(id_) in COMPLAINT_STEPS[e.kind]
    need(waited, "投诉的处理次序不对", f"{e.kind} of a complaint that does not wait for it", e.index)
    stands[id_] = "taken_up" if taken_up else "over"
    stopped.pop(id_, None)
    if e.body.get("suspends"):
        need(taken_up, "不予受理却暂停", "a complaint that is not taken up suspends the lot", e.index)
        stopped[id_] = e.body["suspended_until"]


def check_amendments(notices: Sequence[Entry]) -> None:
    for i, notice in enumerate(notices):
        previous = notices[i - 1].commitment if i else None
        good = (notice.body["number"], notice.body["previous"]) == (i, previous)
        need(good, "公告与变更不相接", "the notices do not chain", notice.index)


# --- Checks 6 to 12: keys, bids, closing, releases --------------------------------------------------------------------


def check_key_set(d: Dossier) -> Told:
    for entry in d.of("key_set_signed"):
        check_one_key_set(d, entry)
    if d.by_auction() and not any(notice.body["key_sets"] for notice in d.notices()):
        raise NotApplicable("竞价，没有密封的投标", "an auction without sealed bids")
    for notice in d.notices():
        for named in notice.body["key_sets"].values():
            published = [
                e for e in d.of("key_set_signed")
                if e.index < notice.index and record_id("sunbid/key-set/1", e.body["key_set"]) == named
            ]  # fmt: skip
            need(len(published) == 1, "密钥集未先行签署", "it names a key set not signed before", notice.index)
    schema, ids = record_id("sunbid/form-schema/1", d.notice().body["form_schema"]), []
    for kind in d.kinds():
        id_, key_set = d.key_set(kind)
        need(key_set["form_schema"] == schema, "密钥集的表单格式不符", "the key set has another form schema")
        need(key_set["kind"] == kind, "密钥集的信封种类不符", "the key set is of another kind")
        ids.append(f"{id_[:16]}…")
    check_rehearsals(d)
    return f"密钥集 {'、'.join(ids)}", f"key set {', '.join(ids)}"


def check_one_key_set(d: Dossier, entry: Entry) -> None:
    key_set, signatures, index = entry.body["key_set"], entry.body["signatures"], entry.index
    facts = [key_set[m] == d.frame[m] for m in ("origin", "demonstration", "tender", "lot")]
    need(all(facts), "密钥集属于别处", "the key set is of another lot, origin or mode", index)
    need(key_set["suite"] == 1, "未知密码套件", "the suite is not 1", index)
    fault = policy_fault(key_set)
    need(fault is None, f"开启策略不当：{fault}", f"the policy is not sound: {fault}", index)
    message = b"sunbid/signed/1\n" + canonical(key_set)
    need(set(signatures) == {t["trustee"] for t in key_set["trustees"]}, "签名不齐", "signatures are missing", index)
    for t in key_set["trustees"]:
        name = t["trustee"]
        known = d.anchors.trustees.get(name) == t["identity"]
        need(known, f"受托人 {shown(name)} 身份与锚点不符", f"the identity of {shown(name)} is not the anchors'", index)
        good = signed_by(bytes.fromhex(t["identity"]), unb64(signatures[name]), message)
        need(good, f"受托人 {shown(name)} 签名不正确", f"the signature of {shown(name)} is wrong", index)


def policy_fault(key_set: dict[str, Any]) -> str | None:
    quorums = [set(q) for q in key_set["quorums"]]
    trustees = [t["trustee"] for t in key_set["trustees"]]
    keys = [*(t["opening_key"] for t in key_set["trustees"]), key_set["evaluation_key"]]
    identities = {t["identity"] for t in key_set["trustees"]}
    pairs = [(a, b) for i, a in enumerate(quorums) for j, b in enumerate(quorums) if i != j]
    faults = {
        "quorums": not 1 <= len(quorums) <= 12,
        "small_quorum": any(
            len(q) < 2 or len(q) != len(named) for q, named in zip(quorums, key_set["quorums"], strict=True)
        ),
        "nested_quorums": any(a <= b for a, b in pairs),
        "disjoint_quorums": any(a.isdisjoint(b) for a, b in pairs),
        "trustees": len(set(trustees)) != len(trustees) or set().union(*quorums) != set(trustees),
        "equal_keys": len(set(keys)) != len(keys) or len(identities) != len(trustees),
        "weak_key": any(not strong(key) for key in keys),
    }
    return next((name for name, faulty in faults.items() if faulty), None)


def strong(key: str) -> bool:
    """A canonical X25519 point that is not of low order (RFC 7748 section 6.1: the exchange gives zeros)."""
    raw = bytes.fromhex(key)
    if int.from_bytes(raw, "little") >= 2**255 - 19:
        return False
    try:
        X25519PrivateKey.from_private_bytes(b"\x40" * 32).exchange(X25519PublicKey.from_public_bytes(raw))
    except ValueError:
        return False
    return True


def check_rehearsals(d: Dossier) -> None:
    for entry in d.of("trustee_rehearsed"):
        rehearsal = entry.body["rehearsal"]
        key = d.anchors.trustees.get(rehearsal["object"]["trustee"], "")
        good = bool(key) and object_signed(rehearsal, bytes.fromhex(key))
        need(good, "演练签名不正确", "the signature of the rehearsal is wrong", entry.index)


def check_statements(d: Dossier) -> Told:
    if not d.of("bid_accepted", "bid_withdrawn", "lot_opened"):
        raise NotApplicable("投标尚未公开", "the bids are not disclosed")
    unsure = []
    for chain in d.chains().values():
        for previous, link in zip([None, *chain], chain, strict=False):
            check_statement(d, link, previous)
            unsure.append(check_signer(d, link.entry.body["statement"], link.object["bidder"], "statement", link.entry))
    for finding in filter(None, unsure):
        raise finding
    count = len(d.of("bid_accepted", "bid_withdrawn"))
    return f"{count} 份声明，{len(d.chains())} 家", f"{count} statements of {len(d.chains())} bidders"


def check_statement(d: Dossier, link: Link, previous: Link | None) -> None:
    index, object_ = link.entry.index, link.object
    lot = (object_["tender"], object_["lot"])
    need(lot == (d.frame["tender"], d.frame["lot"]), "声明属于别的标段", "the statement is for another lot", index)
    need(object_["replaces"] == (previous.id if previous else None), "声明链断裂", "the chain breaks", index)
    if link.entry.kind == "bid_withdrawn":
        twice = previous is not None and previous.entry.kind == "bid_withdrawn"
        need(not twice, "撤回了已撤回的投标", "a withdrawal of a withdrawal", index)
        return
    notices = d.notices(index)
    need(object_["seen"] in {n.commitment for n in notices}, "所见公告不在此前", "it saw no notice before it", index)
    named = [n.body["key_sets"] for n in notices]
    need(object_["key_sets"] in named, "声明的密钥集未公布", "it names a key set that was not published", index)
    need(set(object_["envelopes"]) == set(object_["key_sets"]), "信封种类不符", "envelopes and key sets differ", index)


def check_in_time(d: Dossier) -> Told:
    closing = d.reached("lot_closed")
    for e in d.of("bid_accepted", "bid_withdrawn"):
        need(e.index < closing.index, "截标后受理", "accepted after the closing", e.index)
        need(e.time < d.notice(e.index).body["deadline"], "逾期受理", "accepted after the deadline in force", e.index)
        need(e.time < closing.body["deadline"], "逾期受理", "accepted after the deadline", e.index)
    deadline = d.notice(closing.index).body["deadline"]
    need(
        closing.body["deadline"] == deadline,
        "不是最新公告的截止时间",
        "not the latest notice's deadline",
        closing.index,
    )
    need(closing.time >= deadline, "提前截标", "closed before the deadline", closing.index)
    if d.anchors.outside and not d.anchors.witness_quorum:
        return "锚点不要求见证，截标时刻无人旁证", "the anchors ask for no witness: nobody else saw when it closed"
    return check_lateness(d, closing)


def check_lateness(d: Dossier, closing: Entry) -> Told:
    """That witnesses saw what ended the bidding when it says."""
    if not d.anchors.outside:
        raise NotChecked("没有锚点，不知见证", "no anchors: the witnesses are not known")
    times = next((t for n, t in zip(d.notes, d.cosigned, strict=False) if n.size > closing.index), [])
    need(bool(times), "检查点未通过核对", "the checkpoints did not pass", closing.index)
    seen = times[d.anchors.witness_quorum - 1]
    late = seen - seconds(closing.time)
    told = math.ceil(late)
    need(late <= LATENESS_SECONDS, f"截标见证迟到 {told} 秒", f"cosigned {told} s late", closing.index)
    need(late >= -LATENESS_SECONDS, "截标时刻在见证之后", "the closing is dated after its cosignatures", closing.index)
    return f"截标后 {max(told, 0)} 秒内见证", f"the closing was cosigned within {max(told, 0)} s"


def check_closing(d: Dossier) -> Told:
    closing = d.reached("lot_closed")
    body, index = closing.body, closing.index
    root = tree_of(leaf_hash(bytes.fromhex(c)) for c in body["accepted"]).root().hex()
    need(body["count"] == len(body["accepted"]), "家数不符", "the count is wrong", index)
    need(body["root"] == root, "截标清单的根不符", "the root of the closing list is wrong", index)
    opening = bool(d.of("key_released", "opening_intended", "lot_opened"))
    enough = body["count"] >= d.notice(index).body["minimum_bids"]
    need(enough or not opening, "投标不足仍开标", "opened with too few bids", index)
    if not d.of("lot_opened", "bid_accepted"):
        return f"{body['count']} 家，投标尚未公开", f"{body['count']} bids, not disclosed"
    expected = [link.entry.commitment for link in d.standing()]
    for link in d.standing():
        need(link.entry.commitment in body["accepted"], "有效投标不在截标清单", "a bid was left out", link.entry.index)
    need(body["accepted"] == expected, "截标清单与投标链不符", "the closing list is not the ends of the chains", index)
    return f"{body['count']} 家", f"{body['count']} bids"


def check_destroyed(d: Dossier) -> Told:
    found: dict[tuple[str, str], Entry] = {}
    for e in d.of("envelope_destroyed"):
        key = (e.body["accepted"], e.body["envelope"])
        need(key not in found, "同一信封销毁两次", "an envelope was destroyed twice", e.index)
        found[key] = e
    if d.by_auction():  # what an auction has sealed is looked at with it
        return f"{len(found)} 个信封已销毁", f"{len(found)} envelopes destroyed"
    if d.failed_early():
        destroyed = {accepted for accepted, _ in found}
        for e in d.of("lot_closed"):
            kept = [c for c in e.body["accepted"] if c not in destroyed]
            need(not kept, "失败标段的信封未销毁", "an envelope of the failed lot was not destroyed", e.index)
        return f"{len(found)} 个信封已销毁", f"{len(found)} envelopes destroyed"
    expected = replaced_envelopes(d)
    for key, e in found.items():
        explained = key in expected and expected[key][1] == e.body["reason"]
        need(explained, "销毁无据", "nothing explains why it was destroyed", e.index)
        need(expected[key][0].index < e.index, "受理前已销毁", "destroyed before its acceptance", e.index)
        need(e.index < d.one("lot_closed").index, "截标后才销毁", "destroyed only after the closing", e.index)
    for key, (accepted, _) in expected.items():
        need(key in found, "被替换或撤回的信封未销毁", "its envelope was not destroyed", accepted.index)
    return f"{len(found)} 个信封已销毁", f"{len(found)} envelopes destroyed"


def replaced_envelopes(d: Dossier) -> dict[tuple[str, str], tuple[Entry, str]]:
    """Each envelope that does not stand: its acceptance, and why."""
    standing = {link.id for link in d.standing()} if d.chains() else set()
    expected = {}
    for chain in d.chains().values():
        for link, after in zip(chain, [*chain[1:], None], strict=True):
            reason = (
                {"bid_accepted": "replaced", "bid_withdrawn": "withdrawn"}[after.entry.kind]
                if after
                else "key_set_changed"
            )
            for envelope in link.object.get("envelopes", {}).values() if link.id not in standing else ():
                expected[link.entry.commitment, envelope] = (link.entry, reason)
    return expected


def check_envelopes(d: Dossier) -> Told:
    opening, kind = d.opened(), d.kind()
    listed = d.frame["envelopes"]
    standing = d.standing()
    ids = [link.object["envelopes"][kind] for link in standing]
    need([e["id"] for e in listed] == ids, "信封与声明不符", "the envelopes are not those of the statements")
    need(len(set(ids)) == len(ids), "两份投标同一信封", "two bids have one envelope")
    outcomes = [bid["outcome"] for bid in opening.body["bids"]]
    for link, item, outcome in zip(standing, listed, outcomes, strict=True):
        part = d.archive.read(f"envelopes/{item['id']}", MAX_PART)
        try:
            found = envelope_id(part, item["blocks"])
        except Broken as error:
            raise Failed("信封不成形", f"the envelope has not its form: {error.reason}", link.entry.index) from error
        need(
            bool(item["blocks"]) and found == item["id"],
            "信封与编号不符",
            "it is not what its id says",
            link.entry.index,
        )
        if outcome != "unopenable":
            base = parse_header(part, len(item["blocks"]), len(d.key_set()[1]["quorums"]))[0]["base"]
            need(
                base["bidder"] == link.object["bidder"],
                "信封属于别的投标人",
                "it is another bidder's",
                link.entry.index,
            )
    return f"{len(listed)} 个信封", f"{len(listed)} envelopes"


def check_releases(d: Dossier) -> Told:
    released = d.of("key_released")
    if d.failed_early() and not d.by_auction():
        need(
            not released,
            "失败的标段公布了密钥",
            "a key of a failed lot was released",
            released[0].index if released else None,
        )
        raise NotApplicable(
            "未开标即失败或取消；是否公布过密钥卷宗看不出，请查日志的公开条目",
            "it failed or was cancelled unopened; that no key was released does not show here: look at the log",
        )
    if not released and not d.of("opening_intended", "lot_opened"):
        raise NotApplicable("尚无密钥公布", "no key is released yet")
    names = [check_release(d, entry) for entry in released]
    once = {(name, entry.body["release"]["object"]["key_set"]) for name, entry in zip(names, released, strict=True)}
    need(len(once) == len(names), "受托人重复公布", "a trustee released twice")
    for e in d.of("key_released", "opening_intended", "lot_opened"):
        holds = [h.kind for h in d.of("lot_held", "hold_lifted") if h.index < e.index]
        need(not holds or holds[-1] == "hold_lifted", "暂停期间仍开启", "made while a hold was in force", e.index)
    check_quorum_released(d, dict(zip(names, released, strict=True)))
    return f"{len(names)} 把密钥：{shown('、'.join(names))}", f"{len(names)} keys: {shown(', '.join(names))}"


def closing_of(d: Dossier, kind: str) -> Entry:
    """What trustees must see before they release: in an auction each kind of envelopes has its own. Raises Failed."""
    if not d.by_auction():
        return d.one("lot_closed")
    found = [e for e in d.of("auction_closed") if e.body["kind"] == kind]
    need(len(found) == 1, f"缺少 {kind} 的截止记录，或者重复", f"no closing of {kind}, or more than one")
    return found[0]


def check_release(d: Dossier, entry: Entry) -> str:
    index, object_ = entry.index, entry.body["release"]["object"]
    kinds = [kind for kind in d.kinds() if d.key_set(kind)[0] == object_["key_set"]] or d.kinds()[:1]
    id_, key_set = d.key_set(kinds[0])
    closing = closing_of(d, kinds[0])
    trustee = next((t for t in key_set["trustees"] if t["trustee"] == object_["trustee"]), None)
    if trustee is None:
        raise Failed("不是密钥集的受托人", "not a trustee of the key set", index)
    signed_ = object_signed(entry.body["release"], bytes.fromhex(trustee["identity"]))
    need(signed_, "公布的签名不正确", "the trustee's signature is wrong", index)
    facts = (object_["tender"], object_["lot"], object_["key_set"]) == (d.frame["tender"], d.frame["lot"], id_)
    need(facts, "公布的密钥属于别处", "the release is for another lot or key set", index)
    public = X25519PrivateKey.from_private_bytes(bytes.fromhex(object_["private_key"])).public_key().public_bytes_raw()
    need(public.hex() == trustee["opening_key"], "私钥与公布的公钥不符", "it is not the published key's half", index)
    point = object_["checkpoint"]
    known = any((n.size, n.root) == (point["size"], unb64(point["root"])) for n in d.notes)
    need(known, "所据检查点不在卷宗中", "it names a checkpoint that is not in the dossier", index)
    need(closing.index < point["size"] <= index, "所据检查点不含截标", "its checkpoint lacks the closing", index)
    early = entry.time < d.notice(closing.index).body["opens_at"]
    need(not early, "提前公布密钥", "released before the opening time", index)
    return str(object_["trustee"])


def check_quorum_released(d: Dossier, released: dict[str, Entry]) -> None:
    acts = d.of("opening_intended", "lot_opened")
    if not acts:  # as in an auction, which says with which quorum nowhere: each opens the same
        return
    id_, key_set = d.key_set()
    for e in acts:
        need(e.body["key_set"] == id_, "开启用了别的密钥集", "opened with another key set", e.index)
        need(e.body["quorum"] < len(key_set["quorums"]), "没有这组受托人", "there is no such quorum", e.index)
        missing = [t for t in key_set["quorums"][e.body["quorum"]] if t not in released or released[t].index > e.index]
        need(not missing, f"缺少密钥：{shown('、'.join(missing))}", f"lacking {shown(', '.join(missing))}", e.index)
    if len(acts) > 1:
        intended, last = acts[-2:]
        need(last.body["quorum"] == intended.body["quorum"], "开启与意向不符", "not the quorum intended", last.index)


# --- Checks 13 to 17: opening, scores, ranking, award, documents ------------------------------------------------------


def opener_of(d: Dossier, opening: Entry) -> Opener:
    id_, key_set = d.key_set()
    objects = [e.body["release"]["object"] for e in d.of("key_released")]
    private = {o["trustee"]: bytes.fromhex(o["private_key"]) for o in objects}
    quorum = opening.body["quorum"]
    keys = tuple(X25519PrivateKey.from_private_bytes(private[name]) for name in key_set["quorums"][quorum])
    return Opener(key_set, id_, quorum, keys)


def check_opening(d: Dossier) -> Told:
    opening, kind = d.opened(), d.kind()
    bids, standing = opening.body["bids"], d.standing()
    listed = d.one("lot_closed").body["accepted"]
    need([b["accepted"] for b in bids] == listed, "开标与截标清单不符", "it is not the closing list", opening.index)
    same = listed == [link.entry.commitment for link in standing]
    need(same, "截标清单与投标链不符", "the closing list is not the ends of the chains", opening.index)
    blocks = {e["id"]: len(e["blocks"]) for e in d.frame["envelopes"]}
    opener, schema = opener_of(d, opening), d.notice(opening.index).body["form_schema"]
    for bid, link in zip(bids, standing, strict=True):
        named = (link.object["bidder"], link.object["envelopes"][kind])
        need((bid["bidder"], bid["envelope"]) == named, "投标人或信封不符", "bidder or envelope differ", opening.index)
        part = d.archive.read(f"envelopes/{bid['envelope']}", MAX_PART)
        check_opened(bid, opener, part, blocks[bid["envelope"]], schema, opening.index)
    confirmed = check_confirmations(d, opening)
    return (
        f"{len(bids)} 份投标重新开启，结果一致；{confirmed} 家确认",
        f"{len(bids)} bids opened again, all alike; {confirmed} confirmed it",
    )


def check_opened(
    bid: dict[str, Any], opener: Opener, part: bytes, blocks: int, schema: dict[str, Any], index: int
) -> None:
    who = shown(bid["bidder"])
    try:
        values = opener.open(part, blocks, bid["bidder"])
    except Broken as error:
        same = bid["outcome"] == "unopenable" and bid["values"] is None and like(bid["reason"], error.reason)
        need(same, f"{who} 实不可开启：{error.reason}", f"{who} does not open: {error.reason}", index)
        return
    need(bid["outcome"] != "unopenable", f"{who} 实可开启", f"{who} does open", index)
    need(canonical(bid["values"]) == canonical(values), f"{who} 开标内容不符", f"the values of {who} differ", index)
    fault = form_fault(schema, values)
    outcome = "invalid" if fault else "opened"
    need(bid["outcome"] == outcome, f"{who} 应为 {outcome}", f"{who} should be {outcome} ({fault})", index)
    need((bid["reason"] is None) == (fault is None), f"{who} 理由不符", f"the reason of {who} is wrong", index)


def check_confirmations(d: Dossier, opening: Entry) -> int:
    """How many confirmed the opening: each this one, signed by a bidder whose bid it opened, and once."""
    opened, confirmed, unsure = {b["bidder"] for b in opening.body["bids"] if b["outcome"] == "opened"}, set[str](), []
    for e in d.of("opening_confirmed"):
        object_ = e.body["confirmation"]["object"]
        bidder, lot = object_["bidder"], (object_["tender"], object_["lot"])
        need(lot == (d.frame["tender"], d.frame["lot"]), "确认属于别的标段", "it confirms another lot", e.index)
        need(object_["opened"] == opening.commitment, "确认的是别的开标", "it confirms another opening", e.index)
        need(bidder in opened, "确认人没有已开启的投标", "no bid of who confirms was opened", e.index)
        need(bidder not in confirmed, "同一投标人确认两次", "a bidder confirms twice", e.index)
        confirmed.add(bidder)
        unsure.append(check_signer(d, e.body["confirmation"], bidder, "statement", e))
    for finding in filter(None, unsure):
        raise finding
    return len(confirmed)


def like(reason: str | None, step: str) -> bool:
    """Faults of the header count as one: which of them is named first is left to the reader's order."""
    return reason == step or (step.startswith("header_") and (reason or "").startswith("header_"))


def committee_of(d: Dossier) -> dict[str, str]:
    """Person to role, of the last committee that was named."""
    named = d.of("committee_set")
    if not named:
        return {}
    members = named[-1].body["members"]
    found = {member["person"]: member["role"] for member in members}
    need(len(found) == len(members), "评委会成员重复", "a member of the committee is named twice", named[-1].index)
    return found


def check_chair(d: Dossier, seats: dict[str, str]) -> None:
    """Who leads the committee, where it says so: the buyer's where the notice does, else an expert."""
    for e in d.of("committee_set")[-1:]:
        announced = d.notice(e.index).body["notice"].get("committee") or {}
        wanted = "buyer" if announced.get("buyer_chairs") is True else "expert"
        good = "chair" not in e.body or seats.get(str(e.body["chair"])) == wanted
        need(good, "组长不符合公告", "it is led by somebody who may not", e.index)


def check_scores(d: Dossier) -> Told:
    opening, scores = d.opened(), d.of("score_signed")
    if not scores:
        raise NotApplicable("没有评分", "there are no scores")
    seats = committee_of(d)
    check_chair(d, seats)
    for e in d.of("committee_set"):
        need(e.index < scores[0].index, "评分后换人", "the committee was named after a score", e.index)
    unsure = []
    for e in scores:
        object_ = e.body["score"]["object"]
        need(object_["expert"] in seats, "评分人不是评委会成员", "signed by somebody not of the committee", e.index)
        unsure.append(check_signer(d, e.body["score"], object_["expert"], "score", e))
        here = (object_["tender"], object_["lot"]) == (d.frame["tender"], d.frame["lot"])
        need(here, "评分属于别的标段", "the score is for another lot", e.index)
        need(object_["opened"] == opening.commitment, "评分所据开标不符", "the score names another opening", e.index)
    for finding in filter(None, unsure):
        raise finding
    return f"{len(scores)} 份评分", f"{len(scores)} scores"


def used_scores(d: Dossier, evaluated: Entry) -> list[dict[str, Any]]:
    """The scores that the evaluation names: the last of each expert who signed before it, none left out."""
    signed_before = [e for e in d.of("score_signed") if e.index < evaluated.index]
    last = {e.body["score"]["object"]["expert"]: e for e in signed_before}
    same = sorted(evaluated.body["scores"]) == sorted(e.commitment for e in last.values())
    need(same, "评审采用的评分不是各专家最后一份", "not the last score of every expert was used", evaluated.index)
    check_committee(d, set(last), evaluated)
    return [e.body["score"]["object"] for e in last.values()]


def check_committee(d: Dossier, signed_: set[str], evaluated: Entry) -> None:
    """Every member signed and nobody else, and they are as many, of each role, as the notice announced."""
    seats = committee_of(d)
    need(signed_ == set(seats), "评分人不是评委会全体", "not every member's score was used", evaluated.index)
    announced = d.notice(d.opened().index).body["notice"].get("committee")
    if announced is not None:
        counts = len(seats), list(seats.values()).count("expert")
        same = counts == (announced["size"], announced["experts"])
        need(same, "评委会人数与公告不符", "the committee is not of the size announced", evaluated.index)


def check_explanations(d: Dossier, evaluated: Entry) -> None:
    """A low price is rejected only once its bidder was asked and has explained it, or let the time pass."""
    terms = d.notice(d.opened().index).body.get("explanation")
    asked: dict[str, Entry] = {}
    given: dict[str, int] = {}
    for e in d.of("explanation_asked", "explanation_given", "score_signed"):
        if e.kind == "explanation_asked":
            check_request(d, e, terms, evaluated)
            need(e.body["bidder"] not in asked, "同一投标人要求说明两次", "one bidder is asked twice", e.index)
            asked[e.body["bidder"]] = e
        elif e.kind == "explanation_given":
            of = next((one for one in asked.values() if one.commitment == e.body["asked"]), None)
            need(of is not None and of.commitment not in given, "说明没有对应的要求", "nobody asked for it", e.index)
            assert of is not None
            need(e.time < of.body["answer_by"], "说明迟到", "it came too late", e.index)
            given[of.commitment] = e.index
        elif terms is not None:
            grounds = e.body["score"]["object"]["rejections"]
            for bidder in [one["bidder"] for one in grounds if one["clause"] == terms["clause"]]:
                of = asked.get(bidder)
                heard = of is not None and (of.commitment in given or e.time >= of.body["answer_by"])
                need(heard, "报价过低的否决未经说明", "rejected for a low price before it could explain", e.index)


def check_request(d: Dossier, e: Entry, terms: Any, evaluated: Entry) -> None:
    need(terms is not None, "本程序没有报价说明", "the notice knows no explanations", e.index)
    need(e.index < evaluated.index, "评标之后才要求说明", "asked after the evaluation", e.index)
    bidders = [bid["bidder"] for bid in d.opened().body["bids"] if bid["outcome"] == "opened"]
    need(e.body["bidder"] in bidders, "被要求说明的不是投标人", "it asks nobody whose bid was opened", e.index)
    need(e.body["opened"] == d.opened().commitment, "不是本次开标", "it is about another opening", e.index)
    least = datetime.fromisoformat(e.time) + timedelta(minutes=terms["minutes"])
    need(datetime.fromisoformat(e.body["answer_by"]) >= least, "说明的时间不足", "it gives too little time", e.index)


def check_ranking(d: Dossier) -> Told:
    opening = d.opened()
    evaluated = d.reached("lot_evaluated")
    check_explanations(d, evaluated)
    recorded = evaluated.body["evaluation"]
    criteria = d.notice(opening.index).body["evaluation"]
    again = evaluate(criteria, opening.body["bids"], used_scores(d, evaluated), recorded.get("draw"))
    for member in again:
        same = member in recorded and canonical(again[member]) == canonical(recorded[member])
        need(same, f"重算结果不同：{member}", f"recomputed otherwise: {member}", evaluated.index)
    need(set(recorded) == set(again), "评审结果有多余内容", "the evaluation has other members", evaluated.index)
    best = shown(again["ranked"][0]["bidder"]) if again["ranked"] else "—"
    return (
        f"{len(again['ranked'])} 家排名重算一致，第一名 {best}",
        f"{len(again['ranked'])} ranked again alike, first {best}",
    )


def check_award(d: Dossier) -> Told:
    if d.by_auction():
        return check_auction_award(d)
    d.opened()
    evaluated = d.reached("lot_evaluated")
    last = d.notice(evaluated.index).body["evaluation"]["candidates"]
    expected = [element for element in evaluated.body["evaluation"]["ranked"] if element["rank"] <= last]
    until = check_publicity(d, expected) if d.publicity() else ""
    if not d.of("lot_awarded"):
        return "尚未定标", "not awarded yet"
    award = d.one("lot_awarded")
    winner, price = award.body["winner"], award.body["price"]
    found = [c for c in expected if (c["bidder"], c["price"]) == (winner, price)]
    need(bool(found), "中标人或价格不是候选人的", "winner or price are no candidate's", award.index)
    reason = award.body.get("reason")
    reasoned = isinstance(reason, str) and reason.strip() != ""
    need(found[0]["rank"] == 1 or reasoned, "未取第一名且无理由", "not the first, and no reason", award.index)
    need(award.time >= until, "公示期内定标", "awarded within the publicity period", award.index)
    if d.of("contract_registered"):
        check_contract(d, award)
    return f"中标 {shown(winner)} {price}", f"awarded to {shown(winner)}, {price}"


def check_contract(d: Dossier, award: Entry) -> None:
    """It repeats the award; each entry follows the one before; no more is paid than its price; its end ends it."""
    first = d.one("contract_registered")
    agency, body = d.notice(first.index).body["notice"]["agency"]["code"], first.body
    same = (body["award"], body["winner"], body["agency"]) == (award.commitment, award.body["winner"], agency)
    need(same, "合同不是中标人与招标人的", "the contract is not between the winner and the agency", first.index)
    need(body["price"] == award.body["price"], "合同价格不是中标价格", "not the price of the award", first.index)
    days = beijing_day(award.time) <= body["signed_on"] <= beijing_day(first.time)
    need(days, "合同签订日不可能", "signed on a day that cannot be", first.index)
    latest, price, paid, ended = first.commitment, cents(body["price"]), 0, False
    for e in d.of(*UNDER_CONTRACT):
        need(not ended, "合同终了之后仍有行为", "an act after the contract's end", e.index)
        need(e.body["previous"] == latest, "合同记录不接前一条", "it does not follow the one before", e.index)
        latest = e.commitment
        if e.kind == "contract_changed":
            price = cents(e.body["price"])
        elif e.kind == "contract_performed":
            amount = e.body["amount"]
            need((amount is None) == (e.body["what"] == "milestone"), "付款无金额", "an amount is amiss", e.index)
            paid += 0 if amount is None else cents(amount)
        need(paid <= price, "付款超过合同价格", "more was paid than the price", e.index)
        ended = e.kind in CONTRACT_ENDS


def beijing_day(moment: str) -> str:
    """The day in Beijing (UTC+8) of a time of the record."""
    return (datetime.fromisoformat(moment) + timedelta(hours=8)).date().isoformat()


def check_publicity(d: Dossier, expected: list[Any]) -> str:
    """Until when the candidates are public. Raises NotApplicable where they are not yet."""
    published = d.reached("candidates_published")
    body, until = published.body, published.body["objections_until"]
    same = canonical(body["candidates"]) == canonical(expected)
    need(same, "候选人不是排名前列", "the candidates are not the first of the ranking", published.index)
    need(body["published_at"] == published.time, "公示时间不是条目时间", "not published when it says", published.index)
    need(body["published_at"] < until, "公示期倒置", "it ends before it begins", published.index)
    return str(until)


def check_documents(d: Dossier) -> Told:
    listing = [*d.of("prior_published"), *d.notices(), *d.of("contract_registered", "contract_changed", *CONTRACT_ENDS)]
    named = [(n.index, document) for n in listing for document in n.body["documents"]]
    named += [(e.index, e.body) for e in d.of("document_issued")]
    acts = {e.commitment: e.index for e in d.entries}
    for e in d.of("document_issued"):
        need(
            acts.get(e.body["entry"], e.index) < e.index,
            "文书所述行为不在卷宗中",
            "the act that it states is not in the dossier",
            e.index,
        )
    told = check_results(d)
    wanted = {f"documents/{document['sha256']}" for _, document in named} | {
        f"envelopes/{e['id']}" for e in d.frame["envelopes"]
    }
    extra = set(d.archive.members) - wanted - {"dossier.json"}
    need(not extra, f"多余文件 {min(extra, default='')}", f"a file that no entry names: {min(extra, default='')}")
    listed = bool(d.of("lot_opened", "auction_closed")) or not d.frame["envelopes"]
    need(listed, "开标前不应有信封", "there are envelopes before the opening")
    found: dict[str, int] = {}
    for index, document in named:
        name = f"documents/{document['sha256']}"
        if name not in found:
            found[name] = hashed(d.archive, name, index)
        need(found[name] == document["size"], "文件大小不符", "the document has another size", index)
    if told:
        return f"{len(found)} 份文件；{told} 家未中标单位已获告知", f"{len(found)} documents; {told} of the losers told"
    return f"{len(found)} 份文件", f"{len(found)} documents"


def check_results(d: Dossier) -> int:
    """How many of those who have not won were told so, each once. The letters themselves are not in the dossier."""
    told: set[str] = set()
    for e in d.of("result_told"):
        award, agency = d.one("lot_awarded"), d.notices()[0].body["notice"]["agency"]["code"]
        need(e.body["award"] == award.commitment, "通知书不接本次定标", "it tells of another award", e.index)
        losers = {bid["bidder"] for bid in d.one("lot_opened").body["bids"]} - {award.body["winner"]}
        need(e.body["bidder"] in losers, "收件人不是未中标的投标人", "it is to nobody who has lost", e.index)
        need(e.body["bidder"] not in told, "同一单位告知两次", "one bidder is told twice", e.index)
        need(e.body["author"] == agency, "通知书不是招标人的", "it is not the agency's", e.index)
        told.add(e.body["bidder"])
    return len(told)


def hashed(archive: Archive, name: str, index: int) -> int:
    """The size of a document, once its hash is right."""
    digest, size = hashlib.sha256(), 0
    for chunk in archive.chunks(name, MAX_DOCUMENT):
        digest.update(chunk)
        size += len(chunk)
    need(f"documents/{digest.hexdigest()}" == name, "文件哈希不符", "the document has another hash", index)
    return size


# --- Check 18: the auction (auction.md) -------------------------------------------------------------------------------

MOST = 999_999_999_999_999
SECOND = 1_000_000
is_seconds = between(1, 30 * 24 * 3600)
is_slug = of_form("[a-z][a-z0-9_]{0,39}")


def is_price(value: Any) -> bool:
    return is_money(value) and value != "0.00"


GROUND = {
    "id": is_slug, "effect": one_of("freeze", "suspend", "terminate"), "cites": is_text, "zh": is_text, "en": is_text,
}  # fmt: skip
AUCTION_PARTS: dict[str, dict[str, Shape]] = {
    "open": {"closes_at": is_time, "soft_close_seconds": between(0, 24 * 3600), "resume_seconds": is_seconds},
    "timed": {
        "contenders": between(2, 1000), "window_seconds": or_null(is_seconds), "preparation_seconds": is_seconds,
        "countdown_seconds": is_seconds,
    },
    "offers": {"seconds": is_seconds},
    "rounds": {"count": between(1, 9), "pause_seconds": is_seconds, "turn_seconds": is_seconds},
}  # fmt: skip
AUCTION_KINDS = {
    "english": {"open"}, "listing": {"open", "timed"}, "sealed_offer": {"offers"}, "descending_rounds": {"rounds"},
}  # fmt: skip
AUCTION_TERMS = {
    "type": one_of("sunbid/auction-terms/1"), "kind": one_of(*AUCTION_KINDS), "start_price": is_price,
    "step": is_price, "multiples": is_bool, "leader_may_raise": is_bool, "cap": or_null(is_price),
    "reserve": or_null(HEX32), "least_bidders": between(1, 1000), "registration_until": is_time, "opens_at": is_time,
    **{part: or_null(is_object) for part in AUCTION_PARTS}, "ties": one_of("earlier", "draw"),
    "outage_seconds": is_seconds, "grounds": [is_object],
}  # fmt: skip
AT, WHO = {"event": is_text, "at": is_time, "salt": HEX32}, {"bidder": is_number}
SIGNED_EVENT = {**WHO, "sequence": is_sequence, "statement": HEX32}
RESULT = one_of("sold", "no_bids", "below_reserve", "too_few_bidders")
AUCTION_EVENTS: dict[str, dict[str, Shape]] = {
    "registered": {**WHO, "price": or_null(is_price)}, "started": {}, "bid": {**SIGNED_EVENT, "price": is_price},
    "prepared": {}, "timing": {}, "offering": {}, "offer": {**SIGNED_EVENT, "sealed": HEX32},
    "turn": {**WHO, "round": between(1, 9)}, "stopped": {"ground": is_slug}, "announced": {"resumes_at": is_time},
    "resumed": {}, "interrupted": {"since": is_time}, "closed": {}, "opened": {"prices": map_of(or_null(is_price))},
    "revealed": {"price": or_null(is_price)}, "drawn": WHO, "terminated": {"ground": is_slug},
    "ended": {"result": RESULT, "winner": or_null(is_number), "price": or_null(is_price)},
}  # fmt: skip
RUNNING = {"open", "preparing", "timed", "offers", "turn"}
UNSEEN = {"registered", "offer", "announced"}
SUMS = {"cap", "price", "start_price", "step"}
MOMENTS = {"at", "closes_at", "opens_at", "registration_until", "resumes_at", "since"}
#: Kind of envelope -> the event that says what was inside.
OPENS = {"offer": "opened", "reserve": "revealed"}
#: Result of an auction -> why what it has sealed was destroyed unopened.
UNOPENED = {"no_bids": "no_bids", "too_few_bidders": "too_few", "terminated": "cancelled"}


def micros(time: str) -> int:
    """Microseconds since 1970."""
    at = datetime.fromisoformat(time)
    return int(at.replace(microsecond=0).timestamp()) * SECOND + at.microsecond


def figures(value: dict[str, Any]) -> dict[str, Any]:
    """The same with money in 分 and times in microseconds, by the names of the members."""
    found: dict[str, Any] = {}
    for name, item in value.items():
        if isinstance(item, dict):
            sums = {who: item[who] and cents(item[who]) for who in item} if name == "prices" else figures(item)
            found[name] = sums
        elif item is not None and name in SUMS:
            found[name] = cents(item)
        else:
            found[name] = micros(item) if item is not None and name in MOMENTS else item
    return found


def terms_fault(terms: Any) -> str | None:
    """The first member of an auction's terms that is wrong, or None."""
    if not exactly(terms, AUCTION_TERMS):
        return misfit(AUCTION_TERMS, terms) or "members"
    parts = {part for part in AUCTION_PARTS if terms[part] is not None}
    if parts != AUCTION_KINDS[terms["kind"]] | ({"offers"} if terms["cap"] else set()):
        return "kind"
    if not all(exactly(terms[part], AUCTION_PARTS[part]) for part in parts):
        return "parts"
    ids = [ground.get("id") for ground in terms["grounds"]]
    if not all(exactly(ground, GROUND) for ground in terms["grounds"]) or len(set(ids)) != len(ids):
        return "grounds"
    return prices_fault(figures(terms)) or times_fault(figures(terms))


def prices_fault(t: dict[str, Any]) -> str | None:
    cap, start, step = t["cap"], t["start_price"], t["step"]
    if cap is not None and (t["open"] is None or cap <= start or (cap - start) % step):
        return "cap"
    if t["rounds"] is not None and t["reserve"] is not None:
        return "reserve"
    return "step" if t["rounds"] is not None and step >= start else None


def times_fault(t: dict[str, Any]) -> str | None:
    last = t["open"]["closes_at"] if t["open"] else t["opens_at"]
    if t["open"] and last <= t["opens_at"]:
        return "open.closes_at"
    wanted = t["least_bidders"] > 1 and t["registration_until"] > t["opens_at"]
    return "registration_until" if wanted or t["registration_until"] > last else None


@dataclass
class Stand:
    """A bidder in an auction: its last statement's sequence, its price with event and time, its sealed offer."""

    sequence: int = 0
    price: int | None = None
    place: int = 0
    at: int | None = None
    sealed: str | None = None


@dataclass
class Course:
    """An auction as its events make it; money in 分, times in microseconds. The rules are those of auction.md."""

    terms: dict[str, Any]
    phase: str = "waiting"
    number: int = 0
    head: str | None = None
    view: str | None = None
    at: int | None = None
    ends: int | None = None
    ground: str | None = None
    left: int = 0
    resumes: int | None = None
    stands: dict[str, Stand] = field(default_factory=dict)
    leading: tuple[int, int, str] | None = None
    opened: dict[str, int | None] | None = None
    reserve: int | None = None
    drawn: str | None = None
    round: int = 0
    turn: str | None = None
    order: list[str] = field(default_factory=list)

    # What is due by itself.

    def due(self, now: int, alive: int) -> dict[str, Any] | None:
        """The event that is due at a moment, when the platform was alive at another, without its time."""
        if self.phase in {"open", "timed"} and self.leading and self.leading[0] == self.terms["cap"]:
            return {"event": "offering"}
        if self.phase in RUNNING and self.ground is None and self.ends is not None and self.at is not None:
            since = min(max(alive, self.at), self.ends)
            still = now - since > self.terms["outage_seconds"] * SECOND
            if still and now + self.whole(self.phase) > self.ends:
                return {"event": "interrupted", "since": since}
        moment = self.due_at()
        if moment is None or now < moment:
            return None
        return {"event": "resumed"} if self.ground is not None else self.next()

    def due_at(self) -> int | None:
        if self.phase == "ended":
            return None
        if self.phase == "closed":
            return None if self.waits() else self.at
        if self.ground is not None:
            return self.resumes
        return int(self.terms["opens_at"]) if self.phase == "waiting" else self.ends

    def next(self) -> dict[str, Any]:
        """What follows the end of the phase."""
        t = self.terms
        if self.phase == "waiting":
            few = t["registration_until"] <= t["opens_at"] and len(self.stands) < t["least_bidders"]
            nobody = {"event": "ended", "result": "too_few_bidders", "winner": None, "price": None}
            return nobody if few else {"event": "started"}
        if self.phase == "open" and t["timed"] and self.ends is not None:
            window = t["timed"]["window_seconds"]
            since = 0 if window is None else self.ends - window * SECOND
            bidding = [s for s in self.stands.values() if s.at is not None and s.at >= since]
            return {"event": "closed" if len(bidding) < t["timed"]["contenders"] else "prepared"}
        if self.phase == "preparing" and t["rounds"]:
            order = self.turns()
            return {"event": "turn", "round": self.round + 1, "bidder": order[0]} if order else {"event": "closed"}
        if self.phase == "turn" and self.order:
            return {"event": "turn", "round": self.round, "bidder": self.order[0]}
        if self.phase == "closed":
            return self.outcome()
        another = self.phase == "turn" and self.round < t["rounds"]["count"]
        return {"event": "timing" if self.phase == "preparing" else "prepared" if another else "closed"}

    def whole(self, phase: str) -> int:
        """How long the phase has at least."""
        t = self.terms
        seconds_ = {
            "open": lambda: t["open"]["resume_seconds"], "timed": lambda: t["timed"]["countdown_seconds"],
            "offers": lambda: t["offers"]["seconds"], "turn": lambda: t["rounds"]["turn_seconds"],
            "preparing": lambda: t["timed"]["preparation_seconds"] if t["timed"] else t["rounds"]["pause_seconds"],
        }[phase]()  # fmt: skip
        return int(seconds_) * SECOND

    def turns(self) -> list[str]:
        """From the highest standing price to the lowest, of equal prices the later first."""
        priced_ = [(s.price, s.place, number) for number, s in self.stands.items() if s.price]
        return [number for _, _, number in sorted(priced_, reverse=True)]

    # The result.

    def unopened(self) -> set[str]:
        return set() if self.opened is not None else {n for n, s in self.stands.items() if s.sealed is not None}

    def best(self) -> list[tuple[int, int, str]]:
        """The best prices with event and number, the earliest first."""
        t, found = self.terms, [self.leading] if self.leading else []
        least = t["start_price"] if t["cap"] is None else t["cap"]
        for number, price in (self.opened or {}).items():
            if price is not None and price >= least:
                found.append((price, self.stands[number].place, number))
        if t["rounds"]:
            found = [(s.price, s.place, number) for number, s in self.stands.items() if s.price is not None]
        top = (min if t["rounds"] else max)((price for price, _, _ in found), default=0)
        return sorted((one for one in found if one[0] == top), key=lambda one: one[1])

    def short(self) -> bool:
        best = self.best()
        return self.reserve is not None and bool(best) and best[0][0] < self.reserve

    def tied(self) -> set[str]:
        """Among whom a draw has still to decide."""
        names = {number for _, _, number in self.best()}
        open_ = self.terms["ties"] == "draw" and len(names) > 1 and self.drawn is None and not self.short()
        return names if open_ else set()

    def hides_reserve(self) -> bool:
        return self.terms["reserve"] is not None and self.reserve is None

    def waits(self) -> bool:
        return bool(self.unopened() or (self.hides_reserve() and self.best()) or self.tied())

    def outcome(self) -> dict[str, Any]:
        best = self.best()
        if not best or self.short():
            return {"event": "ended", "result": "below_reserve" if best else "no_bids", "winner": None, "price": None}
        price, _, winner = next((one for one in best if one[2] == self.drawn), best[0])
        return {"event": "ended", "result": "sold", "winner": winner, "price": price}

    # What people do: the reason for which it is refused, or None.

    def refusal(self, now: int, said: dict[str, Any]) -> str | None:
        """Of a bid or an offer: the first reason of auction.md that applies."""
        stand, offer = self.stands.get(said["bidder"]), "sealed" in said
        if stand is None:
            return "not_registered"
        if said["sequence"] <= stand.sequence:
            return "replayed"
        if (misplaced := self.untimely(now) or self.unlike(offer)) is not None:
            return misplaced
        if said["seen"] != self.view:
            return "view_stale"
        if offer:
            return None if stand.sealed is None else "offered_already"
        falls = self.terms["rounds"] is not None
        return (self.fall_refused if falls else self.rise_refused)(said["bidder"], said["price"], stand)

    def untimely(self, now: int) -> str | None:
        if self.phase in {"closed", "ended"}:
            return "after_end"
        if self.ground is not None:
            return "suspended"
        if self.phase == "waiting":
            return "not_started"
        if self.ends is not None and now >= self.ends:
            return "after_end"
        return "preparing" if self.phase == "preparing" else None

    def unlike(self, offer: bool) -> str | None:
        """Bids are taken in one phase and offers in another."""
        if offer == (self.phase == "offers"):
            return None
        return "takes_bids" if offer else "takes_offers"

    def rise_refused(self, bidder: str, price: int, _: Stand) -> str | None:
        t = self.terms
        faults = {
            "below_start": price < t["start_price"],
            "not_above_by_step": self.leading is not None and price < self.leading[0] + t["step"],
            "not_a_multiple": t["multiples"] and (price - t["start_price"]) % t["step"] != 0,
            "above_cap": price > (t["cap"] or MOST),
            "leading_already": self.leading is not None and self.leading[2] == bidder and not t["leader_may_raise"],
        }
        return next((reason for reason, faulty in faults.items() if faulty), None)

    def fall_refused(self, bidder: str, price: int, stand: Stand) -> str | None:
        if stand.price is None or self.turn != bidder:
            return "not_your_turn"
        if not 0 < price <= stand.price - self.terms["step"]:
            return "not_below_by_step"
        return "not_a_multiple" if self.terms["multiples"] and (stand.price - price) % self.terms["step"] else None

    def act_refused(self, event: dict[str, Any]) -> str | None:
        """Of any other act; "not_due" for what nobody does."""
        name, now = event["event"], event["at"]
        over, stopped = self.phase in {"closed", "ended"}, self.ground is not None
        faults: dict[str, dict[str, bool]] = {
            "registered": {
                "not_running": over, "registration_over": now >= self.terms["registration_until"],
                "number_taken": event.get("bidder") in self.stands, "quote_wrong": self.quote_wrong(event.get("price")),
            },
            "stopped": {"not_running": over, "stopped_already": stopped, "ground_unknown": self.lacks(
                event.get("ground"), {"freeze", "suspend"})},
            "announced": {"not_running": over, "not_stopped": not stopped,
                          "resumes_in_the_past": event.get("resumes_at", 0) <= now},
            "resumed": {"not_running": over, "not_stopped": not stopped,
                        "ground_unknown": self.lacks(self.ground, {"freeze"})},
            "terminated": {"not_running": self.phase == "ended", "ground_unknown": self.lacks(
                event.get("ground"), {"terminate"})},
            "opened": {"nothing_to_open": self.phase != "closed" or not self.unopened(),
                       "offers_differ": set(event.get("prices", ())) != self.unopened()},
            "revealed": {"nothing_to_open": self.phase != "closed" or not self.hides_reserve() or bool(self.unopened())
                         or not self.best()},
            "drawn": {"nothing_to_draw": self.phase != "closed" or bool(self.unopened()) or self.hides_reserve()
                      or event.get("bidder") not in self.tied()},
        }  # fmt: skip
        return next((reason for reason, bad in faults.get(name, {"not_due": True}).items() if bad), None)

    def quote_wrong(self, price: int | None) -> bool:
        falls = self.terms["rounds"] is not None
        return (price is not None) != falls or (price is not None and price > self.terms["start_price"])

    def lacks(self, ground: str | None, effects: set[str]) -> bool:
        return not any(g["id"] == ground and g["effect"] in effects for g in self.terms["grounds"])

    # What an event makes of it.

    def follow(self, event: dict[str, Any], id_: str) -> str | None:
        """Decide an event (not a bid or an offer) again and apply it; why it should not be there, or None."""
        now = event["at"]
        if self.at is not None and now < self.at:
            return "clock_behind"
        due = self.due(now, event.get("since", now))
        if due is not None:
            if due | {"at": now, "salt": event["salt"]} != event:
                return f"due: {due['event']}"
        elif (reason := self.act_refused(event)) is not None:
            return reason
        self.apply(event, id_)
        return None

    def take(self, event: dict[str, Any], id_: str, said: dict[str, Any]) -> str | None:
        """The same of a bid or an offer; `said` is what its bidder has signed."""
        now = event["at"]
        if self.at is not None and now < self.at:
            return "clock_behind"
        due = self.due(now, now)
        reason = f"due: {due['event']}" if due is not None else self.refusal(now, said)
        if reason is None:
            self.apply(event, id_)
        return reason

    def apply(self, event: dict[str, Any], id_: str) -> None:
        name, self.number, self.head, self.at = event["event"], self.number + 1, id_, event["at"]
        self.view = self.view if name in UNSEEN else id_
        getattr(self, f"on_{name}")(event)

    def begin(self, phase: str, now: int) -> None:
        self.phase, self.ends = phase, now + self.whole(phase)

    def on_registered(self, e: dict[str, Any]) -> None:
        quoted = e["price"] is not None
        place, at = (self.number, e["at"]) if quoted else (0, None)
        self.stands[e["bidder"]] = Stand(price=e["price"], place=place, at=at)

    def on_started(self, e: dict[str, Any]) -> None:
        if self.terms["open"]:
            late = e["at"] - self.terms["opens_at"]
            late = late if late > self.terms["outage_seconds"] * SECOND else 0
            self.phase, self.ends = "open", self.terms["open"]["closes_at"] + late
        else:
            self.begin("offers" if self.terms["offers"] else "preparing", e["at"])

    def on_bid(self, e: dict[str, Any]) -> None:
        stand = self.stands[e["bidder"]]
        stand.price, stand.sequence, stand.place, stand.at = e["price"], e["sequence"], self.number, e["at"]
        if self.phase == "turn":
            self.turn, self.ends = None, e["at"]
            return
        self.leading = e["price"], self.number, e["bidder"]
        if self.phase == "timed":
            self.begin("timed", e["at"])
        elif self.ends is not None:
            self.ends = max(self.ends, e["at"] + self.terms["open"]["soft_close_seconds"] * SECOND)

    def on_offer(self, e: dict[str, Any]) -> None:
        stand = self.stands[e["bidder"]]
        stand.sealed, stand.sequence, stand.place, stand.at = e["sealed"], e["sequence"], self.number, e["at"]

    def on_prepared(self, e: dict[str, Any]) -> None:
        self.turn = None
        self.begin("preparing", e["at"])

    def on_timing(self, e: dict[str, Any]) -> None:
        self.begin("timed", e["at"])

    def on_offering(self, e: dict[str, Any]) -> None:
        self.begin("offers", e["at"])

    def on_turn(self, e: dict[str, Any]) -> None:
        order = self.turns() if e["round"] != self.round else self.order
        self.round, self.turn, self.order = e["round"], e["bidder"], order[order.index(e["bidder"]) + 1 :]
        self.begin("turn", e["at"])

    def on_stopped(self, e: dict[str, Any]) -> None:
        self.ground, self.resumes = e["ground"], None
        self.left = 0 if self.ends is None else self.ends - e["at"]

    def on_announced(self, e: dict[str, Any]) -> None:
        self.resumes = e["resumes_at"]

    def on_resumed(self, e: dict[str, Any]) -> None:
        self.ground = None
        if self.phase in RUNNING:
            self.ends = e["at"] + max(self.left, self.whole(self.phase))

    def on_interrupted(self, e: dict[str, Any]) -> None:
        self.ends = e["at"] + self.whole(self.phase)

    def on_closed(self, e: dict[str, Any]) -> None:
        self.phase, self.ends, self.turn = "closed", e["at"], None

    def on_opened(self, e: dict[str, Any]) -> None:
        self.opened = e["prices"]

    def on_revealed(self, e: dict[str, Any]) -> None:
        self.reserve = e["price"] or 0  # what does not open is no reserve price

    def on_drawn(self, e: dict[str, Any]) -> None:
        self.drawn = e["bidder"]

    def on_ended(self, _: dict[str, Any]) -> None:
        self.phase = "ended"

    on_terminated = on_ended


def check_auction(d: Dossier) -> Told:
    if d.auction_end is None:
        raise NotApplicable("竞价未结束即失败或取消", "the lot failed before its auction had ended")
    course, hall = Course(figures(auction_terms(d))), Hall(d)
    for e in d.of("auction_event", "auction_refused"):
        if e.kind == "auction_event":
            hall.follow(course, e)
        else:
            hall.check_refused(course, e)
    hall.check_all_used(course)
    check_bidding_end(d)
    check_sealed(d, course.terms["reserve"])
    for finding in filter(None, hall.unsure):
        raise finding
    if events_named(d, "drawn"):
        raise NotChecked("抽签本程序未核对", "not checked by this version: the draw among equal prices")
    ended = d.auction_end.body["link"]["event"]
    said = shown(ended.get("result", "terminated"))
    bids, refused_ = len(d.of("auction_statement")), len(d.of("auction_refused"))
    return (
        f"{course.number} 个事件重算一致，{bids} 次报价，{refused_} 次拒绝；{said}",
        f"{course.number} events recomputed alike, {bids} bids, {refused_} refusals; {said}",
    )


def check_sealed(d: Dossier, reserve: str | None) -> None:
    """What the auction has sealed was opened behind a closing that names it, as it is inside; or it never was."""
    offers = sorted(event_of(e)["sealed"] for e in d.of("auction_event") if event_of(e)["event"] == "offer")
    need(len(set(offers)) == len(offers), "两份报价同一信封", "two offers have one envelope")
    sealed = {"offer": offers, "reserve": [] if reserve is None else [reserve]}
    wanted = {kind for kind, envelopes in sealed.items() if envelopes}
    named = set(d.notice().body["key_sets"])
    need(wanted <= named and ("reserve" in named) == (reserve is not None), "密封的内容没有密钥集，或者相反",
         "something sealed has no key set, or the other way round")  # fmt: skip
    for e in d.of("auction_closed"):
        check_sealed_closing(d, e, sealed)
    opened = {kind: e for kind, name in OPENS.items() for e in events_named(d, name)}
    listed = [envelope for kind in OPENS if kind in opened for envelope in sealed[kind]]
    need([e["id"] for e in d.frame["envelopes"]] == listed, "信封不符", "the envelopes are others")
    for kind, e in opened.items():
        check_opened_in_auction(d, kind, sealed[kind], e)
    check_unopened(d, [envelope for kind in OPENS if kind not in opened for envelope in sealed[kind]])


def events_named(d: Dossier, name: str) -> list[Entry]:
    return [e for e in d.of("auction_event") if event_of(e)["event"] == name]


def check_sealed_closing(d: Dossier, e: Entry, sealed: dict[str, list[str]]) -> None:
    """It is of the time and place at which these envelopes had to be opened, and lists all of them."""
    kind = e.body["kind"]
    need(kind in sealed, "未知的封套种类", "that kind of envelope is not known", e.index)
    root = tree_of(leaf_hash(bytes.fromhex(envelope)) for envelope in sealed[kind]).root().hex()
    listed = (e.body["envelopes"], e.body["count"], e.body["root"]) == (sealed[kind], len(sealed[kind]), root)
    need(listed and bool(sealed[kind]), "待开启的清单不符", "it does not list what was sealed", e.index)
    # The reserve price comes after the offers, and only where there is a price that it is compared with.
    after = "opened" if kind == "reserve" and sealed["offer"] else "closed"
    last = events_named(d, after)[-1:]
    need(kind != "reserve" or has_price(d), "没有报价却开启保留价",
         "a reserve price was to be opened though nobody has bid", e.index)  # fmt: skip
    if not last:
        raise Failed("竞价未截止", "the bidding was not over", e.index)
    same = e.body["event"] == record_id("sunbid/auction-event/1", last[0].body["link"]) and e.time == last[0].time
    need(same and last[0].index < e.index, "不是竞价截止时的记录", "it is not of the end of the bidding", e.index)


def has_price(d: Dossier) -> bool:
    """Whether somebody has bid, or made an offer that counts."""
    terms = d.notice().body["auction"]
    least = cents(terms["start_price"] if terms["cap"] is None else terms["cap"])
    opened = [price for e in events_named(d, "opened") for price in event_of(e)["prices"].values()]
    return bool(events_named(d, "bid")) or any(price is not None and cents(price) >= least for price in opened)


def check_opened_in_auction(d: Dossier, kind: str, envelopes: list[str], e: Entry) -> None:
    """The prices are those inside, and there was a closing before."""
    need(closing_of(d, kind).index < e.index, "开启之前没有截止记录", "opened without a closing before it", e.index)
    id_, key_set = d.key_set(kind)
    objects = [one.body["release"]["object"] for one in d.of("key_released") if one.index < e.index]
    private = {o["trustee"]: bytes.fromhex(o["private_key"]) for o in objects if o["key_set"] == id_}
    whole = [q for q, names in enumerate(key_set["quorums"]) if set(names) <= private.keys()]
    need(bool(whole), "没有完整的密钥组合", "no whole quorum had released its keys", e.index)
    keys = tuple(X25519PrivateKey.from_private_bytes(private[name]) for name in key_set["quorums"][whole[0]])
    opener = Opener(key_set, id_, whole[0], keys)
    sealers = {event_of(one)["sealed"]: event_of(one)["bidder"] for one in events_named(d, "offer")}
    agency = d.notice().body["notice"]["agency"]["code"]
    inside = {
        sealers.get(one, agency): price_inside(d, one, opener, sealers.get(one, agency), e.index) for one in envelopes
    }
    said = event_of(e)["prices"] if kind == "offer" else {agency: event_of(e)["price"]}
    told = shown(", ".join(f"{who}: {price}" for who, price in inside.items()))
    need(inside == said, f"封套内的价格为 {told}", f"the prices inside are {told}", e.index)


def check_unopened(d: Dossier, envelopes: list[str]) -> None:
    """Each was destroyed for what the auction came to, and nothing else was."""
    end = d.of("auction_event")[-1]
    reason, stated = UNOPENED.get(event_of(end).get("result", "terminated")), d.notice(d.of("auction_event")[0].index)
    accepted = {e.body["statement"]["object"].get("sealed"): e.commitment for e in d.of("auction_statement")}
    gone: dict[str, Entry] = {e.body["envelope"]: e for e in d.of("envelope_destroyed")}
    need(set(gone) == set(envelopes), "未开启的封套没有销毁，或者相反",
         "what was not opened was not destroyed, or the other way round")  # fmt: skip
    for envelope, e in gone.items():
        kind = "offer" if envelope in accepted else "reserve"
        told = tuple(e.body.get(m) for m in ("accepted", "kind", "reason"))
        right = told == (accepted.get(envelope, stated.commitment), kind, reason)
        need(right, "销毁的理由不符", "it was destroyed for another reason", e.index)


def price_inside(d: Dossier, envelope: str, opener: Opener, sealer: str, index: int) -> str | None:
    """The price (text in 元) in an envelope, opened again; None for one that does not open, or holds none."""
    blocks = next(e["blocks"] for e in d.frame["envelopes"] if e["id"] == envelope)
    part, schema = d.archive.read(f"envelopes/{envelope}", MAX_PART), d.notice().body["form_schema"]
    try:
        found = envelope_id(part, blocks)
    except Broken as error:
        raise Failed("信封不成形", f"the envelope has not its form: {error.reason}", index) from error
    need(bool(blocks) and found == envelope, "信封与编号不符", "it is not what its id says", index)
    try:
        values = opener.open(part, len(blocks), sealer)
    except Broken:
        return None
    price = None if form_fault(schema, values) else values.get(schema["price_field"])
    return price if is_price(price) else None


def event_of(e: Entry) -> dict[str, Any]:
    event: dict[str, Any] = e.body["link"]["event"]
    return event


def auction_terms(d: Dossier) -> dict[str, Any]:
    """The terms that stood when the first event was recorded; no later notice changes them. Raises Failed."""
    first = d.of("auction_event")[0]
    stated = d.notice(first.index)
    earlier = [terms_of(notice) for notice in d.notices(first.index)]
    check_extensions(d.notices(first.index), earlier)
    for notice in d.notices():
        same = notice.index < first.index or canonical(notice.body.get("auction")) == canonical(stated.body["auction"])
        need(same, "竞价规则在登记后变更", "the terms were changed after the first event", notice.index)
    return earlier[-1]


def terms_of(notice: Entry) -> dict[str, Any]:
    """What a notice states of the auction. Raises Failed."""
    terms: Any = notice.body.get("auction")
    need(terms is not None, "公告没有竞价规则", "the notice states no terms of an auction", notice.index)
    fault = terms_fault(terms)
    need(fault is None, f"竞价规则不成立：{fault}", f"the terms of the auction are not sound: {fault}", notice.index)
    found: dict[str, Any] = terms
    return found


def check_extensions(notices: Sequence[Entry], terms: Sequence[dict[str, Any]]) -> None:
    """Before the first event an amendment moves times alone, each to a later one, once registration is over."""
    for (old, new), notice in zip(itertools.pairwise(terms), notices[1:], strict=True):
        alike = canonical(without_times(old)) == canonical(without_times(new))
        later = alike and all(a < b for a, b in zip(times_of(old), times_of(new), strict=True))
        need(later and notice.time >= old["registration_until"], "竞价规则的变更不是延长",
             "the terms were changed by more than an extension", notice.index)  # fmt: skip


def times_of(terms: dict[str, Any]) -> list[str]:
    return [terms["registration_until"], terms["opens_at"], *([terms["open"]["closes_at"]] if terms["open"] else [])]


def without_times(terms: dict[str, Any]) -> dict[str, Any]:
    phase = terms["open"] and {k: v for k, v in terms["open"].items() if k != "closes_at"}
    rest = {k: v for k, v in terms.items() if k not in {"registration_until", "opens_at"}}
    return {**rest, "open": phase}


def check_bidding_end(d: Dossier) -> None:
    """The end of the bidding was cosigned when it says, where the anchors ask for witnesses."""
    events = d.of("auction_event")
    closed = [e for e in events if e.body["link"]["event"]["event"] in {"closed", "ended", "terminated"}]
    if d.anchors.witness_quorum or not d.anchors.outside:
        check_lateness(d, closed[0])


def placed(course: Course, link: dict[str, Any], index: int | None = None) -> dict[str, Any]:
    """The event of a record that stands at its place behind what the course has seen. Raises Failed."""
    event = link["event"]
    shape = AUCTION_EVENTS.get(event["event"])
    need(shape is not None and exactly(event, {**AT, **(shape or {})}), "事件不成形", "no such event", index)
    whole = exactly(link, {"type": one_of("sunbid/auction-event/1"), "number": is_any, "previous": is_any,
                           "event": is_any})  # fmt: skip
    chained = whole and (link["number"], link["previous"]) == (course.number + 1, course.head)
    need(chained, "事件不相接", "the events do not chain", index)
    found: dict[str, Any] = event
    return found


class Hall:
    """Numbers, statements and refusals of an auction, held against its course."""

    def __init__(self, d: Dossier) -> None:
        self.d, self.unsure = d, list[NotChecked | None]()
        self.numbers: dict[str, Entry] = {}
        for e in d.of("auction_number"):
            need(e.body["bidder"] not in self.numbers, "号牌重复", "a number is given twice", e.index)
            self.numbers[e.body["bidder"]] = e
        holders = [e.body["organisation"] for e in self.numbers.values()]
        need(len(set(holders)) == len(holders), "同一单位两个号牌", "an organisation has two numbers")
        self.statements = {self.id_of(e.body["statement"]): e for e in d.of("auction_statement")}
        need(len(self.statements) == len(d.of("auction_statement")), "声明重复", "a statement stands twice")

    @staticmethod
    def id_of(signed_: dict[str, Any]) -> str:
        return record_id(signed_["object"]["type"], signed_["object"])

    def follow(self, course: Course, e: Entry) -> None:
        """One event at its place, decided again."""
        link, event = e.body["link"], placed(course, e.body["link"], e.index)
        need(event["at"] == e.time, "事件时间不是条目时间", "it did not happen when its entry says", e.index)
        id_, told = record_id("sunbid/auction-event/1", link), figures(event)
        if event["event"] in {"bid", "offer"}:
            reason = course.take(told, id_, self.said(e, event))
        else:
            reason = course.follow(told, id_)
        where = f"第 {link['number']} 个事件", f"event {link['number']}"
        need(reason is None, f"{where[0]}不合规则（{reason}）", f"{where[1]} is against the rules ({reason})", e.index)
        if event["event"] == "registered":
            number = self.numbers.get(event["bidder"])
            held = number is not None and number.index < e.index and number.time == e.time
            need(held, "号牌没有登记单位", "nobody holds the number that it registers", e.index)

    def said(self, e: Entry, event: dict[str, Any]) -> dict[str, Any]:
        """What the bidder signed for an accepted bid or offer; it is what the event says. Raises Failed."""
        stated = self.statements.pop(event["statement"], None)
        if stated is None:
            raise Failed("报价没有签署的声明", "nobody signed this bid", e.index)
        object_ = stated.body["statement"]["object"]
        mine = "price" if event["event"] == "bid" else "sealed"
        same = mine in object_ and all(object_[m] == event[m] for m in ("bidder", mine, "sequence"))
        need(same, "报价与签署的声明不符", "the bid is not what its bidder has signed", e.index)
        need(stated.time == e.time, "声明与报价时间不同", "statement and bid have another time", stated.index)
        self.check_signed(stated.body["statement"], stated)
        return figures(object_)

    def check_signed(self, signed_: dict[str, Any], e: Entry) -> None:
        object_, frame = signed_["object"], self.d.frame
        here = all(object_[m] == frame[m] for m in ("origin", "demonstration", "tender", "lot"))
        need(here, "声明属于别处", "the statement is for another lot, origin or mode", e.index)
        holder = self.numbers.get(object_["bidder"])
        if holder is None:
            raise Failed("声明的号牌无人持有", "nobody holds the number of the statement", e.index)
        self.unsure.append(check_signer(self.d, signed_, holder.body["organisation"], "statement", e))

    def check_refused(self, course: Course, e: Entry) -> None:
        """The reason is the first that applied then. What was said without a number is not in the record."""
        reason, signed_ = e.body["reason"], e.body["signed"]
        if signed_ is None:
            unknown = reason == "not_registered"
            need(unknown, "拒绝未附声明", "the refused statement is not there", e.index)
            return
        need(self.id_of(signed_) == e.body["statement"], "拒绝的是别的声明", "it refuses another statement", e.index)
        self.check_signed(signed_, e)
        found = course.refusal(micros(e.time), figures(signed_["object"]))
        told = found or "—"
        need(found == reason, f"拒绝的理由不实，应为 {told}", f"refused for what was not so ({told})", e.index)

    def check_all_used(self, course: Course) -> None:
        for e in self.statements.values():
            raise Failed("受理的报价没有进入竞价", "an accepted bid is not in the auction", e.index)
        for number, e in self.numbers.items():
            need(number in course.stands, "号牌没有登记", "a number was given and not registered", e.index)


def check_auction_award(d: Dossier) -> Told:
    """The award is to whom the auction was sold, at that price."""
    if d.auction_end is None:
        raise NotApplicable("竞价未结束即失败或取消", "the lot failed before its auction had ended")
    end = d.auction_end.body["link"]["event"]
    sold = end.get("result") == "sold"
    if not d.of("lot_awarded"):
        return ("尚未确认成交", "not awarded yet") if sold else ("没有成交，没有定标", "not sold, and not awarded")
    award = d.one("lot_awarded")
    need(sold, "没有成交却定标", "awarded though the auction sold to nobody", award.index)
    holders = {e.body["bidder"]: e.body["organisation"] for e in d.of("auction_number")}
    winner, price = award.body["winner"], award.body["price"]
    same = (winner, price) == (holders.get(end.get("winner")), end.get("price"))
    need(same, "定标与竞价结果不符", "the award is not what the auction came to", award.index)
    if d.of("contract_registered"):
        check_contract(d, award)
    return f"成交 {shown(winner)} {price}", f"sold to {shown(winner)}, {price}"


# --- Check 19: the draw of experts (draw.md) --------------------------------------------------------------------------


@dataclass
class Drawing:
    """A draw as far as its entries were checked. values: whose, whether another stands in, and the value."""

    called: Entry
    committed: dict[str, dict[str, Any]] = field(default_factory=dict)
    values: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    withheld: set[tuple[str, str]] = field(default_factory=set)
    seed: bytes | None = None
    gone: list[str] = field(default_factory=list)
    over: bool = False

    @property
    def parties(self) -> list[str]:
        return list(self.called.body["parties"])

    @property
    def groups(self) -> list[dict[str, Any]]:
        return list(self.called.body["groups"])

    def all_committed(self) -> bool:
        return len(self.committed) == len(self.parties)

    def both(self, of: str) -> tuple[str, str]:
        """Who can reveal the value that counts for a party: itself, and behind it the one who stands in."""
        return of, self.parties[(self.parties.index(of) + 1) % len(self.parties)]

    def turn(self, of: str) -> str | None:
        return next((party for party in self.both(of) if (of, party) not in self.withheld), None)

    def seats(self, *more: str) -> list[list[str]]:
        need(self.seed is not None, "抽取尚无结果", "the draw has no result yet")
        return drawn_seats(self.seed or b"", self.groups, [*self.gone, *more])


def check_draw(d: Dossier) -> Told:
    entries = d.of(*DRAWN)
    scores = d.of("score_signed")
    drawing: Drawing | None = None
    unsure: list[NotChecked | None] = []
    for e in entries:
        need(not scores or e.index < scores[0].index, "评分后仍抽取", "drawn after a score", e.index)
        if e.kind == "draw_called":
            need(drawing is None or drawing.over, "前一抽取未结束", "the draw before it has not ended", e.index)
            check_pool(d, e)
            drawing = Drawing(e)
            continue
        if drawing is None:
            raise Failed("没有抽取名单", "no pool stands before it", e.index)
        need(not drawing.over, "抽取已结束", "its draw has ended", e.index)
        about = e.body
        if e.kind in DRAW_SIGNED:
            member, step = DRAW_SIGNED[e.kind]
            about = e.body[member]["object"]
            here = (about["tender"], about["lot"]) == (d.frame["tender"], d.frame["lot"])
            need(here, "签署的属于别的标段", "what is signed is of another lot", e.index)
            need(about["party"] in drawing.parties, "不是抽取的参与方", "signed by no party of the draw", e.index)
            unsure.append(check_signer(d, e.body[member], about["party"], "draw", e))
        else:
            step = DRAW_STEPS[e.kind]
        need(about["draw"] == drawing.called.commitment, "属于别的抽取", "it is of another draw", e.index)
        step(d, drawing, about, e)
    check_draw_announced(d)
    check_seated(d, drawing)
    for finding in filter(None, unsure):
        raise finding
    return told_draw(drawing)


def told_draw(drawing: Drawing | None) -> Told:
    if drawing is None:
        raise NotApplicable("尚未抽取专家", "no draw was called yet")
    if drawing.seed is None or drawing.over:
        return "抽取没有结果", "the draw has no result"
    count, gone = sum(len(seats) for seats in drawing.seats()), len(drawing.gone)
    return f"重新抽取 {count} 席一致，替补 {gone} 次", f"{count} seats drawn again alike, {gone} replaced"


def check_pool(d: Dossier, e: Entry) -> None:
    """Parties, groups and who is left out have their form, and the seats are the experts that were announced."""
    parties, groups = e.body["parties"], e.body["groups"]
    need(2 <= len(parties) == len(set(parties)), "参与方不足两个或重复", "too few parties, or one twice", e.index)
    need(len({g["label"] for g in groups}) == len(groups), "两组同名", "two groups have one label", e.index)
    listed = {one for g in groups for one in g["candidates"]}
    away = [one["candidate"] for one in e.body["excluded"]]
    need(len(set(away)) == len(away) and not listed & set(away), "名单自相矛盾", "excluded and listed", e.index)
    for group in groups:
        rising = all(a < b for a, b in itertools.pairwise(group["candidates"]))
        need(rising, "名单未按升序", "candidates do not rise", e.index)
        enough = 1 <= group["count"] <= len(group["candidates"])
        need(enough, "席位数与名单不符", "no seats, or more than candidates", e.index)
    announced = d.notice(e.index).body["notice"].get("committee")
    if announced is not None:
        same = sum(g["count"] for g in groups) == announced["experts"]
        need(same, "抽取人数与公告不符", "not as many seats as experts were announced", e.index)


def check_draw_committed(d: Dossier, drawing: Drawing, said: dict[str, Any], e: Entry) -> None:
    party, point = said["party"], said["checkpoint"]
    need(party not in drawing.committed, "参与方承诺两次", "a party commits twice", e.index)
    same = all(one["checkpoint"] == point for one in drawing.committed.values())
    need(same, "各方所写检查点不同", "the parties name different checkpoints", e.index)
    known = any((n.size, n.root) == (point["size"], unb64(point["root"])) for n in d.notes)
    need(known, "所据检查点不在卷宗中", "it names a checkpoint that is not in the dossier", e.index)
    holds = drawing.called.index < point["size"] <= e.index
    need(holds, "所据检查点不含名单", "its checkpoint lacks the pool", e.index)
    drawing.committed[party] = said


def check_draw_revealed(_: Dossier, drawing: Drawing, said: dict[str, Any], e: Entry) -> None:
    party, of, value = said["party"], said["of"], bytes.fromhex(said["value"])
    need(drawing.all_committed(), "承诺未齐即公布", "revealed before all had committed", e.index)
    need(of in drawing.parties and of not in drawing.values, "随机值多余", "that value is not wanted", e.index)
    need(drawing.turn(of) == party, "不由其公布", "it was not for this party to reveal it", e.index)
    stands_in = int(party != of)
    committed = drawing.committed[party]["stands_in" if stands_in else "own"]
    pool = bytes.fromhex(drawing.called.commitment)
    same = draw_commitment(pool, of, stands_in, value) == committed
    need(same, "随机值与承诺不符", "the value is not the one committed to", e.index)
    drawing.values[of] = (stands_in, value)


def check_draw_withheld(_: Dossier, drawing: Drawing, said: dict[str, Any], e: Entry) -> None:
    of, party = said["of"], said["party"]
    need(drawing.all_committed(), "承诺未齐", "not all had committed", e.index)
    missing = of in drawing.parties and of not in drawing.values
    need(missing and drawing.turn(of) == party, "随机值并未欠缺", "nothing was withheld by it", e.index)
    drawing.withheld.add((of, party))


def check_draw_made(_: Dossier, drawing: Drawing, said: dict[str, Any], e: Entry) -> None:
    need(drawing.seed is None, "抽取两次", "the draw is made twice", e.index)
    need(set(drawing.values) == set(drawing.parties), "随机值不全", "not every value is there", e.index)
    point = drawing.committed[drawing.parties[0]]["checkpoint"]
    head = point["size"], unb64(point["root"])
    drawing.seed = draw_seed(bytes.fromhex(drawing.called.commitment), head, drawing.parties, drawing.values)
    need(said["seed"] == drawing.seed.hex(), "种子不符", "the seed is another", e.index)
    need(said["seats"] == drawing.seats(), "重新抽取结果不同", "drawn again, others are seated", e.index)


def check_draw_replaced(_: Dossier, drawing: Drawing, said: dict[str, Any], e: Entry) -> None:
    before = {one for seats in drawing.seats() for one in seats}
    need(said["gone"] in before, "被替换的人不在席", "who is replaced did not sit", e.index)
    coming = {one for seats in drawing.seats(said["gone"]) for one in seats} - before
    need(coming == {said["seated"]}, "替补不是次序中的下一位", "another than the next in order is seated", e.index)
    drawing.gone.append(said["gone"])


def check_draw_failed(_: Dossier, drawing: Drawing, said: dict[str, Any], e: Entry) -> None:
    reason, gone = said["reason"], said["gone"]
    stuck = any(drawing.turn(of) is None for of in drawing.parties if of not in drawing.values)
    good = {
        "abandoned": not drawing.values and drawing.seed is None,
        "withheld": drawing.all_committed() and stuck,
        "exhausted": drawing.seed is not None and gone is not None and exhausted(drawing, gone),
    }
    need(good[reason], "抽取不能以此理由终止", "the draw cannot end for that reason", e.index)
    drawing.over = True


def exhausted(drawing: Drawing, gone: str) -> bool:
    if all(gone not in seats for seats in drawing.seats()):
        return False
    try:
        drawing.seats(gone)
    except Failed:
        return True
    return False


def check_draw_announced(d: Dossier) -> None:
    """Where a notice says that experts are drawn, all of them do."""
    if d.asks_draw():
        said = all(n.body.get("drawn") is True for n in d.notices())
        need(said, "公告关于抽取专家的说法前后不同", "the notices do not all say that the experts are drawn")


def check_seated(d: Dossier, drawing: Drawing | None) -> None:
    """The experts of the last committee are those who sit by the last draw, as their salts show."""
    named = d.of("committee_set")
    if not named:
        return
    e = named[-1]
    if drawing is None or drawing.over:
        need(not d.asks_draw(), "公告写明专家随机抽取，评委会却不是抽取的", "its experts were to be drawn", e.index)
        salted = any("salt" in m for m in e.body["members"])
        need(not salted, "没有抽取却称是抽中的", "its experts are said to be drawn, and there is no draw", e.index)
        return
    shown_ = sorted(
        pseudonym_of(bytes.fromhex(m["salt"]), m["person"]) if exactly(m, DRAWN_MEMBER) else ""
        for m in e.body["members"]
        if m["role"] == "expert"
    )
    need(drawing.seed is not None, "抽取未完成即组成评委会", "named before the draw was made", e.index)
    seated = sorted(one for seats in drawing.seats() for one in seats)
    need(shown_ == seated, "评委会专家不是抽中的人", "its experts are not those who were drawn", e.index)


# --- Check 20: invitations --------------------------------------------------------------------------------------------


def check_invitation(d: Dossier) -> Told:
    """Enough were invited with the publication, and every bid is by one who was invited before it."""
    least: list[Any] = [n.body.get("minimum_invited") for n in d.notices()]
    said = all(is_count(one) and one == least[0] for one in least)
    need(said, "公告关于邀请的说法缺失或前后不同", "the notices do not all say that at least so many are invited")
    lists, opening = d.of("bidders_invited"), d.of("lot_opened")
    need(bool(opening) or not lists, "开标前公开了被邀请人", "who is invited was disclosed before the opening")
    d.opened()
    need(bool(lists), "没有被邀请人名单", "nothing says who was invited")
    invited = invited_since(d, lists)
    enough = len(lists[0].body["bidders"]) >= least[0]
    need(enough, "邀请的家数不足", "fewer were invited than the notice says", lists[0].index)
    for link in (link for chain in d.chains().values() for link in chain):
        before = invited.get(link.object["bidder"], MAX_LEAVES) < link.entry.index
        need(before, "投标人未被邀请", "a bid of somebody who was not invited before it", link.entry.index)
    for bid in opening[0].body["bids"]:
        need(bid["bidder"] in invited, "投标人未被邀请", "a bid of somebody who was not invited", opening[0].index)
    return f"邀请 {len(invited)} 家，投标均在其中", f"{len(invited)} invited, all bids are theirs"


def invited_since(d: Dossier, lists: Sequence[Entry]) -> dict[str, int]:
    """Each who is invited, and the index since when: the first list of the publication's time, none named twice."""
    published, found = d.one("tender_published"), dict[str, int]()
    for number, e in enumerate(lists):
        need(e.body["number"] == number, "邀请名单不相接", "the lists of the invited do not follow each other", e.index)
        with_notice = number > 0 or e.time == published.time
        need(with_notice, "首份名单不是随公告作出", "the first list is not of the publication's time", e.index)
        timely = e.time < d.notice(e.index).body["deadline"]
        need(timely, "截止后才邀请", "invited after the deadline", e.index)
        for bidder in e.body["bidders"]:
            need(bidder not in found, "同一单位邀请两次", "somebody is invited twice", e.index)
            found[bidder] = e.index
    return found


# --- Check 21: prior notices ------------------------------------------------------------------------------------------


def check_prior(d: Dossier) -> Told:
    """The tender was published as announced, after the period of its prior notice, with the comments dealt with."""
    published, notices = d.one("tender_published"), d.of("prior_published")
    need(bool(notices), "公告所据的事前公示不在记录中", "there is no prior notice", published.index)
    previous = None
    for number, e in enumerate(notices):
        chained = (e.body["number"], e.body["previous"]) == (number, previous)
        need(chained, "事前公示不相接", "the prior notices do not chain", e.index)
        need(e.time < e.body["until"], "事前公示没有期限", "a prior notice without a period", e.index)
        need(e.index < published.index, "公告之后又事前公示", "a prior notice behind the publication", e.index)
        previous = e.commitment
    last = notices[-1]
    named = published.body.get("prior") == last.commitment
    need(named, "公告未载明最后一次事前公示", "the publication does not name the last prior notice", published.index)
    over = published.time >= last.body["until"]
    need(over, "事前公示期未满即发布", "published before the period of its prior notice was over", published.index)
    check_announced(d, last)
    count = check_comments(d, last, published)
    return f"事前公示 {len(notices)} 次，意见 {count} 条", f"{len(notices)} prior notices, {count} comments"


def check_announced(d: Dossier, last: Entry) -> None:
    """What the prior notice keeps stands so in every notice, and nobody else was invited."""
    told = last.body["notice"]
    for name in last.body["kept"]:
        if name == "bidders":
            lists = d.of("bidders_invited")
            same = [e.body["bidders"] for e in lists] in ([], [told.get(name)])
            need(same, "邀请的不是事前公示的供应商", "others are invited than were announced")
            continue
        for n in d.notices():
            same = name in n.body["notice"] and n.body["notice"][name] == told.get(name)
            need(same, f"与事前公示不一致：{shown(name)}", f"not as announced: {shown(name)}", n.index)


def check_comments(d: Dossier, last: Entry, published: Entry) -> int:
    """Each is made on the notice that stands, in its time, and answered once; where it binds before the publication."""
    standing, filed, waiting = last, dict[str, str](), set[str]()
    for e in d.of(*PRIOR):
        if e.kind == "prior_published":
            standing = e
            continue
        about = e.body["comment"]
        if e.kind == "comment_filed":
            timely = e.index < published.index and e.time < standing.body["until"]
            timely = timely and e.body["notice"] == standing.commitment
            need(timely, "意见不是在公示期内提出的", "a comment on no notice that stood", e.index)
            need(about not in filed, "意见编号重复", "a comment stands twice", e.index)
            filed[about] = e.body["notice"]
            waiting.add(about)
            continue
        need(about in waiting, "答复没有对应的意见", "it answers no comment that waits", e.index)
        waiting.discard(about)
        binds = last.body["binding"] and filed[about] == last.commitment
        upheld = binds and e.body["outcome"] != "dismissed"
        need(not upheld, "异议成立仍发布", "published though an objection to the prior notice was upheld", e.index)
        late = binds and e.index > published.index
        need(not late, "异议未答复即发布", "published before an objection to the prior notice was answered", e.index)
    open_ = last.body["binding"] and any(filed[about] == last.commitment for about in waiting)
    need(not open_, "异议未答复即发布", "published with an objection to the prior notice unanswered", published.index)
    return len(filed)


DRAWN_MEMBER = {"person": is_text, "role": one_of("expert"), "salt": HEX32}
Step = Callable[[Dossier, Drawing, dict[str, Any], Entry], None]
DRAW_SIGNED: dict[str, tuple[str, Step]] = {
    "draw_committed": ("commitment", check_draw_committed), "draw_revealed": ("reveal", check_draw_revealed),
}  # fmt: skip
DRAW_STEPS: dict[str, Step] = {
    "draw_withheld": check_draw_withheld, "draw_made": check_draw_made, "draw_replaced": check_draw_replaced,
    "draw_failed": check_draw_failed,
}  # fmt: skip

DOSSIER_CHECKS: tuple[Check, ...] = (
    ("锚点", "anchors", check_anchors),
    ("检查点", "checkpoints", check_checkpoints),
    ("一致性", "consistency", check_consistency),
    ("条目", "entries", check_entries),
    ("次序", "order", check_order),
    ("密钥集", "key set", check_key_set),
    ("声明", "statements", check_statements),
    ("按时", "in time", check_in_time),
    ("截标清单", "closing list", check_closing),
    ("销毁", "destroyed", check_destroyed),
    ("信封", "envelopes", check_envelopes),
    ("密钥公布", "releases", check_releases),
    ("开标", "opening", check_opening),
    ("评分", "scores", check_scores),
    ("排名", "ranking", check_ranking),
    ("定标", "award", check_award),
    ("文件", "documents", check_documents),
)
AUCTION_CHECK: Check = ("竞价", "auction", check_auction)
DRAW_CHECK: Check = ("抽取", "draw", check_draw)
INVITATION_CHECK: Check = ("邀请", "invitation", check_invitation)
PRIOR_CHECK: Check = ("事前公示", "prior notice", check_prior)

# --- The receipt (receipt.md) -----------------------------------------------------------------------------------------

SAID = {
    "origin": is_text, "demonstration": is_bool, **LOT, "bidder": is_text, "receipt": HEX16, "statement": HEX32,
    "leaf": HEX32,
}  # fmt: skip
ACCEPTANCE = {**SAID, "type": one_of("sunbid/acceptance/1"), "accepted_at": is_time}
REFUSAL = {**SAID, "type": one_of("sunbid/refusal/1"), "refused_at": is_time, "reason": is_text}
RECEIPT = {"type": one_of("sunbid/receipt/1"), "acceptance": is_object, "entry": is_object, "proof": or_null(is_text)}


@dataclass
class Receipt:
    signed: dict[str, Any]
    entry: dict[str, Any]
    proof: str | None
    anchors: Anchors | None
    bidder_keys: Sequence[bytes]
    dossier: Dossier | None
    dossier_outcomes: list[Outcome]

    @property
    def said(self) -> dict[str, Any]:
        said: dict[str, Any] = self.signed["object"]
        return said

    @property
    def refused(self) -> bool:
        return bool(self.said["type"] == "sunbid/refusal/1")

    @property
    def by_auction(self) -> bool:
        return bool(self.entry["head"]["kind"].startswith("auction_"))


def read_receipt(data: bytes) -> tuple[dict[str, Any], dict[str, Any], str | None]:
    value = parse_json(data, MAX_PART)
    if not exactly(value, RECEIPT) or not exactly(value["entry"], ENTRY):
        raise Unreadable("不是回执 / not a receipt")
    signed_ = value["acceptance"]
    whole = exactly(signed_, {"object": is_object, "signature": is_text})
    if not whole or not any(exactly(signed_["object"], shape) for shape in (ACCEPTANCE, REFUSAL)):
        raise Unreadable("不是回执 / not a receipt: acceptance")
    return signed_, value["entry"], value["proof"]


def check_said(r: Receipt) -> Told:
    if r.anchors is None:
        raise NotChecked("没有锚点", "no anchors were given")
    same = (r.said["origin"], r.said["demonstration"]) == (r.anchors.origin, r.anchors.demonstration)
    need(same, "来源或演示标记与锚点不符", "origin or demonstration are not the anchors'")
    need(object_signed(r.signed, r.anchors.receipt_key), "回执签名不正确", "the signature is not the receipt key's")
    if not r.anchors.outside:
        raise NotChecked(*fingerprints(r.anchors))
    if r.refused:
        return f"拒收：{shown(r.said['reason'])}", f"a refusal: {shown(r.said['reason'])}"
    return f"受理于 {r.said['accepted_at']}", f"accepted at {r.said['accepted_at']}"


def check_receipt_entry(r: Receipt) -> Told:
    need(commitment_of(r.entry) == r.said["leaf"], "条目与承诺不符", "the entry is not the leaf that was signed")
    head, body = r.entry["head"], r.entry["body"]
    kinds = {"bid_refused", "auction_refused"} if r.refused else {"bid_accepted", "bid_withdrawn", "auction_statement"}
    need(head["kind"] in kinds, "条目种类不符", "the entry is of another kind")
    fault = misfit(BODIES[head["kind"]], body)
    need(fault is None, f"条目内容不成形：{fault}", f"the body has not its form: {fault}")
    at = r.said["refused_at" if r.refused else "accepted_at"]
    same = (head["tender"], head["lot"], head["time"]) == (r.said["tender"], r.said["lot"], at)
    need(same, "条目的标段或时间不符", "the entry has another lot or time")
    need(body["receipt"] == r.said["receipt"], "回执编号不符", "the entry has another receipt number")
    return None


def check_receipt_statement(r: Receipt) -> Told:
    body = r.entry["body"]
    if r.refused:
        same = (body["statement"], body["reason"]) == (r.said["statement"], r.said["reason"])
        need(same, "拒收的声明或理由不符", "the entry refuses another statement or gives another reason")
        signed_ = body.get("signed")
        about = signed_ is None or Hall.id_of(signed_) == r.said["statement"]
        need(about, "所附的声明不是被拒的", "the statement that it holds is another one")
        return None
    object_ = body["statement"]["object"]
    need(record_id(object_["type"], object_) == r.said["statement"], "声明编号不符", "the statement has another id")
    # In an auction a statement names a number; whose it is the dossier tells.
    named = ("tender", "lot") if r.by_auction else ("tender", "lot", "bidder")
    facts = tuple(object_[m] == r.said[m] for m in named)
    need(all(facts), "声明属于别处", "the statement is another bidder's or lot's")
    keys = own_keys(r)
    if not keys:
        raise NotChecked("不知投标人公钥（--bidder-key）", "the bidder's key is unknown (--bidder-key, --dossier)")
    need(signed_by_any(body["statement"], keys), "声明不是投标人签署", "it is not signed with the bidder's key")
    return None


def own_keys(r: Receipt) -> list[bytes]:
    """The keys given and those that they have endorsed; of a stranger, those that the dossier has for the bidder."""
    bidder, d = r.said["bidder"], r.dossier
    if not r.bidder_keys:
        return d.keys_of(bidder, "statement", MAX_LEAVES) if d else []
    return [*r.bidder_keys, *(d.in_force(bidder, "statement", MAX_LEAVES, r.bidder_keys) if d else [])]


def check_receipt_proof(r: Receipt) -> Told:
    if r.proof is None:
        raise NotChecked("已签名，尚无日志证明", "signed, not yet proved")
    lines, _, checkpoint = r.proof.partition("\n\n")
    title, place, *proof = lines.split("\n")
    number = re.fullmatch(r"index (0|[1-9][0-9]{0,15})", place, re.ASCII)
    if title != "c2sp.org/tlog-proof@v1" or number is None:
        raise Failed("不是日志证明", "not a log proof")
    note, index = parse_note(checkpoint), int(number[1])
    root = included_root(index, note.size, leaf_hash(bytes.fromhex(r.said["leaf"])), unproof(proof))
    need(root == note.root, "证明不通向检查点", "the proof does not lead to the checkpoint", index)
    if r.anchors is None or not r.anchors.outside:
        raise NotChecked("没有锚点，检查点未核对", "no anchors: the checkpoint is not checked")
    verify_note(note, r.anchors, only_known=True)
    return f"日志第 {index} 条", f"leaf {index}"


def check_receipt_dossier(r: Receipt) -> Told:
    d = r.dossier
    if d is None:
        raise NotApplicable("未给卷宗", "no dossier was given")
    bad = next((o for o in r.dossier_outcomes if o.result == "failed"), None)
    same = (d.frame["tender"], d.frame["lot"]) == (r.said["tender"], r.said["lot"])
    foreign = foreign_key(r, d) if same and not r.refused and (bad is None or bad.number == 7) else None
    need(not (foreign and r.bidder_keys), *REPLACED_BY_ANOTHER)
    need(bad is None, f"卷宗第 {bad and bad.number} 项失败", f"check {bad and bad.number} of the dossier failed")
    need(same, "卷宗属于别的标段", "the dossier is another lot's")
    if r.by_auction:
        return check_receipt_auction(r, d)
    if r.refused:
        check_not_invited(r, d)
        raise NotApplicable("拒收不进截标清单", "a refusal is in no closing list")
    if not d.of("lot_closed"):
        raise NotApplicable("尚未截标", "the lot is not closed")
    standing = r.said["leaf"] in d.one("lot_closed").body["accepted"]
    if not standing and not d.of("bid_accepted", "bid_withdrawn", "lot_opened"):
        raise NotChecked("投标尚未公开", "the bids are not disclosed")
    found = ("在截标清单中", "in the closing list") if standing else check_ended(r, d)
    if foreign:
        raise NotChecked(
            f"后来的声明由另一密钥 {foreign} 签署，请以 --bidder-key 给出投标人全部公钥",
            f"a later statement is signed with another key, {foreign}: give all keys of the bidder (--bidder-key)",
        )
    if any(o.result == "not_checked" for o in r.dossier_outcomes):
        raise NotChecked("卷宗有未核对的项", "not everything of the dossier was checked")
    return found


def check_receipt_auction(r: Receipt, d: Dossier) -> Told:
    """What was accepted or refused in an auction stands in its dossier, and the number is this bidder's."""
    if d.auction_end is None:
        raise NotApplicable("竞价尚未结束", "the auction has not ended")
    found = next((e for e in d.of("auction_statement", "auction_refused") if e.commitment == r.said["leaf"]), None)
    if found is None:
        raise Failed(
            "受理或拒绝的报价被遗漏：回执与卷宗即为证据", "a bid was dropped: receipt and dossier are the evidence"
        )
    signed_ = found.body["signed" if r.refused else "statement"]
    holders = {e.body["bidder"]: e.body["organisation"] for e in d.of("auction_number")}
    mine = signed_ is None or holders.get(signed_["object"]["bidder"]) == r.said["bidder"]
    need(mine, "号牌不是该投标人的", "the number is not this bidder's")
    if any(o.result == "not_checked" for o in r.dossier_outcomes):
        raise NotChecked("卷宗有未核对的项", "not everything of the dossier was checked")
    return "在竞价记录中", "in the auction's record"


def check_not_invited(r: Receipt, d: Dossier) -> None:
    """Who was refused for not being invited was not invited by then."""
    if r.said["reason"] == "not_invited":
        before = [e for e in d.of("bidders_invited") if e.time < r.said["refused_at"]]
        wrong = any(r.said["bidder"] in e.body["bidders"] for e in before)
        need(
            not wrong,
            "已被邀请却以未被邀请拒收：回执与卷宗即为证据",
            "refused as not invited, but it was invited: receipt and dossier are the evidence",
        )


REPLACED_BY_ANOTHER = (
    "投标被并非投标人的密钥替换或撤回：回执与卷宗即为证据",
    "a key that is not the bidder's ended the bid: receipt and dossier are the evidence",
)


def foreign_key(r: Receipt, d: Dossier) -> str | None:
    """The key of a later statement of the chain that is neither the bidder's nor endorsed by one of the bidder's.

    The bidder's are those given; else the one that signed this statement.
    """
    bidder, statement = r.said["bidder"], r.entry["body"]["statement"]
    registered = d.keys_of(bidder, "statement", MAX_LEAVES)
    roots = r.bidder_keys or [key for key in registered if object_signed(statement, key)]
    own = [*roots, *d.in_force(bidder, "statement", MAX_LEAVES, roots)]
    chain = d.chains().get(bidder, [])
    ids = [link.id for link in chain]
    later = chain[ids.index(r.said["statement"]) + 1 :] if r.said["statement"] in ids else []
    for signed_ in (link.entry.body["statement"] for link in later):
        if not signed_by_any(signed_, own):
            return next((key.hex() for key in registered if object_signed(signed_, key)), "?")
    return None


def check_ended(r: Receipt, d: Dossier) -> tuple[str, str]:
    """Why a statement that is not in the closing list had not to be there. Raises Failed where nothing says so."""
    links = [link for chain in d.chains().values() for link in chain]
    later = [link for link in links if link.object["replaces"] == r.said["statement"]]
    own = [link.entry.kind for link in links if link.entry.commitment == r.said["leaf"]]
    unused = {e.body["accepted"] for e in d.of("envelope_destroyed") if e.body["reason"] == "key_set_changed"}
    if later:
        return "已被后来的声明替换", "a later statement replaces it"
    if own == ["bid_withdrawn"]:
        return "撤回在卷宗中", "the withdrawal is in the dossier"
    if r.said["leaf"] in unused:
        return "密钥集已变更", "its key set is no longer in force"
    raise Failed(
        "受理的投标被遗漏：回执与卷宗即为证据",
        "an accepted bid was dropped: receipt and dossier are the evidence",
    )


RECEIPT_CHECKS: tuple[Check, ...] = (
    ("回执签名", "signature", check_said),
    ("条目", "entry", check_receipt_entry),
    ("声明", "statement", check_receipt_statement),
    ("日志证明", "proof", check_receipt_proof),
    ("与卷宗核对", "dossier", check_receipt_dossier),
)

# --- The log (log.md, tlog-tiles) -------------------------------------------------------------------------------------


class Source(Protocol):
    def read(self, name: str) -> bytes | None: ...

    def tiles(self, name: str, width: int) -> list[tuple[int, bytes]]: ...


class Folder:
    """A copy of a log's files. Every file of a tile is compared, old partial ones too."""

    def __init__(self, root: Path) -> None:
        self.root = root if (root / "checkpoint").is_file() else root / "log"

    def read(self, name: str) -> bytes | None:
        path = self.root / name
        if not path.is_file():
            return None
        with path.open("rb") as file:
            return file.read(MIB)

    def tiles(self, name: str, width: int) -> list[tuple[int, bytes]]:
        widths = {256: name}
        partial = self.root / f"{name}.p"
        if partial.is_dir():
            widths |= {
                int(p.name): f"{name}.p/{p.name}" for p in partial.iterdir() if re.fullmatch("[1-9][0-9]{0,2}", p.name)
            }
        found = {w: self.read(path) for w, path in widths.items()}
        return [(w, data) for w, data in found.items() if data is not None]


class Web:
    """A log served over HTTP. One connection; no redirects."""

    def __init__(self, url: str) -> None:
        parts = urllib.parse.urlsplit(url)
        kind = {"https": http.client.HTTPSConnection, "http": http.client.HTTPConnection}[parts.scheme]
        self.connection = kind(parts.netloc, timeout=30)
        self.prefix = parts.path.rstrip("/")

    def read(self, name: str) -> bytes | None:
        self.connection.request("GET", f"{self.prefix}/{name}")
        answer = self.connection.getresponse()
        data = answer.read(MIB)
        if answer.read(1):
            raise ValueError(f"too large: {name}")
        if answer.status not in {200, 404}:
            raise ValueError(f"HTTP {answer.status}: {name}")
        return data if answer.status == 200 else None

    def tiles(self, name: str, width: int) -> list[tuple[int, bytes]]:
        found = self.read(f"{name}.p/{width}") if width < 256 else None
        if found is not None:
            return [(width, found)]
        full = self.read(name)
        return [] if full is None else [(256, full)]


@dataclass
class Log:
    source: Source
    note: Note
    anchors: Anchors | None
    since: Note | None
    since_root: bytes | None = None


def read_log(source: Source, anchors: Anchors | None, since: Note | None) -> Log:
    try:
        data = source.read("checkpoint")
        note = parse_note((data or b"").decode())
    except MALFORMED as error:
        raise Unreadable(f"没有可读的检查点 / no readable checkpoint: {shown(str(error))}") from error
    if note.size > MAX_LEAVES:
        raise Unreadable("日志过大 / the log is too large")
    return Log(source, note, anchors, since)


def tile_path(number: int) -> str:
    digits = f"{number:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    return "/".join([*(f"x{g}" for g in groups[:-1]), groups[-1]])


def check_log_anchors(log: Log) -> Told:
    if log.anchors is None:
        raise NotChecked(f"未给锚点；来源 {shown(log.note.origin)}", f"no anchors; origin {shown(log.note.origin)}")
    need(log.note.origin == log.anchors.origin, "来源与锚点不符", "the origin is not the anchors'")
    return f"来源 {shown(log.note.origin)}", f"origin {shown(log.note.origin)}"


def check_log_note(log: Log) -> Told:
    if log.anchors is None:
        raise NotChecked("没有锚点", "no anchors were given")
    times = verify_note(log.note, log.anchors, only_known=False)
    unknown = len(log.note.lines) - 1 - len(times)
    if unknown:
        raise NotChecked(f"{unknown} 个签名的密钥不在锚点中", f"{unknown} lines of keys not in the anchors")
    return f"{log.note.size} 条，{len(times)} 个见证签名", f"{log.note.size} leaves, {len(times)} cosignatures"


def check_log_tree(log: Log) -> Told:
    """The whole tree from the entry bundles, in one pass; every tile compared with it."""
    tree, roots = Frontier(), []
    mark_since(log, tree)
    for number in range(-(-log.note.size // 256)):
        width = min(256, log.note.size - 256 * number)
        leaves = bundle(log.source, number, width)
        compare_tile(log.source, f"tile/0/{tile_path(number)}", b"".join(leaves), 32, width)
        for leaf in leaves:
            tree.add(leaf)
            mark_since(log, tree)
        if width == 256:
            roots.append(tree_of(leaves).root())
    level = 1
    while roots:
        roots, level = compare_level(log.source, level, roots), level + 1
    need(tree.root() == log.note.root, "重算的根与检查点不符", "the root recomputed is not the checkpoint's")
    return f"{log.note.size} 条重算", f"{log.note.size} leaves recomputed"


def mark_since(log: Log, tree: Frontier) -> None:
    if log.since and tree.size == log.since.size:
        log.since_root = tree.root()


def bundle(source: Source, number: int, width: int) -> list[bytes]:
    """Leaf hashes of one bundle of entries, each `u16(32) ‖ commitment`."""
    name = f"tile/entries/{tile_path(number)}"
    data = next((data for w, data in source.tiles(name, width) if w >= width), None)
    if data is None:
        raise Failed(f"缺少 {name}", f"{name} is missing", 256 * number)
    entries = [data[i : i + 34] for i in range(0, 34 * width, 34)]
    compare_tile(source, name, b"".join(entries), 34, width)
    for i, entry in enumerate(entries):
        good = len(entry) == 34 and entry[:2] == b"\x00\x20"
        need(good, f"{name} 不成形", f"{name} has not its form", 256 * number + i)
    return [leaf_hash(entry[2:]) for entry in entries]


def compare_tile(source: Source, name: str, expected: bytes, unit: int, width: int) -> None:
    whole = False
    for w, data in source.tiles(name, width):
        known = unit * min(w, width)
        same = w <= 256 and len(data) == unit * w and data[:known] == expected[:known]
        need(same, f"{name}（宽 {w}）与重算不符", f"{name} of width {w} is not what was recomputed")
        whole = whole or w >= width
    need(whole, f"缺少 {name}", f"{name} is missing")


def compare_level(source: Source, level: int, hashes: list[bytes]) -> list[bytes]:
    """Compare the tiles of one level; the roots of its full tiles are the next level's hashes."""
    roots = []
    for number in range(-(-len(hashes) // 256)):
        part = hashes[256 * number : 256 * number + 256]
        compare_tile(source, f"tile/{level}/{tile_path(number)}", b"".join(part), 32, len(part))
        if len(part) == 256:
            roots.append(tree_of(part).root())
    return roots


def check_log_since(log: Log) -> Told:
    if log.since is None:
        raise NotApplicable("未给旧检查点", "no --since was given")
    if log.anchors:
        verify_note(log.since, log.anchors, only_known=False)
    need(log.since.origin == log.note.origin, "旧检查点属于别的日志", "--since is of another log")
    need(log.since.size <= log.note.size, "日志比旧检查点小：被回退", "the log is smaller than --since: rolled back")
    need(log.since_root == log.since.root, "与旧检查点分叉", "the log was forked: another root at the size of --since")
    return f"自 {log.since.size} 条起只增不改", f"append-only since {log.since.size} leaves"


LOG_CHECKS: tuple[Check, ...] = (
    ("锚点", "anchors", check_log_anchors),
    ("检查点", "checkpoint", check_log_note),
    ("整棵树", "tree", check_log_tree),
    ("一致性", "consistency", check_log_since),
)

# --- The program ------------------------------------------------------------------------------------------------------

RESULTS = {"passed": "通过", "failed": "失败", "not_applicable": "不适用", "not_checked": "未核对"}
VERDICTS = {
    0: ("全部通过", "everything passed"),
    1: ("有检查失败", "a check failed"),
    2: ("无法读取", "the input cannot be read"),
    3: ("仅自洽或有未核对项，不算通过", "self-consistent only, or something was not checked: not a pass"),
}
DEMONSTRATION = "【演示】本记录为演示所制，不是真实交易。/ DEMONSTRATION: this record is no real transaction."


@dataclass
class Report:
    kind: str
    demonstration: bool
    outcomes: list[Outcome]
    anchored: bool

    def exit_code(self) -> int:
        results = {o.result for o in self.outcomes}
        if "failed" in results:
            return 1
        return 0 if self.anchored and results <= {"passed", "not_applicable"} else 3

    def lines(self) -> Iterator[str]:
        for o in self.outcomes:
            zh, en = (f"（{o.zh}）" if o.zh else ""), (f" ({o.en})" if o.en else "")
            at = "" if o.index is None else f" #{o.index}"
            result = o.result.replace("_", " ")
            yield f"{o.number:>2} {RESULTS[o.result]} {o.name[0]}{zh} / {result}: {o.name[1]}{en}{at}"

    def facts(self) -> dict[str, Any]:
        checks = [
            {"number": o.number, "name": o.name[1], "name_zh": o.name[0], "result": o.result, "zh": o.zh, "en": o.en,
             "index": o.index}
            for o in self.outcomes
        ]  # fmt: skip
        code = self.exit_code()
        verdict = {"exit": code, "verdict": VERDICTS[code][1]}
        return {"kind": self.kind, "demonstration": self.demonstration, "checks": checks, **verdict}


def verify_dossier(
    path: Path, anchors: Anchors | None, since: Note | None, bidder_keys: Sequence[bytes] = ()
) -> tuple[Dossier, Report]:
    d = read_dossier(path, anchors, since, bidder_keys)
    besides = (
        AUCTION_CHECK if d.by_auction() else None,
        DRAW_CHECK if d.drawn() else None,
        INVITATION_CHECK if d.inviting() else None,
        PRIOR_CHECK if d.announced() else None,
    )
    outcomes = run((*DOSSIER_CHECKS, *besides), d, gate=4)
    return d, Report("dossier", bool(d.frame["demonstration"]), outcomes, anchors is not None)


def verify_receipt(
    data: bytes, anchors: Anchors | None, dossier: Path | None, bidder_keys: Sequence[bytes] = ()
) -> Report:
    said, entry, proof = read_receipt(data)
    d, outcomes = None, []
    if dossier:
        d, report = verify_dossier(dossier, anchors, None, bidder_keys)
        outcomes = report.outcomes
    r = Receipt(said, entry, proof, anchors or (d.anchors if d else None), bidder_keys, d, outcomes)
    return Report("receipt", bool(r.said["demonstration"]), run(RECEIPT_CHECKS, r, gate=2), anchors is not None)


def verify_log(source: Source, anchors: Anchors | None, since: Note | None) -> Report:
    log = read_log(source, anchors, since)
    demonstration = log.note.origin.endswith("/demonstration")
    return Report("log", demonstration, run(LOG_CHECKS, log, gate=2), anchors is not None)


def small_file(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(MAX_PART + 1)
    if len(data) > MAX_PART:
        raise Unreadable(f"文件过大 / too large: {path.name}")
    return data


def verify(options: argparse.Namespace) -> Report:
    anchors = parse_anchors(small_file(options.anchors)) if options.anchors else None
    try:
        since = parse_note(small_file(options.since).decode()) if options.since else None
        keys = [bytes.fromhex(key) for key in options.bidder_key]
        web = Web(options.input) if re.match("https?://", options.input) else None
    except (ValueError, KeyError) as error:
        raise Unreadable(f"参数不正确 / a parameter is wrong: {shown(str(error))}") from error
    path = Path(options.input)
    if web or path.is_dir():
        return verify_log(web or Folder(path), anchors, since)
    with path.open("rb") as file:
        start = file.read(2)
    if start == b"PK":
        return verify_dossier(path, anchors, since, keys)[1]
    return verify_receipt(small_file(path), anchors, options.dossier, keys)


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description="阳光标独立验证 / verify a Sunbid dossier, receipt or log, offline")
    p.add_argument("input", help="卷宗、回执、日志目录或网址 / dossier (.zip), receipt (.json), log folder or URL")
    p.add_argument("--anchors", type=Path, help="锚点文件 / the anchors, from outside the dossier")
    p.add_argument("--since", type=Path, help="以前见过的检查点 / a checkpoint seen earlier")
    p.add_argument("--dossier", type=Path, help="回执与之核对的卷宗 / hold the receipt against this dossier")
    p.add_argument(
        "--bidder-key", action="append", default=[], metavar="HEX",
        help="投标人公钥（十六进制），可重复 / a public key of the bidder in hex; all of them, one each",
    )  # fmt: skip
    p.add_argument("--json", action="store_true", help="只输出一个 JSON 对象 / print one JSON object")
    return p


def main(arguments: Sequence[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    try:
        report = verify(options)
    except (Unreadable, OSError) as error:
        if options.json:
            print(json.dumps({"exit": 2, "verdict": VERDICTS[2][1], "reason": str(error)}, ensure_ascii=False))
        else:
            print(f"无法读取 / cannot be read: {error}", file=sys.stderr)
        return 2
    code = report.exit_code()
    if options.json:
        print(json.dumps(report.facts(), ensure_ascii=False))
        return code
    notice = [DEMONSTRATION] if report.demonstration else []
    print("\n".join([*notice, *report.lines(), f"结论：{VERDICTS[code][0]} / verdict: {VERDICTS[code][1]}", *notice]))
    return code


if __name__ == "__main__":
    sys.exit(main())
