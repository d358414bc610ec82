"""The expert's side: a score sheet to fill in, and its signature."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, UnsetType

from api.tools import record
from api.tools.client import Client
from api.tools.record import Disclosed
from api.tools.vault import Vault
from notary import forms, signing
from notary.errors import Held
from notary.forms import Form


class Ground(Form, frozen=True):
    """An opinion that a bid is to be rejected: under which clause of the list, and why."""

    bidder: str
    clause: str
    reason: str


class Sheet(Form, frozen=True):
    """A score sheet: bidder, criterion, marks or amount as decimal text with two places. dissent: what the member does
    not agree with, and why (条例 53); without it the member agrees."""

    scores: dict[str, dict[str, str]]
    rejections: list[Ground]
    dissent: str | UnsetType = UNSET


def blank(client: Client, tender: str) -> dict[str, Any]:
    """A sheet with every opened bid and every criterion that experts mark; the marks are empty."""
    criteria = client.get(f"/tenders/{tender}")["criteria"]
    later = criteria.get("life_cycle", {}).get("costs", [])
    names = [one["name"] for one in [*criteria["parts"], *criteria["adjustments"], *later]]
    bids = _opening(client, tender).body["bids"]
    opened = [bid["bidder"] for bid in bids if bid["outcome"] == "opened"]
    return {"scores": {bidder: dict.fromkeys(names, "") for bidder in opened}, "rejections": []}


def sign(client: Client, vault: Vault, tender: str, sheet: dict[str, Any]) -> dict[str, Any]:
    """Sign a filled sheet and hand it in; ``{leaf}``. Raises Malformed."""
    filled = forms.convert(sheet, Sheet)
    opening = _opening(client, tender)
    score = {
        "type": "sunbid/score/1",
        "tender": tender,
        "lot": opening.head["lot"],
        "expert": client.get("/me")["person"],
        "opened": opening.commitment.hex(),
        **forms.plain(filled),
    }
    signed = signing.sign(score, vault.signing_key("score"))
    answer: dict[str, Any] = client.post(f"/tenders/{tender}/scores", {"score": signed})
    return answer


def _opening(client: Client, tender: str) -> Disclosed:
    for entry in record.of_tender(client, tender):
        if entry.kind == "lot_opened":
            return entry
    raise Held("not_opened", "尚未开标。", "The bids are not opened yet.")
