"""Large bodies: read piece by piece into the store, never whole into memory.

Uploads have threads of their own, so slow senders cannot take those of everybody else. No organisation has more than
`OF_ONE` of them at once, and whoever sends less than a piece in `PIECE_SECONDS` loses its own.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import anyio
from anyio import CapacityLimiter, from_thread, to_thread
from litestar import Response

from api.desk import AnyRequest, Desk, json_response
from api.policy import POLICY
from notary import canonical
from notary.errors import Held, Malformed
from trading.caller import Caller

PIECE = 1 << 20
SENDERS = 16
OF_ONE = 4
SECONDS = 600
PIECE_SECONDS = 60
_DIGEST = re.compile(r"sha-256=:(?P<value>[A-Za-z0-9+/]{43}=):")
_senders = CapacityLimiter(SENDERS)
#: Of each organisation that sends just now.
_senders_of: WeakValueDictionary[str, CapacityLimiter] = WeakValueDictionary()

Chunks = Iterator[bytes]
T = TypeVar("T")
R = TypeVar("R")


def operation(name: str, *, most: int = 16 << 20) -> dict[str, Any]:
    """Keyword arguments of a route decorator for an operation with a streamed body of at most `most` bytes."""
    return {
        "opt": {"operation": name, "writes": POLICY[name].writes},
        "operation_id": name,
        "status_code": 200,
        "request_max_body_size": most,
    }


def page_operation(name: str, *, most: int) -> dict[str, Any]:
    """The same for a form with files, which is no part of the interface of programs."""
    return {
        "opt": {"operation": name, "writes": POLICY[name].writes},
        "include_in_schema": False,
        "status_code": 200,
        "request_max_body_size": most,
    }


def length(request: AnyRequest) -> int | None:
    """The declared Content-Length, if any. Raises Malformed."""
    text = request.headers.get("content-length")
    if text is None:
        return None
    if not text.isascii() or not text.isdigit():
        raise Malformed("length_wrong", "长度不对。", "Content-Length is wrong.", field="Content-Length")
    return int(text)


def digest(request: AnyRequest) -> str:
    """The SHA-256 in hex that ``Content-Digest`` (RFC 9530) promises. Raises Malformed."""
    match = _DIGEST.fullmatch(request.headers.get("content-digest", ""))
    try:
        if match:
            return base64.b64decode(match["value"], validate=True).hex()
    except binascii.Error:
        pass
    raise Malformed(
        "digest_missing",
        "缺少 Content-Digest: sha-256=:…:（RFC 9530）。",
        "Content-Digest: sha-256=:…: is missing (RFC 9530).",
        field="Content-Digest",
    )


async def receive(
    desk: Desk,
    request: AnyRequest,
    begin: Callable[[Caller], T],
    store: Callable[[Caller, T, Chunks], dict[str, Any]],
) -> Response[bytes]:
    """Run `begin`, then `store` with the body's pieces, both in a thread, and answer with JSON what it gives."""

    def enter() -> tuple[Caller, T]:
        caller = desk.member(request)
        return caller, begin(caller)

    return json_response(canonical.dumps(await take(request, enter, store)))


async def take(
    request: AnyRequest, enter: Callable[[], tuple[Caller, T]], store: Callable[[Caller, T, Chunks], R]
) -> R:
    """Run `enter`, then `store` with the body's pieces, both in a thread. Raises Held when a sender is too slow.

    Before its turn comes nothing of a body is read, and what one organisation waits for is its own others.
    """
    caller, begun = await to_thread.run_sync(enter)
    source = request.stream().__aiter__()

    async def piece() -> bytes:
        chunks, size = [], 0
        with anyio.fail_after(PIECE_SECONDS):
            async for chunk in source:
                chunks.append(chunk)
                size += len(chunk)
                if size >= PIECE:
                    break
        return b"".join(chunks)

    def pieces() -> Chunks:
        while data := from_thread.run(piece):
            yield data

    own = _senders_of.setdefault(caller.organisation, CapacityLimiter(OF_ONE))
    try:
        with anyio.fail_after(SECONDS):
            async with own:
                return await to_thread.run_sync(lambda: store(caller, begun, pieces()), limiter=_senders)
    except TimeoutError as error:
        raise Held(
            "too_slow", "上传过慢，已中断；已完成的部分仍在。", "The upload was too slow; finished parts are kept."
        ) from error
