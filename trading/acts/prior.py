"""Prior notices before a publication, comments on them, and their answers.

The callers hold the tender's exclusive lock. A notice is public at once; a comment leaves an entry with a salted
commitment, and who commented stays here. The answer is public.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, func, insert, select

from notary import canonical, chance, clock, forms
from notary.entries import Entry
from notary.errors import Conflict, Forbidden, TooLate, TooMuch, Unknown
from notary.rows import AnyRow
from notary.work import Unit
from trading import calendar, prior_draft, texts
from trading import draft as drafts
from trading import prior as rules
from trading.acts import documents, listing, pinned, proposals, stages
from trading.acts.proposals import Proposal
from trading.acts.stages import Tender
from trading.caller import Caller
from trading.objections import commitment
from trading.prior import Outcome, PriorFacts, Standing
from trading.prior_draft import PriorDraft
from trading.prior_rows import comment_answers, comments, prior_notices
from trading.procedures import PriorNotice, Procedure
from trading.rows import organisations, tenders

#: The act of a proposal.
ACT = "prior"
#: Of one organisation about one tender.
MAX_COMMENTS = 20


def propose(unit: Unit, caller: Caller, tender: str, written: PriorDraft) -> Proposal:
    """Ask another person of the agency to publish a prior notice; all is checked now too, so that faults show early.

    Raises Conflict (act_not_in_stage), RuleBroken (with the earliest end of its period), Malformed, Unknown.
    """
    row = stages.load_own(unit.connection, caller, tender)
    _body(unit, row, written)
    content = {"content": row.content, "previous": _previous(unit.connection, tender)[1], "tender": tender}
    return proposals.propose(unit, caller, tender, ACT, content | {"prior": forms.plain(written)})


def publish(unit: Unit, caller: Caller, proposal: Proposal) -> Entry:
    """Publish an approved prior notice, by the rules of this moment. Raises as propose does; Conflict (draft_changed)
    where the tender or its notices are no longer what was approved."""
    row = stages.load_own(unit.connection, caller, proposal.tender)
    asked = proposal.content
    if asked["content"] != row.content or asked["previous"] != _previous(unit.connection, row.tender)[1]:
        raise Conflict(
            "draft_changed",
            "提交之后拟稿已改变或已有新的公示，请重新提交。",
            "The draft has changed since, or there is a later notice: propose anew.",
            field="proposal",
        )
    written = forms.convert(asked["prior"], PriorDraft)
    body = _body(unit, row, written)
    stages.move(unit, row, "announce")
    entry = unit.record(rules.KIND, row.tender, row.lot, body, disclosed=True)
    procedure = stages.procedure_in_force(row, unit.now)
    unit.connection.execute(
        insert(prior_notices).values(
            leaf=entry.commitment().hex(),
            tender=row.tender,
            number=body["number"],
            procedure_version=pinned.pin(unit, procedure),
            content=canonical.dumps(body).decode(),
            published_at=unit.now,
            until=clock.parse(body["until"]),
        )
    )
    documents.make_public(unit, row.agency, body["documents"])
    listing.announce(unit.connection, row.tender)
    return entry


def file(unit: Unit, caller: Caller, tender: str, text: str) -> dict[str, Any]:
    """Comment on the prior notice that stands; gives its id, what the record says of it, and the salt that proves it.

    Raises Unknown, Forbidden (own_tender), TooLate (comment_late), TooMuch (comments_many), Conflict, Malformed.
    """
    row, notice = load(unit.connection, tender)
    if caller.organisation == row.agency:
        raise Forbidden("own_tender", "不能对本单位的公示提出意见。", "It is your own organisation's notice.")
    texts.check(text, "text")
    # A draft that is edited meanwhile takes comments all the same: the notice stands.
    if unit.now >= notice.until:
        raise TooLate(
            "comment_late",
            f"公示期已于 {clock.text(notice.until)}（UTC）届满，不再接收意见；仍可依法质疑、投诉。",
            f"The notice stood until {clock.text(notice.until)} (UTC); other remedies may still be open to you.",
            field="text",
            until=clock.text(notice.until),
        )
    _check_count(unit, caller, tender)
    content = rules.comment(tender, notice.leaf, caller.organisation, text)
    procedure, salt, comment = pinned.load(unit.connection, notice.procedure_version), chance.token(), chance.token(16)
    due = rules.answer_by(procedure, calendar.china(), unit.now)
    body = {
        "answer_by": None if due is None else clock.text(due),
        "comment": comment.hex(),
        "commitment": commitment(content, salt),
        "notice": notice.leaf,
    }
    entry = unit.record(rules.FILED, row.tender, row.lot, body, disclosed=True)
    unit.connection.execute(
        insert(comments).values(
            comment=comment.hex(),
            tender=tender,
            notice=notice.leaf,
            organisation=caller.organisation,
            person=caller.person,
            content=canonical.dumps(content).decode(),
            salt=salt.hex(),
            filed_at=unit.now,
            answer_by=due,
            leaf=entry.commitment().hex(),
        )
    )
    return body | {"content": content, "leaf": entry.commitment().hex(), "salt": salt.hex()}


def answer(unit: Unit, caller: Caller, tender: str, comment: str, *, outcome: Outcome, text: str) -> Entry:
    """Answer a comment, once; the answer is public. A late one is taken, and its time shows it.

    Raises Unknown (comment_unknown), Conflict (answered_already), Malformed.
    """
    row = stages.load_own(unit.connection, caller, tender)
    texts.check(text, "answer")
    _check_waits(unit.connection, tender, comment)
    content = {"answer": text, "comment": comment, "outcome": outcome, "type": rules.ANSWER_TYPE}
    salt = chance.token()
    body = {"answer": text, "comment": comment, "commitment": commitment(content, salt), "outcome": outcome}
    entry = unit.record(rules.ANSWERED, row.tender, row.lot, body, disclosed=True)
    unit.connection.execute(
        insert(comment_answers).values(
            comment=comment,
            outcome=outcome,
            content=canonical.dumps(content).decode(),
            salt=salt.hex(),
            person=caller.person,
            answered_at=unit.now,
            leaf=entry.commitment().hex(),
        )
    )
    return entry


def load(connection: Connection, tender: str) -> tuple[Tender, AnyRow]:
    """A tender with a prior notice, and the latest of these. Raises Unknown: without one it looks absent."""
    notice = latest(connection, tender)
    if notice is None:
        raise Unknown("tender_unknown", "没有这个项目。", "There is no such tender.", field="tender")
    return stages.load(connection, tender), notice


def load_public(connection: Connection, tender: str) -> Tender:
    """The tender, once it is published or has a prior notice. Raises Unknown."""
    row = stages.load(connection, tender)
    return row if row.published_at is not None else load(connection, tender)[0]


def latest(connection: Connection, tender: str) -> AnyRow | None:
    """The row of the latest prior notice of a tender."""
    query = select(prior_notices).where(prior_notices.c.tender == tender).order_by(prior_notices.c.number.desc())
    return connection.execute(query.limit(1)).one_or_none()


def facts(connection: Connection, tender: str, procedure: Procedure, content: Mapping[str, Any]) -> PriorFacts | None:
    """What the rules of publication ask of it; None where the procedure has no prior notice."""
    if procedure.prior is None:
        return None
    row = latest(connection, tender)
    return rules.facts(procedure.prior, content, None if row is None else _standing(connection, row))


def announced() -> ColumnElement[bool]:
    """Of a row of `tenders`: it has a prior notice, so that everybody may know of it."""
    return exists().where(prior_notices.c.tender == tenders.c.tender)


def _standing(connection: Connection, row: AnyRow) -> Standing:
    """What a comment was about is not put right by announcing it once more: all notices that keep the same count."""
    body = canonical.loads(row.content.encode())
    found = connection.execute(
        select(comment_answers.c.outcome, prior_notices.c.content)
        .select_from(comments)
        .join(prior_notices, prior_notices.c.leaf == comments.c.notice)
        .join(comment_answers, comment_answers.c.comment == comments.c.comment, isouter=True)
        .where(prior_notices.c.tender == row.tender)
    ).all()
    kept = _kept(body)
    outcomes = [one.outcome for one in found if _kept(canonical.loads(one.content.encode())) == kept]
    return Standing(
        published_at=row.published_at,
        until=row.until,
        ground=body["notice"]["ground"],
        kept=kept,
        waiting=outcomes.count(None),
        upheld=len([one for one in outcomes if one in {"upheld", "partly_upheld"}]),
    )


def _kept(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: body["notice"][name] for name in body["kept"]}


def _body(unit: Unit, row: Tender, written: PriorDraft) -> dict[str, Any]:
    """The entry's body, if a notice may be published now."""
    stages.check(unit, row, "announce")
    procedure = stages.procedure_in_force(row, unit.now)
    read = drafts.read(row.content)
    drafts.check_members(read, procedure)
    prior_draft.check(procedure, written, read.prior_ground)
    prior, until = _needed(procedure), _until(unit, procedure, written)
    named = forms.plain(written)["documents"]
    documents.check_stored(unit, row.agency, named)
    name = unit.connection.scalar(select(organisations.c.name).where(organisations.c.code == row.agency))
    return rules.body(
        prior,
        row.content,
        agency={"code": row.agency, "name": str(name)},
        said=written.said,
        documents=named,
        until=until,
        chain=_previous(unit.connection, row.tender),
        version=(procedure.name, procedure.version),
    )


