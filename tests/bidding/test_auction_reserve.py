"""Reserve prices (保留价): sealed by the grantor to the trustees' quorums, opened after the last bid or never."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api import upkeep
from api.tools import auction, record, sealing
from api.tools import trustee as trustee_tool
from api.tools.client import ServerRefused
from bidding.rows import auction_envelopes
from notary import signing
from notary.errors import Refusal
from tests.auctioning import START, STEP, Salesroom
from tests.serving import site
from tests.stage import QUORUMS, Stage, code
from tests.story.checking import check_dossier
from trading.auctions.draft import RESERVE


@pytest.fixture
def stage(tmp_path: Path, sqlite_url: str) -> Iterator[Stage]:
    with site(tmp_path / "home", sqlite_url) as running:
        yield Stage(running, tmp_path / "parties")
        assert upkeep.fsck(running.desk.settings) == []


@pytest.fixture
def on_postgres(tmp_path: Path, postgres_url: str) -> Iterator[Stage]:
    with site(tmp_path / "home", postgres_url) as running:
        yield Stage(running, tmp_path / "parties")
        assert upkeep.fsck(running.desk.settings) == []


def refused(act: Any) -> str | None:
    with pytest.raises((ServerRefused, Refusal)) as refusal:
        act()
    return refusal.value.reason


def kinds(stage: Stage) -> list[str]:
    return [one.kind for one in record.of_tender(stage.clerk, stage.tender)]


def test_a_listing_is_sold_above_its_reserve_price(on_postgres: Stage, tmp_path: Path) -> None:
    stage = on_postgres
    room = Salesroom(stage, reserve=f"{START + STEP}.00")
    published = room.publish()["entry"]["body"]
    assert published["auction"]["reserve"] is not None
    assert list(published["key_sets"]) == [RESERVE]
    for own in stage.trustees.values():
        trustee_tool.rehearse(own, stage.tender, RESERVE)
    room.enter(0)
    early = stage.trustees["T1"]
    assert refused(lambda: trustee_tool.release(early, stage.tender, RESERVE)) == "not_closed"
    room.bid_to_the_end(0, START, START + STEP)
    # The bidding is over, and still nobody knows the reserve price.
    assert room.shown()["phase"] == "closed"
    stage.until(lambda: "auction_closed" in kinds(stage))
    closing = next(one for one in record.of_tender(stage.clerk, stage.tender) if one.kind == "auction_closed")
    assert (closing.body["kind"], closing.body["envelopes"]) == (RESERVE, [published["auction"]["reserve"]])
    room.release("T1")
    assert room.shown()["phase"] == "closed"
    room.release("T3")
    stage.until(lambda: room.shown()["phase"] == "ended")
    assert room.shown()["result"] == "sold"
    assert [one["price"] for one in room.shown()["log"] if one["event"] == "revealed"] == [f"{START + STEP}.00"]
    assert refused(lambda: trustee_tool.release(stage.trustees["T2"], stage.tender, RESERVE)) == "release_ended"
    room.award(code(0))
    stage.settle()
    check_dossier(stage, tmp_path)


def test_below_its_reserve_price_nothing_is_sold(on_postgres: Stage, tmp_path: Path) -> None:
    stage = on_postgres
    room = Salesroom(stage, reserve=f"{START + 2 * STEP}.00")
    room.publish()
    room.enter(0)
    room.bid_to_the_end(0, START + STEP)
    room.release("T1", "T2")
    stage.until(lambda: room.shown()["phase"] == "ended")
    assert room.shown()["result"] == "below_reserve"
    assert stage.stage() == "failed"
    stage.settle()
    check_dossier(stage, tmp_path)


def test_for_which_nobody_has_bid_the_reserve_price_is_never_opened(stage: Stage, tmp_path: Path) -> None:
    room = Salesroom(stage, reserve=f"{START}.00")
    named = room.publish()["entry"]["body"]["auction"]["reserve"]
    room.enter(0)
    room.bid_to_the_end(0)
    assert room.shown()["result"] == "no_bids"
    stage.settle()
    destroyed = [one for one in record.of_tender(stage.clerk, stage.tender) if one.kind == "envelope_destroyed"]
    assert [(one.body["envelope"], one.body["reason"]) for one in destroyed] == [(named, "no_bids")]
    assert "auction_closed" not in kinds(stage)
    with stage.site.desk.work.reading() as connection:
        assert connection.scalars(select(auction_envelopes.c.sealed)).all() == [None]
    assert refused(lambda: trustee_tool.release(stage.trustees["T1"], stage.tender, RESERVE)) == "not_closed"
    check_dossier(stage, tmp_path)


def test_while_no_quorum_comes_the_supervisor_may_end_it(stage: Stage, tmp_path: Path) -> None:
    room = Salesroom(stage, reserve=f"{START}.00")
    room.publish()
    room.enter(0)
    room.bid_to_the_end(0, START)
    room.release("T2")
    assert room.shown()["phase"] == "closed"
    stage.supervisor.post(f"/tenders/{stage.tender}/auction/terminations", {"ground": "ruled_out"})
    assert room.shown()["result"] == "terminated"
    stage.settle()
    assert kinds(stage).count("envelope_destroyed") == 1
    check_dossier(stage, tmp_path)


def test_what_cannot_be_opened_is_no_reserve_price(stage: Stage, tmp_path: Path) -> None:
    """Else a grantor could call off the sale by sealing nonsense."""
    room = Salesroom(stage, reserve=f"{START}.00")
    room.draft()
    data, _ = sealing.seal_price(
        stage.clerk,
        stage.trustees["T1"].anchors,
        tender=stage.tender,
        kind=RESERVE,
        sealer=stage.clerk.get("/me")["organisation"],
        schema=auction.form_schema(stage.clerk, stage.tender),
        price=f"{START + STEP}.00",
    )
    # One bit of the form section: it does not decrypt any more.
    spoilt = bytearray(data)
    spoilt[22 + int.from_bytes(data[18:22], "big") + 60] ^= 1
    body = {"envelope": signing.b64(bytes(spoilt))}
    named = stage.clerk.post(f"/tenders/{stage.tender}/auction/reserve", body)["envelope"]
    entry = room.approve(stage.clerk.post(f"/tenders/{stage.tender}/publication", {}))["entry"]
    assert entry["body"]["auction"]["reserve"] == named
    room.enter(0)
    room.bid_to_the_end(0, START)
    room.release("T1", "T2")
    stage.until(lambda: room.shown()["phase"] == "ended")
    assert room.shown()["result"] == "sold"
    assert [one["price"] for one in room.shown()["log"] if one["event"] == "revealed"] == [None]
    stage.settle()
    check_dossier(stage, tmp_path)


def test_a_draft_with_a_reserve_price_wants_it_sealed(stage: Stage) -> None:
    room = Salesroom(stage, reserve=f"{START}.00")
    path = f"/tenders/{stage.tender}"
    room.reserve = None
    room.draft()
    assert refused(lambda: stage.clerk.post(f"{path}/auction/reserve", {"envelope": "AAAA"})) == "reserve_needless"
    room.reserve = f"{START}.00"
    with pytest.raises(ServerRefused) as lacking:
        room.draft(policy=None)
    assert lacking.value.field == "policy"
    room.reserve = None
    room.changed = {"reserve": True}
    room.draft(policy={"quorums": QUORUMS})
    assert refused(lambda: room.seal_reserve("1.00")) == "key_set_unknown"
    assert refused(lambda: stage.clerk.post(f"{path}/publication", {})) == "key_set_missing"
    room.collect_keys()
    assert refused(lambda: stage.clerk.post(f"{path}/publication", {})) == "reserve_missing"
    assert refused(lambda: room.seal_reserve("0.001")) == "not_money"
    first = room.seal_reserve("1.00")
    last = room.seal_reserve("2.00")
    assert first != last
    assert refused(lambda: room.stage.clerk.post(f"{path}/auction/reserve", {"envelope": "AAAA"})) == "header_layout"
    # Written anew the draft keeps what was sealed for it, and takes no other.
    room.draft(policy={"quorums": QUORUMS})
    assert stage.clerk.get(path)["content"]["auction"]["sealed_reserve"] == last
    room.changed = {"reserve": True, "sealed_reserve": first}
    assert refused(lambda: room.draft(policy={"quorums": QUORUMS})) == "reserve_foreign"
    room.changed = {"reserve": True}
    proposed = stage.clerk.post(f"{path}/publication", {})
    assert proposed["what"]["content"]["auction"]["sealed_reserve"] == last
    assert refused(lambda: room.seal_reserve("3.00")) == "act_not_in_stage"
    assert room.approve(proposed)["entry"]["body"]["auction"]["reserve"] == last
