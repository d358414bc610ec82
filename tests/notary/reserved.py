"""The reserve price of an auction in a record, by docs/spec/auction.md alone: sealed, listed, opened, or destroyed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.notary.sealed import Envelope
from tests.notary.terms import SCHEMA, SCHEMA_TYPE
from tests.notary.world import LOT, TENDER, public, record_id, sha, signed

if TYPE_CHECKING:
    from tests.notary.auction_builder import AuctionStory

AGENCY = "91430000MA4LAGENCY"
#: The form of one price.
PRICE = SCHEMA | {"procedure": "land-listing", "fields": SCHEMA["fields"][:1]}
#: Records with a reserve price, and what is inside.
RESERVED = {
    "auction_reserve_met": "1030000.00",
    "auction_reserve_missed": "1030000.01",
    "auction_reserve_unbid": "1000000.00",
    "auction_reserve_spoilt": "9990000.00",
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
    "auction_reserve_unlisted": "1030000.00",
    "auction_reserve_key_forged": "1030000.00",
    "auction_reserve_key_wrong": "1030000.00",
    "auction_reserve_key_early": "1030000.00",
}
#: Those in which nobody bids.
UNBID = ("auction_reserve_unbid", "auction_reserve_not_destroyed")


class Reserve:
    """The grantor's sealed price and the trustees who open it."""

    def __init__(self, story: AuctionStory) -> None:
        self.story, self.w, self.fault = story, story.w, story.fault
        self.private = {name: self.w.x25519() for name in self.w.trustees}
        trustees = [
            {"identity": public(key), "opening_key": public(self.private[name]), "trustee": name}
            for name, key in self.w.trustees.items()
        ]
        self.key_set: dict[str, Any] = {
            "demonstration": self.w.demonstration, "evaluation_key": public(self.w.x25519()),
            "form_schema": record_id(SCHEMA_TYPE, PRICE), "kind": "reserve", "lot": LOT, "tender": TENDER,
            "origin": self.w.origin, "quorums": [["T1", "T2"], ["T1", "T3"], ["T2", "T3"]], "suite": 1,
            "trustees": trustees, "type": "sunbid/key-set/1",
        }  # fmt: skip
        self.key_set_id = record_id("sunbid/key-set/1", self.key_set)
        signatures = {name: signed(self.key_set, key)["signature"] for name, key in self.w.trustees.items()}
        self.w.add("key_set_signed", {"key_set": self.key_set, "signatures": signatures})
        self.sealed = self.seal(RESERVED[self.fault], "form_closed" if self.fault == "auction_reserve_spoilt" else "")
        self.point = self.w.checkpoint()

    def seal(self, price: str, spoilt: str = "") -> Envelope:
        base = {"bidder": AGENCY, "key_set": self.key_set_id, "kind": "reserve", "lot": LOT, "tender": TENDER}
        return Envelope(self.w, base, self.key_set, {"price": price}, spoilt)

    def list_it(self, seconds: float) -> None:
        """The entry that says what is to be opened, at the end of the bidding."""
        if self.fault == "auction_reserve_swapped":
            self.sealed = self.seal("1000000.00")
        if self.fault == "auction_reserve_unlisted":
            return
        body = {
            "count": 2 if self.fault == "auction_reserve_miscounted" else 1, "envelopes": [self.sealed.id],
            "event": self.story.head, "kind": "reserve", "root": sha(b"\0", bytes.fromhex(self.sealed.id)).hex(),
        }  # fmt: skip
        self.story.add("auction_closed", body, seconds)

    def reveal(self, seconds: float) -> str:
        """The trustees release, and the price is opened; the price said."""
        if self.fault != "auction_reserve_key_early":
            self.point = self.w.checkpoint()
        for name in ("T1",) if self.fault == "auction_reserve_of_few" else ("T1", "T3"):
            self.release(name)
        price: str | None = RESERVED[self.fault]
        if self.fault in {"auction_reserve_altered", "auction_reserve_swapped"}:
            price = "1000000.00"
        if self.fault in {"auction_reserve_spoilt", "auction_reserve_called_spoilt"}:
            price = None
        self.story.event("revealed", seconds, price=price)
        if self.fault == "auction_reserve_destroyed_too":
            self.destroy("no_bids")
        return "sold" if self.fault != "auction_reserve_missed" else "below_reserve"

    def release(self, name: str) -> None:
        private = self.w.x25519() if self.fault == "auction_reserve_key_wrong" else self.private[name]
        release = {
            "type": "sunbid/release/1", "tender": TENDER, "lot": LOT, "key_set": self.key_set_id, "trustee": name,
            "private_key": private.private_bytes_raw().hex(), "checkpoint": self.point,
        }  # fmt: skip
        signer = self.w.ed25519() if self.fault == "auction_reserve_key_forged" else self.w.trustees[name]
        self.w.add("key_released", {"release": self.w.sign(release, signer)})

    def destroy(self, reason: str) -> None:
        if self.fault == "auction_reserve_not_destroyed":
            return
        told = {"accepted": self.story.seen, "envelope": self.sealed.id, "kind": "reserve", "reason": reason}
        self.w.add("envelope_destroyed", told)

    @property
    def listed(self) -> list[dict[str, Any]]:
        """What the dossier has of it: nothing, where it was never opened."""
        opened = any(e["body"].get("link", {}).get("event", {}).get("event") == "revealed" for e in self.w.entries)
        return [{"id": self.sealed.id, "blocks": self.sealed.blocks}] if opened else []

    @property
    def members(self) -> dict[str, bytes]:
        return {f"envelopes/{one['id']}": self.sealed.part for one in self.listed}
