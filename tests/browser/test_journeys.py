"""First-run journeys, each walked as somebody new to it would, on a new site: the result, and how many clicks it took.

docs/journeys.md is their table; some of them stand in the tests of their own pages.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page

from api.tools import trustee as trustee_tool
from notary import certificates, clock, documents
from tests.accounts import PASSWORD
from tests.accounts import person as with_account
from tests.browser import desks, look
from tests.browser.desks import press
from tests.browser.reader import Reader, Readers
from tests.browser.test_parties import PASSPHRASE, cookie, make_keys
from tests.serving import site
from tests.stage import AGENCY, Stage, code

TITLE = "测试路面改造工程"
PRICE = "3650000.00"


@pytest.fixture
def authority() -> certificates.Identity:
    """Who certifies those that sign papers."""
    return certificates.demonstration_authority(clock.host_time())


@pytest.fixture
def stage(tmp_path: Path, authority: certificates.Identity) -> Iterator[Stage]:
    roots = tmp_path / "roots.pem"
    roots.write_bytes(authority.certificate)
    with site(tmp_path / "home", f"sqlite:///{tmp_path}/sunbid.db", paper_roots=roots) as running:
        yield Stage(running, tmp_path / "parties")


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """A file to hand in."""
    path = tmp_path / "文件.txt"
    path.write_text("本工程为测试工程。", "utf-8")
    return path


def fill(page: Page, values: dict[str, str]) -> None:
    for name, text in values.items():
        page.locator(f"[name='{name}']:visible").fill(text)


def sign_in(page: Page, login: str) -> None:
    fill(page, {"login": login, "password": PASSWORD})
    page.get_by_role("button", name="登录", exact=True).click()


def keys(reader: Reader, kept: Path) -> None:
    """On the page of keys: create, save the recovery file, load it again."""
    page = reader.page
    page.locator("#create [name=passphrase]").fill(PASSPHRASE)
    page.locator("#create [name=again]").fill(PASSPHRASE)
    press(reader, "创建密钥")
    with page.expect_download() as started:
        press(reader, "保存恢复文件", exact=True)
    started.value.save_as(kept)
    reader.choose(page.locator("#prove-file"), kept)
    page.get_by_role("heading", name="密钥可用").wait_for()


def seal(reader: Reader, document: Path) -> str:
    """On the page of a bid: fill in, choose a file, promise, seal; the number of the receipt that the page shows."""
    fill(reader.page, {"price": PRICE, "duration_days": "150", "quality": "合格"})
    reader.choose(reader.page.locator("#bid-files"), document)
    reader.page.locator("#bid-promise").check()
    fill(reader.page, {"passphrase": PASSPHRASE})
    press(reader, "封存并上传")
    reader.page.get_by_role("heading", name="已收到").wait_for()
    return reader.page.locator("#number").inner_text()


def prices(stage: Stage) -> dict[str, str]:
    """With two other bids the lot is opened: whose price the record then has."""
    for number in range(2):
        stage.bid(stage.bidder(number), f"36{8 + number}0000.00")
    return {one["bidder"]: one["values"]["price"] for one in stage.open()}


def test_a_bidders_first_bid(readers: Readers, stage: Stage, tmp_path: Path, document: Path) -> None:
    """From the notice, without an account, to the receipt; the administrator confirms the registration meanwhile."""
    stage.publish()
    reader = readers.new(stage.site.url)
    page = reader.go(f"/lots/{stage.tender}")
    press(reader, "开始投标", "link")
    press(reader, "投标人注册", "link")
    about = {"code": code(70), "organisation": "湘江建设有限公司", "name": "孙八", "login": "sun.ba"}
    fill(page, {**about, "password": PASSWORD})
    press(reader, "提交注册")
    page.get_by_role("heading", name="已收到注册申请").wait_for()
    office = desks.somebody(readers, stage.site, "administrator").at("/administrator/registrations")
    press(office, "通过")
    office.page.get_by_text("已办理。").wait_for()
    sign_in(page, "sun.ba")
    press(reader, "创建或载入密钥", "link")
    keys(reader, tmp_path / "kept.age")
    press(reader, "继续投标", "link")
    number = seal(reader, document)
    assert reader.clicks <= 12
    assert json.loads(page.request.get(f"{stage.site.url}/api/v1/receipts/{number}").text())
    assert prices(stage)[code(70)] == PRICE


def test_a_bidders_next_bid(readers: Readers, stage: Stage, tmp_path: Path, document: Path) -> None:
    """The same browser another day: signed out, its keys still in it."""
    stage.publish()
    who = with_account(stage.site, stage.site.organisation(code(71), "潇水市政工程有限公司"), "bidder", second=False)
    reader = readers.new(stage.site.url)
    reader.context.add_cookies([cookie(stage.site, who.id)])
    make_keys(reader.page, stage.site.url, tmp_path)
    reader.context.clear_cookies()
    reader.go(f"/lots/{stage.tender}")
    reader.begin()
    press(reader, "开始投标", "link")
    sign_in(reader.page, who.login)
    seal(reader, document)
    assert reader.clicks <= 6
    assert prices(stage)[code(71)] == PRICE


def test_an_agencys_first_notice(readers: Readers, stage: Stage, document: Path) -> None:
    """From the template to the second person's desk, its evaluation key made in the browser; then two clicks more."""
    clerk, second = (desks.somebody(readers, stage.site, "agency") for _ in range(2))
    reader = clerk.at("/agency", scripts=True)
    press(reader, "工程建设项目公开招标")
    fill(reader.page, desks.first_draft(stage.tender))
    press(reader, "保存并继续")
    reader.choose(reader.page.locator("[name=files]"), document)
    reader.page.wait_for_url("**/trustees")
    fill(reader.page, {"passphrase": PASSPHRASE})
    with reader.page.expect_download():
        press(reader, "生成并填入")
    reader.page.get_by_text("公钥已填入上面").wait_for()
    press(reader, "保存并继续")
    press(reader, "提交并通知受托人")
    reader.page.wait_for_url("**?done=handed_on")
    for own in stage.trustees.values():
        trustee_tool.offer_key(own, stage.tender, "bid")
    for own in stage.trustees.values():
        trustee_tool.sign_key_set(own, stage.tender, "bid")
    reader.go("/agency")
    press(reader, "受托人密钥已齐", "link")
    press(reader, "送审")
    reader.page.get_by_role("heading", name="已送审").wait_for()
    assert reader.clicks <= 8
    other = second.at("/agency", scripts=True)
    press(other, "复核招标公告", "link")
    press(other, "批准，立即生效")
    other.page.get_by_role("heading", name="已复核，立即生效").wait_for()
    assert other.clicks <= 2
    found = stage.site.client().get(f"/tenders/{stage.tender}")
    assert (found["stage"], found["content"]["funding"]) == ("open", "财政资金 100%")


