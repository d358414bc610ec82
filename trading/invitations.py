"""Invitations (邀请): who is asked to bid, how they were chosen, and what the record says of it. Pure.

Where a procedure invites, nobody else may bid. Who is invited, and how many are, nobody learns before the opening
(招标投标法 22): it stands in the agency's own papers, in letters to those it concerns, and in an entry that is
disclosed with the opening.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta

from notary.errors import Conflict, Malformed
from notary.forms import Form, OrganisationCode, Prose
from trading import periods
from trading.calendar import Calendar
from trading.parties import check_code
from trading.procedures import Procedure

KIND = "bidders_invited"
#: Of one lot, with those invited later.
MAX_INVITED = 200

Bidders = Annotated[list[OrganisationCode], Meta(min_length=1, max_length=MAX_INVITED)]
WayId = Annotated[str, Meta(pattern="^[a-z_]{1,40}$(?!\n)")]
Pool = Annotated[int, Meta(ge=1, le=100_000)]


class Invited(Form, frozen=True):
    """Who is invited. bidders: 统一社会信用代码; way: one of the procedure's; pool: from how many they were chosen."""

    bidders: Bidders
    way: WayId | None = None
    pool: Pool | None = None


class Further(Form, frozen=True):
    """Who else is invited after the publication, and why."""

    bidders: Bidders
    reason: Prose
    way: WayId | None = None
    pool: Pool | None = None


def check_codes(bidders: Sequence[str], field: str) -> None:
    """Raise Malformed naming the first code that is none, or is given twice. field: the path of the list."""
    for number, code in enumerate(bidders):
        check_code(code, f"{field}[{number}]")
        if code in bidders[:number]:
            raise Malformed(
                "invited_twice",
                "同一单位列了两次。",
                "An organisation is named twice.",
                field=f"{field}[{number}]",
            )


def check_publication(procedure: Procedure, invited: Invited | None) -> None:
    """Raise RuleBroken where the procedure asks for invitations and these are too few, or asks for none."""
    if procedure.invitation is None:
        if invited is not None:
            cites = procedure.legal_basis[0]
            raise periods.broken_rule(
                "invitation", "本程序向所有人公开", "this procedure is open to all", "invited", cites
            )
        return
    periods.number(procedure, "min_invited", 0 if invited is None else len(invited.bidders), 0, "invited.bidders")
    most = procedure.invitation.most
    if invited is not None and most is not None and len(invited.bidders) > most:
        zh, en = f"本程序最多邀请 {most} 家", f"this procedure invites at most {most}"
        raise periods.broken_rule("most_invited", zh, en, "invited.bidders", procedure.invitation.cites)
    if invited is not None:
        check_way(procedure, invited, "invited.")


def check_way(procedure: Procedure, invited: Invited | Further, at: str) -> None:
    """Raise RuleBroken for a way of choosing that the procedure has not, or a pool too small. at: before the fields."""
    invitation = procedure.invitation
    if invitation is None:
        raise ValueError("the procedure does not invite")
    way = invitation.way(invited.way)
    if (way is None) != (not invitation.ways) or (way is None and invited.way is not None):
        zh, en = "请写明被邀请人依法如何选出", "state how the invited were chosen, as the law provides"
        raise periods.broken_rule("invited_way", zh, en, f"{at}way", invitation.cites)
    if way is not None and way.pool:
        periods.number(procedure, "invited_pool", invited.pool or 0, len(invited.bidders), f"{at}pool")


def check_further(
    procedure: Procedure,
    calendar: Calendar,
    there: Sequence[str],
    further: Further,
    moment: datetime,
    deadline: datetime,
) -> None:
    """Raise RuleBroken where those asked now would have less time for their bids than the law gives everybody.

    there: who is invited already. Raises Conflict (invited_already, invited_many).
    """
    check_way(procedure, further, "")
    for number, code in enumerate(further.bidders):
        if code in there:
            zh, en = "该单位已在邀请之列。", "That organisation is invited already."
            raise Conflict("invited_already", zh, en, field=f"bidders[{number}]")
    if len(there) + len(further.bidders) > MAX_INVITED:
        zh, en = f"一个标段最多邀请 {MAX_INVITED} 家。", f"A lot has at most {MAX_INVITED} invited."
        raise Conflict("invited_many", zh, en, field="bidders")
    periods.not_before(procedure, calendar, "document_period", moment, deadline, "bidders")


def body(invited: Invited | Further, number: int) -> dict[str, Any]:
    """The body of the entry (docs/spec/log.md). number: 0 with the publication, then 1, 2, …"""
    return {
        "bidders": sorted(invited.bidders),
        "number": number,
        "pool": invited.pool,
        "reason": invited.reason if isinstance(invited, Further) else None,
        "way": invited.way,
    }
