"""The stand-alone verifier on auctions: clean records pass, each lie is found by the check for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings

from bidding.auctions import decide, events
from bidding.auctions.state import BEGINNING, State, apply
from notary import clock, verify
from notary.errors import Refusal
from tests.bidding.hall import MILLION, START, Hall
from tests.bidding.test_auction_properties import STEP, auctions
from tests.notary.auction_builder import AUCTION_FAULTS, AUCTION_GOOD, AUCTION_UNSURE, AuctionStory
from tests.notary.dossier_builder import packed
from tests.notary.verifying import anchors_of, dossier_report, failed, refused, results
from tests.notary.world import World, public
from trading.auctions import codec

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "auction" / "auction.json").read_text("utf-8"))


@pytest.mark.parametrize("story", AUCTION_GOOD)
def test_a_clean_auction_passes(story: str, tmp_path: Path) -> None:
    world = World(1)
    report = dossier_report(tmp_path, AuctionStory(world, story).dossier(), anchors_of(world))
    assert report is not None
    assert report.exit_code() == 0, list(report.lines())
    made = "not_applicable" if story == "auction_cancelled" else "passed"
    assert (results(report)[16], results(report)[18]) == (made, made)


@pytest.mark.parametrize(
    ("check", "fault"), [(check, fault) for check, faults in AUCTION_FAULTS.items() for fault in faults]
)
def test_each_lie_is_found(check: int, fault: str, tmp_path: Path) -> None:
    world = World(2)
    report = dossier_report(tmp_path, AuctionStory(world, fault).dossier(), anchors_of(world))
    assert report is not None
    assert refused(report)
    assert check in failed(report), list(report.lines())
    assert not failed(report) & {1, 2, 3, 4}


@pytest.mark.parametrize(("story", "check"), AUCTION_UNSURE.items())
def test_what_the_record_does_not_show_is_not_passed(story: str, check: int, tmp_path: Path) -> None:
    world = World(3)
    report = dossier_report(tmp_path, AuctionStory(world, story).dossier(), anchors_of(world))
    assert report is not None
    assert [o.number for o in report.outcomes if o.result not in {"passed", "not_applicable"}] == [check]
    assert report.exit_code() == 3


def test_receipts_of_bids_and_refusals_against_the_dossier(tmp_path: Path) -> None:
    world = World(4)
    story = AuctionStory(world)
    (tmp_path / "d.zip").write_bytes(story.dossier())
    keys = {organisation: public(story.keys[number]) for number, organisation in story.organisations.items()}
    kinds = []
    for receipt in story.receipts:
        said = receipt["acceptance"]["object"]
        given = [bytes.fromhex(keys[said["bidder"]])]
        report = verify.verify_receipt(json.dumps(receipt).encode(), anchors_of(world), tmp_path / "d.zip", given)
        found = results(report)
        assert (found[1], found[2], found[3], found[5]) == ("passed",) * 4, list(report.lines())
        kinds.append(said["type"])
    assert kinds.count("sunbid/acceptance/1") == 4
    assert kinds.count("sunbid/refusal/1") == 4


def test_a_bid_that_was_dropped_together_with_its_traces(tmp_path: Path) -> None:
    """The record agrees with itself; the receipt is the evidence."""
    world, other = World(4), World(4)
    story, without = AuctionStory(world), AuctionStory(other, "auction_no_bids")
    (tmp_path / "d.zip").write_bytes(without.dossier())
    receipt = json.dumps(story.receipts[-2]).encode()
    report = verify.verify_receipt(receipt, anchors_of(other), tmp_path / "d.zip", [])
    assert results(report)[5] == "failed"


def test_each_entry_that_is_left_out_shows(tmp_path: Path) -> None:
    """But a refusal, on which nothing rests, and the award at the end."""
    world = World(5)
    story = AuctionStory(world)
    frame, left_out = json.loads(story.members()["dossier.json"]), set[str]()
    for place, entry in enumerate(frame["entries"]):
        less = frame | {"entries": frame["entries"][:place] + frame["entries"][place + 1 :]}
        report = dossier_report(tmp_path, packed({"dossier.json": rfc8785.dumps(less)}), anchors_of(world))
        if not refused(report):
            left_out.add(entry["head"]["kind"])
    assert left_out == {"auction_refused", "lot_awarded"}


@settings(max_examples=150, deadline=None)
@given(auctions())
def test_it_decides_as_the_rules_do(one: Hall) -> None:
    """Any auction: the same course, and what could have been said at each place is refused for the same reason."""
    course, state = verify.Course(verify.figures(codec.plain(one.terms))), BEGINNING
    for event in one.events:
        assert probed(course, state) == asked(one, state)
        told = verify.figures(events.plain(event))
        id_ = events.link_id(event, state.number + 1, state.head)
        signs = told["event"] in {"bid", "offer"}
        assert (course.take(told, id_, told | {"seen": course.view}) if signs else course.follow(told, id_)) is None
        state = apply(one.terms, state, event)
        assert (course.phase, course.head, course.view) == (state.phase, state.head, state.view)


def probes(state: State) -> Iterator[tuple[dict[str, Any], datetime]]:
    """Statements that could have been made, and when."""
    for bidder, steps, odd in (("1", 1, 0), ("2", 2, 0), ("3", 1, 1), ("1", 0, 0), ("9", 1, 0)):
        own = state.bidders[bidder].price if bidder in state.bidders and state.round else None
        price = state.leading.price + steps * STEP if state.leading else MILLION - steps * STEP + STEP
        said = {"bidder": bidder, "price": (own - steps * STEP if own else price) + odd, "seen": state.view}
        for sequence, now in ((1, state.at), (99, state.at), (99, state.ends_at)):
            yield said | {"sequence": sequence}, max(now or START, state.at or START)


def probed(course: verify.Course, state: State) -> list[str | None]:
    return [course.refusal(verify.micros(clock.text(now)), said) for said, now in probes(state)]


def asked(one: Hall, state: State) -> list[str | None]:
    found: list[str | None] = []
    for said, now in probes(state):
        try:
            decide.bid(one.terms, state, now, statement="0" * 64, **said)
            found.append(None)
        except Refusal as refusal:
            found.append(refusal.reason)
    return found


def follow(vector: dict[str, Any]) -> verify.Course:
    """The course of a vector, each bidder having seen what stood before it."""
    assert verify.terms_fault(vector["terms"]) is None
    course = verify.Course(verify.figures(vector["terms"]))
    for link in vector["links"]:
        event, id_ = verify.placed(course, link), verify.record_id("sunbid/auction-event/1", link)
        told = verify.figures(event)
        signs = event["event"] in {"bid", "offer"}
        reason = course.take(told, id_, told | {"seen": course.view}) if signs else course.follow(told, id_)
        verify.need(reason is None, "", str(reason))
    return course


@pytest.mark.parametrize("vector", VECTORS["good"], ids=lambda vector: str(vector["name"]))
def test_a_good_course(vector: dict[str, Any]) -> None:
    course = follow(vector)
    assert (course.head, course.view, course.phase) == (vector["ids"][-1], vector["view"], "ended")


@pytest.mark.parametrize("vector", VECTORS["bad"], ids=lambda vector: str(vector["name"]))
def test_a_bad_course(vector: dict[str, Any]) -> None:
    with pytest.raises(verify.Failed):
        follow(vector)
