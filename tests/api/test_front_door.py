"""Bad requests are refused at the front door, with the field named, and never with a server error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import anyio
import httpx
import pytest
from litestar.enums import ScopeType

from api.front_door import front_door
from notary import chance
from tests.stage import TENDER, Stage

NUMBERS = [
    "NaN",
    "sNaN",
    "Infinity",
    "-Infinity",
    "1E+999999",
    "1e3",
    "-1.00",
    "-0.00",
    "+1.00",
    "1",
    "1.0",
    "1.0000000",
    "01.00",
    "1_000.00",
    " 1.00",
    "1.00 ",
    "1.00\n",
    "１２３.00",
    "٣.00",
    "",
    "0x10",
    "99999999999999.00",
]
NAMES = [
    "../招标文件.txt",
    "/etc/passwd",
    "C:\\a.txt",
    "a/b",
    "a\\b",
    "a\x00b",
    "a\nb",
    ".",
    "..",
    "a.",
    " a",
    "a\u202etxt.exe",
    "x" * 300,
    "",
]


HTTP = httpx.Client()


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    yield
    HTTP.close()


def post(stage: Stage, path: str, content: bytes, **headers: str) -> httpx.Response:
    """A POST as the agency's clerk."""
    token = stage.clerk._http.headers["authorization"]
    base = {"Authorization": token, "Content-Type": "application/json", "Idempotency-Key": chance.token(16).hex()}
    return HTTP.post(f"{stage.site.url}/api/v1{path}", content=content, headers=base | headers)


DOCUMENT = {"name": "a.txt", "media_type": "text/plain", "sha256": "0" * 64, "size": 1}


def draft(made: Stage, /, **changes: Any) -> httpx.Response:
    """A draft that would be read but for the changes."""
    content = made.content() | {"documents": [DOCUMENT], "evaluation_key": "0" * 64} | changes
    return post(made, "/tenders", json.dumps(content).encode())


@pytest.mark.parametrize("depth", [33, 500, 5_000, 200_000])
def test_deep_json_is_refused(stage: Stage, depth: int) -> None:
    answer = post(stage, "/tenders", b"[" * depth + b"]" * depth)
    assert (answer.status_code, answer.json()["reason"]) == (422, "json_too_deep")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"reason": "a", "reason": "b"}', "json_duplicate_key"),
        (b'{"reason": NaN}', "number_not_integer"),
        (b'{"reason": 1.5}', "number_not_integer"),
        (b'{"reason": ' + b"9" * 5000 + b"}", "integer_too_large"),
        (b'{"reason": "\\ud800"}', "text_surrogate"),
        (b'{"reason": "a\\u0000"}', "text_control"),
        (b'{"reason": "a\\u202eb"}', "text_control"),
        (b'\xef\xbb\xbf{"reason": "a"}', "json_syntax"),
        (b'{"reason": "\xff"}', "json_not_utf8"),
        (b'{"reason": "a"', "json_syntax"),
        (b"", "json_syntax"),
        (b'{"reason": "e\xcc\x81"}', "text_not_nfc"),
        (b"[" + b"1," * 600_000 + b"1]", "body_too_large"),
        # A text without its end, and a long path for each of many values: neither costs the square of its length.
        (b"[]" * 33 + b'"' + b'\\"' * 500_000, "json_syntax"),
        (b'{"' + b"a" * 500_000 + b'": [' + b"0," * 260_000 + b"0.5]}", "number_not_integer"),
    ],
)
def test_bad_json_is_refused_by_name(stage: Stage, body: bytes, reason: str) -> None:
    answer = post(stage, f"/tenders/{TENDER}/publication", body)
    assert answer.status_code in {413, 422}
    assert answer.json()["reason"] == reason


