"""Procedures and facts that break no rule, for tests to break one at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from trading import calendar, criteria, procedures
from trading.committee import CommitteeFacts
from trading.procedures import Procedure
from trading.rules import PolicyFacts, PublicationFacts

NOON = datetime(2026, 11, 3, 4, tzinfo=UTC)  # Tuesday, 12:00 in Beijing
CALENDAR = calendar.china()
CONSTRUCTION = procedures.in_force("construction-open", NOON)
PROCUREMENT = procedures.in_force("procurement-open", NOON)
BY_PRICE: dict[str, Any] = {"price_marks": None, "parts": [], "adjustments": [], "ties": ["draw"], "candidates": 3}
TECHNICAL = {"name": "technical", "zh": "技术", "en": "Technical", "marks": "70.00"}
BY_SCORE: dict[str, Any] = BY_PRICE | {"price_marks": "30.00", "parts": [TECHNICAL], "ties": ["price", "draw"]}
PAIRS = (("T1", "T2"), ("T1", "T3"), ("T2", "T3"))


def beijing(text: str) -> datetime:
    """``2026-11-24 09:30`` in Beijing as aware UTC."""
    return datetime.strptime(f"{text} +0800", "%Y-%m-%d %H:%M %z").astimezone(UTC)


def read(procedure: Procedure, draft: dict[str, Any], method: str = "lowest_evaluated_price") -> criteria.Criteria:
    return criteria.read(criteria.compose(procedure, method, draft, None))


def committee(**changed: Any) -> CommitteeFacts:
    facts: dict[str, Any] = {"size": 5, "experts": 4, "budget": 400_000_000, "demanding": False, "buyer_chairs": False}
    return CommitteeFacts(**(facts | changed))


def publication(procedure: Procedure, **changed: Any) -> PublicationFacts:
    """A tender published at NOON that keeps every rule of either procedure."""
    deadline = NOON + timedelta(days=30)
    facts: dict[str, Any] = {
        "subject": procedure.subjects[0],
        "published_at": NOON,
        "documents_offered_until": deadline,
        "questions_until": deadline,
        "deadline": deadline,
        "opens_at": changed.get("deadline", deadline),
        "budget": 400_000_000,
        "ceiling": 398_000_000,
        "minimum_price": None,
        "deposit": 7_000_000,
        "criteria": read(procedure, BY_PRICE),
        "fixed_price": False,
        "committee": committee(),
        "policy": PolicyFacts(PAIRS, frozenset({"T1"})),
    }
    return PublicationFacts(**(facts | changed))
