"""Nobody but the bidder learns whether there are bids: every answer is the same with 0, 1 and 10 of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from api import sessions
from api.policy import POLICY
from notary import chance
from tests.serving import Site, site
from tests.stage import TENDER, Stage

pytestmark = pytest.mark.fault

#: What the log itself tells is left out: it grows with every entry (until there are cover leaves).
OF_THE_LOG = {"log.file", "log.consistency"}
#: The time, in which no tender is.
OF_NO_TENDER = {"page.clock"}
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

#: Pages and what they are made of.
PAGES = {
    "page.front": ["/", "/en"],
    "page.help": ["/data", "/help", "/accessibility"],
    "page.results": ["/results", "/results.csv", "/results.json"],
    "page.gallery": ["/gallery"],
    "page.verify": ["/verify"],
    "page.verifier": ["/verify/verify.py"],
    "page.sign_in": ["/sign-in"],
    "page.claim": ["/claim"],
    "page.account": ["/account"],
    "page.confirm": ["/account/confirm"],
    "page.mail": ["/account/mail"],
    "page.factors": ["/account/factors"],
    "page.desk": ["/desk"],
    "page.provider": ["/sign-in/provider"],
    "page.provider_own": ["/account/factors/provider"],
    "page.register": ["/register"],
    "page.colleagues": ["/account/colleagues"],
    "page.administrator": ["/administrator"],
    "page.administrator_organisations": ["/administrator/organisations"],
    "page.administrator_people": ["/administrator/people"],
    "page.administrator_person": [f"/administrator/people/{'ab' * 16}"],
    "page.administrator_recoveries": ["/administrator/recoveries"],
    "page.administrator_registrations": ["/administrator/registrations"],
    "page.administrator_trustees": ["/administrator/trustees"],
    "page.administrator_system": ["/administrator/system"],
    "page.administrator_mail": ["/administrator/mail", "/en/administrator/mail"],
    "page.administration_log": ["/administrator/log"],
    "account.data": ["/account/data"],
    "asset.show": ["/static/0/none.css"],
    "key.list": ["/api/v1/keys"],
    "page.keys": ["/keys"],
    "page.bidder": ["/bidder", f"/bidder/lots/{TENDER}", f"/bidder/lots/{TENDER}/objections", "/bidder/rehearsal"],
    "page.agency": ["/agency", "/en/agency"],
    "page.draft": [f"/agency/drafts/{'ab' * 16}", f"/agency/drafts/{'ab' * 16}/basics"],
    "page.own_lot": [
        f"/agency/lots/{TENDER}{one}"
        for one in (
            "",
            "/preview",
            "/questions",
            "/objections",
            "/amendment",
            "/ending",
            "/opening",
            "/documents",
            "/result",
            "/papers",
        )
    ],
    "page.supervisor": ["/supervisor", "/supervisor/access", f"/supervisor/lots/{TENDER}"],
    "page.expert": ["/expert", f"/expert/lots/{TENDER}", f"/expert/lots/{TENDER}/desk"],
    "page.trustee": ["/trustee", f"/trustee/lots/{TENDER}"],
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
    ("confirmations", {"confirmation": {"object": CONFIRMATION, "signature": "A" * 86 + "=="}}),
    ("failure", {"reason": "", "detail": ""}),
    ("lifts", {"reason": "查无此事"}),
]

Answers = dict[tuple[str, str], tuple[int, list[tuple[str, str]], bytes]]


def questions(stage: Stage) -> dict[str, list[str]]:
    """Operation to the addresses under which anybody may try it, about this tender or anything else."""
    tender = f"/api/v1/tenders/{stage.tender}"
    content = stage.clerk.get(f"/tenders/{stage.tender}")
    document = content["content"]["documents"][0]["sha256"]
    absent = "ab" * 16
    return {
        "me.show": ["/api/v1/me"],
        "request.show": [f"/api/v1/requests/{absent}"],
        "trustee.list": ["/api/v1/trustees"],
        "anchors.show": ["/api/v1/anchors"],
        "procedure.list": ["/api/v1/procedures"],
        "procedure.show": [f"/api/v1/procedures/{content['procedure_version']}"],
        "document.show": [f"/api/v1/documents/{document}", f"/api/v1/documents/{absent * 2}"],
        "tender.list": ["/api/v1/tenders", "/api/v1/tenders?limit=1"],
        "tender.show": [tender],
        "objection.list": [f"{tender}/objections"],
        "question.list": [f"{tender}/questions"],
        "key_set.show": [f"{tender}/key-set", f"{tender}/key-set?kind=price"],
        "rehearsal.show": [f"{tender}/rehearsal?trustee=T1"],
        "upload.show": [f"/api/v1/uploads/{absent}"],
        "bid.own": [f"{tender}/bids/own"],
        "receipt.show": [f"/api/v1/receipts/{absent}"],
        "closing.show": [f"{tender}/closing"],
        "opening.show": [f"{tender}/opening"],
        "envelope.list": [f"{tender}/envelopes"],
        "envelope.part": [f"{tender}/envelopes/{absent * 2}/parts/0"],
        "documents.box": [f"{tender}/committee-box"],
        "paper.list": [f"{tender}/papers"],
        "paper.show": [f"{tender}/papers/opening-record", f"{tender}/papers/opening-record?unsigned=true"],
        "record.show": [f"{tender}/record"],
        "dossier.show": [f"{tender}/dossier"],
        "log.entry": [f"/api/v1/log/entries/{index}" for index in range(12, 30)],
        "health.show": ["/healthz"],
        **PAGES,
        **pages(stage, document),
        "openapi.show": ["/api/v1/openapi.json"],
    }


def pages(stage: Stage, document: str) -> dict[str, list[str]]:
    """Pages about this tender, and about whoever bids for it."""
    lot, opening = f"/lots/{stage.tender}", f"/openings/{stage.tender}"
    bidder = stage.bidders[0].code if stage.bidders else "0" * 18
    asked = ["", ".csv", ".json", ".atom", "?q=测试", f"?q={bidder}", "?stage=open", "?sort=deadline", "?due=30"]
    return {
        "page.lot": [lot, f"/en{lot}", f"{lot}/notices/0", f"{lot}/notices/1", f"{lot}/documents/{document}"],
        "page.notices": [f"/notices{one}" for one in asked],
        "page.openings": ["/openings", opening, f"/en{opening}", f"/hall?lot={stage.tender}", "/hall"],
        "page.organisation": [f"/orgs/{stage.clerk.get('/me')['organisation']}", f"/orgs/{bidder}"],
    }


@dataclass(frozen=True)
class Somebody:
    """token: for the interface; secret: of a session, for pages."""

    token: str
    secret: str

    @property
    def headers(self) -> dict[str, str]:
        """What a request of theirs carries."""
        return {"Authorization": f"Bearer {self.token}", "Cookie": f"{sessions.COOKIE}={self.secret}"}


def somebody(running: Site, organisation: str, role: str) -> Somebody:
    """A new person with a token and a session."""
    person, token = running.person(organisation, role)
    with running.desk.work.unit() as unit:
        return Somebody(token, sessions.begin(unit, person, strong=True, device="test"))


def answers(url: str, people: dict[str, Somebody | None], addresses: list[str]) -> Answers:
    """What everybody gets at every address: status, headers and body."""
    found: Answers = {}
    for who, one in people.items():
        headers = one.headers if one else {}
        with httpx.Client(base_url=url, headers=headers) as client:
            for address in addresses:
                answer = client.get(address)
                kept = [(name, value) for name, value in answer.headers.items() if name not in OF_THE_REQUEST]
                found[who, address] = (answer.status_code, kept, INSTANCE.sub(b"", answer.content))
            for act, body in REFUSED:
                address = f"/api/v1/tenders/{TENDER}/{act}"
                answer = client.post(address, json=body, headers={"Idempotency-Key": chance.token(16).hex()})
                kept = [(name, value) for name, value in answer.headers.items() if name not in OF_THE_REQUEST]
                assert answer.status_code >= 400, (who, act, answer.text)
                found[who, address] = (answer.status_code, kept, INSTANCE.sub(b"", answer.content))
    return found


def test_every_operation_that_reads_is_asked(tmp_path: Path, sqlite_url: str) -> None:
    with site(tmp_path / "home", sqlite_url) as running:
        stage = Stage(running, tmp_path / "parties")
        stage.publish()
        assert questions(stage).keys() | OF_THE_LOG | OF_NO_TENDER == {
            name for name, one in POLICY.items() if not one.writes
        }


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
        addresses = [one for some in questions(stage).values() for one in some if one not in NEW_EACH_TIME]
        stage.settle()
        # Officials' own looks are noted, once in ten minutes, and a supervisor sees them: they look once before.
        answers(running.url, everybody, addresses)
        before = answers(running.url, everybody, addresses)
        assert {status for status, _, _ in before.values()} >= {200, 401, 403, 404}
        stage.bid(stage.bidder(0), "3600000.00")
        check_same(stage, before, everybody, addresses)
        for number in range(1, 10):
            stage.bid(stage.bidder(number), f"36{number:02d}000.00")
        stage.bid(stage.bidder(4), "3500000.00", replace=True)
        stage.withdraw(stage.bidder(3))
        check_same(stage, before, everybody, addresses)


def check_same(stage: Stage, before: Answers, everybody: dict[str, Somebody | None], addresses: list[str]) -> None:
    stage.settle()
    stage.site.desk.kept.forget()  # what was made before the bid would be the same by itself
    after = answers(stage.site.url, everybody, addresses)
    assert [key for key in before if before[key] != after[key]] == []
