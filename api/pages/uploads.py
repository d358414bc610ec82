"""Forms with files (``multipart/form-data``): read piece by piece; the files wait on disk until the form is whole.

The session's token must come before the first file, so that nothing of a foreign page's form is written.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from litestar import Response
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from api import sessions, streams
from api.desk import AnyRequest, Desk
from api.pages import sent as forms_sent
from api.pages.sent import Sent
from api.sessions import Session
from notary import forms
from notary.errors import Forbidden, Malformed, TooMuch
from trading.caller import Caller

MOST = 256 << 20
_MOST_TEXT = 1 << 20
_MOST_PARTS = 400
_UNKNOWN_TYPE = "application/octet-stream"
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]{0,79}")


@dataclass(frozen=True)
class File:
    """A file of a form, on disk while the form is taken. field: its input; size: bytes; sha256: hex."""

    field: str
    name: str
    media_type: str
    size: int
    sha256: str
    path: Path

    def chunks(self) -> Iterator[bytes]:
        """Its bytes, piece by piece."""
        with self.path.open("rb") as stream:
            while piece := stream.read(streams.PIECE):
                yield piece


@dataclass
class _Reading:
    """A form while it is read."""

    session: Session
    folder: Path
    pairs: list[tuple[str, str]] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    texts: int = 0

    def segment(self, segment: MultipartSegment, events: Iterator[object]) -> None:
        """One field or file. Raises Malformed, TooMuch, Forbidden (csrf)."""
        if segment.filename is None:
            self._text(segment, events)
        else:
            sessions.check(self.session, dict(self.pairs).get("csrf"))
            self._file(segment, events)

    def _text(self, segment: MultipartSegment, events: Iterator[object]) -> None:
        data = b"".join(_bytes(events))
        self.texts += len(data)
        if self.texts > _MOST_TEXT:
            raise TooMuch("body_too_large", f"表单文字超过 {_MOST_TEXT} 字节。", f"Over {_MOST_TEXT} bytes of text.")
        try:
            self.pairs.append((segment.name, data.decode("utf-8")))
        except UnicodeDecodeError as error:
            raise _wrong() from error

    def _file(self, segment: MultipartSegment, events: Iterator[object]) -> None:
        path = self.folder / str(len(self.files))
        with path.open("wb") as stream:
            size, digest = _written(stream, _bytes(events))
        if size == 0 and not segment.filename:
            return  # nothing was chosen
        forms.check_file_name(segment.filename or "", segment.name)
        if size == 0:
            raise Malformed("file_empty", "文件是空的。", "The file is empty.", field=segment.name)
        given = (segment.content_type or "").partition(";")[0].strip().lower()
        media_type = given if _MEDIA_TYPE.fullmatch(given) else _UNKNOWN_TYPE
        self.files.append(File(segment.name, segment.filename or "", media_type, size, digest, path))

    def sent(self) -> Sent:
        """The whole form."""
        sessions.check(self.session, dict(self.pairs).get("csrf"))
        told = {"texts": [list(pair) for pair in self.pairs], "files": [[one.name, one.sha256] for one in self.files]}
        return forms_sent.of_pairs(self.pairs, repr(told).encode())


async def receive(
    desk: Desk, request: AnyRequest, take: Callable[[Sent, list[File]], Response[bytes]]
) -> Response[bytes]:
    """Read a form with files and let `take` do what it asks for, in a thread. Raises Forbidden, Malformed, TooMuch."""

    def enter() -> tuple[Caller, tuple[Session, bytes]]:
        session = desk.visitor(request)
        if session is None:
            raise Forbidden("sign_in", "请先登录。", "Sign in first.")
        _, options = parse_options_header(request.headers.get("content-type", ""))
        return session.caller, (session, options.get("boundary", "").encode("latin-1"))

    def read(_caller: Caller, begun: tuple[Session, bytes], chunks: streams.Chunks) -> Response[bytes]:
        session, boundary = begun
        with tempfile.TemporaryDirectory(prefix="sunbid-") as folder:
            reading = _Reading(session, Path(folder))
            _read(reading, boundary, chunks)
            return take(reading.sent(), reading.files)

    return await streams.take(request, enter, read)


def store(desk: Desk, files: list[File]) -> None:
    """Put the files where documents lie, outside any transaction."""
    for file in files:
        desk.store.put(f"documents/{file.sha256}", file.chunks(), sha256=file.sha256)


def _read(reading: _Reading, boundary: bytes, chunks: streams.Chunks) -> None:
    try:
        with PushMultipartParser(boundary, max_segment_size=MOST, max_segment_count=_MOST_PARTS) as parser:
            events: Iterator[object] = (event for chunk in chunks for event in parser.parse(chunk))
            for event in events:
                if isinstance(event, MultipartSegment):
                    reading.segment(event, events)
    except (MultipartError, ValueError) as error:
        raise _wrong() from error


def _bytes(events: Iterator[object]) -> Iterator[bytes]:
    """The bytes of one part, up to its end (None)."""
    for event in events:
        if event is None:
            return
        if not isinstance(event, bytes | bytearray):
            raise _wrong()
        yield bytes(event)
    raise _wrong()


def _written(stream: BinaryIO, chunks: Iterator[bytes]) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    for chunk in chunks:
        size += len(chunk)
        digest.update(chunk)
        stream.write(chunk)
    return size, digest.hexdigest()


def _wrong() -> Malformed:
    return Malformed("form_wrong", "表单内容无法识别。", "The form cannot be read.")
