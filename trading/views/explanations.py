"""Reads of explanations of low prices: the bidder's own; the committee's, the agency's, the supervisor's."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from notary import canonical, clock
from trading.acts import stages
from trading.acts.stages import Tender
from trading.caller import Caller
from trading.explanation_rows import explanation_requests, explanations
from trading.rows import committee, declarations, organisations


def seen(connection: Connection, caller: Caller, tender: str) -> list[dict[str, Any]]:
    """Who was asked, by when it answers, what it said (None before): what the caller may read. Raises Unknown."""
    row = stages.load_published(connection, tender)
    asked = explanation_requests
    query = (
        select(asked, organisations.c.name, explanations.c.content, explanations.c.given_at)
        .join(organisations, organisations.c.code == asked.c.bidder)
        .join(explanations, explanations.c.asked == asked.c.leaf, isouter=True)
        .where(asked.c.tender == tender)
        .order_by(asked.c.asked_at, asked.c.bidder)
    )
    if not _reads_all(connection, caller, row):
        query = query.where(asked.c.bidder == (caller.organisation if "bidder" in caller.roles else ""))
    return [
        {
            "bidder": one.bidder,
            "name": one.name,
            "asked_at": clock.text(one.asked_at),
            "answer_by": clock.text(one.answer_by),
            "given_at": None if one.given_at is None else clock.text(one.given_at),
            "text": None if one.content is None else canonical.loads(one.content.encode())["text"],
        }
        for one in connection.execute(query)
    ]


def _reads_all(connection: Connection, caller: Caller, row: Tender) -> bool:
    """Officials of the lot, and who sits on its committee and has not recused itself."""
    if "supervisor" in caller.roles or ("agency" in caller.roles and caller.organisation == row.agency):
        return True
    seat = select(committee.c.person).where(committee.c.tender == row.tender, committee.c.person == caller.person)
    gone = select(declarations.c.person).where(
        declarations.c.tender == row.tender, declarations.c.person == caller.person, declarations.c.recused.is_(True)
    )
    return connection.execute(seat).first() is not None and connection.execute(gone).first() is None
