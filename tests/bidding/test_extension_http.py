"""An auction that nobody has registered for is extended, sold after that, and verified by its amended notice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from api import upkeep
from api.tools.client import ServerRefused
from notary import clock
from tests.auctioning import Salesroom
from tests.serving import site
from tests.stage import Stage
from tests.story.checking import check_dossier


@pytest.fixture
def stage(tmp_path: Path, sqlite_url: str) -> Iterator[Stage]:
    with site(tmp_path / "home", sqlite_url) as running:
        yield Stage(running, tmp_path / "parties")
        assert upkeep.fsck(running.desk.settings) == []


def refused(act: Callable[[], Any]) -> ServerRefused:
    with pytest.raises(ServerRefused) as caught:
        act()
    return caught.value


class Extended(Salesroom):
    """Registration ends two days before the start."""

    def until_when(self) -> datetime:
        return self.opens_at - timedelta(days=2)

    def propose(self, **terms: Any) -> dict[str, Any]:
        """Ask for the least extension, rounded up to a day."""
        moved = {name: self.due("extension", at) for name, at in self.times().items()}
        assert all(moved.values())
        hours = {"deadline": 8, "opens_at": 9, "closes_at": 10}
        told = {name: clock.text(at + timedelta(hours=hours[name])) for name, at in moved.items() if at is not None}
        auction = {**self.terms, "opens_at": told["opens_at"], "closes_at": told["closes_at"], **terms}
        body = {"reason": "未征集到意向受让方", "affects_bids": False, "changes": {"auction": auction}}
        answer: dict[str, Any] = self.stage.clerk.post(
            f"/tenders/{self.tender}/amendments", body | {"deadline": told["deadline"]}
        )
        return answer

    def times(self) -> dict[str, datetime]:
        return {"deadline": self.until_when(), "opens_at": self.opens_at, "closes_at": self.closes_at}


def test_an_auction_is_extended_until_somebody_comes(stage: Stage) -> None:
    room = Extended(stage, "property-bidding", opens_in=timedelta(days=40))
    ends = clock.text(room.until_when())
    room.publish(deadline=ends, questions_until=ends, documents_offered_until=ends)
    assert refused(room.propose).reason == "registration_runs"
    stage.keep_tokens()
    stage.pass_until(room.until_when())
    assert refused(lambda: room.propose(step="1.00")).field == "changes.auction.step"
    notice = room.approve(room.propose())["entry"]["body"]
    changed = ["auction", "deadline", "documents_offered_until", "questions_until"]
    assert (notice["number"], notice["changed"]) == (1, changed)
    for path, word in (("", "竞价时间"), ("/en", "Times of the auction")):
        assert word in httpx.get(f"{stage.site.url}{path}/lots/{stage.tender}").text
        assert httpx.get(f"{stage.site.url}{path}/lots/{stage.tender}/notices/1").status_code == 200
    assert stage.clerk.read(f"/tenders/{stage.tender}/papers/tender_notice_1", unsigned="true").startswith(b"%PDF")

    room.opens_at = clock.parse(notice["auction"]["opens_at"])
    room.closes_at = clock.parse(notice["auction"]["open"]["closes_at"])
    assert room.shown()["opens_at"] == clock.text(room.opens_at)
    room.enter(0)
    stage.pass_until(clock.parse(notice["deadline"]))
    assert refused(room.propose).reason == "registered_already"
    room.until(room.opens_at, "open")
    assert refused(room.propose).reason == "auction_begun"
    assert room.bid(0, 1_000_000) == "accepted"
    # In two steps: so long a jump as the whole would be an outage.
    stage.pass_until(room.closes_at - timedelta(minutes=30))
    stage.until(lambda: room.bid(0, 1_010_000) == "accepted")
    stage.pass_until(room.closes_at + timedelta(seconds=1))
    stage.until(lambda: room.shown()["phase"] == "ended", 30)
    check_dossier(stage, stage.folder)
