"""An agency's own lots: what must be done, by when and under which article; proposals; what became of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from notary import canonical, clock
from notary.errors import Unknown
from notary.rows import AnyRow, entries
from trading import calendar, contracts, money, periods
from trading.acts import awards as awarding
from trading.acts import contracts as contract_acts
from trading.acts import draws, papers, pinned, proposals, stages
from trading.acts import result_letters as letters
from trading.acts.proposals import Proposal
from trading.acts.stages import Tender
from trading.calendar import BEIJING
from trading.caller import Caller
from trading.lifecycle import DONE, FIRST
from trading.objections import ANSWERS
from trading.prior_rows import comment_answers, comments, prior_notices
from trading.remedy_rows import objection_answers, objections
from trading.rows import (
    awards,
    committee,
    declarations,
    evaluations,
    organisations,
    people,
    publicities,
    questions,
    result_letters,
    scores,
    send_backs,
    tenders,
)
from trading.rows import papers as issued
from trading.rows import proposals as proposal_rows

#: What one person asks for and another approves.
_ACTS = ("prior", "publication", "amendment", "invitation", "award", "failure")
#: Limits that run from the award on, and are shown with their last day.
_AFTER_AWARD = ("contract", "supervisor_report")
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Duty:
    """Something that a lot waits for. kind: what (templates say it in words); about: id or name it is about.

    due: the first moment that is too late, or when it becomes possible (`from_then`); cites: the article behind it.
    """

    kind: str
    tender: str
    title: str
    due: str | None = None
    cites: str | None = None
    about: str = ""
    number: int = 0
    from_then: bool = False
    own: bool = False


def lots(connection: Connection, caller: Caller) -> list[Tender]:
    """All lots of the caller's agency, the newest first."""
    rows = connection.execute(
        select(tenders).where(tenders.c.agency == caller.organisation).order_by(tenders.c.created_at.desc())
    )
    return [stages.of_row(connection, row) for row in rows]


def duties(connection: Connection, caller: Caller | None, rows: Iterable[Tender]) -> list[Duty]:
    """What these lots wait for from their agency, the most urgent first; what has no time last."""
    found = [duty for row in rows if row.stage not in DONE for duty in _of_lot(connection, caller, row)]
    return sorted(found, key=lambda duty: (duty.due is None, duty.due or "", duty.kind))


def shown(duty: Duty, now: datetime) -> dict[str, Any]:
    """A duty as pages show it. state: `late`, `today`, `later` or `any` (no time)."""
    if duty.due is None:
        return {**asdict(duty), "state": "any"}
    due = clock.parse(duty.due)
    if due <= now:
        return {**asdict(duty), "state": "ready" if duty.from_then else "late"}
    same_day = calendar.beijing_day(due) == calendar.beijing_day(now)
    return {**asdict(duty), "state": "today" if same_day else "later"}


def open_proposals(connection: Connection, row: Tender) -> list[Proposal]:
    """The lot's proposals that the second person may still approve: the latest of each act, in the right stage."""
    found = (proposals.latest(connection, row.tender, act) for act in _ACTS)
    return [one for one in found if one is not None and _is_open(connection, row, one)]


def proposal(connection: Connection, caller: Caller, tender: str, name: str) -> dict[str, Any]:
    """One proposal with who asked and what became of it. Raises Unknown."""
    row = stages.load_own(connection, caller, tender)
    found = connection.execute(
        select(proposal_rows, people.c.name)
        .join(people, people.c.person == proposal_rows.c.proposed_by)
        .where(proposal_rows.c.proposal == name, proposal_rows.c.tender == tender)
    ).one_or_none()
    if found is None:
        raise Unknown("proposal_unknown", "没有这个待核准事项。", "There is no such proposal.", field="proposal")
    back = connection.execute(select(send_backs).where(send_backs.c.proposal == name)).one_or_none()
    return {
        "proposal": name,
        "act": found.act,
        "content": canonical.loads(found.content.encode()),
        "sha256": found.content_sha256,
        "by": found.name,
        "own": found.proposed_by == caller.person,
        "at": clock.text(found.proposed_at),
        "approved_at": None if found.approved_at is None else clock.text(found.approved_at),
        "sent_back": None if back is None else {"reason": back.reason, "at": clock.text(back.sent_back_at)},
        "open": any(one.proposal == name for one in open_proposals(connection, row)),
    }


