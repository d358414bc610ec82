"""A small HTTP server that gives prepared answers and remembers what it was asked: for the client's own behaviour."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Answering:
    """`answers`: path to what is answered in turn, the last one for ever: (status, JSON value) or None to hang up."""

    url: str
    answers: dict[str, list[tuple[int, Any] | None]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def give(self, path: str, *answers: tuple[int, Any] | None) -> None:
        self.answers[path] = list(answers)

    def next(self, path: str) -> tuple[int, Any] | None:
        given = self.answers.get(path, [(404, {"reason": "not_found", "detail": "无", "detail_en": "None."})])
        return given.pop(0) if len(given) > 1 else given[0]


@contextmanager
def answering() -> Iterator[Answering]:
    """Run the server on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    found = Answering(f"http://127.0.0.1:{server.server_port}")
    server.RequestHandlerClass = _handler(found)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(found: Answering) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            found.asked.append(Asked(self.command, self.path, dict(self.headers), body))
            answer = found.next(self.path.partition("?")[0])
            if answer is None:
                self.connection.close()
                return
            status, value = answer
            data = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/problem+json" if status >= 400 else "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = _answer  # noqa: N815  # the library asks for these names

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler
