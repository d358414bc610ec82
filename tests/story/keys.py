"""What trustees say and bidders seal when they do not go by the tools: statements and envelopes made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

from api.tools import opening_keys, sealing
from api.tools.bidder import Bidder
from api.tools.client import ServerRefused
from api.tools.trustee import Trustee
from bidding import hpke, wraps
from bidding.keysets import KeySet
from notary import notes, proofs, signing
from tests.stage import Stage


def private_key(own: Trustee, tender: str) -> bytes:
    """The opening key that this trustee holds for a tender."""
    opening = opening_keys.latest(own.vault, tender, "bid")
    assert opening is not None
    return opening_keys.private_key(own.vault, opening)


def release(stage: Stage, name: str, /, *, signer: str | None = None, **changes: Any) -> dict[str, Any]:
    """A signed release as the tool would make it, with members changed, and perhaps signed by another trustee."""
    own = stage.trustees[name]
    statement = {
        "type": "sunbid/release/1",
        "tender": stage.tender,
        "lot": "1",
        "key_set": stage.site.client().get(f"/tenders/{stage.tender}/key-set", kind="bid")["id"],
        "trustee": name,
        "private_key": private_key(own, stage.tender).hex(),
        "checkpoint": checkpoint(stage),
    }
    return signing.sign(statement | changes, stage.trustees[signer or name].vault.signing_key("trustee"))


def checkpoint(stage: Stage) -> dict[str, Any]:
    """The checkpoint that holds the closing; before the closing the newest one."""
    client = stage.site.client()
    try:
        note = proofs.parse_proof(client.get(f"/tenders/{stage.tender}/closing")["proof"].encode()).checkpoint
    except ServerRefused:
        note = client.read_static("/log/checkpoint")
    found = notes.parse_checkpoint(notes.parse_note(note).text)
    return {"root": signing.b64(found.root), "size": found.size}


def send(stage: Stage, trustee: str, signed: dict[str, Any]) -> dict[str, Any]:
    """Hand in a release without asking the tool."""
    answer: dict[str, Any] = stage.trustees[trustee].client.post(
        f"/tenders/{stage.tender}/releases", {"release": signed}
    )
    return answer


def refusal(stage: Stage, trustee: str, signed: dict[str, Any]) -> tuple[int, str]:
    """Status and reason with which the server refuses a release."""
    try:
        send(stage, trustee, signed)
    except ServerRefused as refused:
        return refused.status, refused.reason
    raise AssertionError("the server took it")


def seal_with_a_bad_wrap(stage: Stage, own: Bidder, quorum: int) -> Path:
    """A bid whose wrap for one quorum holds another key than all the others: its bidder hopes to choose later."""
    derive_all = wraps.derive_all

    def derived(form_key: bytes, key_set: KeySet, context: bytes) -> tuple[bytes, ...]:
        sound = list(derive_all(form_key, key_set, context))
        sound[quorum] = derive_all(hpke.expand(form_key, b"another"), key_set, context)[quorum]
        return tuple(sound)

    with patch.object(wraps, "derive_all", derived):
        return stage.seal(own, "3000000.00")


def seal_with_recovery(stage: Stage, own: Bidder, price: str) -> tuple[Path, dict[str, Any]]:
    """A sealed bid and its recovery record."""
    target = stage.folder / f"{own.code}-{price}.bid"
    sealed = sealing.seal_bid(
        own.client,
        own.anchors,
        tender=stage.tender,
        kind="bid",
        bidder=own.code,
        values={"price": price, "duration_days": 180, "quality": "合格"},
        files=[],
        target=target,
    )
    return target, sealed.recovery
