"""Every kind of act sent many times at once under one key: done once, and all are told the same, byte for byte.

Fifty times on PostgreSQL, and ten on SQLite, where one writes at a time.
"""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from api.policy import POLICY
from api.tools import agency, bidder, draws, keys, papers, trustee
from api.tools.client import API, Client, ServerRefused
from notary import canonical, certificates, chance, clock
from notary.rows import entries, metadata, requests
from tests.auctioning import START, Salesroom
from tests.interface import OPERATIONS
from tests.serving import Site, site
from tests.stage import AGENCY, Stage, code, vault

pytestmark = pytest.mark.race

TWINS = {"sqlite": 10, "postgresql": 50}
#: Their answer is a secret and is not kept; or they take a stream, whose bytes name it; or twice is once.
WITHOUT_KEY = {
    "claim.use",
    "token.issue",
    "document.put",
    "upload.part",
    "paper.issue",
    "result_letter.issue",
}
PRICES = ("3680000.00", "3650000.00", "3700000.00")
EFFECTS = {
    "log_opened": 1,
    "key_registered": 3 + 3 + 7 + 3 + 1,
    "tender_published": 3,
    "key_set_signed": 3,
    "tender_amended": 1,
    "bidders_invited": 2,
    "question_answered": 1,
    "prior_published": 1,
    "comment_filed": 1,
    "comment_answered": 1,
    "objection_filed": 2,
    "objection_answered": 2,
    "complaint_filed": 2,
    "complaint_decided": 1,
    "complaint_ruled": 1,
    "complaint_withdrawn": 1,
    "lot_held": 1,
    "hold_lifted": 1,
    "trustee_rehearsed": 1,
    "bid_accepted": 4,
    "bid_withdrawn": 1,
    "lot_closed": 1,
    "envelope_destroyed": 2,
    "key_released": 2,
    "opening_intended": 1,
    "lot_opened": 1,
    "opening_confirmed": 1,
    "draw_called": 2,
    "draw_committed": 3,
    "draw_revealed": 3,
    "draw_withheld": 1,
    "draw_made": 1,
    "draw_replaced": 1,
    "draw_failed": 1,
    "committee_set": 1,
    "score_signed": 5,
    "lot_evaluated": 1,
    "candidates_published": 1,
    "lot_awarded": 1,
    "contract_registered": 1,
    "contract_changed": 1,
    "contract_performed": 1,
    "contract_completed": 1,
    "explanation_asked": 1,
    "explanation_given": 1,
    "document_issued": 1,
    "result_told": 2,
    "lot_failed": 2,
    "auction_number": 1,
    # registered, started, bid, stopped, announced, resumed, terminated
    "auction_event": 7,
    "auction_statement": 1,
}
#: What leaves no entry of its own.
ROWS = {
    "documents": 4,
    "proposals": 9,
    "prior_notices": 1,
    "invitations": 4,
    "auction_applications": 1,
    "auction_admissions": 1,
    "auction_envelopes": 1,
    "declarations": 5,
    "committee_boxes": 1,
    "pool_experts": 7,
    "pool_specialities": 7,
    "draw_secrets": 2,
    "pool_employments": 1,
    "questions": 1,
    "transfers": 2,
    "assignments": 2,
    "guarantees": 1,
    "settlements": 2,
    "opening_keys": 12,
    "rehearsals": 1,
    "uploads": 4,
    "parts": 8,
}


