"""What a clerk fills in, by section: defaults that keep the law, dates counted by it, what is missing. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import combinations
from math import ceil
from typing import Any

from notary import canonical, clock, forms
from notary.errors import Malformed
from notary.forms import Form
from trading import calendar as calendars
from trading import draft as drafts
from trading import money, periods, valuation
from trading.calendar import BEIJING, Calendar
from trading.procedures import Procedure, in_force

#: Members of a working paper that are no members of a tender.
APART = frozenset({"publish_by"})
#: What each section of the task list fills in. A section is done once all of these are there.
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "basics": ("tender", "title", "title_en", "scope", "region", "funding", "qualification", "budget", "deposit"),
    "evaluation": ("evaluation", "valuation", "committee"),
    "dates": ("publish_by", "documents_offered_until", "questions_until", "deadline", "validity_days"),
    "documents": ("documents",),
    "trustees": ("policy", "evaluation_key"),
}
#: The same where an auction decides.
AUCTION_SECTIONS: Mapping[str, tuple[str, ...]] = {
    "basics": ("tender", "title", "title_en", "scope", "region", "qualification", "deposit"),
    "auction": ("auction", "valuation"),
    "dates": ("publish_by", "documents_offered_until", "questions_until", "deadline"),
    "documents": ("documents",),
}
_MORNING, _EVENING = time(9, 30), time(17, 30)
_AHEAD = 3
_DAY = timedelta(days=1)
_FILLERS: Mapping[str, Any] = {
    "tender": "XXXX",
    "title": "-",
    "title_en": "",
    "scope": "-",
    "region": "000000",
    "funding": "-",
    "qualification": "-",
    "budget": "0.01",
    "deposit": "0.00",
    "documents_offered_until": "1970-01-01T00:00:00.000000Z",
    "questions_until": "1970-01-01T00:00:00.000000Z",
    "deadline": "9999-12-31T00:00:00.000000Z",
    "validity_days": 1,
    "documents": [{"name": "-", "media_type": "text/plain", "sha256": "0" * 64, "size": 1}],
    "policy": {"quorums": []},
    "evaluation_key": "0" * 64,
    "valuation": {"appraisal": "0.01"},
}


class _Planned(Form, frozen=True):
    """publish_by: a moment on the day by whose end the notice is to be out; the dates are counted from it."""

    publish_by: str


@dataclass(frozen=True)
class Counted:
    """A date and the rule under it. name: of the limit; field: the draft's member; cites: the article.

    earliest: the first lawful moment, None where there is no limit; days, working: whole Beijing days, and working
    days, from the publication to the date (to the deadline for questions), None without a date.
    """

    name: str
    field: str
    cites: str | None
    value: int | None
    unit: str | None
    earliest: datetime | None
    days: int | None
    working: int | None
    confirmed: bool


def check(content: Mapping[str, Any], moment: datetime) -> None:
    """Read a working paper as far as it goes. Raises Malformed naming the member that is wrong."""
    canonical.check(content)
    if "publish_by" in content:
        clock.parse(forms.convert({"publish_by": content["publish_by"]}, _Planned).publish_by, "publish_by")
    written = {name: value for name, value in content.items() if name not in APART}
    procedure = in_force(str(written.get("procedure")), moment)
    _, needless = drafts.members(procedure)
    fillers = {name: value for name, value in _FILLERS.items() if name not in needless}
    read = drafts.read({**fillers, **written})
    # The end of registration is part of an auction's terms; a floor that only the clerk knows, of a sale's criteria.
    decisive = {"evaluation"} if procedure.auction is None else {"auction", "deadline"}
    if decisive <= written.keys():
        drafts.decided_by(read, procedure)


def sections(procedure: Procedure) -> Mapping[str, tuple[str, ...]]:
    """The sections of a procedure's working papers, and what each fills in."""
    known = SECTIONS if procedure.auction is None else AUCTION_SECTIONS
    _, needless = drafts.members(procedure)
    return {section: tuple(name for name in names if name not in needless) for section, names in known.items()}


def missing(content: Mapping[str, Any], procedure: Procedure) -> dict[str, list[str]]:
    """Section -> the members that it still lacks, for every section."""
    return {
        section: [name for name in names if not content.get(name) and content.get(name) != ""]
        for section, names in sections(procedure).items()
    }


