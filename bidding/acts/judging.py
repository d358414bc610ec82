"""Evaluation with what the opening disclosed: trading judges offers, and knows nothing of how they were sealed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bidding.acts.opening import is_opened, load_offers, opened_leaf
from notary.entries import Entry
from notary.work import Unit
from trading.acts import committee, evaluation
from trading.acts.committee import Member
from trading.caller import Caller


def set_committee(unit: Unit, caller: Caller, tender: str, members: Sequence[Member]) -> Entry:
    """Name the committee; once the bidders are known, whoever works for one is refused."""
    bidders = _bidders(unit, tender) if is_opened(unit.connection, tender) else []
    return committee.set_committee(unit, caller, tender, members, bidders)


def score(unit: Unit, caller: Caller, tender: str, signed: dict[str, Any]) -> Entry:
    """Take an expert's signed scores of the opened bids."""
    opened = opened_leaf(unit.connection, tender)
    return committee.score(unit, caller, tender, signed, opened=opened, bidders=_bidders(unit, tender))


def evaluate(unit: Unit, caller: Caller, tender: str, draw: Sequence[str] | None) -> dict[str, Any]:
    """Rank the opened bids by the published criteria and the signed scores."""
    offers = load_offers(unit.connection, tender)
    return evaluation.evaluate(unit, caller, tender, offers=offers, draw=draw)


def _bidders(unit: Unit, tender: str) -> list[str]:
    """Codes of those whose bids were opened and valid. Raises Unknown before the opening."""
    return [offer["bidder"] for offer in load_offers(unit.connection, tender) if offer["outcome"] == "opened"]
