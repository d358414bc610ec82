"""The only things that a paper may load: files of ``templates/static``, by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

_STATIC = Path(__file__).resolve().parent / "static"
_TYPES = {".css": "text/css", ".svg": "image/svg+xml"}


class Assets(URLFetcher):  # type: ignore[misc]
    """Serves ``asset:print.css`` and its like; for any other address the whole paper fails.

    The default fetcher follows file:, loopback addresses and redirects.
    """

    def __init__(self) -> None:
        super().__init__(allowed_protocols=[], allow_redirects=False)

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """The packaged file. Raises FatalURLFetchingError for every other address."""
        scheme, _, name = url.partition(":")
        path = _STATIC / name
        if scheme != "asset" or path.parent != _STATIC or path.suffix not in _TYPES or not path.is_file():
            raise FatalURLFetchingError(f"a paper may not load {url[:200]}")
        return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": _TYPES[path.suffix]})
