"""Each procedure of the catalogue whole, from the draft to the award, on both databases; verifier and fsck pass it."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api import upkeep
from api.tools import bidder
from api.tools.client import ServerRefused
from notary import clock
from notary.errors import Refusal
from tests.auctioning import OWN, Salesroom
from tests.serving import site
from tests.stage import BY_PRICE, VALUES, Stage
from tests.story.test_tampering import SCORED
from trading import calendar, periods, procedures

VERIFIER = Path(__file__).parents[2] / "notary" / "verify.py"
#: A sale has a floor in its criteria, and knows neither budget nor ceiling.
SOLD: dict[str, Any] = {"budget": None, "ceiling": None, "funding": None}
#: What differs from the usual draft (tests/stage.py).
CHANGES: dict[str, dict[str, Any]] = {
    "construction-open": {},
    "construction-invited": {"procedure": "construction-invited"},
    "procurement-open": {"procedure": "procurement-open", "subject": "goods", "title": "测试校服采购"},
    "procurement-invited": {"procedure": "procurement-invited", "subject": "goods", "title": "测试校服采购"},
    "procurement-rfq": {
        "procedure": "procurement-rfq",
        "subject": "goods",
        "title": "测试打印纸采购",
        "budget": "420000.00",
        "ceiling": "398000.00",
        "deposit": "8000.00",
        "committee": {"size": 3, "experts": 2},
    },
    "procurement-single-source": {
        "procedure": "procurement-single-source",
        "subject": "goods",
        "title": "测试光谱仪采购",
        "committee": {"size": 3, "experts": 2},
    },
    "land-tender": {"procedure": "land-tender", "subject": "land", "title": "某宗地国有建设用地使用权招标", **SOLD},
    "property-increase": {
        "procedure": "property-increase",
        "subject": "capital",
        "title": "测试公司增资",
        **SOLD,
    },
    "property-tender": {
        "procedure": "property-tender",
        "subject": "equity",
        "title": "测试公司股权招标转让",
        "valuation": {"appraisal": "300000.00"},
        **SOLD,
    },
    "rural-offer": {
        "procedure": "rural-offer",
        "subject": "lease",
        "title": "村集体鱼塘出租",
        "committee": {"size": 3, "experts": 2},
        **SOLD,
    },
}
#: What a prior notice says, where the procedure has one; of a single source.
SAID = {"reason": "专利产品。", "opinion": "专业人员一致认为只能从该供应商处采购。", "contact": "测试采购人"}
#: How the invited were chosen, where the procedure asks; four are, and three bid.
INVITED: dict[str, dict[str, Any]] = {
    "construction-invited": {},
    "procurement-invited": {"way": "pool", "pool": 8},
    "procurement-rfq": {"way": "recommended"},
    "procurement-single-source": {"way": "only_supplier"},
}
BENCHMARK = {
    "trim": [{"bids": 3, "highest": 1, "lowest": 0}],
    "mean_factor": "100.00",
    "ceiling_factor": "100.00",
    "ceiling_share": "0.00",
    "above": "2.00",
    "below": "0.00",
}
FLOOR = {"floor": {"price": "300000.00", "clause": "below_floor"}}
LATER = {"name": "upkeep", "zh": "养护费", "en": "Upkeep", "first": 1, "last": 10}
EVALUATIONS = {
    "comprehensive": SCORED,
    "comprehensive_benchmark": {
        "method": "comprehensive_benchmark",
        "criteria": SCORED["criteria"] | {"benchmark": BENCHMARK},  # type: ignore[operator]  # both are objects
    },
    "life_cycle_cost": {
        "method": "life_cycle_cost",
        "criteria": BY_PRICE | {"life_cycle": {"discount": "5.00", "costs": [LATER]}},
    },
    "lowest_evaluated_price": {"method": "lowest_evaluated_price", "criteria": BY_PRICE},
    "highest_price": {"method": "highest_price", "criteria": BY_PRICE | FLOOR},
    "highest_comprehensive": {
        "method": "highest_comprehensive",
        "criteria": SCORED["criteria"] | FLOOR,  # type: ignore[operator]  # both are objects
    },
}

_METHODS = {one.name: [way.name for way in one.methods] for one in procedures.catalogue() if one.auction is None}
#: Those with a prior notice always, which names the one who is invited.
_SINGLE = {one.name for one in procedures.catalogue() if one.prior is not None and one.prior.required}

pytestmark = pytest.mark.story


def test_no_procedure_is_left_out() -> None:
    assert {one.name for one in procedures.catalogue() if one.auction is None} == set(CHANGES) == set(VALUES)
    assert set(procedures.auctioned()) == set(OWN)


@pytest.mark.parametrize("name", CHANGES)
def test_it_runs_whole_and_verifies(tmp_path: Path, postgres_url: str, name: str) -> None:
    """By the first of its methods."""
    _run(tmp_path, postgres_url, name, _METHODS[name][0])


@pytest.mark.parametrize("name", ["construction-open", "procurement-invited", "rural-offer"])
def test_it_runs_whole_on_sqlite_too(tmp_path: Path, sqlite_url: str, name: str) -> None:
    """One that publishes candidates, one that invites, one that sells."""
    _run(tmp_path, sqlite_url, name, _METHODS[name][0])


@pytest.mark.parametrize(("name", "method"), [(name, way) for name, ways in _METHODS.items() for way in ways[1:]])
def test_it_runs_by_its_other_methods(tmp_path: Path, sqlite_url: str, name: str, method: str) -> None:
    _run(tmp_path, sqlite_url, name, method)


def _run(tmp_path: Path, database_url: str, name: str, method: str) -> None:
    with site(tmp_path / "home", database_url) as running:
        stage = Stage(running, tmp_path / "parties")
        single = name in _SINGLE
        _published(stage, name, method)
        if "object" in stage.procedure()["stages"]["open"]:
            object_to(stage, "documents")
        for number, price in list(enumerate(["368000.00", "365000.00", "361000.00"]))[2 if single else 0 :]:
            stage.bid(stage.bidder(number), price)
        if name in INVITED and not single:
            keep_secret(stage)
        stage.open()
        if "object" in stage.procedure()["stages"]["opened"]:
            object_to(stage, "opening")
        opened = bidder.opening(stage.bidder(2), stage.tender)["opened"]
        bidder.confirm(stage.bidder(2), stage.tender, opened)
        size = CHANGES[name].get("committee", {"size": 5})["size"]
        winner = stage.evaluate(marked, stage.experts(size))["ranked"][0]["bidder"]
        assert winner == stage.bidder(0 if stage.procedure().get("sells") else 2).code
        if stage.has_publicity():
            stage.publish_candidates()
            object_to(stage, "result")
        stage.award(winner)
        if not stage.has_publicity() and "object" in stage.procedure()["stages"]["awarded"]:
            object_to(stage, "result")
        assert stage.stage() == "awarded"
        read_result(stage)
        perform(stage)
        assert stage.stage() == "completed"
        dossier, anchors = tmp_path / "dossier.zip", tmp_path / "anchors.json"
        dossier.write_bytes(stage.dossier())
        anchors.write_text(json.dumps(stage.anchors()))
        settings = running.desk.settings
    verify(dossier, anchors, winner)
    assert upkeep.fsck(settings) == []


def _published(stage: Stage, name: str, method: str) -> None:
    """Drafted, announced where the procedure does so, and published to those whom it invites."""
    single = name in _SINGLE
    asked = (2,) if single else (0, 1, 3, 4)
    invited = {"invited": stage.invited(*asked, **INVITED[name])} if name in INVITED else {}
    stage.draft(**CHANGES[name], **invited, **decided(stage, name, method))
    if single:
        announce(stage)
    stage.publish_draft()
    if invited:
        keep_out(stage)
    if invited and not single:
        stage.invite(2, **INVITED[name])


def decided(stage: Stage, name: str, method: str) -> dict[str, Any]:
    """How it is evaluated, with no more candidates than the law allows, and a deadline that is late enough."""
    procedure = procedures.in_force(name, stage.now())
    evaluation, most = EVALUATIONS[method], procedure.limit("candidates")
    criteria: dict[str, Any] = dict(evaluation["criteria"])
    if most is not None:
        criteria["candidates"] = min(criteria["candidates"], most.value)
    least = periods.due(procedure, calendar.china(), "document_period", stage.now().replace(microsecond=0))
    usual = (stage.now() + timedelta(days=25)).replace(microsecond=0)
    deadline = usual if least is None else max(usual, least + timedelta(hours=9))
    return {"evaluation": {**evaluation, "criteria": criteria}, "deadline": clock.text(deadline)}


@pytest.mark.parametrize("name", sorted(OWN))
def test_an_auction_runs_whole_and_verifies(tmp_path: Path, postgres_url: str, name: str) -> None:
    _sell(tmp_path, postgres_url, name)


@pytest.mark.parametrize("name", ["land-auction", "rural-listing"])
def test_it_runs_on_sqlite_too(tmp_path: Path, sqlite_url: str, name: str) -> None:
    """One of each kind of auction, one with a publicity period of the sale."""
    _sell(tmp_path, sqlite_url, name)


def _sell(tmp_path: Path, database_url: str, name: str) -> None:
    """From the notice to the end of the contract; at its end the refused are in the dossier as well."""
    with site(tmp_path / "home", database_url) as running:
        stage = Stage(running, tmp_path / "parties")
        room = Salesroom(stage, name)
        room.publish()
        question = stage.bidder(0).client.post(f"/tenders/{stage.tender}/questions", {"question": "界址以何为准？"})
        stage.clerk.post(f"/tenders/{stage.tender}/answers", question | {"answer": "以宗地图为准。"})
        room.decide(room.apply(5), "no_deposit", "保证金未到账。")
        winner = room.sell()
        assert stage.stage() == "sold"
        wait_for_publicity(room, winner)
        room.award(winner)
        assert stage.stage() == "awarded"
        terms = stage.contract()
        path = f"/tenders/{stage.tender}/contract"
        paid = {"what": "payment", "amount": terms["price"], "on": stage.today(), "detail": "按合同"}
        stage.clerk.post(f"{path}/performance", paid)
        end = {"result": "completed", "on": stage.today(), "detail": "按合同", "documents": terms["documents"]}
        stage.clerk.post(f"{path}/end", end)
        for paper in ("tender_notice_0", "award_letter"):
            assert stage.clerk.read(f"/tenders/{stage.tender}/papers/{paper}", unsigned="true").startswith(b"%PDF")
        dossier, anchors = tmp_path / "dossier.zip", tmp_path / "anchors.json"
        dossier.write_bytes(stage.dossier())
        anchors.write_text(json.dumps(stage.anchors()))
        settings = running.desk.settings
    verify(dossier, anchors, winner)
    assert upkeep.fsck(settings) == []


def wait_for_publicity(room: Salesroom, winner: str) -> None:
    """Where a sale is public before it is confirmed: meanwhile, and before an objection is answered, nobody does so."""
    stage = room.stage
    over = room.due("sale_publicity", stage.now())
    if over is None:
        return
    path = f"/tenders/{stage.tender}"
    said = {"against": "result", "facts": "未经成员大会同意", "basis": "章程", "request": "重新决策"}
    filed = stage.bidder(1).client.post(f"{path}/objections", said)
    with pytest.raises(ServerRefused, match="rule_broken"):
        room.award(winner)
    stage.pass_until(over)
    with pytest.raises(ServerRefused, match="objection_unanswered"):
        room.award(winner)
    answer = {"objection": filed["objection"], "outcome": "dismissed", "answer": "决议已公示，程序合法。"}
    stage.clerk.post(f"{path}/objection-answers", answer)


def verify(dossier: Path, anchors: Path, winner: str) -> None:
    """The stand-alone verifier passes it, and names the winner."""
    done = subprocess.run(
        [sys.executable, "-I", VERIFIER, dossier, "--anchors", anchors], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert winner in done.stdout


def announce(stage: Stage) -> None:
    """The prior notice with its opinion, an objection that is answered, and its whole period."""
    opinion = stage.document("论证意见.pdf", b"%PDF-1.7 opinion")
    stage.announce(SAID, opinion)
    path, own = f"/tenders/{stage.tender}", stage.bidder(1).client
    filed = own.post(f"{path}/comments", {"text": "本单位也能供货。"})
    with pytest.raises(ServerRefused, match="rule_broken"):
        stage.clerk.post(f"{path}/publication", {})
    reply = {"comment": filed["comment"], "outcome": "dismissed", "answer": "补充论证：参数不满足。"}
    stage.clerk.post(f"{path}/comment-answers", reply)
    public = stage.site.client()
    assert public.read(f"/documents/{opinion['sha256']}") == b"%PDF-1.7 opinion"
    assert [one["tender"] for one in public.get("/prior-notices", q="光谱仪")["items"]] == [stage.tender]
    assert "本单位也能供货" not in json.dumps(public.get(f"{path}/prior-notices"), ensure_ascii=False)
    assert [one["text"] for one in stage.clerk.items(f"{path}/comments")] == ["本单位也能供货。"]
    with pytest.raises(ServerRefused, match="tender_unknown"):
        public.get(path)
    stage.pass_prior_notice()


def keep_out(stage: Stage) -> None:
    """Who is not invited is told so before anything is sent, and again by the server."""
    stranger = stage.bidder(9)
    with pytest.raises(Refusal, match="not_invited"):
        stage.bid(stranger, "300000.00")
    with pytest.raises(ServerRefused, match="not_invited"):
        stranger.client.post(f"/tenders/{stage.tender}/uploads", {"kind": "bid", "part_sizes": [70000, 70000]})


def keep_secret(stage: Stage) -> None:
    """Before the opening nobody but the agency sees who is invited, or how many are."""
    public, codes = stage.site.client(), [stage.bidder(number).code for number in range(5)]
    for path in ("", "/record", "/questions", "/opening"):
        shown = json.dumps(public.get(f"/tenders/{stage.tender}{path}"), ensure_ascii=False)
        assert not [code for code in codes if code in shown]
        assert "bidders_invited" not in shown
    with pytest.raises(ServerRefused):
        stage.bidder(0).client.get(f"/tenders/{stage.tender}/invitations")
    told = stage.clerk.items(f"/tenders/{stage.tender}/invitations")
    assert sorted(one["code"] for entry in told for one in entry["bidders"]) == sorted(codes)


def perform(stage: Stage) -> None:
    """The contract, a supplement, a milestone, a payment, the acceptance."""
    terms = stage.contract()
    path, today = f"/tenders/{stage.tender}/contract", {"on": stage.today(), "detail": "按合同"}
    supplement = {"price": terms["price"], "ends_on": "2029-06-30", "reason": "延长履行期限"}
    stage.clerk.post(f"{path}/changes", supplement | {"documents": [stage.document("补充合同.pdf", b"%PDF-1.7 2")]})
    for step in ({"what": "milestone"}, {"what": "payment", "amount": terms["price"]}):
        stage.clerk.post(f"{path}/performance", step | today)
    stage.clerk.post(
        f"{path}/end", today | {"result": "completed", "documents": [stage.document("验收书.pdf", b"%PDF-1.7 3")]}
    )


def object_to(stage: Stage, against: str) -> None:
    """Somebody objects, and is answered."""
    path = f"/tenders/{stage.tender}"
    said = {"against": against, "facts": "事实", "basis": "依据", "request": "请求"}
    filed = stage.bidder(1).client.post(f"{path}/objections", said)
    answer = {"objection": filed["objection"], "outcome": "dismissed", "answer": "理由不成立。"}
    stage.clerk.post(f"{path}/objection-answers", answer)


def marked(blank: dict[str, Any]) -> dict[str, Any]:
    """Every bid gets its marks, where there are any to give."""
    given = {code: dict.fromkeys(criteria, "31.50") for code, criteria in blank["scores"].items()}
    return {**blank, "scores": given}


def read_result(stage: Stage) -> None:
    """The report of the evaluation, and what the first of the losers is told."""
    lot = f"/tenders/{stage.tender}"
    assert stage.clerk.read(f"{lot}/evaluation-report").startswith(b"%PDF")
    for one in stage.clerk.get(f"{lot}/result-letters")["items"][:1]:
        assert stage.clerk.read(f"{lot}/result-letters/{one['bidder']}", unsigned="true").startswith(b"%PDF")
