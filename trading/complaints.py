"""Complaints (投诉) to the supervisor about an objection that was answered, or not answered in time. Pure.

An objection comes first (招标投标法实施条例 60; 政府采购质疑和投诉办法 17). The supervisor decides whether it takes a
complaint up, may suspend the lot meanwhile (条例 62; 政府采购法 57), and rules on it. A procedure without the limit
`complaint` knows none.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from trading import periods
from trading.calendar import Calendar
from trading.procedures import Procedure

#: Kinds of entries about a complaint.
KINDS = ("complaint_filed", "complaint_decided", "complaint_ruled", "complaint_withdrawn")

COMPLAINT_TYPE = "sunbid/complaint/1"
DECISION_TYPE = "sunbid/complaint-decision/1"


class Window(NamedTuple):
    """start: the first moment at which a complaint is taken; None while the answer is waited for, and then no until.

    until: the first moment that is too late. cites: the article.
    """

    start: datetime | None
    until: datetime | None
    cites: str


def window(
    procedure: Procedure, calendar: Calendar, answer_by: datetime | None, answered_at: datetime | None
) -> Window | None:
    """When a complaint about an objection is taken; None where the procedure knows no complaints.

    answer_by, answered_at: of the objection. It begins with the answer, or with the end of the time for it. The law
    counts from that end (政府采购法 55), or without the time for the answer (条例 60): from the answer.
    """
    limit = procedure.limit("complaint")
    if limit is None:
        return None
    known = [moment for moment in (answered_at, answer_by) if moment is not None]
    if not known:
        return Window(None, None, limit.cites)
    anchor = known[-1] if limit.anchor == "answer" else known[0]
    return Window(min(known), periods.due(procedure, calendar, "complaint", anchor), limit.cites)


def decide_by(procedure: Procedure, calendar: Calendar, filed_at: datetime) -> datetime | None:
    """The first moment that is too late for the decision whether it is taken up; None where no limit is stated."""
    return periods.due(procedure, calendar, "complaint_acceptance", filed_at)


def rule_by(procedure: Procedure, calendar: Calendar, filed_at: datetime, decided_at: datetime) -> datetime | None:
    """The first moment that is too late for the ruling: from the taking up or from the complaint, as the law counts."""
    limit = procedure.limit("complaint_ruling")
    since = decided_at if limit is not None and limit.anchor == "acceptance" else filed_at
    return periods.due(procedure, calendar, "complaint_ruling", since)


def suspended_until(procedure: Procedure, calendar: Calendar, decided_at: datetime) -> datetime | None:
    """When a suspension that is ordered now ends by itself; None where it lasts until the ruling."""
    return periods.due(procedure, calendar, "suspension", decided_at)