def test_an_answer(readers: Readers, stage: Stage) -> None:
    stage.publish()
    stage.bidder(0).client.post(f"/tenders/{stage.tender}/questions", {"question": "标高是否有误？"})
    reader = desks.somebody(readers, stage.site, "agency").at("/agency", scripts=True)
    press(reader, "答复提问", "link")
    fill(reader.page, {"answer": "以附图为准。"})
    press(reader, "公布答复")
    reader.page.get_by_role("heading", name="答复已公布").wait_for()
    assert reader.clicks <= 3
    found = stage.site.client().get(f"/tenders/{stage.tender}/questions")["items"]
    assert [(one["text"], one["answer"]) for one in found] == [("标高是否有误？", "以附图为准。")]


def signed_by(authority: certificates.Identity, pdf: bytes, moment: datetime) -> bytes:
    """What the host's own program for signing makes of a paper."""
    identity = certificates.certificate_for(authority, "测试招标人", AGENCY, clock.host_time())
    return documents.sign_pdf(pdf, identity, reason="签发", location="永州", field_name="Author", signing_time=moment)


def test_an_opening_by_its_host(
    readers: Readers, stage: Stage, authority: certificates.Identity, tmp_path: Path
) -> None:
    """From the desk to the signed record: bids open by themselves, the page shows them, the host signs at home."""
    stage.publish()
    stage.bid(stage.bidder(2), PRICE)
    for number in range(2):
        stage.bid(stage.bidder(number), f"36{8 + number}0000.00")
    stage.close()
    reader = desks.somebody(readers, stage.site, "agency").at("/agency", scripts=True)
    page = reader.page
    page.set_default_timeout(120_000)
    press(reader, "已截标，等待受托人释放密钥", "link")
    page.get_by_role("heading", name="检查单").wait_for()
    for name in ("T1", "T2"):
        stage.release(name)
    page.get_by_role("cell", name="¥3,650,000.00").wait_for()
    press(reader, "签署开标记录", "link")
    record = page.locator("section", has=page.get_by_role("heading", name="开标记录"))
    with page.expect_download() as started:
        record.get_by_role("link", name="下载未签名的 PDF").click()
    unsigned = Path(started.value.path()).read_bytes()
    signed = tmp_path / "signed.pdf"
    # A machine of its own: the thread of the browser has an event loop.
    with ThreadPoolExecutor(1) as machine:
        signed.write_bytes(machine.submit(signed_by, authority, unsigned, stage.now()).result())
    reader.choose(record.locator("[name=pdf]"), signed)
    record.get_by_role("button", name="上传").click()
    page.get_by_text("已收下签名文件").wait_for()
    assert reader.clicks <= 5
    assert stage.site.client().read(f"/tenders/{stage.tender}/papers/opening_record") == signed.read_bytes()


