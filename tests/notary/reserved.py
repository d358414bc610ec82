"""The reserve price of an auction in a record, by docs/spec/auction.md alone: sealed, listed, opened, or destroyed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.notary.sealed import Envelope
from tests.notary.terms import SCHEMA, SCHEMA_TYPE
from tests.notary.world import LOT, TENDER, public, record_id, signed, subtree

if TYPE_CHECKING:
    from tests.notary.auction_builder import AuctionStory

AGENCY = "91430000MA4LAGENCY"
#: The form of one price.
PRICE = SCHEMA | {"procedure": "land-listing", "fields": SCHEMA["fields"][:1]}
#: Records with a reserve price, and what is inside.
RESERVED = {
    "auction_reserve_met": "1030000.00",
    "auction_both_opened": "1050000.00",
    "auction_reserve_missed": "1030000.01",
    "auction_reserve_unbid": "1000000.00",
    "auction_reserve_of_spoilt": "9990000.00",
    "auction_reserve_terminated": "1000000.00",
    "auction_sold_below_reserve": "1030000.01",
    "auction_reserve_altered": "1030000.01",
    "auction_reserve_swapped": "1030000.01",
    "auction_reserve_called_spoilt": "1030000.01",
    "auction_reserve_closed_early": "1030000.00",
    "auction_reserve_of_few": "1030000.00",
    "auction_reserve_destroyed_too": "1030000.00",
    "auction_reserve_not_destroyed": "1000000.00",
    "auction_reserve_miscounted": "1030000.00",
    "auction_reserve_listed_unbid": "1000000.00",
    "auction_reserve_unlisted": "1030000.00",
    "auction_reserve_key_forged": "1030000.00",
    "auction_reserve_key_wrong": "1030000.00",
    "auction_reserve_key_early": "1030000.00",
}
#: Records with sealed offers behind a cap, of 8 and 9, and what is inside.
OFFERED = {
    "auction_offers_opened": ("1040000.00", "1050000.00"),
    "auction_both_opened": ("1040000.00", "1050000.00"),
    "auction_offers_terminated": ("1040000.00", "1050000.00"),
    "auction_offer_altered": ("1040000.00", "1050000.00"),
    "auction_offer_unlisted": ("1040000.00", "1050000.00"),
    "auction_offer_spared": ("1040000.00", "1050000.00"),
    "auction_offer_copied": ("1040000.00", "1040000.00"),
    "auction_offers_not_destroyed": ("1040000.00", "1050000.00"),
}
#: Those in which nobody bids.
UNBID = ("auction_reserve_unbid", "auction_reserve_not_destroyed", "auction_reserve_listed_unbid")


class Sealing:
    """Trustees, and what is sealed to them: envelopes of one kind."""

    def __init__(self, story: AuctionStory, kind: str) -> None:
        self.story, self.w, self.fault, self.kind = story, story.w, story.fault, kind
        self.sealed: list[Envelope] = []
        self.private = {name: self.w.x25519() for name in self.w.trustees}
        trustees = [
            {"identity": public(key), "opening_key": public(self.private[name]), "trustee": name}
            for name, key in self.w.trustees.items()
        ]
        self.key_set: dict[str, Any] = {
            "demonstration": self.w.demonstration, "evaluation_key": public(self.w.x25519()),
            "form_schema": record_id(SCHEMA_TYPE, PRICE), "kind": kind, "lot": LOT, "tender": TENDER,
            "origin": self.w.origin, "quorums": [["T1", "T2"], ["T1", "T3"], ["T2", "T3"]], "suite": 1,
            "trustees": trustees, "type": "sunbid/key-set/1",
        }  # fmt: skip
        self.key_set_id = record_id("sunbid/key-set/1", self.key_set)
        signatures = {name: signed(self.key_set, key)["signature"] for name, key in self.w.trustees.items()}
        self.w.add("key_set_signed", {"key_set": self.key_set, "signatures": signatures})

    def seal(self, sealer: str, price: str, spoilt: str = "") -> Envelope:
        base = {"bidder": sealer, "key_set": self.key_set_id, "kind": self.kind, "lot": LOT, "tender": TENDER}
        self.sealed.append(Envelope(self.w, base, self.key_set, {"price": price}, spoilt))
        return self.sealed[-1]

    def list_them(self, ids: list[str], seconds: float, **wrong: Any) -> None:
        """The entry that says what is to be opened, at the end of the bidding."""
        root = subtree([bytes.fromhex(id_) for id_ in sorted(ids)])
        body = {
            "count": len(ids), "envelopes": sorted(ids), "event": self.story.head, "kind": self.kind,
            "root": root.hex(),
        }  # fmt: skip
        self.story.add("auction_closed", body | wrong, seconds)

    def release(self, name: str, point: dict[str, Any]) -> None:
        private = self.w.x25519() if self.fault == "auction_reserve_key_wrong" else self.private[name]
        release = {
            "type": "sunbid/release/1", "tender": TENDER, "lot": LOT, "key_set": self.key_set_id, "trustee": name,
            "private_key": private.private_bytes_raw().hex(), "checkpoint": point,
        }  # fmt: skip
        signer = self.w.ed25519() if self.fault == "auction_reserve_key_forged" else self.w.trustees[name]
        self.w.add("key_released", {"release": self.w.sign(release, signer)})

    def destroy(self, envelope: str, accepted: str, reason: str) -> None:
        told = {"accepted": accepted, "envelope": envelope, "kind": self.kind, "reason": reason}
        self.w.add("envelope_destroyed", told)


class Reserve:
    """The grantor's sealed price and the trustees who open it."""

    def __init__(self, story: AuctionStory) -> None:
        self.story, self.fault, self.keys = story, story.fault, Sealing(story, "reserve")
        self.sealed = self.keys.seal(AGENCY, RESERVED[self.fault], "form_closed" if "of_spoilt" in self.fault else "")
        self.point = story.w.checkpoint()

    def list_it(self, seconds: float) -> None:
        if self.fault == "auction_reserve_swapped":
            self.sealed = self.keys.seal(AGENCY, "1000000.00")
        if self.fault != "auction_reserve_unlisted":
            wrong = {"count": 2} if self.fault == "auction_reserve_miscounted" else {}
            self.keys.list_them([self.sealed.id], seconds, **wrong)

    def reveal(self, seconds: float) -> str:
        """The trustees release, and the price is opened; what the auction comes to."""
        if self.fault != "auction_reserve_key_early":
            self.point = self.story.w.checkpoint()
        for name in ("T1",) if self.fault == "auction_reserve_of_few" else ("T1", "T3"):
            self.keys.release(name, self.point)
        price: str | None = RESERVED[self.fault]
        if self.fault in {"auction_reserve_altered", "auction_reserve_swapped"}:
            price = "1000000.00"
        if self.fault in {"auction_reserve_of_spoilt", "auction_reserve_called_spoilt"}:
            price = None
        self.story.event("revealed", seconds, price=price)
        if self.fault == "auction_reserve_destroyed_too":
            self.destroy("no_bids")
        return "sold" if self.fault != "auction_reserve_missed" else "below_reserve"

    def destroy(self, reason: str) -> None:
        if self.fault != "auction_reserve_not_destroyed":
            self.keys.destroy(self.sealed.id, self.story.seen, reason)

    @property
    def opened(self) -> list[Envelope]:
        """What the dossier has of it: nothing, where it was never opened."""
        return [self.sealed] if self.story.happened("revealed") else []


