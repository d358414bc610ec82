"""Experts are drawn by people who have nothing but a browser: from the keys to the committee, with a recusal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import desks, look
from tests.browser.desks import Person, press
from tests.browser.reader import Reader, Readers
from tests.browser.test_parties import PASSPHRASE, make_keys
from tests.serving import OPERATOR, site
from tests.stage import AGENCY, ROADS, Stage, code
from tests.story.checking import check_dossier


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with site(tmp_path / "home", f"sqlite:///{tmp_path}/sunbid.db") as running:
        yield Stage(running, tmp_path / "parties")


def test_a_draw_from_the_pool_to_the_committee(readers: Readers, stage: Stage, tmp_path: Path) -> None:
    """The pages of an agency need no scripts; those of a party do, for its key, and say so."""
    office = stage.site.organisation(code(990), "测试监督局")
    clerk, supervisor, operator = (
        desks.somebody(readers, stage.site, role, organisation)
        for role, organisation in (("agency", AGENCY), ("supervisor", office), ("administrator", OPERATOR))
    )
    stage.publish()
    for number, price in enumerate(("3680000.00", "3500000.00", "3700000.00")):
        stage.bid(stage.bidder(number), price)
    stage.admit(6)
    at = {person.person: person.at("/keys", scripts=True) for person in (clerk, supervisor, operator)}
    for name, reader in at.items():
        (tmp_path / name).mkdir()
        make_keys(reader.page, stage.site.url, tmp_path / name)
        assert reader.page.get_by_text("专家抽取签名密钥").is_visible()
    stage.open()
    call(readers, stage, clerk)
    press(clerk.at("/agency"), "抽取：轮到本单位提交随机值", "link")
    plain = supervisor.at("/supervisor")
    press(plain, "承诺随机值", "link")
    # What is in a noscript has no text for Playwright.
    assert plain.page.locator("noscript .banner").is_visible()
    look.check(readers, stage.site.url, f"/draws/{stage.tender}", supervisor.cookies())
    for person in (clerk, supervisor, operator):
        step(at[person.person], stage, person, "承诺随机值")
    step(at[clerk.person], stage, clerk, "公布随机值")
    withhold(readers, stage, clerk)
    # Its own value, and the one by which it stands in for the supervisor.
    step(at[operator.person], stage, operator, "公布随机值")
    found = last(stage)
    assert (found["state"], found["withheld"]) == ("made", [{"of": office, "party": office}])
    assert not supervisor.at("/supervisor").page.get_by_text("抽取评标专家：轮到本单位").count()
    name_committee(stage, clerk)
    drawn = stage.drawn()
    stage._pool[drawn[0]][0].post(f"/tenders/{stage.tender}/declarations", {"recused": True, "reason": "亲属"})
    replace(readers, stage, clerk)
    assert drawn[0] not in stage.drawn()
    stage.evaluate(members=stage.seat_drawn())
    stage.award(stage.bidder(1).code)
    report = check_dossier(stage, tmp_path)
    (outcome,) = [one for one in report.outcomes if one.name[1] == "draw"]
    assert (outcome.result, outcome.en) == ("passed", "4 seats drawn again alike, 1 replaced")
    for reader in at.values():
        assert reader.complaints == []


def last(stage: Stage) -> Any:
    """The latest draw."""
    return list(stage.clerk.items(f"/tenders/{stage.tender}/draws"))[-1]


def call(readers: Readers, stage: Stage, clerk: Person) -> None:
    """First for too few: the page says so and keeps what was typed."""
    reader = clerk.at("/agency")
    press(reader, "抽取评标专家", "link")
    look.check(readers, stage.site.url, f"/agency/lots/{stage.tender}/draw", clerk.cookies())
    reader.page.select_option("[name=speciality-0]", ROADS)
    # People of the operator's have the role too, in these tests.
    reader.page.select_option("[name=supervisor]", code(990))
    reader.page.fill("[name=count-0]", "3")
    press(reader, "公布名单，开始抽取")
    reader.page.get_by_text("抽取人数之和应等于公告的专家人数 4").first.wait_for()
    reader.page.fill("[name=count-0]", "4")
    press(reader, "公布名单，开始抽取")
    reader.page.get_by_text("名单已用化名写入公开记录").wait_for()


def step(reader: Reader, stage: Stage, person: Person, name: str) -> None:
    """A party's own step, with its key."""
    reader.context.add_cookies(person.cookies())
    reader.go(f"/draws/{stage.tender}")
    reader.page.locator("#unlock-passphrase").fill(PASSPHRASE)
    reader.page.get_by_role("button", name=name).click()
    told = reader.page.locator("[role=alert]:visible, #confirmed:visible")
    told.first.wait_for(timeout=120_000)
    assert "已完成" in told.all_inner_texts()[0]


def withhold(readers: Readers, stage: Stage, clerk: Person) -> None:
    """The agency states that the supervisor has not revealed its value."""
    look.check(readers, stage.site.url, f"/agency/lots/{stage.tender}/draw", clerk.cookies())
    reader = clerk.at(f"/agency/lots/{stage.tender}/draw")
    card = reader.page.locator(".card").filter(has_text="等待 测试监督局 公布")
    card.get_by_text("它没有公布").click()
    card.get_by_role("button", name="记明未公布").click()
    reader.page.get_by_text("已记明未公布，由替补方公布").wait_for()


def name_committee(stage: Stage, clerk: Person) -> None:
    """Those who were drawn, whom nobody can leave out, and one of the agency's own."""
    stage.expert(AGENCY)
    reader = clerk.at(f"/agency/lots/{stage.tender}/result")
    reader.page.locator("[name=member][type=checkbox]").first.check()
    press(reader, "保存评标委员会")
    reader.page.get_by_text("评标委员会已组成").wait_for()


def replace(readers: Readers, stage: Stage, clerk: Person) -> None:
    """The next in the drawn order takes the seat of who has declared its recusal."""
    look.check(readers, stage.site.url, f"/agency/lots/{stage.tender}/draw", clerk.cookies())
    reader = clerk.at(f"/agency/lots/{stage.tender}/draw")
    row = reader.page.locator("li").filter(has=reader.page.locator("[name=reason]")).first
    row.locator("summary").click()
    row.locator("select[name=reason]").select_option("recused")
    row.get_by_role("button", name="由次序中的下一位替补").click()
    reader.page.get_by_text("已按抽取次序替补").wait_for()
