"""A town for the sweeps of the policy: a lot in every stage, and two of everybody, one of whom has to do with them.

Every lot is of the agency's, names the trustees T1 to T3, and seats the same committee. The other agency, trustee,
bidder and expert have to do with none. People of the agency's organisation in another role are there as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import delete, exists, select

from api import accounts, auth, passwords, recovery, registration, sessions
from api.tools import expert, papers
from api.tools.client import Client
from api.tools.vault import Vault
from bidding.acts import keys
from bidding.deposit_rows import assignments
from bidding.rows import auction_applications, auctions, envelopes, statements
from notary import canonical, certificates, chance, clock
from notary.rows import entries, numbered
from tests.accounts import PASSWORD, link
from tests.accounts import person as account
from tests.auctioning import Salesroom
from tests.serving import OPERATOR, Site, site
from tests.stage import AGENCY, ROADS, Stage, code
from trading import drafting, procedures
from trading.acts import declaring, parties
from trading.acts import drafting as working_papers
from trading.caller import Caller
from trading.prior_rows import comments, prior_notices
from trading.remedy_rows import complaint_decisions, complaints, objection_answers, objections
from trading.rows import proposals, questions, roles, tenders

UNPUBLISHED = ("proposed", "draft", "keyless", "announced")
PAYER = "付款账户的户名"
#: Of a lot that is not opened yet.
HIDDEN = "开标之前不告诉人的户名"
CONTRACTS = ("contracted", "completed", "terminated")
#: The stages of lots, in which each is made: those that have to close first.
CLOSING = ("closed", "opened", "evaluated", "publicity", "awarding", "awarded", *CONTRACTS, "failed")
LATER = ("cancelled", "open", "held", "proposed", "draft", "keyless", "announced")
#: What an auction decides: one that has been sold, and one whose registration is open.
AUCTIONS = ("sold", "auction")
DECLARED = "第七宗地的竞买声明。"
PRICES = ("3680000.00", "3650000.00", "3700000.00")
#: The lot in which a draw of experts was called, and of which speciality.
DRAWN, SPECIALITY = "closed", "桥梁工程"
#: What was asked and is not answered yet, and what was objected.
UNANSWERED, FACTS = "第七册的图纸何时补发？", "清单漏列第七册的桥面铺装。"
COMPLAINED = "答复回避了第七册的桥面铺装。"
COMMENTED = "第七册的供应商不止一家。"
OBJECTED = {"against": "documents", "facts": FACTS, "basis": "第三章", "request": "更正清单"}
ABSENT = "YZ-431102-GC-2026-9999"
NOBODYS = "0" * 32


@dataclass(frozen=True)
class Actor:
    """Somebody. organisation, roles: as registered; trustee: the code of its trustee; weak: without second factor."""

    name: str
    person: str = ""
    organisation: str = ""
    roles: frozenset[str] = frozenset()
    token: str | None = None
    trustee: str = "T1"
    vault: Vault | None = None
    weak: bool = False

    @property
    def public(self) -> bool:
        """Whether it is not signed in."""
        return not self.person


@dataclass
class Lot:
    """A lot of the agency's. places: what stands for the parameters of addresses, where there is such a thing."""

    name: str
    tender: str
    stage: str = ""
    published: bool = False
    announced: bool = False
    places: dict[str, str] = field(default_factory=dict)
    key_set: dict[str, Any] | None = None
    content: dict[str, Any] = field(default_factory=dict)
    proposed: str = NOBODYS * 2
    signed_paper: bool = False
    opened: str = NOBODYS * 2


