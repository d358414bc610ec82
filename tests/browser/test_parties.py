"""Bidders and trustees do their whole work in a browser: keys, key sets, sealing, receipts, withdrawal, release."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Download, Page, expect
from sqlalchemy import select

from api import sessions
from api.tools import keys, trust
from api.tools import trustee as trustee_tool
from notary import chance
from tests.browser import look
from tests.browser.reader import Reader, Readers
from tests.serving import OPERATOR, Site, site
from tests.stage import TENDER, Stage, code, vault
from trading.rows import people

PASSPHRASE = "four unrelated words here"
PRICE = "3650000.00"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A site with a published tender."""
    folder: Path = tmp_path_factory.mktemp("parties")
    with site(folder / "home", f"sqlite:///{folder}/sunbid.db") as running:
        made = Stage(running, folder / "parties")
        made.publish()
        yield made


def entered(readers: Readers, running: Site, person: str, **options: Any) -> Reader:
    """A reader who is signed in as a person."""
    reader = readers.new(running.url, **options)
    reader.context.add_cookies([cookie(running, person)])
    return reader


def cookie(running: Site, person: str) -> Any:
    with running.desk.work.unit() as unit:
        secret = sessions.begin(unit, person, strong=True, device="test")
    return {"name": sessions.COOKIE, "value": secret, "url": running.url}


def bidder_of(running: Site, number: int) -> str:
    """A person of a new bidding organisation."""
    return running.person(running.organisation(code(number), f"浏览器投标企业{number}号"), "bidder")[0]


def make_keys(page: Page, url: str, folder: Path) -> None:
    """Create keys, save the recovery file, load it again, register them."""
    begin_keys(page, url, folder)
    page.get_by_text("密钥可用").wait_for()


def begin_keys(page: Page, url: str, folder: Path) -> None:
    """The same up to the file that was loaded again."""
    page.goto(f"{url}/keys")
    page.locator("#create [name=passphrase]").fill(PASSPHRASE)
    page.locator("#create [name=again]").fill(PASSPHRASE)
    page.get_by_role("button", name="创建密钥").click()
    with page.expect_download() as started:
        page.get_by_role("button", name="保存恢复文件", exact=True).click()
    download: Download = started.value
    kept = folder / download.suggested_filename
    download.save_as(kept)
    page.locator("#prove-file").set_input_files(kept)


def seal(page: Page, price: str, files: list[Path], *, replace: bool = False) -> None:
    """Fill the form and send the bid; until the page says that it was received."""
    page.locator("[name=price]").fill(price)
    page.locator("[name=duration_days]").fill("150")
    page.locator("[name=quality]").fill("合格")
    page.locator("#bid-files").set_input_files(files)
    page.locator("#bid-promise").check()
    if replace:
        page.locator("#bid-replace").check()
    page.locator("#bid-passphrase").fill(PASSPHRASE)
    page.get_by_role("button", name="封存并上传").click()
    page.get_by_role("heading", name="已收到").wait_for()


def test_a_bid_from_the_key_to_the_receipt_and_on(readers: Readers, stage: Stage, tmp_path: Path) -> None:
    """Create keys, seal, replace, withdraw, bid again; the receipt passes the command line's check."""
    reader = entered(readers, stage.site, bidder_of(stage.site, 50))
    make_keys(reader.page, stage.site.url, tmp_path)
    assert reader.page.locator("#registered .hash").count() == 1
    assert reader.page.get_by_text("还没有。").count() == 0
    document = tmp_path / "技术标.pdf"
    document.write_bytes(b"%PDF-1.7 " + bytes(300_000))
    reader.go(f"/bidder/lots/{TENDER}")
    reader.page.locator("[name=price]").fill("3700000")
    assert reader.page.locator("#upper-price").inner_text() == "人民币叁佰柒拾万元整"
    seal(reader.page, "3700000", [document])
    with reader.page.expect_download() as started:
        reader.page.get_by_role("button", name="保存回执").click()
    receipt = json.loads(Path(started.value.path()).read_text("utf-8"))
    assert receipt["type"] == "sunbid/receipt/1"
    reader.go(f"/bidder/lots/{TENDER}")
    seal(reader.page, PRICE, [document], replace=True)
    reader.go(f"/bidder/lots/{TENDER}")
    reader.page.locator("#withdraw-passphrase").fill(PASSPHRASE)
    reader.page.locator("#withdraw-sure").check()
    reader.page.get_by_role("button", name="撤回", exact=True).click()
    reader.page.get_by_role("heading", name="已收到").wait_for()
    reader.go(f"/bidder/lots/{TENDER}")
    seal(reader.page, PRICE, [document])
    reader.go("/bidder")
    assert reader.page.get_by_text("已递交").count() == 1


