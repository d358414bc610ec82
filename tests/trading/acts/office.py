"""An agency at work on a database: two clerks, bidders, experts, and a tender that keeps every rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Engine, insert, select

from notary import canonical, chance, clock, rows, signing
from notary.entries import Entry
from notary.errors import Refusal
from notary.rows import metadata
from notary.work import Unit, open_engine
from tests.trading.examples import BY_PRICE, BY_SCORE, NOON, beijing
from trading import drawing
from trading.acts import committee, documents, draws, evaluation, parties, pool, proposals, stages, tenders
from trading.acts.committee import Member
from trading.caller import Caller
from trading.parties import check_character
from trading.rows import draw_secrets, organisations
from trading.rules import PolicyFacts

ORIGIN = "test.sunbid.example/demonstration"
TENDER = "YZ-431102-GC-2026-0001"
PLAN: dict[str, Any] = {"name": "招标文件.pdf", "media_type": "application/pdf", "sha256": "11" * 32, "size": 1000}
PLAN_2: dict[str, Any] = {
    "name": "招标文件（修改）.pdf",
    "media_type": "application/pdf",
    "sha256": "22" * 32,
    "size": 2000,
}
POLICY = PolicyFacts((("T1", "T2"), ("T1", "T3"), ("T2", "T3")), frozenset({"T1"}))
KEY_SETS = {"bid": "aa" * 32}
DEADLINE = beijing("2026-11-24 09:30")
OPENED = beijing("2026-11-24 09:40")
SCORED = beijing("2026-11-25 11:00")
EVALUATED = beijing("2026-11-25 15:00")
PRICES = {"A": "3600000.00", "B": "3700000.00", "C": "3800000.00"}


def organisation_code(number: int) -> str:
    """A code with a right check character."""
    body = f"91431102MA{number:07d}"
    return body + check_character(body)


def content(**changed: Any) -> dict[str, Any]:
    """A draft that may be published at NOON and that breaks no rule."""
    return {
        "tender": TENDER,
        "procedure": "construction-open",
        "title": "永州市滨江路道路工程",
        "title_en": "Binjiang Road",
        "scope": "全长 2.86 公里。",
        "region": "431102",
        "funding": "财政资金 100%",
        "qualification": "市政公用工程施工总承包贰级及以上。",
        "budget": "4200000.00",
        "ceiling": "3980000.00",
        "deposit": "70000.00",
        "documents_offered_until": clock.text(beijing("2026-11-20 17:00")),
        "questions_until": clock.text(beijing("2026-11-15 00:00")),
        "deadline": clock.text(DEADLINE),
        "validity_days": 90,
        "evaluation": {"method": "lowest_evaluated_price", "criteria": BY_PRICE},
        "committee": {"size": 5, "experts": 4},
        "documents": [PLAN],
        "policy": {"quorums": [list(quorum) for quorum in POLICY.quorums]},
        "evaluation_key": "09" * 32,
    } | changed


def scored() -> dict[str, Any]:
    """The same tender by weighted scoring."""
    return content(evaluation={"method": "comprehensive", "criteria": BY_SCORE})


class Office:
    """One agency's database. clerk and chief are of the agency; other is of another agency."""

    def __init__(self, url: str) -> None:
        self.engine: Engine = open_engine(url)
        metadata.create_all(self.engine)
        self.keys: dict[str, Ed25519PrivateKey] = {}
        with self.at(NOON) as unit:
            self.clerk = self._person(unit, 1, "agency")
            self.chief = self._person(unit, 1, "agency")
            self.other = self._person(unit, 2, "agency")
            self.supervisor = self._person(unit, 3, "supervisor")
            self.bidders = {name: self._person(unit, 10 + i, "bidder") for i, name in enumerate(PRICES)}
            self.experts = [self._person(unit, 20 + i, "expert") for i in range(4)]
            self.buyer = self._person(unit, 1, "expert")
            for plan in (PLAN, PLAN_2):
                documents.add(unit, self.clerk, **plan)

    @contextmanager
    def at(self, moment: datetime) -> Iterator[Unit]:
        """A unit at a moment of our choice; rolls back like any other."""
        with self.engine.begin() as connection:
            yield Unit(connection, moment, ORIGIN, demonstration=True)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self.engine.connect() as connection:
            yield connection

    def publish(self, moment: datetime = NOON, draft: dict[str, Any] | None = None) -> Entry:
        """Draft, propose, approve and publish at one moment."""
        with self.at(moment) as unit:
            tender = tenders.draft(unit, self.clerk, draft or content())
            proposal = tenders.propose_publication(unit, self.clerk, tender, policy=POLICY)
        with self.at(moment) as unit:
            proposals.take(unit, self.chief, tender, proposal.proposal, proposal.content_sha256)
            return tenders.publish(unit, self.chief, tender, key_sets=KEY_SETS, policy=POLICY)

    def amend(self, moment: datetime, changes: Mapping[str, Any], **how: Any) -> Entry:
        """Propose and approve an amendment at one moment."""
        settings: dict[str, Any] = {"reason": "图纸有误", "affects_bids": True, "deadline": None} | how
        with self.at(moment) as unit:
            proposal = tenders.propose_amendment(unit, self.clerk, TENDER, changes=changes, **settings)
        with self.at(moment) as unit:
            taken = proposals.take(unit, self.chief, TENDER, proposal.proposal, proposal.content_sha256)
            return tenders.amend(unit, self.chief, taken)

    def open(self, prices: Mapping[str, str] = PRICES) -> tuple[str, list[dict[str, Any]]]:
        """Close and open with bids at these prices; gives the commitment of `lot_opened` and its bids."""
        with self.at(DEADLINE) as unit:
            tenders.close(unit, load(unit.connection))
        with self.at(OPENED) as unit:
            bids = [self._bid(unit, name, price) for name, price in prices.items()]
            body = {"bids": bids, "key_set": KEY_SETS["bid"], "quorum": 0}
            entry = unit.record("lot_opened", TENDER, "1", body, disclosed=True)
            tenders.opened(unit, load(unit.connection))
        return entry.commitment().hex(), bids

    def seat(self) -> list[Caller]:
        """The committee as announced: four experts and the buyer, with registered keys."""
        members = [Member(person=one.person, role="expert") for one in self.experts]
        everyone = [*self.experts, self.buyer]
        with self.at(OPENED) as unit:
            self.draw(unit)
            committee.set_committee(
                unit, self.clerk, TENDER, [*members, Member(person=self.buyer.person, role="buyer")]
            )
            for one in everyone:
                self.register(unit, one.person, "score")
        return everyone

    def draw(self, unit: Unit, *others: Caller) -> None:
        """Let the record say that the experts, or these, were drawn, unless it has a draw: whether it was a fair one is
        no matter here (tests/story/test_draw.py)."""
        there = draws.of_tender(unit.connection, TENDER)
        if there and there[-1].state != "failed":
            return
        secret, persons = chance.token(), [one.person for one in others or self.experts]
        for person in {*persons} - pool.load(unit.connection, persons).keys():
            pool.set_expert(unit, person, suspended=False, specialities=["公路工程"], employments=[])
        names = sorted(drawing.candidate_of(secret, person) for person in persons)
        group = {"candidates": names, "count": len(names), "label": "1", "speciality": "公路工程"}
        called = {"excluded": [], "groups": [group], "parties": []}
        leaf = unit.record(drawing.CALLED, TENDER, "1", called, disclosed=True).commitment().hex()
        unit.connection.execute(insert(draw_secrets).values(draw=leaf, secret=secret.hex()))
        made = {"draw": leaf, "seats": [names], "seed": "00" * 32}
        unit.record(drawing.MADE, TENDER, "1", made, disclosed=True)

    def score(
        self,
        expert: Caller,
        opened: str,
        scores: dict[str, Any],
        changed: dict[str, Any] | None = None,
        *,
        moment: datetime = SCORED,
    ) -> Entry:
        """Hand in an expert's sheet."""
        with self.at(moment) as unit:
            signed = self.sheet(expert, opened, scores, changed)
            return committee.score(unit, expert, TENDER, signed, opened=opened, bidders=list(self.codes().values()))

    def sheet(
        self, expert: Caller, opened: str, scores: dict[str, Any], changed: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """A signed sheet."""
        value = {
            "type": "sunbid/score/1",
            "tender": TENDER,
            "lot": "1",
            "expert": expert.person,
            "opened": opened,
            "scores": scores,
            "rejections": [],
        }
        return signing.sign(value | (changed or {}), self.keys[expert.person])

    def judge(self) -> None:
        """Everything up to the recorded evaluation, by lowest price."""
        opened, bids = self.open()
        for expert in self.seat():
            self.score(expert, opened, {})
        with self.at(EVALUATED) as unit:
            evaluation.evaluate(unit, self.clerk, TENDER, offers=bids)

    def register(self, unit: Unit, owner: str, purpose: str) -> str:
        """Make and register a key; its leaf."""
        key = self.keys[owner] = private_key(len(self.keys))
        public = key.public_key().public_bytes_raw().hex()
        return parties.register_key(
            unit, origin=ORIGIN, owner=owner, public_key=public, purpose=purpose, proof=proof(key, owner, purpose)
        )

    def codes(self) -> dict[str, str]:
        """Name in PRICES -> organisation code."""
        return {name: caller.organisation for name, caller in self.bidders.items()}

    def _person(self, unit: Unit, number: int, role: str) -> Caller:
        code = organisation_code(number)
        if not unit.connection.execute(select(organisations.c.code).where(organisations.c.code == code)).first():
            parties.add_organisation(unit, code=code, name=f"测试单位{number}", region="431102")
        person = parties.add_person(unit, organisation=code, name="某人", roles=[role])
        return Caller(person, code, frozenset({role}))

    def _bid(self, unit: Unit, name: str, price: str) -> dict[str, Any]:
        bidder = self.bidders[name].organisation
        statement = {"type": "sunbid/statement/1", "bidder": bidder, "replaces": None}
        body = {"receipt": "ab" * 16, "statement": {"object": statement, "signature": ""}}
        accepted = unit.record("bid_accepted", TENDER, "1", body, disclosed=True)
        return {
            "accepted": accepted.commitment().hex(),
            "bidder": bidder,
            "name": f"投标人{name}",
            "envelope": "cc" * 32,
            "outcome": "opened",
            "reason": None,
            "values": {"price": price, "duration_days": 180, "quality": "合格"},
        }


def load(connection: Connection) -> stages.Tender:
    """The tender as it stands."""
    return stages.load(connection, TENDER)


def private_key(number: int) -> Ed25519PrivateKey:
    """A key of a number, always the same."""
    return Ed25519PrivateKey.from_private_bytes((number + 1).to_bytes(32, "big"))


def proof(key: Ed25519PrivateKey, owner: str, purpose: str, changed: dict[str, str] | None = None) -> dict[str, Any]:
    """The signed object that shows possession."""
    public = key.public_key().public_bytes_raw().hex()
    value = {"type": "sunbid/key/1", "origin": ORIGIN, "owner": owner, "public_key": public, "purpose": purpose}
    return signing.sign(value | (changed or {}), key)


def refused(error: type[Refusal], reason: str) -> Any:
    """That refusal, by its slug."""
    return pytest.raises(error, match=f"^{reason}: ")


def recorded(connection: Connection, kind: str, *, tender: str = TENDER) -> list[dict[str, Any]]:
    """Bodies of the tender's entries of a kind, in order, each with `disclosed`."""
    found = connection.execute(
        select(rows.entries)
        .where(rows.entries.c.tender == tender, rows.entries.c.kind == kind)
        .order_by(rows.entries.c.serial)
    )
    return [canonical.loads(row.body.encode()) | {"disclosed": row.disclosed} for row in found]