class Throng(Client):
    """A client that sends the first act of each kind many times at once, and once more with another body."""

    seen: set[str]
    twins: int

    def post(self, path: str, body: dict[str, Any]) -> Any:
        headers = {"Content-Type": "application/json", "Idempotency-Key": chance.token(16).hex()}
        content = canonical.dumps(body)
        answer = self._at_once("POST", path, content=content, headers=headers)
        if answer is None:
            return super().post(path, body)
        with pytest.raises(ServerRefused, match="key_reused"):
            self._send("POST", API + path, content=content + b" ", headers=headers)
        return canonical.loads(answer)

    def put(self, path: str, content: Any, *, headers: Any = None, **params: str) -> dict[str, Any]:
        headers = {"Content-Type": "application/octet-stream", **(headers or {})}
        answer = self._at_once("PUT", path, content=content, headers=headers, params=params)
        found: dict[str, Any] = (
            canonical.loads(answer) if answer else super().put(path, content, headers=headers, **params)
        )
        return found

    def _at_once(self, method: str, path: str, **options: Any) -> bytes | None:
        kind = f"{method} {path.split('/')[1] if method == 'PUT' else path.rpartition('/')[2]}"
        kind += " of an auction" if "/auction/" in path else ""
        if kind in self.seen:
            return None
        self.seen.add(kind)
        start = threading.Barrier(self.twins)

        def send(_: int) -> bytes:
            start.wait()
            return self._send(method, API + path, **options).content

        with ThreadPoolExecutor(self.twins) as pool:
            (answer,) = set(pool.map(send, range(self.twins)))
        return answer


class Throngs(Site):
    """A site whose clients are throngs."""

    def __init__(self, running: Site) -> None:
        super().__init__(running.url, running.desk)
        self._seen: set[str] = set()

    def client(self, token: str | None = None) -> Client:
        client = Throng(self.url, token, demonstration=True, tries=12)
        client.seen = self._seen
        client.twins = TWINS[self.desk.work.engine.dialect.name]
        self._clients.append(client)
        return client


def test_twins_are_one(tmp_path: Path, database_url: str) -> None:
    roots = tmp_path / "roots.pem"
    with site(tmp_path / "home", database_url, paper_roots=roots) as running, closing(Throngs(running)) as throngs:
        stage = Stage(throngs, tmp_path / "parties")
        _until_the_deadline(stage)
        _to_the_award(stage)
        _sign_a_paper(stage, roots)
        _fail_another(stage)
        _announce(stage)
        _auction(stage)
        stage.settle()
        _judge(stage)


def _until_the_deadline(stage: Stage) -> None:
    stage.administrator.post("/organisations", {"code": code(1), "name": "某某单位", "region": "431102"})
    made = stage.administrator.post("/people", {"organisation": code(1), "name": "某某", "roles": ["expert"]})
    known = {"specialities": ["桥梁工程"], "employments": [{"employer": code(2)}], "suspended": False}
    stage.administrator.post(f"/people/{made['person']}/expert", known)
    stage.publish()
    path = f"/tenders/{stage.tender}"
    question = stage.bidder(10).client.post(f"{path}/questions", {"question": "工期可否顺延？"})["question"]
    stage.clerk.post(f"{path}/answers", {"question": question, "answer": "不可以。"})
    said_again = {"facts": "清单漏项", "basis": "第三章", "request": "更正清单"}
    said = {"against": "documents"} | said_again
    own = stage.bidder(10).client
    for ends in ("rulings", "withdrawals"):
        objection = own.post(f"{path}/objections", said)["objection"]
        reply = {"objection": objection, "outcome": "dismissed", "answer": "未漏项。"}
        stage.clerk.post(f"{path}/objection-answers", reply)
        complaint = own.post(f"{path}/complaints", {"objection": objection, **said_again})["complaint"]
        if ends == "withdrawals":
            own.post(f"{path}/complaint-withdrawals", {"complaint": complaint})
            continue
        decision = {"complaint": complaint, "taken_up": True, "suspends": True, "reason": "符合受理条件"}
        stage.supervisor.post(f"{path}/complaint-decisions", decision)
        ruling = {"complaint": complaint, "outcome": "dismissed", "ruling": "驳回投诉。"}
        stage.supervisor.post(f"{path}/complaint-rulings", ruling)
    stage.supervisor.post(f"{path}/holds", {"reason": "受理投诉"})
    stage.supervisor.post(f"{path}/lifts", {"reason": "投诉不成立"})
    change = {"reason": "更正", "affects_bids": False, "changes": {"ceiling": "3970000.00"}}
    stage.approve(agency.amend(stage.clerk, stage.tender, change, stage.folder))
    trustee.rehearse(stage.trustees["T1"], stage.tender, "bid")
    for number, price in enumerate(PRICES, start=10):
        stage.bid(stage.bidder(number), price)
    stage.withdraw(stage.bidder(10))
    stage.bid(stage.bidder(10), PRICES[0])
    fresh = vault()
    fresh.add_signing_key("statement", chance.token())
    proof = keys.proof(fresh, stage.bidder(11).anchors, stage.bidder(11).code, "statement")
    stage.administrator.post("/keys/replacements", {"proof": proof, "reason": "凭公函核实，密钥丢失"})


