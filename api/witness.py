"""``sunbid witness serve``: a witness (C2SP tlog-witness) over HTTP, for anybody to run apart from the platform."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import uvicorn
from litestar import Litestar, Request, Response, get, post
from litestar.params import FromPath, RawBody

from notary import clock, keys, notes
from notary.errors import Forbidden, Held
from notary.witness import MAX_BODY_BYTES, TEXT, Answer, Witness


def create(witness: Witness, *, demonstration: bool) -> Litestar:
    """The ASGI application of one witness; demonstration: it keeps the demonstration's time."""

    @post("/add-checkpoint", sync_to_thread=True)
    def add_checkpoint(body: RawBody) -> Response[bytes]:
        return _response(witness.add_checkpoint(body, clock.own_time(demonstration=demonstration)))

    @get("/{origin_hash:str}/checkpoint", sync_to_thread=True)
    def checkpoint(origin_hash: FromPath[str]) -> Response[bytes]:
        return _response(witness.checkpoint(origin_hash))

    return Litestar(
        route_handlers=[add_checkpoint, checkpoint],
        exception_handlers={Held: _on_held},
        request_max_body_size=MAX_BODY_BYTES,
        openapi_config=None,
        logging_config=None,
    )


def load(folder: Path, name: str, logs: list[str], *, demonstration: bool) -> Witness:
    """The witness whose key and state are in a folder; a new key where there is none. logs: vkeys that it knows.

    Raises Malformed; Forbidden (demonstration_unexpected) for a demonstration's log among real ones, or a real one
    among demonstrations.
    """
    known = {key.name: key for key in map(notes.parse_vkey, logs)}
    if any(origin.endswith("/demonstration") is not demonstration for origin in known):
        raise Forbidden(
            "demonstration_unexpected",
            "演示日志与正式日志不得由同一见证人见证；演示请加 --demonstration。",
            "A witness cosigns demonstrations or real logs, not both; add --demonstration for the former.",
            field="log",
        )
    return Witness(name, keys.load_or_create(folder / "witness.key"), known, folder / "state")


def serve(witness: Witness, host: str, port: int, *, demonstration: bool) -> None:
    """Serve until stopped."""
    uvicorn.run(create(witness, demonstration=demonstration), host=host, port=port, log_level="warning")


def _response(answer: Answer) -> Response[bytes]:
    # As a header: to a media type Litestar adds a charset of its own.
    return Response(answer.body, status_code=answer.status, headers={"content-type": answer.content_type})


def _on_held(_request: Request[Any, Any, Any], held: Held) -> Response[bytes]:
    return _response(Answer(503, TEXT, f"{held.reason}: {held.en}\n".encode()))