@dataclass
class World:
    """The town as it stands; actors and lots by name."""

    site: Site
    stage: Stage
    actors: dict[str, Actor] = field(default_factory=dict)
    lots: dict[str, Lot] = field(default_factory=dict)
    committee: frozenset[str] = frozenset()
    trustees: frozenset[str] = frozenset()
    own: dict[str, str] = field(default_factory=dict)
    signed_on: str = ""  # the day of the contract

    def seats(self, lot: Lot) -> frozenset[str]:
        """Who sits on the committee of a lot."""
        return self.committee if lot.name in CLOSING[1:-1] else frozenset()

    def opened(self, lot: Lot) -> frozenset[str]:
        """Whose bids were opened in a lot."""
        bidders = (self.stage.bidder(number).code for number in range(len(PRICES)))
        return frozenset(bidders) if lot.name in CLOSING[1:-1] else frozenset()

    def session(self, actor: Actor) -> str:
        """A new session's secret, of somebody who has just shown its strongest factor (a password, if weak)."""
        with self.site.desk.work.unit() as unit:
            return sessions.begin(unit, actor.person, strong=not actor.weak, device="test")


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """The town, on SQLite."""
    roots = folder / "roots.pem"
    with site(folder / "home", f"sqlite:///{folder / 'sunbid.db'}", paper_roots=roots) as running:
        made = World(running, Stage(running, folder / "parties"))
        town = _Building(made, roots)
        town.build()
        yield made


