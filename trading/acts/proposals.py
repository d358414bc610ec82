"""Two persons: what one asks for, another of the same agency approves, having seen exactly that (双人复核)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from notary import canonical, chance
from notary.errors import Conflict, Forbidden, Unknown
from notary.rows import AnyRow
from notary.work import Unit
from trading.acts import stages
from trading.caller import Caller
from trading.rows import proposals, send_backs


@dataclass(frozen=True)
class Proposal:
    """act: `publication`, `amendment`, `award`, `failure`, `invitation`, `prior`.

    content_sha256: hex, of canonical JSON.
    """

    proposal: str
    tender: str
    act: str
    content: Mapping[str, Any]
    content_sha256: str
    proposed_by: str
    proposed_at: datetime
    approved_by: str | None
    approved_at: datetime | None


def propose(unit: Unit, caller: Caller, tender: str, act: str, content: Mapping[str, Any]) -> Proposal:
    """Ask for an act. Only the latest proposal of an act can be approved; earlier ones lapse. Raises Unknown."""
    stages.load_own(unit.connection, caller, tender)
    text = canonical.dumps(content)
    proposal = Proposal(
        proposal=chance.token(16).hex(),
        tender=tender,
        act=act,
        content=content,
        content_sha256=hashlib.sha256(text).hexdigest(),
        proposed_by=caller.person,
        proposed_at=unit.now,
        approved_by=None,
        approved_at=None,
    )
    unit.connection.execute(insert(proposals).values(vars(proposal) | {"content": text.decode()}))
    return proposal


def take(unit: Unit, caller: Caller, tender: str, proposal: str, content_sha256: str) -> Proposal:
    """Approve a proposal as another person of the agency; the act itself follows in the same unit.

    Raises Unknown, Conflict (proposal_decided, proposal_superseded, content_changed), Forbidden (same_person).
    """
    found = _load(unit, caller, tender, proposal)
    _check_second_person(caller, found)
    if found.content_sha256 != content_sha256:
        raise Conflict(
            "content_changed",
            "您核对的内容与提交的不一致，请重新核对。",
            "The content you have seen is not the one proposed: look at it again.",
            field="content",
        )
    _check_open(unit, found)
    unit.connection.execute(
        update(proposals)
        .where(proposals.c.proposal == proposal, proposals.c.approved_by.is_(None))
        .values(approved_by=caller.person, approved_at=unit.now)
    )
    return replace(found, approved_by=caller.person, approved_at=unit.now)


def send_back(unit: Unit, caller: Caller, tender: str, proposal: str, reason: str) -> Proposal:
    """Do not approve, as another person of the agency, and say why (退回); whoever asked may ask anew.

    Raises Unknown, Conflict (proposal_decided, proposal_superseded), Forbidden (same_person).
    """
    found = _load(unit, caller, tender, proposal)
    _check_second_person(caller, found)
    _check_open(unit, found)
    unit.connection.execute(
        insert(send_backs).values(proposal=proposal, person=caller.person, reason=reason, sent_back_at=unit.now)
    )
    return found


def latest(connection: Connection, tender: str, act: str) -> Proposal | None:
    """The latest proposal of an act, None where there is none."""
    row = connection.execute(
        select(proposals)
        .where(proposals.c.tender == tender, proposals.c.act == act)
        .order_by(proposals.c.proposed_at.desc(), proposals.c.proposal.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else _of_row(row)


def _of_row(row: AnyRow) -> Proposal:
    """The struct of a row of `proposals`."""
    return Proposal(**row._asdict() | {"content": canonical.loads(row.content.encode())})


def _load(unit: Unit, caller: Caller, tender: str, proposal: str) -> Proposal:
    stages.load_own(unit.connection, caller, tender)
    row = unit.connection.execute(
        select(proposals).where(proposals.c.proposal == proposal, proposals.c.tender == tender)
    ).one_or_none()
    if row is None:
        raise Unknown("proposal_unknown", "没有这个待核准事项。", "There is no such proposal.", field="proposal")
    return _of_row(row)


def _check_second_person(caller: Caller, proposal: Proposal) -> None:
    if proposal.proposed_by == caller.person:
        raise Forbidden(
            "same_person",
            "提交人不能核准自己提交的事项，请本单位另一人核准。",
            "Whoever proposes cannot approve: another person of the agency must.",
            field="proposal",
        )


def _check_open(unit: Unit, proposal: Proposal) -> None:
    if proposal.approved_by is not None:
        raise Conflict("proposal_decided", "该事项已经核准。", "That was approved already.", field="proposal")
    if unit.connection.execute(select(send_backs.c.proposal).where(send_backs.c.proposal == proposal.proposal)).first():
        raise Conflict(
            "proposal_sent_back",
            "该事项已退回，请修改后重新提交。",
            "That was sent back: change it and propose anew.",
            field="proposal",
        )
    newest = latest(unit.connection, proposal.tender, proposal.act)
    if newest is None or newest.proposal != proposal.proposal:
        raise Conflict(
            "proposal_superseded",
            "该事项已有更新的提交，请核准最新的一份。",
            "There is a later proposal of this act: approve that one.",
            field="proposal",
        )