def earlier_proposal(connection: Connection, tender: str, act: str, before: str) -> Any | None:
    """The content of the proposal of an act before another one, None where that was the first."""
    at = select(proposal_rows.c.proposed_at).where(proposal_rows.c.proposal == before).scalar_subquery()
    text = connection.scalar(
        select(proposal_rows.c.content)
        .where(proposal_rows.c.tender == tender, proposal_rows.c.act == act, proposal_rows.c.proposed_at < at)
        .order_by(proposal_rows.c.proposed_at.desc())
        .limit(1)
    )
    return None if text is None else canonical.loads(text.encode())


def sent_back(connection: Connection, tender: str) -> dict[str, Any] | None:
    """The lot's latest proposal where the second person has sent it back: proposal, act, reason, time."""
    row = connection.execute(
        select(proposal_rows.c.proposal, proposal_rows.c.act, send_backs.c.reason, send_backs.c.sent_back_at)
        .join(send_backs, send_backs.c.proposal == proposal_rows.c.proposal, isouter=True)
        .where(proposal_rows.c.tender == tender)
        .order_by(proposal_rows.c.proposed_at.desc(), proposal_rows.c.proposal)
        .limit(1)
    ).one_or_none()
    if row is None or row.sent_back_at is None:
        return None
    return {"proposal": row.proposal, "act": row.act, "reason": row.reason, "at": clock.text(row.sent_back_at)}


def seats(connection: Connection, tender: str) -> list[dict[str, Any]]:
    """The committee: person, name, organisation's code, role, whether each leads it, declared, recused, signed."""
    leads = _chair(connection, tender)
    signed = set(connection.scalars(select(scores.c.person).where(scores.c.tender == tender)))
    declared = {
        one.person: one for one in connection.execute(select(declarations).where(declarations.c.tender == tender))
    }
    rows = connection.execute(
        select(committee.c.person, committee.c.role, people.c.name, people.c.organisation)
        .join(people, people.c.person == committee.c.person)
        .where(committee.c.tender == tender)
        .order_by(committee.c.role.desc(), people.c.name, committee.c.person)
    )
    return [
        {
            "person": row.person,
            "name": row.name,
            "organisation": row.organisation,
            "role": row.role,
            "chair": row.person == leads,
            "declared": row.person in declared,
            "recused": row.person in declared and declared[row.person].recused,
            "reason": declared[row.person].reason if row.person in declared else "",
            "signed": row.person in signed,
        }
        for row in rows
    ]


def _chair(connection: Connection, tender: str) -> str | None:
    body = connection.scalar(
        select(entries.c.body)
        .where(entries.c.tender == tender, entries.c.kind == "committee_set")
        .order_by(entries.c.serial.desc())
        .limit(1)
    )
    chair: str | None = None if body is None else canonical.loads(body.encode()).get("chair")
    return chair


def result(connection: Connection, tender: str) -> dict[str, Any]:
    """Evaluation, candidates and award of a lot, each None before its act."""
    evaluated = connection.execute(select(evaluations).where(evaluations.c.tender == tender)).one_or_none()
    public = connection.execute(select(publicities).where(publicities.c.tender == tender)).one_or_none()
    award = connection.execute(select(awards).where(awards.c.tender == tender)).one_or_none()
    return {
        "evaluation": None if evaluated is None else canonical.loads(evaluated.evaluation.encode()),
        "candidates": None if public is None else canonical.loads(public.candidates.encode()),
        "objections_until": None if public is None else clock.text(public.objections_until),
        "winner": None if award is None else award.winner,
        "price": None if award is None else money.text(award.price_fen),
        "awarded_at": None if award is None else clock.text(award.awarded_at),
    }


