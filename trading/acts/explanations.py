"""The committee asks a bidder to explain a low price; the bidder explains; until then nobody rejects on that ground.

Both leave entries, disclosed with the evaluation: of the explanation a salted commitment, since it is about costs. What
was said is for the committee, the agency, the supervisor and the bidder itself.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, insert, select

from notary import canonical, chance, clock
from notary.entries import Entry
from notary.errors import Conflict, Malformed, TooLate
from notary.rows import AnyRow
from notary.work import Unit
from trading import explanations as terms
from trading import periods, texts
from trading.acts import stages
from trading.acts.stages import Tender
from trading.caller import Caller
from trading.explanation_rows import explanation_requests, explanations
from trading.objections import commitment
from trading.procedures import Procedure

_LIMIT = "low_price_explanation"


def ask(
    unit: Unit, caller: Caller, tender: str, *, bidder: str, minutes: int, opened: str, bidders: Collection[str]
) -> Entry:
    """Ask a bidder, once, for an explanation within so many minutes. The caller is of the committee.

    opened: the commitment of `lot_opened`; bidders: codes of those whose bids were opened and valid.
    Raises Malformed (bidder_unknown, minutes_wrong), RuleBroken with the article, Conflict (not_explained,
    asked_already, act_not_in_stage).
    """
    row = stages.load_published(unit.connection, tender)
    stages.check(unit, row, "score")
    if not stages.procedure_of(row).rejection.low_price:
        raise Conflict(
            "not_explained",
            "本程序没有因报价过低的否决。",
            "In this procedure no bid is rejected for a low price.",
            field="tender",
        )
    if bidder not in bidders:
        raise Malformed("bidder_unknown", "没有这个投标人。", "There is no such bidder.", field="bidder")
    check_minutes(stages.procedure_of(row), minutes)
    if _request(unit.connection, tender, bidder) is not None:
        raise Conflict("asked_already", "已经要求该投标人说明。", "That bidder was asked already.", field="bidder")
    answer_by = unit.now + timedelta(minutes=minutes)
    body = {"answer_by": clock.text(answer_by), "bidder": bidder, "opened": opened}
    entry = unit.record(terms.ASKED, row.tender, row.lot, body, disclosed=False)
    unit.connection.execute(
        insert(explanation_requests).values(
            leaf=entry.commitment().hex(),
            tender=tender,
            bidder=bidder,
            person=caller.person,
            asked_at=unit.now,
            answer_by=answer_by,
        )
    )
    return entry


def give(unit: Unit, caller: Caller, tender: str, *, text: str) -> dict[str, Any]:
    """The bidder's explanation, once; gives what the record says of it, and the salt by which the bidder can prove it.

    Raises Conflict (not_asked, explained_already, act_not_in_stage), TooLate (explanation_late), Malformed.
    """
    row = stages.load_published(unit.connection, tender)
    stages.check(unit, row, "score")
    texts.check(text, "text")
    asked = _request(unit.connection, tender, caller.organisation)
    if asked is None:
        raise Conflict("not_asked", "没有要求贵单位说明。", "Your organisation was not asked.", field="tender")
    if asked.given_at is not None:
        raise Conflict("explained_already", "贵单位已经说明。", "You have explained already.", field="text")
    if unit.now >= asked.answer_by:
        raise TooLate(
            "explanation_late",
            "说明的时间已过，不再接收。",
            "The time for the explanation is over.",
            field="text",
            until=clock.text(asked.answer_by),
        )
    content = {"organisation": caller.organisation, "tender": tender, "text": text, "type": terms.TYPE}
    salt = chance.token()
    body = {"asked": asked.leaf, "commitment": commitment(content, salt)}
    entry = unit.record(terms.GIVEN, row.tender, row.lot, body, disclosed=False)
    unit.connection.execute(
        insert(explanations).values(
            asked=asked.leaf,
            tender=tender,
            organisation=caller.organisation,
            person=caller.person,
            content=canonical.dumps(content).decode(),
            salt=salt.hex(),
            given_at=unit.now,
            leaf=entry.commitment().hex(),
        )
    )
    return body | {"content": content, "leaf": entry.commitment().hex(), "salt": salt.hex()}


def check_rejections(unit: Unit, row: Tender, rejections: Sequence[Any]) -> None:
    """Raise Conflict (explanation_open) for a rejection for a low price before the bidder could explain it.

    rejections: `bidder` and `clause` of each, of a sheet.
    """
    rejection = stages.procedure_of(row).rejection
    for one in rejections:
        if one.clause == rejection.low_price:
            asked = _request(unit.connection, row.tender, one.bidder)
            until, given_at = (None, None) if asked is None else (asked.answer_by, asked.given_at)
            if not terms.may_reject(until, given_at, unit.now):
                cites = next(clause.cites for clause in rejection.clauses if clause.id == rejection.low_price)
                raise Conflict(
                    "explanation_open",
                    f"报价过低的，应先要求该投标人说明；说明之后或者时间届满，才可以据此否决（{cites}）。",
                    f"A bidder is asked to explain a low price first, and rejected after that only ({cites}).",
                    field="score.object.rejections",
                    cites=cites,
                    bidder=one.bidder,
                    until=None if until is None else clock.text(until),
                )


def check_minutes(procedure: Procedure, minutes: int) -> None:
    """Raise RuleBroken for less time than the law gives, Malformed for less than half an hour, or more than a day."""
    limit = procedure.limit(_LIMIT)
    if limit is not None and minutes < limit.value:
        raise periods.broken(_LIMIT, limit, "minutes")
    if not terms.LEAST <= minutes <= terms.MOST:
        raise Malformed(
            "minutes_wrong",
            f"说明的时间为 {terms.LEAST} 至 {terms.MOST} 分钟。",
            f"The time is {terms.LEAST} to {terms.MOST} minutes.",
            field="minutes",
        )


def _request(connection: Connection, tender: str, bidder: str) -> AnyRow | None:
    """The request to a bidder, with `given_at`, None before it has explained."""
    table = explanation_requests
    return connection.execute(
        select(table, explanations.c.given_at)
        .join(explanations, explanations.c.asked == table.c.leaf, isouter=True)
        .where(table.c.tender == tender, table.c.bidder == bidder)
    ).one_or_none()
