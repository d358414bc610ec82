"""A lot that an auction decides, over HTTP through the real tools: published, applied for, bid for, sold.

room = Salesroom(stage, "land-listing"); room.publish()
room.enter(0); room.enter(1)
room.until(room.opens_at); room.bid(0, 1_000_000)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from api.tools import agency, auction
from api.tools import trustee as trustee_tool
from api.tools.client import ServerRefused
from api.tools.trustee import Trustee
from notary import clock
from notary.errors import Held
from tests.stage import QUORUMS, Stage
from trading import calendar, drafting, periods, procedures
from trading.auctions.draft import OFFER, RESERVE

START = 1_000_000
STEP = 10_000
#: 15 minutes to prepare, 5 minutes that start anew; two that bid in the last hour.
TIMED = {"contenders": 2, "window_seconds": 3600, "preparation_seconds": 900, "countdown_seconds": 300}
#: What is stated apart from the times; so long a standstill, for a test's clock jumps.
TERMS: dict[str, Any] = {
    "start_price": "1000000.00",
    "step": "10000.00",
    "multiples": True,
    "leader_may_raise": True,
    "resume_seconds": 600,
    "outage_seconds": 3600,
}
#: By the procedure.
OWN: dict[str, dict[str, Any]] = {
    "land-listing": {"least_bidders": 1, "soft_close_seconds": 0, "timed": TIMED},
    "land-auction": {"least_bidders": 3, "soft_close_seconds": 300, "timed": None},
    "property-assets": {"least_bidders": 1, "soft_close_seconds": 300, "timed": None},
    "property-auction": {"least_bidders": 1, "soft_close_seconds": 120, "timed": None},
    "property-bidding": {"least_bidders": 1, "soft_close_seconds": 0, "timed": None},
    "rural-auction": {"least_bidders": 1, "soft_close_seconds": 300, "timed": None},
    "rural-listing": {"least_bidders": 1, "soft_close_seconds": 0, "timed": TIMED},
}


@dataclass
class Salesroom:
    """One lot, the stage's own if no other is named. numbers: of the bidders who were admitted.

    reserve: the reserve price (text in 元) that the grantor seals to the stage's trustees. cap: at which the bidders'
    sealed offers begin, for ten minutes.
    """

    stage: Stage
    procedure: str = "land-listing"
    changed: dict[str, Any] = field(default_factory=dict)
    numbers: dict[int, str] = field(default_factory=dict)
    tender: str = ""
    opens_in: timedelta = timedelta(days=25)
    reserve: str | None = None
    cap: str | None = None

    def __post_init__(self) -> None:
        self.tender = self.tender or self.stage.tender
        now = self.stage.now().replace(microsecond=0)
        # Holidays make the least times longer.
        self.rules = procedures.in_force(self.procedure, now)
        self.opens_at = max(now + self.opens_in, drafting.first_opening(self.rules, calendar.china(), now, START * 100))
        stands = self.due("listing_period", self.opens_at)
        self.closes_at = self.opens_at + timedelta(hours=1) if stands is None else stands + timedelta(hours=9)

    def due(self, limit: str, since: datetime) -> datetime | None:
        """When a limit of the procedure is over."""
        return periods.due(self.rules, calendar.china(), limit, since)

    @property
    def terms(self) -> dict[str, Any]:
        """The member `auction` of the draft."""
        times = {"opens_at": clock.text(self.opens_at), "closes_at": clock.text(self.closes_at)}
        sealed: dict[str, Any] = {} if self.reserve is None else {"reserve": True}
        sealed |= {} if self.cap is None else {"cap": self.cap, "offers": {"seconds": 600}}
        return TERMS | OWN[self.procedure] | times | sealed | self.changed

    def content(self, **changes: Any) -> dict[str, Any]:
        """A lawful draft; `changes` replace members."""
        document = self.stage.folder / "出让文件.txt"
        document.write_text("宗地面积 20000 平方米。", "utf-8")
        return {
            "tender": self.tender,
            "procedure": self.procedure,
            "title": "零陵区某宗地国有建设用地使用权",
            "title_en": "A plot of land",
            "scope": "宗地面积 20000 平方米，居住用地，七十年。",
            "region": "431102",
            "qualification": "境内外法人和其他组织。",
            "deposit": "200000.00",
            "documents_offered_until": clock.text(self.opens_at),
            "questions_until": clock.text(self.opens_at),
            "deadline": clock.text(self.opens_at),
            "documents": [document.name],
            "auction": self.terms,
            "subject": self.rules.subjects[0],
            **({"valuation": {"appraisal": "900000.00"}} if self.rules.valuation else {}),
            **({"policy": {"quorums": QUORUMS}} if self.kinds else {}),
            **changes,
        }

    def draft(self, **changes: Any) -> None:
        """Draft it; there are trustees only where something is sealed, the reserve price at once."""
        agency.draft(self.stage.clerk, self.stage.agency_vault, self.content(**changes), self.stage.folder)
        for kind in self.kinds:
            self.collect_keys(kind)
        if self.reserve is not None:
            self.seal_reserve(self.reserve)

    @property
    def kinds(self) -> list[str]:
        """The kinds of envelopes."""
        return ([] if self.cap is None else [OFFER]) + ([] if self.reserve is None else [RESERVE])

    def collect_keys(self, kind: str = RESERVE) -> None:
        """The trustees offer their keys for a kind of envelopes, and sign."""
        for own in self.stage.trustees.values():
            trustee_tool.offer_key(own, self.tender, kind)
        for own in self.stage.trustees.values():
            trustee_tool.sign_key_set(own, self.tender, kind)

    def seal_reserve(self, price: str) -> str:
        """The grantor seals its reserve price; the envelope's id."""
        anchors = next(iter(self.stage.trustees.values())).anchors
        return auction.seal_reserve(self.stage.clerk, anchors, self.tender, price)[0]

    def release(self, *names: str, kind: str = RESERVE) -> None:
        """Trustees release their keys, once the closing stands in a cosigned checkpoint."""
        for name in names:
            own = self.stage.trustees[name]
            self.stage.until(partial(self._may_release, own, kind))
            trustee_tool.release(own, self.tender, kind)

    def _may_release(self, own: Trustee, kind: str) -> bool:
        try:
            return all(one.met for one in trustee_tool.release_conditions(own, self.tender, kind))
        except (ServerRefused, Held):  # no closing yet, or none that is cosigned
            return False

    def offer(self, number: int, yuan: int) -> str:
        """A sealed offer: accepted, or the reason of the refusal."""
        receipt, _ = auction.offer(self.stage.bidder(number), self.tender, f"{yuan}.00")
        reason: str = receipt["acceptance"]["object"].get("reason", "accepted")
        return reason

    def publish(self, **changes: Any) -> dict[str, Any]:
        """Draft and publish, with a second person's approval; the entry of the publication."""
        self.draft(**changes)
        return self.approve(self.stage.clerk.post(f"/tenders/{self.tender}/publication", {}))

    def approve(self, proposed: dict[str, Any]) -> dict[str, Any]:
        """The second person approves what was proposed."""
        body = {"proposal": proposed["proposal"], "content": proposed["content"]}
        answer: dict[str, Any] = self.stage.second.post(f"/tenders/{self.tender}/approvals", body)
        return answer

    def award(self, winner: str) -> dict[str, Any]:
        """Confirm the sale, with a second person."""
        proposed = self.stage.clerk.post(f"/tenders/{self.tender}/award", {"winner": winner, "reason": None})
        return self.approve(proposed)

    def apply(self, number: int, statement: str = "遵守出让文件，已缴保证金。") -> str:
        """A bidder applies; the application."""
        path = f"/tenders/{self.tender}/auction/applications"
        answer = self.stage.bidder(number).client.post(path, {"statement": statement})
        return str(answer["application"])

    def decide(self, application: str, clause: str | None = None, reason: str | None = None) -> None:
        """The agency admits an applicant, or refuses it."""
        told = {"application": application, "clause": clause, "reason": reason}
        self.stage.clerk.post(f"/tenders/{self.tender}/auction/admissions", told)

    def enter(self, *numbers: int) -> None:
        """Bidders apply and are admitted."""
        for number in numbers:
            self.decide(self.apply(number))
            self.numbers[number] = self.own(number)["number"]

    def own(self, number: int) -> dict[str, Any]:
        """What a bidder sees of itself."""
        found: dict[str, Any] = self.stage.bidder(number).client.get(f"/tenders/{self.tender}/auction/own")
        return found

    def shown(self) -> dict[str, Any]:
        """What everybody sees."""
        found: dict[str, Any] = self.stage.site.client().get(f"/tenders/{self.tender}/auction")
        return found

    def until(self, moment: datetime, phase: str) -> None:
        """Time passes, until the platform has seen it."""
        self.stage.pass_until(moment)
        self.stage.until(lambda: self.shown()["phase"] == phase)

    def through(self, phase: str) -> None:
        """To the end of the phase that runs, and so into this one."""
        self.until(clock.parse(self.shown()["ends_at"]), phase)

    def bid(self, number: int, yuan: int) -> str:
        """A bid on what is shown: accepted, or the reason of the refusal."""
        receipt = auction.bid(self.stage.bidder(number), self.tender, f"{yuan}.00")
        reason: str = receipt["acceptance"]["object"].get("reason", "accepted")
        return reason

    def bid_to_the_end(self, number: int, *yuan: int) -> None:
        """One bidder bids these prices, and time passes until the bidding is over."""
        self.stage.keep_tokens()
        self.until(self.opens_at, "open")
        # Close to the end, so that the clock's jump is no outage.
        self.stage.pass_until(self.closes_at - timedelta(minutes=30))
        assert self.bid(number, START - STEP) == "below_start"
        for price in yuan:
            assert self.bid(number, price) == "accepted"
        self.stage.pass_until(self.closes_at + timedelta(seconds=1))
        self.stage.until(lambda: self.shown()["phase"] in {"closed", "ended"})

    def sell(self) -> str:
        """Three bidders, from the start to the sale; the winner's code."""
        if not self.numbers:
            self.enter(0, 1, 2)
        self.stage.keep_tokens()
        self.until(self.opens_at, "open")
        assert self.bid(0, START - STEP) == "below_start"
        # Close to the end, so that a listing comes to its timed bids.
        self.stage.pass_until(self.closes_at - timedelta(minutes=30))
        for place, number in enumerate((0, 1, 2)):
            assert self.bid(number, START + place * STEP) == "accepted"
        assert self.bid(0, START + 2 * STEP) == "not_above_by_step"
        self.stage.pass_until(self.closes_at + timedelta(seconds=1))
        self.stage.until(lambda: self.shown()["phase"] != "open")
        if self.shown()["phase"] == "preparing":
            self.through("timed")
            assert self.bid(1, START + 3 * STEP) == "accepted"
            self.stage.pass_until(clock.parse(self.shown()["ends_at"]))
        self.stage.until(lambda: self.shown()["phase"] in {"closed", "ended"})
        if self.reserve is not None:
            self.release("T1", "T2")
        self.stage.until(lambda: self.shown()["phase"] == "ended")
        assert self.shown()["result"] == "sold"
        winner: str = self.shown()["holders"][self.shown()["winner"]]["organisation"]
        return winner
