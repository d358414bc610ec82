"""Signing keys: made here, shown to the server by a proof that whoever registers them holds them.

The server could register a key of its own in a bidder's name and speak for it. So a later key needs the endorsement of
an earlier one, and before a bidder acts it looks at every key that stands in its name: one of which this vault does
not know that it is the bidder's own stops it, loudly.
"""

from __future__ import annotations

from typing import Any

from api.tools.client import Client
from api.tools.vault import Purpose, Vault
from notary import forms, signing
from notary.anchors import Anchors
from notary.errors import Conflict, Malformed
from notary.forms import Form, Hex32

ENDORSEMENT = "sunbid/endorsement/1"


class Registered(Form, frozen=True):
    """A key as the server says that it is registered."""

    public_key: Hex32
    purpose: str
    leaf: Hex32
    registered_at: str
    endorsement: dict[str, Any] | None
    reason: str | None


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


def owner_of(client: Client, purpose: Purpose) -> str:
    """Whose key it is: an expert's the person's own, others are the organisation's."""
    me = client.get("/me")
    owner: str = me["person"] if purpose == "score" else me["organisation"]
    return owner


def endorse(vault: Vault, anchors: Anchors, owner: str, public_key: str, purpose: Purpose) -> dict[str, Any]:
    """Say with the vault's key that another key (hex) is its owner's too. The vault knows it from now on."""
    signing.unhex(public_key, 32, "public_key")
    vault.know(public_key)
    return signing.sign(_endorsement(anchors, owner, public_key, purpose), vault.signing_key(purpose))


def register(
    client: Client, vault: Vault, anchors: Anchors, purpose: Purpose, endorsement: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Register the vault's key with the server: an expert's for the person, others for the organisation.

    endorsement: by the holder of a key that is registered already; that key is then known, too.
    """
    owner = owner_of(client, purpose)
    body = {
        "public_key": vault.public_key(purpose).hex(),
        "purpose": purpose,
        "proof": proof(vault, anchors, owner, purpose),
    }
    answer: dict[str, Any] = client.post("/keys", body | ({} if endorsement is None else {"endorsement": endorsement}))
    if endorsement is not None:
        for one in registered(client, purpose):
            if signing.verifies(endorsement, bytes.fromhex(one.public_key)):
                vault.know(one.public_key)
    return answer


def registered(client: Client, purpose: Purpose) -> list[Registered]:
    """The keys that the server says are registered for this caller and purpose, the first one first."""
    found = [forms.convert(item, Registered) for item in client.items("/keys")]
    return [one for one in found if one.purpose == purpose]


def unknown(found: list[Registered], vault: Vault, anchors: Anchors, owner: str, purpose: Purpose) -> list[Registered]:
    """Those that are not the vault's, nor known to it, nor endorsed by one of which it knows."""
    known = {vault.public_key(purpose).hex(), *vault.content.known}
    for one in found:
        about = _endorsement(anchors, owner, one.public_key, purpose)
        if one.endorsement is not None and one.endorsement.get("object") == about and _by_any(one.endorsement, known):
            known.add(one.public_key)
    return [one for one in found if one.public_key not in known]


def check_known(client: Client, vault: Vault, anchors: Anchors, owner: str) -> None:
    """Raise Conflict (key_unknown) where a key stands in a bidder's name that may be somebody else's."""
    strange = unknown(registered(client, "statement"), vault, anchors, owner, "statement")
    if strange:
        raise Conflict(
            "key_unknown",
            "有一把公钥以本单位名义登记，而本密钥库不认识它：其持有人能以本单位名义替换或撤回投标。"
            "如不是本单位的，请立即书面投诉并留存本提示；如是，执行 sunbid key know 后再试。",
            "A key is registered in your organisation's name that this vault does not know: its holder can replace or "
            "withdraw your bid. If it is not yours, complain in writing at once and keep this message; "
            "if it is, run sunbid key know and try again.",
            keys=[one.public_key for one in strange],
        )


def _by_any(signed: dict[str, Any], keys: set[str]) -> bool:
    if not isinstance(signed.get("signature"), str):
        raise Malformed("not_signed_object", "不是签名对象。", "Not a signed object.", field="endorsement")
    return any(signing.verifies(signed, bytes.fromhex(key)) for key in sorted(keys))


def _endorsement(anchors: Anchors, owner: str, public_key: str, purpose: Purpose) -> dict[str, Any]:
    return {
        "type": ENDORSEMENT,
        "origin": anchors.origin,
        "owner": owner,
        "public_key": public_key,
        "purpose": purpose,
    }