def _of_lot(connection: Connection, caller: Caller | None, row: Tender) -> Iterator[Duty]:
    for one in open_proposals(connection, row):
        own = caller is not None and one.proposed_by == caller.person
        yield Duty(f"approve_{one.act}", row.tender, row.title, about=one.proposal, own=own)
    yield from _comments(connection, row)
    if row.published_at is None:
        return
    yield from _questions(connection, row)
    yield from _objections(connection, row)
    yield from _BY_STAGE.get(row.stage, _nothing)(connection, row)
    unsigned = _unsigned(connection, row)
    if unsigned:
        yield Duty("sign", row.tender, row.title, number=unsigned)


def _nothing(_connection: Connection, _row: Tender) -> Iterator[Duty]:
    yield from ()


def _deadline(_connection: Connection, row: Tender) -> Iterator[Duty]:
    if stages.procedure_of(row).auction is not None:
        return  # an auction has its own clock, and ends by itself
    yield Duty("deadline", row.tender, row.title, clock.text(row.deadline), _cites(row, "opening_delay"))


def _opening(_connection: Connection, row: Tender) -> Iterator[Duty]:
    yield Duty("open", row.tender, row.title)


def _publicity(connection: Connection, row: Tender) -> Iterator[Duty]:
    until = connection.scalar(select(publicities.c.objections_until).where(publicities.c.tender == row.tender))
    yield Duty("award", row.tender, row.title, _text(until), _cites(row, "publicity"), from_then=True)


def _performance(connection: Connection, row: Tender) -> Iterator[Duty]:
    contract = contracts.tell(contract_acts.told(connection, row.tender))
    over = None if contract is None else datetime.combine(contract.ends_on + _DAY, time(), BEIJING)
    yield Duty("performance", row.tender, row.title, _text(over))


def _questions(connection: Connection, row: Tender) -> Iterator[Duty]:
    waiting = connection.execute(
        select(questions.c.question, questions.c.asked_at)
        .where(questions.c.tender == row.tender, questions.c.answered_at.is_(None))
        .order_by(questions.c.asked_at)
    )
    for one in waiting:
        due = _due(row, "question_answer", one.asked_at)
        yield Duty("question", row.tender, row.title, due, _cites(row, "question_answer"), about=one.question)


def _objections(connection: Connection, row: Tender) -> Iterator[Duty]:
    waiting = connection.execute(
        select(objections.c.objection, objections.c.against, objections.c.answer_by)
        .join(objection_answers, objection_answers.c.objection == objections.c.objection, isouter=True)
        .where(objections.c.tender == row.tender, objection_answers.c.objection.is_(None))
        .order_by(objections.c.filed_at)
    )
    for one in waiting:
        cites = _cites(row, ANSWERS[one.against])
        yield Duty("objection", row.tender, row.title, _text(one.answer_by), cites, about=one.objection)


def _comments(connection: Connection, row: Tender) -> Iterator[Duty]:
    waiting = connection.execute(
        select(comments.c.comment, comments.c.answer_by, prior_notices.c.procedure_version)
        .join(prior_notices, prior_notices.c.leaf == comments.c.notice)
        .join(comment_answers, comment_answers.c.comment == comments.c.comment, isouter=True)
        .where(comments.c.tender == row.tender, comment_answers.c.comment.is_(None))
        .order_by(comments.c.filed_at)
    )
    for one in waiting:
        limit = pinned.load(connection, one.procedure_version).limit("comment_answer")
        cites = None if limit is None else limit.cites
        yield Duty("comment", row.tender, row.title, _text(one.answer_by), cites, about=one.comment)


def _evaluation(connection: Connection, row: Tender) -> Iterator[Duty]:
    yield _next_of_evaluation(connection, row)


def _next_of_evaluation(connection: Connection, row: Tender) -> Duty:
    members = seats(connection, row.tender)
    wanted = stages.procedure_of(row).limit("committee_size") is not None
    drawing = _next_of_draw(connection, row)
    if drawing is not None:
        return drawing
    if any(one["recused"] for one in members):
        return Duty("replace", row.tender, row.title, cites="招标投标法 37")
    if wanted and not members:
        return Duty("committee", row.tender, row.title, cites=_cites(row, "committee_size"))
    missing = sum(not one["signed"] for one in members)
    if missing:
        return Duty("scores", row.tender, row.title, number=missing)
    return Duty("evaluate", row.tender, row.title)


