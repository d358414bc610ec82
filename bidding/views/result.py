"""From the opened bids to the ranking, as an agency's pages show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from bidding.acts.opening import load_offers
from notary.errors import Refusal
from trading import draft as drafts
from trading import evaluation
from trading.acts import committee, stages
from trading.acts.stages import Tender


def fields(row: Tender) -> list[dict[str, Any]]:
    """What a bid of this lot states, in order: `name`, `zh`, `en`, `type`, and whether it is the `price`."""
    schema = stages.procedure_of(row).form_schema
    return [{**one, "price": one["name"] == schema["price_field"]} for one in schema["fields"]]


def names(bids: Sequence[Mapping[str, Any]] | None) -> dict[str, str]:
    """Bidder's code -> name, of opened bids; empty before the opening."""
    return {one["bidder"]: one["name"] for one in bids or ()}


def clauses(row: Tender) -> dict[str, dict[str, str]]:
    """Clause of rejection -> its words."""
    listed = stages.procedure_of(row).rejection.clauses
    return {one.id: {"zh": one.zh, "en": one.en, "cites": one.cites} for one in listed}


def ties(connection: Connection, row: Tender) -> list[list[str]]:
    """Groups of bidders that would share a rank, once every score is there: a draw has to part them."""
    try:
        sheets = committee.sheets(connection, row)
        criteria = drafts.composed_criteria(drafts.read(row.content), stages.procedure_of(row))
        offers = load_offers(connection, row.tender)
        found = evaluation.evaluate(criteria, offers, [sheet.object for sheet in sheets], None)
    except Refusal:
        return []  # scores are missing or differ: the evaluation itself will say so
    tied: list[list[str]] = found["tied"]
    return tied if "draw" in criteria["ties"] else []
