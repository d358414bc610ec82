"""By which name the server was asked for: another one is refused everywhere, and no page, feed or form repeats it."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from api.settings import People, from_environment
from tests.api.test_forms import PLACES as OF_PAGES
from tests.api.test_forms import Everybody
from tests.api.test_policy import PLACES as OF_INTERFACE
from tests.routes import Route, routes
from tests.serving import Site, site
from tests.stage import Stage

EVIL = "evil.example"
SITE = "https://ggzy.example.gov.cn"
#: What a proxy says of the name; ours is set, so nobody's is believed.
FORWARDED = {
    "x-forwarded-host": EVIL,
    "x-forwarded-server": EVIL,
    "x-host": EVIL,
    "x-original-host": EVIL,
    "x-original-url": f"//{EVIL}/",
    "x-rewrite-url": f"//{EVIL}/",
    "forwarded": f"host={EVIL};proto=https",
}
#: Pages that name themselves whole.
WHOLE = ("/data", "/notices.atom", "/en/notices.atom", "/hall")
PLACES = OF_INTERFACE | OF_PAGES | {"path": "checkpoint", "version": "0", "section": "basics"}


def asked(stage: Stage) -> list[Route]:
    """All that is read, but streams, which have no end."""
    return [one for one in routes(stage.site) if one.method == "GET" and not one.path.endswith("/events")]


@pytest.mark.parametrize(
    "name",
    [
        EVIL,
        f"{EVIL}:80",
        f"localhost.{EVIL}",
        f"localhost@{EVIL}",
        f"127.0.0.1.{EVIL}",
        f"localhost:{EVIL}",
        f"localhost/{EVIL}",
        f"localhost, {EVIL}",
        "localhost:999999",
        "[::1",
        "",
    ],
)
def test_a_name_that_is_not_ours_is_refused(stage: Stage, name: str) -> None:
    with httpx.Client(base_url=stage.site.url, headers={"host": name}) as http:
        for path in ("/", "/notices.atom", "/data", "/api/v1/anchors", "/log/checkpoint"):
            answer = http.get(path)
            # What is no name at all the framework refuses before us.
            assert answer.status_code in {400, 421}, path
            assert EVIL not in answer.text
            assert "etag" not in answer.headers
        assert http.post("/sign-in", data={"login": "x"}).status_code in {400, 421}
        assert http.post("/api/v1/claims", json={}).status_code in {400, 421}


def test_whoever_looks_after_machines_asks_each_by_its_own_address(stage: Stage) -> None:
    assert httpx.get(f"{stage.site.url}/healthz", headers={"host": "10.0.0.7:8000"}).status_code == 200


def test_the_refusal_says_what_to_do(stage: Stage) -> None:
    problem = httpx.get(f"{stage.site.url}/", headers={"host": EVIL}).json()
    assert (problem["status"], problem["reason"], problem["field"]) == (421, "host_foreign", "Host")
    assert "SUNBID_SITE" in problem["detail"]


def test_names_of_this_machine_are_ours(stage: Stage) -> None:
    for name in ("localhost", "LocalHost:8000", "127.0.0.1", "[::1]:8000"):
        answer = httpx.get(f"{stage.site.url}/notices.atom", headers={"host": name})
        assert f"http://{name}/notices" in answer.text, name


def test_two_names_are_none_and_none_is_refused(stage: Stage) -> None:
    for names in ("", f"Host: localhost\r\nHost: {EVIL}\r\n", f"Host: {EVIL}\r\nHost: localhost\r\n"):
        answer = spoken(stage.site, f"GET /data HTTP/1.1\r\n{names}Connection: close\r\n\r\n")
        assert answer.split(b" ", 2)[1] in {b"400", b"421"}, names
        assert EVIL.encode() not in answer


@pytest.mark.parametrize(
    "path",
    [f"http://{EVIL}/data", f"//{EVIL}/data", f"/en//{EVIL}/", f"/en/\\{EVIL}/", f"/en/\\/{EVIL}", f"/en///{EVIL}"],
)
def test_a_page_that_is_not_there_leads_to_our_own_pages_only(stage: Stage, path: str) -> None:
    """It has a link to itself in the other language."""
    answer = spoken(stage.site, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").decode()
    assert answer.split(" ", 2)[1] in {"400", "404"}
    links = re.findall(r'(?:href|src|action)="([^"]*)"', answer)
    assert [one for one in links if re.match(r"[/\\]{2}|[a-z]+:", one)] == []


def spoken(site_: Site, text: str) -> bytes:
    """What the server says to bytes that no client would send."""
    address = urlsplit(site_.url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as wire:
        wire.sendall(text.encode("ascii"))
        return b"".join(iter(lambda: wire.recv(65536), b""))


def test_no_answer_repeats_what_a_proxy_says(stage: Stage) -> None:
    """Every page and every read of the interface, signed in and not; what is kept is not spoilt for the next one."""
    everybody = Everybody(stage)
    stage.site.desk.kept.forget()
    try:
        for route in asked(stage):
            for signed_in in ({}, {"cookie": f"sunbid={everybody.secret}"}):
                answer = everybody.http.get(route.at(PLACES), headers=FORWARDED | signed_in)
                assert answer.status_code < 500, route
                assert EVIL not in answer.text + repr(answer.headers), route
    finally:
        everybody.http.close()


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A site with its address set."""
    folder: Path = tmp_path_factory.mktemp("named")
    people = People(site=SITE, hosts=("inside.example",))
    url = f"sqlite:///{folder}/sunbid.db"
    with site(folder / "home", url, people=people) as running, httpx.Client(base_url=running.url) as client:
        yield client


@pytest.mark.parametrize("host", ["localhost:1", urlsplit(SITE).netloc, "inside.example"])
def test_the_address_that_is_set_is_the_one_that_is_told(public: httpx.Client, host: str) -> None:
    for path in WHOLE:
        text = public.get(path, headers={"host": host}).text
        assert host not in text or host in SITE, path
        if path != "/hall":  # draws it as a code to scan
            assert SITE in text, path
    assert public.get("/", headers={"host": EVIL}).status_code == 421


def test_further_names_are_set_by_the_environment() -> None:
    people = from_environment({"SUNBID_SITE": f"{SITE}:8443/", "SUNBID_HOSTS": "10.0.0.5,Inside.example"}).people
    assert people.names >= {"ggzy.example.gov.cn", "10.0.0.5", "inside.example", "localhost"}
    assert EVIL not in people.names
