"""Readers of pages: one browser context each, whose clicks are counted and whose complaints are kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
WIDTHS = (1280, 320)
_PATIENCE = 180_000
#: Every click that a person makes, wherever on the page and before any script of the page; one on a label comes again
#: from its box, and a key that sends a form is a click on its button.
_COUNTING = """addEventListener("click", (event) => {
    if (event.isTrusted && !event.target.closest("label")) countedByTest();
}, true)"""
#: A page that refuses is a page: the browser's note of its status is no complaint.
_STATUS = "Failed to load resource: the server responded with a status of"


class Reader:
    """One person's browser. `page` is its tab."""

    def __init__(self, browser: Browser, url: str, width: int = 1280, **options: Any) -> None:
        self.url = url
        self.complaints: list[str] = []
        self.context: BrowserContext = browser.new_context(viewport={"width": width, "height": 900}, **options)
        # Two test processes and their browsers share two cores, and a passphrase is slow on purpose.
        self.context.set_default_timeout(_PATIENCE)
        self._counts: bool = options.get("java_script_enabled", True)
        self._clicks = 0
        self.context.expose_binding("countedByTest", self._clicked)
        self.context.add_init_script(_COUNTING)
        self.page: Page = self.context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def go(self, path: str) -> Page:
        """Open a page of the site by its address."""
        self.page.goto(f"{self.url}{path}")
        return self.page

    def click(self, name: str, role: Any = None) -> None:
        """Activate a link or a button by its name."""
        target = self.page.get_by_role(role, name=name) if role else self.page.get_by_text(name, exact=True)
        target.first.click()

    def choose(self, button: Locator, *files: Path) -> None:
        """Choose files as people do: a click on the field; what is done in the dialogue of the system is none."""
        with self.page.expect_file_chooser() as opened:
            button.click()
        opened.value.set_files(list(files))

    @property
    def clicks(self) -> int:
        """How often the person has clicked on pages, as the browser told. Only where scripts may run."""
        assert self._counts, "without scripts nobody counts"
        # What was clicked before this question has been told before its answer.
        self.page.evaluate("0")
        return self._clicks

    def begin(self) -> None:
        """Count from here."""
        self._clicks -= self.clicks

    def width(self) -> int:
        """How wide the page is; more than the window is an overflow."""
        found: int = self.page.evaluate("document.documentElement.scrollWidth")
        return found

    def _clicked(self, _source: Any) -> None:
        self._clicks += 1

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(_STATUS):
            self.complaints.append(message.text)


class Readers:
    """Makes readers, and closes them."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._made: list[Reader] = []

    def new(self, url: str, width: int = 1280, **options: Any) -> Reader:
        """A reader with an empty browser."""
        reader = Reader(self._browser, url, width, **options)
        self._made.append(reader)
        return reader

    def __len__(self) -> int:
        return len(self._made)

    def close(self) -> None:
        """Close all. Raises AssertionError with what any of them complained of."""
        complaints = [complaint for reader in self._made for complaint in reader.complaints]
        for reader in self._made:
            reader.context.close()
        assert not complaints, "\n".join(complaints)


@contextmanager
def launched() -> Iterator[Browser]:
    """A real Chromium."""
    # Its own sandbox cannot be set up by root.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@contextmanager
def reading(browser: Browser) -> Iterator[Readers]:
    """Makes readers, and closes them. Raises AssertionError with what any of them complained of."""
    made = Readers(browser)
    yield made
    made.close()