class Offers:
    """The sealed offers of 8 and 9, behind the cap."""

    def __init__(self, story: AuctionStory) -> None:
        self.story, self.fault, self.keys = story, story.fault, Sealing(story, "offer")
        self.made: dict[str, Envelope] = {}

    def make(self, seconds: float) -> None:
        for place, (number, price) in enumerate(zip(("8", "9"), OFFERED[self.fault], strict=True)):
            copied = self.fault == "auction_offer_copied" and number == "9"
            envelope = self.made["8"] if copied else self.keys.seal(number, price)
            self.made[number] = envelope
            self.story.offer(number, envelope.id, seconds + place)

    def list_them(self, seconds: float) -> None:
        ids = {envelope.id for envelope in self.made.values()}
        if self.fault == "auction_offer_unlisted":
            ids = {self.made["9"].id}
        self.keys.list_them(sorted(ids), seconds)

    def open(self, seconds: float) -> tuple[str, str]:
        """The trustees release, and all are opened; who wins at what price."""
        point = self.story.w.checkpoint()
        for name in ("T2", "T3"):
            self.keys.release(name, point)
        prices: dict[str, str | None] = dict(zip(("8", "9"), OFFERED[self.fault], strict=True))
        if self.fault == "auction_offer_altered":
            prices["9"] = "1030000.00"
        if self.fault == "auction_offer_spared":
            prices["9"] = None
        self.story.event("opened", seconds, prices=prices)
        best = max((price, -int(number), number) for number, price in prices.items() if price)
        return best[2], best[0]

    def destroy(self, reason: str) -> None:
        if self.fault != "auction_offers_not_destroyed":
            for number, envelope in self.made.items():
                self.keys.destroy(envelope.id, self.story.taken[number], reason)

    @property
    def opened(self) -> list[Envelope]:
        found = {envelope.id: envelope for envelope in self.made.values()} if self.story.happened("opened") else {}
        return [found[id_] for id_ in sorted(found)]
