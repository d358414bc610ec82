"""The award of a lot that an auction has sold: to whom it was sold, at the last price, and nobody else (成交)."""

from __future__ import annotations

from sqlalchemy import Connection, select

from bidding.rows import auction_events, auction_numbers
from notary import canonical
from notary.entries import Entry
from notary.errors import Conflict, Malformed
from notary.work import Unit
from trading.acts import awards, stages
from trading.acts.proposals import Proposal
from trading.caller import Caller


def sale(connection: Connection, tender: str) -> tuple[str, str] | None:
    """The winner's code and the price (text in 元) of an auction that has ended with a sale; None of any other."""
    link = connection.scalar(
        select(auction_events.c.link)
        .where(auction_events.c.tender == tender)
        .order_by(auction_events.c.number.desc())
        .limit(1)
    )
    event = {} if link is None else canonical.loads(link.encode())["event"]
    if event.get("result") != "sold":
        return None
    holder = select(auction_numbers.c.organisation).where(
        auction_numbers.c.tender == tender, auction_numbers.c.bidder == event["winner"]
    )
    return connection.execute(holder).scalar_one(), event["price"]


def propose(unit: Unit, caller: Caller, tender: str, winner: str, reason: str | None) -> Proposal:
    """Ask another person to confirm the sale.

    Raises Malformed (not_the_winner), RuleBroken with `earliest` while the sale is made public, Conflict, Held.
    """
    row = stages.load_own(unit.connection, caller, tender)
    _price(unit, row, winner)
    return awards.propose(unit, caller, row, winner, reason)


def award(unit: Unit, caller: Caller, proposal: Proposal) -> Entry:
    """Confirm the sale as approved."""
    row = stages.load_own(unit.connection, caller, proposal.tender)
    winner = proposal.content["winner"]
    return awards.record(unit, row, winner, _price(unit, row, winner), proposal.content["reason"])


def _price(unit: Unit, row: stages.Tender, winner: str) -> str:
    awards.check_first(unit, row)
    sold = sale(unit.connection, row.tender)
    if sold is None:
        raise Conflict("not_sold", "竞价尚未成交。", "The auction has not sold the lot.", field="tender")
    if winner != sold[0]:
        raise Malformed(
            "not_the_winner",
            "竞得人只能是竞价的最高报价者。",
            "The winner is whoever has bid highest in the auction, nobody else.",
            field="winner",
        )
    awards.check_sale_publicity(unit, row)
    return sold[1]
