"""Auctions over the interface: what a draft may say, who takes part, who stops one, and that nobody can count them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from api import upkeep
from api.tools import record
from api.tools.client import ServerRefused
from bidding.acts.auction_bids import MAX_REFUSALS_WITHOUT
from notary import clock, signing
from notary.work import Lock
from tests.auctioning import START, STEP, Salesroom
from tests.bidding.hand import Town
from tests.serving import site
from tests.stage import Stage, code
from tests.story.checking import check_dossier
from trading.views import supervisor


@pytest.fixture
def stage(tmp_path: Path, sqlite_url: str) -> Iterator[Stage]:
    with site(tmp_path / "home", sqlite_url) as running:
        yield Stage(running, tmp_path / "parties")
        assert upkeep.fsck(running.desk.settings) == []


def refused(act: Any) -> ServerRefused:
    with pytest.raises(ServerRefused) as refusal:
        act()
    return refusal.value


@pytest.mark.parametrize(
    ("changed", "auction", "field"),
    [
        ({"budget": "1.00"}, {}, "budget"),
        ({"policy": {"quorums": []}}, {}, "policy"),
        ({"auction": None}, {}, "auction"),
        ({}, {"cap": "2000000.00", "offers": {"seconds": 600}}, "policy"),
        ({}, {"offers": {"seconds": 600}}, "auction.offers"),
        ({}, {"reserve": "0" * 64}, "auction.reserve"),
        ({}, {"start_price": "1"}, "auction.start_price"),
        ({}, {"step": "0.00"}, "auction.step"),
        ({}, {"timed": None}, "auction.timed"),
        ({}, {"opens_at": "tomorrow"}, "auction.opens_at"),
        ({}, {"outage_seconds": 1}, "auction.outage_seconds"),
        ({}, {"countdown": 1}, "auction.countdown"),
        ({"deadline": "2030-01-01T00:00:00.000000Z"}, {}, "deadline"),
    ],
)
def test_what_a_draft_may_not_say_is_named(
    stage: Stage, changed: dict[str, Any], auction: dict[str, Any], field: str
) -> None:
    room = Salesroom(stage, changed=auction)
    assert refused(lambda: room.draft(**changed)).field == field


@pytest.mark.parametrize(
    ("changed", "auction", "field", "cites"),
    [
        ({"deposit": "199999.99"}, {}, "deposit", "国土资发〔2010〕34号"),
        ({}, {"least_bidders": 2}, "auction.least_bidders", "39号令 13、15、19"),
    ],
)
def test_a_notice_keeps_the_limits(
    stage: Stage, changed: dict[str, Any], auction: dict[str, Any], field: str, cites: str
) -> None:
    room = Salesroom(stage, "land-auction", auction)
    room.draft(**changed)
    refusal = refused(lambda: stage.clerk.post(f"/tenders/{stage.tender}/publication", {}))
    assert (refusal.field, refusal.cites) == (field, cites)


def test_a_notice_is_out_long_enough_and_a_listing_stands_as_long(stage: Stage) -> None:
    early = clock.text(stage.now().replace(microsecond=0) + timedelta(days=15))
    room = Salesroom(stage, changed={"opens_at": early})
    room.draft(deadline=early, questions_until=early, documents_offered_until=early)
    refusal = refused(lambda: stage.clerk.post(f"/tenders/{stage.tender}/publication", {}))
    assert refusal.field == "auction.opens_at"
    short = clock.text(room.opens_at + timedelta(days=9))
    room.changed = {"closes_at": short}
    room.draft()
    refusal = refused(lambda: stage.clerk.post(f"/tenders/{stage.tender}/publication", {}))
    assert refusal.field == "auction.closes_at"


def test_nobody_can_count_who_has_registered(stage: Stage) -> None:
    """What anybody reads is byte for byte the same with none, one and three numbers; so is the record."""
    room = Salesroom(stage)
    room.publish()
    stage.settle()
    paths = [f"/tenders/{stage.tender}{one}" for one in ("", "/auction", "/record", "/questions", "/papers")]

    def read() -> list[bytes]:
        return [stage.site.client().read(path) for path in paths]

    before = read()
    for number in (0, 1, 2):
        room.enter(number)
        stage.settle()
        assert read() == before
    assert len(set(room.numbers.values())) == 3
    assert all("number" not in one for one in stage.clerk.items(f"/tenders/{stage.tender}/auction/applications"))
    room.until(room.opens_at, "open")
    assert room.shown()["holders"] == {}
    assert [one.kind for one in record.of_tender(stage.clerk, stage.tender)] == ["tender_published"]
    live = httpx.stream("GET", f"{stage.site.url}/api/v1/tenders/{stage.tender}/auction/events", timeout=20)
    with live as answer:
        lines = answer.iter_lines()
        events = [next(line for line in lines if line.startswith("id: ")) for _ in range(1)]
    assert len(events[0]) == len("id: ") + 16


def test_who_looks_at_the_applications_is_noted(stage: Stage) -> None:
    room = Salesroom(stage)
    room.publish()
    room.apply(0)
    for _ in range(2):
        assert len(list(stage.clerk.items(f"/tenders/{stage.tender}/auction/applications"))) == 1
    with stage.site.desk.work.reading() as connection:
        seen = [one["seen"] for one in supervisor.accesses(connection, stage.tender)]
    assert seen.count("auction.applications") == 1


def test_a_lot_with_an_auction_takes_no_sealed_bid(stage: Stage) -> None:
    Salesroom(stage).publish()
    town, own = Town(stage), stage.bidder(0)
    body = {"kind": "bid", "part_sizes": [100, 10]}
    assert refused(lambda: own.client.post(f"/tenders/{stage.tender}/uploads", body)).reason == "not_sealed"
    assert refused(lambda: town.withdraw(own, "cd" * 32)).reason == "tender_unknown"


def test_who_has_no_number_is_not_refused_for_ever(stage: Stage) -> None:
    """Each refusal is decided under the lock that all bids wait for, and stands in the record."""
    room = Salesroom(stage)
    room.publish()
    own, desk = stage.bidder(0), stage.site.desk
    path = f"/tenders/{stage.tender}/auction/bids"

    def bid(sequence: int) -> ServerRefused:
        said = {
            "type": "sunbid/auction-bid/1",
            "origin": own.anchors.origin,
            "demonstration": True,
            "tender": stage.tender,
            "lot": "1",
            "bidder": "1",
            "price": f"{START}.00",
            "seen": "0" * 64,
            "sequence": sequence,
        }
        signed = {"statement": signing.sign(said, own.vault.signing_key("statement"))}
        return refused(lambda: own.client.post(path, signed))

    for sequence in range(1, MAX_REFUSALS_WITHOUT + 1):
        assert bid(sequence).reason == "not_registered"
    with desk.work.unit(Lock(stage.tender)):
        # Somebody else has the lock: it is not asked for.
        refusal = bid(MAX_REFUSALS_WITHOUT + 1)
    assert (refusal.status, refusal.reason) == (413, "refusals_many")
    room.enter(0)
    room.until(room.opens_at, "open")
    assert room.bid(0, START) == "accepted"


def test_an_applicant_is_admitted_once_or_refused_on_a_ground(stage: Stage) -> None:
    room = Salesroom(stage)
    room.publish()
    first = room.apply(0)
    assert refused(lambda: room.apply(0)).reason == "applied_already"
    assert refused(lambda: room.decide(first, "no_deposit")).field == "reason"
    assert refused(lambda: room.decide(first, "ugly", "不好看")).field == "clause"
    assert refused(lambda: room.decide("0" * 32)).field == "application"
    room.decide(first, "no_deposit", "保证金未到账。")
    assert room.own(0)["application"]["reason"] == "保证金未到账。"
    assert refused(lambda: room.decide(first)).reason == "decided_already"
    room.enter(0)
    assert room.own(0)["application"]["state"] == "admitted"
    own = stage._client(stage.clerk.get("/me")["organisation"], "bidder")
    path = f"/tenders/{stage.tender}/auction/applications"
    assert refused(lambda: own.post(path, {"statement": "本单位"})).reason == "own_auction"
    late = room.apply(1)
    room.until(room.opens_at, "open")
    assert room.own(1)["application"]["state"] == "lapsed"
    assert refused(lambda: room.decide(late)).reason == "registration_over"
    assert refused(lambda: room.apply(2)).reason == "registration_over"


def test_what_a_supervisor_has_stopped_the_agency_does_not_let_go_on(stage: Stage) -> None:
    room = Salesroom(stage)
    room.publish()
    room.enter(0)
    room.until(room.opens_at, "open")
    path = f"/tenders/{stage.tender}/auction"
    other = stage._client(stage.site.organisation(code(960), "另一出让人"), "agency")
    assert refused(lambda: other.post(f"{path}/stops", {"ground": "inquiry"})).status == 404
    assert refused(lambda: stage.clerk.post(f"{path}/stops", {"ground": "planning"})).field == "ground"
    stage.supervisor.post(f"{path}/stops", {"ground": "ruling"})
    assert room.bid(0, START) == "suspended"
    soon = {"resumes_at": clock.text(stage.now() + timedelta(days=3))}
    later = {"resumes_at": clock.text(stage.now() + timedelta(days=7))}
    assert refused(lambda: stage.clerk.post(f"{path}/announcements", later)).reason == "stopped_by_supervisor"
    refusal = refused(lambda: stage.supervisor.post(f"{path}/announcements", soon))
    assert (refusal.field, refusal.cites) == ("resumes_at", "太仓规则 25-26（地方规则）")
    assert refused(lambda: stage.supervisor.post(f"{path}/resumptions", {})).field == "ground"
    stage.supervisor.post(f"{path}/announcements", later)
    assert room.shown()["stopped"]["resumes_at"] == later["resumes_at"]
    stage.pass_until(clock.parse(later["resumes_at"]))
    stage.until(lambda: room.shown()["stopped"] is None)
    assert room.bid(0, START) == "accepted"
    stage.clerk.post(f"{path}/stops", {"ground": "inquiry"})
    stage.clerk.post(f"{path}/resumptions", {})


@pytest.mark.parametrize(
    ("procedure", "entered", "result"),
    [("land-listing", 1, "no_bids"), ("land-auction", 2, "too_few_bidders")],
)
def test_an_auction_that_sells_nothing_ends_the_lot(stage: Stage, procedure: str, entered: int, result: str) -> None:
    room = Salesroom(stage, procedure)
    room.publish()
    room.enter(*range(entered))
    stage.keep_tokens()
    stage.pass_until(room.opens_at)
    stage.until(lambda: room.shown()["phase"] != "waiting")
    if room.shown()["phase"] == "open":
        # So long a jump is an outage: what is left then is at least as long as the terms say.
        stage.pass_until(room.closes_at)
        stage.until(lambda: room.shown()["log"][0]["event"] == "interrupted")
        room.through("ended")
    assert (room.shown()["result"], stage.stage()) == (result, "failed")
    check_dossier(stage, stage.folder)


def test_a_supervisor_ends_an_auction_and_nobody_cancels_one(stage: Stage) -> None:
    room = Salesroom(stage)
    room.publish()
    room.enter(0, 1)
    path = f"/tenders/{stage.tender}"
    why = {"reason": "plan_changed", "detail": "计划变更"}
    assert refused(lambda: stage.clerk.post(f"{path}/failure", why)).reason == "act_not_in_stage"
    change = {"reason": "更正", "affects_bids": False, "changes": {"scope": "另一宗地"}}
    assert refused(lambda: stage.clerk.post(f"{path}/amendments", change)).reason == "act_not_in_stage"
    assert refused(lambda: stage.supervisor.post(f"{path}/holds", {"reason": "投诉"})).reason == "act_not_in_stage"
    room.until(room.opens_at, "open")
    assert room.bid(0, START) == "accepted"
    stage.supervisor.post(f"{path}/auction/terminations", {"ground": "planning"})
    assert (room.shown()["result"], stage.stage()) == ("terminated", "failed")
    assert room.bid(1, START + STEP) == "after_end"
    check_dossier(stage, stage.folder)


def test_only_the_winner_of_the_auction_is_awarded(stage: Stage) -> None:
    room = Salesroom(stage, "land-auction")
    room.publish()
    winner = room.sell()
    loser = next(stage.bidder(number).code for number in room.numbers if stage.bidder(number).code != winner)
    assert refused(lambda: room.award(loser)).field == "winner"
    why = {"reason": "plan_changed", "detail": "计划变更"}
    stage.clerk.post(f"/tenders/{stage.tender}/failure", why)
    room.award(winner)
    assert refused(lambda: room.award(winner)).reason in {"awarded_already", "act_not_in_stage"}
    for one in room.own(0)["receipts"]:
        found = stage.bidder(0).client.get(f"/receipts/{one['receipt']}")
        assert found["acceptance"]["object"]["receipt"] == one["receipt"]
