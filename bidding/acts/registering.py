"""Registration for an auction: who applies (竞买申请), whom the agency admits, and the random number of each.

The callers hold the lot's exclusive lock. Nobody but the applicant learns its number before the end, nor does the
agency.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from bidding.acts import auctions
from bidding.acts.auctions import Floor
from bidding.auctions.refusals import refused
from bidding.rows import auction_admissions, auction_applications, auction_numbers
from notary import chance
from notary.errors import Conflict, Forbidden, Malformed, Unknown
from notary.work import Unit
from trading import texts
from trading.acts import stages
from trading.acts.stages import Tender
from trading.caller import Caller

_LEAST, _NUMBERS = 100_000, 900_000


@dataclass(frozen=True)
class Application:
    """An application. admitted: None while it waits. clause, reason: why it was refused."""

    application: str
    organisation: str
    statement: str
    applied_at: datetime
    admitted: bool | None
    clause: str | None
    reason: str | None
    decided_at: datetime | None


def apply(unit: Unit, caller: Caller, tender: str, statement: str) -> str:
    """Ask to take part; the application's id. Whose application was refused may apply anew.

    Raises Unknown, Conflict (act_not_in_stage, applied_already), Forbidden (own_auction), TooLate (registration_over).
    """
    row = stages.load_published(unit.connection, tender)
    stages.check(unit, row, "apply")
    texts.check(statement, "statement")
    if row.agency == caller.organisation:
        raise Forbidden(
            "own_auction", "不得参加本单位组织的竞价。", "Nobody bids in an auction of its own.", field="tender"
        )
    _check_in_time(unit, row)
    latest = application_of(unit.connection, tender, caller.organisation)
    if latest is not None and latest.admitted is not False:
        raise Conflict(
            "applied_already",
            "本单位已经提交竞买申请。",
            "Your organisation has applied already.",
            field="tender",
        )
    application = chance.token(16).hex()
    unit.connection.execute(
        insert(auction_applications).values(
            application=application,
            tender=tender,
            organisation=caller.organisation,
            person=caller.person,
            statement=statement,
            applied_at=unit.now,
        )
    )
    return application


def admit(unit: Unit, floor: Floor, caller: Caller, tender: str, application: str) -> None:
    """The applicant is qualified and its deposit has arrived: it gets a random number.

    Raises Unknown, Conflict (act_not_in_stage, decided_already), TooLate (registration_over).
    """
    row, found = _load_waiting(unit, caller, tender, application)
    _check_in_time(unit, row)
    _decide(unit, caller, application, None, None)
    auctions.give_number(unit, floor, row, found.organisation, _free_number(unit.connection, tender))


def refuse(unit: Unit, caller: Caller, tender: str, application: str, clause: str, reason: str) -> None:
    """The applicant is not admitted, on a ground of the procedure's closed list; it is told the reason.

    Raises Unknown, Conflict (act_not_in_stage, decided_already), Malformed (clause_unknown).
    """
    row, _ = _load_waiting(unit, caller, tender, application)
    if clause not in {one.id for one in stages.procedure_of(row).rejection.clauses}:
        raise Malformed("clause_unknown", "没有这一事由。", "There is no such ground.", field="clause")
    texts.check(reason, "reason")
    _decide(unit, caller, application, clause, reason)


def applications(connection: Connection, tender: str) -> list[Application]:
    """All applications of a lot, in their order."""
    return _found(connection, auction_applications.c.tender == tender)


def application_of(connection: Connection, tender: str, organisation: str) -> Application | None:
    """An organisation's latest application, if it has applied."""
    there = auction_applications.c
    return next(iter(_found(connection, there.tender == tender, there.organisation == organisation)[::-1]), None)


def _found(connection: Connection, *where: object) -> list[Application]:
    rows = connection.execute(
        select(auction_applications, auction_admissions.c.clause, auction_admissions.c.reason)
        .add_columns(auction_admissions.c.decided_at)
        .join(
            auction_admissions,
            auction_admissions.c.application == auction_applications.c.application,
            isouter=True,
        )
        .where(*where)  # type: ignore[arg-type]  # conditions
        .order_by(auction_applications.c.applied_at, auction_applications.c.application)
    )
    return [
        Application(
            application=row.application,
            organisation=row.organisation,
            statement=row.statement,
            applied_at=row.applied_at,
            admitted=None if row.decided_at is None else row.clause is None,
            clause=row.clause,
            reason=row.reason,
            decided_at=row.decided_at,
        )
        for row in rows
    ]


def _load_waiting(unit: Unit, caller: Caller, tender: str, application: str) -> tuple[Tender, Application]:
    row = stages.load_own(unit.connection, caller, tender)
    stages.check(unit, row, "admit")
    found = next((one for one in applications(unit.connection, tender) if one.application == application), None)
    if found is None:
        raise Unknown("application_unknown", "没有这份竞买申请。", "There is no such application.", field="application")
    if found.admitted is not None:
        raise Conflict(
            "decided_already", "该申请已经处理。", "That application was decided already.", field="application"
        )
    return row, found


def _check_in_time(unit: Unit, row: Tender) -> None:
    if unit.now >= row.deadline:
        raise refused("registration_over", until=row.deadline.isoformat())


def _decide(unit: Unit, caller: Caller, application: str, clause: str | None, reason: str | None) -> None:
    unit.connection.execute(
        insert(auction_admissions).values(
            application=application, clause=clause, reason=reason, person=caller.person, decided_at=unit.now
        )
    )


def _free_number(connection: Connection, tender: str) -> str:
    """Six digits at random, so that a number tells neither who has it nor how many there are."""
    given = select(auction_numbers.c.bidder).where(auction_numbers.c.tender == tender)
    taken = set(connection.scalars(given))
    while True:
        # 2 ** 64 is so much larger than the range that no number is likelier than another.
        number = str(_LEAST + int.from_bytes(chance.token(8), "big") % _NUMBERS)
        if number not in taken:
            return number
