"""When an auction is extended (延长信息披露): registration is over, nobody has a number, and nothing has begun."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exists, select, update

from bidding.acts import auctions
from bidding.auctions.state import BEGINNING
from bidding.rows import auction_admissions, auction_applications, auction_events, auction_numbers
from bidding.rows import auctions as rows
from notary import canonical, clock
from notary.errors import Conflict, TooLate
from notary.work import Unit
from trading.acts.stages import Tender
from trading.auctions import terms as rules


def check(unit: Unit, row: Tender) -> None:
    """Raise Conflict (registration_runs, registered_already, applications_wait, stopped_already), TooLate
    (auction_begun).

    Before the end of registration an extension would tell everybody that nobody has registered yet.
    """
    if unit.now < row.deadline:
        raise Conflict(
            "registration_runs",
            "报名尚未截止：截止后没有人登记的才能延长。",
            "Registration still runs: it is extended once it is over and nobody has registered.",
            field="tender",
        )
    if unit.now >= clock.parse(row.content["auction"]["opens_at"]):
        raise TooLate("auction_begun", "竞价已经开始，不能延长。", "The auction has begun.", field="tender")
    if unit.connection.scalar(select(exists().where(auction_numbers.c.tender == row.tender))):
        raise Conflict(
            "registered_already",
            "已有竞买人登记，竞价按公告进行，不能延长。",
            "Somebody has registered: the auction is held as announced.",
            field="tender",
        )
    decided = select(auction_admissions.c.application)
    there = auction_applications.c
    waiting = exists().where(there.tender == row.tender, there.application.not_in(decided))
    if unit.connection.scalar(select(waiting)):
        raise Conflict(
            "applications_wait",
            "有竞买申请在报名截止前没有审查完毕，不能以无人登记为由延长。",
            "An application was not decided before registration ended: it cannot be said that nobody came.",
            field="tender",
        )
    if unit.connection.scalar(select(exists().where(auction_events.c.tender == row.tender))):
        raise Conflict(
            "stopped_already",
            "竞价已经暂停过，其条件不再改变：请恢复后按公告进行，或者依所列事由终止。",
            "The auction was stopped before, so its terms stay: let it go on as announced, or end it on a listed "
            "ground.",
            field="tender",
        )


def extend(unit: Unit, row: Tender, terms: dict[str, Any]) -> None:
    """The auction goes by the terms of its amended notice: it has no event yet. Raises Malformed."""
    looked = auctions.look_at(rules.read(terms), BEGINNING, unit.now)
    values = {"terms": canonical.dumps(terms).decode(), "alive_at": unit.now, "look_at": looked}
    unit.connection.execute(update(rows).where(rows.c.tender == row.tender).values(values))
