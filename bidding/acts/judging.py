"""Evaluation with what the opening disclosed: trading judges offers, and knows nothing of how they were sealed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bidding.acts.opening import load_offers, opened_leaf
from notary.entries import Entry
from notary.work import Unit
from trading.acts import committee, evaluation
from trading.caller import Caller


def score(unit: Unit, caller: Caller, tender: str, signed: dict[str, Any]) -> Entry:
    """Take an expert's signed scores of the opened bids."""
    opened = opened_leaf(unit.connection, tender)
    offers = load_offers(unit.connection, tender)
    bidders = [offer["bidder"] for offer in offers if offer["outcome"] == "opened"]
    return committee.score(unit, caller, tender, signed, opened=opened, bidders=bidders)


def evaluate(unit: Unit, caller: Caller, tender: str, draw: Sequence[str] | None) -> dict[str, Any]:
    """Rank the opened bids by the published criteria and the signed scores."""
    offers = load_offers(unit.connection, tender)
    return evaluation.evaluate(unit, caller, tender, offers=offers, draw=draw)
