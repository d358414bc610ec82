"""An auction in browsers: applicants are admitted, two bid against each other to the end, and everybody follows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.auctioning import Salesroom
from tests.browser import desks, look
from tests.browser.desks import press
from tests.browser.reader import Reader, Readers
from tests.browser.test_parties import PASSPHRASE, bidder_of, cookie, entered, make_keys
from tests.serving import site
from tests.stage import TENDER, Stage

OWN, LIVE = f"/bidder/auctions/{TENDER}", f"/auctions/{TENDER}"
HALL = f"{OWN}/hall"
#: Test processes and their browsers share two cores, and a passphrase is slow on purpose.
PATIENCE = 120_000
TITLE = "零陵区某宗地国有建设用地使用权"


@dataclass
class Bidder:
    """A person at a browser with its keys in it."""

    person: str
    reader: Reader
    stage: Stage

    def at(self, path: str) -> Reader:
        """A page, in a session of now: the clock of a test jumps over days."""
        self.reader.context.add_cookies([cookie(self.stage.site, self.person)])
        self.reader.go(path)
        return self.reader

    def enter(self) -> None:
        """Into the hall, with the keyboard alone."""
        self.at(HALL)
        self.reader.page.locator("#field-passphrase").focus()
        self.reader.page.keyboard.type(PASSPHRASE)
        self.reader.page.keyboard.press("Enter")
        expect(self.reader.page.locator("#price")).to_be_focused(timeout=PATIENCE)

    def sees(self, least: str) -> None:
        """Until that price stands in the field, and a glance later."""
        expect(self.reader.page.locator("#price")).to_have_value(least, timeout=PATIENCE)
        self.reader.page.wait_for_timeout(800)

    def has(self, *tags: str) -> None:
        """Until these stand at its receipts, the latest first."""
        expect(self.reader.page.locator("#kept .tag")).to_have_text(list(tags), timeout=PATIENCE)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with site(tmp_path / "home", f"sqlite:///{tmp_path}/sunbid.db") as running:
        yield Stage(running, tmp_path / "parties")


def bidders(readers: Readers, stage: Stage, folder: Path, count: int) -> list[Bidder]:
    """So many, each with keys, who have applied on the page."""
    made = []
    for number in range(count):
        person = bidder_of(stage.site, 70 + number)
        reader = entered(readers, stage.site, person)
        kept = folder / str(number)
        kept.mkdir()
        make_keys(reader.page, stage.site.url, kept)
        reader.go(OWN)
        reader.page.fill("[name=statement]", "符合公告的资格。\n保证金已缴。")
        reader.page.locator("[name=promise]").check()
        press(reader, "提交申请")
        reader.page.get_by_text("竞买申请已提交").wait_for()
        made.append(Bidder(person, reader, stage))
    return made


def test_two_bid_against_each_other_to_the_end(readers: Readers, stage: Stage, tmp_path: Path) -> None:
    room = Salesroom(stage, "land-listing", changed={"leader_may_raise": False})
    room.publish()
    first, second, third = bidders(readers, stage, tmp_path, 3)
    clerk, url = desks.somebody(readers, stage.site, "agency"), stage.site.url
    look.check(readers, url, f"/agency/lots/{TENDER}/auction", clerk.cookies())
    _admit(clerk)
    third.at(OWN).page.get_by_text("保证金未到账。").wait_for()
    assert third.at(HALL).page.get_by_text("没有号牌").is_visible()
    for path in ("/openings", f"/lots/{TENDER}"):
        look.check(readers, url, path)
    look.check(readers, url, OWN, [cookie(stage.site, first.person)])

    room.until(room.opens_at, "open")
    stage.pass_until(room.closes_at - timedelta(minutes=30))
    follower = readers.new(url)
    follower.go(LIVE)
    for one in (first, second):
        one.enter()
        one.sees("1000000.00")
    number = first.reader.page.locator(".plate").inner_text().split()[-1]
    _lead(first)
    follower.page.get_by_text(f"领先：{number} 号").wait_for()
    _jump(second)
    expect(first.reader.page.locator("#mine")).to_have_text("不是您领先", timeout=PATIENCE)
    follower.page.get_by_text("¥1,200,000.00").first.wait_for()
    assert room.shown()["bid_count"] == 2
    for path in (LIVE, f"/hall?lot={TENDER}"):
        look.check(readers, url, path)

    stage.pass_until(room.closes_at + timedelta(seconds=1))
    follower.page.get_by_text("准备时间，不接受报价").first.wait_for()
    expect(second.reader.page.locator("#offer")).to_be_hidden(timeout=PATIENCE)
    room.through("timed")
    _win(first)
    room.through("ended")
    first.reader.page.get_by_text("您成交", exact=True).wait_for()
    second.reader.page.get_by_text("不是您成交").wait_for()
    follower.page.get_by_text(f"成交：{number} 号").wait_for()
    for path in (LIVE, f"/lots/{TENDER}", "/openings"):
        look.check(readers, url, path)
    # What was hidden is public: who took part, and every bid with its name.
    lot = follower.go(f"/lots/{TENDER}")
    assert lot.get_by_text("浏览器投标企业70号").count() == 4
    assert lot.locator("[data-rows=bids] tr").count() == 3
    look.check(readers, url, HALL, [cookie(stage.site, first.person)])
    _confirm(readers, stage, clerk)


def test_behind_the_cap_an_offer_is_sealed_in_the_browser(readers: Readers, stage: Stage, tmp_path: Path) -> None:
    room = Salesroom(stage, "land-listing", cap="1200000.00")
    room.publish()
    room.enter(0)
    (one,) = bidders(readers, stage, tmp_path, 1)
    (application,) = [
        found["application"]
        for found in stage.clerk.items(f"/tenders/{TENDER}/auction/applications")
        if found["state"] == "waiting"
    ]
    room.decide(application)
    stage.keep_tokens()
    room.until(room.opens_at, "open")
    one.enter()
    page, sure = one.reader.page, one.reader.page.locator("#sure")
    assert room.bid(0, 1_200_000) == "accepted"
    page.get_by_text("现在是一次性报价").wait_for()
    one.sees("1200000.00")
    page.fill("#price", "1100000")
    page.keyboard.press("Enter")
    page.get_by_text("一次性报价不得低于最高限价").wait_for()
    page.fill("#price", "1250000")
    page.keyboard.press("Enter")
    sure.wait_for()
    assert sure.get_by_text("一次性报价只能报一次").is_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    one.has("已接受")
    page.get_by_text("您的一次性报价已密封提交").wait_for()
    look.check(readers, stage.site.url, HALL, [cookie(stage.site, one.person)])
    room.through("closed")
    room.release("T1", "T3", kind="offer")
    stage.until(lambda: room.shown()["phase"] == "ended")
    assert room.shown()["price"] == "1250000.00"
    look.check(readers, stage.site.url, f"/lots/{TENDER}")


def _admit(clerk: desks.Person) -> None:
    """Two are admitted, the third is not and is told why."""
    reader = clerk.at(f"/agency/lots/{TENDER}/auction")
    for _ in range(2):
        press(reader, "准予参加", exact=True)
        reader.page.get_by_text("已准予参加").first.wait_for()
    reader.page.get_by_text("不准予参加").first.click()
    reader.page.locator("[name=clause]").select_option("no_deposit")
    reader.page.fill("[name=reason]", "保证金未到账。")
    press(reader, "不准予参加")
    reader.page.get_by_text("已不准予参加").wait_for()


def _lead(bidder: Bidder) -> None:
    """A first bid; a step by the key and back; what the rules refuse is told in words, and has a receipt."""
    page = bidder.reader.page
    page.keyboard.press("Enter")
    bidder.has("已接受")
    expect(page.locator("#mine")).to_have_text("您领先", timeout=PATIENCE)
    bidder.sees("1010000.00")
    page.keyboard.press("ArrowUp")
    assert page.locator("#price").input_value() == "1020000.00"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_text("您已是最高报价，不得自行加价").wait_for()
    bidder.has("未接受", "已接受")
    with page.expect_download() as started:
        page.locator("#kept button").first.click()
    receipt = json.loads(Path(started.value.path()).read_text("utf-8"))
    assert receipt["entry"]["body"]["reason"] == "leading_already"


def _jump(bidder: Bidder) -> None:
    """A jump is asked for twice; the first answer is the way back, so that Enter pressed twice bids nothing."""
    page, sure = bidder.reader.page, bidder.reader.page.locator("#sure")
    bidder.sees("1010000.00")
    page.fill("#price", "1200000")
    assert "人民币壹佰贰拾万元整，比当前价高 20 个加价幅度" in page.locator("#price-echo").inner_text()
    page.keyboard.press("Enter")
    sure.wait_for()
    page.keyboard.press("Enter")
    sure.wait_for(state="hidden")
    bidder.has()
    page.keyboard.press("Enter")
    sure.wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    bidder.has("已接受")


def _win(bidder: Bidder) -> None:
    """Two steps by the button. The session of before the clock's jump is over; the receipts of then the server has."""
    bidder.enter()
    bidder.has("未接受", "已接受")
    bidder.sees("1210000.00")
    page = bidder.reader.page
    page.get_by_role("button", name="＋2 个幅度").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    bidder.has("已接受", "未接受", "已接受")


