"""A tender with its parties for whole-system tests: everything over HTTP through the real tools, vaults in memory.

stage = Stage(site, tmp_path)
stage.publish(opens_in=timedelta(days=25))
receipt = stage.bid(stage.bidder(0), "3680000.00")
stage.pass_time(...)            # the demonstration clock
stage.release("T1"); stage.release("T2")
stage.opened()
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import update

from api.rows import tokens
from api.tools import agency, expert, keys, record, sealing, trust
from api.tools import bidder as bidding_tool
from api.tools import trustee as trustee_tool
from api.tools.bidder import Bidder
from api.tools.client import Client
from api.tools.vault import Purpose, Vault, new
from notary import chance, clock
from notary.anchors import Anchors
from tests import panel
from tests.serving import OPERATOR, Site
from trading import calendar

AGENCY = "91420000177577761J"
TRUSTEES = ("T1", "T2", "T3")
TENDER = "YZ-431102-GC-2026-0001"
ROADS = "公路工程"
QUORUMS = [["T1", "T2"], ["T1", "T3"], ["T2", "T3"]]
BY_PRICE = {"price_marks": None, "parts": [], "adjustments": [], "ties": ["draw"], "candidates": 3}
#: What a bid says besides its price, by the procedure.
VALUES: dict[str, dict[str, Any]] = {
    "construction-open": {"duration_days": 180, "quality": "合格"},
    "construction-invited": {"duration_days": 180, "quality": "合格"},
    "procurement-open": {"delivery_days": 60},
    "procurement-invited": {"delivery_days": 60},
    "procurement-rfq": {"delivery_days": 60},
    "procurement-single-source": {"delivery_days": 60},
    "land-tender": {},
    "property-increase": {},
    "property-tender": {},
    "rural-offer": {},
}
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def code(number: int) -> str:
    """A made-up 统一社会信用代码 with a right check character (GB 32100-2015)."""
    body = f"91430000MA4{number:06d}"
    total = sum(_ALPHABET.index(sign) * pow(3, place, 31) for place, sign in enumerate(body))
    return body + _ALPHABET[-total % 31]


def vault() -> Vault:
    """A vault that lives in memory only."""
    return new(chance.token(), {}, lambda _: None)


@dataclass
class Stage:
    """One agency, three trustees, and as many bidders as are asked for. `clock_file` moves the demonstration's time."""

    site: Site
    folder: Path
    tender: str = TENDER
    bidders: dict[int, Bidder] = field(default_factory=dict)
    _drawers: dict[str, tuple[Client, Vault, Anchors]] = field(default_factory=dict)
    _pool: dict[str, tuple[Client, Vault]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.clock_file = Path(os.environ["SUNBID_DEMONSTRATION_CLOCK"])
        self.site.organisation(OPERATOR, "测试平台运营有限公司")
        self.site.organisation(AGENCY, "测试招标人")
        self.administrator = self._client(OPERATOR, "administrator")
        self.clerk = self._client(AGENCY, "agency")
        self.second = self._client(AGENCY, "agency")
        self.supervisor = self._client(OPERATOR, "supervisor")
        self.agency_vault = vault()
        self.objections_until = self.now()
        registered = [self._trustee(name, 900 + i) for i, name in enumerate(TRUSTEES)]
        # Looked up once all are registered: each checks the others' identities against the anchors.
        self.trustees = {
            name: trustee_tool.trustee(client, own, trust.trusted(client, own))
            for name, (client, own) in zip(TRUSTEES, registered, strict=True)
        }

    # time

    def now(self) -> datetime:
        """The demonstration's time."""
        return self.site.desk.work.now()

    def pass_time(self, by: timedelta) -> None:
        """Move the demonstration's clock forward."""
        offset = clock.demonstration_offset() + by
        temporary = self.clock_file.with_suffix(".new")
        temporary.write_text(str(offset.total_seconds()), "ascii")
        temporary.replace(self.clock_file)

    def pass_until(self, moment: datetime) -> None:
        """Move it to a moment, unless that is past: it never goes back."""
        self.pass_time(max(moment - self.now(), timedelta()))

    def keep_tokens(self) -> None:
        """Periods may be longer than tokens last."""
        with self.site.desk.work.unit() as unit:
            unit.connection.execute(update(tokens).values(expires_at=unit.now + timedelta(days=90)))

    def until(self, met: Callable[[], bool], seconds: float = 20) -> None:
        """Wait in real time until something holds."""
        end = time.monotonic() + seconds
        while not met():
            if time.monotonic() > end:
                raise AssertionError("it did not come to pass")
            time.sleep(0.02)

    # up to the publication

    def content(self, **changes: Any) -> dict[str, Any]:
        """A lawful draft, evaluated by price; `changes` replace members."""
        now = self.now()
        document = self.folder / "招标文件.txt"
        document.write_text("本工程为测试工程。", "utf-8")
        deadline = (now + timedelta(days=25)).replace(microsecond=0)
        return {
            "tender": self.tender,
            "procedure": "construction-open",
            "subject": "works",
            "title": "测试路面改造工程",
            "title_en": "Road works",
            "scope": "路面改造 3.2 公里。",
            "region": "431102",
            "funding": "财政资金",
            "qualification": "市政公用工程施工总承包三级及以上。",
            "budget": "4200000.00",
            "ceiling": "3980000.00",
            "deposit": "70000.00",
            "documents_offered_until": clock.text(now + timedelta(days=10)),
            "questions_until": clock.text(now + timedelta(days=18)),
            "deadline": clock.text(deadline),
            "validity_days": 90,
            "evaluation": {"method": "lowest_evaluated_price", "criteria": BY_PRICE},
            "committee": {"size": 5, "experts": 4},
            "documents": [document.name],
            "policy": {"quorums": QUORUMS},
            **changes,
        }

    def draft(self, **changes: Any) -> None:
        """Draft, collect the trustees' keys and signatures."""
        agency.draft(self.clerk, self.agency_vault, self.content(**changes), self.folder)
        for own in self.trustees.values():
            trustee_tool.offer_key(own, self.tender, "bid")
        for own in self.trustees.values():
            trustee_tool.sign_key_set(own, self.tender, "bid")

    def draft_with(self, policy: dict[str, Any]) -> None:
        """Draft a tender of other trustees, who offer and sign by themselves."""
        agency.draft(self.clerk, self.agency_vault, self.content(policy=policy), self.folder)

    def publish(self, **changes: Any) -> dict[str, Any]:
        """Draft and publish, with a second person's approval; the entry of the publication."""
        self.draft(**changes)
        return self.publish_draft()

    def publish_draft(self) -> dict[str, Any]:
        """Publish what is drafted, with a second person's approval; the entry of the publication."""
        return self.approve(self.clerk.post(f"/tenders/{self.tender}/publication", {}))

    def approve(self, proposed: dict[str, Any]) -> dict[str, Any]:
        """The second person approves what was proposed."""
        body = {"proposal": proposed["proposal"], "content": proposed["content"]}
        answer: dict[str, Any] = self.second.post(f"/tenders/{self.tender}/approvals", body)
        return answer

    def announce(self, said: dict[str, str], *documents: dict[str, Any]) -> dict[str, Any]:
        """Publish a prior notice of the draft, with a second person's approval; what the act gives."""
        body = {"said": said, "documents": list(documents)}
        return self.approve(self.clerk.post(f"/tenders/{self.tender}/prior-notices", body))

    def pass_prior_notice(self) -> None:
        """Let the period of the prior notice pass."""
        self.keep_tokens()
        self.pass_until(clock.parse(self.clerk.get(f"/tenders/{self.tender}/prior-notices")["until"]))

    def invited(self, *numbers: int, **how: Any) -> dict[str, Any]:
        """What a draft or an act says of the invited: these bidders, registered by then; `how`: way, pool, reason."""
        return {"bidders": [self.bidder(number).code for number in numbers], **how}

    def invite(self, *numbers: int, **how: Any) -> dict[str, Any]:
        """Invite more bidders after the publication, with a second person's approval; what the act gives."""
        body = {"reason": "补充邀请", **self.invited(*numbers, **how)}
        return self.approve(self.clerk.post(f"/tenders/{self.tender}/invitations", body))

    def deadline(self) -> datetime:
        """The deadline in force."""
        return clock.parse(self.clerk.get(f"/tenders/{self.tender}")["deadline"])

    def procedure(self) -> dict[str, Any]:
        """The tender's procedure, as its server has it: a server of its own process may know more of them."""
        version = self.clerk.get(f"/tenders/{self.tender}")["procedure_version"]
        found: dict[str, Any] = self.clerk.get(f"/procedures/{version}")
        return found

    def stage(self) -> str:
        """The tender's stage."""
        found: str = self.clerk.get(f"/tenders/{self.tender}")["stage"]
        return found

    # bids

    def bidder(self, number: int) -> Bidder:
        """Bidder number so-and-so, registered on first use."""
        if number not in self.bidders:
            own = self.site.organisation(code(number), f"测试施工企业{number}号有限公司")
            self.bidders[number] = self._bidder(own)
        return self.bidders[number]

    def seal(self, own: Bidder, price: str, files: Sequence[Path] = (), **values: Any) -> Path:
        """Seal a bid into a new file, once the latest notice is in the public record."""
        self.until(self._notice_is_out)
        target = self.folder / f"{chance.token(8).hex()}.bid"
        sealing.seal_bid(
            own.client,
            own.anchors,
            tender=self.tender,
            kind="bid",
            bidder=own.code,
            values={"price": price, **VALUES.get(self.procedure()["name"], VALUES["construction-open"]), **values},
            files=list(files),
            target=target,
        )
        return target

    def bid(
        self, own: Bidder, price: str, files: Sequence[Path] = (), *, replace: bool = False, **values: Any
    ) -> dict[str, Any]:
        """Seal, upload and submit; the checked receipt (which may say that the bid came too late)."""
        path = self.seal(own, price, files, **values)
        return bidding_tool.submit(own, path, lambda _done, _whole: None, replace=replace)

    def withdraw(self, own: Bidder) -> dict[str, Any]:
        """Withdraw the bid that stands."""
        return bidding_tool.withdraw(own, self.tender)

    # closing and opening

    def close(self) -> None:
        """Let the deadline pass, and wait for the closing and its cosigned checkpoint."""
        self.pass_until(self.deadline() + timedelta(seconds=1))
        self.until_closed()

    def until_closed(self) -> None:
        """Wait for the closing, and where there is something to open for its cosigned checkpoint."""
        self.until(lambda: self.stage() != "open")
        if self.stage() == "closed":
            self.until(self._closing_is_out)

    def release(self, name: str) -> dict[str, Any]:
        """A trustee releases its key, after its own checks."""
        return trustee_tool.release(self.trustees[name], self.tender, "bid")

    def open(self, *names: str) -> list[dict[str, Any]]:
        """Close, release by these trustees (T1 and T2 if none is named), wait for the opening; the bids disclosed."""
        self.close()
        for name in names or TRUSTEES[:2]:
            self.release(name)
        self.until(lambda: self.stage() == "opened")
        found: list[dict[str, Any]] = self.clerk.get(f"/tenders/{self.tender}/opening")["bids"]
        return found

    # evaluation and award

    def expert(self, organisation: str) -> tuple[str, Client, Vault]:
        """A person of an organisation who may judge, with a registered key."""
        person, token = self.site.person(organisation, "expert")
        client, own = self.site.client(token), vault()
        self._register(client, own, "score")
        return person, client, own

    def experts(self, count: int = 5) -> list[tuple[Client, Vault]]:
        """The committee: experts with registered keys, the last of them the buyer's representative.

        They are drawn where the procedure asks for it, out of no more than are needed.
        """
        if self.procedure()["committee"].get("drawn"):
            self.admit(count - 1 - len(self._pool))
            self.draw((ROADS, count - 1))
            return self.seat_drawn()
        members, found = [], []
        for number in range(count):
            buyer = number == count - 1
            person, client, own = self.expert(AGENCY if buyer else OPERATOR)
            members.append({"person": person, "role": "buyer" if buyer else "expert"})
            found.append((client, own))
        self.clerk.post(f"/tenders/{self.tender}/committee", {"members": members})
        return found

    def drawers(self) -> dict[str, tuple[Client, Vault, Anchors]]:
        """The parties of a draw by their codes: agency, supervisor, operator, each with its registered key."""
        if not self._drawers:
            supervisor = self.site.organisation(code(990), "测试监督局")
            clients = {AGENCY: self.clerk, supervisor: self._client(supervisor, "supervisor")}
            clients[OPERATOR] = self.administrator
            for party, client in clients.items():
                own = vault()
                self._register(client, own, "draw")
                self._drawers[party] = client, own, trust.trusted(client, own)
        return self._drawers

    def admit(self, count: int, speciality: str = ROADS) -> list[tuple[str, Client, Vault]]:
        """As many experts of a speciality as are asked for, taken into the pool."""
        found = [self.expert(OPERATOR) for _ in range(count)]
        for one in found:
            self.take_in(*one, speciality=speciality)
        return found

    def take_in(self, person: str, client: Client, own: Vault, *, speciality: str = ROADS) -> None:
        """Take somebody into the pool. client, own: with which it acts here."""
        said = {"specialities": [speciality], "employments": [], "suspended": False}
        self.administrator.post(f"/people/{person}/expert", said)
        self._pool[person] = client, own

    def call_draw(self, *groups: tuple[str, int]) -> None:
        """Put the pool of a draw into the record."""
        agency_, supervisor, operator = self.drawers()
        seats = [{"speciality": speciality, "count": count} for speciality, count in groups]
        self.drawers()[agency_][0].post(
            f"/tenders/{self.tender}/draws", {"groups": seats, "supervisor": supervisor, "operator": operator}
        )

    def draw(self, *groups: tuple[str, int]) -> list[str]:
        """Call a draw; every party commits and reveals; who was drawn."""
        self.call_draw(*groups)
        self.settle()
        panel.draw({party: (client, own) for party, (client, own, _) in self.drawers().items()}, self.tender)
        return self.drawn()

    def drawn(self) -> list[str]:
        """Who was drawn and sits by now."""
        return [one["person"] for one in self.clerk.items(f"/tenders/{self.tender}/draws/seated")]

    def seat_drawn(self) -> list[tuple[Client, Vault]]:
        """The committee of those who were drawn, and of the buyer's representative."""
        buyer, client, own = self.expert(AGENCY)
        drawn = self.drawn()
        members = [{"person": person, "role": "expert"} for person in drawn] + [{"person": buyer, "role": "buyer"}]
        self.clerk.post(f"/tenders/{self.tender}/committee", {"members": members})
        return [*(self._pool[person] for person in drawn), (client, own)]

    def evaluate(
        self,
        sheet: Callable[[dict[str, Any]], dict[str, Any]] = lambda blank: blank,
        members: list[tuple[Client, Vault]] | None = None,
    ) -> dict[str, Any]:
        """The members, five of its own if none are given, declare to be free and sign `sheet(blank)`; the ranking."""
        members = members or self.experts()
        for client, _ in members:
            client.post(f"/tenders/{self.tender}/declarations", {"recused": False})
        for client, own in members:
            expert.sign(client, own, self.tender, sheet(expert.blank(client, self.tender)))
        answer: dict[str, Any] = self.clerk.post(f"/tenders/{self.tender}/evaluation", {"draw": None})
        return answer

    def has_publicity(self) -> bool:
        """Whether the procedure publishes candidates before the award."""
        return "publicity" in self.procedure()["stages"]

    def publish_candidates(self) -> None:
        """Publish the candidates."""
        body = self.clerk.post(f"/tenders/{self.tender}/candidates", {})
        self.objections_until = clock.parse(body["objections_until"])

    def award(self, winner: str) -> dict[str, Any]:
        """Publish candidates and let the publicity period pass, where there is one; award with a second person."""
        if self.has_publicity() and self.stage() == "evaluated":
            self.publish_candidates()
        self.pass_until(self.objections_until + timedelta(seconds=1))
        proposed = self.clerk.post(f"/tenders/{self.tender}/award", {"winner": winner, "reason": None})
        return self.approve(proposed)

    def contract(self, **changed: Any) -> dict[str, Any]:
        """Register the contract of the award, signed today; gives the terms."""
        self.settle()
        awards = [one for one in record.of_tender(self.clerk, self.tender) if one.kind == "lot_awarded"]
        terms = {
            "price": awards[-1].body["price"],
            "signed_on": self.today(),
            "ends_on": "2028-12-31",
            "documents": [self.document("合同.pdf", b"%PDF-1.7 contract")],
        } | changed
        self.clerk.post(f"/tenders/{self.tender}/contract", terms)
        return terms

    def today(self) -> str:
        """The day in Beijing."""
        return calendar.beijing_day(self.now()).isoformat()

    def document(self, name: str, data: bytes) -> dict[str, Any]:
        """A file of the agency, stored and as a form names it."""
        path = self.folder / name
        path.write_bytes(data)
        return agency.document(self.clerk, name, self.folder)

    def dossier(self) -> bytes:
        """The dossier, once everything is published."""
        self.settle()
        return self.site.client().read(f"/tenders/{self.tender}/dossier")

    def settle(self) -> None:
        """Wait until the published checkpoint covers all that was recorded."""
        log = self.site.desk.log

        def published() -> bool:
            with self.site.desk.work.reading() as connection:
                count = connection.exec_driver_sql("SELECT count(*) FROM entries").scalar_one()
            checkpoint = log.published()
            return checkpoint is not None and checkpoint.size == count

        self.until(published)

    def anchors(self) -> dict[str, Any]:
        """The anchors as the server shows them (a test is no stranger)."""
        found: dict[str, Any] = self.site.client().get("/anchors")
        return found

    def _notice_is_out(self) -> bool:
        number = self.clerk.get(f"/tenders/{self.tender}")["number"]
        found = self.clerk.get(f"/tenders/{self.tender}/record")["items"]
        notices = [one["body"] for one in found if one["head"]["kind"].startswith("tender_")]
        return any(body["number"] == number for body in notices)

    def _closing_is_out(self) -> bool:
        from api.tools.client import ServerRefused

        try:
            self.site.client().get(f"/tenders/{self.tender}/closing")
        except ServerRefused as refusal:
            if refusal.reason in {"closing_not_cosigned", "not_closed"}:
                return False
            raise
        return True

    def _client(self, organisation: str, *roles: str) -> Client:
        _, token = self.site.person(organisation, *roles)
        return self.site.client(token)

    def _trustee(self, name: str, number: int) -> tuple[Client, Vault]:
        own = vault()
        own.add_signing_key("trustee", chance.token())
        organisation = self.site.organisation(code(number), f"受托机构{name}")
        client = self._client(organisation, "trustee")
        found = trust.trusted(client, own)
        self.administrator.post(
            "/trustees",
            {
                "trustee": name,
                "name": f"受托机构{name}",
                "organisation": organisation,
                "identity": own.public_key("trustee").hex(),
                "operator": False,
                "proof": keys.proof(own, found, name, "trustee"),
            },
        )
        return client, own

    def _bidder(self, organisation: str) -> Bidder:
        client, own = self._client(organisation, "bidder"), vault()
        self._register(client, own, "statement")
        return bidding_tool.bidder(client, own, trust.trusted(client, own))

    def _register(self, client: Client, own: Vault, purpose: Purpose) -> None:
        own.add_signing_key(purpose, chance.token())
        keys.register(client, own, trust.trusted(client, own), purpose)
