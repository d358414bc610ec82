"""The town of test_hostile by its interface: no text is left out, and what it gives out is no page of ours.

Papers, exports and feeds have the texts as they were typed; bytes of others are for saving only.
"""

from __future__ import annotations

import copy
import csv
import io
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pypdf
import pytest
from msgspec import inspect

from api.operations import FORMS
from api.tools.client import API
from notary import canonical, chance
from tests.api.test_policy import PLACES
from tests.browser.hostile import AWARDED, MARK, Call, Town, hostile_town
from tests.browser.sweep import Addresses
from tests.browser.visits import NOBODY, Visits
from tests.routes import routes
from trading import criteria
from trading.acts.committee import Score
from trading.draft import Draft

#: What stands in members that are any object for the interface, by operation and member.
INSIDE: dict[str, list[tuple[str, Any]]] = {
    "tender.draft": [("", Draft), ("evaluation.criteria", criteria.Draft)],
    "tender.amend": [("changes", Draft)],
    "score.sign": [("score.object", Score)],
}
#: What is not tried here, and why.
APART = {
    "prior.propose said.*": "typed item by item, as said.reason",
    "claim.use claim": "a secret: whoever has none learns nothing",
    **{
        f"score.sign score.object.{one}": "must be what the lot has (tests/trading/acts/test_evaluation.py)"
        for one in ("tender", "lot", "expert", "opened", "scores.*.*", "rejections.[].bidder", "rejections.[].clause")
    },
}
#: What programs read, and what pages are made of.
OURS = {
    "text/html",
    "application/json",
    "application/problem+json",
    "application/atom+xml",
    "text/csv",
    "text/x-python",
    "text/plain",
}
SAVED = {
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with hostile_town(tmp_path_factory.mktemp("hostile")) as found:
        yield found


def texts(kind: inspect.Type, path: str = "") -> Iterator[str]:
    """The members of a form that any text fits into, by its type alone. Objects of any form are left to INSIDE."""
    if isinstance(kind, inspect.StructType):
        for one in kind.fields:
            yield from texts(one.type, f"{path}.{one.encode_name}")
    elif isinstance(kind, inspect.ListType | inspect.VarTupleType):
        yield from texts(kind.item_type, f"{path}.[]")
    elif isinstance(kind, inspect.DictType):
        yield from texts(kind.value_type, f"{path}.*")
    elif isinstance(kind, inspect.UnionType):
        for other in kind.types:
            yield from texts(other, path)
    elif isinstance(kind, inspect.Metadata):
        yield from texts(kind.type, path)
    elif isinstance(kind, inspect.StrType):
        vector = '"><svg>'
        if kind.pattern is None or re.search(kind.pattern, vector):
            yield path.removeprefix(".")


def places() -> Iterator[tuple[str, str]]:
    """Operation and path of every text of the interface."""
    for name, form in FORMS.items():
        yield from ((name, path) for path in texts(inspect.type_info(form)))
    for name, inside in INSIDE.items():
        for path, form in inside:
            yield from ((name, f"{path}.{one}".removeprefix(".")) for one in texts(inspect.type_info(form)))


def typed(value: Any, path: str = "") -> Iterator[str]:
    """The paths at which a body holds a vector."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from typed(one, f"{path}.{name}")
    elif isinstance(value, list | tuple):
        for one in value:
            yield from typed(one, f"{path}.[]")
    elif isinstance(value, str) and MARK in value:
        yield path.removeprefix(".")


def with_vector(body: Any, path: str, vector: str) -> Any:
    """A body with a vector at a path; members that are missing on the way are made."""
    made = copy.deepcopy(body)
    at, steps = made, path.split(".")
    for step, following in pairwise(steps):
        missing: Any = [] if following == "[]" else {}
        if step == "[]":
            at.extend([missing] if not at else [])
            at = at[0]
        elif step == "*":
            at = at.setdefault(next(iter(at), MARK), missing)
        else:
            at[step] = at = at.get(step) or missing
    if isinstance(at, list):
        at[:1] = [vector]
    else:
        at[next(iter(at), MARK) if steps[-1] == "*" else steps[-1]] = vector
    return made


def test_every_text_of_the_interface_is_typed_or_refused(town: Town) -> None:
    addresses = Addresses(routes(town.site))
    calls: dict[str, Call] = {}
    taken: set[str] = set()
    for call in town.site.calls:
        route = addresses.of("POST", API + call.path)
        assert route is not None, call.path
        calls.setdefault(route.operation, call)
        taken |= {f"{route.operation} {path}" for path in typed(call.body)}
    wrong = []
    for name, path in dict.fromkeys(places()):
        place = f"{name} {path}"
        if place in taken or place in APART:
            continue
        if name not in calls:
            wrong.append(f"{place}: nobody has sent it")
            continue
        answer = sent(calls[name], with_vector(calls[name].body, path, town.typed.tries(place)[-1]))
        problem = answer.json()
        if not 400 <= answer.status_code < 500 or not problem["field"]:
            wrong.append(f"{place}: {answer.status_code} {problem}")
    assert not wrong, "\n".join(wrong)
    assert {"tender.draft title", "score.sign score.object.rejections.[].reason", "tender.hold reason"} <= taken


def test_what_is_signed_holds_nothing_else(town: Town) -> None:
    """Signed objects, member by member: none takes a text in the place of what it has."""
    addresses = Addresses(routes(town.site))
    seen: set[str] = set()
    for call in town.site.calls:
        for member, signed in call.body.items():
            route = addresses.of("POST", API + call.path)
            assert route is not None
            if isinstance(signed, dict) and set(signed) == {"object", "signature"} and route.operation not in seen:
                seen.add(route.operation)
                for name in (*signed["object"], MARK):
                    answer = sent(
                        call, with_vector(call.body, f"{member}.object.{name}", town.typed.tries("signed")[0])
                    )
                    assert 400 <= answer.status_code < 500, (route.operation, name, answer.status_code)
    assert seen >= {"bid.submit", "bid.withdraw", "key.release", "score.sign", "key.register", "rehearsal.answer"}


def sent(call: Call, body: Any) -> httpx.Response:
    """The answer to a body that differs from one that was taken."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": chance.token(16).hex()}
    return call.client._http.post(API + call.path, content=canonical.dumps(body), headers=headers)


