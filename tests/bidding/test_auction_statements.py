"""What a bidder signs in an auction: read strictly, prices in one form only."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.statements import AuctionBid, AuctionOffer, Signed, read_signed
from notary import forms, signing
from notary.errors import Malformed

BID: dict[str, Any] = {
    "type": "sunbid/auction-bid/1",
    "origin": "yongzhou.example/demonstration",
    "demonstration": True,
    "tender": "YZ-431102-TD-2026-0001",
    "lot": "1",
    "bidder": "17",
    "price": "1010000.00",
    "seen": "a" * 64,
    "sequence": 3,
}
OFFER = {key: value for key, value in BID.items() if key != "price"} | {
    "type": "sunbid/auction-offer/1",
    "sealed": "b" * 64,
}


@pytest.mark.parametrize(("value", "type_"), [(BID, AuctionBid), (OFFER, AuctionOffer)])
def test_a_signed_statement_is_read_and_a_changed_one_is_not(value: dict[str, Any], type_: type[forms.Form]) -> None:
    key = Ed25519PrivateKey.generate()
    signed = signing.sign(value, key)
    public = key.public_key().public_bytes_raw()
    assert forms.plain(read_signed(forms.convert(signed, Signed), type_, [public])) == value
    signed["object"]["sequence"] = 4
    with pytest.raises(Malformed) as refusal:
        read_signed(forms.convert(signed, Signed), type_, [public])
    assert refusal.value.reason == "signature_wrong"


def test_the_price_is_read_in_fen() -> None:
    assert forms.convert(BID, AuctionBid).fen == 101_000_000


@pytest.mark.parametrize(
    "price",
    [
        "NaN",
        "sNaN",
        "Infinity",
        "-0.00",
        "-1.00",
        "1E+6",
        "1e400",
        "1_000.00",
        "５.00",
        "٥.00",
        "5",
        "5.0",
        "5.000",
        "05.00",
        "10000000000000.00",
        "",
        " 5.00",
        "5.00\n",
    ],
)
def test_no_other_form_of_a_price(price: str) -> None:
    with pytest.raises(Malformed) as refusal:
        _ = forms.convert(BID | {"price": price}, AuctionBid).fen
    assert refusal.value.field == "statement.price"


@pytest.mark.parametrize(
    "change",
    [
        {"price": 5},
        {"price": True},
        {"sequence": 0},
        {"sequence": True},
        {"sequence": 2**31},
        {"seen": None},
        {"bidder": "1234567"},
        {"bidder": "一"},
        {"bidder": ""},
        {"more": 1},
        {"type": "sunbid/auction-offer/1"},
    ],
)
def test_no_other_members(change: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        forms.convert(BID | change, AuctionBid)
