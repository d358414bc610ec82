"""Large bodies: read piece by piece into the store, never whole into memory.

Uploads have threads of their own, so slow senders cannot take those of everybody else.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import anyio
from anyio import CapacityLimiter, from_thread, to_thread
from litestar import Response

from api.desk import AnyRequest, json_response
from api.policy import POLICY
from notary import canonical
from notary.errors import Held, Malformed

PIECE = 1 << 20
SENDERS = 16
SECONDS = 600
_DIGEST = re.compile(r"sha-256=:(?P<value>[A-Za-z0-9+/]{43}=):")
_limiter: list[CapacityLimiter] = []

Chunks = Iterator[bytes]
T = TypeVar("T")


def operation(name: str, *, most: int = 16 << 20) -> dict[str, Any]:
    """Keyword arguments of a route decorator for an operation with a streamed body of at most `most` bytes."""
    return {
        "opt": {"operation": name, "writes": POLICY[name].writes},
        "operation_id": name,
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
    request: AnyRequest, begin: Callable[[], T], store: Callable[[T, Chunks], dict[str, Any]]
) -> Response[bytes]:
    """Run `begin`, then `store` with the body's pieces, both in a thread. Raises Held when a sender is too slow."""
    if not _limiter:
        _limiter.append(CapacityLimiter(SENDERS))
    begun = await to_thread.run_sync(begin)
    source = request.stream().__aiter__()

    async def piece() -> bytes:
        chunks, size = [], 0
        async for chunk in source:
            chunks.append(chunk)
            size += len(chunk)
            if size >= PIECE:
                break
        return b"".join(chunks)

    def pieces() -> Chunks:
        while data := from_thread.run(piece):
            yield data

    try:
        with anyio.fail_after(SECONDS):
            done = await to_thread.run_sync(lambda: store(begun, pieces()), limiter=_limiter[0])
    except TimeoutError as error:
        raise Held(
            "too_slow", "上传过慢，已中断；已完成的部分仍在。", "The upload was too slow; finished parts are kept."
        ) from error
    return json_response(canonical.dumps(done))
