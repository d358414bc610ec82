"""Addresses that lead out of the site, or into the server's own files: refused everywhere, and never an error."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from urllib.parse import urlencode, urlsplit

import pytest

from api import sessions
from tests.api.test_forms import PLACES as OF_PAGES
from tests.api.test_forms import Everybody
from tests.api.test_policy import PLACES as OF_INTERFACE
from tests.routes import Route, routes
from tests.stage import Stage

PLACES = OF_INTERFACE | OF_PAGES | {"path": "checkpoint", "version": "0", "section": "basics"}
CANARY = "canary-that-no-answer-has"
TRICKS = (
    "../../canary.txt",
    "..%2f..%2fcanary.txt",
    "..%5c..%5ccanary.txt",
    "..\\..\\canary.txt",
    "%2e%2e/%2e%2e/canary.txt",
    "%252e%252e%252fcanary.txt",
    "....//....//canary.txt",
    "%c0%ae%c0%ae%c0%afcanary.txt",
    "%2fetc%2fpasswd",
    "canary.txt%00.css",
    "%ff%fe",
    "%e2%80%ae",
    "%0d%0aset-cookie:x=y",
    "a" * 5000,
    ".",
    "%",
)


class Wire:
    """Requests as they are sent: no client puts their addresses in order."""

    def __init__(self, stage: Stage) -> None:
        self.everybody = Everybody(stage)
        address = urlsplit(stage.site.url)
        self.http = http.client.HTTPConnection(address.hostname or "", address.port, timeout=180)

    def ask(self, method: str, path: str) -> tuple[int, bytes]:
        """Status and body; "header" for an answer with a header that its address has brought."""
        body = b""
        headers = {"Cookie": f"{sessions.COOKIE}={self.everybody.secret}"}
        if method != "GET":
            token = sessions.token(self.everybody.secret)
            interface = path.startswith("/api/")
            body = b"{}" if interface else urlencode({"csrf": token, "key": "k" * 20}).encode()
            kind = "application/json" if interface else "application/x-www-form-urlencoded"
            headers |= {"Content-Type": kind, "Sunbid-CSRF": token, "Idempotency-Key": "k" * 20}
        # What http.client itself would refuse to send is the point here.
        self.http._validate_path = lambda _path: None  # type: ignore[attr-defined]
        self.http.request(method, path, body, headers)
        answer = self.http.getresponse()
        data = answer.read()
        if answer.will_close:
            self.http.close()
        # The address is told in a page's links; in a header of its own it would be a header of somebody else's.
        return answer.status, b"header" if answer.headers.get("set-cookie", "").startswith("x=") else data


@pytest.fixture(scope="module")
def wire(stage: Stage) -> Iterator[Wire]:
    for folder in ("", "log", "store", "keys"):
        place = stage.site.desk.settings.home / folder
        place.mkdir(exist_ok=True)
        (place / "canary.txt").write_text(CANARY, "ascii")
    made = Wire(stage)
    yield made
    made.http.close()
    made.everybody.http.close()


def tricked(route: Route) -> Iterator[str]:
    """A route's address with each trick in each of its places, and behind it."""
    for place in route.places:
        for trick in TRICKS:
            yield route.at(PLACES | {place: trick.lstrip("/")})
    if not route.places:
        yield from (f"{route.path.rstrip('/')}/{trick}" for trick in TRICKS[:5])


@pytest.mark.parametrize("language", ["", "/en"])
def test_no_address_leads_out(stage: Stage, wire: Wire, language: str) -> None:
    wrong = []
    for route in routes(stage.site):
        if route.path.endswith("/events") or (language and not route.is_page):
            continue
        for path in tricked(route):
            status, said = wire.ask(route.method, language + path)
            leaks = (
                any(one in said for one in (CANARY.encode(), b"root:x:0", b"BEGIN PRIVATE KEY")) or said == b"header"
            )
            if leaks or not 200 <= status < 500:
                wrong.append((route.method, language + path[:120], status))
    assert wrong == []


def test_the_canary_would_be_seen(stage: Stage, wire: Wire) -> None:
    """What lies where the log's files lie is given out, when it is one of them."""
    status, said = wire.ask("GET", "/log/checkpoint")
    assert (status, stage.site.desk.settings.origin.encode() in said) == (200, True)
    assert (stage.site.desk.settings.home / "log" / "canary.txt").read_text("ascii") == CANARY
