"""A whole tender in browsers: every role does its whole work on pages, and a stranger verifies what came of it.

One bid is sealed by the command line and opened with those of the pages; the dossier that a page downloads is verified
by the command line.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from api.tools import bidder as bidding_tool
from api.tools import keys, sealing, trust
from api.tools.client import Client
from api.tools.vault import Vault
from notary import chance, clock
from tests import panel
from tests.browser.actors import Actor, Town, until
from tests.browser.desks import first_draft
from tests.browser.reader import Readers
from tests.browser.test_parties import PASSPHRASE, seal
from tests.serving import OPERATOR, site
from tests.stage import AGENCY, TENDER, code, vault
from trading.rows import people

pytestmark = pytest.mark.story

VERIFIER = Path(__file__).parents[2] / "notary" / "verify.py"
TRUSTEES = {"T1": "永州市公证处", "T2": "永州市纪委监委驻交易中心监督组", "T3": "永州市公共资源交易中心数据室"}
BIDDERS = ("湘江路桥建设有限公司", "潇水市政工程有限公司", "九嶷建设集团有限公司", "永州建工集团有限公司")
QUESTION, ANSWER = "K0+350 处标高与地勘报告不一致，以哪个为准？", "以施工图为准。"


class Story:
    """Who is in it, and where it stands."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.folder = town.folder
        self.clerk = self.second = town.administrator
        self.trustees: dict[str, Actor] = {}
        self.bidders: list[Actor] = []
        self.experts: list[Actor] = []

    def cast(self) -> None:
        """The administrator registers the agency's two clerks, three trustees, five who judge; bidders register."""
        self.town.organisation(AGENCY, "永州市零陵区住房和城乡建设局")
        self.clerk, self.second = (self.town.person(AGENCY, name, "agency") for name in ("王工", "刘科长"))
        for number, (name, about) in enumerate(TRUSTEES.items()):
            self.trustees[name] = self.trustee(name, self.town.organisation(code(900 + number), about), about)
        for number in range(5):
            who = self.town.person(AGENCY if number == 4 else OPERATOR, f"评委{number + 1}", "expert")
            who.keys()
            self.experts.append(who)
        for number, name in enumerate(BIDDERS[:3]):
            who = self.town.bidder(code(number), name, f"bidder{number}")
            who.keys()
            self.bidders.append(who)

    def trustee(self, name: str, organisation: str, about: str) -> Actor:
        """Its keys are made in its browser; the administrator registers them from the file that it brings."""
        who = self.town.person(organisation, f"{name} 经办人", "trustee")
        who.keys()
        page = who.reader.page
        page.locator("#field-trustee").fill(name)
        with page.expect_download() as started:
            page.get_by_role("button", name="下载登记文件").click()
        desk = self.town.administrator.at("/administrator/trustees")
        desk.get_by_label("单位的统一社会信用代码").fill(organisation)
        desk.get_by_label("受托人名称").fill(about)
        desk.get_by_label("身份文件全文").fill(Path(started.value.path()).read_text("utf-8"))
        desk.get_by_role("button", name="登记", exact=True).click()
        desk.get_by_text("已登记。").wait_for()
        return who

    def stage(self) -> str:
        found: str = self.town.site.client().get(f"/tenders/{TENDER}")["stage"]
        return found

    def deadline_passes(self) -> None:
        """Until the closing is witnessed: before that no trustee's conditions hold."""
        moment = self.town.site.client().get(f"/tenders/{TENDER}")["deadline"]
        self.town.pass_until(clock.parse(moment) + timedelta(seconds=1))
        until(lambda: self.stage() == "closed")
        self.settle()

    def settle(self) -> None:
        """Wait until the published checkpoint covers all that was recorded."""
        desk = self.town.site.desk

        def published() -> bool:
            with desk.work.reading() as connection:
                count = connection.exec_driver_sql("SELECT count(*) FROM entries").scalar_one()
            checkpoint = desk.log.published()
            return checkpoint is not None and checkpoint.size == count

        until(published)


