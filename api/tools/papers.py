"""Signing paper on the author's own machine: the private key of its certificate stays there."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from api.tools.client import Client
from notary import clock, documents
from notary.certificates import Identity

FIELD = "Author"


def sign(client: Client, tender: str, name: str, identity: Identity, *, reason: str, location: str) -> dict[str, Any]:
    """Fetch the unsigned paper, sign it as its author, and hand it in; ``{sha256, leaf}``."""
    return _sign(client, f"/tenders/{tender}/papers/{quote(name)}", identity, reason=reason, location=location)


def tell(client: Client, tender: str, identity: Identity, *, reason: str, location: str) -> list[dict[str, Any]]:
    """Sign, as the agency, each letter to a loser that is not signed yet, and hand it in; ``[{bidder, sha256, leaf}]``.

    Stopped in between it goes on where it was when it is called again.
    """
    path = f"/tenders/{tender}/result-letters"
    waiting = [one["bidder"] for one in client.items(path) if one["unsigned"]]
    return [
        {"bidder": bidder} | _sign(client, f"{path}/{quote(bidder)}", identity, reason=reason, location=location)
        for bidder in waiting
    ]


def _sign(client: Client, path: str, identity: Identity, *, reason: str, location: str) -> dict[str, Any]:
    unsigned = client.read(path, unsigned="true")
    signed = documents.sign_pdf(
        unsigned,
        identity,
        reason=reason,
        location=location,
        field_name=FIELD,
        signing_time=clock.own_time(demonstration=client.demonstration),
    )
    return client.put(path, signed, headers={"Content-Type": "application/pdf"})