def _confirm(readers: Readers, stage: Stage, clerk: desks.Person) -> None:
    """The sale is confirmed by two persons of the agency."""
    for path in ("/auction", "/result"):
        look.check(readers, stage.site.url, f"/agency/lots/{TENDER}{path}", clerk.cookies())
    reader = clerk.at(f"/agency/lots/{TENDER}/result")
    press(reader, "送审")
    other = desks.somebody(readers, stage.site, "agency").at("/agency")
    press(other, "复核定标", "link")
    other.page.get_by_text("¥1,220,000.00").wait_for()
    press(other, "批准，立即生效")
    assert stage.stage() == "awarded"
    assert clerk.at(f"/agency/lots/{TENDER}/result").page.get_by_text("浏览器投标企业70号").is_visible()
    look.check(readers, stage.site.url, f"/lots/{TENDER}")


def test_a_second_tab_of_a_number_goes_on_from_where_the_first_is(
    readers: Readers, stage: Stage, tmp_path: Path
) -> None:
    """Its stream was answered 503 once, and what it signed first has a sequence that the other tab has used."""
    room = Salesroom(stage, "land-listing")
    room.publish()
    (own,) = bidders(readers, stage, tmp_path, 1)
    (applied,) = stage.clerk.items(f"/tenders/{TENDER}/auction/applications")
    room.decide(applied["application"])
    room.until(room.opens_at, "open")
    own.enter()
    second = own.reader.context.new_page()
    refusals: list[str] = []

    def refuse_once(route: Route) -> None:
        refusals.append(route.request.url)
        route.fulfill(status=503, body="upstream")

    second.route("**/events", refuse_once, times=1)
    second.goto(f"{stage.site.url}{HALL}")
    for price in ("1000000.00", "1010000.00", "1020000.00"):
        own.sees(price)
        own.reader.page.keyboard.press("Enter")
    own.has("已接受", "已接受", "已接受")
    second.locator("#field-passphrase").fill(PASSPHRASE)
    second.keyboard.press("Enter")
    expect(second.locator("#price")).to_have_value("1030000.00", timeout=PATIENCE)
    assert len(refusals) == 1
    expect(second.locator("#price")).to_be_focused(timeout=PATIENCE)
    second.wait_for_timeout(800)
    second.keyboard.press("Enter")
    second.get_by_text("该声明的序号已经用过").wait_for(timeout=PATIENCE)
    second.keyboard.press("Enter")
    expect(second.locator("#kept .tag")).to_have_text(["已接受", "未接受"], timeout=PATIENCE)


