"""Bids and sealed offers in an auction: decided in one unit under the lot's exclusive lock, answered by a receipt.

A refusal is recorded and signed like an acceptance; what was due at that moment stands either way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert

from bidding import keysets, unseal
from bidding.acts import auction_sealed, refusing
from bidding.acts.auctions import Floor, Hall, enter, number_of
from bidding.acts.keys import load_record
from bidding.auctions import decide
from bidding.auctions.events import Event
from bidding.auctions.refusals import REASONS, refused
from bidding.rows import auction_statements
from bidding.signer import ReceiptSigner
from bidding.statements import AuctionBid, AuctionOffer, Signed, read_signed
from notary import canonical, chance, receipts, signing
from notary.errors import Malformed, Refusal, TooMuch, Unknown
from notary.work import Unit
from trading.acts import parties, stages
from trading.acts.stages import Tender
from trading.auctions.draft import OFFER
from trading.caller import Caller

#: Signed refusals of one organisation in one auction: each is an entry of the record.
MAX_REFUSALS = 1000
#: Of one without a number, which has no part in it.
MAX_REFUSALS_WITHOUT = 20


@dataclass(frozen=True)
class Prepared:
    """A statement whose form and signature were checked, without the lock.

    number: the one that its sender had then; it is never taken away. None: it had none yet.
    """

    id: str
    signed: dict[str, Any]
    said: AuctionBid | AuctionOffer
    number: str | None
    envelope: str | None


def prepare(
    connection: Connection,
    caller: Caller,
    tender: str,
    signed: Signed,
    signer: ReceiptSigner,
    envelope: str | None = None,
) -> Prepared:
    """Read and check what a bidder has signed. envelope: of an offer, whole, in base64.

    Raises Malformed, Unknown and Conflict, each naming the field, and TooMuch after too many refusals.
    """
    row = stages.load_published(connection, tender)
    keys = parties.keys_of(connection, caller.organisation, "statement")
    said: AuctionBid | AuctionOffer
    if signed.object.get("type") == "sunbid/auction-offer/1":
        said = read_signed(signed, AuctionOffer, keys.standing, keys.replaced)
    else:
        said = read_signed(signed, AuctionBid, keys.standing, keys.replaced)
    if (said.origin, said.demonstration) != (signer.origin, signer.demonstration):
        raise Malformed(
            "origin_wrong", "声明属于另一系统。", "The statement is of another log.", field="statement.origin"
        )
    if (said.tender, said.lot) != (row.tender, row.lot):
        raise Unknown("lot_unknown", "没有这个标段。", "There is no such lot.", field="statement.lot")
    if isinstance(said, AuctionBid):
        _ = said.fen
    # Before the lock, which all bids of the auction wait for.
    number = number_of(connection, tender, caller.organisation)
    _check_few(connection, tender, caller.organisation, MAX_REFUSALS_WITHOUT if number is None else MAX_REFUSALS)
    plain = {"object": signed.object, "signature": signed.signature}
    if isinstance(said, AuctionOffer):
        _check_envelope(connection, tender, said, envelope)
    return Prepared(signing.object_id(signed.object), plain, said, number, envelope)


def _check_envelope(connection: Connection, tender: str, said: AuctionOffer, envelope: str | None) -> None:
    """The envelope is the one that the offer names, of this bidder's number and the lot's key set for offers.

    Of an auction that takes no offers nothing is looked at: the rules refuse it. Raises Malformed, TooMuch.
    """
    record = load_record(connection, tender, OFFER)
    if record is None:
        return
    if envelope is None:
        raise Malformed(
            "envelope_missing", "请附密封的报价封套。", "The sealed envelope is not there.", field="envelope"
        )
    front, id_ = auction_sealed.read_sealed(envelope)
    unseal.check_base(front, keysets.parse(record["key_set"]), said.bidder)
    if id_ != said.sealed:
        raise Malformed(
            "envelope_wrong",
            "封套与声明不符。",
            "The envelope is not the one that the statement names.",
            field="envelope",
        )


def decide_bid(
    unit: Unit, floor: Floor, row: Tender, caller: Caller, prepared: Prepared, signer: ReceiptSigner
) -> dict[str, Any]:
    """The receipt (without proof yet) of an acceptance, or of a refusal with its reason from the closed list.

    Raises Held where the clock is behind; then nothing is written.
    """
    hall = enter(unit, floor, row)
    try:
        event = _event(hall, caller, prepared)
    except Refusal as refusal:
        if refusal.reason not in REASONS or refusal.reason == "clock_behind":
            raise
        answer = _refuse(hall, caller, prepared, signer, refusal.reason)
    else:
        hall.record(event)
        if isinstance(prepared.said, AuctionOffer) and prepared.envelope is not None:
            told = (prepared.said.sealed, OFFER, prepared.said.bidder, prepared.envelope)
            auction_sealed.keep(unit, row, *told)
        answer = _accept(hall, caller, prepared, signer)
    hall.leave()
    return answer


def _event(hall: Hall, caller: Caller, prepared: Prepared) -> Event:
    said, now = prepared.said, hall.unit.now
    number = prepared.number or number_of(hall.unit.connection, hall.tender, caller.organisation)
    if number != said.bidder:
        raise refused("not_registered")
    told: dict[str, Any] = {"bidder": said.bidder, "seen": said.seen, "sequence": said.sequence}
    if isinstance(said, AuctionOffer):
        return decide.offer(hall.state, now, sealed=said.sealed, statement=prepared.id, **told)
    return decide.bid(hall.terms, hall.state, now, price=said.fen, statement=prepared.id, **told)


def _accept(hall: Hall, caller: Caller, prepared: Prepared, signer: ReceiptSigner) -> dict[str, Any]:
    receipt, unit = chance.token(16), hall.unit
    body = {"receipt": receipt.hex(), "statement": prepared.signed}
    entry = unit.record("auction_statement", hall.tender, hall.lot, body, disclosed=False)
    stated = receipts.acceptance(
        entry,
        origin=signer.origin,
        demonstration=signer.demonstration,
        bidder=caller.organisation,
        receipt=receipt,
        statement=prepared.id,
    )
    acceptance = signing.sign(stated, signer.key)
    unit.connection.execute(
        insert(auction_statements).values(
            statement=prepared.id,
            tender=hall.tender,
            bidder=prepared.said.bidder,
            sequence=prepared.said.sequence,
            signed=canonical.dumps(prepared.signed).decode(),
            receipt=receipt.hex(),
            acceptance=canonical.dumps(acceptance).decode(),
            leaf=entry.commitment().hex(),
            accepted_at=unit.now,
        )
    )
    return receipts.receipt(acceptance, entry.disclosed(), None)


def _refuse(hall: Hall, caller: Caller, prepared: Prepared, signer: ReceiptSigner, reason: str) -> dict[str, Any]:
    unit = hall.unit
    # So that anybody can decide it again at the end; who has no number has no part in the auction's record.
    signed = None if reason == "not_registered" else prepared.signed
    return refusing.refuse(
        unit,
        signer,
        "auction_refused",
        tender=hall.tender,
        lot=hall.lot,
        bidder=caller.organisation,
        body={"reason": reason, "signed": signed, "statement": prepared.id},
        # After the end there is nothing left to hide.
        disclosed=hall.state.phase == "ended",
    )


def _check_few(connection: Connection, tender: str, organisation: str, most: int) -> None:
    if refusing.made(connection, tender, organisation) >= most:
        raise TooMuch(
            "refusals_many",
            f"本单位在本次竞价中被拒绝的报价已达 {most} 次，不再另行记录；此前的回执仍然有效。",
            f"{most} bids of yours were refused in this auction; this one is not recorded any more. The "
            "receipts you have stay good.",
            field="statement",
        )
