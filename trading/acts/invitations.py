"""Acts on invitations (邀请): with the publication, and further ones after it; who may bid because of them.

The callers hold the lot's exclusive lock. Nobody who was invited is ever taken off the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, insert, literal, select

from notary import canonical, forms
from notary.entries import Entry
from notary.errors import Conflict, Forbidden, Unknown
from notary.rows import entries
from notary.work import Unit
from trading import calendar, texts
from trading import invitations as rules
from trading.acts import proposals, stages
from trading.acts.proposals import Proposal
from trading.acts.stages import Tender
from trading.caller import Caller
from trading.invitations import Further, Invited
from trading.procedures import Procedure
from trading.rows import invitations, organisations, tenders

#: The act of a proposal.
ACT = "invitation"


def check_registered(unit: Unit, agency: str, bidders: Sequence[str], field: str) -> None:
    """Raise Unknown naming the first who is not registered here, Conflict (invited_itself). field: path of the list."""
    known = set(unit.connection.scalars(select(organisations.c.code).where(organisations.c.code.in_(bidders))))
    for number, code in enumerate(bidders):
        if code not in known:
            raise Unknown(
                "organisation_unknown",
                f"没有登记 {code} 这个单位；请它先在本平台登记，再列入邀请。",
                f"{code} is not registered here; let it register first, then name it.",
                field=f"{field}[{number}]",
            )
        if code == agency:
            zh, en = "不能邀请本单位自己。", "An agency does not invite itself."
            raise Conflict("invited_itself", zh, en, field=f"{field}[{number}]")


def publish(unit: Unit, row: Tender, procedure: Procedure) -> None:
    """Record who is invited with the publication, where the procedure invites: undisclosed until the opening."""
    if procedure.invitation is not None:
        invited = forms.convert(row.content["invited"], Invited)
        check_registered(unit, row.agency, invited.bidders, "invited.bidders")
        _record(unit, row, rules.body(invited, 0))


def propose(unit: Unit, caller: Caller, tender: str, further: Further) -> Proposal:
    """Ask another person of the agency to invite more bidders; all is checked now too, so that faults show early.

    Raises Conflict (act_not_in_stage, invited_already, invited_many, invited_itself), RuleBroken (with the earliest
    lawful deadline), Unknown, Malformed.
    """
    row = stages.load_own(unit.connection, caller, tender)
    _check(unit, row, further)
    return proposals.propose(unit, caller, tender, ACT, {"tender": tender, **forms.plain(further)})


def invite(unit: Unit, caller: Caller, proposal: Proposal) -> Entry:
    """Invite those of an approved proposal, by the rules of this moment. Raises as propose does."""
    row = stages.load_own(unit.connection, caller, proposal.tender)
    asked = {name: value for name, value in proposal.content.items() if name != "tender"}
    further = forms.convert(asked, Further)
    _check(unit, row, further)
    stages.move(unit, row, "invite")
    return _record(unit, row, rules.body(further, _count(unit.connection, row.tender)))


def invited(connection: Connection, tender: str) -> list[str]:
    """The codes of all who are invited, those of the publication first."""
    query = (
        select(invitations.c.organisation)
        .where(invitations.c.tender == tender)
        .order_by(invitations.c.invited_at, invitations.c.organisation)
    )
    return list(connection.scalars(query))


def listed(connection: Connection, tender: str) -> list[dict[str, Any]]:
    """The entries about invitations with their times, in their order; for the agency, also before the opening."""
    rows = connection.execute(
        select(entries.c.time, entries.c.body)
        .where(entries.c.tender == tender, entries.c.kind == rules.KIND)
        .order_by(entries.c.serial)
    )
    return [{"time": row.time, **canonical.loads(row.body.encode())} for row in rows]


def is_kept_out(tender: Any, organisation: Any) -> ColumnElement[bool]:
    """Of a lot and an organisation, each a column or a parameter: the lot invites, and it is not invited."""
    of_lot = exists().where(invitations.c.tender == tender)
    own = exists().where(invitations.c.tender == tender, invitations.c.organisation == organisation)
    return of_lot & ~own


def kept_out(connection: Connection, tender: str, organisation: str) -> bool:
    """Whether the lot invites, and has not invited this organisation."""
    return bool(connection.scalar(select(is_kept_out(literal(tender), literal(organisation)))))


def check_bidder(connection: Connection, tender: str, organisation: str) -> None:
    """Raise Forbidden (not_invited) where a bid of the organisation would be refused."""
    if kept_out(connection, tender, organisation):
        raise not_invited("tender")


def not_invited(field: str) -> Forbidden:
    """The refusal of a bid by an organisation that was not invited."""
    return Forbidden(
        "not_invited",
        "本项目只接受被邀请的单位投标，贵单位不在邀请之列；如有疑问，请向招标人、采购人提出询问或者异议。",
        "Only those who are invited may bid here, and your organisation is not; ask the agency, or object.",
        field=field,
        cites="招标投标法 17；政府采购法 34、40",
    )


def _check(unit: Unit, row: Tender, further: Further) -> None:
    stages.check(unit, row, "invite")
    texts.check(further.reason, "reason")
    rules.check_codes(further.bidders, "bidders")
    check_registered(unit, row.agency, further.bidders, "bidders")
    there = invited(unit.connection, row.tender)
    rules.check_further(stages.procedure_of(row), calendar.china(), there, further, unit.now, row.deadline)


def _record(unit: Unit, row: Tender, body: dict[str, Any]) -> Entry:
    entry = unit.record(rules.KIND, row.tender, row.lot, body, disclosed=False)
    leaf = entry.commitment().hex()
    unit.connection.execute(
        insert(invitations),
        [
            {"tender": row.tender, "organisation": code, "leaf": leaf, "invited_at": unit.now}
            for code in body["bidders"]
        ],
    )
    return entry


def _count(connection: Connection, tender: str) -> int:
    return len(listed(connection, tender))


def of_organisation(organisation: str) -> ColumnElement[bool]:
    """Of a row of `tenders`: this organisation is invited."""
    return exists().where(invitations.c.tender == tenders.c.tender, invitations.c.organisation == organisation)
