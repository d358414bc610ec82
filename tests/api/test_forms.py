"""Every form of every page, found by the routes: nobody else's page can send one, and looking changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from api import sessions
from api.front_door import _FILES
from api.policy import ANYONE, POLICY, PUBLIC
from tests.routes import NOBODYS, Route, english, routes
from tests.serving import OPERATOR
from tests.stage import TENDER, Stage
from tests.trading.examples import CONSTRUCTION
from tests.unchanged import changed, kept

PLACES = {
    "tender": TENDER,
    "draft": NOBODYS,
    "section": "basics",
    "proposal": NOBODYS,
    "question": NOBODYS,
    "name": "award_letter",
    "person": NOBODYS,
    "which": NOBODYS,
    "step": "refusal",
    "number": "1",
    "sha256": "0" * 64,
    "code": OPERATOR,
    "bidder": OPERATOR,
    "kind": "amended",
    "language": "zh",
    "procedure": "construction-open",
    "version": CONSTRUCTION.version,
}
FORM = "application/x-www-form-urlencoded"
KEY = "k" * 20
REFUSED = "页面已过期或请求来自其他网站"
FOREIGN = "请求来自其他网站，未作任何更改"


class Everybody:
    """A person with every role, and its sessions."""

    def __init__(self, stage: Stage) -> None:
        self.site = stage.site
        self.person = stage.site.person(OPERATOR, *sorted(ANYONE))[0]
        self.http = httpx.Client(base_url=stage.site.url)
        self.secret = self.enter()

    def enter(self) -> str:
        """A new session's secret, of somebody who has just shown the strongest factor."""
        with self.site.desk.work.unit() as unit:
            return sessions.begin(unit, self.person, strong=True, device="test")

    def send(self, route: Route, fields: dict[str, str], **headers: str) -> httpx.Response:
        """Send a form of a page, in the way in which its page sends it."""
        path = route.at(PLACES)
        files: Any = [(name, (None, text)) for name, text in fields.items()] if _FILES.fullmatch(path) else None
        if files == []:
            files = [("nothing", (None, ""))]
        cookie = {"cookie": f"{sessions.COOKIE}={self.secret}"}
        content: dict[str, Any] = {"files": files} if files else {"data": fields}
        kind = {} if files else {"content-type": FORM}
        return self.http.request(route.method, path, headers={**cookie, **kind, **headers}, **content)


@pytest.fixture(scope="module")
def everybody(stage: Stage) -> Iterator[Everybody]:
    found = Everybody(stage)
    yield found
    found.http.close()


@pytest.fixture(scope="module")
def posts(stage: Stage) -> list[Route]:
    """The forms of all pages."""
    return [route for route in routes(stage.site) if route.is_page and route.method != "GET"]


def test_pages_in_english_are_the_same_ones(stage: Stage) -> None:
    chinese = {(one.method, one.path) for one in routes(stage.site) if one.is_page}
    assert english(stage.site) | {("GET", "/clock")} == chinese | {("GET", "/clock")}


def test_what_writes_is_a_post(stage: Stage) -> None:
    """Signing in at a provider ends with a link back, which carries what only this browser was given."""
    wrong = {
        (one.operation, one.method)
        for one in routes(stage.site)
        if POLICY[one.operation].writes == (one.method == "GET")
    }
    assert wrong == {("session.provider", "GET")}


