"""An auction on the machines of its parties: a bidder signs what it sees; a grantor seals the reserve price."""

from __future__ import annotations

from typing import Any

from api.tools import bidder, keys, record, sealing
from api.tools.bidder import Bidder
from api.tools.client import Client
from bidding.seal import Sealed
from notary import signing
from notary.anchors import Anchors
from notary.errors import Conflict, Malformed
from trading import procedures
from trading.auctions.draft import OFFER, RESERVE


def seal_reserve(client: Client, anchors: Anchors, tender: str, price: str) -> tuple[str, Sealed]:
    """Seal the reserve price (保留价, text in 元) of a draft to its trustees and send it; the envelope's id.

    Nothing but the sealed envelope leaves this machine, and nobody opens it before the last bid. What is secret of it
    is the caller's to keep. Raises Malformed, and what the server refuses.
    """
    code = client.get("/me")["organisation"]
    data, sealed = sealing.seal_price(
        client, anchors, tender=tender, kind=RESERVE, sealer=code, schema=form_schema(client, tender), price=price
    )
    client.post(f"/tenders/{tender}/auction/reserve", {"envelope": signing.b64(data)})
    return sealed.id, sealed


def form_schema(client: Client, tender: str, kind: str = RESERVE) -> dict[str, Any]:
    """The form that a key set of a draft is for, of the versions of its procedure."""
    key_set = client.get(f"/tenders/{tender}/key-set", kind=kind)["key_set"]
    name = client.get(f"/tenders/{tender}")["content"]["procedure"]
    schemas = [
        procedures.from_content(client.get(f"/procedures/{one['version']}")).form_schema
        for one in client.items("/procedures")
        if one["name"] == name
    ]
    found = [schema for schema in schemas if signing.object_id(schema) == key_set["form_schema"]]
    if not found:
        raise Malformed(
            "form_schema_wrong",
            "密钥组采用的表格不是该程序的任何版本。",
            "The key set is for a form of no version of the procedure.",
            field="form_schema",
        )
    return found[0]


def state(own: Bidder, tender: str) -> dict[str, Any]:
    """The auction as everybody sees it, and what this bidder has in it (`own`)."""
    found: dict[str, Any] = own.client.get(f"/tenders/{tender}/auction")
    return found | {"own": own.client.get(f"/tenders/{tender}/auction/own")}


def bid(own: Bidder, tender: str, price: str, *, seen: str | None = None) -> dict[str, Any]:
    """Bid a price (text in 元) in the auction as it stands; the checked receipt, of an acceptance or of a refusal.

    seen: the view that the bidder decided on, where it is not to be the present one. Raises Conflict (no_number,
    key_unknown), and what the server refuses without a receipt.
    """
    said = _statement(own, tender, "sunbid/auction-bid/1", seen) | {"price": price}
    signed = signing.sign(said, own.vault.signing_key("statement"))
    return bidder.send(own, f"/tenders/{tender}/auction/bids", {"statement": signed})


def offer(own: Bidder, tender: str, price: str, *, seen: str | None = None) -> tuple[dict[str, Any], Sealed]:
    """Seal one offer (text in 元) behind the cap to the trustees, and send it; the checked receipt, and what is secret.

    Nobody opens it before the offers are closed; there is no second one. seen: as of a bid. Raises as a bid, and
    Malformed.
    """
    said = _statement(own, tender, "sunbid/auction-offer/1", seen)
    notice = record.latest_notice(record.of_tender(own.client, tender)).body
    data, sealed = sealing.seal_price(
        own.client,
        own.anchors,
        tender=tender,
        kind=OFFER,
        sealer=said["bidder"],
        schema=notice["form_schema"],
        price=price,
    )
    signed = signing.sign(said | {"sealed": sealed.id}, own.vault.signing_key("statement"))
    told = {"statement": signed, "envelope": signing.b64(data)}
    return bidder.send(own, f"/tenders/{tender}/auction/bids", told), sealed


def _statement(own: Bidder, tender: str, type_: str, seen: str | None) -> dict[str, Any]:
    """What bids and offers say alike. Raises Conflict (no_number, key_unknown)."""
    keys.check_known(own.client, own.vault, own.anchors, own.code)
    found = state(own, tender)
    if found["own"]["number"] is None:
        raise Conflict(
            "no_number",
            "本单位在该竞价中没有号牌：请先提交竞买申请并等待资格确认。",
            "You have no number in this auction: apply first, and wait for the admission.",
        )
    return {
        "type": type_,
        "origin": own.anchors.origin,
        "demonstration": own.anchors.demonstration,
        "tender": tender,
        "lot": own.client.get(f"/tenders/{tender}")["lot"],
        "bidder": found["own"]["number"],
        # Before the start there is no view, and a bid of that time is refused whatever it says.
        "seen": seen or found["seen"] or "0" * 64,
        "sequence": found["own"]["sequence"] + 1,
    }
