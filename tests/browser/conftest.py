"""A real Chromium for the tests of pages: what it blocks or reports fails the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar, Response, get
from litestar.params import FromPath
from playwright.sync_api import Browser

from api.pages.page import POLICY_HEADER
from templates import web
from tests.browser.reader import Readers, launched, reading
from tests.serving import serving


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for each test module; every reader has a context of its own.

    Not for the whole session: while Playwright runs, nothing else in its thread may have an event loop.
    """
    with launched() as browser:
        yield browser


@pytest.fixture
def readers(chromium: Browser) -> Iterator[Readers]:
    """Makes readers (browser contexts); at the end none may have seen a script fail or its policy broken."""
    with reading(chromium) as made:
        yield made


@get("/static/{version:str}/{path:path}", sync_to_thread=True)
def _static(version: FromPath[str], path: FromPath[str]) -> Response[bytes]:
    file = web.files()[path.removeprefix("/")]
    return Response(file.data, headers={"content-type": file.media_type})


@get("/empty", sync_to_thread=True)
def _empty() -> Response[bytes]:
    body = b"<!doctype html><html lang=en><title>empty</title>"
    return Response(
        body, headers={"content-type": "text/html; charset=utf-8", "content-security-policy": POLICY_HEADER}
    )


HANDLERS = [_static, _empty]


@pytest.fixture(scope="session")
def assets() -> Iterator[str]:
    """Where the modules of pages lie (``{assets}/js/…``), beside ``{origin}/empty`` with the policy of pages."""
    with serving(Litestar(route_handlers=HANDLERS)) as url:
        yield f"{url}/static/{web.version()}"


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    """Where a test keeps what a page lets it download."""
    folder = tmp_path / "downloads"
    folder.mkdir()
    return folder
