"""A government procurement in browsers: its own form is filled in, sealed, opened; the award needs no candidates."""

from __future__ import annotations

from pathlib import Path

from tests.browser import desks, look
from tests.browser.reader import Readers
from tests.browser.test_parties import PASSPHRASE, bidder_of, entered, make_keys
from tests.serving import site
from tests.stage import BY_PRICE, Stage

RAISED = {"method": "lowest_evaluated_price", "criteria": BY_PRICE | {"low_price": {"ceiling": 65}}}


def test_a_clerk_raises_the_shares_of_the_review_of_low_prices(readers: Readers, tmp_path: Path) -> None:
    with site(tmp_path / "home", f"sqlite:///{tmp_path}/sunbid.db") as running:
        Stage(running, tmp_path / "parties")
        reader = desks.somebody(readers, running, "agency").at("/agency")
        desks.press(reader, "政府采购货物和服务公开招标 · 货物")
        address = f"{desks.path(reader).rpartition('/')[0]}/evaluation"
        reader.go(address)
        reader.page.get_by_text("异常低价审查的比例").click()
        assert reader.page.get_by_text("法定 45%").is_visible()
        reader.page.fill("[name='low_price.ceiling']", "60")
        desks.press(reader, "保存并继续")
        reader.go(address)
        assert reader.page.input_value("[name='low_price.ceiling']") == "60"
        assert reader.page.input_value("[name='low_price.mean']") == ""


def test_a_procurement_from_the_form_to_the_award(readers: Readers, tmp_path: Path) -> None:
    with site(tmp_path / "home", f"sqlite:///{tmp_path}/sunbid.db") as running:
        stage = Stage(running, tmp_path / "parties")
        stage.publish(procedure="procurement-open", subject="goods", title="校服采购", evaluation=RAISED)
        reader = entered(readers, running, bidder_of(running, 50))
        make_keys(reader.page, running.url, tmp_path)
        reader.go(f"/bidder/lots/{stage.tender}")
        reader.page.set_viewport_size({"width": 320, "height": 900})
        assert look.faults(reader, 320) == []
        page, document = reader.page, tmp_path / "响应文件.pdf"
        document.write_bytes(b"%PDF-1.7 " + bytes(1000))
        page.locator("[name=price]").fill("3500000")
        page.locator("[name=delivery_days]").fill("45")
        page.locator("[name=brand]").fill("永州制衣")
        page.locator("[name=supplier_size]").select_option("small")
        page.locator("#bid-files").set_input_files(document)
        page.locator("#bid-promise").check()
        page.locator("#bid-passphrase").fill(PASSPHRASE)
        page.get_by_role("button", name="封存并上传").click()
        page.get_by_role("heading", name="已收到").wait_for()
        for number, price in enumerate(["3680000.00", "2500000.00"]):
            stage.bid(stage.bidder(number), price)
        values = [bid["values"] for bid in stage.open()]
        assert {"price": "3500000.00", "delivery_days": 45, "brand": "永州制衣", "supplier_size": "small"} in values
        at_opening = desks.somebody(readers, running, "agency").at(f"/agency/lots/{stage.tender}/opening")
        assert at_opening.page.get_by_text("low_price_ceiling: 2500000.00 < 65% × 3980000.00").is_visible()
        stage.evaluate()
        clerk, second = (desks.somebody(readers, running, "agency") for _ in range(2))
        own = clerk.at(f"/agency/lots/{stage.tender}/result")
        assert own.page.get_by_text("公示").count() == 0
        own.page.get_by_role("button", name="送审").click()
        other = second.at("/agency")
        other.page.get_by_role("link", name="复核定标").click()
        other.page.get_by_role("button", name="批准，立即生效").click()
        assert stage.stage() == "awarded"
        public = readers.new(running.url).go(f"/lots/{stage.tender}")
        assert public.get_by_role("heading", name="中标结果").is_visible()
        assert public.get_by_text("候选人公示").count() == 0
