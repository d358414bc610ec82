"""Objections and complaints in browsers: what is filed, answered and ruled on, and what everybody sees of it."""

from __future__ import annotations

from pathlib import Path

from tests.browser import desks, look
from tests.browser.reader import Readers
from tests.serving import site
from tests.stage import TENDER, Stage, code

VECTOR = "<script>document.title='x'</script>\"'><img src=x onerror=\"document.title='x'\">"
OWN = f"/bidder/lots/{TENDER}/objections"
AGENCYS = f"/agency/lots/{TENDER}/objections"
PUBLIC = f"/lots/{TENDER}"
SUPERVISORS = f"/supervisor/lots/{TENDER}"


def test_an_objection_is_filed_and_answered(readers: Readers, tmp_path: Path) -> None:
    with site(tmp_path / "home", f"sqlite:///{tmp_path}/sunbid.db") as running:
        stage = Stage(running, tmp_path / "parties")
        stage.publish()
        stage.bidder(0)
        bidder = desks.somebody(readers, running, "bidder", code(0)).at(OWN)
        assert bidder.page.get_by_text("招标投标法实施条例 22").is_visible()
        for name in ("facts", "basis", "request"):
            bidder.page.fill(f"[name={name}]", VECTOR + name)
        bidder.page.get_by_role("button", name="提交异议").click()
        bidder.page.get_by_text("异议已提交").wait_for()
        clerk = desks.somebody(readers, running, "agency")
        desk = clerk.at(AGENCYS)
        assert code(0) not in desk.page.content()
        look.check(readers, running.url, AGENCYS, clerk.cookies())
        desk.page.get_by_label("异议不成立").check()
        desk.page.fill("textarea[name=answer]", VECTOR)
        desk.page.get_by_role("button", name="提交答复").click()
        desk.page.get_by_text("异议已答复").wait_for()
        reader = readers.new(running.url)
        reader.go(PUBLIC)
        shown = reader.page.content()
        assert "收到异议" in shown
        assert code(0) not in shown
        assert "&gt;facts" not in shown
        assert {one.page.title() for one in (bidder, desk, reader)} & {"x"} == set()
        look.check(readers, running.url, PUBLIC)


def test_a_complaint_is_filed_decided_and_ruled_on(readers: Readers, tmp_path: Path) -> None:
    with site(tmp_path / "home", f"sqlite:///{tmp_path}/sunbid.db") as running:
        stage = Stage(running, tmp_path / "parties")
        stage.publish()
        own, lot = stage.bidder(0).client, f"/tenders/{TENDER}"
        said = {"against": "documents", "facts": "清单漏项", "basis": "第三章", "request": "更正清单"}
        about = own.post(f"{lot}/objections", said)["objection"]
        reply = {"objection": about, "outcome": "dismissed", "answer": "未漏项。"}
        stage.clerk.post(f"{lot}/objection-answers", reply)
        bidder = desks.somebody(readers, running, "bidder", code(0))
        page = bidder.at(OWN).page
        page.get_by_text("对这件异议投诉").click()
        look.check(readers, running.url, OWN, bidder.cookies())
        for name in ("facts", "basis", "request"):
            page.fill(f"textarea[id={name}-{about}]", VECTOR + name)
        page.get_by_role("button", name="向监督部门投诉").click()
        page.get_by_text("投诉已提交监督部门").wait_for()
        supervisor = desks.somebody(readers, running, "supervisor")
        desk = supervisor.at("/supervisor").page
        desk.get_by_role("link", name="决定是否受理投诉").click()
        look.check(readers, running.url, SUPERVISORS, supervisor.cookies())
        desk.get_by_label("受理，并责令暂停").check()
        desk.fill("textarea[name=reason]", VECTOR)
        desk.get_by_role("button", name="决定", exact=True).click()
        desk.get_by_text("决定已写入公开记录").wait_for()
        clerk = desks.somebody(readers, running, "agency").at(AGENCYS).page
        assert "投诉处理中" in clerk.content()
        assert code(0) not in clerk.content()
        desk.get_by_label("投诉部分成立").check()
        desk.fill("textarea[name=ruling]", VECTOR)
        desk.get_by_role("button", name="公开处理决定").click()
        desk.get_by_text("处理决定已公开").wait_for()
        reader = readers.new(running.url)
        reader.go(PUBLIC)
        shown = reader.page.content()
        assert "投诉处理决定：投诉部分成立" in shown
        assert code(0) not in shown
        assert "&gt;facts" not in shown
        assert {one.title() for one in (page, desk, clerk, reader.page)} & {"x"} == set()
        look.check(readers, running.url, PUBLIC)
