"""Prior notices (单一来源公示、预披露、采购文件征求意见) and comments on them: what comes before a publication. Pure.

A procedure that has one lets an agency say in public what it is about to do (政府采购法实施条例 38), and anybody
comment on it meanwhile. The tender is published only once its period is over, as it was announced; whatever is kept and
changes needs a new prior notice, whose period begins anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta

from notary import clock
from trading import periods
from trading.calendar import Calendar
from trading.procedures import PriorNotice, Procedure

KIND = "prior_published"
FILED, ANSWERED = "comment_filed", "comment_answered"
KINDS = (KIND, FILED, ANSWERED)

COMMENT_TYPE = "sunbid/comment/1"
ANSWER_TYPE = "sunbid/comment-answer/1"

#: What of the tender every prior notice shows, besides what it keeps.
_SHOWN = ("budget", "qualification", "region", "scope", "title", "title_en")

PriorGroundId = Annotated[str, Meta(pattern="^[a-z_]{1,40}$(?!\n)")]
Outcome = Literal["upheld", "partly_upheld", "dismissed"]


@dataclass(frozen=True)
class Standing:
    """The latest prior notice of a tender. until: the first moment after its period; aware UTC.

    kept: what must not change; waiting, upheld: how many comments have no answer, how many were upheld, also in part.
    """

    published_at: datetime
    until: datetime
    ground: str | None
    kept: Mapping[str, Any]
    waiting: int
    upheld: int


@dataclass(frozen=True)
class PriorFacts:
    """ground: as the draft states it; changed: kept members that differ from the notice's; notice: None if none was."""

    ground: str | None
    changed: tuple[str, ...]
    notice: Standing | None


def facts(prior: PriorNotice, content: Mapping[str, Any], notice: Standing | None) -> PriorFacts:
    """What the rules ask of a tender that is about to be published."""
    there = {} if notice is None else notice.kept
    now = kept(prior, content)
    changed = tuple(name for name in prior.kept if notice is not None and there.get(name) != now[name])
    return PriorFacts(ground=content.get("prior_ground"), changed=changed, notice=notice)


def kept(prior: PriorNotice, content: Mapping[str, Any]) -> dict[str, Any]:
    """What of a tender may not change any more once the notice is public; `bidders` are the codes of the invited."""
    return kept_of(prior.kept, content)


def kept_of(names: Iterable[str], content: Mapping[str, Any]) -> dict[str, Any]:
    """These of the members that a prior notice may keep, of a tender."""
    invited = content.get("invited") or {"bidders": []}
    return {name: sorted(invited["bidders"]) if name == "bidders" else content.get(name) for name in names}


def check_publication(procedure: Procedure, calendar: Calendar, facts: PriorFacts | None, moment: datetime) -> None:
    """Raise RuleBroken, with the earliest legal moment, where the tender may not be published at this one yet."""
    prior = procedure.prior
    if prior is None:
        return
    ground, notice = (None, None) if facts is None else (facts.ground, facts.notice)
    if notice is None:
        if prior.required or ground is not None:
            raise _broken(prior, f"须先发布{prior.zh}", f"first comes the prior notice ({prior.en})", "prior")
        return
    if ground is not None and ground != notice.ground:
        raise _broken(prior, f"{prior.zh}未载明所述事由", "the prior notice states another ground", "prior_ground")
    for name in () if facts is None else facts.changed:
        field = "invited.bidders" if name == "bidders" else name
        raise _broken(
            prior, f"与{prior.zh}不一致，须重新公示", "it differs from the prior notice: announce anew", field
        )
    periods.not_before(procedure, calendar, "prior_notice", notice.published_at, moment, "prior")
    if moment < notice.until:
        zh, en = f"{prior.zh}载明的期限尚未届满", "the time that the prior notice states is not over"
        raise periods.broken_rule("prior_notice", zh, en, "prior", prior.cites, earliest=clock.text(notice.until))
    if prior.binding:
        _check_comments(prior, notice)


def check_until(procedure: Procedure, calendar: Calendar, moment: datetime, until: datetime | None) -> datetime | None:
    """Until when a notice that is published at the moment stands: as the agency says, not before the law's.

    Gives None where neither says anything. Raises RuleBroken.
    """
    if until is None:
        return periods.due(procedure, calendar, "prior_notice", moment)
    periods.not_before(procedure, calendar, "prior_notice", moment, until, "until")
    return until


def answer_by(procedure: Procedure, calendar: Calendar, filed_at: datetime) -> datetime | None:
    """The first moment that is too late for the answer to a comment; None where no limit is stated."""
    return periods.due(procedure, calendar, "comment_answer", filed_at)


def comment(tender: str, notice: str, organisation: str, text: str) -> dict[str, Any]:
    """What somebody says of a prior notice (docs/spec/log.md). notice: the commitment of its entry."""
    said = {"notice": notice, "organisation": organisation, "tender": tender, "text": text}
    return said | {"type": COMMENT_TYPE}


def body(
    prior: PriorNotice,
    content: Mapping[str, Any],
    *,
    agency: Mapping[str, str],
    said: Mapping[str, str],
    documents: Sequence[Mapping[str, Any]],
    until: datetime,
    chain: tuple[int, str | None],
    version: tuple[str, str],
) -> dict[str, Any]:
    """The body of the entry (docs/spec/log.md). chain: number and previous; version: the procedure's name and id.

    documents: the notice's own; those of the tender follow, where they are shown as drafts.
    """
    shown = {name: content.get(name) for name in _SHOWN} | kept(prior, content)
    drafts = [one for one in content["documents"] if one["sha256"] not in {own["sha256"] for own in documents}]
    return {
        "binding": prior.binding,
        "documents": [*documents, *(drafts if prior.drafts else [])],
        "kept": sorted(prior.kept),
        "notice": {"agency": dict(agency), "ground": content.get("prior_ground"), "said": dict(said), **shown},
        "number": chain[0],
        "previous": chain[1],
        "procedure": version[0],
        "procedure_version": version[1],
        "until": clock.text(until),
    }


def _check_comments(prior: PriorNotice, notice: Standing) -> None:
    if notice.waiting:
        zh, en = "对公示的异议尚未答复", "an objection to the prior notice is unanswered"
        raise _broken(prior, zh, en, "comments", waiting=notice.waiting)
    if notice.upheld:
        zh, en = "对公示的异议成立，不得按此采购", "an objection to the prior notice was upheld"
        raise _broken(prior, zh, en, "comments", upheld=notice.upheld)


def _broken(prior: PriorNotice, zh: str, en: str, field: str, **facts: Any) -> Exception:
    return periods.broken_rule("prior_notice", zh, en, field, prior.cites, **facts)
