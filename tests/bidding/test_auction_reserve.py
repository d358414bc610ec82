"""Reserve prices (保留价): sealed by the grantor to the trustees' quorums, opened after the last bid or never."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api import upkeep
from api.tools import agency, auction, record, sealing
from api.tools import trustee as trustee_tool
from api.tools.client import ServerRefused
from bidding.rows import auction_envelopes
from bidding.views import trustee as trustee_views
from notary import canonical, signing
from notary.errors import Refusal
from tests.auctioning import START, STEP, Salesroom
from tests.serving import site
from tests.stage import QUORUMS, Stage, code
from tests.story.checking import check_dossier
from trading.auctions.draft import RESERVE
from trading.caller import Caller


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


def without_documents(data: bytes) -> bytes:
    """The envelope, saying that it has no documents section and ending behind its form. Every envelope has one."""
    end = 22 + int.from_bytes(data[18:22], "big")
    header = json.loads(data[22:end])
    header["documents"]["length"] = 0
    told = canonical.dumps(header)
    return data[:18] + len(told).to_bytes(4, "big") + told + data[end : end + header["form"]["length"]]


def asked_of_trustee(stage: Stage) -> dict[str, str]:
    """What the desk of T1 asks for, by the kind of envelopes."""
    caller = Caller(person="", organisation=stage.trustees["T1"].client.get("/me")["organisation"], roles=frozenset())
    with stage.site.desk.work.reading() as connection:
        return {lot["kind"]: lot["next"] for lot in trustee_views.lots(connection, caller)}


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


def test_what_was_sealed_for_a_draft_that_has_no_reserve_price_any_more_is_forgotten(stage: Stage) -> None:
    """Else it would be nobody's to destroy, and the auction could not end."""
    room = Salesroom(stage, reserve=f"{START}.00")
    room.draft()
    room.reserve, room.cap = None, f"{START + STEP}.00"
    agency.draft(stage.clerk, stage.agency_vault, room.content(), stage.folder)
    # Each kind is asked for by itself, whatever was signed for the other.
    assert asked_of_trustee(stage) == {"offer": "offer"}
    room.collect_keys("offer")
    assert room.approve(stage.clerk.post(f"/tenders/{stage.tender}/publication", {}))["entry"]["body"]["auction"]["cap"]
    with stage.site.desk.work.reading() as connection:
        assert connection.scalars(select(auction_envelopes.c.kind)).all() == []


def test_behind_the_cap_each_bidder_makes_one_sealed_offer(on_postgres: Stage, tmp_path: Path) -> None:
    """And the reserve price is opened after them, with keys of its own."""
    stage = on_postgres
    room = Salesroom(stage, cap=f"{START + STEP}.00", reserve=f"{START + 3 * STEP}.00")
    published = room.publish()["entry"]["body"]
    assert sorted(published["key_sets"]) == ["offer", RESERVE]
    trustee_tool.rehearse(stage.trustees["T1"], stage.tender, "offer")
    assert asked_of_trustee(stage) == {"offer": "wait", RESERVE: "rehearse"}
    room.enter(0, 1, 2)
    stage.keep_tokens()
    room.until(room.opens_at, "open")
    assert room.offer(1, START + STEP) == "takes_bids"
    assert room.bid(0, START + STEP) == "accepted"
    assert room.shown()["phase"] == "offers"
    assert room.bid(1, START + 2 * STEP) == "takes_offers"
    before = room.shown()
    assert room.offer(1, START + 3 * STEP) == "accepted"
    assert room.offer(1, START + 4 * STEP) == "offered_already"
    # Equal ones are taken; one below the cap is taken too, for nobody knows what is inside.
    assert room.offer(2, START + 3 * STEP) == "accepted"
    assert room.offer(0, START) == "accepted"
    assert room.shown() == before
    assert "auction_closed" not in kinds(stage)
    room.through("closed")
    assert asked_of_trustee(stage) == {"offer": "release", RESERVE: "rehearse"}
    room.release("T1", "T2", kind="offer")
    stage.until(lambda: any(one["event"] == "opened" for one in room.shown()["log"]))
    # The offers are open; of the reserve price nobody knows anything.
    assert room.shown()["phase"] == "closed"
    prices = next(one["prices"] for one in room.shown()["log"] if one["event"] == "opened")
    assert sorted(prices.values()) == [f"{START}.00", f"{START + 3 * STEP}.00", f"{START + 3 * STEP}.00"]
    room.release("T2", "T3")
    stage.until(lambda: room.shown()["phase"] == "ended")
    assert (room.shown()["result"], room.shown()["winner"]) == ("sold", room.numbers[1])
    assert room.shown()["price"] == f"{START + 3 * STEP}.00"
    room.award(code(1))
    stage.settle()
    check_dossier(stage, tmp_path)


def test_offers_that_no_quorum_opens_are_destroyed_with_the_end(stage: Stage, tmp_path: Path) -> None:
    room = Salesroom(stage, "land-auction", cap=f"{START + STEP}.00")
    room.publish()
    room.enter(0, 1, 2)
    stage.keep_tokens()
    room.until(room.opens_at, "open")
    assert room.bid(0, START + STEP) == "accepted"
    assert room.offer(1, START + 3 * STEP) == "accepted"
    room.through("closed")
    stage.supervisor.post(f"/tenders/{stage.tender}/auction/terminations", {"ground": "ruled_out"})
    stage.settle()
    assert kinds(stage).count("envelope_destroyed") == 1
    check_dossier(stage, tmp_path)


def test_an_offer_is_what_its_statement_names(stage: Stage) -> None:
    room = Salesroom(stage, cap=f"{START + STEP}.00")
    room.publish()
    room.enter(0, 1)
    stage.keep_tokens()
    room.until(room.opens_at, "open")
    assert room.bid(0, START + STEP) == "accepted"
    own, path = stage.bidder(1), f"/tenders/{stage.tender}/auction/bids"
    data, sealed = sealing.seal_price(
        own.client,
        own.anchors,
        tender=stage.tender,
        kind="offer",
        sealer=room.numbers[1],
        schema=auction.form_schema(stage.clerk, stage.tender, "offer"),
        price=f"{START + STEP}.00",
    )

    def send(envelope: bytes | None, **changed: Any) -> str | None:
        said = {
            "type": "sunbid/auction-offer/1",
            "origin": own.anchors.origin,
            "demonstration": True,
            "tender": stage.tender,
            "lot": "1",
            "bidder": room.numbers[1],
            "sealed": sealed.id,
            "seen": room.shown()["seen"],
            "sequence": 1,
        }
        signed = signing.sign(said | changed, own.vault.signing_key("statement"))
        told = {"statement": signed} | ({} if envelope is None else {"envelope": signing.b64(envelope)})
        return refused(lambda: own.client.post(path, told))

    assert send(None) == "envelope_missing"
    assert send(data, sealed="0" * 64) == "envelope_wrong"
    assert send(data[:-1]) == "header_length"
    assert send(without_documents(data)) == "header_length"
    assert send(data, bidder=room.numbers[0]) == "base_wrong"
    assert send(data + bytes(1 << 16)) == "envelope_large"
    assert room.offer(1, START + STEP) == "accepted"
