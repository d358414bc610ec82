"""The front door: what every request must pass before any handler, and before Litestar parses anything.

Litestar takes JSON sent as text/plain (so a foreign web page could post it) and runs out of stack on JSON nested 5,000
deep; neither gets that far. Bodies of JSON operations and of pages' forms are read whole here, at most 1 MiB; parts and
documents stream. Who sends one is not known yet, so no body may hold up the loop that serves everybody: the larger ones
are parsed in two threads of their own.
"""

from __future__ import annotations

import re
from collections.abc import Set
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from anyio import CapacityLimiter, to_thread
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from api import problems, senders
from notary import canonical, chance
from notary.errors import Malformed, Refusal, TooMuch

MAX_JSON = 1 << 20
HEALTH = "/healthz"
_SMALL = 16 << 10
_PARSERS = CapacityLimiter(2)
_STREAMED = re.compile(r"/api/v1/(uploads/[^/]+/parts/|documents/|tenders/[^/]+/(papers|result-letters)/)")
#: Forms with files: read piece by piece by api/pages/uploads.py.
_FILES = re.compile(
    r"(/en)?/agency/(drafts/[^/]+/files|small-purchases/[^/]+|lots/[^/]+/(amendment|prior|contract(/changes|/end)?|(papers|result-letters)/[^/]+))"
)
_MULTIPART = "multipart/form-data"
_JSON = ("application/json", "application/json;charset=utf-8")
_FORM = ("application/x-www-form-urlencoded", "application/x-www-form-urlencoded;charset=utf-8")
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
]


def front_door(app: ASGIApp, names: Set[str]) -> ASGIApp:
    """The middleware. names: by which the server may be asked for."""

    async def through(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        scope["sunbid_request"] = chance.token(8).hex()  # type: ignore[typeddict-unknown-key]
        dressed = _dressed(send)
        try:
            # Whoever looks after machines asks each by its own address.
            if scope["path"] != HEALTH:
                senders.check_host(scope, names)
            receive = await _checked(scope, receive)
        except Refusal as refusal:
            response = problems.answer(refusal, str(scope.get("sunbid_request", "")))
            await response.to_asgi_response(app=None, request=None)(scope, receive, dressed)  # type: ignore[arg-type]
            return
        await app(scope, receive, dressed)

    return through


async def _checked(scope: Any, receive: Receive) -> Receive:
    _check_address(scope)
    if scope["method"] not in {"POST", "PUT", "PATCH", "DELETE"} or _STREAMED.match(scope["path"]):
        return receive
    if not is_interface(scope["path"]):
        senders.check_own(scope)
    content_type = _content_type_of(scope)
    if _FILES.fullmatch(scope["path"]):
        if content_type.partition(";")[0] != _MULTIPART:
            raise _content_type(_MULTIPART)
        return receive
    wanted = _JSON if is_interface(scope["path"]) else _FORM
    if content_type not in wanted:
        raise _content_type(wanted[0])
    body = await _whole(receive)
    if wanted is _FORM:
        return _again(body, receive)
    if len(body) <= _SMALL:  # a few milliseconds at worst, and a thread costs every bid some of its time
        canonical.loads(body, max_bytes=MAX_JSON)
    else:
        await to_thread.run_sync(partial(canonical.loads, body, max_bytes=MAX_JSON), limiter=_PARSERS)
    return _again(body, receive)


def _content_type_of(scope: Any) -> str:
    """In small letters without spaces; empty where missing or given twice: readers differ in which one they take."""
    given = [value for name, value in scope["headers"] if name == b"content-type"]
    return given[0].decode("latin-1").replace(" ", "").lower() if len(given) == 1 else ""


def _content_type(wanted: str) -> Malformed:
    return Malformed("content_type", f"请求体必须是 {wanted}。", f"The body must be {wanted}.", field="Content-Type")


def is_interface(path: str) -> bool:
    """Whether an address belongs to programs; all others are pages."""
    return path.startswith(("/api/", "/log/")) or path == HEALTH


def _check_address(scope: Any) -> None:
    """No name has a NUL character, and PostgreSQL takes none in a query."""
    places = [(None, scope["path"]), *parse_qsl(scope["query_string"].decode("latin-1"))]
    for field, text in places:
        if "\0" in text:
            raise Malformed("address_wrong", "地址含有空字符。", "The address has a NUL character.", field=field)


async def _whole(receive: Receive) -> bytes:
    chunks, size = [], 0
    while True:
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            raise Malformed("disconnected", "连接中断。", "The connection ended.")
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > MAX_JSON:
            raise TooMuch("body_too_large", f"请求体超过 {MAX_JSON} 字节。", f"The body is over {MAX_JSON} bytes.")
        if not message.get("more_body", False):
            return b"".join(chunks)


def _again(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replay() -> Any:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _dressed(send: Send) -> Send:
    async def dressed(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = {name.lower() for name, _ in message["headers"]}
            message["headers"] = [*message["headers"], *(h for h in _HEADERS if h[0] not in present)]
        await send(message)

    return dressed
