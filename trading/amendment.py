"""What an amendment (澄清、修改) makes of a tender: the deadline moved by the rule, and what hangs on it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from notary import clock
from notary.errors import Malformed
from trading import extension, periods, rules
from trading.calendar import BEIJING, Calendar
from trading.procedures import Procedure
from trading.rules import AmendmentFacts


@dataclass(frozen=True)
class Amendment:
    """As asked for. changes: members of the draft that change, whole; deadline: None lets the rule set it."""

    changes: Mapping[str, Any]
    reason: str
    affects_bids: bool
    deadline: datetime | None


@dataclass(frozen=True)
class Amended:
    """content: the whole draft after it; rule: which rule moved the deadline, with its article, or None."""

    content: dict[str, Any]
    deadline: datetime
    rule: dict[str, str] | None


def apply(
    content: Mapping[str, Any], amendment: Amendment, procedure: Procedure, calendar: Calendar, moment: datetime
) -> Amended:
    """The tender after an amendment that is published at the moment. Raises Malformed, RuleBroken, Held."""
    _check_changes(content, amendment)
    old = clock.parse(content["deadline"])
    deadline, rule = _deadline(old, amendment, procedure, calendar, moment)
    moved = {"deadline": clock.text(deadline)} if deadline != old else {}
    new = dict(content) | dict(amendment.changes) | moved
    if procedure.auction is not None:
        new |= extension.further(content, amendment.changes, deadline)
        extension.check(content, new, procedure, calendar, moment)
    facts = AmendmentFacts(moment, old, deadline, amendment.affects_bids, tuple(sorted({*amendment.changes, *moved})))
    rules.check_amendment(procedure, calendar, facts)
    if moved and "questions_until" not in amendment.changes:
        new |= _later_questions(content, procedure, calendar, deadline)
    return Amended(new, deadline, rule)


def _deadline(
    old: datetime, amendment: Amendment, procedure: Procedure, calendar: Calendar, moment: datetime
) -> tuple[datetime, dict[str, str] | None]:
    """The new deadline, and the rule where it is the rule that moves it."""
    if amendment.deadline is not None:
        return amendment.deadline, None
    facts = AmendmentFacts(moment, old, old, amendment.affects_bids, ())
    earliest = rules.required_deadline(procedure, calendar, facts)
    if earliest == old:
        return old, None
    cites = procedure.limits["clarification"].cites
    # At the old hour of a working day: people come to an opening.
    return calendar.first_at(earliest, old.astimezone(BEIJING).time()), {
        "name": "clarification",
        "cites": cites,
        "earliest": clock.text(earliest),
        "moved_from": clock.text(old),
    }


def _later_questions(
    content: Mapping[str, Any], procedure: Procedure, calendar: Calendar, deadline: datetime
) -> dict[str, str]:
    """Whoever may object until some days before the deadline may do so longer when it moves (条例 22)."""
    cutoff = periods.due(procedure, calendar, "question_cutoff", deadline)
    old = clock.parse(content["questions_until"])
    return {} if cutoff is None or cutoff <= old else {"questions_until": clock.text(cutoff)}


def _check_changes(content: Mapping[str, Any], amendment: Amendment) -> None:
    if "deadline" in amendment.changes:
        raise Malformed(
            "deadline_apart",
            "截止时间请写在 deadline 中，不写在 changes 中。",
            "Give a new deadline as deadline, not among the changes.",
            field="changes.deadline",
        )
    same = [name for name, value in amendment.changes.items() if content.get(name) == value]
    if same or not (amendment.changes or amendment.deadline):
        raise Malformed(
            "nothing_changes",
            "没有改变任何内容。",
            "Nothing changes here.",
            field=f"changes.{same[0]}" if same else "changes",
        )
