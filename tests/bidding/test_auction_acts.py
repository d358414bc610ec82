"""Auctions in the database: each bid decided in one unit, its answer signed, the chain in the record."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api import upkeep
from api.tools.bidder import Bidder
from bidding.acts import auction_bids, auctions
from bidding.acts.auctions import Floor
from bidding.auctions import events
from bidding.auctions.replay import replay, unchained
from bidding.auctions.state import State
from bidding.rows import auction_events
from bidding.statements import Signed
from bidding.views import auction as views
from notary import canonical, receipts, signing
from notary.anchors import parse
from notary.errors import Refusal
from notary.rows import entries
from notary.work import Lock, Unit
from tests.auctioning import Salesroom
from tests.bidding.hall import TAICANG
from tests.serving import OPERATOR, ORIGIN, site
from tests.stage import AGENCY, TENDER, Stage
from trading.acts import stages
from trading.auctions import codec
from trading.caller import Caller

STEP = 10_000
DAY = 24 * 3600
PIECE = timedelta(hours=20)
PROCEDURES = {"listing": "land-listing", "english": "land-auction"}


class Room:
    """A published lot with an auction of this kind. Bidders go by one digit: 1 and 2 have numbers, 3 has none."""

    def __init__(self, stage: Stage, kind: str, **changed: Any) -> None:
        self.stage, self.work, self.floor = stage, stage.site.desk.work, Floor()
        self.salesroom = Salesroom(stage, PROCEDURES[kind], {"outage_seconds": DAY} | changed)
        self.salesroom.publish()
        self.start, self.end = self.salesroom.opens_at, self.salesroom.closes_at
        self.bidders = {number: stage.bidder(int(number)) for number in ("1", "2", "3")}
        # A fourth only makes up the number that an English auction wants.
        self.salesroom.enter(1, 2, 4)
        self.numbers = {str(place): number for place, number in self.salesroom.numbers.items()} | {"3": "1"}
        self.sequence, self.anchors = 0, parse(stage.anchors())
        self.clerk = Caller("", AGENCY, frozenset({"agency"}))
        self.supervisor = Caller("", OPERATOR, frozenset({"supervisor"}))

    def unit(self) -> Any:
        return self.work.unit(Lock(TENDER))

    def row(self, unit: Unit) -> stages.Tender:
        return stages.load(unit.connection, TENDER)

    def until(self, moment: datetime) -> None:
        """Time passes, and the platform looks at the clock, so often that nothing of it is an outage."""
        while (left := moment - self.stage.now()) > PIECE:
            self.stage.pass_time(min(left, PIECE))
            self.stage.site.tick()
        self.stage.pass_until(moment)
        self.stage.site.tick()

    def state(self) -> State:
        with self.work.reading() as connection:
            return self.floor.load(connection, TENDER).state

    def statement(self, number: str, yuan: int, seen: str | None = None, sequence: int | None = None) -> dict[str, Any]:
        self.sequence += 1
        return {
            "type": "sunbid/auction-bid/1",
            "origin": ORIGIN,
            "demonstration": True,
            "tender": TENDER,
            "lot": "1",
            "bidder": self.numbers[number],
            "price": f"{yuan}.00",
            "seen": seen or self.state().view,
            "sequence": sequence or self.sequence,
        }

    def send(self, own: Bidder, said: dict[str, Any], floor: Floor | None = None) -> dict[str, Any]:
        """What the server answers to a signed statement."""
        signed = Signed(**signing.sign(said, own.vault.signing_key("statement")))
        caller, signer = Caller("", own.code, frozenset({"bidder"})), self.stage.site.desk.signer
        with self.work.reading() as connection:
            prepared = auction_bids.prepare(connection, caller, TENDER, signed, signer)
        with self.unit() as unit:
            return auction_bids.decide_bid(unit, floor or self.floor, self.row(unit), caller, prepared, signer)

    def bid(self, number: str, yuan: int, **told: Any) -> str:
        """accepted, or the reason of the refusal; the answer is signed either way."""
        own = self.bidders[number]
        answer = self.send(own, self.statement(number, yuan, **told))
        checked = receipts.check(answer, self.anchors, own.vault.public_key("statement"))
        reason = answer["acceptance"]["object"].get("reason", "accepted")
        assert checked.refused == (reason != "accepted")
        return str(reason)

    def chain(self) -> list[dict[str, Any]]:
        """The links as the rows have them; each is what its entry says."""
        with self.work.reading() as connection:
            rows = connection.execute(
                select(auction_events.c.link, entries.c.body, entries.c.time, auction_events.c.at)
                .join(entries, entries.c.commitment == auction_events.c.leaf)
                .where(auction_events.c.tender == TENDER)
                .order_by(auction_events.c.number)
            ).all()
        links = [canonical.loads(row.link.encode()) for row in rows]
        assert [canonical.loads(row.body.encode())["link"] for row in rows] == links
        assert all(row.time == row.at for row in rows)
        return links

    def hidden(self) -> set[str]:
        """The kinds of entries of the auction that are not disclosed."""
        with self.work.reading() as connection:
            found = select(entries.c.kind).where(entries.c.tender == TENDER, entries.c.disclosed.is_(False))
            return set(connection.execute(found).scalars())


@pytest.fixture
def stage(tmp_path: Path, database_url: str) -> Iterator[Stage]:
    with site(tmp_path / "home", database_url) as running:
        made = Stage(running, tmp_path / "parties")
        yield made
        assert upkeep.fsck(running.desk.settings) == []


def test_a_listing_from_the_first_bid_to_the_result(stage: Stage) -> None:
    room = Room(stage, "listing", timed=TAICANG)
    assert room.bid("1", 1_000_000, seen="0" * 64) == "not_started"
    room.until(room.start)
    assert room.bid("1", 1_000_000) == "accepted"
    stale = room.state().view
    assert room.bid("2", 1_000_000 + STEP) == "accepted"
    assert room.bid("1", 1_000_000 + 2 * STEP, seen=stale) == "view_stale"
    assert room.bid("1", 1_000_000 + STEP) == "not_above_by_step"
    assert room.bid("1", 1_000_000 + 2 * STEP, sequence=1) == "replayed"
    assert room.bid("3", 1_000_000 + 2 * STEP) == "not_registered"
    assert room.hidden() == {"auction_number", "auction_event", "auction_statement", "auction_refused"}
    room.until(room.end)
    room.until(stage.now() + timedelta(seconds=1))
    assert room.state().phase == "timed"
    assert room.bid("1", 1_000_000 + 2 * STEP) == "accepted"
    end = room.state().ends_at
    assert end is not None
    room.until(end)
    state = room.state()
    assert (state.phase, state.result, state.winner, state.price) == ("ended", "sold", room.numbers["1"], 102_000_000)
    assert room.bid("2", 1_000_000 + 3 * STEP) == "after_end"
    assert room.hidden() == set()
    with room.work.reading() as connection:
        assert auctions.due(connection, stage.now() + timedelta(days=2)) == []
        loaded = Floor().load(connection, TENDER)
    assert loaded.state == state == replay(loaded.terms, unchained(room.chain()))
    assert codec.plain(loaded.terms)["timed"] == TAICANG


def test_the_view_of_a_public_bid_does_not_tell_how_many_are_registered(stage: Stage) -> None:
    """All of a bid is public or can be guessed, but for its number and its salt: so no salt may be, nor be known."""
    room = Room(stage, "english")
    room.until(room.start)
    assert room.bid("1", 1_000_000) == "accepted"
    salts = [link["event"]["salt"] for link in room.chain()]
    assert len({*salts, events.UNSALTED}) == len(salts) + 1
    with room.work.reading() as connection:
        shown = canonical.dumps(views.shown(connection, room.floor, TENDER)).decode()
    assert not [salt for salt in salts if salt in shown]


class _Broken(Exception):
    """Something fails before the commit."""


def _stop_and_break(room: Room) -> None:
    with room.unit() as unit:
        auctions.stop(unit, room.floor, room.row(unit), room.clerk, "inquiry")
        raise _Broken


def test_another_process_and_one_that_was_rolled_back_see_the_same_auction(stage: Stage) -> None:
    room = Room(stage, "english")
    room.until(room.start)
    said = room.statement("1", 1_000_000)

    with pytest.raises(_Broken):
        _stop_and_break(room)
    other = Floor()
    assert "reason" not in room.send(room.bidders["1"], said, other)["acceptance"]["object"]
    with room.work.reading() as connection:
        assert room.floor.load(connection, TENDER) == other.load(connection, TENDER) == Floor().load(connection, TENDER)


def test_a_freeze_stops_bids_and_an_outage_starts_the_time_anew(stage: Stage) -> None:
    room = Room(stage, "english", outage_seconds=30)
    room.until(room.start)
    with room.unit() as unit:
        auctions.stop(unit, room.floor, room.row(unit), room.clerk, "inquiry")
    assert room.bid("1", 1_000_000) == "suspended"
    with room.unit() as unit:
        auctions.resume(unit, room.floor, room.row(unit), room.clerk)
    assert room.bid("1", 1_000_000) == "accepted"
    stage.pass_until(room.end + timedelta(hours=2))  # nobody was there at the end
    assert room.bid("2", 1_000_000 + STEP) == "view_stale"  # the interruption is what must be seen now
    assert room.bid("2", 1_000_000 + STEP) == "accepted"
    assert [link["event"]["event"] for link in room.chain()].count("interrupted") == 1


def test_a_refused_act_of_the_agency_changes_nothing(stage: Stage) -> None:
    room = Room(stage, "english")
    before = room.chain()
    acts: list[Callable[[Unit], object]] = [
        lambda unit: auctions.resume(unit, room.floor, room.row(unit), room.clerk),
        lambda unit: auctions.terminate(unit, room.floor, room.row(unit), room.supervisor, "inquiry"),
        lambda unit: auctions.give_number(unit, room.floor, room.row(unit), room.bidders["1"].code, "9"),
        lambda unit: auctions.give_number(unit, room.floor, room.row(unit), room.bidders["3"].code, room.numbers["1"]),
    ]
    for act in acts:
        with pytest.raises(Refusal), room.unit() as unit:
            act(unit)
    assert room.chain() == before


def test_many_at_once_rise_one_after_the_other(stage: Stage) -> None:
    """Two bidders in eight threads, each on a floor of its own as in a process of its own."""
    room = Room(stage, "english")
    room.until(room.start)
    accepted, lock = [], threading.Lock()

    def crowd(number: str) -> None:
        own, floor = room.bidders[number], Floor()
        for _ in range(6):
            with lock:
                state = room.state()
                price = 1_000_000 if state.leading is None else state.leading.price // 100 + STEP
                said = room.statement(number, price)
            answer = room.send(own, said, floor)["acceptance"]["object"]
            if answer["type"] == receipts.ACCEPTANCE:
                accepted.append(price)

    threads = [threading.Thread(target=crowd, args=(number,)) for number in ("1", "2") * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bids = [link["event"]["price"] for link in room.chain() if link["event"]["event"] == "bid"]
    assert bids == [f"{1_000_000 + place * STEP}.00" for place in range(len(accepted))]
    assert len(bids) >= 6


def test_a_tick_looks_where_something_is_due_or_nobody_has_looked_for_long(stage: Stage) -> None:
    room = Room(stage, "english", outage_seconds=3600 * 3)
    with room.work.reading() as connection:
        assert auctions.due(connection, room.start - timedelta(seconds=1)) == []
        assert auctions.due(connection, room.start) == [TENDER]