def _to_the_award(stage: Stage) -> None:
    stage.open()
    stage.settle()
    # Of the one whose key stands: another's was replaced.
    own = stage.bidder(12)
    bidder.confirm(own, stage.tender, bidder.opening(own, stage.tender)["opened"])
    stage.clerk.post(f"/tenders/{stage.tender}/committee-box", {"box": "YWdl"})
    stage.admit(6)
    _draw(stage)
    members = stage.seat_drawn()
    asked = {"bidder": own.code, "minutes": 30}
    members[0][0].post(f"/tenders/{stage.tender}/explanation-requests", asked)
    own.client.post(f"/tenders/{stage.tender}/explanations", {"text": "成本测算见附表。"})
    stage.evaluate(members=members)
    stage.award(stage.bidder(11).code)
    _perform(stage)
    _pay_back(stage)


def _perform(stage: Stage) -> None:
    terms = stage.contract()
    path, today = f"/tenders/{stage.tender}/contract", terms["signed_on"]
    supplement = {name: terms[name] for name in ("price", "ends_on", "documents")} | {"reason": "延长工期"}
    stage.clerk.post(f"{path}/changes", supplement)
    stage.clerk.post(f"{path}/performance", {"what": "payment", "on": today, "detail": "预付款", "amount": "1.00"})
    end = {
        "result": "completed",
        "on": today,
        "detail": "验收合格",
        "documents": [stage.document("验收书.pdf", b"%PDF-1.7 3")],
    }
    stage.clerk.post(f"{path}/end", end)


def _pay_back(stage: Stage) -> None:
    """The winner's deposit is kept; another's waits to be assigned, and goes back."""
    desk, path = stage.administrator, f"/tenders/{stage.tender}"
    report = {"account": "62220001", "payer": "某公司", "amount": "1.00", "received_at": clock.text(stage.now())}
    winner = {"tender": stage.tender, "organisation": stage.bidder(11).code}
    desk.post("/deposits", {"transfers": [report | winner | {"reference": "A1"}, report | {"reference": "A2"}]})
    other = stage.bidder(12).code
    desk.post("/deposits/A2/assignment", {"tender": stage.tender, "organisation": other, "reason": "付款附言"})
    letter = {"organisation": other, "number": "1", "issuer": "某银行", "amount": "1.00", "expires_on": "2030-01-01"}
    desk.post(f"{path}/guarantees", letter)
    paid = {"reference": "A2", "payment": "B2", "paid_on": stage.today(), "amount": "1.00"}
    desk.post("/deposits/payments", {"payments": [paid]})
    stage.clerk.post(f"{path}/deposits/A1/keeping", {"ground": "refused", "reason": "未签合同"})


def _draw(stage: Stage) -> None:
    """A draw that is given up, and one in which a value is withheld and somebody replaced."""
    path = f"/tenders/{stage.tender}"
    agency_, supervisor, operator = stage.drawers()
    stage.call_draw(("公路工程", 4))
    stage.clerk.post(f"{path}/draw-failures", {"reason": "abandoned", "person": None})
    stage.call_draw(("公路工程", 4))
    stage.settle()
    for client, own, anchors in stage.drawers().values():
        draws.commit(client, own, anchors, stage.tender)
    stage.settle()
    for party in (agency_, operator):
        draws.reveal(*stage.drawers()[party], stage.tender)
    stage.clerk.post(f"{path}/draw-withheld", {"of": supervisor})
    stage.settle()
    draws.reveal(*stage.drawers()[operator], stage.tender)
    stage.clerk.post(f"{path}/draw-replacements", {"person": stage.drawn()[0], "reason": "absent"})


