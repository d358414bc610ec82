"""The HTTP interface from the caller's side: tries again with the same key, and raises what the server refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import httpx
import tenacity

from notary import canonical, chance
from notary.errors import Refusal

API = "/api/v1"
MAX_ANSWER_BYTES = 64 << 20
_TRIES = 6
_SECONDS_BETWEEN = 8
_TIMEOUT = httpx.Timeout(60, connect=10)
_TRY_AGAIN = frozenset({429, 502, 503, 504})


class ServerRefused(Refusal):
    """The server's refusal (RFC 9457). status: of HTTP."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        facts = {name: value for name, value in problem.items() if name not in _PROBLEM}
        super().__init__(
            problem.get("reason", f"http_{status}"),
            problem.get("detail", f"服务器拒绝（{status}）。"),
            problem.get("detail_en", problem.get("title", f"The server refused ({status}).")),
            field=problem.get("field"),
            cites=problem.get("cites"),
            **facts,
        )
        self.status = status


class Unreachable(Refusal):
    """The server did not answer, or not in the form agreed, in all tries."""


class Client:
    """A caller of one server, for use by several threads.

    url: of the server without ``/api/v1``. token: None for the public. demonstration: that it is one, and known to be.
    """

    def __init__(self, url: str, token: str | None = None, *, demonstration: bool = False) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.demonstration = demonstration
        self._http = httpx.Client(base_url=url.rstrip("/"), headers=headers, timeout=_TIMEOUT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, **params: Any) -> Any:
        """The JSON at a path under ``/api/v1``."""
        return _json(self._send("GET", API + path, params=params))

    def items(self, path: str, **params: Any) -> Iterator[Any]:
        """The items of a list, page after page."""
        page = self.get(path, **params)
        yield from page["items"]
        while following := page["links"].get("next"):
            page = _json(self._send("GET", following))
            yield from page["items"]

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The answer to an act. It is done once however often it has to be sent: all tries carry one key."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": chance.token(16).hex()}
        return _json(self._send("POST", API + path, content=canonical.dumps(body), headers=headers))

    def put(
        self, path: str, content: bytes | Path, headers: dict[str, str] | None = None, **params: str
    ) -> dict[str, Any]:
        """The answer to storing bytes, or a file's, at a path that names them."""
        answer: dict[str, Any] = _json(self._send("PUT", API + path, content=content, headers=headers, params=params))
        return answer

    def read(self, path: str, *, static: bool = False, **params: Any) -> bytes:
        """The bytes at a path under ``/api/v1``, or of a static file of the log."""
        return self._send("GET", path if static else API + path, params=params).content

    def save(self, path: str, target: Path, **params: Any) -> None:
        """Write what lies at a path under ``/api/v1`` into a file, whatever its size."""

        def receive() -> None:
            with self._http.stream("GET", API + path, params=params) as response:
                if response.is_error:
                    response.read()
                _check(response)
                with target.open("wb") as file:
                    for piece in response.iter_bytes():
                        file.write(piece)

        _tried(receive)

    def _send(self, method: str, path: str, *, content: bytes | Path | None = None, **options: Any) -> httpx.Response:
        def send() -> httpx.Response:
            if isinstance(content, Path):
                with content.open("rb") as file:
                    return _check(self._http.request(method, path, content=file, **options))
            return _check(self._http.request(method, path, content=content, **options))

        return _tried(send)


_PROBLEM = frozenset({"type", "title", "status", "detail", "detail_en", "reason", "field", "cites", "instance"})


def _tried[T](act: Any) -> T:
    raise NotImplementedError
