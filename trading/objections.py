"""Objections (异议、质疑): against what, from when to when, answered by when, and what the record says of one. Pure.

A procedure that states the last day of objections counted back from the deadline (`question_cutoff`), or a publicity
period, takes them until then; one that counts from knowledge (`challenge`) takes them from the end of the notice on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from notary import canonical
from trading import periods
from trading.calendar import Calendar
from trading.procedures import Procedure

Against = Literal["documents", "opening", "result"]
Outcome = Literal["upheld", "partly_upheld", "dismissed"]

#: Stages in which an objection is taken at all.
STAGES: Mapping[Against, tuple[str, ...]] = {
    "documents": ("open",),
    "opening": ("opened",),
    "result": ("sold", "publicity", "awarding", "awarded", "contracted"),
}
#: The limit within which each is answered; where its effect is `suspend`, nothing goes on before the answer.
ANSWERS: Mapping[Against, str] = {
    "documents": "question_answer",
    "opening": "opening_answer",
    "result": "objection_answer",
}
OBJECTION_TYPE = "sunbid/objection/1"
ANSWER_TYPE = "sunbid/objection-answer/1"
_LABEL = b"sunbid/objection/1\n"
_INSTANT = timedelta(microseconds=1)


class Window(NamedTuple):
    """until: the first moment that is too late. cites: the article."""

    until: datetime
    cites: str


@dataclass(frozen=True)
class Moments:
    """What windows are counted from. objections_until, awarded_at, opened_at: None before the act; sold_at: when an
    auction ended, None without one. All aware UTC."""

    deadline: datetime
    questions_until: datetime
    noticed_at: datetime
    opened_at: datetime | None
    objections_until: datetime | None
    awarded_at: datetime | None
    sold_at: datetime | None = None


def window(procedure: Procedure, calendar: Calendar, against: Against, moments: Moments) -> Window | None:
    """Until when an objection is taken; None where that has not come to pass, or no limit provides for it."""
    if against == "documents":
        return _documents(procedure, calendar, moments)
    if against == "opening":
        return _after(procedure, calendar, "opening_objection", moments.opened_at)
    if procedure.limit("publicity") is None and procedure.limit("sale_publicity") is not None:
        return _after(procedure, calendar, "sale_publicity", moments.sold_at)
    return result_window(procedure, calendar, objections_until=moments.objections_until, awarded_at=moments.awarded_at)


def result_window(
    procedure: Procedure, calendar: Calendar, *, objections_until: datetime | None, awarded_at: datetime | None
) -> Window | None:
    """Until when an objection to the result of an evaluation is taken. Each moment: None before the act."""
    publicity = procedure.limit("publicity")
    if publicity is not None:
        return None if objections_until is None else Window(objections_until, publicity.cites)
    return _after(procedure, calendar, "challenge", _ended(procedure, calendar, "award_publicity", awarded_at))


def answer_by(procedure: Procedure, calendar: Calendar, against: Against, filed_at: datetime) -> datetime | None:
    """The first moment that is too late for the answer."""
    return periods.due(procedure, calendar, ANSWERS[against], filed_at)


def suspends(procedure: Procedure, against: Against) -> bool:
    """Whether nothing may go on before the answer."""
    limit = procedure.limit(ANSWERS[against])
    return limit is not None and limit.effect == "suspend"


def commitment(content: Mapping[str, Any], salt: bytes) -> str:
    """What the record says of an objection or an answer that it does not show: H(label ‖ salt ‖ J(content)) in hex."""
    return hashlib.sha256(_LABEL + salt + canonical.dumps(content)).hexdigest()


def _documents(procedure: Procedure, calendar: Calendar, moments: Moments) -> Window | None:
    cutoff = procedure.limit("question_cutoff")
    if cutoff is None:
        noticed = _ended(procedure, calendar, "notice_period", moments.noticed_at)
        return _after(procedure, calendar, "challenge", noticed)
    until = periods.due(procedure, calendar, "question_cutoff", moments.deadline)
    # The notice may give more time than the law, and a deadline that was moved gives more than the notice.
    return Window(max(until or moments.questions_until, moments.questions_until), cutoff.cites)


def _after(procedure: Procedure, calendar: Calendar, name: str, anchor: datetime | None) -> Window | None:
    limit = procedure.limit(name)
    until = None if anchor is None else periods.due(procedure, calendar, name, anchor)
    return None if until is None or limit is None else Window(until, limit.cites)


def _ended(procedure: Procedure, calendar: Calendar, name: str, start: datetime | None) -> datetime | None:
    """The last moment of a period (届满之日), or its start where there is no such period."""
    if start is None or procedure.limit(name) is None:
        return start
    end = periods.due(procedure, calendar, name, start)
    return None if end is None else end - _INSTANT
