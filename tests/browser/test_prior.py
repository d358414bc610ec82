"""Prior notices in browsers: written and approved by two persons, commented on, answered, and seen by everybody."""

from __future__ import annotations

from pathlib import Path

from tests.browser import desks, look
from tests.browser.reader import Reader, Readers
from tests.serving import OPERATOR, site
from tests.stage import Stage

SINGLE = {"procedure": "procurement-single-source", "subject": "goods", "committee": {"size": 3, "experts": 2}}
COMMENT = "本单位也能供货。"


def narrow(reader: Reader, *paths: str) -> None:
    """These pages, in both languages, have no fault at 320 px."""
    reader.page.set_viewport_size({"width": 320, "height": 900})
    for path in paths:
        for language in ("", "/en"):
            reader.go(f"{language}{path}")
            assert look.faults(reader, 320) == [], f"{language}{path}"
    reader.page.set_viewport_size({"width": 1280, "height": 900})


def write(reader: Reader, opinion: Path) -> None:
    """A notice with its paper, sent to the second person."""
    for name in ("reason", "opinion", "contact"):
        reader.page.fill(f"[name='said.{name}']", f"公示内容 {name}")
    reader.page.set_input_files("[name='files']", opinion)
    desks.press(reader, "送审")


def comment(bidder: Reader, agency: Reader, own: str) -> None:
    """A bidder comments; the agency reads it without its name, and answers."""
    bidder.page.fill("[name='text']", COMMENT)
    desks.press(bidder, "提交意见")
    assert bidder.page.get_by_text(COMMENT).is_visible()
    agency.go("/agency")
    desks.press(agency, "答复对公示的意见", "link")
    assert agency.page.get_by_text(COMMENT).is_visible()
    assert agency.page.get_by_text("测试施工企业1号有限公司").count() == 0
    narrow(agency, own)
    agency.page.get_by_label("意见不成立").check()
    agency.page.fill("[name='answer']", "参数不满足。")
    desks.press(agency, "提交答复")


def test_from_the_notice_to_the_answer(readers: Readers, tmp_path: Path) -> None:
    with site(tmp_path / "home", f"sqlite:///{tmp_path}/sunbid.db") as running:
        stage = Stage(running, tmp_path / "parties")
        stage.draft(**SINGLE, title="光谱仪采购", invited=stage.invited(0, way="only_supplier"))
        own, public = f"/agency/lots/{stage.tender}/prior", f"/prior/{stage.tender}"
        clerk, second = (desks.somebody(readers, running, "agency") for _ in range(2))
        opinion = tmp_path / "论证意见.pdf"
        opinion.write_bytes(b"%PDF-1.7 opinion")

        # A clerk writes it with a paper; the other person sees what it says.
        reader = clerk.at(own)
        narrow(reader, own)
        reader.go(own)
        write(reader, opinion)
        assert reader.page.get_by_text("已送审").first.is_visible()
        stranger = readers.new(running.url)
        assert stranger.go(public).get_by_text("没有这个项目").first.is_visible()
        other = second.at("/agency")
        desks.press(other, "复核发布前公示", "link")
        assert other.page.get_by_text("公示内容 reason").is_visible()
        assert other.page.get_by_text("测试施工企业0号有限公司").is_visible()
        assert look.faults(other, 1280) == []
        desks.press(other, "批准，立即生效")

        stranger.go("/prior?q=光谱仪").get_by_role("link", name="光谱仪采购").click()
        assert stranger.page.get_by_text("测试施工企业0号有限公司").is_visible()
        assert stranger.page.get_by_role("link", name="论证意见.pdf").is_visible()
        bidder = desks.somebody(readers, running, "bidder", stage.bidder(1).code).at(f"/bidder{public}")
        comment(bidder, other, own)
        assert COMMENT not in stranger.go(public).content()
        assert stranger.page.get_by_text("参数不满足。").is_visible()
        supervisor = desks.somebody(readers, running, "supervisor", OPERATOR).at("/supervisor")
        supervisor.page.get_by_role("link", name="光谱仪采购").first.click()
        assert supervisor.page.get_by_text("测试施工企业1号有限公司").is_visible()
        narrow(supervisor, f"/supervisor{public}")
        narrow(bidder, f"/bidder{public}")
        narrow(stranger, "/prior", public)
        assert f"{running.url}{public}" in stranger.context.request.get(f"{running.url}/prior.atom").text()
