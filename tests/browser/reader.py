"""Readers of pages: one browser context each, whose clicks are counted and whose complaints are kept."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

WIDTHS = (1280, 320)
_PATIENCE = 180_000
#: A page that refuses is a page: the browser's note of its status is no complaint.
_STATUS = "Failed to load resource: the server responded with a status of"


class Reader:
    """One person's browser. `page` is its tab; `clicks` counts what was activated on it."""

    def __init__(self, browser: Browser, url: str, width: int = 1280, **options: Any) -> None:
        self.url = url
        self.complaints: list[str] = []
        self.context: BrowserContext = browser.new_context(viewport={"width": width, "height": 900}, **options)
        # Two test processes and their browsers share two cores, and a passphrase is slow on purpose.
        self.context.set_default_timeout(_PATIENCE)
        self.page: Page = self.context.new_page()
        self.clicks = 0
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def go(self, path: str) -> Page:
        """Open a page of the site by its address."""
        self.page.goto(f"{self.url}{path}")
        return self.page

    def click(self, name: str, role: Any = None) -> None:
        """Activate a link or a button by its name. One click."""
        target = self.page.get_by_role(role, name=name) if role else self.page.get_by_text(name, exact=True)
        target.first.click()
        self.clicks += 1

    def width(self) -> int:
        """How wide the page is; more than the window is an overflow."""
        found: int = self.page.evaluate("document.documentElement.scrollWidth")
        return found

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