def _next_of_draw(connection: Connection, row: Tender) -> Duty | None:
    """What is to be done before there are experts who can be named; None where they are there, or nobody draws."""
    asked, found = stages.procedure_of(row).committee, draws.of_tender(connection, row.tender)
    if not found or found[-1].state == "failed":
        return Duty("draw", row.tender, row.title, cites=asked.drawn_cites) if asked.drawn else None
    waiting = found[-1].waiting()
    if not waiting:
        return None
    if row.agency in waiting:
        return Duty("draw_turn", row.tender, row.title)
    return Duty("draw_wait", row.tender, row.title, number=len(waiting))


def _candidates(connection: Connection, row: Tender) -> Iterator[Duty]:
    at = connection.scalar(select(evaluations.c.evaluated_at).where(evaluations.c.tender == row.tender))
    if "publish_candidates" in stages.procedure_of(row).stages.get(row.stage, ()):
        limit = "candidates_publication"
        yield Duty("candidates", row.tender, row.title, at and _due(row, limit, at), _cites(row, limit))
        return
    limit = "winner_decision"
    yield Duty("decide", row.tender, row.title, at and _due(row, limit, at), _cites(row, limit))


def _sale(connection: Connection, row: Tender) -> Iterator[Duty]:
    ended, limit = awarding.sold_at(connection, row.tender), "sale_publicity"
    until = None if ended is None else _due(row, limit, ended)
    if until is None:
        yield Duty("decide", row.tender, row.title)
    else:
        yield Duty("award", row.tender, row.title, until, _cites(row, limit), from_then=True)


def _after_award(connection: Connection, row: Tender) -> Iterator[Duty]:
    at = connection.scalar(select(awards.c.awarded_at).where(awards.c.tender == row.tender))
    for name in _AFTER_AWARD:
        due = at and _due(row, name, at)
        if due:
            yield Duty(name, row.tender, row.title, due, _cites(row, name))


_BY_STAGE: Mapping[str, Callable[[Connection, Tender], Iterator[Duty]]] = {
    "open": _deadline,
    "sold": _sale,
    "closed": _opening,
    "opened": _evaluation,
    "evaluated": _candidates,
    "publicity": _publicity,
    "awarded": _after_award,
    "contracted": _performance,
}


def _unsigned(connection: Connection, row: Tender) -> int:
    names = set(connection.scalars(select(issued.c.name).where(issued.c.tender == row.tender)))
    told = set(connection.scalars(select(result_letters.c.bidder).where(result_letters.c.tender == row.tender)))
    papers_left = sum(paper.name not in names for paper in papers.expected(connection, row.tender))
    return papers_left + len(letters.addressees(connection, row).keys() - told)


def _is_open(connection: Connection, row: Tender, one: Proposal) -> bool:
    if one.approved_by is not None or row.stage in DONE:
        return False
    if connection.scalar(select(func.count()).select_from(send_backs).where(send_backs.c.proposal == one.proposal)):
        return False
    if one.act == "invitation":
        return row.stage == "open"
    if one.act == "prior":
        return row.stage == FIRST and one.content["content"] == row.content
    if one.act == "amendment":
        return row.stage == "open" and one.content["previous"] == row.notice_leaf
    return {"publication": "proposed", "award": "awarding"}.get(one.act, row.stage) == row.stage


def _due(row: Tender, name: str, anchor: datetime) -> str | None:
    due = periods.due(stages.procedure_of(row), calendar.china(), name, anchor)
    return None if due is None else clock.text(due)


def _cites(row: Tender, name: str) -> str | None:
    limit = stages.procedure_of(row).limit(name)
    return None if limit is None else limit.cites


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else clock.text(moment)


def organisation_names(connection: Connection, codes: Iterable[str]) -> dict[str, str]:
    """Code -> registered name."""
    rows: Iterable[AnyRow] = connection.execute(
        select(organisations.c.code, organisations.c.name).where(organisations.c.code.in_(list(codes)))
    )
    return {row.code: row.name for row in rows}
