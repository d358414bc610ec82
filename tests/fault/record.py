"""A record with something in every table: a whole tender, and what happens beside the straight path."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api import upkeep
from api.settings import Settings
from api.tools import agency, bidder, papers, trustee, uploads
from notary import certificates
from tests.auctioning import Salesroom
from tests.serving import Site, site
from tests.stage import AGENCY, Stage

PRICES = ("3680000.00", "3650000.00", "3700000.00", "3610000.00")


@contextmanager
def whole_record(home: Path, database_url: str) -> Iterator[Settings]:
    """Its settings, once the server has stopped; the witness answers no more."""
    roots = home.parent / "roots.pem"
    with site(home, database_url, paper_roots=roots) as running:
        stage = Stage(running, home.parent / "parties")
        moment = stage.now()
        authority = certificates.demonstration_authority(moment)
        roots.write_bytes(authority.certificate)
        _until_deadline(stage)
        _to_award(stage, running)
        _auction(stage)
        _announce(stage)
        identity = certificates.certificate_for(authority, "测试招标人", AGENCY, moment)
        papers.sign(stage.clerk, stage.tender, "tender_notice_0", identity, reason="签发", location="永州")
        papers.tell(stage.clerk, stage.tender, identity, reason="告知", location="永州")
        stage.settle()
        upkeep.upload_gc(running.desk.settings)
        settings = running.desk.settings
        # With a finding from the start every change would seem to be found.
        assert upkeep.fsck(settings) == []
    yield settings


def _until_deadline(stage: Stage) -> None:
    """Question and answer, an amendment, a rehearsal, bids, one replaced, one withdrawn."""
    stage.publish(procedure="construction-invited", invited=stage.invited(*range(6)))
    asker = stage.bidder(0)
    question = asker.client.post(f"/tenders/{stage.tender}/questions", {"question": "工期可否顺延？"})["question"]
    stage.clerk.post(f"/tenders/{stage.tender}/answers", {"question": question, "answer": "不可以。"})
    said = {"against": "documents", "facts": "清单漏项", "basis": "第三章", "request": "更正清单"}
    objection = asker.client.post(f"/tenders/{stage.tender}/objections", said)["objection"]
    reply = {"objection": objection, "outcome": "dismissed", "answer": "未漏项。"}
    stage.clerk.post(f"/tenders/{stage.tender}/objection-answers", reply)
    about = {"objection": objection, "facts": "答复有误", "basis": "第三章", "request": "责令改正"}
    complaint = {"complaint": asker.client.post(f"/tenders/{stage.tender}/complaints", about)["complaint"]}
    decision = complaint | {"taken_up": True, "suspends": True, "reason": "符合受理条件"}
    stage.supervisor.post(f"/tenders/{stage.tender}/complaint-decisions", decision)
    ruling = complaint | {"outcome": "dismissed", "ruling": "驳回投诉。"}
    stage.supervisor.post(f"/tenders/{stage.tender}/complaint-rulings", ruling)
    change = {"reason": "更正", "affects_bids": False, "changes": {"ceiling": "3970000.00"}}
    stage.approve(agency.amend(stage.clerk, stage.tender, change, stage.folder))
    trustee.rehearse(stage.trustees["T1"], stage.tender, "bid")
    for number, price in enumerate(PRICES):
        stage.bid(stage.bidder(number), price)
    stage.bid(stage.bidder(1), "3600000.00", replace=True)
    stage.withdraw(stage.bidder(2))


def _auction(stage: Stage) -> None:
    """A second lot, which an auction sells above its reserve price; one application is refused."""
    room = Salesroom(stage, "land-listing", tender="YZ-431102-TD-2026-0001", reserve="1000000.00")
    room.publish()
    room.decide(room.apply(7), "no_deposit", "保证金未到账。")
    room.award(room.sell())


def _announce(stage: Stage) -> None:
    """A third lot that is announced, commented on, and published once its notice was out long enough."""
    # Between the two others in order: its draft is days older than its publication, which is nobody's to find.
    kept, stage.tender = stage.tender, f"{stage.tender}-1"
    single = {"procedure": "procurement-single-source", "subject": "goods", "committee": {"size": 3, "experts": 2}}
    single |= {"invited": stage.invited(0, way="only_supplier")}
    agency.draft(stage.clerk, stage.agency_vault, stage.content(**single), stage.folder)
    opinion = stage.document("论证意见.pdf", b"%PDF-1.7 opinion")
    stage.announce({"reason": "专利产品。", "opinion": "只有一家。", "contact": "测试采购人"}, opinion)
    path = f"/tenders/{stage.tender}"
    filed = stage.bidder(1).client.post(f"{path}/comments", {"text": "不止一家。"})
    reply = {"comment": filed["comment"], "outcome": "dismissed", "answer": "另一家不满足参数。"}
    stage.clerk.post(f"{path}/comment-answers", reply)
    stage.pass_prior_notice()
    stage.publish(**single)
    stage.tender = kept


def _to_award(stage: Stage, running: Site) -> None:
    """One upload that becomes a late bid, one that nobody uses; opening, evaluation, award."""
    late, forgotten = stage.seal(stage.bidder(4), PRICES[0]), stage.seal(stage.bidder(5), PRICES[0])
    for number, path in ((4, late), (5, forgotten)):
        uploads.upload(stage.bidder(number).client, uploads.read_bid(path), lambda _done, _whole: None)
    stage.open()
    bidder.submit(stage.bidder(4), late, lambda _done, _whole: None)
    stage.settle()
    for number in (0, 1):
        own = stage.bidder(number)
        bidder.confirm(own, stage.tender, bidder.opening(own, stage.tender)["opened"])
    stage.admit(6)
    stage.draw(("公路工程", 4))
    members, own = stage.seat_drawn(), stage.bidder(0)
    asked = {"bidder": own.code, "minutes": 30}
    members[0][0].post(f"/tenders/{stage.tender}/explanation-requests", asked)
    own.client.post(f"/tenders/{stage.tender}/explanations", {"text": "成本测算见附表。"})
    stage.evaluate(members=members)
    stage.award(stage.bidder(1).code)
