"""Tenders against their notices (I9), and every notice and award against the two persons who made it (I12)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from notary import canonical, clock, record
from notary.entries import Entry
from notary.errors import Refusal
from notary.findings import Finding, absent, differing, differs, stray, unsound
from notary.fsck.entries import is_sound, stream
from notary.rows import AnyRow, entries
from trading import draft, notices, prior
from trading.acts import stages
from trading.fsck.story import AUCTION, KINDS, PRIOR, Story, result_of, tell
from trading.rows import people, proposals, tenders

_BEFORE = ("draft", "proposed", "cancelled")


def check_tenders(connection: Connection) -> Iterator[Finding]:
    """Every tender is as its entries tell, and every entry has its tender."""
    for row in stream(connection, select(tenders).order_by(tenders.c.tender)):
        story = _entries(connection, row.tender)
        yield from _check_tender(connection, row, story)
        yield from _check_two_persons(connection, row, story)
    without = (
        select(entries.c.tender)
        .join(tenders, tenders.c.tender == entries.c.tender, isouter=True)
        .where(entries.c.tender != "", tenders.c.tender.is_(None))
        .distinct()
    )
    for (tender,) in stream(connection, without):
        yield absent("I9", f"tenders tender={tender}")


def check_proposals(connection: Connection) -> Iterator[Finding]:
    """Every proposal has the hash of its content, and was made and approved by two people of the agency."""
    proposer, approver = people.alias("proposer"), people.alias("approver")
    query = (
        select(
            proposals,
            tenders.c.agency,
            proposer.c.organisation.label("proposer"),
            approver.c.organisation.label("approver"),
        )
        .join(tenders, tenders.c.tender == proposals.c.tender, isouter=True)
        .join(proposer, proposer.c.person == proposals.c.proposed_by, isouter=True)
        .join(approver, approver.c.person == proposals.c.approved_by, isouter=True)
    )
    for row in stream(connection, query):
        where = f"proposals proposal={row.proposal}"
        if hashlib.sha256(row.content.encode()).hexdigest() != row.content_sha256:
            yield unsound("I12", f"{where} content", "hash_wrong")
        if {row.proposer, row.approver} - {None} != {row.agency}:
            yield unsound("I12", where, "not_of_the_agency")
        if (row.approved_by is None) != (row.approved_at is None):
            yield unsound("I12", where, "half_approved")
        if row.approved_at is not None and row.approved_at < row.proposed_at:
            yield unsound("I12", f"{where} proposed_at", "after_approval")


def _entries(connection: Connection, tender: str) -> list[Entry]:
    query = select(entries).where(entries.c.tender == tender, entries.c.kind.in_(KINDS)).order_by(entries.c.serial)
    return [record.of_row(row) for row in connection.execute(query) if is_sound(row)]


def _check_tender(connection: Connection, row: AnyRow, found: list[Entry]) -> Iterator[Finding]:
    where, story = f"tenders tender={row.tender}", tell(found)
    if story.broken is not None:
        yield unsound("I9", where, f"{story.broken}_in_{story.stage}")
    elif not _same_stage(row.stage, story):
        yield differs("I9", f"{where} stage")
    if (story.notice is None) != (row.notice_leaf is None):
        yield differs("I9", f"{where} notice_leaf")
    closes = row.stage == "open" and "auction" not in story.body
    if row.due_at != (row.deadline if closes else None) and row.stage != "closed":
        yield unsound("I9", f"{where} due_at", "not_in_this_stage")
    if story.notice is None:
        yield from differing("I9", where, {"number": 0, "procedure_version": None, "published_at": None}, row._asdict())
    else:
        yield from _check_notice(connection, row, story, where)


def _same_stage(stage: str, story: Story) -> bool:
    if story.notice is None:
        return stage in _BEFORE
    before_award = {"evaluated", "publicity", "awarded", "sold"}
    return stage == story.stage or (stage == "awarding" and story.stage in before_award)


def _check_notice(connection: Connection, row: AnyRow, story: Story, where: str) -> Iterator[Finding]:
    """The row is the draft of which the latest notice was made."""
    body, notice = story.body, story.notice
    expected = {
        "lot": notice and notice.lot,
        "procedure": body["procedure"],
        "procedure_version": body["procedure_version"],
        "agency": body["notice"]["agency"]["code"],
        "title": body["notice"]["title"],
        "held": story.held,
        "number": body["number"],
        "notice_leaf": notice and notice.commitment().hex(),
        "deadline": clock.parse(body["deadline"]),
        "published_at": story.published_at,
    }
    yield from differing("I9", where, expected, row._asdict())
    if row.created_at > row.published_at:
        yield unsound("I9", f"{where} created_at", "after_publication")
    try:
        tender = stages.of_row(connection, row)
        draft.read(tender.content)
        made = notices.body(
            tender.content,
            stages.procedure_of(tender),
            agency=body["notice"]["agency"],
            key_sets=body["key_sets"],
            number=body["number"],
            previous=body["previous"],
        )
    except (Refusal, KeyError) as fault:
        yield unsound("I9", f"{where} content", str(fault))
        return
    if made != {name: body[name] for name in made} or tender.content["tender"] != row.tender:
        yield differs("I9", f"{where} content")


def _check_two_persons(connection: Connection, row: AnyRow, found: list[Entry]) -> Iterator[Finding]:
    """To each notice, award and failure one approved proposal of that moment and content, and the other way round."""
    approved = {
        (one.act, one.approved_at): one
        for one in connection.execute(
            select(proposals).where(proposals.c.tender == row.tender, proposals.c.approved_at.is_not(None))
        )
    }
    # Too few bids, or an auction without a sale: that itself ends the lot, and nobody proposes it.
    ended_at: set[tuple[str | None, datetime]] = {
        ("too_few_bids", entry.time) for entry in found if entry.kind == "lot_closed"
    }
    ended_at |= {(result_of(entry), entry.time) for entry in found if entry.kind == AUCTION}
    for entry in found:
        by_itself = (entry.body.get("reason"), entry.time) in ended_at
        # Those invited first were approved with the publication (trading.fsck.invitations).
        with_notice = entry.kind == "bidders_invited" and entry.body["number"] == 0
        if entry.kind not in _APPROVED or with_notice or (entry.kind == "lot_failed" and by_itself):
            continue
        act, same = _APPROVED[entry.kind]
        proposal = approved.pop((act, entry.time), None)
        if proposal is None:
            yield absent("I12", f"proposals tender={row.tender} {entry.kind} {clock.text(entry.time)}")
        elif not same(_content(proposal), entry.body):
            yield differs("I12", f"proposals proposal={proposal.proposal} content")
    for proposal in approved.values():
        yield stray("I12", f"proposals proposal={proposal.proposal}")


def _content(proposal: AnyRow) -> dict[str, Any]:
    found: dict[str, Any] = canonical.loads(proposal.content.encode())
    return found


def _same_publication(proposed: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    content = proposed["content"]
    facts = {name: value for name, value in body["notice"].items() if name != "agency"}
    same = {"deadline": body["deadline"], "documents": body["documents"], **facts}
    return all(content.get(name) == value for name, value in same.items())


def _same_amendment(proposed: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    same = all(proposed[name] == body[name] for name in ("previous", "reason", "affects_bids"))
    return same and proposed["deadline"] in {None, body["deadline"]}


def _same_award(proposed: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    return bool(proposed["winner"] == body["winner"])


def _same_failure(proposed: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    return all(proposed[name] == body[name] for name in ("reason", "detail"))


def _same_invitation(proposed: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    same = all(proposed[name] == body[name] for name in ("pool", "reason", "way"))
    return same and sorted(proposed["bidders"]) == body["bidders"]


def _same_prior(proposed: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    written, told = proposed["prior"], body["notice"]
    same = {"said": written["said"]} | {name: proposed["content"].get(name) for name in ("title", "scope", "budget")}
    kept = prior.kept_of(body["kept"], proposed["content"])
    named = written["until"] in {None, body["until"]} and body["documents"][: len(written["documents"])]
    return (
        proposed["previous"] == body["previous"]
        and named == written["documents"]
        and same | kept == {name: told[name] for name in same | kept}
    )


#: Entry kind -> act of the proposal that a second person approved in the same moment, and whether they say the same.
_APPROVED: Mapping[str, tuple[str, Callable[[Mapping[str, Any], Mapping[str, Any]], bool]]] = {
    "tender_published": ("publication", _same_publication),
    "tender_amended": ("amendment", _same_amendment),
    "lot_awarded": ("award", _same_award),
    "lot_failed": ("failure", _same_failure),
    "bidders_invited": ("invitation", _same_invitation),
    PRIOR: ("prior", _same_prior),
}