def test_a_second_key_is_endorsed_by_the_first(readers: Readers, stage: Stage, tmp_path: Path) -> None:
    """Either way: a page's key by one of the command line, and the other way round."""
    first = stage.bidder(0)
    reader = entered(readers, stage.site, stage.site.person(first.code, "bidder")[0])
    begin_keys(reader.page, stage.site.url, tmp_path)
    new_key = reader.page.locator("#new-key")
    new_key.wait_for()
    endorsement = keys.endorse(first.vault, first.anchors, first.code, new_key.inner_text(), "statement")
    reader.page.locator("#endorsement").fill(json.dumps(endorsement))
    reader.page.locator("#endorsed").get_by_role("button", name="登记公钥").click()
    reader.page.get_by_text("密钥可用").wait_for()
    third = vault()
    third.add_signing_key("statement", chance.token())
    reader.page.get_by_text("为新密钥背书", exact=True).click()
    reader.page.locator("#endorse-key").fill(third.public_key("statement").hex())
    reader.page.locator("#endorse").get_by_role("button", name="背书").click()
    given = reader.page.locator("#endorse output")
    expect(given).to_contain_text("signature")
    client = stage.site.client(stage.site.person(first.code, "bidder")[1])
    keys.register(client, third, trust.trusted(client, third), "statement", json.loads(given.inner_text()))


def test_the_rehearsal_takes_three_clicks(readers: Readers, stage: Stage) -> None:
    reader = entered(readers, stage.site, bidder_of(stage.site, 51))
    reader.go("/bidder")
    reader.click("模拟投标", "link")
    reader.click("开始", "button")
    reader.page.get_by_text("这台设备可以投标").wait_for(timeout=120_000)
    reader.click("完成", "link")
    assert reader.clicks == 3


def test_a_wrong_passphrase_is_told_in_place(readers: Readers, stage: Stage, tmp_path: Path) -> None:
    reader = entered(readers, stage.site, bidder_of(stage.site, 52))
    make_keys(reader.page, stage.site.url, tmp_path)
    reader.go("/keys")
    reader.page.locator("#unlock-passphrase").fill("not the passphrase")
    reader.page.get_by_role("button", name="打开", exact=True).click()
    told = reader.page.locator("#unlock [role=alert]")
    told.wait_for()
    assert "口令不对" in told.inner_text()


def test_the_desk_tells_what_comes_next(readers: Readers, tmp_path: Path) -> None:
    """The own bid with its next step, an answer, and on its day the opening; nothing of anybody else's bid."""
    with site(tmp_path / "home", f"sqlite:///{tmp_path}/sunbid.db") as running:
        story = Stage(running, tmp_path / "parties")
        story.publish()
        asked = story.bidder(1).client.post(f"/tenders/{story.tender}/questions", {"question": "标高是否有误？"})
        story.clerk.post(f"/tenders/{story.tender}/answers", {"question": asked["question"], "answer": "以附图为准。"})
        for number in range(3):
            story.bid(story.bidder(number), f"36{number}0000.00")
        person = running.person(code(0), "bidder")[0]
        page = entered(readers, running, person).go("/bidder")
        assert page.get_by_text("截止之前可以替换或撤回").count() == 1
        assert page.get_by_text("以附图为准。").is_visible()
        assert page.get_by_role("heading", name="今天的开标").count() == 0
        look.check(readers, running.url, "/bidder", [cookie(running, person)])
        story.close()
        page = entered(readers, running, person).go("/bidder")
        assert page.get_by_text("看开标：密钥到齐后投标自动打开").count() == 1
        assert page.get_by_role("heading", name="今天的开标").is_visible()
        assert "测试施工企业1号" not in page.content()


@pytest.mark.parametrize(
    "path", ["/keys", "/bidder", "/bidder/rehearsal", f"/bidder/lots/{TENDER}", f"/bidder/lots/{TENDER}/objections"]
)
def test_the_look_of_a_bidders_pages(readers: Readers, stage: Stage, path: str) -> None:
    person = stage.site.person(code(0), "bidder")[0] if stage.bidder(0) else ""
    look.check(readers, stage.site.url, path, [cookie(stage.site, person)])


@pytest.mark.parametrize("path", ["/keys", "/trustee", f"/trustee/lots/{TENDER}"])
def test_the_look_of_a_trustees_pages(readers: Readers, stage: Stage, path: str) -> None:
    person = stage.site.person(code(900), "trustee")[0]
    look.check(readers, stage.site.url, path, [cookie(stage.site, person)])


