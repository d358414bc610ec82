"""What an agency writes of an auction in its draft, and the terms that the notice makes of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, NoReturn

from msgspec import Meta

from notary import forms
from notary.errors import Malformed
from notary.forms import Form, Hex32
from trading.auctions import terms
from trading.auctions.terms import Offers, Some, Timed
from trading.procedures import Auction


class AuctionDraft(Form, frozen=True):
    """The member `auction` of a draft (docs/http.md). Money and moments are text.

    reserve: whether there is a reserve price (保留价), which is sealed before the publication. sealed_reserve: the id
    of the envelope that holds it; the platform writes it, once it has the envelope. cap, offers: the price (最高限价)
    that begins the sealed offers, and how long these are taken; both or neither.
    """

    start_price: str
    step: str
    multiples: bool
    leader_may_raise: bool
    least_bidders: Some
    opens_at: str
    closes_at: str
    soft_close_seconds: Annotated[int, Meta(ge=0, le=24 * 3600)]
    # Whoever stops an auction and lets it go on must not leave the bidders too little time to come back.
    resume_seconds: Annotated[int, Meta(ge=300, le=30 * 24 * 3600)]
    outage_seconds: Annotated[int, Meta(ge=10, le=24 * 3600)]
    timed: Timed | None = None
    cap: str | None = None
    offers: Offers | None = None
    reserve: bool | None = None
    sealed_reserve: Hex32 | None = None


#: Members of the terms -> members of the draft, where they are not of one name.
_NAMES: Mapping[str, str] = {
    "registration_until": "deadline",
    "open": "auction.closes_at",
    "open.closes_at": "auction.closes_at",
}
#: The kinds of the envelopes that hold a sealed offer, and the reserve price.
OFFER, RESERVE = "offer", "reserve"


def envelope_kinds(draft: AuctionDraft) -> tuple[str, ...]:
    """The kinds of envelopes that are sealed to the trustees' quorums."""
    return ((OFFER,) if draft.cap is not None else ()) + ((RESERVE,) if draft.reserve else ())


def compose(auction: Auction, draft: AuctionDraft, registration_until: str) -> dict[str, Any]:
    """The record ``sunbid/auction-terms/1`` of a notice. Raises Malformed naming the draft's member."""
    if draft.cap is not None and not auction.cap:
        raise _needless("cap", "最高限价", "cap")
    if draft.reserve and not auction.reserve:
        raise _needless("reserve", "保留价", "reserve price")
    told = forms.plain(draft)
    made = {
        "type": "sunbid/auction-terms/1",
        "kind": auction.kind,
        **{name: told[name] for name in ("start_price", "step", "multiples", "leader_may_raise", "cap")},
        "reserve": draft.sealed_reserve if draft.reserve else None,
        "least_bidders": draft.least_bidders,
        "registration_until": registration_until,
        "opens_at": draft.opens_at,
        "open": {name: told[name] for name in ("closes_at", "soft_close_seconds", "resume_seconds")},
        "timed": told["timed"],
        "offers": told["offers"],
        "rounds": None,
        "ties": "earlier",
        "outage_seconds": draft.outage_seconds,
        "grounds": [forms.plain(ground) for ground in auction.grounds],
    }
    try:
        terms.read(made)
    except Malformed as fault:
        _named(fault)
    return made


def _needless(name: str, zh: str, en: str) -> Malformed:
    return Malformed(
        "member_needless",
        f"本程序没有{zh}，请留空（auction.{name}）。",
        f"This procedure has no {en} (auction.{name}).",
        field=f"auction.{name}",
    )


def _named(fault: Malformed) -> NoReturn:
    """The same refusal with the member of the draft."""
    field = str(fault.field)
    named = _NAMES.get(field, f"auction.{field}")
    zh, en = (said.replace(field, named) for said in (fault.zh, fault.en))
    raise Malformed(fault.reason, zh, en, field=named) from fault
