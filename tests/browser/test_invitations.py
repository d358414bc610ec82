"""Invitations in browsers: filled in, added to by two persons, shown to whom they concern, public with the opening."""

from __future__ import annotations

from pathlib import Path

from tests.browser import desks, look
from tests.browser.reader import Readers
from tests.serving import site
from tests.stage import Stage, code


def test_a_clerk_says_who_is_invited(readers: Readers, tmp_path: Path) -> None:
    with site(tmp_path / "home", f"sqlite:///{tmp_path}/sunbid.db") as running:
        stage = Stage(running, tmp_path / "parties")
        reader = desks.somebody(readers, running, "agency").at("/agency", scripts=True)
        desks.press(reader, "政府采购货物和服务邀请招标 · 货物")
        address = desks.path(reader)
        basics = {"title": "校服采购", "scope": "校服 2000 套", "qualification": "有供货能力", "budget": "400000"}
        for name, text in {**basics, "deposit": "0", "funding": "财政资金"}.items():
            reader.page.fill(f"[name='{name}']", text)
        codes = [stage.bidder(number).code for number in range(3)]
        reader.page.fill("[name='invited.bidders']", "\n".join([*codes[:2], codes[0]]))
        reader.page.select_option("[name='invited.way']", "pool")
        reader.page.fill("[name='invited.pool']", "6")
        desks.press(reader, "保存并继续")
        assert "同一单位列了两次" in reader.page.inner_text("#mistake-invited\\.bidders")
        reader.page.fill("[name='invited.bidders']", "\n".join(codes))
        desks.press(reader, "保存并继续")
        reader.go(address)
        assert reader.page.input_value("[name='invited.bidders']").split() == codes
        assert reader.page.input_value("[name='invited.way']") == "pool"
        assert reader.page.input_value("[name='invited.pool']") == "6"
        reader.page.set_viewport_size({"width": 320, "height": 900})
        assert look.faults(reader, 320) == []


def test_from_the_invitation_to_the_opening(readers: Readers, tmp_path: Path) -> None:
    with site(tmp_path / "home", f"sqlite:///{tmp_path}/sunbid.db") as running:
        stage = Stage(running, tmp_path / "parties")
        stage.publish(procedure="construction-invited", invited=stage.invited(0, 1, 2))
        own, public = f"/agency/lots/{stage.tender}", f"/lots/{stage.tender}"
        clerk, second = (desks.somebody(readers, running, "agency") for _ in range(2))

        # Two persons invite one more.
        stage.bidder(3)
        reader = clerk.at(f"{own}/invitations")
        assert reader.page.get_by_text("测试施工企业1号有限公司").is_visible()
        reader.page.fill("[name='invited.bidders']", code(0))
        reader.page.fill("[name='reason']", "扩大竞争")
        desks.press(reader, "送审")
        assert "该单位已在邀请之列" in reader.page.inner_text("#mistake-invited\\.bidders")
        reader.page.fill("[name='invited.bidders']", code(3).lower())
        desks.press(reader, "送审")
        assert reader.page.get_by_text("已送审").first.is_visible()
        other = second.at("/agency", scripts=True)
        desks.press(other, "复核补充邀请", "link")
        assert other.page.get_by_text("测试施工企业3号有限公司").is_visible()
        assert other.page.get_by_text("扩大竞争").is_visible()
        desks.press(other, "批准，立即生效")
        other.go(f"{own}/invitations")
        assert other.page.get_by_text("第 1 次补充邀请").is_visible()
        for language in ("", "/en"):
            other.page.set_viewport_size({"width": 320, "height": 900})
            other.go(f"{language}{own}/invitations")
            assert look.faults(other, 320) == []

        # Who is invited sees it at its desk; who is not is told, and cannot fill in a bid; the public sees neither.
        invited, stranger = (desks.somebody(readers, running, "bidder", stage.bidder(n).code) for n in (3, 7))
        assert invited.at("/bidder").page.get_by_text("邀请贵单位投标").is_visible()
        assert invited.at(f"/bidder/lots/{stage.tender}").page.locator("#bid").count() == 1
        assert stranger.at("/bidder").page.get_by_text("测试路面改造工程").count() == 0
        kept_out = stranger.at(f"/bidder/lots/{stage.tender}", scripts=True)
        assert kept_out.page.get_by_text("贵单位不在邀请之列").is_visible()
        assert kept_out.page.locator("#bid").count() == 0
        assert look.faults(kept_out, 1280) == []
        shown = readers.new(running.url).go(public).content()
        assert "只限被邀请的单位，不少于 3 家" in shown
        assert "测试施工企业" not in shown

        # All of them stand there once the bids are open.
        for number, price in ((0, "3680000.00"), (1, "3650000.00"), (3, "3600000.00")):
            stage.bid(stage.bidder(number), price)
        stage.open()
        told = readers.new(running.url).go(public).locator("dt:has-text('谁可以投标') + dd")
        assert told.get_by_role("link").count() == 4
