"""What is sold by its appraisal: the first floor, a lower one after a failed tender, and what everybody reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.tools.client import ServerRefused
from tests.auctioning import Salesroom
from tests.serving import site
from tests.stage import Stage

APPROVAL = "国资发产权〔2026〕1号"
FIRST, AGAIN = "YZ-431102-CQ-2026-0001", "YZ-431102-CQ-2026-0002"


@pytest.fixture
def stage(tmp_path: Path, sqlite_url: str) -> Iterator[Stage]:
    with site(tmp_path / "home", sqlite_url) as running:
        yield Stage(running, tmp_path / "parties")


def refused(act: Callable[[], Any]) -> ServerRefused:
    with pytest.raises(ServerRefused) as caught:
        act()
    return caught.value


def test_a_sale_is_offered_anew_at_a_lower_floor(stage: Stage) -> None:
    room = Salesroom(stage, "property-bidding", tender=FIRST)
    room.draft(valuation={"appraisal": "1000000.01"})
    refusal = refused(lambda: stage.clerk.post(f"/tenders/{FIRST}/publication", {}))
    assert (refusal.field, refusal.cites) == ("auction.start_price", "32号令 17")
    assert refused(lambda: room.draft(valuation=None)).field == "valuation"
    assert refused(lambda: room.draft(valuation={"appraisal": "0.00"})).field == "valuation.appraisal"
    land = Salesroom(stage, "land-listing", tender=AGAIN)
    assert refused(lambda: land.draft(valuation={"appraisal": "1.00"})).field == "valuation"
    room.publish(valuation={"appraisal": "1000000.00"})

    lower, cheap = {"appraisal": "1000000.00", "relists": FIRST}, {"start_price": "800000.00"}
    again = Salesroom(stage, "property-bidding", tender=AGAIN, changed=cheap)
    for other, reason in ((FIRST, "not_failed"), ("YZ-431102-CQ-2026-0009", "tender_unknown")):
        refusal = refused(lambda other=other: again.draft(valuation=lower | {"relists": other}))  # type: ignore[misc]
        assert (refusal.reason, refusal.field) == (reason, "valuation.relists")
    stage.keep_tokens()
    room.until(room.opens_at, "ended")
    assert room.shown()["result"] == "too_few_bidders"

    again = Salesroom(stage, "property-bidding", tender=AGAIN, changed=cheap)
    revalued = {"appraisal": "900000.00"}
    assert refused(lambda: again.draft(valuation=lower | revalued)).reason == "appraisal_other"
    again.draft(valuation=lower)
    refusal = refused(lambda: stage.clerk.post(f"/tenders/{AGAIN}/publication", {}))
    assert (refusal.field, refusal.cites) == ("auction.start_price", "32号令 18")
    again.publish(valuation=lower | {"approval": APPROVAL})
    for path, word in ((f"/lots/{AGAIN}", "再次披露"), (f"/en/lots/{AGAIN}", "Offered anew")):
        page = httpx.get(f"{stage.site.url}{path}").text
        assert all(said in page for said in (word, APPROVAL, FIRST, "1,000,000.00"))
    third = Salesroom(stage, "property-bidding", tender=AGAIN[:-1] + "7", changed=cheap)
    assert refused(lambda: third.draft(valuation=lower)).reason == "relisted_already"
    paper = stage.clerk.read(f"/tenders/{AGAIN}/papers/tender_notice_0", unsigned="true")
    assert paper.startswith(b"%PDF")
