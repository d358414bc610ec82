"""A trustee's opening keys: how they are derived from the vault's seed, and the journal of what was signed for each."""

from __future__ import annotations

from typing import Any

from api.tools.vault import Opening, Vault
from bidding import hpke, trustee
from notary import signing


def make(vault: Vault, tender: str, kind: str, attempt: int) -> Opening:
    """The opening key of that attempt for one kind of one tender; it is not in the journal yet."""
    public_key = hpke.public_key(_derived(vault, tender, kind, attempt))
    return Opening(tender=tender, kind=kind, attempt=attempt, public_key=public_key.hex())


def private_key(vault: Vault, opening: Opening) -> bytes:
    """The private half of an opening key (32 bytes)."""
    return _derived(vault, opening.tender, opening.kind, opening.attempt)


def latest(vault: Vault, tender: str, kind: str) -> Opening | None:
    """The newest opening key of the journal for one kind of one tender."""
    found = [one for one in vault.content.openings if (one.tender, one.kind) == (tender, kind)]
    return found[-1] if found else None


def write(vault: Vault, opening: Opening, **members: Any) -> None:
    """Store in the journal what now holds of an opening key, and with it other members of the vault."""
    others = [one for one in vault.content.openings if one.public_key != opening.public_key]
    vault.change(openings=[*others, opening], **members)


def _derived(vault: Vault, tender: str, kind: str, attempt: int) -> bytes:
    # The tender gives the counter: a vault restored from an old copy can never use one again for another tender.
    about = {"attempt": attempt, "kind": kind, "tender": tender}
    counter = bytes.fromhex(signing.digest("sunbid/opening-counter/1", about))[:8]
    return trustee.opening_key(bytes.fromhex(vault.content.seed), int.from_bytes(counter, "big"))
