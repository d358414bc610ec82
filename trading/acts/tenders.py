"""Acts on a tender: draft, publish, amend, hold, end. Each takes the unit first and records what it does.

The caller of publish, amend, hold, lift, fail, close and opened holds the tender's exclusive lock.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from notary import canonical, clock, forms
from notary.disclosure import body_of
from notary.entries import Entry
from notary.errors import Conflict, Malformed, TooLate
from notary.work import Unit
from trading import calendar, notices, rules
from trading import draft as drafts
from trading.acts import documents, invitations, listing, pinned, prior, proposals, relisting, stages
from trading.acts.proposals import Proposal
from trading.acts.stages import Tender
from trading.amendment import Amended, Amendment, apply
from trading.caller import Caller
from trading.lifecycle import FIRST
from trading.procedures import Procedure, in_force
from trading.rows import organisations, tenders
from trading.rules import AuctionFacts, PolicyFacts, PublicationFacts

LOT = "1"
_FIXED = ("procedure", "policy", "evaluation_key")


def draft(unit: Unit, caller: Caller, content: dict[str, Any]) -> str:
    """Write a tender's draft (docs/http.md), or write it anew while it is not published; gives its code.

    Raises Malformed naming the field, Unknown (procedure_unknown, document_unknown), Conflict (tender_there,
    fixed_in_key_set, act_not_in_stage).
    """
    read = drafts.read(content)
    drafts.decided_by(read, in_force(read.procedure, unit.now))
    whole = forms.plain(read)
    documents.check_stored(unit, caller.organisation, whole["documents"])
    if read.invited is not None:
        invitations.check_registered(unit, caller.organisation, read.invited.bidders, "invited.bidders")
    relisting.check(unit, caller.organisation, read)
    row = unit.connection.execute(select(tenders).where(tenders.c.tender == read.tender)).one_or_none()
    _keep_sealed(None if row is None else stages.of_row(unit.connection, row), whole)
    if row is None:
        _insert(unit, caller, whole)
    else:
        _write_anew(unit, caller, stages.of_row(unit.connection, row), whole)
    return read.tender


def name_reserve(unit: Unit, row: Tender, envelope: str) -> None:
    """Write into the draft which envelope holds the reserve price. Raises Conflict (act_not_in_stage)."""
    auction = {**row.content["auction"], "sealed_reserve": envelope}
    stages.move(unit, row, "edit", content={**row.content, "auction": auction})


def propose_publication(unit: Unit, caller: Caller, tender: str, *, policy: PolicyFacts) -> Proposal:
    """Ask another person of the agency to publish. All rules are checked now too, so that faults show early."""
    row = stages.load_own(unit.connection, caller, tender)
    relisting.check(unit, row.agency, drafts.read(row.content))
    _check_rules(unit, row.content, stages.procedure_in_force(row, unit.now), unit.now, policy.operator)
    stages.move(unit, row, "submit")
    return proposals.propose(unit, caller, tender, "publication", {"tender": tender, "content": row.content})


def publish(unit: Unit, caller: Caller, tender: str, *, key_sets: Mapping[str, str], policy: PolicyFacts) -> Entry:
    """Publish what was proposed: the rules are those of this moment, and the procedure's version is pinned.

    key_sets: envelope kind -> key set id. Raises RuleBroken (with the earliest legal date), Conflict.
    """
    row = stages.load_own(unit.connection, caller, tender)
    procedure = stages.procedure_in_force(row, unit.now)
    _check_proposed(unit, row)
    deadline = _check_rules(unit, row.content, procedure, unit.now, policy.operator)
    # An auction has its own clock (bidding.acts.auctions): the end of registration closes nothing here.
    due_at = deadline if procedure.auction is None else None
    agency = _agency(unit, row)
    body = notices.body(row.content, procedure, agency=agency, key_sets=key_sets, number=0, previous=None)
    announced = prior.latest(unit.connection, tender)
    if announced is not None:
        body |= {"prior": announced.leaf}
    entry = unit.record("tender_published", row.tender, row.lot, body, disclosed=True)
    stages.move(
        unit,
        row,
        "approve_publication",
        procedure_version=pinned.pin(unit, procedure),
        notice_leaf=entry.commitment().hex(),
        deadline=deadline,
        due_at=due_at,
        published_at=unit.now,
    )
    invitations.publish(unit, row, procedure)
    documents.make_public(unit, row.agency, row.content["documents"])
    listing.publish(unit.connection, tender)
    return entry


def send_back(unit: Unit, caller: Caller, tender: str, proposal: str, reason: str) -> None:
    """The second person sends a proposal back; a tender that was to be published is a draft again. Raises as take."""
    found = proposals.send_back(unit, caller, tender, proposal, reason)
    if found.act == "publication":
        stages.move(unit, stages.load_own(unit.connection, caller, tender), "send_back")


def propose_amendment(
    unit: Unit,
    caller: Caller,
    tender: str,
    *,
    changes: Mapping[str, Any],
    reason: str,
    affects_bids: bool,
    deadline: datetime | None,
) -> Proposal:
    """Ask another person to amend. deadline None: the rule moves it, counted from the moment of the approval."""
    row = stages.load_own(unit.connection, caller, tender)
    _amended(unit, row, Amendment(changes, reason, affects_bids, deadline))
    content = {
        "affects_bids": affects_bids,
        "changes": dict(changes),
        "deadline": None if deadline is None else clock.text(deadline),
        "previous": row.notice_leaf,
        "reason": reason,
        "tender": tender,
    }
    return proposals.propose(unit, caller, tender, "amendment", content)


def amend(unit: Unit, caller: Caller, proposal: Proposal) -> Entry:
    """Publish an approved amendment: the whole tender as it now stands, and the reason.

    Raises Conflict (notice_changed: another amendment came first), Malformed, RuleBroken.
    """
    row = stages.load_own(unit.connection, caller, proposal.tender)
    asked = proposal.content
    if asked["previous"] != row.notice_leaf:
        raise Conflict(
            "notice_changed",
            "提交之后公告已有新的修改，请重新提交。",
            "The notice has been amended since: propose anew.",
            field="proposal",
        )
    until = None if asked["deadline"] is None else clock.parse(asked["deadline"], "deadline")
    amendment = Amendment(asked["changes"], asked["reason"], asked["affects_bids"], until)
    amended = _amended(unit, row, amendment)
    entry = _record_amendment(unit, row, amendment, amended)
    stages.move(
        unit,
        row,
        "amend",
        content=amended.content,
        number=row.number + 1,
        notice_leaf=entry.commitment().hex(),
        deadline=amended.deadline,
        due_at=amended.deadline if stages.procedure_of(row).auction is None else None,
    )
    documents.make_public(unit, row.agency, amended.content["documents"])
    return entry


def hold(unit: Unit, caller: Caller, tender: str, reason: str) -> Entry:
    """Suspend (暂停): the tender goes to no other stage until the hold is lifted. Raises Conflict (held_already)."""
    row = stages.load_published(unit.connection, tender)
    if row.held:
        raise Conflict("held_already", "项目已经暂停。", "The tender is on hold already.", field="tender")
    stages.move(unit, row, "hold", held=True)
    return _record_hold(unit, caller, row, "lot_held", reason)


def lift(unit: Unit, caller: Caller, tender: str, reason: str) -> Entry:
    """Lift a hold; what was due meanwhile is done at once. Raises Conflict (not_held)."""
    row = stages.load_published(unit.connection, tender)
    stages.move(unit, row, "lift", held=False)
    return _record_hold(unit, caller, row, "hold_lifted", reason)


def fail(unit: Unit, row: Tender, reason: str, detail: str) -> Entry:
    """End the lot without an award. reason: a slug; detail: for people. What is sealed, bidding.acts destroys first."""
    stages.move(unit, row, "fail" if "fail" in _ends(unit, row) else "cancel", due_at=None)
    return unit.record("lot_failed", row.tender, row.lot, {"reason": reason, "detail": detail}, disclosed=True)


def check_fails(unit: Unit, row: Tender) -> None:
    """Raise Conflict (act_not_in_stage) unless a published lot can be ended without an award as it stands."""
    if row.published_at is None or not _ends(unit, row):
        raise Conflict(
            "act_not_in_stage",
            f"当前阶段（{row.stage}）不能终止项目。",
            f"In stage {row.stage} there is nothing to end.",
            field="tender",
            stage=row.stage,
        )


def knock_down(unit: Unit, row: Tender) -> Tender:
    """Open to sold (成交): the auction's last event is the entry."""
    return stages.move(unit, row, "knock_down")