@pytest.fixture
def story(readers: Readers, tmp_path: Path) -> Iterator[Story]:
    with site(tmp_path / "home", f"sqlite:///{tmp_path}/sunbid.db") as running:
        folder = tmp_path / "people"
        folder.mkdir()
        yield Story(Town(readers, running, folder))


def test_a_whole_tender_in_browsers(story: Story) -> None:
    story.cast()
    publish(story)
    ask_and_answer(story)
    bid(story)
    amend(story)
    open_bids(story)
    confirm(story)
    phrase = hand_over(story)
    judge(story, phrase)
    award(story)
    verify(story)


def press(page: Page, name: str, role: str = "button") -> None:
    page.get_by_role(role, name=name, exact=True).first.click()  # type: ignore[arg-type]  # a role of ARIA


def fill(page: Page, values: dict[str, str]) -> None:
    for name, text in values.items():
        page.fill(f"[name='{name}']", text)


def publish(story: Story) -> None:
    """From the template to the notice: the clerk, the trustees, the second person."""
    page = story.clerk.at("/agency")
    page.get_by_role("button", name="工程建设项目公开招标").click()
    fill(page, first_draft(TENDER))
    press(page, "保存并继续")
    address = page.url.rpartition("/")[0]
    page.goto(f"{address}/evaluation")
    scoring = {"price_marks": "40", "part1.zh": "施工组织设计", "part1.en": "Method", "part1.marks": "60"}
    page.locator("[name=method]").select_option("comprehensive")
    fill(page, scoring)
    press(page, "保存并继续")
    page.goto(f"{address}/documents")
    document = story.folder / "招标文件.txt"
    document.write_text("本工程为测试工程。", "utf-8")
    page.set_input_files("[name=files]", document)
    page.wait_for_url("**/trustees")
    page.locator("#make [name=passphrase]").fill(PASSPHRASE)
    with page.expect_download():
        press(page, "生成并填入")
    page.get_by_text("公钥已填入上面").wait_for()
    press(page, "保存并继续")
    page.goto(f"{address}/check")
    press(page, "提交并通知受托人")
    for who in story.trustees.values():
        task(who, "生成并交出公钥")
    for who in story.trustees.values():
        task(who, "核对")
        press(who.reader.page, "签署")
        who.reader.page.get_by_role("heading", name="已完成").wait_for()
    page = story.clerk.at(f"/agency/lots/{TENDER}")
    press(page, "送审")
    page.get_by_role("heading", name="已送审").wait_for()
    approve(story, "复核招标公告")
    assert story.stage() == "open"
    for who in story.trustees.values():
        task(who, "开始演练")


def task(who: Actor, button: str) -> None:
    """A trustee does what its page says is next."""
    page = who.at(f"/trustee/lots/{TENDER}")
    page.locator("#unlock-passphrase").fill(PASSPHRASE)
    press(page, button)
    page.get_by_role("heading", name="密钥组核对无误" if button == "核对" else "已完成").wait_for()


def approve(story: Story, duty: str) -> None:
    page = story.second.at("/agency")
    page.get_by_role("link", name=duty).first.click()
    press(page, "批准，立即生效")
    page.get_by_role("heading", name="已复核，立即生效").wait_for()


def ask_and_answer(story: Story) -> None:
    page = story.bidders[0].at(f"/bidder/lots/{TENDER}")
    page.fill("[name=question]", QUESTION)
    press(page, "提交问题")
    page.get_by_text("问题已提交").wait_for()
    page = story.clerk.at("/agency")
    page.get_by_role("link", name="答复提问").first.click()
    page.fill("[name=answer]", ANSWER)
    press(page, "公布答复")
    public = story.town.reader().go(f"/lots/{TENDER}")
    expect(public.get_by_text(ANSWER)).to_be_visible()
    public.context.close()