def test_a_lot_of_others_is_not_there_for_a_trustee(readers: Readers, stage: Stage) -> None:
    reader = entered(readers, stage.site, stage.site.person(OPERATOR, "trustee")[0])
    answers = [reader.page.goto(f"{stage.site.url}/trustee/lots/{one}") for one in (TENDER, "YZ-000000-GC-2026-9999")]
    assert [answer.status for answer in answers if answer] == [404, 404]


def test_trustees_in_browsers_open_a_lot(chromium: Browser, readers: Readers, tmp_path: Path) -> None:
    """Two trustees make keys, are registered, offer, sign, rehearse and release; bids of pages and tools are opened."""
    with site(tmp_path / "home", f"sqlite:///{tmp_path}/sunbid.db") as running:
        story = Stage(running, tmp_path / "parties")
        persons = {name: _person(story, number) for number, name in enumerate(("B1", "B2"), 800)}
        trustees = {name: _trustee(readers, story, name, person, tmp_path) for name, person in persons.items()}
        story.draft_with({"quorums": [["B1", "B2"], ["B1", "T1"], ["B2", "T1"]]})
        third = story.trustees["T1"]
        third = trustee_tool.trustee(third.client, third.vault, trust.trusted(third.client, third.vault))
        trustee_tool.offer_key(third, story.tender, "bid")
        for one in trustees.values():
            _task(one, story, "生成并交出公钥")
        trustee_tool.sign_key_set(third, story.tender, "bid")
        for one in trustees.values():
            _task(one, story, "核对")
            one.page.get_by_role("button", name="签署").click()
            one.page.get_by_role("heading", name="已完成").wait_for()
        story.approve(story.clerk.post(f"/tenders/{story.tender}/publication", {}))
        for one in trustees.values():
            _task(one, story, "开始演练")
        prices = ("3680000.00", "3690000.00")
        for number, price in enumerate(prices):
            story.bid(story.bidder(number), price)
        bidder = entered(readers, running, bidder_of(running, 60))
        make_keys(bidder.page, running.url, tmp_path)
        bidder.go(f"/bidder/lots/{story.tender}")
        seal(bidder.page, PRICE, [])
        story.pass_until(story.deadline() + timedelta(seconds=1))
        story.until_closed()
        for name, one in trustees.items():
            # Weeks have passed: the sessions of then are over.
            one.context.add_cookies([cookie(running, persons[name])])
            one.begin()
            one.go("/trustee")
            one.click("测试路面改造工程", "link")
            one.page.locator("#unlock-passphrase").fill(PASSPHRASE)
            one.click("释放密钥", "button")
            one.click("确认释放", "button")
            one.page.get_by_role("heading", name="已完成").wait_for()
            assert one.clicks == 3
        story.until(lambda: story.stage() == "opened")
        bids = running.client().get(f"/tenders/{story.tender}/opening")["bids"]
        assert sorted(bid["values"]["price"] for bid in bids) == sorted([*prices, PRICE])


def _person(story: Stage, number: int) -> str:
    organisation = story.site.organisation(code(number), f"浏览器受托机构{number}号")
    return story.site.person(organisation, "trustee")[0]


def _trustee(readers: Readers, story: Stage, name: str, person: str, folder: Path) -> Reader:
    """A trustee whose keys are made in a browser, registered by the administrator from its registration file."""
    reader = entered(readers, story.site, person)
    make_keys(reader.page, story.site.url, folder)
    reader.page.locator("#field-trustee").fill(name)
    with reader.page.expect_download() as started:
        reader.page.get_by_role("button", name="下载登记文件").click()
    given = json.loads(Path(started.value.path()).read_text("utf-8"))
    with story.site.desk.work.reading() as connection:
        organisation = connection.scalar(select(people.c.organisation).where(people.c.person == person))
    about = {"name": f"受托机构{name}", "organisation": organisation, "operator": False}
    story.administrator.post("/trustees", {**given, **about})
    return reader


def _task(one: Reader, story: Stage, button: str) -> None:
    one.go(f"/trustee/lots/{story.tender}")
    one.page.locator("#unlock-passphrase").fill(PASSPHRASE)
    one.page.get_by_role("button", name=button, exact=True).click()
    if button != "核对":
        one.page.get_by_role("heading", name="已完成").wait_for()
    else:
        one.page.get_by_role("heading", name="密钥组核对无误").wait_for()