def end_unsold(unit: Unit, row: Tender, reason: str, detail: str) -> Entry:
    """The auction has ended without a sale, and the lot with it. reason: the auction's result; detail: for people."""
    stages.move(unit, row, "end_unsold")
    return unit.record("lot_failed", row.tender, row.lot, {"reason": reason, "detail": detail}, disclosed=True)


def close(unit: Unit, row: Tender) -> Tender:
    """Open to closed; the entry is the caller's, who knows the closing list."""
    return stages.move(unit, row, "close", due_at=None)


def opened(unit: Unit, row: Tender) -> Tender:
    """Closed to opened; the entry is the caller's, who knows the bids."""
    return stages.move(unit, row, "open", due_at=None)


def _ends(unit: Unit, row: Tender) -> frozenset[str]:
    return frozenset(stages.procedure_in_force(row, unit.now).stages.get(row.stage, ())) & {"fail", "cancel"}


def _insert(unit: Unit, caller: Caller, content: dict[str, Any]) -> None:
    unit.connection.execute(
        insert(tenders).values(
            tender=content["tender"],
            lot=LOT,
            procedure=content["procedure"],
            agency=caller.organisation,
            title=content["title"],
            stage=FIRST,
            held=False,
            content=canonical.dumps(content).decode(),
            number=0,
            deadline=clock.parse(content["deadline"]),
            created_at=unit.now,
        )
    )


