"""What a member of a committee declares before scoring: free of interest, or recused (回避); and its unsigned sheet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select, update

from notary import canonical
from notary.errors import Conflict, Forbidden, Malformed
from notary.work import Unit
from trading.acts import stages
from trading.caller import Caller
from trading.rows import committee, declarations, score_drafts, scores

_DISCLOSED = frozenset({"opened"})
_MAX_REASON = 2000
_MAX_SHEET = 200_000


def declare(unit: Unit, caller: Caller, tender: str, *, recused: bool, reason: str = "") -> None:
    """Declare once, after the opening, when the bidders are known (招标投标法 37; 87号令 46).

    Raises Forbidden (not_a_member), Conflict (declared_already, not_opened, scored_already), Malformed.
    """
    row = stages.load_published(unit.connection, tender)
    check_member(unit, caller, tender)
    if row.stage not in _DISCLOSED:
        raise Conflict(
            "not_opened", "开标之后、评标之前才能声明。", "Declare after the opening and before the evaluation."
        )
    if recused and not 1 <= len(reason.strip()) <= _MAX_REASON:
        raise Malformed("reason_missing", "请写明回避的理由。", "Say why you recuse yourself.", field="reason")
    if recused and unit.connection.execute(select(scores.c.leaf).where(scores.c.tender == tender).limit(1)).first():
        raise Conflict(
            "scored_already",
            "已有评委签署评分表，不能再更换评委；请把情况告知招标人和监督部门。",
            "A member has signed scores already, so nobody can be replaced: tell the agency and the supervisor.",
            field="reason",
        )
    there = select(declarations.c.person).where(declarations.c.tender == tender, declarations.c.person == caller.person)
    if unit.connection.execute(there).first():
        raise Conflict("declared_already", "您已经声明过。", "You have declared already.", field="tender")
    row_ = {"tender": tender, "person": caller.person, "recused": recused, "reason": reason if recused else ""}
    unit.connection.execute(insert(declarations).values(row_ | {"declared_at": unit.now}))


def save_sheet(unit: Unit, caller: Caller, tender: str, sheet: Mapping[str, Any]) -> None:
    """Keep a member's sheet as far as it is filled in; nobody else reads it. Raises Forbidden, Malformed."""
    check_member(unit, caller, tender)
    text = canonical.dumps(sheet).decode()
    if len(text) > _MAX_SHEET:
        raise Malformed("sheet_too_large", "评分表过大。", "The sheet is too large.", field="scores")
    values = {"sheet": text, "saved_at": unit.now}
    mine = (score_drafts.c.tender == tender, score_drafts.c.person == caller.person)
    if unit.connection.execute(update(score_drafts).where(*mine).values(values)).rowcount == 0:
        unit.connection.execute(insert(score_drafts).values(tender=tender, person=caller.person, **values))


def check_member(unit: Unit, caller: Caller, tender: str) -> None:
    """Raise Forbidden unless the caller sits on the committee."""
    seat = select(committee.c.role).where(committee.c.tender == tender, committee.c.person == caller.person)
    if unit.connection.execute(seat).first() is None:
        raise Forbidden(
            "not_a_member", "您不是本项目评标委员会成员。", "You are not of this tender's committee.", field="tender"
        )
