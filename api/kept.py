"""Public pages are made once for everybody: kept for a moment, packed once, told apart by the hash of their bytes.

In front of the application. A page without a reader is the same for all, so it is answered from here while it is
fresh; a browser that has the same bytes already gets 304 and no body. Whoever asks while a page is made anew waits for
that one. Only answers that carry an ETag are kept, and only pages whose handlers say that they are the same for
everybody set one (api.pages.page).
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import anyio
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from api import sessions

#: Seconds for which a page is not made again.
FRESH: Final = 1.0
_MOST_BYTES: Final = 32 << 20
_WORTH_PACKING: Final = 1 << 10
_COOKIE: Final = f"{sessions.COOKIE}=".encode()


@dataclass(frozen=True)
class Page:
    """A made page: its headers without length and encoding, its bytes, and the same packed. until: it is fresh."""

    until: float
    etag: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    packed: bytes | None


@dataclass
class Kept:
    """The pages of one process. `made` counts how often one was made, for tests and figures."""

    fresh: float = FRESH
    made: int = 0
    _bytes: int = 0
    _pages: dict[bytes, Page] = field(default_factory=dict)
    _making: dict[bytes, anyio.Event] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        return self._bytes

    def forget(self) -> None:
        """Make every page anew."""
        self._pages.clear()
        self._bytes = 0

    def door(self, app: ASGIApp) -> ASGIApp:
        """The middleware."""

        async def through(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != ScopeType.HTTP or scope["method"] != "GET":
                await app(scope, receive, send)
                return
            headers = dict(scope["headers"])
            if b"authorization" in headers or _COOKIE in headers.get(b"cookie", b""):
                await app(scope, receive, send)
                return
            # Some pages name themselves whole, as the code to scan does that the hall's screen shows.
            key = headers.get(b"host", b"") + scope["raw_path"] + b"?" + scope["query_string"]
            page = await self._waited(key)
            if page is None:
                await self._make(key, app, scope, receive, send)
                return
            await _answer(page, headers, send)

        return through

    async def _waited(self, key: bytes) -> Page | None:
        """The fresh page, after whoever is making it anew."""
        page = self._fresh(key)
        if page is None and (making := self._making.get(key)) is not None:
            await making.wait()
            page = self._fresh(key)
        return page

    def _fresh(self, key: bytes) -> Page | None:
        page = self._pages.get(key)
        return page if page is not None and page.until > anyio.current_time() else None

    async def _make(self, key: bytes, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application answer, and keep what may be kept. What may not be goes through as it comes."""
        held, done = _Held(send), anyio.Event()
        if key in self._pages:
            self._making[key] = done
        try:
            await app(scope, receive, held)
            if held.start is not None:
                page = self._keep(key, held.start, b"".join(held.body))
                await _answer(page, dict(scope["headers"]), send)
        finally:
            if self._making.get(key) is done:
                del self._making[key]
            done.set()

    def _keep(self, key: bytes, start: Mapping[str, Any], body: bytes) -> Page:
        headers = tuple((name, value) for name, value in start["headers"] if name != b"content-length")
        packed = gzip.compress(body, 6, mtime=0) if len(body) >= _WORTH_PACKING else None
        etag = dict(headers)[b"etag"]
        page = Page(anyio.current_time() + self.fresh, etag, headers, body, packed)
        self._drop(key)
        self._pages[key] = page
        self._bytes += _size(page)
        while self._bytes > _MOST_BYTES:
            self._drop(next(iter(self._pages)))
        self.made += 1
        return page

    def _drop(self, key: bytes) -> None:
        page = self._pages.pop(key, None)
        self._bytes -= 0 if page is None else _size(page)


class _Held:
    """Holds an answer back while it may be kept: `start` stays None for one that went through."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.start: Mapping[str, Any] | None = None
        self.body: list[bytes] = []

    async def __call__(self, message: Any) -> None:
        begins = message["type"] == "http.response.start" and message["status"] == 200
        if begins and any(name == b"etag" for name, _ in message["headers"]):
            self.start = message
        if self.start is None:
            await self._send(message)
        elif message["type"] == "http.response.body":
            self.body.append(message.get("body", b""))


def _size(page: Page) -> int:
    return len(page.body) + len(page.packed or b"")


async def _answer(page: Page, asked: Mapping[bytes, bytes], send: Send) -> None:
    packs = page.packed is not None and b"gzip" in asked.get(b"accept-encoding", b"")
    # A strong tag names these very bytes, so the packed ones have another.
    etag = page.etag[:-1] + b'-z"' if packs else page.etag
    named = [(name, etag if name == b"etag" else value) for name, value in page.headers]
    known = [one.strip().removeprefix(b"W/") for one in asked.get(b"if-none-match", b"").split(b",")]
    if etag in known or b"*" in known:
        kept = [pair for pair in named if pair[0] != b"content-type"]
        await send({"type": "http.response.start", "status": 304, "headers": kept})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return
    body = page.packed if packs and page.packed is not None else page.body
    more = [(b"content-length", str(len(body)).encode())] + ([(b"content-encoding", b"gzip")] if packs else [])
    await send({"type": "http.response.start", "status": 200, "headers": [*named, *more]})
    await send({"type": "http.response.body", "body": body, "more_body": False})
