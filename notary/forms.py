"""Typed reading of outside input: JSON into frozen msgspec structs, with the field named when it does not fit."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from notary import canonical
from notary.errors import Malformed

T = TypeVar("T")

Hex16 = Annotated[str, Meta(pattern="^[0-9a-f]{32}$(?!\n)")]
Hex32 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$(?!\n)")]
Base64 = Annotated[str, Meta(pattern="^[A-Za-z0-9+/]*={0,2}$(?!\n)", max_length=8192)]
TenderCode = Annotated[str, Meta(pattern="^[A-Z0-9][A-Z0-9-]{3,63}$(?!\n)")]
LotCode = Annotated[str, Meta(pattern="^[A-Z0-9]{1,8}$(?!\n)")]
OrganisationCode = Annotated[str, Meta(pattern="^[0-9A-HJ-NPQRTUWXY]{18}$(?!\n)")]
TrusteeCode = Annotated[str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9-]{0,31}$(?!\n)")]
Kind = Annotated[str, Meta(pattern="^[a-z]{1,16}$(?!\n)")]
MediaType = Annotated[str, Meta(pattern="^[a-z]+/[a-z0-9.+-]{1,90}$(?!\n)")]
Day = Annotated[str, Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$(?!\n)")]
Line = Annotated[str, Meta(min_length=1, max_length=300)]
Prose = Annotated[str, Meta(min_length=1, max_length=20_000)]

MAX_FILE_NAME = 255
_NOT_IN_NAMES = re.compile("[/\\\\:\x00-\x1f\x7f-\x9f]")
_ROOMS = {"api", "bidding", "notary", "trading"}
_PLACE = re.compile(r" - at `(?P<place>[^`]*)`$")
_UNKNOWN = re.compile(r"unknown field `(?P<name>[^`]*)`|missing required field `(?P<missing>[^`]*)`")


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of everything that is read from outside: unknown members are refused."""


def read(data: bytes, type_: type[T], *, max_bytes: int = 1 << 20) -> T:
    """Strict JSON bytes (see notary.canonical) into a struct. Raises Malformed with the field named."""
    return convert(canonical.loads(data, max_bytes=max_bytes), type_)


def convert(value: Any, type_: type[T]) -> T:
    """A JSON value into a struct. Raises Malformed (reason field_wrong) with the field as a dotted path."""
    try:
        return msgspec.convert(value, type_, strict=True)
    except msgspec.ValidationError as error:
        raise _refusal(str(error)) from error


def prepare() -> None:
    """Let msgspec look at every struct of ours once, in one thread, before others start.

    It does so at a struct's first use, and two threads at once crash the process (msgspec 0.22, seen in a kill test).
    """
    waiting = msgspec.Struct.__subclasses__()
    while waiting:
        known = waiting.pop()
        waiting.extend(known.__subclasses__())
        if known.__module__.partition(".")[0] in _ROOMS:
            with suppress(msgspec.ValidationError):
                msgspec.convert({}, known)


def plain(value: msgspec.Struct) -> dict[str, Any]:
    """The JSON value of a struct."""
    made: dict[str, Any] = msgspec.to_builtins(value)
    return made


def _refusal(message: str) -> Malformed:
    place = _PLACE.search(message)
    named = _UNKNOWN.search(message)
    path = (place["place"] if place else "$").removeprefix("$").removeprefix(".")
    if named:
        path = ".".join(p for p in (path, named["name"] or named["missing"]) if p)
    told = _PLACE.sub("", message)
    zh, en = f"字段不符合要求：{path or '整体'}（{told}）。", f"{path or 'The whole'}: {told}."
    return Malformed("field_wrong", zh, en, field=path or None)


def check_file_name(name: str, field: str) -> None:
    """Refuse what is no plain file name: paths, control characters, dots or spaces at the ends, over 255 bytes.

    Raises Malformed (file_name).
    """
    canonical.check(name, field)
    plain = 0 < len(name.encode()) <= MAX_FILE_NAME and not _NOT_IN_NAMES.search(name)
    if not plain or name[0] in ". " or name[-1] in ". ":
        raise Malformed(
            "file_name",
            "文件名只能是名称：不得含路径或控制字符，首尾不得是点或空格，不超过 255 字节。",
            "A file name is a plain name: no path, no control characters, no dot or space at either end, 255 bytes.",
            field=field,
        )
