"""The vectors of auctions: made again the same, and judged by the replay as they say."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.auctions import events
from bidding.auctions.replay import ImpossibleEvent, replay, unchained
from bidding.statements import AuctionBid, AuctionOffer, Signed, read_signed
from notary import canonical, signing
from notary.errors import Malformed
from tests.vectors import make_auction
from trading.auctions import codec, terms

VECTORS: dict[str, Any] = canonical.loads(make_auction.FILE.read_bytes())


def test_they_are_what_the_maker_makes() -> None:
    assert {"good": make_auction.good(), "bad": make_auction.bad()} == VECTORS


@pytest.mark.parametrize("vector", VECTORS["good"], ids=lambda vector: str(vector["name"]))
def test_a_good_course(vector: dict[str, Any]) -> None:
    rules = terms.read(vector["terms"])
    assert codec.plain(rules) == vector["terms"]
    state = replay(rules, unchained(vector["links"]))
    assert [signing.object_id(link) for link in vector["links"]] == vector["ids"]
    assert (state.head, state.view, state.phase) == (vector["ids"][-1], vector["view"], "ended")
    assert events.plain(unchained(vector["links"])[-1]) == vector["last"]


@pytest.mark.parametrize("vector", VECTORS["bad"], ids=lambda vector: str(vector["name"]))
def test_a_bad_course(vector: dict[str, Any]) -> None:
    with pytest.raises(ImpossibleEvent):
        replay(terms.read(vector["terms"]), unchained(vector["links"]))


def test_statements_are_what_the_maker_makes() -> None:
    assert {"statements": make_auction.statements()} == canonical.loads(make_auction.STATEMENTS.read_bytes())


@pytest.mark.parametrize("vector", make_auction.statements(), ids=lambda vector: str(vector["id"][:8]))
def test_a_statement_is_read(vector: dict[str, Any]) -> None:
    """By the key that signed it, and by no other."""
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["private_key"])).public_key().public_bytes_raw()
    signed = Signed(**vector["signed"])
    type_: type[AuctionBid | AuctionOffer] = AuctionBid if "price" in signed.object else AuctionOffer
    said = read_signed(signed, type_, [key])
    assert msgspec.to_builtins(said) == signed.object
    with pytest.raises(Malformed, match="signature_wrong"):
        read_signed(signed, type_, [bytes(32)])


@pytest.mark.parametrize("change", [{"number": 2}, {"previous": "0" * 64}, {"more": 1}, {"type": "x"}, {"event": {}}])
def test_a_record_that_is_not_at_its_place(change: dict[str, Any]) -> None:
    first, *rest = VECTORS["good"][0]["links"]
    with pytest.raises(ImpossibleEvent):
        unchained([first | change, *rest])