def test_no_form_is_taken_without_the_sessions_own_token(
    stage: Stage, everybody: Everybody, posts: list[Route]
) -> None:
    foreign = sessions.token(everybody.enter())
    wrong, before = [], kept(stage)
    for route in posts:
        for csrf in ({}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": foreign}, {"csrf": "é"}):
            answer = everybody.send(route, {"key": KEY, "person": everybody.person, **csrf})
            if answer.status_code != 403 or REFUSED not in answer.text or "set-cookie" in answer.headers:
                wrong.append((route.method, route.path, csrf, answer.status_code))
    assert not wrong
    assert changed(stage, before) == []


def test_the_sessions_own_token_is_what_lets_a_form_in(everybody: Everybody, posts: list[Route]) -> None:
    """So that what was refused above was refused for its token."""
    for route in posts:
        everybody.secret = everybody.enter()
        answer = everybody.send(route, {"key": KEY, "csrf": sessions.token(everybody.secret)})
        assert answer.status_code < 500, route
        assert REFUSED not in answer.text, route
    everybody.secret = everybody.enter()


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "origin": "null"},
        {"origin": "https://evil.example"},
    ],
)
def test_no_form_is_taken_from_another_site(
    stage: Stage, everybody: Everybody, posts: list[Route], headers: dict[str, str]
) -> None:
    """Even with the right token, and where there is no session yet."""
    before, token = kept(stage), sessions.token(everybody.secret)
    for route in posts:
        answer = everybody.send(route, {"key": KEY, "csrf": token}, **headers)
        assert (answer.status_code, FOREIGN in answer.text) == (403, True), route
        if POLICY[route.operation].roles == PUBLIC:
            alone = everybody.send(route, {"key": KEY}, cookie="", **headers)
            assert alone.status_code == 403, route
    assert changed(stage, before) == []


def test_no_form_of_members_is_taken_without_a_session(everybody: Everybody, posts: list[Route]) -> None:
    for route in posts:
        if POLICY[route.operation].roles != PUBLIC:
            answer = everybody.send(route, {"key": KEY, "csrf": "0" * 64}, cookie="")
            assert answer.status_code == 401, (route, answer.status_code)


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/json",
        f"{FORM}, application/json",
        f"{FORM};charset=utf-7",
        f"{FORM};charset=utf-16",
        "multipart/form-data;boundary=x",
        "",
    ],
)
def test_a_form_has_its_one_content_type(everybody: Everybody, posts: list[Route], kind: str) -> None:
    token = sessions.token(everybody.secret)
    for route in posts:
        if _FILES.fullmatch(route.at(PLACES)):
            continue
        answer = everybody.send(route, {"key": KEY, "csrf": token}, **{"content-type": kind})
        assert answer.status_code == 415, (route, answer.status_code)


@pytest.mark.parametrize("kind", ["text/plain", FORM, "multipart/mixed;boundary=x", ""])
def test_a_form_with_files_has_its_one_content_type(everybody: Everybody, posts: list[Route], kind: str) -> None:
    token = sessions.token(everybody.secret)
    for route in posts:
        if _FILES.fullmatch(route.at(PLACES)):
            answer = everybody.send(route, {"key": KEY, "csrf": token}, **{"content-type": kind})
            assert answer.status_code == 415, (route, kind, answer.status_code)


@pytest.mark.parametrize("kinds", [(FORM, "text/plain"), ("text/plain", FORM), ("application/json", FORM)])
def test_two_content_types_are_none(everybody: Everybody, kinds: tuple[str, str]) -> None:
    given = [("content-type", kind) for kind in kinds]
    for path in ("/sign-in", "/sign-out", "/api/v1/claims"):
        assert everybody.http.post(path, headers=given, content=b"{}").status_code == 415, path


def test_looking_changes_nothing(stage: Stage, everybody: Everybody) -> None:
    """Every page and every read, and a method that somebody wishes for in a header or in a field."""
    before = kept(stage)
    wish = {"x-http-method-override": "POST", "x-http-method": "DELETE", "x-method-override": "PUT"}
    for route in routes(stage.site):
        # A stream has no end.
        if route.is_page and not route.path.endswith("/events"):
            path = route.at(PLACES)
            token = sessions.token(everybody.secret)
            question = {"_method": "POST", "key": KEY, "csrf": token}
            headers = {"cookie": f"{sessions.COOKIE}={everybody.secret}", **wish}
            answer = everybody.http.get(path, params=question, headers=headers)
            assert answer.status_code < 500, route
    assert changed(stage, before) == []
