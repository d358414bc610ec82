"""Result letters (中标结果通知书、未中标告知书): who gets one, its facts, its issue.

Each loser is told by its own letter (招标投标法 45；政府采购法 40(四)；87号令 69). The record says that it was told,
and has the hash of the letter; the letter itself is for its addressee, the agency and the supervisor.
"""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from notary import canonical, record
from notary.entries import Entry
from notary.errors import Conflict, Unknown
from notary.work import Unit
from trading.acts import papers, stages
from trading.acts.stages import Tender
from trading.caller import Caller
from trading.facts import result
from trading.rows import result_letters

KIND = "result_told"
TEMPLATE = "result_letter"


def addressees(connection: Connection, row: Tender) -> dict[str, str]:
    """Code -> name of everybody who gets a letter: whose bid stood at the opening, but for the winner.

    Empty before the award, and where the procedure has no such letter.
    """
    if result.NOTICE not in stages.procedure_of(row).notices:
        return {}
    found = {entry.kind: entry for entry in papers.disclosed(connection, row.tender)}
    if "lot_awarded" not in found:
        return {}
    winner = found["lot_awarded"].body["winner"]
    return {bid["bidder"]: bid["name"] for bid in found["lot_opened"].body["bids"] if bid["bidder"] != winner}


def check_author(connection: Connection, caller: Caller | None, tender: str, bidder: str) -> Tender:
    """The lot, when the caller acts for its agency and this bidder gets a letter. Raises Unknown else."""
    row = stages.load_published(connection, tender)
    if caller is None or "agency" not in caller.roles or caller.organisation != row.agency:
        raise unknown()
    if bidder not in addressees(connection, row):
        raise unknown()
    return row


def letter_facts(connection: Connection, tender: str, bidder: str, *, origin: str, demonstration: bool) -> bytes:
    """The canonical facts of one bidder's letter, from the record alone. Raises Unknown where it gets none."""
    row = stages.load_published(connection, tender)
    names = addressees(connection, row)
    if bidder not in names:
        raise unknown()
    found = papers.disclosed(connection, tender)
    award = next(entry for entry in found if entry.kind == "lot_awarded")
    # Only what stood in the record at the award: what comes later must not change a letter that is being signed.
    found = [entry for entry in found if entry.time <= award.time]
    told = papers.occasion(row, found, award, names, origin=origin, demonstration=demonstration)
    return canonical.dumps(result.result_letter(told, found, bidder))


def issue(unit: Unit, caller: Caller, tender: str, bidder: str, *, sha256: str, size: int) -> Entry:
    """Record that a bidder was told, by its signed letter, once; the same file again is the same. size: bytes.

    Raises Unknown, Conflict (issued_already).
    """
    row = check_author(unit.connection, caller, tender, bidder)
    table = result_letters.c
    there = select(table.leaf, table.sha256).where(table.tender == tender, table.bidder == bidder)
    issued = unit.connection.execute(there).one_or_none()
    if issued is not None:
        if issued.sha256 != sha256:
            raise Conflict("issued_already", "该通知书已经签发。", "That letter has been issued.", field="bidder")
        return record.load(unit.connection, issued.leaf)
    award = next(entry for entry in papers.disclosed(unit.connection, tender) if entry.kind == "lot_awarded")
    body = {
        "author": row.agency,
        "award": award.commitment().hex(),
        "bidder": bidder,
        "media_type": papers.MEDIA_TYPE,
        "sha256": sha256,
        "size": size,
    }
    entry = unit.record(KIND, tender, row.lot, body, disclosed=True)
    unit.connection.execute(
        insert(result_letters).values(
            tender=tender,
            bidder=bidder,
            author=row.agency,
            award=body["award"],
            sha256=sha256,
            size=size,
            leaf=entry.commitment().hex(),
            issued_at=unit.now,
        )
    )
    return entry


def unknown() -> Unknown:
    """The refusal of a letter that is not there, or is another's."""
    return Unknown(
        "result_letter_unknown",
        "没有这份通知书，或尚未签发，或不是给贵单位的。",
        "There is no such letter, it is not issued yet, or it is not yours.",
        field="bidder",
    )
