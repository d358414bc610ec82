"""The opening is confirmed in a browser: by whom and when everybody sees, and that nobody has to."""

from __future__ import annotations

from pathlib import Path

from tests.browser import desks, look
from tests.browser.reader import Readers
from tests.browser.test_parties import PASSPHRASE, PRICE, bidder_of, cookie, entered, make_keys, seal
from tests.serving import site
from tests.stage import TENDER, Stage

OWN = f"/bidder/lots/{TENDER}"
PRICES = ("3680000.00", "3690000.00")


def test_a_bidder_confirms_the_opening(readers: Readers, tmp_path: Path) -> None:
    with site(tmp_path / "home", f"sqlite:///{tmp_path}/sunbid.db") as running:
        stage = Stage(running, tmp_path / "parties")
        stage.publish()
        for number, price in enumerate(PRICES):
            stage.bid(stage.bidder(number), price)
        person = bidder_of(running, 60)
        bidder = entered(readers, running, person)
        make_keys(bidder.page, running.url, tmp_path)
        bidder.go(OWN)
        seal(bidder.page, PRICE, [])
        bids = stage.open()
        stage.settle()
        # Weeks have passed: the session of then is over.
        bidder.context.add_cookies([cookie(running, person)])
        follower = readers.new(running.url)
        follower.go(f"/openings/{TENDER}")
        look.check(readers, running.url, OWN, [cookie(running, person)])
        bidder.go(OWN)
        assert bidder.page.get_by_text("3,650,000.00").is_visible()
        assert bidder.page.get_by_text("未确认", exact=True).is_visible()
        bidder.page.locator("#confirm-passphrase").fill("not the passphrase")
        bidder.page.get_by_role("button", name="签名确认开标记录").click()
        bidder.page.locator("#confirm [role=alert]").get_by_text("口令").wait_for()
        bidder.page.locator("#confirm-passphrase").fill(PASSPHRASE)
        bidder.page.get_by_role("button", name="签名确认开标记录").click()
        bidder.page.get_by_text("开标记录已确认").wait_for()
        assert bidder.page.get_by_text("已确认", exact=True).is_visible()
        assert bidder.page.locator("#confirm").count() == 0
        look.check(readers, running.url, OWN, [cookie(running, person)])
        # Who follows the opening sees it without loading the page again.
        name = next(bid["name"] for bid in bids if bid["values"]["price"] == PRICE)
        follower.page.get_by_text(f"{name}确认了开标记录").wait_for()
        assert follower.page.get_by_text("已确认").count() == 1
        assert follower.page.get_by_text("未确认", exact=True).count() == len(PRICES)
        for path in (f"/openings/{TENDER}", f"/lots/{TENDER}", f"/hall?lot={TENDER}"):
            look.check(readers, running.url, path)
        for role, path in (("agency", f"/agency/lots/{TENDER}/opening"), ("supervisor", f"/supervisor/lots/{TENDER}")):
            reader = desks.somebody(readers, running, role)
            assert reader.at(path).page.get_by_text("已确认", exact=True).count() == 1
            look.check(readers, running.url, path, reader.cookies())
