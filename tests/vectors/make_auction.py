"""Make the vectors of auctions again: ``python -m tests.vectors.make_auction``. One short course of each kind."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.auctions import decide, events
from notary import signing
from tests.bidding.hall import FREE, MILLION, START, Hall, hall
from trading.auctions import codec

FILE = Path(__file__).parent / "auction" / "auction.json"
STATEMENTS = FILE.with_name("statements.json")
STEP = 10_000_00


def links(one: Hall) -> list[dict[str, Any]]:
    """The records of an auction's events."""
    made: list[dict[str, Any]] = []
    head = None
    for number, event in enumerate(one.events, 1):
        made.append(events.link(event, number, head))
        head = events.link_id(event, number, head)
    return made


def english() -> Hall:
    one = hall("english", reserve="a" * 64).at(START + FREE - timedelta(seconds=60))
    one.bid("1", MILLION)
    one.bid("2", MILLION + 2 * STEP)
    one.after(seconds=120)
    one.do(lambda state, now: decide.reveal(one.terms, state, now, MILLION + STEP))
    return one


def listing() -> Hall:
    one = hall("listing").at(START + FREE - timedelta(minutes=30))
    one.bid("1", MILLION)
    one.bid("2", MILLION + STEP)
    one.after(minutes=45)
    one.bid("3", MILLION + 2 * STEP)
    one.stop("ruling")
    one.announce(one.now + timedelta(hours=1))
    one.after(hours=1).outage(seconds=40)
    return one.after(minutes=5)


def capped() -> Hall:
    one = hall("capped").at(START + timedelta(minutes=1))
    one.bid("1", MILLION + 5 * STEP)
    for number in ("3", "2"):
        one.offer(number)
    one.after(minutes=10)
    one.open(of_2=MILLION + 7 * STEP, of_3=MILLION + 7 * STEP)
    one.do(lambda state, now: decide.draw(one.terms, state, now, "2"))
    return one


def sealed_offer() -> Hall:
    one = hall("sealed_offer").at(START)
    for number in ("3", "2", "1"):
        one.offer(number)
    one.after(minutes=10)
    one.open(of_1=None, of_2=MILLION, of_3=MILLION)
    return one


def descending_rounds() -> Hall:
    one = hall("descending_rounds").at(START + timedelta(minutes=1))
    for price in (MILLION - STEP, MILLION - 2 * STEP, MILLION - 2 * STEP):
        one.bid(str(one.state.turn), price)
    return one.after(minutes=20)


def terminated() -> Hall:
    one = hall("listing").at(START)
    one.stop("inquiry")
    one.resume()
    one.do(lambda state, now: decide.terminate(one.terms, state, now, "planning"))
    return one


COURSES = (english, listing, capped, sealed_offer, descending_rounds, terminated)


def good() -> list[dict[str, Any]]:
    """Each course: its terms, its records, their ids, and what they come to."""
    return [_told(course.__name__, course()) for course in COURSES]


def _told(name: str, one: Hall) -> dict[str, Any]:
    state, made = one.state, links(one)
    ids = [events.link_id(event, n, made[n - 1]["previous"]) for n, event in enumerate(one.events, 1)]
    result = codec.plain(one.events[-1]) if one.phase == "ended" else None
    terms = codec.plain(one.terms)
    return {"name": name, "terms": terms, "links": made, "ids": ids, "view": state.view, "last": result}


def bad() -> list[dict[str, Any]]:
    """Records that a replay must refuse, each made of the listing by one change; chained anew where that is told."""
    one = listing()
    bids = [place for place, event in enumerate(one.events) if isinstance(event, events.Bid)]
    changes: dict[str, list[events.Event]] = {
        "bid_dropped": one.events[: bids[1]] + one.events[bids[1] + 1 :],
        "bids_swapped": [*one.events[: bids[0]], one.events[bids[1]], one.events[bids[0]], *one.events[bids[1] + 1 :]],
        "ended_twice": [*one.events, one.events[-1]],
        "no_outage": [event for event in one.events if not isinstance(event, events.Interrupted)],
        "never_resumed": [event for event in one.events if not isinstance(event, events.Resumed)],
    }
    told = []
    for name, listed in changes.items():
        other = copy.copy(one)
        other.events = listed
        told.append({"name": name, "terms": codec.plain(one.terms), "links": links(other)})
    kept = links(one)
    told.append({"name": "link_dropped", "terms": codec.plain(one.terms), "links": kept[:2] + kept[3:]})
    return told


def statements() -> list[dict[str, Any]]:
    """What bidders sign, with the key (hex) that signs: the object, its id, the signed object."""
    told = []
    for number, (type_, more) in enumerate(SAID, 1):
        private = bytes([number]) * 32
        value = {
            "type": type_,
            "origin": "sunbid.example/log",
            "demonstration": number % 2 == 1,
            "tender": "YZ-431102-TD-2026-0001",
            "lot": "1",
            "bidder": str(number),
            "seen": f"{number:064x}",
            "sequence": number,
            **more,
        }
        signed = signing.sign(value, Ed25519PrivateKey.from_private_bytes(private))
        told.append({"private_key": private.hex(), "id": signing.object_id(value), "signed": signed})
    return told


SAID: tuple[tuple[str, dict[str, Any]], ...] = (
    ("sunbid/auction-bid/1", {"price": "1010000.00"}),
    ("sunbid/auction-bid/1", {"price": "0.01", "sequence": 2**31 - 1}),
    ("sunbid/auction-bid/1", {"price": "9999999999999.99", "bidder": "999999"}),
    ("sunbid/auction-offer/1", {"sealed": "ab" * 32}),
)


def main() -> None:
    """Write the files."""
    FILE.parent.mkdir(exist_ok=True)
    for file, content in ((FILE, {"good": good(), "bad": bad()}), (STATEMENTS, {"statements": statements()})):
        file.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
