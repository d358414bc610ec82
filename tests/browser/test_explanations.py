"""The committee asks a bidder on the expert's page, the bidder explains on its own, and those who may read it do."""

from __future__ import annotations

from pathlib import Path

from tests.browser import desks
from tests.browser.desks import Person, press
from tests.browser.reader import Readers
from tests.browser.test_result_letters import fits
from tests.serving import site
from tests.stage import Stage

TEXT = "自有拌合站，运距 3 公里。\n成本测算见附表。"


def test_a_bidder_explains_its_price_when_the_committee_asks(readers: Readers, tmp_path: Path) -> None:
    with site(tmp_path / "home", f"sqlite:///{tmp_path}/sunbid.db") as running:
        stage = Stage(running, tmp_path / "parties")
        stage.publish()
        for number, price in enumerate(("3680000.00", "1600000.00", "3700000.00")):
            stage.bid(stage.bidder(number), price)
        stage.open()
        stage.admit(6)
        stage.draw(("公路工程", 4))
        members = stage.seat_drawn()
        for client, _ in members:
            client.post(f"/tenders/{stage.tender}/declarations", {"recused": False})
        expert = Person(running, members[0][0].get("/me")["person"], readers)
        asked = stage.bidder(1)
        bidder = Person(running, asked.client.get("/me")["person"], readers)
        desk, lot = f"/expert/lots/{stage.tender}/desk", f"/bidder/lots/{stage.tender}"
        reader = expert.at(desk)
        reader.page.select_option("[name=bidder]", asked.code)
        reader.page.fill("[name=minutes]", "29")
        press(reader, "要求说明")
        reader.page.locator("#mistakes").wait_for()
        reader.page.fill("[name=minutes]", "60")
        press(reader, "要求说明")
        reader.page.get_by_text("已要求说明报价").wait_for()
        assert reader.page.get_by_text("等待说明").is_visible()
        fits(expert, desk)
        fits(bidder, lot)
        own = bidder.at(lot)
        own.page.fill("[name=text]", TEXT)
        press(own, "提交说明")
        own.page.get_by_text("已提交说明").wait_for()
        for person, where in (
            (expert, desk),
            (bidder, lot),
            (desks.somebody(readers, running, "agency"), f"/agency/lots/{stage.tender}/result"),
            (desks.somebody(readers, running, "supervisor"), f"/supervisor/lots/{stage.tender}"),
        ):
            assert person.at(where).page.get_by_text("自有拌合站").is_visible(), where
        other = Person(running, stage.bidder(0).client.get("/me")["person"], readers).at(lot)
        assert not other.page.get_by_text("报价说明").count()
