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
    path = f"/tenders/{tender}/papers/{quote(name)}"
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
