"""Nobody but the bidder learns whether there are bids: every answer is the same with 0, 1 and 10 of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from api import sessions
from notary import chance
from tests.routes import Route, routes
from tests.serving import Site, site
from tests.stage import AGENCY, TENDER, Stage
from tests.trading.examples import CONSTRUCTION

pytestmark = pytest.mark.fault

#: What the log itself tells is left out: it grows with every entry (until there are cover leaves).
OF_THE_LOG = {"log.file", "log.consistency"}
#: The time, in which no tender is; a stream without end, whose page says the same; a file of the release.
OF_NO_TENDER = {"/clock", "/openings/{tender:str}/events", "/static/{version:str}/{path:path}"}
#: Shows a new secret for a one-time code at each reading.
NEW_EACH_TIME = {"/account/factors"}
#: What an answer has of its own moment and request.
OF_THE_REQUEST = {"date"}
INSTANCE = re.compile(
    rb'"instance":"[0-9a-f]{16}"'
    # A page has them too: the request's number, when it was made, the time that its countdowns begin with, and the
    # number under which a form of it would be sent.
    rb"|<code>[0-9a-f]{16}</code>"
    rb'|name="key" value="[0-9a-f]{32}'
    rb'|data-now="[0-9T:.Z-]+"'
    rb'|<time datetime="[^"]+">[^<]+</time>(?:\xef\xbc\x88| \()'
    # The doctor tells the log's size, which everybody may read in the checkpoint.
    + "|日志 [0-9]+ 条，已公布 [0-9]+ 条|已见证 [0-9]+ 条".encode()
)

#: When a session was last used, on the pages of one's own account.
SEEN = re.compile(rb'"seen_at": "[^"]+"|(?<=</td><td>)<time datetime="[^"]+">[^<]+</time>(?=</td>)')

#: What stands for the parameters of addresses, but the tender's.
NOBODYS = "ab" * 16
PLACES = {
    **dict.fromkeys(("draft", "key", "person", "proposal", "question", "receipt", "upload", "which"), NOBODYS),
    "envelope": NOBODYS * 2,
    "kind": "award",
    "language": "zh",
    "name": "opening_record",
    "bidder": "91430000MA4L00001A",
    "number": "0",
    "procedure": "construction-open",
    "section": "basics",
    "version": CONSTRUCTION.version,
    "step": "approve",
    "tender": TENDER,
}
#: The same address asked in other ways.
ASKED = {
    "/api/v1/tenders": ["?limit=1"],
    "/api/v1/tenders/{tender:str}/key-set": ["?kind=price"],
    "/api/v1/tenders/{tender:str}/papers/{name:str}": ["?unsigned=true"],
    "/api/v1/tenders/{tender:str}/result-letters/{bidder:str}": ["?unsigned=true"],
    "/hall": [f"?lot={TENDER}"],
    "/notices": ["?q=测试", "?stage=open", "?sort=deadline", "?due=30"],
}
CONFIRMATION = {
    "type": "sunbid/confirmation/1",
    "tender": TENDER,
    "lot": "1",
    "bidder": "91430000MA4L00001A",
    "opened": "ab" * 32,
}
#: Acts that anybody may try before the deadline and nobody may do: how they are refused tells nothing either.
REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("publication", {}),
    ("committee", {"members": [{"person": "ab" * 16, "role": "expert"}]}),
    ("evaluation", {"draw": None}),
    ("candidates", {}),
    ("award", {"winner": "91430000MA4L00001A", "reason": None}),
    ("amendments", {"reason": "更正", "affects_bids": False, "changes": {"ceiling": "1"}}),
    ("approvals", {"proposal": "ab" * 16, "content": "ab" * 32}),
    ("answers", {"question": "ab" * 16, "answer": "是"}),
    ("objection-answers", {"objection": "ab" * 16, "outcome": "dismissed", "answer": "否"}),
    ("complaint-decisions", {"complaint": "ab" * 16, "taken_up": True, "suspends": False, "reason": "否"}),
    ("confirmations", {"confirmation": {"object": CONFIRMATION, "signature": "A" * 86 + "=="}}),
    ("failure", {"reason": "", "detail": ""}),
    ("lifts", {"reason": "查无此事"}),
]

Answers = dict[tuple[str, str], tuple[int, list[tuple[str, str]], bytes]]


def addresses_of(stage: Stage) -> list[str]:
    """Every address that reads, of pages and interface, about this tender or anything else, and whoever bids for it."""
    content = stage.clerk.get(f"/tenders/{stage.tender}")
    bidder = stage.bidders[0].code if stage.bidders else "0" * 18
    document = content["content"]["documents"][0]["sha256"]
    places = {**PLACES, "sha256": document, "code": bidder, "version": content["procedure_version"], "index": "12"}
    found = []
    for route in asked_routes(stage.site):
        filled = route.at(places)
        asks = "?trustee=T1" if route.operation == "rehearsal.show" else ""
        found += [f"{filled}{one}" for one in [asks, *ASKED.get(route.path, [])]]
    others = [route.at({**places, "number": "1"}) for route in asked_routes(stage.site) if "number" in route.places]
    found += [*others, f"/orgs/{AGENCY}", f"/notices?q={bidder}"]
    found += [f"/api/v1/log/entries/{index}" for index in range(13, 30)]
    english = [f"/lots/{TENDER}", f"/openings/{TENDER}", f"/agency/lots/{TENDER}", f"/supervisor/lots/{TENDER}"]
    return [*found, *(f"/en{one}" for one in [*english, "/agency", "/administrator/mail"])]


def forms_of(running: Site) -> list[str]:
    """Every form about this tender."""
    return [one.at(PLACES) for one in routes(running) if one.is_page and one.method != "GET" and "tender" in one.places]


def asked_routes(running: Site) -> list[Route]:
    """All that read."""
    return [
        one
        for one in routes(running)
        if one.method == "GET" and one.operation not in OF_THE_LOG and one.path not in OF_NO_TENDER | NEW_EACH_TIME
    ]


@dataclass(frozen=True)
class Somebody:
    """token: for the interface; secret: of a session, for pages."""

    token: str
    secret: str

    @property
    def csrf(self) -> str:
        """The token of its session."""
        return sessions.token(self.secret)

    @property
    def headers(self) -> dict[str, str]:
        """What a request of theirs carries."""
        return {"Authorization": f"Bearer {self.token}", "Cookie": f"{sessions.COOKIE}={self.secret}"}


def somebody(running: Site, organisation: str, role: str) -> Somebody:
    """A new person with a token and a session."""
    person, token = running.person(organisation, role)
    with running.desk.work.unit() as unit:
        return Somebody(token, sessions.begin(unit, person, strong=True, device="test"))


def answers(url: str, people: dict[str, Somebody | None], addresses: list[str], forms: list[str]) -> Answers:
    """What everybody gets at every address, and for a form with nothing in it: status, headers and body."""
    found: Answers = {}
    for who, one in people.items():
        headers = one.headers if one else {}
        with httpx.Client(base_url=url, headers=headers) as client:
            for address in addresses:
                answer = client.get(address)
                kept = [(name, value) for name, value in answer.headers.items() if name not in OF_THE_REQUEST]
                told = INSTANCE.sub(b"", answer.content)
                if address.startswith("/account"):
                    told = SEEN.sub(b"", told)
                found[who, address] = (answer.status_code, kept, told)
            for act, body in REFUSED:
                address = f"/api/v1/tenders/{TENDER}/{act}"
                answer = client.post(address, json=body, headers={"Idempotency-Key": chance.token(16).hex()})
                kept = [(name, value) for name, value in answer.headers.items() if name not in OF_THE_REQUEST]
                assert answer.status_code >= 400, (who, act, answer.text)
                found[who, address] = (answer.status_code, kept, INSTANCE.sub(b"", answer.content))
            for address in forms:
                fields = {"key": chance.token(16).hex(), "csrf": one.csrf if one else ""}
                answer = client.post(address, data=fields)
                kept = [(name, value) for name, value in answer.headers.items() if name not in OF_THE_REQUEST]
                assert answer.status_code >= 400, (who, address, answer.text)
                found[who, f"POST {address}"] = (answer.status_code, kept, INSTANCE.sub(b"", answer.content))
    return found


def test_answers_are_the_same_with_0_1_and_10_bids(tmp_path: Path, database_url: str) -> None:
    with site(tmp_path / "home", database_url) as running:
        stage = Stage(running, tmp_path / "parties")
        stage.publish()
        agency = stage.clerk.get("/me")["organisation"]
        operator = stage.supervisor.get("/me")["organisation"]
        everybody: dict[str, Somebody | None] = {"public": None}
        everybody |= {role: somebody(running, agency, role) for role in ("agency", "expert")}
        everybody |= {role: somebody(running, operator, role) for role in ("supervisor", "administrator")}
        for number in range(11):
            stage.bidder(number)
        trustee = stage.trustees["T1"].client.get("/me")["organisation"]
        everybody["trustee"] = somebody(running, trustee, "trustee")
        everybody["bidder"] = somebody(running, stage.bidder(10).code, "bidder")
        addresses, forms = addresses_of(stage), forms_of(running)
        stage.settle()
        # Officials' own looks are noted, once in ten minutes, and a supervisor sees them: they look once before.
        answers(running.url, everybody, addresses, forms)
        before = answers(running.url, everybody, addresses, forms)
        assert {status for status, _, _ in before.values()} >= {200, 401, 403, 404}
        stage.bid(stage.bidder(0), "3600000.00")
        check_same(stage, before, everybody, addresses, forms)
        for number in range(1, 10):
            stage.bid(stage.bidder(number), f"36{number:02d}000.00")
        stage.bid(stage.bidder(4), "3500000.00", replace=True)
        stage.withdraw(stage.bidder(3))
        check_same(stage, before, everybody, addresses, forms)


def check_same(
    stage: Stage, before: Answers, everybody: dict[str, Somebody | None], addresses: list[str], forms: list[str]
) -> None:
    stage.settle()
    stage.site.desk.kept.forget()  # what was made before the bid would be the same by itself
    after = answers(stage.site.url, everybody, addresses, forms)
    assert [key for key in before if before[key] != after[key]] == []
