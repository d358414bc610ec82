"""An objection in browsers: the bidder files it, the agency answers without a name, everybody sees that it was done."""

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
