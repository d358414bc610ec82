"""The list of files in the documents section (docs/spec/envelope.md, Documents section). Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Literal

from bidding.envelope import MAX_LIST
from notary import canonical, forms
from notary.errors import Malformed, TooMuch
from notary.forms import Form

MAX_FILES = 1000
MAX_NAME = 255
HASH = 32
_LENGTH = 4
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,62}/[a-z0-9][a-z0-9.+-]{0,62}", re.ASCII)


class File(Form, frozen=True):
    """One file of a bid: a plain name, its media type, its size in bytes."""

    name: str
    media_type: str
    size: int


class _List(Form, frozen=True):
    files: tuple[File, ...]
    type: Literal["sunbid/files/1"]


def encode_list(files: Sequence[File]) -> bytes:
    """The list's canonical bytes; the limits of its members keep it under 1 MiB. Raises what check raises."""
    check(files)
    return canonical.dumps(forms.plain(_List(files=tuple(files), type="sunbid/files/1")))


def parse_list(data: bytes) -> tuple[File, ...]:
    """The files of a list's canonical bytes. Raises Malformed (field_wrong and those of canonical and check)."""
    files = forms.convert(canonical.loads_canonical(data, max_bytes=MAX_LIST), _List).files
    check(files)
    return files


def plain_length(files: Sequence[File], listed: bytes) -> int:
    """The length of the documents section's plaintext without padding."""
    return _LENGTH + len(listed) + sum(file.size for file in files) + HASH * len(files)


def check(files: Sequence[File]) -> None:
    """Refuse files whose names could leave a folder, hide, or fall together.

    Raises TooMuch (files_too_many), Malformed (file_name, file_name_twice, file_media_type, file_size).
    """
    if len(files) > MAX_FILES:
        raise TooMuch("files_too_many", f"文件不得超过 {MAX_FILES} 个。", "More than 1,000 files.", field="files")
    names: set[str] = set()
    for i, file in enumerate(files):
        _check_name(file.name, f"files[{i}].name")
        if file.name in names:
            raise _refuse("file_name_twice", "文件名重复。", "Two files have one name.", f"files[{i}].name")
        names.add(file.name)
        if not _MEDIA_TYPE.fullmatch(file.media_type):
            zh, en = "媒体类型不对。", "A media type looks like application/pdf."
            raise _refuse("file_media_type", zh, en, f"files[{i}].media_type")
        if file.size < 0:
            raise _refuse("file_size", "文件大小不对。", "A size is not negative.", f"files[{i}].size")


def _check_name(name: str, field: str) -> None:
    canonical.check(name, field)
    plain = (
        1 <= len(name.encode()) <= MAX_NAME
        and not any(unicodedata.category(c) == "Cc" or c in "/\\:" for c in name)
        and name not in {".", ".."}
        and name[-1] not in ". "
    )
    if not plain:
        raise _refuse(
            "file_name",
            "文件名须为 1 至 255 字节，不含控制字符、/、\\、:，且不以点或空格结尾。",
            "A file name has 1 to 255 bytes, no control characters, /, \\ or :, and ends in no dot or space.",
            field,
        )


def _refuse(reason: str, zh: str, en: str, field: str) -> Malformed:
    return Malformed(reason, zh, en, field=field)
