"""Bids' documents are read by the agency and its committee in the browser, by nobody else; each reading is noted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from api.tools.client import Client, ServerRefused
from tests.browser import desks, look
from tests.browser.desks import Person, press
from tests.browser.reader import Reader, Readers
from tests.browser.test_agency import SCORED
from tests.browser.test_parties import PASSPHRASE
from tests.serving import OPERATOR, site
from tests.stage import Stage

#: Reading code of the bidder's, if the page ran it.
HOSTILE = "<script>window.pwned=1</script><img src=x onerror=window.pwned=1>"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with site(tmp_path / "home", f"sqlite:///{tmp_path}/sunbid.db") as running:
        yield Stage(running, tmp_path / "parties")


def evaluation_key(readers: Readers, clerk: Person) -> tuple[Reader, str]:
    """A new evaluation key, made on the draft's page: the browser that has its private half, and the public one."""
    reader = clerk.at("/agency", scripts=True)
    press(reader, "工程建设项目公开招标")
    draft = reader.page.url.rpartition("/drafts/")[2].partition("/")[0]
    reader.go(f"/agency/drafts/{draft}/trustees")
    reader.page.locator("#make [name=passphrase]").fill(PASSPHRASE)
    with reader.page.expect_download():
        press(reader, "生成并填入")
    reader.page.get_by_text("公钥已填入上面").wait_for()
    return reader, reader.page.locator("[name=evaluation_key]").input_value()


def again(reader: Reader, person: Person, path: str) -> Page:
    """The same browser, signed in anew: the clock has jumped over its session."""
    reader.context.add_cookies(person.cookies())
    return reader.go(path)


def opened(page: Page, name: str) -> None:
    page.get_by_role("button", name=f"打开文件 {name}").click()


def handed(page: Page) -> str:
    """The agency opens and hands over; the phrase."""
    page.locator("#open [name=passphrase]").fill(PASSPHRASE)
    page.get_by_role("button", name="打开投标文件").click()
    expect(page.locator("#bids > li").first).to_be_visible()
    page.get_by_role("button", name="移交", exact=True).click()
    page.locator("#phrase").wait_for()
    return page.locator("#phrase").inner_text()


def test_documents_from_the_agency_to_the_expert(readers: Readers, stage: Stage, tmp_path: Path) -> None:
    clerk = desks.somebody(readers, stage.site, "agency")
    reader, key = evaluation_key(readers, clerk)
    stage.publish(evaluation=SCORED, evaluation_key=key)
    plan, page_file, pdf = tmp_path / "施工方案.txt", tmp_path / "方案.html", tmp_path / "技术标.pdf"
    plan.write_text(HOSTILE + "\n工期 150 日。", "utf-8")
    page_file.write_text(HOSTILE, "utf-8")
    pdf.write_bytes(b"%PDF-1.7 " + bytes(9_000_000))
    stage.bid(stage.bidder(0), "3680000.00", [plan, page_file, pdf])
    stage.bid(stage.bidder(1), "3500000.00")
    stage.bid(stage.bidder(2), "3600000.00")
    stage.open()
    experts = stage.experts()
    page = again(reader, clerk, f"/agency/lots/{stage.tender}/documents")
    phrase = handed(page)
    opened(page, "测试施工企业0号有限公司")
    with page.expect_download() as saved:
        page.get_by_role("button", name="下载 技术标.pdf").click()
    assert Path(saved.value.path()).read_bytes() == pdf.read_bytes()
    first = Person(stage.site, experts[0][0].get("/me")["person"], readers)
    sheet = first.at(f"/expert/lots/{stage.tender}", scripts=True)
    press(sheet, "没有利害关系，开始评分")
    sheet.page.locator("#field-phrase").fill("WRONG-WRONG-WRONG")
    press(sheet, "阅读投标文件")
    expect(sheet.page.locator("#read [role=alert]")).to_contain_text("口令不对")
    sheet.page.locator("#field-phrase").fill(phrase.lower().replace("-", " "))
    press(sheet, "阅读投标文件")
    opened(sheet.page, "测试施工企业0号有限公司")
    press(sheet, "阅读 施工方案.txt")
    expect(sheet.page.locator(".shown pre").first).to_contain_text("工期 150 日。")
    assert sheet.page.locator(".shown pre").first.inner_text().startswith("<script>")
    assert not sheet.page.evaluate("Boolean(window.pwned)")
    assert sheet.page.get_by_role("link", name="在新窗口阅读 技术标.pdf").is_visible()
    opened(sheet.page, "测试施工企业1号有限公司")
    expect(sheet.page.get_by_text("没有附件。").nth(1)).to_be_visible()
    assert look.faults(sheet, 1280) == []
    seen = desks.somebody(readers, stage.site, "supervisor").at("/supervisor/access")
    assert seen.page.get_by_role("cell", name="投标文件").count() >= 2


def test_who_may_not_read(readers: Readers, stage: Stage) -> None:
    """No box before the opening; no box and no envelope for who has not declared, recused, or does not sit."""
    stage.publish(evaluation=SCORED)
    for number in range(3):
        stage.bid(stage.bidder(number), f"36{number}0000.00")
    box = {"box": "YWdl"}
    path = f"/tenders/{stage.tender}"

    def refused(client: Client, what: str = "committee-box") -> str:
        with pytest.raises(ServerRefused) as told:
            client.get(f"{path}/{what}")
        return told.value.reason

    with pytest.raises(ServerRefused, match="not_opened"):
        stage.clerk.post(f"{path}/committee-box", box)
    stage.open()
    (sits, _), (recuses, _), *_ = stage.experts()
    _, stranger, _ = stage.expert(OPERATOR)
    assert refused(sits) == "not_declared"
    assert refused(stranger) == "tender_unknown"
    recuses.post(f"{path}/declarations", {"recused": True, "reason": "曾在该企业任职。"})
    sits.post(f"{path}/declarations", {"recused": False})
    assert refused(sits) == "not_handed"
    stage.clerk.post(f"{path}/committee-box", box)
    assert sits.get(f"{path}/committee-box")["box"] == "YWdl"
    assert len(sits.get(f"{path}/envelopes")["items"]) == 3
    assert refused(recuses) == refused(recuses, "envelopes") == "not_declared"
    assert refused(stranger, "envelopes") == "tender_unknown"
    assert refused(stage.bidder(0).client, "envelopes") == "role"
