"""A page of tests that uses the modules of ``templates/static/js`` as our pages do: import map, CSP, Trusted Types."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route

from templates import vendor

_PAGE = "page-of-tests"
#: A refusal of the server is an answer: the browser's note of its status is no complaint.
_STATUS = "Failed to load resource: the server responded with a status of"
# Everything that the bodies of tests are written with. A refusal comes back as its reason; other errors fail the test.
_HELPERS = """
async ([prefix, arg]) => {
    const js = (name) => import(`${prefix}js/${name}.js`);
    const bytes = await js("bytes");
    const refused = async (act) => {
        try { await act(); } catch (error) { if (error.reason) return error.reason; throw error; }
        return null;
    };
    return (%s)({ js, bytes, refused, ...bytes }, arg);
}
"""


class Modules:
    """A page with our modules at hand.

    `run(body, arg)`: `body` is an async arrow function of ``(tools, arg)``; its result, as JSON has it. tools:
    ``js(name)`` gives a module, ``refused(act)`` the reason of a refusal or null, and all of js/bytes.js by name.
    """

    def __init__(self, page: Page, prefix: str) -> None:
        self.page = page
        self._prefix = prefix
        self.complaints: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def run(self, body: str, arg: Any = None) -> Any:
        """The result of a body."""
        return self.page.evaluate(_HELPERS.replace("%s", body), [self._prefix, arg])

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(_STATUS):
            self.complaints.append(message.text)


@contextmanager
def modules(chromium: Browser, assets: str) -> Iterator[Modules]:
    """A page of its own context; it may complain of nothing, blocked scripts and rejected promises included."""
    context = chromium.new_context()
    found = open_page(context, assets)
    yield found
    context.close()
    assert found.complaints == []


def open_page(context: BrowserContext, assets: str) -> Modules:
    """A page in a context that is there already."""
    page = context.new_page()
    page.route(f"**/{_PAGE}", _answer_with_page(f"{assets}/"))
    found = Modules(page, f"{assets}/")
    page.goto(f"{assets}/{_PAGE}")
    return found


def _answer_with_page(assets: str) -> Any:
    shown = json.dumps(vendor.import_map(assets))
    hashed = base64.b64encode(hashlib.sha256(shown.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'self' 'sha256-{hashed}'; worker-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; base-uri 'none'; require-trusted-types-for 'script'; trusted-types sunbid"
    )
    body = (
        f'<!doctype html><html lang="zh-CN"><title>Tests</title><link rel="icon" href="data:,">'
        f'<script type="importmap">{shown}</script><input type="file" multiple>'
    )

    def answer(route: Route) -> None:
        route.fulfill(content_type="text/html", body=body, headers={"Content-Security-Policy": policy})

    return answer