def first_content(procedure: Procedure, subject: str, region: str, moment: datetime) -> dict[str, Any]:
    """What a new working paper begins with: the least that the law asks for, by price alone."""
    begun = {"procedure": procedure.name, "subject": subject, "title_en": "", "region": region}
    publish_by = planned(calendars.china(), moment)
    if procedure.prior is not None and procedure.prior.required:
        over = periods.due(procedure, calendars.china(), "prior_notice", publish_by) or publish_by
        publish_by = planned(calendars.china(), over)
    if procedure.auction is not None:
        return begun | first_auction_dates(procedure, calendars.china(), publish_by)
    size = _least(procedure, "committee_size", 5)
    size += 1 if procedure.committee.odd and size % 2 == 0 else 0
    share = procedure.limit("committee_experts")
    # Nobody but the clerk knows the floor of a sale.
    evaluation = {} if procedure.sells else {"evaluation": first_evaluation(procedure)}
    return (
        begun
        | evaluation
        | {
            "validity_days": 90,
            "committee": {"size": size, "experts": size if share is None else ceil(size * share.value / 3)},
            **first_dates(procedure, calendars.china(), publish_by),
        }
    )


def first_evaluation(procedure: Procedure) -> dict[str, Any]:
    """The method that the procedure names first, with the least that its criteria say."""
    candidates = procedure.limit("candidates")
    return {
        "method": procedure.methods[0].name,
        "criteria": {"ties": ["draw"], "candidates": 3 if candidates is None else min(3, candidates.value)},
    }


def planned(calendar: Calendar, moment: datetime) -> datetime:
    """A day to publish by: the third working day from now, so that trustees and the second person have time."""
    day, left = calendars.beijing_day(moment), _AHEAD
    while left:
        day += _DAY
        left -= calendar.is_working_day(day)
    return calendars.midnight(day) + timedelta(hours=12)


def first_dates(procedure: Procedure, calendar: Calendar, publish_by: datetime) -> dict[str, str]:
    """The first lawful dates for a notice that is out on that day, at hours when people work."""
    least = periods.due(procedure, calendar, "document_period", publish_by) or publish_by + _DAY
    deadline = calendar.first_at(least, _MORNING)
    offer = periods.due(procedure, calendar, "document_offer", publish_by) or publish_by + _DAY
    offered = min(calendar.first_at(offer, _EVENING), deadline)
    questions = periods.due(procedure, calendar, "question_cutoff", deadline) or offered
    return {
        "publish_by": clock.text(publish_by),
        "documents_offered_until": clock.text(offered),
        "questions_until": clock.text(min(questions, deadline)),
        "deadline": clock.text(deadline),
    }


def first_auction_dates(procedure: Procedure, calendar: Calendar, publish_by: datetime) -> dict[str, str]:
    """The first lawful dates of an auction, but for its own times."""
    registered = clock.text(first_registration_end(procedure, calendar, publish_by))
    return {
        "publish_by": clock.text(publish_by),
        "documents_offered_until": registered,
        "questions_until": registered,
        "deadline": registered,
    }


def first_auction(procedure: Procedure) -> dict[str, Any]:
    """What an auction of the procedure begins with, but for its prices and times: what local rules have in common."""
    timed = procedure.auction is not None and procedure.auction.kind == "listing"
    hour = {"contenders": 2, "window_seconds": 3600, "preparation_seconds": 900, "countdown_seconds": 300}
    return {
        "start_price": "",
        "step": "",
        "multiples": True,
        "leader_may_raise": True,
        "least_bidders": _least(procedure, "min_registered", 1),
        "soft_close_seconds": 0 if timed else 120,
        "resume_seconds": 600,
        "outage_seconds": 30,
        "timed": hour if timed else None,
    }


def first_opening(
    procedure: Procedure, calendar: Calendar, publish_by: datetime, start_price: int | None = None
) -> datetime:
    """The first moment at which an auction may begin: as registration ends, or a day later where it can be extended."""
    registered = first_registration_end(procedure, calendar, publish_by, start_price)
    return registered if procedure.limit("extension") is None else calendar.first_at(registered + _DAY, _MORNING)


def first_registration_end(
    procedure: Procedure, calendar: Calendar, publish_by: datetime, start_price: int | None = None
) -> datetime:
    """The first moment at which registration may end, at an hour when people work."""
    named = ("auction_notice", valuation.disclosure(procedure, start_price))
    due = [periods.due(procedure, calendar, name, publish_by) for name in named]
    return calendar.first_at(max([publish_by + _DAY, *(moment for moment in due if moment)]), _MORNING)