def bid(story: Story) -> None:
    """One replaces, one stands, one withdraws, and one is sealed by the command line."""
    plan = story.folder / "施工组织设计.txt"
    plan.write_text("关键线路 150 日，分两段流水施工。", "utf-8")
    for number, price in enumerate(("3700000", "3690000", "3650000")):
        seal(story.bidders[number].at(f"/bidder/lots/{TENDER}"), price, [plan])
    seal(story.bidders[0].at(f"/bidder/lots/{TENDER}"), "3600000", [plan], replace=True)
    page = story.bidders[2].at(f"/bidder/lots/{TENDER}")
    page.locator("#withdraw-passphrase").fill(PASSPHRASE)
    page.locator("#withdraw-sure").check()
    press(page, "撤回")
    page.get_by_role("heading", name="已收到").wait_for()
    seal_by_command_line(story, plan)


def seal_by_command_line(story: Story, plan: Path) -> None:
    site_ = story.town.site
    organisation = site_.organisation(code(3), BIDDERS[3])
    client, own = site_.client(site_.person(organisation, "bidder")[1]), vault()
    own.add_signing_key("statement", chance.token())
    keys.register(client, own, trust.trusted(client, own), "statement")
    who = bidding_tool.bidder(client, own, trust.trusted(client, own))
    target = story.folder / "own.bid"
    sealing.seal_bid(
        client,
        who.anchors,
        tender=TENDER,
        kind="bid",
        bidder=organisation,
        values={"price": "3680000.00", "duration_days": 170, "quality": "合格"},
        files=[plan],
        target=target,
    )
    bidding_tool.submit(who, target, lambda _done, _whole: None)


def amend(story: Story) -> None:
    page = story.clerk.at(f"/agency/lots/{TENDER}/amendment")
    fill(page, {"reason": "补充图纸。", "scope": "全长 3.10 公里。"})
    press(page, "送审")
    page.get_by_role("link", name="澄清、修改").first.wait_for()
    approve(story, "复核澄清、修改")


def open_bids(story: Story) -> None:
    """Nothing before the hour; two trustees release; the public's live page shows every price."""
    public = story.town.reader().go(f"/openings/{TENDER}")
    assert "3,600,000" not in public.content()
    story.deadline_passes()
    for name in ("T1", "T3"):
        page = story.trustees[name].at("/trustee")
        page.get_by_role("link", name="滨江路道路改造工程").first.click()
        page.locator("#unlock-passphrase").fill(PASSPHRASE)
        press(page, "释放密钥")
        press(page, "确认释放")
        page.get_by_role("heading", name="已完成").wait_for()
    rows = public.locator("[data-rows=bids] tr")
    expect(rows).to_have_count(3)
    for price in ("¥3,600,000.00", "¥3,690,000.00", "¥3,680,000.00"):
        expect(public.get_by_text(price)).to_be_visible()
    public.context.close()


def confirm(story: Story) -> None:
    """One bidder confirms the opening by its page; the agency sees who has and who has not."""
    page = story.bidders[0].at(f"/bidder/lots/{TENDER}")
    expect(page.get_by_text("3,600,000.00")).to_be_visible()
    page.locator("#confirm-passphrase").fill(PASSPHRASE)
    press(page, "签名确认开标记录")
    page.get_by_text("开标记录已确认").wait_for()
    page = story.clerk.at(f"/agency/lots/{TENDER}/opening")
    expect(page.get_by_text("已确认", exact=True)).to_have_count(1)
    expect(page.get_by_text("未确认", exact=True)).to_have_count(2)


def draw(story: Story) -> None:
    """Four of the experts are drawn. Its pages have a story of their own (tests/browser/test_draw.py)."""
    running, office = story.town.site, code(990)
    running.organisation(office, "永州市公共资源交易监督管理局")
    parties: dict[str, tuple[Client, Vault]] = {}
    for party, role in ((AGENCY, "agency"), (office, "supervisor"), (OPERATOR, "administrator")):
        client, own = running.client(running.person(party, role)[1]), vault()
        own.add_signing_key("draw", chance.token())
        keys.register(client, own, trust.trusted(client, own), "draw")
        parties[party] = client, own
    with running.desk.work.reading() as connection:
        named = people.c.name.in_([f"评委{number + 1}" for number in range(4)])
        experts = list(connection.scalars(select(people.c.person).where(named)))
    for person in experts:
        said = {"specialities": ["市政公用工程"], "employments": [], "suspended": False}
        parties[OPERATOR][0].post(f"/people/{person}/expert", said)
    seats = [{"speciality": "市政公用工程", "count": 4}]
    called = {"groups": seats, "supervisor": office, "operator": OPERATOR}
    parties[AGENCY][0].post(f"/tenders/{TENDER}/draws", called)
    story.settle()
    panel.draw(parties, TENDER)


