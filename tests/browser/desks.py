"""Officials at their desks: somebody signed in, without the page of accounts, and with or without scripts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx

from api import sessions
from tests.browser.reader import Reader, Readers
from tests.serving import OPERATOR, Site
from tests.stage import AGENCY


@dataclass
class Person:
    """Somebody with an id; signs in anew whenever asked, since the clock of a test jumps over days."""

    site: Site
    person: str
    readers: Readers | None = None
    reader: Reader | None = field(default=None, repr=False)

    def cookies(self) -> list[Any]:
        """A new session's cookie, as Playwright takes it."""
        with self.site.desk.work.unit() as unit:
            secret = sessions.begin(unit, self.person, strong=True, device="test")
        return [{"name": sessions.COOKIE, "value": secret, "url": self.site.url}]

    def at(self, path: str, *, scripts: bool = False, width: int = 1280) -> Reader:
        """A browser of this person, signed in, on a page."""
        assert self.readers is not None
        self.reader = self.readers.new(self.site.url, width, java_script_enabled=scripts)
        self.reader.page.set_default_timeout(20_000)
        self.reader.context.add_cookies(self.cookies())
        self.reader.go(path)
        return self.reader

    def http(self) -> httpx.Client:
        """A plain HTTP client with this person's session."""
        client = httpx.Client(base_url=self.site.url)
        client.cookies.set(sessions.COOKIE, self.cookies()[0]["value"])
        return client


def somebody(readers: Readers | None, site: Site, role: str, organisation: str | None = None) -> Person:
    """A new person with a role."""
    of = organisation or (AGENCY if role == "agency" else OPERATOR)
    return Person(site, site.person(of, role)[0], readers)


def press(reader: Reader, name: str, role: Any = "button", *, exact: bool = False) -> None:
    """Activate a button (or a link) by its name, and wait for the page that it leads to."""
    reader.page.get_by_role(role, name=name, exact=exact).first.click()


def path(reader: Reader) -> str:
    """Where a reader is, without the site and the query."""
    return reader.page.url.removeprefix(reader.url).partition("?")[0]


def first_draft(tender: str) -> dict[str, str]:
    """What a clerk types into the first section."""
    return {
        "title": "滨江路道路改造工程",
        "title_en": "Binjiang Road",
        "tender": tender,
        "scope": "全长 2.86 公里。\n工期 180 日。",
        "qualification": "市政公用工程施工总承包三级及以上。",
        "budget": "4200000",
        "ceiling": "3,980,000",
        "deposit": "70000",
        "funding": "财政资金 100%",
    }
