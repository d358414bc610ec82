"""A town for the tools: a running server, an agency, trustees, bidders and experts with vaults of their own."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api import auth
from api.tools import agency, bidder, expert, keys, sealing, trust, trustee
from api.tools import vault as vaults
from api.tools.bidder import Bidder
from api.tools.client import Client
from api.tools.vault import Purpose, Vault
from notary import certificates, chance, clock
from notary.anchors import Anchors
from notary.certificates import Identity
from tests import panel, serving
from tests.serving import Site
from tests.trading.acts.office import content, organisation_code

TENDER = "YZ-431102-GC-2026-0001"
TRUSTEES = ("T1", "T2", "T3")


def new_vault(*purposes: Purpose) -> Vault:
    """A vault in memory with signing keys."""
    return vaults.new(chance.token(), {purpose: chance.token() for purpose in purposes}, lambda _: None)


class Town:
    """Everybody who takes part. `clerk` drafts and asks, `chief` approves; both are of the agency."""

    def __init__(self, site: Site, folder: Path, authority: Identity) -> None:
        self.site = site
        self.folder = folder
        self.authority = authority
        self._numbers = itertools.count(100)
        self._clock = Path(os.environ["SUNBID_DEMONSTRATION_CLOCK"])
        self._clients: list[Client] = []
        office = self.organisation("永州市公共资源交易中心")
        self.administrator = self.client(office, "administrator")
        self.agency_code = self.organisation("永州市住房和城乡建设局")
        self.clerk = self.client(self.agency_code, "agency")
        self.chief = self.client(self.agency_code, "agency")
        self.supervisor = self.client(office, "supervisor")
        self.agency_vault = new_vault()
        registered = [self._register(code) for code in TRUSTEES]
        self.trustees = {
            code: trustee.trustee(client, vault, trust.trusted(client, vault))
            for code, (client, vault) in zip(TRUSTEES, registered, strict=True)
        }

    def organisation(self, name: str) -> str:
        return self.site.organisation(organisation_code(next(self._numbers)), name)

    def client(self, organisation: str, *roles: str) -> Client:
        return self.signed_in(self.site.person(organisation, *roles)[0])

    def signed_in(self, person: str) -> Client:
        # With a token that outlives every legal period.
        with self.site.desk.work.unit() as unit:
            token, _ = auth.issue_token(unit, person, days=366)
        client = self.site.client(token)
        self._clients.append(client)
        return client

    def close(self) -> None:
        for client in self._clients:
            client.close()

    def anchors(self, vault: Vault) -> Anchors:
        return trust.trusted(self.administrator, vault)

    def advance(self, **span: float) -> None:
        """Move the demonstration's clock on, and do what is due."""
        offset = clock.demonstration_offset() + timedelta(**span)
        temporary = self._clock.with_suffix(".new")
        temporary.write_text(str(offset.total_seconds()), "ascii")
        temporary.replace(self._clock)
        self.site.tick()

    def to_deadline(self, **beyond: float) -> None:
        """To the deadline and a little beyond; what is due then is done."""
        deadline = clock.parse(self.clerk.get(f"/tenders/{TENDER}")["deadline"])
        ahead = deadline - self.site.desk.work.now() + timedelta(**(beyond or {"seconds": 1}))
        self.advance(seconds=ahead.total_seconds())
        # Closing and its checkpoint; then whatever the closing made due.
        self.site.tick()

    def draft(self, **changed: Any) -> str:
        """A draft that keeps every rule, with a document of the agency."""
        now = self.site.desk.work.now()
        document = self.folder / "招标文件.pdf"
        document.write_bytes(b"%PDF-1.7 tender documents")
        moments = {
            "documents_offered_until": clock.text(now + timedelta(days=20)),
            "questions_until": clock.text(now + timedelta(days=36)),
            "deadline": clock.text(now + timedelta(days=40)),
        }
        written = content(**moments, documents=[document.name], **changed)
        del written["evaluation_key"]
        return agency.draft(self.clerk, self.agency_vault, written, self.folder)

    def make_key_set(self, tender: str = TENDER) -> None:
        for code in TRUSTEES:
            self.offer(code, tender)
        for code in TRUSTEES:
            self.sign(code, tender)

    def offer(self, code: str, tender: str = TENDER) -> None:
        trustee.offer_key(self._believing(code), tender, "bid")

    def sign(self, code: str, tender: str = TENDER) -> None:
        trustee.sign_key_set(self._believing(code), tender, "bid")

    def _believing(self, code: str) -> trustee.Trustee:
        """The trustee with the anchors of now: others may have joined."""
        own = self.trustees[code]
        return replace(own, anchors=trust.trusted(own.client, own.vault))

    def approve(self, proposal: dict[str, Any], tender: str = TENDER) -> Any:
        return self.chief.post(
            f"/tenders/{tender}/approvals", {"proposal": proposal["proposal"], "content": proposal["content"]}
        )

    def publish(self, **changed: Any) -> str:
        """A published tender, its notice in the log."""
        tender = self.draft(**changed)
        self.make_key_set(tender)
        self.approve(self.clerk.post(f"/tenders/{tender}/publication", {}), tender)
        self.site.tick()
        return tender

    def bidder(self, name: str = "湘江建设有限公司") -> Bidder:
        """A new bidder with a registered key."""
        client = self.client(self.organisation(name), "bidder")
        vault = new_vault("statement")
        anchors = trust.trusted(client, vault)
        keys.register(client, vault, anchors, "statement")
        return bidder.bidder(client, vault, anchors)

    def sealed(self, own: Bidder, price: str, *files: Path) -> Path:
        """A sealed bid in a new file."""
        target = self.folder / f"{next(self._numbers)}.bid"
        sealing.seal_bid(
            own.client,
            own.anchors,
            tender=TENDER,
            kind="bid",
            bidder=own.code,
            values={"price": price, "duration_days": 180, "quality": "合格"},
            files=files,
            target=target,
        )
        return target

    def submitted(self, price: str) -> tuple[Bidder, dict[str, Any]]:
        """A new bidder's bid, submitted."""
        own = self.bidder()
        return own, bidder.submit(own, self.sealed(own, price), lambda _done, _all: None)

    def expert(self, organisation: str | None = None) -> tuple[str, Client, Vault]:
        """A new expert with a registered key: of a university, or of the organisation given."""
        person, _ = self.site.person(organisation or self.organisation("某大学"), "expert")
        client, vault = self.signed_in(person), new_vault("score")
        keys.register(client, vault, trust.trusted(client, vault), "score")
        return person, client, vault

    def drawn(self, experts: list[tuple[str, Client, Vault]]) -> None:
        """Take these into the pool, and draw all of them."""
        for person, _, _ in experts:
            said = {"specialities": ["公路工程"], "employments": [], "suspended": False}
            self.administrator.post(f"/people/{person}/expert", said)
        watch = self.organisation("永州市监督局")
        parties = {}
        for client in (self.clerk, self.client(watch, "supervisor"), self.administrator):
            vault = new_vault("draw")
            keys.register(client, vault, trust.trusted(client, vault), "draw")
            parties[client.get("/me")["organisation"]] = client, vault
        _, supervisor, operator = parties
        groups = [{"speciality": "公路工程", "count": len(experts)}]
        called = {"groups": groups, "supervisor": supervisor, "operator": operator}
        self.clerk.post(f"/tenders/{TENDER}/draws", called)
        self.site.tick()
        panel.draw(parties, TENDER)

    def _register(self, code: str) -> tuple[Client, Vault]:
        organisation = self.organisation(f"受托人{code}")
        vault = new_vault("trustee")
        body = {
            "trustee": code,
            "name": f"受托人{code}",
            "organisation": organisation,
            "identity": vault.public_key("trustee").hex(),
            "operator": code == "T1",
            "proof": keys.proof(vault, self.anchors(new_vault()), code, "trustee"),
        }
        self.administrator.post("/trustees", body)
        return self.client(organisation, "trustee"), vault

    def release(self, *codes: str) -> None:
        """These trustees release, and the opening that then is due takes place."""
        for code in codes:
            trustee.release(self.trustees[code], TENDER, "bid")
        self.site.tick()

    def scored(self, experts: list[tuple[str, Client, Vault]]) -> None:
        for _, client, vault in experts:
            expert.sign(client, vault, TENDER, {**expert.blank(client, TENDER), "rejections": []})


@contextmanager
def town(folder: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """A town whose clock and jobs go only when the test says so."""
    # The site names its own clock; monkeypatch takes it away afterwards.
    monkeypatch.setenv("SUNBID_DEMONSTRATION_CLOCK", "")
    authority = certificates.demonstration_authority(clock.host_time())
    roots = folder / "roots.pem"
    roots.write_bytes(authority.certificate)
    with serving.site(folder / "home", database_url, ticking=False, paper_roots=roots) as site:
        site.tick()
        found = Town(site, folder, authority)
        yield found
        found.close()
