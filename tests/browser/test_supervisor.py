"""A supervisor reads everything that may be read, holds and lifts, and sees who looked before the opening."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import desks, look
from tests.browser.desks import press
from tests.browser.reader import Readers
from tests.serving import site
from tests.stage import Stage

PRICES = ("3680000.00", "3500000.00", "3700000.00")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with site(tmp_path / "home", f"sqlite:///{tmp_path}/sunbid.db") as running:
        yield Stage(running, tmp_path / "parties")


def test_a_hold_and_its_lift(readers: Readers, stage: Stage) -> None:
    stage.publish()
    reader = desks.somebody(readers, stage.site, "supervisor").at("/supervisor")
    press(reader, "测试路面改造工程", "link")
    reader.page.fill("[name=reason]", "受理投诉，核查资格条件。")
    press(reader, "暂停", exact=True)
    assert stage.clerk.get(f"/tenders/{stage.tender}")["held"]
    clerk = desks.somebody(readers, stage.site, "agency").at(f"/agency/lots/{stage.tender}")
    assert clerk.page.get_by_text("受理投诉，核查资格条件。").first.is_visible()
    reader.page.fill("[name=reason]", "投诉不成立。")
    press(reader, "恢复", exact=True)
    assert not stage.clerk.get(f"/tenders/{stage.tender}")["held"]


def test_before_the_closing_nothing_tells_how_many_bids_there_are(readers: Readers, stage: Stage) -> None:
    """The page of a lot is the same with no bid and with three, but for what the supervisor's own looks leave."""
    stage.publish()
    supervisor = desks.somebody(readers, stage.site, "supervisor")
    told = []
    for number in range(3):
        reader = supervisor.at(f"/supervisor/lots/{stage.tender}")
        told.append([reader.page.locator("main section").nth(place).inner_text() for place in range(4)])
        stage.bid(stage.bidder(number), PRICES[number])
    assert told[0] == told[1] == told[2]


def test_who_looked_before_the_opening(readers: Readers, stage: Stage) -> None:
    """A draft read by the agency, a closed lot read by the supervisor; nothing of it in the public record."""
    stage.draft()
    desks.somebody(readers, stage.site, "agency").at(f"/agency/lots/{stage.tender}/preview")
    supervisor = desks.somebody(readers, stage.site, "supervisor")
    reader = supervisor.at("/supervisor/access")
    shown = reader.page.inner_text("table")
    assert "招标人页面" in shown
    assert "草稿" in shown
    stage.approve(stage.clerk.post(f"/tenders/{stage.tender}/publication", {}))
    for number, price in enumerate(PRICES):
        stage.bid(stage.bidder(number), price)
    stage.close()
    supervisor.at(f"/supervisor/lots/{stage.tender}")
    again = supervisor.at(f"/supervisor/lots/{stage.tender}")
    rows = [row for row in again.page.locator("section").last.locator("tbody tr").all_inner_texts() if "监督" in row]
    assert len(rows) == 1
    record = stage.site.client().get(f"/tenders/{stage.tender}/record")["items"]
    assert {entry["head"]["kind"] for entry in record} <= {
        "key_set_signed",
        "tender_published",
        "lot_closed",
        "envelope_destroyed",
    }


def test_nobody_else_reads_it(readers: Readers, stage: Stage) -> None:
    for role in ("agency", "expert", "bidder", "trustee", "administrator"):
        with desks.somebody(readers, stage.site, role).http() as http:
            for page in ("/supervisor", "/supervisor/access", f"/supervisor/lots/{stage.tender}"):
                assert http.get(page).status_code == 403, (role, page)


def test_a_draft_is_no_supervisors_business(readers: Readers, stage: Stage) -> None:
    stage.draft()
    with desks.somebody(readers, stage.site, "supervisor").http() as http:
        answers = [http.get(f"/supervisor/lots/{tender}") for tender in (stage.tender, "NO-SUCH-TENDER")]
    assert [answer.status_code for answer in answers] == [404, 404]


def test_the_look(readers: Readers, stage: Stage) -> None:
    stage.publish()
    supervisor, url = desks.somebody(readers, stage.site, "supervisor"), stage.site.url
    for number, price in enumerate(PRICES):
        stage.bid(stage.bidder(number), price)
    look.check(readers, url, f"/supervisor/lots/{stage.tender}", supervisor.cookies())
    stage.open()
    for page in ("", "/access", f"/lots/{stage.tender}"):
        look.check(readers, url, f"/supervisor{page}", supervisor.cookies())