def test_a_trustees_first_key(readers: Readers, stage: Stage, tmp_path: Path) -> None:
    """From the desk to the file that the administrator registers the trustee from."""
    organisation = stage.site.organisation(code(950), "永州市公证处")
    reader = desks.somebody(readers, stage.site, "trustee", organisation).at("/trustee", scripts=True)
    reader.page.set_default_timeout(120_000)
    press(reader, "创建密钥", "link")
    keys(reader, tmp_path / "kept.age")
    fill(reader.page, {"trustee": "T9"})
    with reader.page.expect_download() as started:
        press(reader, "下载登记文件")
    given = json.loads(Path(started.value.path()).read_text("utf-8"))
    assert reader.clicks <= 5
    about = {"name": "永州市公证处", "organisation": organisation, "operator": False}
    stage.administrator.post("/trustees", {**given, **about})
    listed = {one["trustee"]: one["identity"] for one in stage.site.client().get("/trustees")["items"]}
    assert listed["T9"] == given["identity"]


def test_a_supervisor_acts_on_what_is_overdue(readers: Readers, stage: Stage) -> None:
    """What is late, the first of it, and an order with its reason."""
    stage.publish()
    said = {"against": "documents", "facts": "清单漏项", "basis": "第三章", "request": "更正清单"}
    stage.bidder(0).client.post(f"/tenders/{stage.tender}/objections", said)
    stage.pass_time(timedelta(days=8))
    reader = desks.somebody(readers, stage.site, "supervisor").at("/supervisor", scripts=True)
    press(reader, "超期未办", "link")
    press(reader, "答复异议", "link")
    fill(reader.page, {"reason": "异议逾期未答复。"})
    press(reader, "暂停", exact=True)
    reader.page.get_by_text("已暂停，理由已写入公开记录").wait_for()
    assert reader.clicks <= 3
    stage.settle()
    record = stage.site.client().get(f"/tenders/{stage.tender}/record")["items"]
    assert [one["body"]["reason"] for one in record if one["head"]["kind"] == "lot_held"] == ["异议逾期未答复。"]


def test_a_supervisor_sees_why_a_lot_stands_still(readers: Readers, stage: Stage) -> None:
    stage.publish()
    stage.supervisor.post(f"/tenders/{stage.tender}/holds", {"reason": "受理投诉，核查资格条件。"})
    reader = desks.somebody(readers, stage.site, "supervisor").at("/supervisor", scripts=True)
    press(reader, TITLE, "link")
    reader.page.get_by_text("受理投诉，核查资格条件。").first.wait_for()
    assert reader.clicks <= 2


def test_a_townships_small_purchase(readers: Readers, stage: Stage, document: Path) -> None:
    """One page, then the second person's desk; the evaluation key is made as the page is sent."""
    clerk, second = (desks.somebody(readers, stage.site, "agency") for _ in range(2))
    reader = clerk.at("/agency", scripts=True)
    press(reader, "乡镇小额采购")
    stage.tender = reader.page.locator("[name=tender]").input_value()
    fill(reader.page, {"title": "镇卫生院候诊椅采购", "scope": "候诊椅 40 组，含安装。", "budget": "86000"})
    reader.choose(reader.page.locator("[name=files]"), document)
    reader.page.locator("#small-passphrase").fill(PASSPHRASE)
    with reader.page.expect_download():
        press(reader, "检查并通知受托人")
    reader.page.wait_for_url("**?done=handed_on")
    for own in stage.trustees.values():
        trustee_tool.offer_key(own, stage.tender, "bid")
    for own in stage.trustees.values():
        trustee_tool.sign_key_set(own, stage.tender, "bid")
    # The page of the lot, as it was left.
    reader.page.reload()
    press(reader, "送审")
    reader.page.get_by_role("heading", name="已送审").wait_for()
    assert reader.clicks <= 4
    other = second.at("/agency", scripts=True)
    press(other, "复核招标公告", "link")
    press(other, "批准，立即生效")
    other.page.get_by_role("heading", name="已复核，立即生效").wait_for()
    assert other.clicks <= 2
    found = stage.site.client().get(f"/tenders/{stage.tender}")
    assert (found["stage"], found["content"]["budget"]) == ("open", "86000.00")


def test_a_small_purchase_with_a_mistake_is_not_handed_on(readers: Readers, stage: Stage, document: Path) -> None:
    """What was typed is kept, the key that was made as well, and the field is named."""
    clerk = desks.somebody(readers, stage.site, "agency")
    reader = clerk.at("/agency", scripts=True)
    press(reader, "乡镇小额采购")
    address = desks.path(reader)
    look.check(readers, stage.site.url, address, clerk.cookies())
    fill(reader.page, {"title": "候诊椅采购", "scope": "候诊椅 40 组。", "budget": "八万"})
    reader.choose(reader.page.locator("[name=files]"), document)
    reader.page.locator("#small-passphrase").fill(PASSPHRASE)
    press(reader, "检查并通知受托人")
    reader.page.locator("#mistake-budget").wait_for()
    assert reader.page.locator("[name=title]").input_value() == "候诊椅采购"
    assert reader.page.locator("[name=evaluation_key]").input_value() != ""
    with stage.site.desk.work.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM tenders").scalar_one() == 0
