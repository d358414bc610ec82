"""Canonical JSON: RFC 8785 out, strict JSON in.

What is hashed or signed contains objects, arrays, strings, integers within ±(2^53 - 1), booleans and null; never a
fractional number: money is a decimal string in 元 with two places, times are strings (see :mod:`notary.clock`).
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any, TypeAlias

import rfc8785

from notary.errors import Malformed

MAX_DEPTH = 32
_MAX_INT = 2**53 - 1
# Possessive, and the closing quote may be missing: else a text without one is looked through again from each of its
# quotes, which took 4.6 s for 32 KiB.
_BRACKETS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
# Controls, and the bidirectional marks that make text read otherwise than it is stored (UAX #9, Trojan Source).
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")

#: Where a value stands: the trail of what holds it, and its own key or index.
_Trail: TypeAlias = "tuple[_Trail | None, str | int]"


def _refuse(reason: str, zh: str, en: str, field: str | None = None) -> Malformed:
    return Malformed(reason, zh, en, field=field)


def dumps(value: Any) -> bytes:
    """Canonical bytes of a JSON value (RFC 8785). Raises Malformed for values that a signed format may not hold."""
    check(value)
    return _encoded(value)


def loads(data: bytes, *, max_bytes: int = 1 << 20) -> Any:
    """Parse JSON strictly: UTF-8 without BOM, no duplicate keys, no fractions, no NaN, no deep nesting, NFC text.

    Raises Malformed (with the field named where one is at fault); never RecursionError.
    """
    if len(data) > max_bytes:
        raise _refuse("json_too_large", f"JSON 超过 {max_bytes} 字节。", f"The JSON is larger than {max_bytes} bytes.")
    _check_depth(data)
    try:
        value = _DECODER.decode(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _refuse("json_not_utf8", "不是有效的 UTF-8。", "The JSON is not valid UTF-8.") from error
    except json.JSONDecodeError as error:
        raise _refuse(
            "json_syntax", f"JSON 语法错误（第 {error.lineno} 行）。", f"JSON syntax error on line {error.lineno}."
        ) from error
    check(value)
    return value


def loads_canonical(data: bytes, *, max_bytes: int = 1 << 20) -> Any:
    """Like loads, and refuses bytes that are not the canonical form of what they say."""
    value = loads(data, max_bytes=max_bytes)
    if _encoded(value) != data:
        raise _refuse("json_not_canonical", "JSON 不是规范形式（RFC 8785）。", "The JSON is not in RFC 8785 form.")
    return value


def check(value: Any, path: str = "") -> None:
    """Raise Malformed, naming the field, for a value that a signed format may not hold. `path`: the value's own."""
    _check(value, (None, path))


def _check(value: Any, trail: _Trail) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        _check_text(value, trail)
    elif isinstance(value, int):
        if abs(value) > _MAX_INT:
            raise _refuse("integer_too_large", "整数超出范围。", "The integer is out of range.", _path(trail))
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            _check(item, (trail, i))
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise _refuse("key_not_text", "键必须是文本。", "Object keys must be text.", _path(trail))
            _check_text(key, trail)
            _check(item, (trail, key))
    else:
        raise _refuse("not_json", "不允许的数据类型。", "A value of this type is not allowed.", _path(trail))


def _path(trail: _Trail | None) -> str | None:
    """The dotted path of a trail, made only for a refusal: a path for each value cost the square of a long key."""
    steps: list[str] = []
    while trail is not None:
        trail, step = trail
        if step != "":
            steps.append(f"[{step}]" if isinstance(step, int) else f".{step}")
    return "".join(reversed(steps)).removeprefix(".") or None


def _check_text(text: str, trail: _Trail) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise _refuse(
            "text_surrogate", "文本含有孤立代理项。", "The text has a lone surrogate.", _path(trail)
        ) from error
    if text.isascii() and text.isprintable():
        return
    if _FORBIDDEN.search(text):
        raise _refuse(
            "text_control",
            "文本含有控制字符或方向控制符。",
            "The text has control or bidirectional characters.",
            _path(trail),
        )
    if not unicodedata.is_normalized("NFC", text):
        raise _refuse("text_not_nfc", "文本不是 NFC 形式。", "The text is not in Unicode NFC.", _path(trail))


def _encoded(value: Any) -> bytes:
    # Where there is no fraction RFC 8785 is the standard library's compact form with sorted keys, ten times as fast as
    # rfc8785. Only the order differs, and only beyond U+FFFF: by UTF-16 code units there, by code points here.
    text = _ENCODER.encode(value)
    return text.encode() if text.isascii() or max(text) <= "\uffff" else rfc8785.dumps(value)


def _check_depth(data: bytes) -> None:
    if data.count(b"{") + data.count(b"[") <= MAX_DEPTH:
        return
    depth = 0
    for token in _BRACKETS.finditer(data):
        first = token.group()[0]
        if first in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise _refuse("json_too_deep", f"JSON 嵌套超过 {MAX_DEPTH} 层。", f"JSON nests over {MAX_DEPTH} deep.")
        elif first in b"]}":
            depth -= 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            shown = "".join(c for c in key if c.isprintable())[:80]
            raise _refuse("json_duplicate_key", f"键重复：{shown}", f"The key {shown} occurs twice.", shown)
        found[key] = value
    return found


def _no_fraction(_text: str) -> Any:
    raise _refuse(
        "number_not_integer",
        '数字必须是整数；金额请写成文本，如 "1234.50"。',
        'Numbers must be integers; write money as text, like "1234.50".',
    )


def _small_int(text: str) -> int:
    if len(text) > 17:
        raise _refuse("integer_too_large", "整数超出范围。", "The integer is out of range.")
    return int(text)


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_no_fraction, parse_constant=_no_fraction, parse_int=_small_int
)