def first_closing(procedure: Procedure, calendar: Calendar, opens_at: datetime) -> datetime:
    """The first moment at which free bids may end."""
    least = periods.due(procedure, calendar, "listing_period", opens_at) or opens_at + timedelta(hours=1)
    return calendar.first_at(least, _MORNING)


def counted(
    content: Mapping[str, Any], procedure: Procedure, calendar: Calendar, publish_by: datetime
) -> list[Counted]:
    """The dates of a working paper with the rule and the days counted beside each. Raises Held without a calendar."""
    return [
        _counted(content, procedure, calendar, publish_by, name, field)
        for name, field in (
            ("document_offer", "documents_offered_until"),
            ("question_cutoff", "questions_until"),
            ("document_period" if procedure.auction is None else _disclosure(content, procedure), "deadline"),
        )
    ]


def _disclosure(content: Mapping[str, Any], procedure: Procedure) -> str:
    stated = content.get("auction")
    return valuation.disclosure(procedure, None if stated is None else money.parse(stated["start_price"]))


def quorums(trustees: list[str], keys: int) -> list[list[str]]:
    """All sets of `keys` of the trustees: what the rule of opening asks for."""
    return [list(quorum) for quorum in combinations(sorted(trustees), keys)]


def sum_text(text: str, field: str) -> str:
    """Money as people type it (``4200000``, ``4,200,000.5``) in its form with two places. Raises Malformed."""
    plain = text.replace(",", "").replace("，", "").strip()
    whole, _, part = plain.partition(".")
    if not (whole.isascii() and whole.isdigit()) or not (part == "" or (part.isascii() and part.isdigit())):
        raise _not_money(field)
    if len(part) > 2:
        raise _not_money(field)
    return f"{int(whole)}.{part:0<2}"


def moment_text(day: str, hour: str, field: str) -> str:
    """The record's time text of a Beijing day (``2026-12-14``) and hour (``09:30``) of a form. Raises Malformed."""
    try:
        naive = datetime.strptime(f"{day} {hour}", "%Y-%m-%d %H:%M")  # noqa: DTZ007  # its zone comes with the next line
    except ValueError as error:
        raise Malformed(
            "not_a_moment",
            "请按 2026-12-14 和 09:30 的样子填写日期和时间。",
            "Write the date like 2026-12-14 and the time like 09:30.",
            field=field,
        ) from error
    return clock.text(naive.replace(tzinfo=BEIJING))


def _counted(
    content: Mapping[str, Any], procedure: Procedure, calendar: Calendar, publish_by: datetime, name: str, field: str
) -> Counted:
    deadline = clock.parse(content["deadline"]) if "deadline" in content else None
    limit = procedure.limit(name)
    backwards = limit is not None and limit.way == "before"
    anchor = deadline if backwards else publish_by
    earliest = None if anchor is None else periods.due(procedure, calendar, name, anchor)
    date = clock.parse(content[field]) if field in content else None
    start, end = (date, deadline) if backwards else (publish_by, date)
    known = start is not None and end is not None and start <= end
    return Counted(
        name=name,
        field=field,
        cites=None if limit is None else limit.cites,
        value=None if limit is None else limit.value,
        unit=None if limit is None else limit.unit,
        earliest=earliest,
        days=_days(start, end) if known else None,
        working=_working_days(calendar, start, end) if known else None,
        confirmed=not known or calendar.confirmed(start, end),  # type: ignore[arg-type]  # known: both are there
    )


def _days(start: Any, end: Any) -> int:
    return int((calendars.beijing_day(end) - calendars.beijing_day(start)).days)


def _working_days(calendar: Calendar, start: Any, end: Any) -> int:
    first = calendars.beijing_day(start)
    return sum(calendar.is_working_day(first + number * _DAY) for number in range(1, _days(start, end) + 1))


def _least(procedure: Procedure, name: str, otherwise: int) -> int:
    limit = procedure.limit(name)
    return otherwise if limit is None else limit.value


def _not_money(field: str) -> Malformed:
    return Malformed(
        "not_money",
        "请填写金额（元），如 3680000 或 3,680,000.00。",
        "Write a sum in yuan, like 3680000 or 3,680,000.00.",
        field=field,
    )