def hand_over(story: Story) -> str:
    """The agency names the committee, opens the documents, and hands them over; the phrase."""
    draw(story)
    page = story.clerk.at(f"/agency/lots/{TENDER}/result")
    for box in page.locator("[name=member][type=checkbox]").all():
        box.check()
    press(page, "保存评标委员会")
    page.get_by_text("评标委员会已组成").wait_for()
    page = story.clerk.at(f"/agency/lots/{TENDER}/documents")
    page.locator("#open [name=passphrase]").fill(PASSPHRASE)
    press(page, "打开投标文件")
    for name in (BIDDERS[0], BIDDERS[3]):
        page.get_by_role("button", name=f"打开文件 {name}").click()
    expect(page.get_by_role("button", name="下载 施工组织设计.txt")).to_have_count(2)
    press(page, "移交")
    page.locator("#phrase").wait_for()
    return page.locator("#phrase").inner_text()


def judge(story: Story, phrase: str) -> None:
    """Declare, read beside the sheet, score, sign: all five."""
    for who in story.experts:
        page = who.at("/expert")
        page.get_by_role("link", name="滨江路道路改造工程").click()
        press(page, "没有利害关系，开始评分")
    for number, who in enumerate(story.experts):
        page = who.at(f"/expert/lots/{TENDER}/desk")
        page.locator("#field-phrase").fill(phrase)
        press(page, "阅读投标文件")
        page.get_by_role("button", name=f"打开文件 {BIDDERS[3]}").click()
        press(page, "阅读 施工组织设计.txt")
        expect(page.get_by_text("分两段流水施工")).to_be_visible()
        for row in page.locator("[name^='mark.']").all():
            row.fill(f"5{number}.5")
        press(page, "检查并签署")
        page.locator("#sign [name=passphrase]").fill(PASSPHRASE)
        press(page, "签署并提交")
        page.wait_for_url("**/report?done=signed")


def award(story: Story) -> None:
    """Ranking, candidates, publicity, award by two persons; the public's page tells the winner."""
    page = story.clerk.at("/agency")
    page.get_by_role("link", name="汇总评标结果").click()
    press(page, "汇总评标结果")
    page.get_by_text("评标结果已写入公开记录").wait_for()
    press(page, "公示")
    page.get_by_text("中标候选人已公示").wait_for()
    story.town.pass_until(story.town.site.desk.work.now() + timedelta(days=8))
    page = story.clerk.at("/agency")
    page.get_by_role("link", name="确定中标人").first.click()
    press(page, "送审")
    page.get_by_text("定标已送审").first.wait_for()
    approve(story, "复核定标")
    assert story.stage() == "awarded"
    public = story.town.reader().go("/results")
    expect(public.get_by_text("¥3,600,000.00").first).to_be_visible()
    public.context.close()


def verify(story: Story) -> None:
    """The dossier of the public's page, by the command line, offline."""
    public = story.town.reader()
    story.settle()
    page = public.go(f"/lots/{TENDER}")
    with page.expect_download() as started:
        page.get_by_role("link", name="下载公示卷宗").click()
    dossier, anchors = story.folder / f"{TENDER}.zip", story.folder / "anchors.json"
    started.value.save_as(dossier)
    anchors.write_text(json.dumps(story.town.site.client().get("/anchors")), "utf-8")
    command = [sys.executable, "-I", str(VERIFIER), str(dossier), "--anchors", str(anchors)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