def _sign_a_paper(stage: Stage, roots: Path) -> None:
    moment = stage.now()
    authority = certificates.demonstration_authority(moment)
    roots.write_bytes(authority.certificate)
    identity = certificates.certificate_for(authority, "测试招标人", AGENCY, moment)
    papers.sign(stage.clerk, stage.tender, "tender_notice_0", identity, reason="签发", location="永州")
    papers.tell(stage.clerk, stage.tender, identity, reason="告知", location="永州")


def _fail_another(stage: Stage) -> None:
    ended, stage.tender = stage.tender, stage.tender.replace("0001", "0002")
    stage.publish(procedure="construction-invited", invited=stage.invited(10, 11, 12))
    further = {"bidders": [code(1)], "reason": "补充邀请"}
    stage.approve(stage.clerk.post(f"/tenders/{stage.tender}/invitations", further))
    path, why = f"/tenders/{stage.tender}", {"reason": "cancelled", "detail": "规划调整。"}
    proposed = stage.clerk.post(f"{path}/failure", why)
    stage.second.post(f"{path}/returns", {"proposal": proposed["proposal"], "reason": "请写明理由"})
    stage.approve(stage.clerk.post(f"{path}/failure", why | {"detail": "规划调整，停车场改址。"}))
    stage.tender = ended


def _announce(stage: Stage) -> None:
    """A prior notice of a third, a comment on it, and its answer."""
    kept, stage.tender = stage.tender, stage.tender.replace("0001", "0004")
    single = {"procedure": "procurement-single-source", "subject": "goods", "committee": {"size": 3, "experts": 2}}
    stage.draft(**single, invited=stage.invited(10, way="only_supplier"))
    stage.announce({"reason": "专利产品。", "opinion": "只有一家。", "contact": "测试采购人"})
    path = f"/tenders/{stage.tender}"
    filed = stage.bidder(10).client.post(f"{path}/comments", {"text": "不止一家。"})
    reply = {"comment": filed["comment"], "outcome": "dismissed", "answer": "另一家不满足参数。"}
    stage.clerk.post(f"{path}/comment-answers", reply)
    stage.tender = kept


def _auction(stage: Stage) -> None:
    """One bidder, of whose keys none was replaced; stopped, and ended by the supervisor, its reserve price unopened."""
    stage.keep_tokens()
    room = Salesroom(stage, tender=stage.tender.replace("0001", "0003"), reserve=f"{START}.00")
    room.publish()
    room.enter(12)
    room.until(room.opens_at, "open")
    assert room.bid(12, START) == "accepted"
    path = f"/tenders/{room.tender}/auction"
    stage.clerk.post(f"{path}/stops", {"ground": "inquiry"})
    resumes_at = clock.text(stage.now() + timedelta(hours=1))
    stage.clerk.post(f"{path}/announcements", {"resumes_at": resumes_at})
    stage.clerk.post(f"{path}/resumptions", {})
    stage.supervisor.post(f"{path}/terminations", {"ground": "planning"})


def _judge(stage: Stage) -> None:
    with stage.site.desk.work.reading() as connection:
        kinds = Counter(connection.scalars(select(entries.c.kind)))
        done = set(connection.scalars(select(requests.c.operation)))
        rows = {t: connection.scalar(select(func.count()).select_from(metadata.tables[t])) for t in ROWS}
    assert {name for name in OPERATIONS if POLICY[name].writes} == done | WITHOUT_KEY
    assert kinds == EFFECTS
    assert rows == ROWS