def test_papers_have_the_texts_and_nothing_that_acts(town: Town) -> None:
    clerk, read = town.stage.clerk, ""
    papers = clerk.get(f"/tenders/{AWARDED}/papers")
    letters = clerk.get(f"/tenders/{AWARDED}/result-letters")["items"]
    assert letters
    named = [f"papers/{one['name']}" for one in papers["items"]] + [f"result-letters/{letters[0]['bidder']}"]
    for name in named:
        data = clerk.read(f"/tenders/{AWARDED}/{name}", unsigned="true")
        found = pypdf.PdfReader(io.BytesIO(data))
        text = "".join("".join(page.extract_text().split()) for page in found.pages)
        assert MARK in text, name
        read += text
        acts = [annotation.get_object() for page in found.pages for annotation in page.get("/Annots", [])]
        assert [act for act in acts if "/A" in act or "/AA" in act] == [], name
        root: Any = found.trailer["/Root"].get_object()
        assert not {"/OpenAction", "/AA", "/AcroForm"} & set(root), name
        assert "/JavaScript" not in root.get("/Names", {}), name
    for place in ("organisation.add name", "tender.draft title"):
        assert any("".join(text.split()) in read for text in town.typed.texts[place]), place


def test_exports_and_feeds_have_the_texts(town: Town) -> None:
    title = next(iter(town.typed.texts["tender.draft title"]))
    with httpx.Client(base_url=town.site.url, timeout=180) as http:
        assert title in [row["title"] for row in csv.DictReader(io.StringIO(http.get("/notices.csv").text))]
        assert title in [one["title"] for one in http.get("/notices.json").json()["items"]]
        feed = ET.fromstring(http.get("/notices.atom").text)
    atom = "{http://www.w3.org/2005/Atom}"
    assert any(title in (one.text or "") for one in feed.iter(f"{atom}title"))
    assert {one.get("href", "").partition("/lots/")[0] for one in feed.iter(f"{atom}link")} >= {town.site.url}
    assert all(one.get("href", "").startswith(town.site.url) for one in feed.iter(f"{atom}link"))


def test_what_is_no_page_is_never_shown_as_one(town: Town) -> None:
    """Every route that gives out others' bytes is found by what it answers: for saving, in a sandbox, no cookie."""
    visits = Visits(town)
    answers = [*visits.files[NOBODY].items(), *interface(town)]
    answers += [one for person, files in visits.files.items() if person for one in files.items()]
    found = set()
    for path, answer in answers:
        kind = answer.headers["content-type"].partition(";")[0]
        assert answer.headers["x-content-type-options"] == "nosniff", path
        assert "default-src 'none'" in answer.headers["content-security-policy"], path
        assert "set-cookie" not in answer.headers, path
        if kind not in OURS:
            route = Addresses(routes(town.site)).of("GET", path)
            assert route is not None, path
            found.add(route.operation)
            assert answer.headers.get("content-disposition", "").startswith("attachment"), path
            assert {name: answer.headers[name] for name in SAVED} == SAVED, path
    assert found >= {"page.lot", "document.show", "paper.show", "envelope.part", "dossier.show"}


def interface(town: Town) -> Iterator[tuple[str, httpx.Response]]:
    """What the reads of the interface answer to the clerk, whose lot is awarded."""
    clerk = town.stage.clerk
    first = clerk.get(f"/tenders/{AWARDED}/envelopes")
    envelope = (first["items"] if isinstance(first, dict) else first)[0]["id"]
    sha256 = clerk.get(f"/tenders/{AWARDED}")["content"]["documents"][0]["sha256"]
    known = PLACES | {"tender": AWARDED, "envelope": envelope, "sha256": sha256, "name": "tender_notice_0"}
    known |= {"bidder": clerk.get(f"/tenders/{AWARDED}/result-letters")["items"][0]["bidder"]}
    for route in routes(town.site):
        if route.method == "GET" and not route.is_page and not route.path.startswith("/static/"):
            path = route.at(known)
            answer = clerk._http.get(
                path,
                timeout=180,
                params={"unsigned": "true"} if route.operation in {"paper.show", "result_letter.show"} else {},
            )
            if answer.status_code == 200:
                yield path, answer
