"""A reader whom nothing escapes: what runs, what is fetched, what the policy reports; and the forms of a page."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Response

from tests.browser.hostile import MARK
from tests.browser.reader import _STATUS
from tests.routes import Route

#: What a field that people type into may be.
TYPED = {"text", "search", "email", "tel", "url", "password", "number", "date", "time", "textarea", "file"}
_OURS = {"csrf", "key"}
#: What a browser says of a date that is none.
_UNFIT = "does not conform to the required format"
_LISTEN = (
    "document.addEventListener('securitypolicyviolation', (e) => reported(`${e.violatedDirective} ${e.blockedURI}`))"
)
_TEXT = """() => [document.title, document.documentElement.textContent,
    ...[...document.querySelectorAll("input, textarea")].map((one) => one.value)].join("\\n")"""
_SUBMIT = """([at, values, forced]) => {
    const form = document.forms[at];
    for (const one of [...form.elements]) {
        if (!(one.name in values) || one.type === "file") continue;
        if (one.tagName === "INPUT") one.type = "text";
        one.value = values[one.name];
    }
    for (const [name, value] of Object.entries(forced)) {
        for (const one of [...form.elements].filter((one) => one.name === name)) one.remove();
        const more = document.createElement("input");
        more.type = "hidden"; more.name = name; more.value = value;
        form.append(more);
    }
    // Not before this call has its answer.
    setTimeout(() => HTMLFormElement.prototype.submit.call(form), 0);
}"""
#: Some pages send a form as soon as a file is chosen.
_DEAF = """() => {
    for (const name of ["input", "change"])
        window.addEventListener(name, (event) => event.stopImmediatePropagation(), true);
}"""
_MISTAKES = "() => [...document.querySelectorAll('#mistakes a')].map((one) => one.getAttribute('href').slice(7))"


@dataclass
class Watch:
    """A browser's window of one person. faults: everything that should not have been."""

    browser: Browser
    url: str
    cookies: list[Any]
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context: BrowserContext = self.browser.new_context()
        self.context.set_default_timeout(180_000)
        self.context.add_cookies(self.cookies)
        self.context.expose_function(MARK, lambda *_: self._note("ran"))
        self.context.expose_function("reported", lambda told: self._note(f"reported {told}"))
        self.context.add_init_script(_LISTEN)
        self.context.on("request", self._asked)
        self.page: Page = self.context.new_page()
        self.page.on("dialog", self._dialog)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self._note(f"failed: {error}"))

    def look(self, path: str) -> str:
        """Open a page; the text of it, with what stands in its fields."""
        answer = self.page.goto(f"{self.url}{path}", wait_until="domcontentloaded")
        assert answer is not None
        if answer.status >= 500:
            self._note(f"{answer.status}")
        return self.text()

    def text(self) -> str:
        """The text of the page that is open."""
        found: str = self.page.evaluate(_TEXT)
        return found

    def submit(self, at: int, values: dict[str, str], forced: dict[str, str], files: dict[str, str]) -> Response:
        """Send the form that stands at this place of the page, past what the browser would say; the answer."""
        if files:
            self.page.evaluate(_DEAF)
        for name, path in files.items():
            self.page.locator("form").nth(at).locator(f"input[name='{name}']").set_input_files(path)
        with self.page.expect_navigation(wait_until="domcontentloaded") as going:
            self.page.evaluate(_SUBMIT, [at, values, forced])
        if going.value.status >= 500:
            self._note(f"{going.value.status} for {sorted(values)}")
        return going.value

    def mistakes(self) -> list[str]:
        """The fields that a refused form names."""
        found: list[str] = self.page.evaluate(_MISTAKES)
        return found

    def close(self) -> None:
        self.context.close()

    def _note(self, fault: str) -> None:
        self.faults.append(f"{self.page.url.removeprefix(self.url)[:80]}: {fault}")

    def _asked(self, request: Any) -> None:
        path = request.url.removeprefix(self.url).partition("?")[0]
        # An address that the sweep itself goes to may have anything in it.
        foreign = not request.url.startswith(self.url) or MARK in path
        if foreign and not request.is_navigation_request():
            self._note(f"fetched {request.url[:100]}")

    def _dialog(self, dialog: Any) -> None:
        self._note(f"dialog {dialog.type}")
        dialog.dismiss()

    def _console(self, message: Any) -> None:
        spoken = message.text.startswith(_STATUS) or _UNFIT in message.text
        if message.type in {"error", "warning"} and not spoken:
            self._note(message.text)


@dataclass(frozen=True)
class PageForm:
    """A form of a page.

    at: its place among all of the page; fields: name -> kind of what people type; hidden: the other names.
    """

    page: str
    at: int
    action: str
    method: str
    fields: dict[str, str]
    hidden: tuple[str, ...]


class _Forms(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.page, self.found, self.inside = page, list[dict[str, Any]](), False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = True
            action, method = given.get("action", ""), given.get("method", "get")
            self.found.append({"action": action, "method": method, "fields": {}, "hidden": []})
        elif self.inside and tag in {"input", "textarea", "select", "button"} and "name" in given:
            kind = tag if tag != "input" else given.get("type", "text")
            if kind in TYPED:
                self.found[-1]["fields"][given["name"]] = kind
            elif given["name"] not in _OURS:
                self.found[-1]["hidden"].append(given["name"])

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "form"


def forms(page: str, text: str) -> Iterator[PageForm]:
    """The forms of a page."""
    parser = _Forms(page)
    parser.feed(text)
    for at, one in enumerate(parser.found):
        yield PageForm(page, at, one["action"], one["method"], one["fields"], tuple(dict.fromkeys(one["hidden"])))


def links(text: str) -> set[str]:
    """The addresses on our own site that a page leads to, in Chinese."""
    found = {html.unescape(one) for one in re.findall(r'(?:href|action)="(/[^"#]*)', text)}
    return {one.removeprefix("/en") or "/" for one in found if not one.startswith("//")}


@dataclass
class Addresses:
    """Tells of which route an address is."""

    routes: list[Route]

    def __post_init__(self) -> None:
        self._known = [(route, re.compile(_pattern(route.path))) for route in self.routes]

    def of(self, method: str, path: str) -> Route | None:
        """The route of an address; what it spells out goes before what it leaves open."""
        found = [route for route, one in self._known if route.method == method and one.fullmatch(path)]
        return min(found, key=lambda route: len(route.places), default=None)


def _pattern(path: str) -> str:
    rest = r"\{\w+:path\}", r"\{\w+:\w+\}"
    escaped = re.sub(rest[0], "\0", path)
    return (
        re.escape(re.sub(rest[1], "\1", escaped)).replace("\0", ".+").replace("\1", "[^/]+").replace("\\\x01", "[^/]+")
    )
