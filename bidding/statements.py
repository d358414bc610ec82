"""What bidders and trustees sign: the objects of docs/spec/log.md. Pure."""

from __future__ import annotations

from collections import abc
from typing import Annotated, Any, Literal, TypeVar

from msgspec import Meta

from bidding.auctions.events import Sequence
from notary import signing
from notary.errors import Conflict, Malformed
from notary.forms import (
    Base64,
    Form,
    Hex16,
    Hex32,
    Kind,
    Line,
    LotCode,
    OrganisationCode,
    TenderCode,
    TrusteeCode,
    convert,
)
from trading import money
from trading.auctions.terms import Number

T = TypeVar("T", bound=Form)


class Signed(Form, frozen=True):
    """A signed object as it comes in: the inner object is read when its signature is checked."""

    object: dict[str, Any]
    signature: Base64


class Statement(Form, frozen=True):
    """A bidder's statement: these envelopes are my bid."""

    type: Literal["sunbid/statement/1"]
    tender: TenderCode
    lot: LotCode
    bidder: OrganisationCode
    envelopes: dict[Kind, Hex32]
    key_sets: dict[Kind, Hex32]
    seen: Hex32
    replaces: Hex32 | None
    nonce: Hex16


class Withdrawal(Form, frozen=True):
    """A bidder's statement: my bid is withdrawn."""

    type: Literal["sunbid/withdrawal/1"]
    tender: TenderCode
    lot: LotCode
    bidder: OrganisationCode
    replaces: Hex32
    nonce: Hex16


class Confirmation(Form, frozen=True):
    """A bidder's statement: the bids were opened as this entry of the record says (开标记录确认)."""

    type: Literal["sunbid/confirmation/1"]
    tender: TenderCode
    lot: LotCode
    bidder: OrganisationCode
    opened: Hex32


class AuctionBid(Form, frozen=True):
    """A bidder's statement: in the auction that stands as I saw it, I bid this price (docs/spec/auction.md).

    bidder: its number, not its code. seen: id of the event that it saw last.
    """

    type: Literal["sunbid/auction-bid/1"]
    origin: Line
    demonstration: bool
    tender: TenderCode
    lot: LotCode
    bidder: Number
    price: str
    seen: Hex32
    sequence: Sequence

    @property
    def fen(self) -> int:
        """The price in 分. Raises Malformed."""
        return money.parse(self.price, "statement.price")


class AuctionOffer(Form, frozen=True):
    """A bidder's statement: this is my one sealed offer. sealed: id of the envelope that holds its price."""

    type: Literal["sunbid/auction-offer/1"]
    origin: Line
    demonstration: bool
    tender: TenderCode
    lot: LotCode
    bidder: Number
    sealed: Hex32
    seen: Hex32
    sequence: Sequence


class CheckpointName(Form, frozen=True):
    """Size and root (base64) of a checkpoint."""

    root: Base64
    size: Annotated[int, Meta(ge=1)]


class Release(Form, frozen=True):
    """A trustee's statement: this is my private opening key."""

    type: Literal["sunbid/release/1"]
    tender: TenderCode
    lot: LotCode
    key_set: Hex32
    trustee: TrusteeCode
    private_key: Hex32
    checkpoint: CheckpointName


class Rehearsal(Form, frozen=True):
    """A trustee's answer to a rehearsal: what was in the box, hashed."""

    type: Literal["sunbid/rehearsal/1"]
    key_set: Hex32
    trustee: TrusteeCode
    answer: Hex32


def read_signed(signed: Signed, type_: type[T], keys: abc.Sequence[bytes], replaced: abc.Sequence[bytes] = ()) -> T:
    """The object inside, its form and signature checked against any of the owner's registered keys.

    replaced: keys of the owner that were given up. Raises Malformed (field_wrong, signature_wrong), Conflict
    (key_replaced).
    """
    value = convert(signed.object, type_)
    for key in keys:
        if _verifies(signed, key):
            return value
    if any(_verifies(signed, key) for key in replaced):
        raise Conflict(
            "key_replaced",
            "签名所用的公钥已申报丢失并被替换，不再有效；请用现行密钥签署。如替换并非本单位申请，请立即投诉。",
            "That key was reported lost and replaced, so it no longer counts: sign with the present one. "
            "If your organisation did not ask for that, complain at once.",
            field="signature",
        )
    raise Malformed(
        "signature_wrong",
        "签名与已登记的公钥不符。",
        "The signature does not verify with a key registered for its owner.",
        field="signature",
    )


def _verifies(signed: Signed, key: bytes) -> bool:
    try:
        signing.verify_bytes(signing.message(signed.object), signed.signature, key)
    except Malformed:
        return False
    return True
