"""Who acts."""

from __future__ import annotations

from dataclasses import dataclass

ROLES = ("agency", "bidder", "trustee", "expert", "supervisor", "administrator")


@dataclass(frozen=True)
class Caller:
    """A person signed in for one organisation. Ids and codes only, no names."""

    person: str
    organisation: str
    roles: frozenset[str]
