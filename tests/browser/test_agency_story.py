"""The agency's whole side of a tender in a browser without scripts, from the template to the award."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from api.tools import agency as agency_tool
from api.tools import expert as expert_tool
from api.tools import trustee as trustee_tool
from tests.browser import desks
from tests.browser.desks import Person, press
from tests.browser.reader import Reader, Readers
from tests.serving import site
from tests.stage import Stage

PRICES = ("3680000.00", "3500000.00", "3700000.00")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with site(tmp_path / "home", f"sqlite:///{tmp_path}/sunbid.db") as running:
        yield Stage(running, tmp_path / "parties")


def fill(reader: Reader, values: dict[str, str]) -> None:
    for name, text in values.items():
        reader.page.fill(f"[name='{name}']", text)


def keys_of_trustees(stage: Stage) -> None:
    for own in stage.trustees.values():
        trustee_tool.offer_key(own, stage.tender, "bid")
    for own in stage.trustees.values():
        trustee_tool.sign_key_set(own, stage.tender, "bid")


def test_from_the_template_to_the_award(readers: Readers, stage: Stage, tmp_path: Path) -> None:
    clerk, second = (desks.somebody(readers, stage.site, "agency") for _ in range(2))
    publish(stage, clerk, second, tmp_path)
    answer(stage, clerk)
    amend(stage, clerk, second)
    for number, price in enumerate(PRICES):
        stage.bid(stage.bidder(number), price)
    open_bids(stage, clerk)
    evaluate(stage, clerk)
    award(stage, clerk, second)
    # Tokens have ended by now; what everybody may read has not.
    assert stage.site.client().get(f"/tenders/{stage.tender}")["stage"] == "awarded"


def publish(stage: Stage, clerk: Person, second: Person, folder: Path) -> None:
    """The clerk, the trustees, the second person."""
    document = folder / "招标文件.txt"
    document.write_text("本工程为测试工程。", "utf-8")
    reader = clerk.at("/agency")
    press(reader, "工程建设项目公开招标")
    fill(reader, desks.first_draft(stage.tender))
    press(reader, "保存并继续")
    reader.page.set_input_files("[name=files]", document)
    press(reader, "上传", exact=True)
    fill(reader, {"evaluation_key": agency_tool.evaluation_key(stage.agency_vault)})
    press(reader, "保存并继续")
    reader.page.get_by_text("规则检查通过").wait_for()
    press(reader, "提交并通知受托人")
    keys_of_trustees(stage)
    reader.go("/agency")
    press(reader, "受托人密钥已齐", "link")
    press(reader, "送审")
    other = second.at("/agency")
    press(other, "复核招标公告", "link")
    other.page.get_by_text("财政资金 100%").wait_for()
    press(other, "批准，立即生效")
    assert stage.stage() == "open"


def answer(stage: Stage, clerk: Person) -> None:
    stage.bidder(0).client.post(f"/tenders/{stage.tender}/questions", {"question": "标高是否有误？"})
    reader = clerk.at("/agency")
    press(reader, "答复提问", "link")
    fill(reader, {"answer": "以附图为准。"})
    press(reader, "公布答复")
    found = stage.site.client().get(f"/tenders/{stage.tender}/questions")["items"]
    assert [(one["text"], one["answer"]) for one in found] == [("标高是否有误？", "以附图为准。")]


def amend(stage: Stage, clerk: Person, second: Person) -> None:
    """What was not touched does not change; the rule moves the deadline; the second person sees the difference."""
    before = stage.deadline()
    # So late on every day of the year that 15 days are not left: holidays and weekends make the first date a later one.
    stage.pass_until(before - timedelta(days=12))
    reader = clerk.at(f"/agency/lots/{stage.tender}/amendment")
    fill(reader, {"reason": "补充图纸。", "scope": "全长 3.10 公里。"})
    reader.page.check("[name=affects_bids]")
    press(reader, "送审")
    other = second.at("/agency")
    press(other, "复核澄清、修改", "link")
    other.page.locator("ins").first.wait_for()
    shown = other.page.locator("main section.card h3").all_inner_texts()
    assert set(shown) == {"投标截止、开标", "提问、异议截止", "招标范围"}
    press(other, "批准，立即生效")
    assert stage.deadline() > before
    assert stage.clerk.get(f"/tenders/{stage.tender}")["content"]["scope"] == "全长 3.10 公里。"


def open_bids(stage: Stage, clerk: Person) -> None:
    """Not a word of how many bids there are before the closing; all of them after the opening."""
    reader = clerk.at(f"/agency/lots/{stage.tender}/opening")
    assert "份投标。" not in reader.page.inner_text("main")
    stage.close()
    for name in ("T1", "T2"):
        stage.release(name)
    stage.until(lambda: stage.stage() == "opened")
    reader = clerk.at(f"/agency/lots/{stage.tender}/opening")
    assert reader.page.locator("table tbody tr").count() == len(PRICES)
    assert reader.page.get_by_text("¥3,500,000.00").is_visible()


def evaluate(stage: Stage, clerk: Person) -> None:
    for client, own in stage.experts():
        expert_tool.sign(client, own, stage.tender, expert_tool.blank(client, stage.tender))
    reader = clerk.at("/agency")
    press(reader, "汇总评标结果", "link")
    press(reader, "汇总评标结果")
    press(reader, "公示", exact=True)
    assert stage.stage() == "publicity"


def award(stage: Stage, clerk: Person, second: Person) -> None:
    stage.pass_time(timedelta(days=8))
    reader = clerk.at("/agency")
    press(reader, "确定中标人", "link")
    press(reader, "送审")
    other = second.at("/agency")
    press(other, "复核定标", "link")
    other.page.get_by_text(stage.bidder(1).code).first.wait_for()
    press(other, "批准，立即生效")
    letter = clerk.at(f"/agency/lots/{stage.tender}/papers")
    assert letter.page.get_by_role("heading", name="中标通知书").is_visible()


def test_a_proposal_sent_back_is_seen_changed_and_asked_for_again(
    readers: Readers, stage: Stage, tmp_path: Path
) -> None:
    stage.draft()
    clerk, second = (desks.somebody(readers, stage.site, "agency") for _ in range(2))
    reader = clerk.at(f"/agency/lots/{stage.tender}")
    press(reader, "送审")
    other = second.at("/agency")
    press(other, "复核招标公告", "link")
    other.page.locator("summary").click()
    press(other, "退回", exact=True)  # without a reason nothing is sent: the field is required
    fill(other, {"reason": "资金来源写得不清楚。"})
    press(other, "退回", exact=True)
    assert stage.stage() == "draft"
    reader = clerk.at(f"/agency/lots/{stage.tender}")
    assert reader.page.get_by_text("资金来源写得不清楚。").is_visible()
    press(reader, "送审")
    other = second.at("/agency")
    press(other, "复核招标公告", "link")
    press(other, "批准，立即生效")
    assert stage.stage() == "open"


def test_an_amendment_that_was_sent_back_stands_on_its_lot_until_the_next_one(readers: Readers, stage: Stage) -> None:
    stage.publish()
    change = {"reason": "改正笔误。", "affects_bids": False, "changes": {"ceiling": "3960000.00"}}
    path = f"/tenders/{stage.tender}"
    returned = stage.clerk.post(f"{path}/amendments", change)["proposal"]
    stage.second.post(f"{path}/returns", {"proposal": returned, "reason": "限价应当同预算一并说明。"})
    reader = desks.somebody(readers, stage.site, "agency").at(f"/agency/lots/{stage.tender}")
    assert reader.page.get_by_text("限价应当同预算一并说明。").is_visible()
    press(reader, "看退回的内容", "link")
    assert reader.page.url.endswith(f"/proposals/{returned}")
    stage.clerk.post(f"{path}/amendments", change)
    reader.go(f"/agency/lots/{stage.tender}")
    assert reader.page.get_by_text("限价应当同预算一并说明。").count() == 0


def test_whoever_asks_cannot_approve(readers: Readers, stage: Stage) -> None:
    stage.draft()
    clerk = desks.somebody(readers, stage.site, "agency")
    reader = clerk.at(f"/agency/lots/{stage.tender}")
    press(reader, "送审")
    press(reader, "公告已送审", "link")
    assert reader.page.get_by_role("button", name="批准").count() == 0