def test_officials_stop_it_and_let_it_go_on(readers: Readers, stage: Stage) -> None:
    """Without scripts: a freeze of the agency; a suspension and the end by the supervisor; refusals at their fields."""
    room = Salesroom(stage, "land-auction")
    room.publish()
    room.enter(0, 1, 2)
    room.until(room.opens_at, "open")
    clerk, supervisor = (desks.somebody(readers, stage.site, role) for role in ("agency", "supervisor"))
    lots = f"/agency/lots/{TENDER}/auction", f"/supervisor/lots/{TENDER}"
    reader = clerk.at(lots[0])
    reader.page.locator("[name=ground]").select_option("inquiry")
    press(reader, "暂停竞价")
    reader.page.get_by_text("竞价已暂停，事由已公布").wait_for()
    assert readers.new(stage.site.url).go(LIVE).get_by_text("已暂停，不接受报价", exact=True).is_visible()
    for person, path in zip((clerk, supervisor), lots, strict=True):
        look.check(readers, stage.site.url, path, person.cookies())
    press(reader, "立即恢复")
    reader.page.get_by_text("竞价已恢复").wait_for()
    reader = supervisor.at(lots[1])
    reader.page.locator("[name=ground]").select_option("ruling")
    press(reader, "暂停竞价")
    reader.page.fill("[name=resumes_at]", f"{stage.now() + timedelta(days=1):%Y-%m-%d}")
    reader.page.fill("[name=resumes_at-hour]", "09:00")
    press(reader, "公布恢复时间")
    reader.page.locator("#mistake-resumes_at").wait_for()
    reader.page.fill("[name=resumes_at]", f"{stage.now() + timedelta(days=9):%Y-%m-%d}")
    press(reader, "公布恢复时间")
    reader.page.get_by_text("恢复时间已公布").wait_for()
    # What a supervisor has stopped only a supervisor lets go on.
    asked = clerk.at(lots[0])
    asked.page.fill("[name=resumes_at]", f"{stage.now() + timedelta(days=20):%Y-%m-%d}")
    asked.page.fill("[name=resumes_at-hour]", "09:00")
    press(asked, "公布恢复时间")
    asked.page.get_by_text("只有监督部门可以恢复").wait_for()
    reader.page.get_by_text("终止竞价", exact=True).first.click()
    reader.page.locator("[name=end_ground]").select_option("planning")
    reader.page.locator("[name=sure]").check()
    press(reader, "终止竞价")
    reader.page.get_by_text("竞价已终止，事由已公布").wait_for()
    assert stage.stage() == "failed"
    shown = readers.new(stage.site.url).go(f"/lots/{TENDER}")
    assert shown.get_by_text("竞价已终止").first.is_visible()
    assert shown.get_by_text("测试施工企业0号有限公司").is_visible()


