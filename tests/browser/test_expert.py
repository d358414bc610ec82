"""An expert declares, scores, signs on their own machine; whoever recuses themselves is replaced."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.tools import expert as expert_tool
from api.tools.client import Client
from api.tools.vault import Vault
from notary import canonical, signing
from tests.accounts import PASSWORD
from tests.accounts import person as with_account
from tests.browser import desks, look
from tests.browser.desks import Person, path, press
from tests.browser.reader import Reader, Readers
from tests.browser.test_agency import SCORED
from tests.browser.test_parties import PASSPHRASE, make_keys
from tests.serving import OPERATOR, site
from tests.stage import Stage

PRICES = ("3680000.00", "3500000.00", "3700000.00")
Expert = tuple[Client, Vault]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with site(tmp_path / "home", f"sqlite:///{tmp_path}/sunbid.db") as running:
        made = Stage(running, tmp_path / "parties")
        made.publish(evaluation=SCORED)
        for number, price in enumerate(PRICES):
            made.bid(made.bidder(number), price)
        yield made


def person(stage: Stage, readers: Readers, expert: Expert) -> Person:
    return Person(stage.site, expert[0].get("/me")["person"], readers)


def score(reader: Reader, stage: Stage) -> None:
    """Marks for every bid."""
    for number in range(len(PRICES)):
        bidder = stage.bidder(number).code
        reader.page.fill(f"[name='mark.{bidder}.technical']", f"4{number}.5")
        reader.page.fill(f"[name='mark.{bidder}.business']", "18")


def signed(reader: Reader, vault: Vault) -> str:
    """What the page asks to be signed, signed on the expert's own machine."""
    value = canonical.loads(reader.page.locator("pre code").text_content().encode())  # type: ignore[union-attr]  # it is there
    return canonical.dumps(signing.sign(value, vault.signing_key("score"))).decode()


def test_from_the_declaration_to_the_signature(readers: Readers, stage: Stage) -> None:
    """Names after the opening only; checked and signed on the own machine, once all have declared."""
    stage.open()
    experts = stage.experts()
    reader = person(stage, readers, experts[0]).at("/expert")
    press(reader, "测试路面改造工程", "link")
    reader.page.get_by_text("测试施工企业1号有限公司").wait_for()
    press(reader, "没有利害关系，开始评分")
    score(reader, stage)
    reader.page.fill("[name=dissent]", "第一家的工期不可行。")
    press(reader, "保存", exact=True)
    press(reader, "检查并签署")
    assert reader.page.locator("blockquote").inner_text() == "第一家的工期不可行。"
    reader.page.locator("summary").click()
    reader.page.fill("[name=signed]", signed(reader, experts[0][1]))
    press(reader, "提交", exact=True)
    reader.page.get_by_text("还有评委没有作出回避声明").first.wait_for()
    for client, _ in experts[1:]:
        client.post(f"/tenders/{stage.tender}/declarations", {"recused": False})
    reader.page.fill("[name=signed]", signed(reader, experts[0][1]))
    press(reader, "提交", exact=True)
    reader.page.wait_for_url(f"**/expert/lots/{stage.tender}/report*")
    marks = {"technical": "44.00", "business": "18.00"}
    for client, own in experts[1:]:
        blank = expert_tool.blank(client, stage.tender)
        sheet = {"scores": dict.fromkeys(blank["scores"], marks), "rejections": []}
        expert_tool.sign(client, own, stage.tender, sheet)
    ranking = stage.clerk.post(f"/tenders/{stage.tender}/evaluation", {"draw": None})["ranked"]
    assert {one["points"]["business"] for one in ranking} == {"18.00"}
    clerk = desks.somebody(readers, stage.site, "agency").at(f"/agency/lots/{stage.tender}/result")
    assert clerk.page.get_by_text("第一家的工期不可行。").is_visible()


def test_before_the_opening_no_bidder_is_named_and_nothing_can_be_declared(readers: Readers, stage: Stage) -> None:
    stage.close()
    expert = stage.experts()[0]
    own = person(stage, readers, expert)
    reader = own.at(f"/expert/lots/{stage.tender}")
    assert reader.page.get_by_text("尚未开标").first.is_visible()
    assert "测试施工企业" not in reader.page.content()
    with own.http() as http:
        assert http.get(f"/expert/lots/{stage.tender}/desk").status_code == 409
        token = reader.page.locator("[name=csrf]").first.input_value()
        http.cookies.set("sunbid", reader.context.cookies()[0]["value"])
        body = {"csrf": token, "key": "k" * 32, "declared": "free"}
        assert http.post(f"/expert/lots/{stage.tender}/declaration", data=body).status_code == 409


