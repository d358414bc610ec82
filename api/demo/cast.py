"""The parties: each with its own connection, its own token, and where it has secrets its own vault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from api.demo import story
from api.demo.story import Bid, Organisation
from api.demo.vaults import Vaults
from api.tools import bidder as bidder_tool
from api.tools import keys, trust
from api.tools import trustee as trustee_tool
from api.tools.bidder import Bidder
from api.tools.client import Client
from api.tools.trustee import Trustee
from api.tools.vault import Purpose, Vault
from notary import chance
from notary.anchors import Anchors


@dataclass(frozen=True)
class Person:
    """Somebody with a token. id: as the record knows the person."""

    client: Client
    id: str


Member = tuple[Person, Vault]


@dataclass
class Cast:
    """All who act. administrator: comes in by the one-time link, and lets the others in."""

    url: str
    administrator: Client
    vaults: Vaults
    agency_vault: Vault = field(init=False)
    _of_trustees: dict[str, Vault] = field(default_factory=dict)
    agency: list[Person] = field(default_factory=list)
    bidders: dict[str, Bidder] = field(default_factory=dict)
    trustees: dict[str, Trustee] = field(default_factory=dict)
    supervisor: Person = field(init=False)
    drawers: list[tuple[Client, Vault, Anchors]] = field(default_factory=list)
    experts: dict[str, Member] = field(default_factory=dict)
    buyer: Member = field(init=False)

    def public(self) -> Client:
        """A stranger's connection."""
        return Client(self.url, demonstration=True)

    def register_organisations(self) -> int:
        """The administrator registers all organisations but its own; how many."""
        wanted = [story.NOTARY, story.SUPERVISOR, story.POOL, story.AGENCY, *(bid.organisation for bid in story.BIDS)]
        for one in wanted:
            body = {"code": one.code, "name": one.zh, "region": story.REGION}
            self.administrator.post("/organisations", body)
        return len(wanted)

    def person(self, organisation: Organisation, name: str, roles: Sequence[str]) -> Person:
        """The administrator registers somebody and hands over a token."""
        body = {"organisation": organisation.code, "name": name, "roles": list(roles)}
        added = self.administrator.post("/people", body)["person"]
        token = self.administrator.post(f"/people/{added}/tokens", {"days": 90})["token"]
        return Person(Client(self.url, token, demonstration=True), added)

    def bring_agency(self) -> None:
        """The two persons of the agency, and their vault."""
        self.agency = [self.person(story.AGENCY, name, [role]) for name, role in story.AGENCY_PEOPLE]
        self.agency_vault = self.vaults.new("agency")

    def bring_trustees(self) -> None:
        """Each trustee makes its identity key on its own side; the administrator registers what it printed."""
        came = [(one, self.person(one.organisation, "受托人经办", ["trustee"])) for one in story.TRUSTEES]
        self._of_trustees = {
            one.organisation.slug: self.vaults.new(one.organisation.slug, "trustee") for one, _ in came
        }
        own = {one.name: self._of_trustees[one.organisation.slug] for one, _ in came}
        for one, person in came:
            vault = own[one.name]
            believed = trust.trusted(person.client, vault)
            self.administrator.post(
                "/trustees",
                {
                    "trustee": one.name,
                    "name": one.organisation.zh,
                    "organisation": one.organisation.code,
                    "identity": vault.public_key("trustee").hex(),
                    "operator": one.operator,
                    "proof": keys.proof(vault, believed, one.name, "trustee"),
                },
            )
        for one, person in came:
            vault = own[one.name]
            believed = trust.trusted(person.client, vault)
            self.trustees[one.name] = trustee_tool.trustee(person.client, vault, believed)

    def bring_bidder(self, bid: Bid) -> None:
        """A bidder with its signing key, registered by itself."""
        person = self.person(bid.organisation, "投标经办", ["bidder"])
        vault = self._registered(bid.organisation.slug, person.client, "statement")
        believed = trust.trusted(person.client, vault)
        self.bidders[bid.organisation.slug] = bidder_tool.bidder(person.client, vault, believed)

    def bring_experts(self) -> None:
        """The pool of experts, as the administrator keeps it, and the buyer's representative, each with a key."""
        for number, expert in enumerate(story.EXPERTS, 1):
            person = self.person(story.POOL, expert.name, ["expert"])
            worked = [{"employer": code, "until": until} for code, until in expert.worked]
            said = {"specialities": [story.SPECIALITY], "employments": worked, "suspended": False}
            self.administrator.post(f"/people/{person.id}/expert", said)
            self.experts[person.id] = person, self._registered(f"expert-{number}", person.client, "score")
        person = self.person(story.AGENCY, story.BUYER, ["expert"])
        self.buyer = person, self._registered("buyer", person.client, "score")

    def bring_drawers(self) -> None:
        """Agency, supervisor and trading centre, who draw: each with a key for it."""
        self.supervisor = self.person(story.SUPERVISOR, "刘建平", ["supervisor"])
        parties = (
            (self.agency[0].client, self.agency_vault),
            (self.supervisor.client, self._of_trustees[story.SUPERVISOR.slug]),
            (self.administrator, self._of_trustees[story.CENTRE.slug]),
        )
        for client, vault in parties:
            vault.add_signing_key("draw", chance.token())
            believed = trust.trusted(client, vault)
            keys.register(client, vault, believed, "draw")
            self.drawers.append((client, vault, believed))

    def _registered(self, name: str, client: Client, purpose: Purpose) -> Vault:
        vault = self.vaults.new(name, purpose)
        keys.register(client, vault, trust.trusted(client, vault), purpose)
        self.vaults.store(name)
        return vault

    def close(self) -> None:
        """Close all connections."""
        people = [*self.agency, self.supervisor, self.buyer[0], *(person for person, _ in self.experts.values())]
        for client in (
            self.administrator,
            *(one.client for one in people),
            *(one.client for one in self.bidders.values()),
            *(one.client for one in self.trustees.values()),
        ):
            client.close()