def test_without_scripts_the_hall_names_the_command(readers: Readers, stage: Stage) -> None:
    room = Salesroom(stage, "land-auction")
    room.publish()
    room.enter(0)
    own = stage.bidder(0).code
    person = desks.somebody(readers, stage.site, "bidder", own)
    page = person.at(HALL).page
    assert page.inner_text("pre.command") == f"sunbid auction bid {TENDER} 1000000.00"
    assert page.get_by_text("¥1,000,000.00").first.is_visible()
    assert person.at("/bidder").page.get_by_text("本单位号牌").is_visible()
    look.check(readers, stage.site.url, "/bidder", person.cookies())
    reader = person.at(OWN)
    reader.page.fill("[name=question]", "红线外的管网由谁建设？")
    press(reader, "提交问题")
    reader.page.get_by_text("问题已提交").wait_for()


def test_a_clerk_drafts_an_auction(readers: Readers, stage: Stage) -> None:
    """From the template to the publication by a second person; a start price with a fault is named at its field."""
    clerk = desks.somebody(readers, stage.site, "agency")
    reader = clerk.at("/agency")
    press(reader, "国有建设用地使用权挂牌出让 · 土地")
    basics: dict[str, Any] = {"title": TITLE, "tender": TENDER, "scope": "20000 平方米。", "qualification": "法人。"}
    for name, text in {**basics, "deposit": "200000"}.items():
        reader.page.fill(f"[name={name}]", text)
    press(reader, "保存并继续")
    for name, text in {"start_price": "一百万", "step": "10000"}.items():
        reader.page.fill(f"[name='auction.{name}']", text)
    press(reader, "保存并继续")
    reader.page.locator("[id='mistake-auction.start_price']").wait_for()
    reader.page.fill("[name='auction.start_price']", "1000000")
    press(reader, "保存并继续")
    draft = desks.path(reader).rpartition("/")[0]
    for section in ("/basics", "/auction", "/dates", "/check"):
        look.check(readers, stage.site.url, f"{draft}{section}", clerk.cookies())
    document = stage.folder / "出让文件.pdf"
    document.write_bytes(b"%PDF-1.7")
    reader.page.locator("[type=file]").set_input_files(document)
    press(reader, "上传")
    reader.page.get_by_text("规则检查通过").wait_for()
    assert reader.page.get_by_text("¥1,000,000.00").is_visible()
    press(reader, "提交", exact=True)
    press(reader, "送审")
    other = desks.somebody(readers, stage.site, "agency").at("/agency")
    press(other, "复核招标公告", "link")
    other.page.get_by_text("每次加价为其整数倍").wait_for()
    press(other, "批准，立即生效")
    assert stage.stage() == "open"
    assert stage.clerk.get(f"/tenders/{TENDER}/auction")["start_price"] == "1000000.00"
    look.check(readers, stage.site.url, f"/agency/lots/{TENDER}", clerk.cookies())