def test_whoever_recuses_is_replaced(readers: Readers, stage: Stage) -> None:
    stage.open()
    stage.admit(6)
    experts = stage.experts()
    reader = person(stage, readers, experts[1]).at(f"/expert/lots/{stage.tender}")
    reader.page.locator("summary").click()
    reader.page.fill("[name=reason]", "曾在该企业任职。")
    press(reader, "回避", exact=True)
    assert path(reader) == "/expert"
    clerk = desks.somebody(readers, stage.site, "agency").at("/agency")
    press(clerk, "有评委回避，须更换", "link")
    clerk.page.get_by_text("曾在该企业任职。").wait_for()
    recused = experts[1][0].get("/me")["person"]
    stage.clerk.post(f"/tenders/{stage.tender}/draw-replacements", {"person": recused, "reason": "recused"})
    clerk.page.reload()
    assert recused not in [box.get_attribute("value") for box in clerk.page.locator("[name=member]").all()]
    press(clerk, "保存评标委员会")
    clerk.page.get_by_text("评标委员会已组成").wait_for()
    assert clerk.page.get_by_text("已回避，须更换").count() == 0


def test_marks_that_do_not_fit_are_told_at_their_field(readers: Readers, stage: Stage) -> None:
    stage.open()
    reader = person(stage, readers, stage.experts()[0]).at(f"/expert/lots/{stage.tender}")
    press(reader, "没有利害关系，开始评分")
    bidder = stage.bidder(0).code
    reader.page.fill(f"[name='mark.{bidder}.technical']", "51")
    press(reader, "保存", exact=True)
    reader.page.get_by_text("不得超过满分 50.00").first.wait_for()
    reader.page.fill(f"[name='mark.{bidder}.technical']", "")
    press(reader, "检查并签署")
    reader.page.get_by_text("还不能签署").wait_for()


def test_the_sheet_is_the_experts_own(readers: Readers, stage: Stage) -> None:
    """Who does not sit sees nothing; the downloaded sheet is what the command line signs."""
    stage.open()
    experts = stage.experts()
    reader = person(stage, readers, experts[0]).at(f"/expert/lots/{stage.tender}")
    press(reader, "没有利害关系，开始评分")
    score(reader, stage)
    press(reader, "保存", exact=True)
    with person(stage, readers, experts[0]).http() as http:
        sheet = json.loads(http.get(f"/expert/lots/{stage.tender}/sheet.json").content)
    assert sheet["scores"][stage.bidder(2).code] == {"technical": "42.50", "business": "18.00"}
    with person(stage, readers, experts[1]).http() as http:
        assert http.get(f"/expert/lots/{stage.tender}/sheet.json").status_code == 404
    with desks.somebody(readers, stage.site, "expert").http() as http:
        for page in ("", "/desk", "/check", "/report"):
            assert http.get(f"/expert/lots/{stage.tender}{page}").status_code == 404, page


def test_the_look(readers: Readers, stage: Stage) -> None:
    stage.open()
    expert = stage.experts()[0]
    own, url = person(stage, readers, expert), stage.site.url
    look.check(readers, url, f"/expert/lots/{stage.tender}", own.cookies())
    reader = own.at(f"/expert/lots/{stage.tender}")
    press(reader, "没有利害关系，开始评分")
    score(reader, stage)
    press(reader, "保存", exact=True)
    for page in ("", f"/lots/{stage.tender}/desk", f"/lots/{stage.tender}/check", f"/lots/{stage.tender}/report"):
        look.check(readers, url, f"/expert{page}", own.cookies())


def test_an_expert_signs_in_the_browser(readers: Readers, stage: Stage, tmp_path: Path) -> None:
    """From signing in to the sheet, and from the sheet to the signature by a key that was made on the keys page."""
    stage.open()
    who = with_account(stage.site, OPERATOR, "expert")
    new = Person(stage.site, who.id, readers)
    stage.take_in(who.id, stage.clerk, stage.agency_vault)
    others = [client for client, _ in stage.experts() if client is not stage.clerk]
    for client in others:
        client.post(f"/tenders/{stage.tender}/declarations", {"recused": False})
    reader = new.at("/expert", scripts=True)
    make_keys(reader.page, stage.site.url, tmp_path)
    reader.context.clear_cookies()
    reader.go("/sign-in?then=/expert")
    reader.begin()
    for name, text in {"login": who.login, "password": PASSWORD, "code": who.code(stage.site)}.items():
        reader.page.fill(f"[name={name}]", text)
    press(reader, "登录", exact=True)
    press(reader, "测试路面改造工程", "link")
    press(reader, "没有利害关系，开始评分")
    reader.page.wait_for_url("**/desk**")
    assert reader.clicks <= 4
    score(reader, stage)
    reader.begin()
    press(reader, "检查并签署")
    reader.page.fill("#sign [name=passphrase]", PASSPHRASE)
    press(reader, "签署并提交")
    reader.page.wait_for_url("**/report?done=signed")
    assert reader.clicks <= 3
    with stage.site.desk.work.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM scores").scalar_one() == 1
