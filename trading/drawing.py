"""A draw of experts as its entries tell it (docs/spec/log.md): what is signed, and how far it has come. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from msgspec import Meta

from notary import draws, signing
from notary.draws import Group, Pool, Reveal
from notary.forms import Base64, Form, Hex32, LotCode, OrganisationCode, TenderCode

CALLED, COMMITTED, REVEALED, WITHHELD = "draw_called", "draw_committed", "draw_revealed", "draw_withheld"
MADE, REPLACED, FAILED = "draw_made", "draw_replaced", "draw_failed"
KINDS = (CALLED, COMMITTED, REVEALED, WITHHELD, MADE, REPLACED, FAILED)

COMMITMENT_TYPE = "sunbid/draw-commitment/1"
REVEAL_TYPE = "sunbid/draw-reveal/1"

#: Why somebody who was drawn goes: its own recusal, a ground that the pool shows, or that it does not come.
Reason = Literal["recused", "interested", "absent"]
#: Why a draw has no result, or none any more.
Failure = Literal["abandoned", "withheld", "exhausted"]


class CheckpointName(Form, frozen=True):
    """Size and root (base64) of a checkpoint."""

    root: Base64
    size: Annotated[int, Meta(ge=1)]


class Committed(Form, frozen=True):
    """What a party signs first. draw: the commitment of the pool's entry; own, stands_in: of its two values."""

    type: Literal["sunbid/draw-commitment/1"]
    tender: TenderCode
    lot: LotCode
    draw: Hex32
    party: OrganisationCode
    own: Hex32
    stands_in: Hex32
    checkpoint: CheckpointName


class Revealed(Form, frozen=True):
    """What a party signs then. of: whose value it is; another's where the party stands in for it."""

    type: Literal["sunbid/draw-reveal/1"]
    tender: TenderCode
    lot: LotCode
    draw: Hex32
    party: OrganisationCode
    of: OrganisationCode
    value: Hex32


def salt_of(secret: bytes, person: str) -> bytes:
    """The salt of a person's pseudonym in the draw of a secret (32 bytes, new for each): as good as a random one of its
    own to whoever does not know the secret, also beside the salts of others."""
    return hashlib.sha256(b"sunbid/draw-salt/1\n" + secret + person.encode("ascii")).digest()


def candidate_of(secret: bytes, person: str) -> str:
    """The pseudonym of a person in the draw of a secret."""
    return draws.pseudonym(salt_of(secret, person), person)


@dataclass
class Draw:
    """One draw. leaf: commitment of its pool's entry (hex); specialities: of the groups, in their order.

    commitments: by party, what it signed; values: by the party whose value it is; withheld: pairs of whose value it is
    and who did not reveal it; replaced: what the entries say, in order; failed: why it has no result.
    """

    leaf: str
    parties: tuple[str, ...]
    groups: tuple[Group, ...]
    specialities: tuple[str, ...]
    excluded: tuple[Mapping[str, str], ...]
    commitments: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    values: dict[str, Reveal] = field(default_factory=dict)
    withheld: list[tuple[str, str]] = field(default_factory=list)
    seed: bytes | None = None
    seats: list[list[str]] | None = None
    replaced: list[Mapping[str, str]] = field(default_factory=list)
    failed: str | None = None

    @property
    def state(self) -> Literal["committing", "revealing", "made", "failed"]:
        """How far it has come."""
        if self.failed is not None:
            return "failed"
        if self.seats is not None:
            return "made"
        return "revealing" if len(self.commitments) == len(self.parties) else "committing"

    def turns(self) -> dict[str, str | None]:
        """Whose value is still missing, and who is to reveal it; None where both who could have withheld it."""
        if self.state != "revealing":
            return {}
        return {party: self._turn(party) for party in self.parties if party not in self.values}

    def waiting(self) -> frozenset[str]:
        """The parties that are to commit or to reveal now."""
        if self.state == "committing":
            return frozenset(self.parties) - self.commitments.keys()
        return frozenset(party for party in self.turns().values() if party is not None)

    def _turn(self, of: str) -> str | None:
        second = draws.stand_in_for(self.parties, of)
        return next((one for one in (of, second) if (of, one) not in self.withheld), None)

    def committed_value(self, of: str, party: str) -> str:
        """The commitment (hex) that a value of `of` must have where `party` reveals it."""
        return str(self.commitments[party]["own" if of == party else "stands_in"])

    def make(self) -> bytes:
        """The seed, once every value is there. Raises Malformed."""
        named = next(iter(self.commitments.values()))["checkpoint"]
        pool = Pool(bytes.fromhex(self.leaf), named["size"], signing.unb64(named["root"]), self.parties)
        return draws.seed(pool, [self.values[party] for party in self.parties])

    def seated(self, also_gone: str | None = None) -> list[list[str]]:
        """Who sits in each group by now, or would if one more went. Raises Malformed, Conflict (pool_exhausted)."""
        if self.seed is None:
            raise ValueError("it is not made yet")
        gone = [one["gone"] for one in self.replaced] + ([] if also_gone is None else [also_gone])
        return draws.seats(self.seed, self.groups, gone)

    def take(self, kind: str, body: Mapping[str, Any]) -> None:
        """Go on by one entry."""
        if kind == COMMITTED:
            said = body["commitment"]["object"]
            self.commitments[said["party"]] = said
        elif kind == REVEALED:
            said = body["reveal"]["object"]
            reveal = Reveal(said["of"], said["of"] != said["party"], bytes.fromhex(said["value"]))
            self.values[said["of"]] = reveal
        elif kind == WITHHELD:
            self.withheld.append((body["of"], body["party"]))
        elif kind == MADE:
            self.seed, self.seats = bytes.fromhex(body["seed"]), [list(seats) for seats in body["seats"]]
        elif kind == REPLACED:
            self.replaced.append(dict(body))
            self.seats = self.seated()
        elif kind == FAILED:
            self.failed = body["reason"]


def read(entries: Iterable[tuple[str, str, Mapping[str, Any]]]) -> list[Draw]:
    """The draws of a lot from its entries of KINDS in their order, each as commitment (hex), kind and body."""
    found: list[Draw] = []
    for leaf, kind, body in entries:
        if kind == CALLED:
            groups = tuple(Group(one["label"], one["count"], tuple(one["candidates"])) for one in body["groups"])
            words = tuple(one["speciality"] for one in body["groups"])
            found.append(Draw(leaf, tuple(body["parties"]), groups, words, tuple(body["excluded"])))
        else:
            found[-1].take(kind, body)
    return found
