"""Signing keys: made here, shown to the server by a proof that whoever registers them holds them."""

from __future__ import annotations

from typing import Any

from api.tools.client import Client
from api.tools.vault import Purpose, Vault
from notary import signing
from notary.anchors import Anchors


def proof(vault: Vault, anchors: Anchors, owner: str, purpose: Purpose) -> dict[str, Any]:
    """The signed object by which a key is registered for its owner (a code or a person's id)."""
    value = {
        "type": "sunbid/key/1",
        "origin": anchors.origin,
        "owner": owner,
        "public_key": vault.public_key(purpose).hex(),
        "purpose": purpose,
    }
    return signing.sign(value, vault.signing_key(purpose))


def register(client: Client, vault: Vault, anchors: Anchors, purpose: Purpose) -> dict[str, Any]:
    """Register the vault's key with the server: a bidder's for its organisation, an expert's for the person."""
    me = client.get("/me")
    owner = me["person"] if purpose == "score" else me["organisation"]
    body = {
        "public_key": vault.public_key(purpose).hex(),
        "purpose": purpose,
        "proof": proof(vault, anchors, owner, purpose),
    }
    answer: dict[str, Any] = client.post("/keys", body)
    return answer
