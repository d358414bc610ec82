"""The policy table and the edge: the same operations, tokens, roles. Who may what: test_api_policy and _page_policy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from api import app
from api.policy import POLICY
from api.tools import keys, trust
from api.tools.client import ServerRefused
from api.tools.vault import Purpose
from notary import chance
from tests.interface import OPERATIONS
from tests.serving import OPERATOR
from tests.stage import TENDER, Stage, vault

PLACES = {
    "tender": TENDER,
    "person": "0" * 32,
    "upload": "0" * 32,
    "receipt": "0" * 32,
    "envelope": "0" * 64,
    "sha256": "0" * 64,
    "version": "0" * 64,
    "key": "k" * 20,
    "name": "tender_notice_0",
    "bidder": "91430000MA4L00001A",
    "index": "0",
    "number": "0",
    "reference": "A1",
    "path": "checkpoint",
}
#: Litestar's own description of the interface, without pages.
LITESTARS = "/api/v1/openapi"
#: What a guard lets through may still be refused by the act: never with these.
NOT_LET_IN = {401, 403}
MALFORMED = {400, 422}


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Operation, method and path (filled in) of everything in the OpenAPI document."""
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            filled = re.sub(r"\{([a-z0-9]+)\}", lambda found: PLACES[found[1]], path)
            yield described["operationId"], method.upper(), filled


@pytest.fixture(scope="module")
def document(stage: Stage) -> dict[str, Any]:
    """The OpenAPI document."""
    found: dict[str, Any] = httpx.get(f"{stage.site.url}/api/v1/openapi.json").json()
    return found


HTTP = httpx.Client()


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    yield
    HTTP.close()


def send(stage: Stage, method: str, path: str, token: str | None) -> httpx.Response:
    """A request with an empty body, as this caller."""
    headers = {"Idempotency-Key": chance.token(16).hex(), "Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return HTTP.request(
        method, f"{stage.site.url}{path}", headers=headers, content=b"{}" if method in {"POST", "PUT"} else None
    )


def test_policy_and_routes_are_the_same_set(stage: Stage, document: dict[str, Any]) -> None:
    """The interface is described whole; pages are not described, and their operations are in the policy too."""
    routes = app.create(stage.site.desk).routes
    handlers = [handler for route in routes for handler in getattr(route, "route_handlers", ())]
    mounted = {handler.opt["operation"] for handler in handlers if "operation" in handler.opt}
    assert mounted == set(POLICY)
    # The call by which the description is fetched stands in it, too.
    assert {name for name, _, _ in operations(document)} == OPERATIONS | {"openapi.show"}


def test_every_route_names_its_operation(stage: Stage) -> None:
    bare = [
        route.path
        for route in app.create(stage.site.desk).routes
        for handler in getattr(route, "route_handlers", ())
        if "operation" not in handler.opt
        and handler.http_methods != {"OPTIONS"}
        and not route.path.startswith(LITESTARS)
    ]
    assert bare == []


def test_what_writes_is_no_get(document: dict[str, Any]) -> None:
    for name, method, _ in operations(document):
        assert POLICY[name].writes == (method != "GET"), name


def test_a_wrong_token_is_refused_even_where_none_is_needed(stage: Stage, document: dict[str, Any]) -> None:
    for name, method, path in operations(document):
        answer = send(stage, method, path, "sb_" + "A" * 43)
        assert answer.status_code in {401} | MALFORMED or name in {"claim.use"}, (name, answer.status_code)


def test_a_role_taken_away_ends_on_the_next_request(stage: Stage) -> None:
    person, token = stage.site.person(OPERATOR, "supervisor")
    path = f"/api/v1/tenders/{TENDER}/holds"
    assert send(stage, "POST", path, token).json()["reason"] == "field_wrong"
    with stage.site.desk.work.unit() as unit:
        unit.connection.exec_driver_sql(f"DELETE FROM roles WHERE person = '{person}'")
    assert send(stage, "POST", path, token).status_code in NOT_LET_IN | MALFORMED
    answer = HTTP.post(
        f"{stage.site.url}{path}",
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "k" * 20},
        json={"reason": "x"},
    )
    assert answer.status_code == 403


@pytest.mark.parametrize(("role", "purpose"), [("expert", "statement"), ("bidder", "score")])
def test_a_key_is_registered_in_the_role_it_is_for(stage: Stage, role: str, purpose: Purpose) -> None:
    """An expert who works for a bidder cannot add a key under which the bidder's statements would count."""
    client, own = stage.site.client(stage.site.person(OPERATOR, role)[1]), vault()
    own.add_signing_key(purpose, chance.token())
    with pytest.raises(ServerRefused) as refused:
        keys.register(client, own, trust.trusted(client, own), purpose)
    assert (refused.value.status, refused.value.reason) == (403, "role")
