"""Evaluation with what the opening disclosed: trading judges offers, and knows nothing of how they were sealed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bidding.acts.opening import is_opened, load_offers, opened_leaf
from notary.entries import Entry
from notary.work import Unit
from trading.acts import calling, committee, draws, evaluation, explanations
from trading.acts.calling import Seats
from trading.acts.committee import Member
from trading.caller import Caller
from trading.drawing import Reason


def set_committee(
    unit: Unit, caller: Caller, tender: str, members: Sequence[Member], *, chair: str | None = None
) -> Entry:
    """Name the committee, and who leads it; once the bidders are known, whoever works for one is refused."""
    return committee.set_committee(unit, caller, tender, members, _known(unit, tender), chair=chair)


def call_draw(
    unit: Unit, caller: Caller, tender: str, groups: Sequence[Seats], *, supervisor: str, operator: str
) -> Entry:
    """Call a draw of experts; once the bidders are known, whoever works for one cannot be drawn."""
    bidders = _known(unit, tender)
    return calling.call(unit, caller, tender, groups=groups, supervisor=supervisor, operator=operator, bidders=bidders)


def replace_drawn(unit: Unit, caller: Caller, tender: str, *, person: str, reason: Reason) -> Entry:
    """Let the next in the drawn order take the seat of a person who goes."""
    return draws.replace(unit, caller, tender, person=person, reason=reason, bidders=_known(unit, tender))


def score(unit: Unit, caller: Caller, tender: str, signed: dict[str, Any]) -> Entry:
    """Take an expert's signed scores of the opened bids."""
    opened = opened_leaf(unit.connection, tender)
    return committee.score(unit, caller, tender, signed, opened=opened, bidders=_bidders(unit, tender))


def ask(unit: Unit, caller: Caller, tender: str, *, bidder: str, minutes: int) -> Entry:
    """Let a member of the committee ask a bidder to explain its price."""
    opened, bidders = opened_leaf(unit.connection, tender), _bidders(unit, tender)
    committee.check_seat(unit.connection, caller, tender, bidders)
    return explanations.ask(unit, caller, tender, bidder=bidder, minutes=minutes, opened=opened, bidders=bidders)


def evaluate(unit: Unit, caller: Caller, tender: str, draw: Sequence[str] | None) -> dict[str, Any]:
    """Rank the opened bids by the published criteria and the signed scores."""
    offers = load_offers(unit.connection, tender)
    return evaluation.evaluate(unit, caller, tender, offers=offers, draw=draw)


def _known(unit: Unit, tender: str) -> list[str]:
    """As _bidders, none before the opening."""
    return _bidders(unit, tender) if is_opened(unit.connection, tender) else []


def _bidders(unit: Unit, tender: str) -> list[str]:
    """Codes of those whose bids were opened and valid. Raises Unknown before the opening."""
    return [offer["bidder"] for offer in load_offers(unit.connection, tender) if offer["outcome"] == "opened"]
