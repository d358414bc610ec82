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


@dataclass(frozen=True)
class Person:
    """Somebody with a token. id: as the record knows the person."""

    client: Client
    id: str


@dataclass
class Cast:
    """All who act. administrator: comes in by the one-time link, and lets the others in."""

    url: str
    administrator: Client
    vaults: Vaults
    agency_vault: Vault = field(init=False)
    agency: list[Person] = field(default_factory=list)
    bidders: dict[str, Bidder] = field(default_factory=dict)
    trustees: dict[str, Trustee] = field(default_factory=dict)
    members: list[tuple[Person, str, Vault]] = field(default_factory=list)

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
        own = {one.name: self.vaults.new(one.organisation.slug, "trustee") for one, _ in came}
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
        vault = self._signing(bid.organisation.slug, person, "statement")
        believed = trust.trusted(person.client, vault)
        self.bidders[bid.organisation.slug] = bidder_tool.bidder(person.client, vault, believed)

    def bring_members(self) -> None:
        """The members of the committee, each with a key for scores."""
        for number, (organisation, name, role) in enumerate(story.MEMBERS, 1):
            person = self.person(organisation, name, ["expert"])
            vault = self._signing(f"member-{number}", person, "score")
            self.members.append((person, role, vault))

    def _signing(self, name: str, person: Person, purpose: Purpose) -> Vault:
        vault = self.vaults.new(name, purpose)
        keys.register(person.client, vault, trust.trusted(person.client, vault), purpose)
        self.vaults.store(name)
        return vault

    def close(self) -> None:
        """Close all connections."""
        people = [*self.agency, *(person for person, _, _ in self.members)]
        for client in (
            self.administrator,
            *(one.client for one in people),
            *(one.client for one in self.bidders.values()),
            *(one.client for one in self.trustees.values()),
        ):
            client.close()
