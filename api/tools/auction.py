"""A bidder's side of an auction: what it sees is what it signs, and the receipt is checked before it is kept."""

from __future__ import annotations

from typing import Any

from api.tools import bidder, keys
from api.tools.bidder import Bidder
from notary import signing
from notary.errors import Conflict


def state(own: Bidder, tender: str) -> dict[str, Any]:
    """The auction as everybody sees it, and what this bidder has in it (`own`)."""
    found: dict[str, Any] = own.client.get(f"/tenders/{tender}/auction")
    return found | {"own": own.client.get(f"/tenders/{tender}/auction/own")}


def bid(own: Bidder, tender: str, price: str, *, seen: str | None = None) -> dict[str, Any]:
    """Bid a price (text in 元) in the auction as it stands; the checked receipt, of an acceptance or of a refusal.

    seen: the view that the bidder decided on, where it is not to be the present one. Raises Conflict (no_number,
    key_unknown), and what the server refuses without a receipt.
    """
    keys.check_known(own.client, own.vault, own.anchors, own.code)
    found = state(own, tender)
    if found["own"]["number"] is None:
        raise Conflict(
            "no_number",
            "本单位在该竞价中没有号牌：请先提交竞买申请并等待资格确认。",
            "You have no number in this auction: apply first, and wait for the admission.",
        )
    statement = {
        "type": "sunbid/auction-bid/1",
        "origin": own.anchors.origin,
        "demonstration": own.anchors.demonstration,
        "tender": tender,
        "lot": own.client.get(f"/tenders/{tender}")["lot"],
        "bidder": found["own"]["number"],
        "price": price,
        # Before the start there is no view, and a bid of that time is refused whatever it says.
        "seen": seen or found["seen"] or "0" * 64,
        "sequence": found["own"]["sequence"] + 1,
    }
    signed = signing.sign(statement, own.vault.signing_key("statement"))
    return bidder.send(own, f"/tenders/{tender}/auction/bids", {"statement": signed})
