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


def known(caller: Caller | None) -> Caller:
    """The caller of what the policy lets members only do or see."""
    if caller is None:
        raise AssertionError("the policy let the public into what is for members")
    return caller