def _until(unit: Unit, procedure: Procedure, written: PriorDraft) -> datetime:
    asked = None if written.until is None else clock.parse(written.until, "until")
    until = rules.check_until(procedure, calendar.china(), unit.now, asked)
    if until is None:
        raise AssertionError("the catalogue has a period for every prior notice")
    return until


def _needed(procedure: Procedure) -> PriorNotice:
    if procedure.prior is None:
        raise AssertionError("a procedure without prior notices does not come here")
    return procedure.prior


def _previous(connection: Connection, tender: str) -> tuple[int, str | None]:
    """Number and previous of the next notice."""
    row = latest(connection, tender)
    return (0, None) if row is None else (row.number + 1, row.leaf)


def _check_count(unit: Unit, caller: Caller, tender: str) -> None:
    made = unit.connection.scalar(
        select(func.count()).where(comments.c.tender == tender, comments.c.organisation == caller.organisation)
    )
    if int(made or 0) >= MAX_COMMENTS:
        raise TooMuch(
            "comments_many",
            f"本单位对该公示的意见已达 {MAX_COMMENTS} 件，均已记录。",
            f"You have made {MAX_COMMENTS} comments on it, and all are on record.",
            field="text",
        )


def _check_waits(connection: Connection, tender: str, comment: str) -> None:
    row = connection.execute(
        select(comments.c.comment, comment_answers.c.answered_at)
        .join(comment_answers, comment_answers.c.comment == comments.c.comment, isouter=True)
        .where(comments.c.comment == comment, comments.c.tender == tender)
    ).one_or_none()
    if row is None:
        raise Unknown("comment_unknown", "没有这条意见。", "There is no such comment.", field="comment")
    if row.answered_at is not None:
        raise Conflict("answered_already", "该意见已经答复。", "That comment was answered.", field="comment")