def test_a_large_body_is_not_parsed_on_the_loop_that_serves_everybody() -> None:
    body = b"[" + b"0," * 500_000 + b"0]"

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        pass

    async def turns_meanwhile() -> int:
        turns = 0

        async def count() -> None:
            nonlocal turns
            while True:
                await anyio.sleep(0.001)
                turns += 1

        scope: Any = {
            "type": ScopeType.HTTP,
            "method": "POST",
            "path": "/api/v1/claims",
            "query_string": b"",
            "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
        }
        async with anyio.create_task_group() as group:
            group.start_soon(count)
            await front_door(app, {"localhost"})(scope, receive, app)  # type: ignore[arg-type]  # nothing is sent
            group.cancel_scope.cancel()
        return turns

    assert anyio.run(turns_meanwhile) > 2


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "", "application/json; x", "multipart/form-data", "text/json"],
)
def test_only_json_is_taken(stage: Stage, content_type: str) -> None:
    answer = post(stage, f"/tenders/{TENDER}/publication", b"{}", **{"Content-Type": content_type})
    assert (answer.status_code, answer.json()["field"]) == (415, "Content-Type")


def test_every_posting_operation_refuses_text(stage: Stage) -> None:
    document = httpx.get(f"{stage.site.url}/api/v1/openapi.json").json()
    for path, methods in document["paths"].items():
        if "post" in methods:
            answer = HTTP.post(f"{stage.site.url}{path}", content=b"{}", headers={"Content-Type": "text/plain"})
            assert answer.status_code == 415, path


@pytest.mark.parametrize("field", ["budget", "deposit", "ceiling"])
@pytest.mark.parametrize("number", NUMBERS)
def test_bad_money_is_refused_with_its_field(stage: Stage, field: str, number: str) -> None:
    answer = draft(stage, **{field: number})
    assert (answer.status_code, answer.json()["field"]) == (422, field)


@pytest.mark.parametrize("number", [1, 1.5, True, None, [], {}])
def test_money_is_text(stage: Stage, number: Any) -> None:
    answer = draft(stage, budget=number)
    assert answer.status_code == 422
    assert number == 1.5 or answer.json()["field"] == "budget"


@pytest.mark.parametrize("name", NAMES)
def test_path_like_names_are_refused(stage: Stage, name: str) -> None:
    answer = draft(stage, documents=[DOCUMENT | {"name": name}])
    assert answer.status_code == 422
    assert answer.json()["field"] == "documents[0].name"


@pytest.mark.parametrize("name", NAMES)
def test_path_like_names_of_uploads_are_refused(stage: Stage, name: str) -> None:
    token = stage.clerk._http.headers["authorization"]
    answer = HTTP.put(
        f"{stage.site.url}/api/v1/documents/{'0' * 64}",
        params={"name": name, "media_type": "text/plain"},
        content=b"x",
        headers={"Authorization": token},
    )
    assert answer.status_code == 422
    assert answer.json()["field"] == "name"


def test_unknown_members_are_refused(stage: Stage) -> None:
    columns = ["stage", "held", "notice_leaf", "due_at", "agency", "procedure_version", "published_at", "number"]
    for column in columns:
        answer = draft(stage, **{column: "x"})
        assert (answer.status_code, answer.json()["field"]) == (422, column)


def test_a_write_without_a_key_is_refused(stage: Stage) -> None:
    answer = post(stage, f"/tenders/{TENDER}/publication", b"{}", **{"Idempotency-Key": ""})
    assert answer.json()["reason"] == "idempotency_key"


def test_problems_speak_both_languages(stage: Stage) -> None:
    answer = post(stage, "/tenders/YZ-000000-GC-2026-9999/publication", b"{}")
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (problem["status"], problem["reason"]) == (404, "tender_unknown")
    assert problem["detail"] == "没有这个项目。"
    assert problem["detail_en"] == "There is no such tender."
    assert problem["instance"]


@pytest.mark.parametrize(
    ("path", "field"),
    [("/tenders/%00", None), ("/tenders/a%00b/record", None), (f"/tenders/{TENDER}/key-set?kind=%00", "kind")],
)
def test_a_nul_in_an_address_is_refused_before_a_database_sees_it(stage: Stage, path: str, field: str | None) -> None:
    answer = HTTP.get(f"{stage.site.url}/api/v1{path}")
    assert (answer.status_code, answer.json()["reason"], answer.json()["field"]) == (422, "address_wrong", field)