class _Building:
    """How the town is made, with the parties' own tools."""

    def __init__(self, made: World, roots: Path) -> None:
        self.made = made
        self.stage = made.stage
        self.roots = roots
        self.password = passwords.hashed(PASSWORD)
        self.over_at = made.stage.now()
        self.members: list[tuple[str, Client, Vault]] = []

    def build(self) -> None:
        stage = self.stage
        self.other_trustee = stage._trustee("T4", 904)
        for number, name in enumerate((*CLOSING, *LATER, *AUCTIONS), start=1):
            self.made.lots[name] = Lot(name, f"YZ-431102-GC-2026-{number:04}")
        # It opens after all the periods of the others.
        self._at("sold")
        sale = Salesroom(stage, "land-auction", opens_in=timedelta(days=40))
        sale.publish()
        sale.enter(0, 1, 2)
        for name in CLOSING:
            self._at(name)
            stage.publish(deadline=clock.text((stage.now() + timedelta(days=21)).replace(microsecond=0)))
            self._ask(name)
            for number, price in enumerate(PRICES if name != "failed" else ()):
                stage.bid(stage.bidder(number), price)
        self.members = [*stage.admit(4), stage.expert(AGENCY)]
        for name in CLOSING:
            self._at(name)
            stage.close()
        self._at(DRAWN)
        stage.admit(5, SPECIALITY)
        stage.call_draw((SPECIALITY, 4))
        for name in CLOSING[1:-1]:
            self._open(name)
        for name in CLOSING[2:-1]:
            self._evaluate(name)
        self._publicity()
        self._at("sold")
        sale.sell()
        self._sign_a_paper("awarded")
        make = {
            "cancelled": self._cancelled,
            "open": self._open_lot,
            "held": self._held,
            "proposed": self._proposed,
            "draft": self._draft,
            "keyless": self._keyless,
            "announced": self._announced,
        }
        for name in LATER:
            self._at(name)
            make[name]()
        self._at("auction")
        self._registration()
        stage.settle()
        self._people()
        self._own_things()
        for lot in self.made.lots.values():
            self._look(lot)

    def _at(self, name: str) -> str:
        self.stage.tender = self.made.lots[name].tender
        return self.stage.tender

    def _ask(self, name: str) -> None:
        """A question that waits, and an objection that does not: no lot closes before the answer."""
        own, path = self.stage.bidder(0).client, f"/tenders/{self._at(name)}"
        own.post(f"{path}/questions", {"question": UNANSWERED})
        self._answered(own, path)

    def _answered(self, own: Client, path: str) -> str:
        """An objection that is answered."""
        objection: str = own.post(f"{path}/objections", OBJECTED)["objection"]
        reply = {"objection": objection, "outcome": "dismissed", "answer": "未漏项。"}
        self.stage.clerk.post(f"{path}/objection-answers", reply)
        return objection

    def _complaints(self, path: str) -> None:
        """An answered objection of which nobody complains, two complaints that wait, and one that was taken up."""
        own = self.stage.bidder(0).client
        self._answered(own, path)
        said = {"facts": COMPLAINED, "basis": "第三章", "request": "责令改正"}
        for _ in range(2):
            own.post(f"{path}/complaints", {"objection": self._answered(own, path), **said})
        taken = own.post(f"{path}/complaints", {"objection": self._answered(own, path), **said | {"facts": FACTS}})
        decision = {"complaint": taken["complaint"], "taken_up": True, "suspends": False, "reason": "符合受理条件"}
        self.stage.supervisor.post(f"{path}/complaint-decisions", decision)

    # from the closing to the award

    def _open(self, name: str) -> None:
        stage, tender = self.stage, self._at(name)
        for trustee in ("T1", "T2"):
            stage.release(trustee)
        stage.until(lambda: stage.stage() == "opened")
        stage.draw((ROADS, 4))
        seats = [{"person": person, "role": "expert"} for person, _, _ in self.members[:4]]
        seats.append({"person": self.members[4][0], "role": "buyer"})
        stage.clerk.post(f"/tenders/{tender}/committee", {"members": seats})
        stage.clerk.post(f"/tenders/{tender}/committee-box", {"box": "YWdl"})
        with self.made.site.desk.work.unit() as unit:
            for number in (0, 4):
                caller = Caller(self.members[number][0], "", frozenset())
                declaring.save_sheet(unit, caller, tender, {"scores": {}, "rejections": [], "notes": {}})
        free = self.members if name != "opened" else self.members[:1]
        for _, client, _ in free:
            client.post(f"/tenders/{tender}/declarations", {"recused": False})

    def _evaluate(self, name: str) -> None:
        tender = self._at(name)
        for _, client, own in self.members:
            expert.sign(client, own, tender, expert.blank(client, tender))
        self.stage.clerk.post(f"/tenders/{tender}/evaluation", {"draw": None})
        if name != "evaluated":
            candidates = self.stage.clerk.post(f"/tenders/{tender}/candidates", {})
            self.over_at = clock.parse(candidates["objections_until"])

    def _publicity(self) -> None:
        """All periods end together; some of the lots go on."""
        stage = self.stage
        stage.keep_tokens()
        stage.pass_until(self.over_at + timedelta(seconds=1))
        award = {"winner": stage.bidder(1).code, "reason": None}
        for name in ("awarding", "awarded", *CONTRACTS):
            proposed = stage.clerk.post(f"/tenders/{self._at(name)}/award", award)
            if name != "awarding":
                stage.approve(proposed)
            if name in CONTRACTS:
                terms = stage.contract()
                self.made.signed_on = terms["signed_on"]
            if name in CONTRACTS[1:]:
                end = {"result": name, "on": terms["signed_on"], "detail": "记录在案", "documents": terms["documents"]}
                stage.clerk.post(f"/tenders/{self._at(name)}/contract/end", end)

    def _sign_a_paper(self, name: str) -> None:
        moment = self.stage.now()
        authority = certificates.demonstration_authority(moment)
        self.roots.write_bytes(authority.certificate)
        identity = certificates.certificate_for(authority, "测试招标人", AGENCY, moment)
        papers.sign(self.stage.clerk, self._at(name), "tender_notice_0", identity, reason="签发", location="永州")
        self.made.lots[name].signed_paper = True
        papers.tell(self.stage.clerk, self.stage.tender, identity, reason="告知", location="永州")

    # what is not closed yet

    def _cancelled(self) -> None:
        self.stage.publish()
        why = {"reason": "cancelled", "detail": "规划调整。"}
        self.stage.approve(self.stage.clerk.post(f"/tenders/{self.stage.tender}/failure", why))

    def _open_lot(self) -> None:
        stage, path = self.stage, f"/tenders/{self.stage.tender}"
        stage.publish()
        stage.bid(stage.bidder(0), PRICES[0])
        for number in range(2):
            own = stage.bidder(number).client
            own.post(f"{path}/questions", {"question": UNANSWERED})
            own.post(f"{path}/objections", OBJECTED)
        self._complaints(path)
        change = {"reason": "更正", "affects_bids": False, "changes": {"ceiling": "3970000.00"}, "deadline": None}
        stage.clerk.post(f"{path}/amendments", change)

    def _held(self) -> None:
        self.stage.publish()
        self.stage.supervisor.post(f"/tenders/{self.stage.tender}/holds", {"reason": "受理投诉"})

    def _proposed(self) -> None:
        self.stage.draft()
        self.stage.clerk.post(f"/tenders/{self.stage.tender}/publication", {})

    def _draft(self) -> None:
        self.stage.draft(title="尚未公开的项目")

    def _keyless(self) -> None:
        self.stage.draft_with({"quorums": [["T1", "T2"], ["T1", "T3"], ["T2", "T3"]]})

    def _announced(self) -> None:
        """A prior notice, and two comments that wait."""
        stage = self.stage
        single = {"procedure": "procurement-single-source", "subject": "goods", "committee": {"size": 3, "experts": 2}}
        stage.draft(**single, invited=stage.invited(1, way="only_supplier"))
        opinion = stage.document("论证意见.pdf", b"%PDF-1.7 opinion")
        stage.announce({"reason": "专利产品。", "opinion": "只有一家。", "contact": "测试采购人"}, opinion)
        self.made.own["opinion"] = opinion["sha256"]
        for _ in range(2):
            stage.bidder(0).client.post(f"/tenders/{stage.tender}/comments", {"text": COMMENTED})

    def _registration(self) -> None:
        """One bidder has a number, another waits."""
        room = Salesroom(self.stage, "land-listing")
        room.publish()
        room.enter(0)
        room.apply(1, DECLARED)

    # who there is

    def _people(self) -> None:
        stage = self.stage
        members = {name: stage.trustees[name] for name in ("T1", "T2", "T3")}
        of_trustees = {name: one.client.get("/me")["organisation"] for name, one in members.items()}
        self.made.trustees = frozenset(of_trustees.values())
        self.made.committee = frozenset(person for person, _, _ in self.members)
        other = self.made.site.organisation(code(950), "另一招标人")
        self._known("clerk", stage.clerk)
        self._known("approver", stage.second)
        self._known("trustee", members["T1"].client, vault=members["T1"].vault)
        self._known("bidder", stage.bidder(0).client, vault=stage.bidder(0).vault)
        self._known("other bidder", stage.bidder(60).client, vault=stage.bidder(60).vault)
        self._known("member", self.members[0][1], vault=self.members[0][2])
        self._known("buyer", self.members[4][1], vault=self.members[4][2])
        for name, organisation, role in (
            ("other agency", other, "agency"),
            ("other expert", OPERATOR, "expert"),
            ("expert of the agency", AGENCY, "expert"),
            ("bidder of the agency", AGENCY, "bidder"),
            ("supervisor", OPERATOR, "supervisor"),
            ("administrator", OPERATOR, "administrator"),
            ("other administrator", OPERATOR, "administrator"),
        ):
            self._new(name, organisation, role)
        self._new("other trustee", code(904), "trustee", trustee="T4", vault=self.other_trustee[1])
        self._new("nobody", OPERATOR, "expert")
        self._take_roles("nobody")
        self._new("clerk by password", AGENCY, "agency", weak=True)
        self.made.actors["public"] = Actor("public")

    def _known(self, name: str, client: Client, *, vault: Vault | None = None) -> None:
        """Somebody who has acted already. Its token may have ended meanwhile."""
        me = client.get("/me")
        self._add(name, me["person"], me["organisation"], me["roles"], vault=vault)

    def _new(self, name: str, organisation: str, role: str, **more: Any) -> None:
        with self.made.site.desk.work.unit() as unit:
            person = parties.add_person(unit, organisation=organisation, name="测试人员", roles=[role])
        self._add(name, person, organisation, [role], **more)

    def _take_roles(self, name: str) -> None:
        """Whoever had a role and has none any more is still signed in."""
        actor = self.made.actors[name]
        with self.made.site.desk.work.unit() as unit:
            unit.connection.execute(delete(roles).where(roles.c.person == actor.person))
        self.made.actors[name] = replace(actor, roles=frozenset())

    def _add(self, name: str, person: str, organisation: str, had: Any, **more: Any) -> None:
        with self.made.site.desk.work.unit() as unit:
            token, _ = auth.issue_token(unit, person, days=30)
            accounts.make(unit, person, person, self.password)
        self.made.actors[name] = Actor(name, person, organisation, frozenset(had), token, **more)

    # what there is

    def _own_things(self) -> None:
        """An upload, a receipt, a request, a working paper, a document, of the bidder's or of the clerk's."""
        stage, own = self.stage, self.made.own
        bidder = stage.bidder(0)
        begun = bidder.client.post(f"/tenders/{self._at('open')}/uploads", {"kind": "bid", "part_sizes": [100, 100]})
        own["upload"] = begun["upload"]
        own["receipt"] = bidder.client.get(f"/tenders/{stage.tender}/bids/own")["statements"][0]["receipt"]
        own["key"] = chance.token(16).hex()
        stage.site.client(self.made.actors["bidder"].token)._send(
            "POST",
            f"/api/v1/tenders/{stage.tender}/uploads",
            content=b'{"kind":"bid","part_sizes":[100,100]}',
            headers={"Content-Type": "application/json", "Idempotency-Key": own["key"]},
        )
        data = b"\xe6\x9c\xaa\xe5\x85\xac\xe5\xbc\x80"
        own["sha256"] = hashlib.sha256(data).hexdigest()
        stage.clerk.put(f"/documents/{own['sha256']}", data, name="未公开.txt", media_type="text/plain")
        clerk = self.made.actors["clerk"]
        with self.made.site.desk.work.unit() as unit:
            procedure = procedures.in_force("construction-open", unit.now)
            content = drafting.first_content(procedure, "works", "431102", unit.now)
            caller = Caller(clerk.person, clerk.organisation, clerk.roles)
            own["draft"] = working_papers.begin(unit, caller, content | {"title": "未公开的草稿"})
        self._deposits()
        self._waiting()

    def _deposits(self) -> None:
        """The winner's of every published lot; one that waits to be assigned, and one that is to go back."""
        stage, own = self.stage, self.made.own
        own["reference"], own["stray"] = "WAITS", "STRAY"
        report = {"account": "62220001", "payer": PAYER, "amount": "1.00", "received_at": clock.text(stage.now())}
        known = [one for one in self.made.lots.values() if one.name not in UNPUBLISHED]
        of_winner = report | {"organisation": stage.bidder(1).code}
        payers = {"open": HIDDEN}
        of_lots = [
            of_winner | {"reference": f"OF-{lot.name}", "tender": lot.tender, "payer": payers.get(lot.name, PAYER)}
            for lot in known
        ]
        loose = [report | {"reference": own[name]} for name in ("reference", "stray")]
        stage.administrator.post("/deposits", {"transfers": [*of_lots, *loose]})

    def _waiting(self) -> None:
        """Somebody with an account who has lost it, and two organisations that want to take part."""
        own, site_ = self.made.own, self.made.site
        spare = account(site_, OPERATOR, "expert")
        own["person"] = spare.id
        own["newcomer"] = site_.person(OPERATOR, "expert")[0]
        own["secret"] = link(site_, site_.person(OPERATOR, "expert")[0])
        with site_.desk.work.unit() as unit:
            own["recovery"] = recovery.propose(
                unit, self.made.actors["other administrator"].person, spare.id, "当面核对身份证原件。"
            )
            for number, name in ((970, "registration"), (971, "second registration")):
                asked = {"code": code(number), "organisation": name, "name": name, "login": f"login{number}"}
                own[name] = registration.ask(unit, **asked, password="-")
        with site_.desk.work.reading() as connection:
            disclosed = select(numbered.c.index).join(entries, entries.c.serial == numbered.c.serial)
            for name, shown in (("disclosed", True), ("sealed", False)):
                own[name] = str(connection.scalar(disclosed.where(entries.c.disclosed.is_(shown)).limit(1)))

    def _look(self, lot: Lot) -> None:
        """What the database knows of a lot."""
        latest = select(proposals).where(proposals.c.tender == lot.tender).order_by(proposals.c.proposed_at.desc())
        objected = (
            select(objections.c.objection)
            .join(objection_answers, objection_answers.c.objection == objections.c.objection, isouter=True)
            .where(objections.c.tender == lot.tender)
        )
        complained = (
            select(complaints.c.complaint)
            .join(complaint_decisions, complaint_decisions.c.complaint == complaints.c.complaint, isouter=True)
            .where(complaints.c.tender == lot.tender)
        )
        waits = complaint_decisions.c.complaint.is_(None)
        of_lot = {
            "proposal": latest.with_only_columns(proposals.c.proposal),
            "question": select(questions.c.question).where(questions.c.tender == lot.tender),
            "objection": objected.order_by(objection_answers.c.answered_at.is_not(None)),
            "answered": objected.where(
                objection_answers.c.answered_at.is_not(None),
                objections.c.organisation == self.stage.bidder(0).code,
                ~exists().where(complaints.c.objection == objections.c.objection),
            ),
            "complaint": complained.where(waits).order_by(complaints.c.filed_at),
            "regretted": complained.where(waits).order_by(complaints.c.filed_at.desc()),
            "taken up": complained.where(complaint_decisions.c.taken_up.is_(True)),
            "comment": select(comments.c.comment).where(comments.c.tender == lot.tender),
            "reference": select(assignments.c.reference).where(assignments.c.tender == lot.tender),
            "prior": select(prior_notices.c.leaf).where(prior_notices.c.tender == lot.tender),
            "auction": select(auctions.c.tender).where(auctions.c.tender == lot.tender),
            "application": select(auction_applications.c.application).where(
                auction_applications.c.tender == lot.tender, auction_applications.c.statement == DECLARED
            ),
            "envelope": select(envelopes.c.envelope)
            .join(statements, statements.c.statement == envelopes.c.statement)
            .where(statements.c.tender == lot.tender),
        }
        with self.made.site.desk.work.reading() as connection:
            row = connection.execute(select(tenders).where(tenders.c.tender == lot.tender)).one()
            lot.stage, lot.published = row.stage, row.published_at is not None
            lot.content = canonical.loads(row.content.encode())
            opened = select(entries.c.commitment).where(entries.c.tender == lot.tender, entries.c.kind == "lot_opened")
            lot.opened = connection.scalar(opened) or lot.opened
            lot.key_set = keys.load_record(connection, lot.tender, "bid")
            lot.places = {name: found for name, query in of_lot.items() if (found := connection.scalar(query))}
            lot.proposed = connection.scalar(latest.with_only_columns(proposals.c.content_sha256)) or NOBODYS * 2
        lot.announced = "prior" in lot.places
        lot.places |= {"tender": lot.tender, "sha256": lot.content["documents"][0]["sha256"]}
        if lot.announced:
            lot.places["sha256"] = self.made.own["opinion"]
        if lot.name in ("awarded", *CONTRACTS):
            lot.places["bidder"] = self.stage.bidder(0).code
        if lot.published:
            lot.places |= {"number": "0", "name": "tender_notice_0"}