def _write_anew(unit: Unit, caller: Caller, row: Tender, content: dict[str, Any]) -> None:
    """Replace a draft. Key sets are bound to procedure, policy and evaluation key, so these stay once they are said."""
    if row.agency != caller.organisation:
        raise Conflict("tender_there", "该项目编号已被使用。", "That code is taken.", field="tender")
    if row.stage != FIRST:
        row = stages.move(unit, row, "send_back")
    for name in _FIXED:
        if row.content.get(name) not in (None, content[name]):
            raise Conflict(
                "fixed_in_key_set",
                "程序、开启规则和评标密钥已写入密钥组，不能改变；请用新的项目编号。",
                "Procedure, policy and evaluation key are bound to the key sets: take a new code.",
                field=name,
            )
    deadline = clock.parse(content["deadline"])
    stages.move(unit, row, "edit", content=content, title=content["title"], deadline=deadline)


def _keep_sealed(row: Tender | None, content: dict[str, Any]) -> None:
    """What was sealed for the draft stays; only the platform says which envelope that is. Raises Malformed."""
    if content["auction"] is None:
        return
    kept = ((row.content if row else {}).get("auction") or {}).get("sealed_reserve")
    if content["auction"]["sealed_reserve"] not in (None, kept):
        raise Malformed(
            "reserve_foreign",
            "密封的保留价由平台写入草稿，请先提交封套（auction.sealed_reserve）。",
            "The platform writes which envelope holds the reserve price: send the envelope (auction.sealed_reserve).",
            field="auction.sealed_reserve",
        )
    content["auction"] |= {"sealed_reserve": kept if content["auction"]["reserve"] else None}


def _check_proposed(unit: Unit, row: Tender) -> None:
    """What is published is what the second person saw."""
    latest = proposals.latest(unit.connection, row.tender, "publication")
    if latest is None or latest.approved_by is None or latest.content["content"] != row.content:
        raise Conflict(
            "not_approved",
            "招标公告尚未经第二人核准，或核准后内容已变。",
            "A second person has not approved exactly this tender.",
            field="tender",
        )


def _check_rules(
    unit: Unit, content: Mapping[str, Any], procedure: Procedure, published_at: datetime, operator: frozenset[str]
) -> datetime:
    """Check every rule of the publication; gives the deadline."""
    read = drafts.read(content)
    drafts.check_members(read, procedure)
    facts: PublicationFacts | AuctionFacts
    announced = prior.facts(unit.connection, read.tender, procedure, content)
    if procedure.auction is None:
        facts = drafts.publication_facts(read, procedure, published_at, operator, announced)
    else:
        facts = drafts.auction_facts(read, procedure, published_at, operator, announced)
    rules.check_publication(procedure, calendar.china(), facts)
    deadline = clock.parse(read.deadline, "deadline")
    if deadline <= unit.now:
        raise TooLate("deadline_passed", "投标截止时间已过。", "The deadline is past.", field="deadline")
    return deadline


def _amended(unit: Unit, row: Tender, amendment: Amendment) -> Amended:
    """The tender after the amendment, every rule of publication checked again on it. The trustees stay as they were."""
    stages.check(unit, row, "amend")
    procedure = stages.procedure_of(row)
    # Of an auction bidding.acts.extending looks at the time.
    if procedure.auction is None and unit.now >= row.deadline:
        # A lot may be past its deadline and not closed, on hold: nobody gets a second chance by a later deadline.
        raise TooLate(
            "deadline_passed",
            "投标截止时间已过，不得再修改招标文件。",
            "The deadline has passed: nothing can be amended.",
            field="tender",
        )
    amended = apply(row.content, amendment, procedure, calendar.china(), unit.now)
    documents.check_stored(unit, row.agency, amended.content["documents"])
    published_at = row.published_at or unit.now
    _check_rules(unit, amended.content, procedure, published_at, operator=frozenset())
    return amended


def _record_amendment(unit: Unit, row: Tender, amendment: Amendment, amended: Amended) -> Entry:
    previous = canonical.loads(body_of(unit.connection, str(row.notice_leaf)).encode())
    body = notices.body(
        amended.content,
        stages.procedure_of(row),
        agency=_agency(unit, row),
        key_sets=previous["key_sets"],
        number=row.number + 1,
        previous=row.notice_leaf,
    )
    why = {
        "affects_bids": amendment.affects_bids,
        "changed": sorted(name for name in amended.content if amended.content[name] != row.content.get(name)),
        "deadline_rule": amended.rule,
        "reason": amendment.reason,
    }
    return unit.record("tender_amended", row.tender, row.lot, body | why, disclosed=True)


def _record_hold(unit: Unit, caller: Caller, row: Tender, kind: str, reason: str) -> Entry:
    return unit.record(kind, row.tender, row.lot, {"by": caller.organisation, "reason": reason}, disclosed=True)


def _agency(unit: Unit, row: Tender) -> dict[str, str]:
    name = unit.connection.scalar(select(organisations.c.name).where(organisations.c.code == row.agency))
    return {"code": row.agency, "name": str(name)}
