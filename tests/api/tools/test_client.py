"""The client: one act however often it is sent, refusals as they were told, a clear end when nobody answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.tools.client import Client, ServerRefused, Unreachable
from notary.errors import Malformed
from tests.api.tools.answering import Answering, answering

PROBLEM = {
    "type": "/help/deadline_passed",
    "title": "Conflict",
    "status": 409,
    "detail": "投标截止时间已过。",
    "detail_en": "The deadline has passed.",
    "reason": "deadline_passed",
    "field": None,
    "cites": "招标投标法28",
    "instance": "1",
    "earliest": "2026-11-23T01:30:00.000000Z",
}


@pytest.fixture
def server() -> Iterator[Answering]:
    with answering() as found:
        yield found


@pytest.fixture
def client(server: Answering) -> Iterator[Client]:
    with Client(server.url, "secret", tries=3) as found:
        yield found


@pytest.mark.parametrize("trouble", [None, (503, {"reason": "busy"}), (502, b"<html>")])
def test_an_act_is_sent_again_with_the_same_key(
    server: Answering, client: Client, trouble: tuple[int, object] | None
) -> None:
    server.give("/api/v1/tenders", trouble, (200, {"tender": "YZ-1"}))
    assert client.post("/tenders", {"title": "道路"}) == {"tender": "YZ-1"}
    first, second = server.asked
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert first.body == second.body
    assert first.headers["Authorization"] == "Bearer secret"


def test_two_acts_have_two_keys(server: Answering, client: Client) -> None:
    server.give("/api/v1/tenders", (200, {}))
    client.post("/tenders", {})
    client.post("/tenders", {})
    assert len({one.headers["Idempotency-Key"] for one in server.asked}) == 2


def test_a_refusal_is_raised_as_it_was_told_and_not_sent_again(server: Answering, client: Client) -> None:
    server.give("/api/v1/tenders/YZ-1/bids", (409, PROBLEM))
    with pytest.raises(ServerRefused) as refused:
        client.post("/tenders/YZ-1/bids", {})
    refusal = refused.value
    assert (refusal.status, refusal.reason, refusal.cites) == (409, "deadline_passed", "招标投标法28")
    assert (refusal.zh, refusal.en) == ("投标截止时间已过。", "The deadline has passed.")
    assert refusal.facts == {"earliest": "2026-11-23T01:30:00.000000Z"}
    assert len(server.asked) == 1


def test_a_server_that_stays_busy_is_told_in_its_own_words(server: Answering, client: Client) -> None:
    server.give("/api/v1/x", (503, {**PROBLEM, "reason": "busy", "status": 503}))
    with pytest.raises(ServerRefused) as refused:
        client.get("/x")
    assert refused.value.reason == "busy"
    assert refused.value.busy
    assert len(server.asked) == 3


def test_no_answer_at_all_is_unreachable(server: Answering, client: Client) -> None:
    server.give("/api/v1/x", None)
    with pytest.raises(Unreachable) as unreachable:
        client.get("/x")
    assert unreachable.value.reason == "unreachable"
    assert len(server.asked) == 3


def test_an_answer_that_is_not_strict_json_is_refused(server: Answering, client: Client) -> None:
    server.give("/api/v1/x", (200, b'{"a": 1, "a": 2}'))
    with pytest.raises(Malformed, match="json_duplicate_key"):
        client.get("/x")


def test_a_list_is_followed_to_its_end(server: Answering, client: Client) -> None:
    server.give("/api/v1/tenders", (200, {"items": [1, 2], "links": {"next": "/api/v1/tenders/page2"}}))
    server.give("/api/v1/tenders/page2", (200, {"items": [3], "links": {}}))
    assert list(client.items("/tenders")) == [1, 2, 3]


def test_a_file_is_sent_whole_again_after_a_break(server: Answering, client: Client, tmp_path: Path) -> None:
    path = tmp_path / "document"
    path.write_bytes(b"x" * 100_000)
    server.give("/api/v1/documents/abc", None, (200, {"sha256": "abc"}))
    client.put("/documents/abc", path, name="招标文件.pdf")
    assert [len(one.body) for one in server.asked] == [100_000, 100_000]


def test_a_download_that_is_refused_leaves_no_file(server: Answering, client: Client, tmp_path: Path) -> None:
    target = tmp_path / "dossier.zip"
    with pytest.raises(ServerRefused, match="not_found"):
        client.save("/tenders/YZ-1/dossier", target)
    assert not target.exists()
    server.give("/api/v1/tenders/YZ-1/dossier", (200, b"zip"))
    client.save("/tenders/YZ-1/dossier", target)
    assert target.read_bytes() == b"zip"
