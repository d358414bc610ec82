"""Confirmation of the opening by a bidder (开标记录确认): signed, once, from the opening to the evaluation.

Nobody has to. Silence refuses nothing, and nothing waits for it; who finds a fault may object besides.
"""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from bidding.acts.opening import opened_leaf
from bidding.rows import offers, opening_confirmations
from bidding.statements import Confirmation, Signed, read_signed
from notary import canonical
from notary.entries import Entry
from notary.errors import Conflict, Malformed, Unknown
from notary.work import Unit
from trading.acts import parties, stages
from trading.caller import Caller

#: Of a bid, as the opening found it. Who has none of these has nothing in the opening to confirm, and can object.
OUTCOME = "opened"


def confirm(unit: Unit, caller: Caller, tender: str, signed: Signed) -> Entry:
    """Record a bidder's signed confirmation, under the lot's exclusive lock.

    Raises Unknown (tender_unknown, not_opened, lot_unknown), Conflict (act_not_in_stage, no_opened_bid, opening_other,
    confirmed_already, key_replaced), Malformed (field_wrong, signature_wrong, bidder_wrong, tender_wrong).
    """
    row = stages.load_published(unit.connection, tender)
    keys = parties.keys_of(unit.connection, caller.organisation, "statement")
    said = read_signed(signed, Confirmation, keys.standing, keys.replaced)
    _check_own(said, caller, row)
    stages.check(unit, row, "confirm")
    _check_opened(unit.connection, said)
    body = {"confirmation": {"object": signed.object, "signature": signed.signature}}
    entry = unit.record("opening_confirmed", row.tender, row.lot, body, disclosed=True)
    unit.connection.execute(
        insert(opening_confirmations).values(
            tender=tender,
            bidder=caller.organisation,
            signed=canonical.dumps(body["confirmation"]).decode(),
            leaf=entry.commitment().hex(),
            confirmed_at=unit.now,
        )
    )
    return entry


def _check_own(said: Confirmation, caller: Caller, row: stages.Tender) -> None:
    if said.bidder != caller.organisation:
        raise Malformed(
            "bidder_wrong", "声明不是本单位的。", "The statement is another's.", field="confirmation.bidder"
        )
    if said.tender != row.tender:
        raise Malformed(
            "tender_wrong", "声明属于另一项目。", "The statement is of another tender.", field="confirmation.tender"
        )
    if said.lot != row.lot:
        raise Unknown("lot_unknown", "没有这个标段。", "There is no such lot.", field="confirmation.lot")


def _check_opened(connection: Connection, said: Confirmation) -> None:
    """A bid of this bidder was opened, by the entry that it names, and it has not confirmed that before."""
    table = opening_confirmations.c
    own = (offers.c.tender == said.tender, offers.c.bidder == said.bidder, offers.c.outcome == OUTCOME)
    if connection.execute(select(offers.c.statement).where(*own)).first() is None:
        raise Conflict(
            "no_opened_bid",
            "本单位在该标段没有已开启的投标，无开标内容可确认；对开标有意见的，可以当场提出异议。",
            "No bid of yours was opened in this lot, so there is nothing to confirm; you may object to the opening.",
            field="confirmation.bidder",
        )
    leaf = opened_leaf(connection, said.tender)
    if said.opened != leaf:
        raise Conflict(
            "opening_other",
            "声明确认的不是本次开标的记录，请刷新后核对并重新签署。",
            "The statement confirms another record than this opening's: look again and sign anew.",
            field="confirmation.opened",
            latest=leaf,
        )
    if connection.execute(select(table.leaf).where(table.tender == said.tender, table.bidder == said.bidder)).first():
        raise Conflict(
            "confirmed_already",
            "本单位已确认过本次开标，确认已在公开记录中，无需再次确认。",
            "Your organisation has confirmed this opening, and that is on record: there is nothing more to do.",
        )
