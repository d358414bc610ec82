"""Who reads the documents of opened bids: the agency, and the committee once the agency has handed it their keys.

The evaluation key never leaves the agency. Its page opens the documents key of each bid, seals them all under a phrase
in one box (docs/spec/envelope.md, Handing to the committee), and the agency tells its committee the phrase by itself.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert, select

from bidding.rows import committee_boxes
from notary import clock
from notary.errors import Conflict, Forbidden, Unknown
from notary.work import Unit
from trading.acts import stages
from trading.caller import Caller
from trading.rows import committee, declarations

_READING = "opened"
_SEALED = frozenset({"draft", "proposed", "open", "sold", "closed"})


def hand(unit: Unit, caller: Caller, tender: str, box: str) -> None:
    """Keep a box for the committee in place of the one before. box: base64 of an age file.

    Raises Unknown for a foreign tender, Conflict (not_opened) before the opening and after the evaluation.
    """
    row = stages.load_own(unit.connection, caller, tender)
    if row.stage != _READING:
        raise Conflict(
            "not_opened",
            "开标之后、评标结果记录之前才能移交投标文件。",
            "Documents are handed to the committee after the opening and before the evaluation.",
        )
    values = {"tender": tender, "person": caller.person, "box": box, "handed_at": unit.now}
    unit.connection.execute(insert(committee_boxes).values(values))


def box(connection: Connection, caller: Caller, tender: str) -> dict[str, Any]:
    """The committee's box: `{box, handed_at}`. Raises what check_member does, and Unknown (not_handed)."""
    check_member(connection, caller, tender)
    found = latest(connection, tender)
    if found is None:
        raise Unknown("not_handed", "招标人还没有移交投标文件。", "The agency has not handed the documents over yet.")
    return found


def latest(connection: Connection, tender: str) -> dict[str, Any] | None:
    """The box that counts, None before there is one."""
    row = connection.execute(
        select(committee_boxes.c.box, committee_boxes.c.handed_at)
        .where(committee_boxes.c.tender == tender)
        .order_by(committee_boxes.c.serial.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else {"box": row.box, "handed_at": clock.text(row.handed_at)}


def check_reader(connection: Connection, caller: Caller, tender: str) -> None:
    """Raise unless the caller may have the sealed documents: of the tender's agency, or of its committee.

    Raises Conflict (not_opened) before the opening, also for who may have them then.
    """
    if "agency" in caller.roles:
        row = stages.load(connection, tender)
        if row.agency == caller.organisation:
            _check_opened(row)
            return
    if "expert" not in caller.roles:
        stages.load_own(connection, caller, tender)
    check_member(connection, caller, tender)


def _check_opened(row: stages.Tender) -> None:
    if row.stage in _SEALED:
        raise Conflict(
            "not_opened",
            "开标之后才能阅读投标文件。",
            "The documents of bids can be read after the opening.",
            field="tender",
        )


def check_member(connection: Connection, caller: Caller, tender: str) -> None:
    """Raise Unknown (tender_unknown) for whoever does not sit, Forbidden (not_declared), Conflict (not_opened)."""
    seat = select(committee.c.person).where(committee.c.tender == tender, committee.c.person == caller.person)
    if connection.execute(seat).first() is None:
        raise Unknown("tender_unknown", "没有这个项目。", "There is no such tender.", field="tender")
    own = select(declarations.c.recused).where(declarations.c.tender == tender, declarations.c.person == caller.person)
    if connection.scalar(own) is not False:
        raise Forbidden(
            "not_declared",
            "声明没有利害关系的评委才能阅读投标文件。",
            "Members read the documents once they have declared to be free of interest.",
        )
    if stages.load_published(connection, tender).stage != _READING:
        raise Conflict(
            "not_opened",
            "开标之后、评标结果记录之前才能阅读投标文件。",
            "The committee reads the documents after the opening and before the evaluation.",
        )
