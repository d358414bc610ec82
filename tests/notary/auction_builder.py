"""An auction's record from publication to award, and its dossier; made from docs/spec alone, as `dossier_builder` is.

What happens when is written down here, not computed: no server code decides it. `fault` makes one actor lie, with
everything after it signed and logged as if all were well.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.notary.dossier_builder import packed
from tests.notary.reserved import OFFERED, PRICE, RESERVED, UNBID, Offers, Reserve
from tests.notary.terms import CRITERIA
from tests.notary.world import LOT, TENDER, World, public, record_id, signed, text

UNSEEN = {"registered", "offer", "announced"}
GROUNDS = [
    {"id": "inquiry", "effect": "freeze", "cites": "公告", "zh": "核查", "en": "Something is looked into"},
    {"id": "ruling", "effect": "suspend", "cites": "公告", "zh": "依法中止", "en": "Suspended by a ruling"},
    {"id": "planning", "effect": "terminate", "cites": "公告", "zh": "规划变更", "en": "The plan has changed"},
]
#: Seconds after the start.
CLOSES, PREPARATION, COUNTDOWN = 7200, 900, 300
TIMING = CLOSES + PREPARATION

#: The lies, by the check that must find each.
AUCTION_FAULTS: dict[int, list[str]] = {
    5: [
        "auction_without_end",
        "auction_bid_behind_award",
        "auction_objected_early",
        "auction_objection_unanswered",
        "auction_reserve_unlisted",
    ],
    12: ["auction_reserve_key_forged", "auction_reserve_key_wrong", "auction_reserve_key_early"],
    16: ["auction_award_to_another", "auction_award_price", "auction_award_unsold"],
    18: [
        "auction_bid_forged",
        "auction_bid_unsigned",
        "auction_bid_not_above_by_step",
        "auction_bid_not_a_multiple",
        "auction_bid_below_start",
        "auction_bid_above_cap",
        "auction_bid_price_altered",
        "auction_bid_on_unseen_price",
        "auction_bid_replayed",
        "auction_bid_while_suspended",
        "auction_bid_in_preparation",
        "auction_bid_after_end",
        "auction_bid_of_stranger",
        "auction_bid_of_another_lot",
        "auction_bid_dropped",
        "auction_clock_set_back",
        "auction_countdown_not_restarted",
        "auction_countdown_too_short",
        "auction_ended_late",
        "auction_event_renumbered",
        "auction_leader_raises",
        "auction_number_twice",
        "auction_number_unregistered",
        "auction_offer_altered",
        "auction_offer_copied",
        "auction_offer_spared",
        "auction_offer_unlisted",
        "auction_offers_not_destroyed",
        "auction_offers_without_cap",
        "auction_outage_from_nothing",
        "auction_preparation_skipped",
        "auction_refused_falsely",
        "auction_refused_for_another",
        "auction_refused_forged",
        "auction_refused_untold",
        "auction_registered_late",
        "auction_rest_lost",
        "auction_reserve_altered",
        "auction_reserve_called_spoilt",
        "auction_reserve_closed_early",
        "auction_reserve_destroyed_too",
        "auction_reserve_listed_unbid",
        "auction_reserve_miscounted",
        "auction_reserve_not_destroyed",
        "auction_reserve_of_few",
        "auction_reserve_swapped",
        "auction_resumed_early",
        "auction_sold_below_reserve",
        "auction_started_with_too_few",
        "auction_suspended_for_nothing",
        "auction_extended_cheaper",
        "auction_extended_early",
        "auction_extended_shorter",
        "auction_terms_changed",
        "auction_terms_unsound",
        "auction_seen_late",
        "auction_won_by_another",
        "auction_won_for_less",
    ],
}
AUCTION_GOOD = (
    "auction_sold", "auction_terminated", "auction_too_few", "auction_cancelled", "auction_no_bids", "auction_objected",
    "auction_reserve_met", "auction_reserve_missed", "auction_reserve_unbid", "auction_reserve_of_spoilt",
    "auction_reserve_terminated", "auction_offers_opened", "auction_offers_terminated",
    "auction_both_opened", "auction_extended",
)  # fmt: skip
#: The supervisor ends it while trustees have not come together.
GIVEN_UP = ("auction_reserve_terminated", "auction_offers_terminated", "auction_offers_not_destroyed")
AUCTION_UNSURE = {"auction_second_key": 18}


class AuctionStory:
    """A listing with three bidders: free bids, a suspension, a preparation, a countdown that a bid starts again."""

    def __init__(self, world: World, fault: str = "") -> None:
        self.w, self.fault = world, fault
        self.head: str | None = None
        self.view: str | None = None
        self.number = 0
        self.organisations = {str(7 + i): f"91430000MA4K{i:05d}A" for i in range(3)}
        self.keys = {number: world.ed25519() for number in self.organisations}
        self.sequences = dict.fromkeys(self.organisations, 0)
        self.statements: list[dict[str, Any]] = []
        self.receipts: list[dict[str, Any]] = []
        self.reserve: Reserve | None = None
        self.offers: Offers | None = None
        self.taken: dict[str, str] = {}  # number -> commitment of its offer's statement
        self.play()

    # The course.

    def play(self) -> None:
        self.publish()
        self.register()
        if self.fault in {"auction_too_few", "auction_cancelled"}:
            return self.end_early()
        self.event("started", 0)
        if self.fault not in {"auction_no_bids", *UNBID}:
            self.bid_freely()
            self.bid_in_time()
        else:
            self.event("closed", CLOSES + 1)
            if self.fault == "auction_reserve_listed_unbid":
                self.list_sealed(CLOSES + 1)
        self.finish()
        return None

    def publish(self) -> None:
        self.start = self.w.now.replace(microsecond=0) + timedelta(days=20)
        self.terms: dict[str, Any] = {
            "type": "sunbid/auction-terms/1", "kind": "listing", "start_price": "1000000.00", "step": "10000.00",
            "multiples": self.fault != "auction_bid_not_above_by_step",
            "leader_may_raise": self.fault != "auction_leader_raises", "cap": None, "reserve": None,
            "least_bidders": 4 if self.fault in {"auction_too_few", "auction_started_with_too_few"} else 2,
            "registration_until": self.at(-3600), "opens_at": self.at(0),
            "open": {"closes_at": self.at(CLOSES), "soft_close_seconds": 0, "resume_seconds": 600},
            "timed": {"contenders": 2, "window_seconds": None, "preparation_seconds": PREPARATION,
                      "countdown_seconds": COUNTDOWN},
            "offers": None, "rounds": None, "ties": "earlier", "outage_seconds": 30, "grounds": GROUNDS,
        }  # fmt: skip
        if self.fault == "auction_bid_above_cap":
            self.terms |= {"cap": "1030000.00", "offers": {"seconds": 600}}
        key_sets = {}
        if self.fault in RESERVED:
            self.reserve = Reserve(self)
            self.terms["reserve"] = self.reserve.sealed.id
            key_sets = {"reserve": self.reserve.keys.key_set_id}
        if self.fault in OFFERED:
            self.offers = Offers(self)
            self.terms |= {"cap": "1030000.00", "offers": {"seconds": 600}}
            key_sets = {**key_sets, "offer": self.offers.keys.key_set_id}
        if self.fault == "auction_terms_unsound":
            self.terms["offers"] = {"seconds": 600}
        self.notice: dict[str, Any] = {
            "auction": self.terms, "deadline": self.at(-3600), "documents": [], "evaluation": CRITERIA[
                "lowest_evaluated_price"], "form_schema": PRICE, "key_sets": key_sets, "minimum_bids": 2, "number": 0,
            "notice": {"agency": {"code": "91430000MA4LAGENCY", "name": "某局"}, "title": "国有建设用地使用权"},
            "opens_at": self.at(0), "previous": None,
            "procedure": "land-listing", "procedure_version": "1", "publicity": False,
        }  # fmt: skip
        if "auction_extended" in self.fault:
            return self.extend()
        self.seen = self.w.add("tender_published", self.notice)
        return None

    def extend(self) -> None:
        """Nobody had registered when registration was over, and so all times are later than they first were."""
        days, now = 86400, -11 if self.fault == "auction_extended_early" else -9
        first = self.terms | {
            "registration_until": self.at(-3600 - 10 * days), "opens_at": self.at(-8 * days),
            "open": self.terms["open"] | {"closes_at": self.at(CLOSES - 8 * days)},
            "step": "20000.00" if self.fault == "auction_extended_cheaper" else self.terms["step"],
        }  # fmt: skip
        if self.fault == "auction_extended_shorter":
            first["open"] = self.terms["open"] | {"closes_at": self.at(CLOSES + days)}
        deadline = {"deadline": first["registration_until"], "opens_at": first["opens_at"]}
        published = self.w.add("tender_published", self.notice | deadline | {"auction": first})
        amended = self.notice | {"number": 1, "previous": published, "reason": "无人登记"}
        self.seen = self.w.add("tender_amended", amended, at=self.moment(now * days))

    def register(self) -> None:
        for number, organisation in self.organisations.items():
            body = {"owner": organisation, "public_key": public(self.keys[number]), "purpose": "statement"}
            self.w.add("key_registered", body, whole_log=True)
        for number in self.organisations:
            if self.fault != "auction_number_unregistered" or number != "9":
                self.give(number, -1800 if self.fault == "auction_registered_late" and number == "9" else -7200)
            else:
                self.w.add("auction_number", {"bidder": "9", "organisation": self.organisations["9"]}, at=self.now)

    def give(self, number: str, seconds: float) -> None:
        owner = "8" if self.fault == "auction_number_twice" and number == "9" else number
        body = {"bidder": number, "organisation": self.organisations[owner]}
        self.w.add("auction_number", body, at=self.moment(seconds))
        self.event("registered", seconds, bidder=number, price=None)

    def end_early(self) -> None:
        if self.fault == "auction_too_few":
            self.event("ended", 0, result="too_few_bidders", winner=None, price=None)
            self.w.checkpoint()
            self.w.add("lot_failed", {"reason": "too_few", "detail": {}})
            return
        self.w.add("lot_failed", {"reason": "cancelled", "detail": {}})
        hidden = {"auction_number", "auction_event", "auction_statement", "auction_refused"}
        self.w.entries = [e for e in self.w.entries if e["head"]["kind"] not in hidden]

    def bid_freely(self) -> None:
        low = "990000.00" if self.fault == "auction_bid_below_start" else "1000000.00"
        self.bid("7", low, 600)
        late = self.view
        self.refuse("8", "1005000.00", 660, "not_above_by_step")
        self.refuse("8", "1010000.00", 661, "view_stale", seen="0" * 64)
        if self.fault == "auction_clock_set_back":
            self.bid("8", "1010000.00", 599)
        elif self.fault == "auction_leader_raises":
            self.bid("7", "1010000.00", 700)
        else:
            second = {"auction_bid_not_above_by_step": "1009999.99", "auction_bid_not_a_multiple": "1015000.00"}
            self.bid("8", second.get(self.fault, "1010000.00"), 700)
        if self.fault == "auction_bid_on_unseen_price":
            self.bid("9", "1020000.00", 710, seen=late)
        if self.fault == "auction_bid_of_stranger":
            self.bid("99", "1020000.00", 710)
        if self.fault == "auction_offers_without_cap":
            self.event("offering", 710)
        if self.fault == "auction_outage_from_nothing":
            self.event("interrupted", 710, since=self.at(700))
        if self.fault == "auction_refused_falsely":
            self.refuse("9", "1020000.00", 720, "view_stale")
        self.suspend()

    def suspend(self) -> None:
        """Stopped ten minutes before the end of the free phase, for half an hour."""
        if self.fault == "auction_suspended_for_nothing":
            self.event("stopped", 800, ground="weather")
        self.event("stopped", CLOSES - 600, ground="ruling")
        self.refuse("9", "1020000.00", CLOSES - 500, "suspended")
        if self.fault == "auction_bid_while_suspended":
            self.bid("9", "1020000.00", CLOSES - 400)
        self.event("announced", CLOSES - 300, resumes_at=self.at(CLOSES + 1200))
        early = 600 if self.fault == "auction_resumed_early" else 0
        self.event("resumed", CLOSES + 1200 - early)
        # The ten minutes that were left count from here.
        self.lag = 1800 - early - (600 if self.fault == "auction_rest_lost" else 0)

    def bid_in_time(self) -> None:
        free = CLOSES + self.lag
        if self.fault == "auction_preparation_skipped":
            self.event("timing", free)
        else:
            self.event("prepared", free)
            if self.fault == "auction_bid_in_preparation":
                self.bid("9", "1020000.00", free + 60)
            self.event("timing", free + PREPARATION)
        begun = free + PREPARATION
        third = "1040000.00" if self.fault == "auction_bid_above_cap" else "1020000.00"
        self.bid("9", third, begun + 200)
        self.bid("7", "1030000.00", begun + 499.999999)
        if self.fault == "auction_bid_dropped":
            self.state("8", "1040000.00", begun + 600)
            self.accept(self.statements.pop())
        self.last = begun + 499.999999 + COUNTDOWN
        self.offer_behind_the_cap(begun + 499.999999)
        if self.fault == "auction_countdown_not_restarted":
            self.last -= COUNTDOWN
        if self.fault == "auction_countdown_too_short":
            self.last -= 0.000001
        if self.fault == "auction_ended_late":
            self.last += 31
        if self.fault == "auction_terminated":
            self.event("terminated", begun + 600, ground="planning")
            return
        if self.fault == "auction_reserve_closed_early":
            self.list_sealed(self.last - 60)
        if self.fault == "auction_bid_after_end":
            self.bid("8", "1040000.00", self.last)
        self.event("closed", self.last)
        self.list_sealed(self.last)
        self.refuse("8", "1040000.00", self.last, "after_end")

    def offer_behind_the_cap(self, seconds: float) -> None:
        """Where there is a cap the last bid has reached it."""
        if self.offers is not None:
            self.event("offering", seconds)
            self.offers.make(seconds + 10)
            self.last = seconds + 600

    def list_sealed(self, seconds: float) -> None:
        """Say what is to be opened, each kind once: the reserve price after the offers."""
        listed = {e["body"]["kind"] for e in self.w.entries if e["head"]["kind"] == "auction_closed"}
        if self.offers is not None and "offer" not in listed:
            self.offers.list_them(seconds)
        elif self.reserve is not None and "reserve" not in listed:
            self.reserve.list_it(seconds)

    def give_up(self) -> None:
        """The supervisor ends it; what is sealed is destroyed."""
        self.w.checkpoint()
        self.event("terminated", self.last + 600, ground="planning")
        for sealed in (self.reserve, self.offers):
            if sealed is not None:
                sealed.destroy("cancelled")

    def end_without_bids(self) -> None:
        self.event("ended", CLOSES + 1, result="no_bids", winner=None, price=None)
        if self.reserve is not None:
            self.reserve.destroy("no_bids")

    def finish(self) -> None:
        if self.fault == "auction_seen_late":
            self.w.tick(600)
        if self.fault in {"auction_no_bids", *UNBID}:
            self.end_without_bids()
        elif self.fault in GIVEN_UP:
            self.give_up()
        elif self.fault != "auction_terminated":
            if self.fault == "auction_objected_early":
                self.object()
            self.conclude()
        if self.fault in {"auction_objected", "auction_objection_unanswered"}:
            self.object()
        self.w.checkpoint()
        awarded = self.award()
        if awarded is not None:
            self.w.add("lot_awarded", awarded)
        if self.fault == "auction_bid_behind_award":
            self.event("announced", self.last + 60, resumes_at=self.at(90_000))

    def object(self) -> None:
        """Somebody objects to the result, and is answered but for one lie."""
        objection = self.w.rng.randbytes(16).hex()
        said = {"against": "result", "answer_by": None, "commitment": "c" * 64, "suspends": True}
        self.w.add("objection_filed", said | {"objection": objection})
        if self.fault != "auction_objection_unanswered":
            body = {"answer": None, "commitment": "d" * 64, "objection": objection, "outcome": "dismissed"}
            self.w.add("objection_answered", body)

    def conclude(self) -> None:
        winner, price, at = "7", "1030000.00", self.last
        if self.offers is not None:
            at += 60
            winner, price = self.offers.open(at)
            self.list_sealed(at)
        if self.reserve is not None:
            at += 60
            if self.reserve.reveal(at) == "below_reserve":
                self.event("ended", at, result="below_reserve", winner=None, price=None)
                return
        if self.fault == "auction_won_by_another":
            winner, price = "9", "1020000.00"
        if self.fault == "auction_won_for_less":
            price = "1020000.00"
        self.won = winner, price
        if self.fault != "auction_without_end":
            self.event("ended", at, result="sold", winner=winner, price=price)

    def award(self) -> dict[str, Any] | None:
        if self.fault == "auction_award_unsold":
            return {"price": "1000000.00", "winner": self.organisations["7"]}
        if self.fault in {"auction_terminated", "auction_no_bids", *GIVEN_UP, *UNBID}:
            return None
        if self.fault == "auction_reserve_missed":
            return None
        winner, price = self.organisations[self.won[0]], self.won[1]
        if self.fault == "auction_award_to_another":
            winner = self.organisations["9"]
        if self.fault == "auction_award_price":
            price = "1030000.01"
        return {"price": price, "winner": winner}

    # What they do.

    @property
    def now(self) -> datetime:
        return self.w.now

    def moment(self, seconds: float) -> datetime:
        return self.start + timedelta(microseconds=round(seconds * 1_000_000))

    def at(self, seconds: float) -> str:
        return text(self.moment(seconds))

    def add(self, kind: str, body: dict[str, Any], seconds: float) -> str:
        """An entry at its moment; the clock of the log goes with it."""
        moment = self.moment(seconds)
        self.w.now = max(self.w.now, moment - timedelta(seconds=1.5))
        return self.w.add(kind, body, at=moment)

    def event(self, name: str, seconds: float, **members: Any) -> None:
        number = self.number + 1
        if self.fault == "auction_event_renumbered" and name == "stopped":
            number += 1
        if self.fault == "auction_terms_changed" and name == "started":
            changed = self.notice | {"number": 1, "previous": self.seen, "reason": "改", "auction": self.terms | {
                "step": "20000.00"}}  # fmt: skip
            self.w.add("tender_amended", changed)
        link: dict[str, Any] = {
            "type": "sunbid/auction-event/1", "number": number, "previous": self.head,
            "event": {"event": name, "at": self.at(seconds), "salt": self.w.rng.randbytes(32).hex(), **members},
        }  # fmt: skip
        if self.fault == "auction_award_unsold" and name == "ended":
            link["event"] |= {"result": "below_reserve", "winner": None, "price": None}
        self.add("auction_event", {"link": link}, seconds)
        self.number, self.head = number, record_id("sunbid/auction-event/1", link)
        self.view = self.view if name in UNSEEN else self.head

    def statement(
        self, number: str, price: str, seen: str | None, sequence: int, key: Ed25519PrivateKey | None = None
    ) -> dict[str, Any]:
        said = {
            "type": "sunbid/auction-bid/1", "origin": self.w.origin, "demonstration": self.w.demonstration,
            "tender": TENDER, "lot": "2" if self.fault == "auction_bid_of_another_lot" and number == "9" else LOT,
            "bidder": number, "price": price, "seen": seen or "0" * 64, "sequence": sequence,
        }  # fmt: skip
        return self.w.sign(said, key or self.keys.get(number) or self.keys["9"])

    def state(self, number: str, price: str, seconds: float, seen: str | None = None) -> str:
        """An accepted statement; its id."""
        sequence = self.sequences.get(number, 0) + 1
        if self.fault == "auction_bid_replayed" and number == "7" and sequence == 2:
            sequence = 1
        self.sequences[number] = sequence
        key = None
        if number == "9" and self.fault == "auction_bid_forged":
            key = self.w.ed25519()
        if number == "9" and self.fault == "auction_second_key":
            key = self.w.ed25519()
            body = {"owner": self.organisations["9"], "public_key": public(key), "purpose": "statement", "reason": "丢"}
            self.w.add("key_registered", body, whole_log=True)
        stated = self.statement(number, price, seen or self.view, sequence, key)
        id_ = record_id("sunbid/auction-bid/1", stated["object"])
        self.statements.append({"stated": stated, "seconds": seconds, "number": number, "id": id_})
        return id_

    def bid(self, number: str, price: str, seconds: float, seen: str | None = None) -> None:
        """An accepted bid: its event, and then its statement, as one unit of work records them."""
        id_ = self.state(number, price, seconds, seen)
        if self.fault == "auction_bid_price_altered" and number == "9":
            price = "1025000.00"
        self.event("bid", seconds, bidder=number, price=price, sequence=self.sequences[number], statement=id_)
        for one in self.statements:
            if self.fault != "auction_bid_unsigned" or one["number"] != "9":
                self.accept(one)
        self.statements = []

    def offer(self, number: str, sealed: str, seconds: float) -> None:
        """An accepted sealed offer."""
        self.sequences[number] += 1
        said = {
            "type": "sunbid/auction-offer/1", "origin": self.w.origin, "demonstration": self.w.demonstration,
            "tender": TENDER, "lot": LOT, "bidder": number, "sealed": sealed, "seen": self.view,
            "sequence": self.sequences[number],
        }  # fmt: skip
        stated = self.w.sign(said, self.keys[number])
        id_ = record_id("sunbid/auction-offer/1", said)
        self.event("offer", seconds, bidder=number, sealed=sealed, sequence=self.sequences[number], statement=id_)
        self.taken[number] = self.accept({"stated": stated, "seconds": seconds, "number": number, "id": id_})

    def happened(self, name: str) -> bool:
        """Whether there is such an event."""
        return any(e["body"].get("link", {}).get("event", {}).get("event") == name for e in self.w.entries)

    def accept(self, one: dict[str, Any]) -> str:
        receipt = self.w.rng.randbytes(16).hex()
        leaf = self.add("auction_statement", {"receipt": receipt, "statement": one["stated"]}, one["seconds"])
        self.said("acceptance", one, receipt)
        return leaf

    def refuse(self, number: str, price: str, seconds: float, reason: str, seen: str | None = None) -> None:
        key = self.w.ed25519() if self.fault == "auction_refused_forged" else None
        stated = self.statement(number, price, seen or self.view, self.sequences[number] + 1, key)
        receipt, id_ = self.w.rng.randbytes(16).hex(), record_id("sunbid/auction-bid/1", stated["object"])
        if self.fault == "auction_refused_for_another":
            id_ = self.w.rng.randbytes(32).hex()
        body: dict[str, Any] = {"reason": reason, "receipt": receipt, "signed": stated, "statement": id_}
        if self.fault == "auction_refused_untold":
            body["signed"] = None
        self.add("auction_refused", body, seconds)
        self.said("refusal", {"stated": stated, "number": number, "id": id_}, receipt, reason=reason)

    def said(self, what: str, one: dict[str, Any], receipt: str, **more: str) -> None:
        """The receipt of what was last logged."""
        entry = self.w.entries[-1]
        told = {
            "type": f"sunbid/{what}/1", "origin": self.w.origin, "demonstration": self.w.demonstration,
            "tender": TENDER, "lot": LOT, "bidder": self.organisations.get(one["number"], ""), "receipt": receipt,
            "statement": one["id"], "leaf": self.w.leaves[entry["index"]].hex(),
            ("accepted_at" if what == "acceptance" else "refused_at"): entry["head"]["time"], **more,
        }  # fmt: skip
        parts = {m: entry[m] for m in ("head", "head_salt", "body", "body_salt")}
        said = signed(told, self.w.receipt_key)
        self.receipts.append({"type": "sunbid/receipt/1", "acceptance": said, "entry": parts, "proof": None})

    def members(self) -> dict[str, bytes]:
        opened = [one for sealed in (self.offers, self.reserve) if sealed is not None for one in sealed.opened]
        listed = [{"id": one.id, "blocks": one.blocks} for one in opened]
        parts = {f"envelopes/{one.id}": one.part for one in opened}
        return {"dossier.json": rfc8785.dumps(self.w.frame() | {"envelopes": listed}), **parts}

    def dossier(self) -> bytes:
        return packed(self.members())
