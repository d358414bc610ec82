"""Public pages are made once for everybody, told apart by their bytes, and never kept for one reader."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator

import httpx
import pytest

from tests.stage import Stage

LONG = 3600.0


@pytest.fixture
def client(stage: Stage) -> Iterator[httpx.Client]:
    """Pages stay fresh for as long as the test takes."""
    kept = stage.site.desk.kept
    kept.forget()
    kept.fresh, before = LONG, kept.fresh
    with httpx.Client(base_url=stage.site.url) as client:
        yield client
    kept.fresh = before
    kept.forget()


def test_a_page_is_made_once_for_everybody(client: httpx.Client, stage: Stage) -> None:
    made = stage.site.desk.kept.made
    answers = [client.get("/notices") for _ in range(3)]
    assert {answer.content for answer in answers} == {answers[0].content}
    assert stage.site.desk.kept.made == made + 1


def test_the_same_bytes_have_the_same_tag_and_are_not_sent_again(client: httpx.Client, stage: Stage) -> None:
    tag = client.get("/notices").headers["etag"]
    stage.site.desk.kept.forget()
    answer = client.get("/notices", headers={"If-None-Match": f'"other", {tag}'})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert "content-type" not in answer.headers
    assert not tag.startswith("W/")


def test_packed_bytes_have_another_tag(client: httpx.Client) -> None:
    packed = client.get("/notices", headers={"Accept-Encoding": "gzip"})
    plain = client.get("/notices", headers={"Accept-Encoding": "identity"})
    assert packed.content == plain.content
    assert packed.headers["etag"] != plain.headers["etag"]
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert len(gzip.compress(plain.content)) >= int(packed.headers["content-length"]) - 32
    assert "Accept-Encoding" in packed.headers["vary"]


def test_a_page_that_changed_has_another_tag(client: httpx.Client, stage: Stage) -> None:
    before = client.get(f"/lots/{stage.tender}").headers["etag"]
    stage.supervisor.post(f"/tenders/{stage.tender}/holds", {"reason": "核查"})
    assert client.get(f"/lots/{stage.tender}").headers["etag"] == before
    stage.site.desk.kept.forget()
    assert client.get(f"/lots/{stage.tender}", headers={"If-None-Match": before}).status_code == 200
    stage.supervisor.post(f"/tenders/{stage.tender}/lifts", {"reason": "核查完毕"})


@pytest.mark.parametrize("path", ["/sign-in", "/nothing", "/api/v1/tenders", "/clock", "/healthz"])
def test_nothing_else_is_kept(client: httpx.Client, stage: Stage, path: str) -> None:
    made = stage.site.desk.kept.made
    assert "etag" not in client.get(path).headers
    assert stage.site.desk.kept.made == made


def test_who_is_signed_in_gets_an_own_page(client: httpx.Client, stage: Stage) -> None:
    """Neither from the kept ones nor into them; a cookie that is of no session is no reason to keep either."""
    client.get("/")
    for person in ("sunbid=" + "a" * 64, "x=1; sunbid=b"):
        answer = client.get("/", headers={"Cookie": person})
        assert answer.status_code == 200
    made = stage.site.desk.kept.made
    client.get("/", headers={"Cookie": "sunbid=" + "a" * 64})
    assert stage.site.desk.kept.made == made


def test_another_host_is_another_page(client: httpx.Client) -> None:
    """A page that names its own address must not name one that somebody else sent."""
    other = client.base_url.copy_with(host="localhost")
    assert f"{other}" in client.get("/data", headers={"Host": other.netloc.decode()}).text
    assert f"{other}" not in client.get("/data").text


def test_whoever_asks_while_a_page_is_made_anew_waits_for_it(client: httpx.Client, stage: Stage) -> None:
    kept = stage.site.desk.kept
    kept.fresh = 0.0
    client.get("/notices")
    kept.fresh, made = LONG, kept.made

    def ask() -> None:
        assert httpx.get(f"{stage.site.url}/notices").status_code == 200

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kept.made == made + 1


def test_what_is_kept_has_an_end(client: httpx.Client, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    from api import kept

    monkeypatch.setattr(kept, "_MOST_BYTES", 100_000)
    for number in range(30):
        client.get(f"/help?n={number}")
    assert 0 < stage.site.desk.kept.size <= 100_000
