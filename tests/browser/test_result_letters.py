"""Letters to those who have not won, on the pages of the agency, of each bidder and of the supervisor."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from api.tools import papers
from notary import certificates, clock, documents
from tests.browser import desks
from tests.browser.desks import Person, press
from tests.browser.reader import Readers
from tests.serving import Site, site
from tests.stage import AGENCY, Stage

WIDTHS = (1280, 320)


def test_each_loser_reads_its_own_letter_once_it_is_signed(readers: Readers, tmp_path: Path) -> None:
    authority = certificates.demonstration_authority(clock.host_time())
    roots = tmp_path / "roots.pem"
    roots.write_bytes(authority.certificate)
    with site(tmp_path / "home", f"sqlite:///{tmp_path}/sunbid.db", paper_roots=roots) as running:
        stage = awarded(running, tmp_path)
        bidders = [Person(running, stage.bidder(number).client.get("/me")["person"], readers) for number in range(3)]
        own, lot = stage.bidder(0).code, f"/bidder/lots/{stage.tender}"
        waiting = bidders[0].at(lot)
        assert waiting.page.get_by_text("招标人（采购人）还没有签发通知书。").is_visible()
        clerk = desks.somebody(readers, running, "agency").at(f"/agency/lots/{stage.tender}/papers")
        card = clerk.page.locator("section.card", has=clerk.page.locator(f"#letter-{own}"))
        with clerk.page.expect_download() as started:
            card.get_by_role("link", name="下载未签名的 PDF").click()
        unsigned = Path(started.value.path()).read_bytes()
        identity = certificates.certificate_for(authority, "测试招标人", AGENCY, stage.now())
        why: Any = {"reason": "告知", "location": "永州"}
        # Signing has an event loop of its own, and Playwright's runs in this thread.
        with ThreadPoolExecutor() as aside:
            signed = aside.submit(
                documents.sign_pdf, unsigned, identity, field_name="Author", signing_time=stage.now(), **why
            ).result()
            (tmp_path / "signed.pdf").write_bytes(signed)
            clerk.page.set_input_files(f"#field-letter-{own}", tmp_path / "signed.pdf")
            card.get_by_role("button", name="上传").click()
            assert clerk.page.get_by_text("已收下签名的通知").is_visible()
            aside.submit(papers.tell, stage.clerk, stage.tender, identity, **why).result()
        clerk.go(f"/agency/lots/{stage.tender}/papers")
        assert clerk.page.locator("#result-letters ~ section").count() == 2
        reader = bidders[0].at(lot)
        with reader.page.expect_download() as started:
            press(reader, "下载通知书（PDF）", "link")
        assert Path(started.value.path()).read_bytes() == signed
        with bidders[2].http() as other, bidders[0].http() as addressee:
            path = f"/api/v1/tenders/{stage.tender}/result-letters/{own}"
            assert addressee.get(path).content == signed
            assert other.get(path).status_code == 404
            assert addressee.get(path, params={"unsigned": "true"}).status_code == 404
        winner = bidders[1].at(lot)
        assert winner.page.get_by_text("我单位被选定").is_visible()
        assert not winner.page.get_by_text("下载通知书").count()
        look(readers, stage, own)
        fits(bidders[0], lot)


def awarded(running: Site, folder: Path) -> Stage:
    """Of three bidders the second has won."""
    stage = Stage(running, folder / "parties")
    stage.publish()
    for number, price in enumerate(("3680000.00", "3600000.00", "3700000.00")):
        stage.bid(stage.bidder(number), price)
    stage.open()
    stage.evaluate()
    stage.award(stage.bidder(1).code)
    stage.keep_tokens()
    return stage


def look(readers: Readers, stage: Stage, own: str) -> None:
    """The supervisor finds the letter too."""
    supervisor = desks.somebody(readers, stage.site, "supervisor").at(f"/supervisor/lots/{stage.tender}")
    assert supervisor.page.locator(f"a[href$='/result-letters/{own}']").count() == 1
    fits(desks.somebody(readers, stage.site, "agency"), f"/agency/lots/{stage.tender}/papers")


def fits(person: Person, where: str) -> None:
    """Nothing of a page lies outside the window, in both languages."""
    for width in WIDTHS:
        for language in ("", "/en"):
            assert person.at(f"{language}{where}", width=width).width() <= width
