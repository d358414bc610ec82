"""The HTTP interface from the caller's side: tries again with the same key, and raises what the server refuses."""

from __future__ import annotations

import io
import ssl
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from notary import canonical, chance
from notary.errors import Malformed, Refusal

T = TypeVar("T")

API = "/api/v1"
MAX_ANSWER_BYTES = 64 << 20
TRIES = 6
_TIMEOUT = httpx.Timeout(60, connect=10)
_BUSY = frozenset({429, 502, 503, 504})
_PROBLEM = frozenset({"type", "title", "status", "detail", "detail_en", "reason", "field", "cites", "instance"})


class ServerRefused(Refusal):
    """The server's refusal (RFC 9457). status: of HTTP."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        facts = {name: value for name, value in problem.items() if name not in _PROBLEM}
        super().__init__(
            str(problem.get("reason", f"http_{status}")),
            str(problem.get("detail", f"服务器拒绝了请求（{status}）。")),
            str(problem.get("detail_en", f"The server refused the request ({status}).")),
            field=problem.get("field"),
            cites=problem.get("cites"),
        )
        self.status = status
        self.facts = facts

    @property
    def busy(self) -> bool:
        """Whether trying again later may succeed."""
        return self.status in _BUSY


class Unreachable(Refusal):
    """The server gave no answer at any try. What was asked may have been done: ask for its state first."""


class Client:
    """A caller of one server; may be used by several threads.

    url: of the server, without ``/api/v1``. token: None for the public. demonstration: the caller was told that the
    server is one. tries: how often a request is sent before it is given up. Every method raises ServerRefused or
    Unreachable.
    """

    def __init__(self, url: str, token: str | None = None, *, demonstration: bool = False, tries: int = TRIES) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.demonstration = demonstration
        self._tries = tries
        self._http = httpx.Client(base_url=url.rstrip("/"), headers=headers, timeout=_TIMEOUT, verify=_tls())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, **params: str | int) -> Any:
        """The JSON at a path under ``/api/v1``."""
        return _json(self._send("GET", API + path, params=params))

    def items(self, path: str) -> Iterator[Any]:
        """The items of a list, page after page."""
        page = self.get(path)
        yield from page["items"]
        while following := page.get("links", {}).get("next"):
            page = _json(self._send("GET", following))
            yield from page["items"]

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The answer to an act. It is done once, however often it has to be sent: all tries carry one key."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": chance.token(16).hex()}
        return _json(self._send("POST", API + path, content=canonical.dumps(body), headers=headers))

    def put(
        self, path: str, content: bytes | Path, *, headers: dict[str, str] | None = None, **params: str
    ) -> dict[str, Any]:
        """The answer to storing bytes, or those of a file, under a path that names them."""
        headers = {"Content-Type": "application/octet-stream", **(headers or {})}
        answer: dict[str, Any] = _json(self._send("PUT", API + path, content=content, headers=headers, params=params))
        return answer

    def read(self, path: str, **params: str | int) -> bytes:
        """The bytes at a path under ``/api/v1``."""
        return self._send("GET", API + path, params=params).content

    def read_static(self, path: str) -> bytes:
        """The bytes of a static file of the log, such as ``/log/checkpoint``."""
        return self._send("GET", path).content

    def save(self, path: str, target: Path, **params: str | int) -> None:
        """Write what lies at a path under ``/api/v1`` into a file, whatever its size."""

        def receive() -> None:
            with self._http.stream("GET", API + path, params=params) as response:
                if not response.is_success:
                    response.read()
                _check(response)
                with target.open("wb") as file:
                    for piece in response.iter_bytes():
                        file.write(piece)

        self._tried(receive)

    def _send(self, method: str, path: str, *, content: bytes | Path | None = None, **options: Any) -> httpx.Response:
        def send() -> httpx.Response:
            if content is None:
                return _check(self._http.request(method, path, **options))
            # Bytes as they are would be copied after every send, and live on with the request until the collector
            # comes: a stream goes piece by piece, and what is closed holds nothing.
            with content.open("rb") if isinstance(content, Path) else io.BytesIO(content) as stream:
                return _check(self._http.request(method, path, content=stream, **options))

        return self._tried(send)

    def _tried(self, act: Callable[[], T]) -> T:
        """The act's result; tried again, a few seconds long, after lost connections and busy answers."""
        tries = Retrying(
            retry=retry_if_exception(_may_pass),
            wait=wait_random_exponential(multiplier=0.2, max=8),
            stop=stop_after_attempt(self._tries),
            reraise=True,
        )
        try:
            return tries(act)
        except httpx.TransportError as error:
            raise Unreachable(
                "unreachable",
                "服务器没有应答，请检查网络后重试；此前的请求可能已被受理，可先查询状态。",
                f"The server did not answer ({error}). Check the network and try again; "
                "what was sent may have been done, so ask for its state first.",
            ) from error


@cache
def _tls() -> ssl.SSLContext:
    """Reading the certificates of all authorities takes longer than most requests: once for all clients."""
    return httpx.create_ssl_context()


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, httpx.TransportError) or (isinstance(error, ServerRefused) and error.busy)


def _check(response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    raise ServerRefused(response.status_code, _problem(response))


def _problem(response: httpx.Response) -> dict[str, Any]:
    """The problem in a refusal; a proxy's own pages tell nothing but their status."""
    try:
        problem = _json(response)
    except Malformed:
        return {}
    return problem if isinstance(problem, dict) else {}


def _json(response: httpx.Response) -> Any:
    return canonical.loads(response.content, max_bytes=MAX_ANSWER_BYTES)
