"""Papers (招标公告、开标记录、中标候选人公示、中标通知书): which there are, their facts, their issue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from notary import canonical, record
from notary.entries import Entry
from notary.errors import Conflict, Unknown
from notary.rows import entries
from notary.work import Unit
from trading.acts import stages
from trading.acts.stages import Tender
from trading.caller import Caller
from trading.facts.award import award_letter, candidates_notice, sale_confirmation
from trading.facts.notice import tender_notice
from trading.facts.opening import opening_record
from trading.facts.words import Facts, Occasion
from trading.rows import organisations, papers

MEDIA_TYPE = "application/pdf"
_TEMPLATES: Mapping[str, str] = {
    "tender_published": "tender_notice",
    "tender_amended": "tender_notice",
    "lot_opened": "opening_record",
    "candidates_published": "candidates_notice",
    "lot_awarded": "award_letter",
}
_NOTICES = frozenset({"tender_published", "tender_amended"})
_OF_BIDDING = frozenset({"tender_notice", "opening_record"})


@dataclass(frozen=True)
class Paper:
    """A paper that an act calls for. name: `tender_notice_0`, `opening_record`, …; author: whom the law names."""

    name: str
    template: str
    author: str
    entry: Entry


def expected(connection: Connection, tender: str) -> list[Paper]:
    """The papers that the acts so far call for, in the order of the acts. Raises Unknown before the publication."""
    row = stages.load_published(connection, tender)
    return list(called_for(row, disclosed(connection, tender)))


def needs_opening(name: str) -> bool:
    """Whether facts of a paper of this name also need what only bidding knows (see paper_facts)."""
    return name.rstrip("_0123456789") in _OF_BIDDING


def paper_facts(
    connection: Connection,
    tender: str,
    name: str,
    *,
    origin: str,
    demonstration: bool,
    where: str | None = None,
    opening: Mapping[str, Any] | None = None,
) -> tuple[str, bytes]:
    """Template and canonical facts of one paper, from the record alone: the same until the end of time.

    where: the address of the dossier, None for its file name. opening: `trustees` (code -> `name`, `identity`) and
    `refused` (`bidder`, `moment`, `reason` of each refused bid); without it codes stand for names.
    Raises Unknown (paper_unknown) for a paper that no act calls for.
    """
    row = stages.load_published(connection, tender)
    found = disclosed(connection, tender)
    paper = _named(list(called_for(row, found)), name)
    # Only what stood in the record at the act: what comes later must not change a paper that is being signed.
    found = [entry for entry in found if entry.time <= paper.entry.time]
    names = _names(connection, opening or {}, found)
    told = occasion(row, found, paper.entry, names, origin=origin, demonstration=demonstration, where=where)
    return paper.template, canonical.dumps(_facts(paper.template, told, found, opening or {}))


def occasion(
    row: Tender,
    found: Sequence[Entry],
    entry: Entry,
    names: Mapping[str, str],
    *,
    origin: str,
    demonstration: bool,
    where: str | None = None,
) -> Occasion:
    """What a paper about an act stands on. found: the disclosed entries up to the act; names: code -> name."""
    return Occasion(
        entry=entry,
        notice=_notice_of(found, entry),
        procedure=stages.procedure_of(row),
        names=names,
        origin=origin,
        demonstration=demonstration,
        where=where or f"{row.tender}.zip",
    )


def check_author(connection: Connection, caller: Caller | None, tender: str, name: str) -> Paper:
    """The paper, when the caller acts for its author. Raises Unknown else."""
    paper = _named(expected(connection, tender), name)
    if caller is None or "agency" not in caller.roles or caller.organisation != paper.author:
        raise _unknown()
    return paper


def issue(unit: Unit, caller: Caller, tender: str, name: str, *, sha256: str, size: int) -> Entry:
    """Record the signed file of a paper, once; the same file again is the same. sha256: hex; size: bytes.

    Raises Unknown, Conflict (issued_already).
    """
    paper = check_author(unit.connection, caller, tender, name)
    there = select(papers.c.leaf, papers.c.sha256).where(papers.c.tender == tender, papers.c.name == name)
    issued = unit.connection.execute(there).one_or_none()
    if issued is not None:
        if issued.sha256 != sha256:
            raise Conflict("issued_already", "该文件已经签发。", "That paper has been issued.", field="name")
        return record.load(unit.connection, issued.leaf)
    states = paper.entry.commitment().hex()
    body = {
        "author": paper.author,
        "entry": states,
        "media_type": MEDIA_TYPE,
        "name": name,
        "sha256": sha256,
        "size": size,
    }
    entry = unit.record("document_issued", tender, paper.entry.lot, body, disclosed=True)
    unit.connection.execute(
        insert(papers).values(
            tender=tender,
            name=name,
            author=paper.author,
            entry=states,
            sha256=sha256,
            size=size,
            leaf=entry.commitment().hex(),
            issued_at=unit.now,
        )
    )
    return entry


def called_for(row: Tender, found: Sequence[Entry]) -> Iterator[Paper]:
    """The papers that some entries of a tender call for, in their order."""
    for entry in found:
        template = _TEMPLATES.get(entry.kind)
        if template is not None:
            name = f"{template}_{entry.body['number']}" if entry.kind in _NOTICES else template
            yield Paper(name, template, row.agency, entry)


def _named(found: Sequence[Paper], name: str) -> Paper:
    for paper in found:
        if paper.name == name:
            return paper
    raise _unknown()


def _facts(template: str, occasion: Occasion, found: Sequence[Entry], opening: Mapping[str, Any]) -> Facts:
    by_kind = {entry.kind: entry for entry in found}
    trustees = opening.get("trustees", {})
    if template == "tender_notice":
        return tender_notice(occasion, trustees)
    if template == "opening_record":
        return opening_record(occasion, found, trustees, opening.get("refused", ()))
    if template == "candidates_notice":
        return candidates_notice(occasion, by_kind["lot_opened"], by_kind["lot_evaluated"])
    if occasion.procedure.auction is not None:
        return sale_confirmation(occasion)
    return award_letter(occasion, by_kind["lot_opened"], [one for one in found if one.kind == "bid_accepted"])


def disclosed(connection: Connection, tender: str) -> list[Entry]:
    """The disclosed entries of a tender, with an index or still without, in the order of their acts."""
    rows = connection.execute(
        select(entries)
        .where(entries.c.tender == tender, entries.c.disclosed.is_(True))
        .order_by(entries.c.time, entries.c.serial)
    )
    return [record.of_row(row) for row in rows]


def _notice_of(found: Sequence[Entry], entry: Entry) -> Entry:
    """The notice in force when the act was done: the latest one up to it."""
    return [one for one in found if one.kind in _NOTICES and one.time <= entry.time][-1]


def _names(connection: Connection, opening: Mapping[str, Any], found: Sequence[Entry]) -> dict[str, str]:
    """Names of all organisations that a paper may name by code."""
    codes = {one["bidder"] for one in opening.get("refused", ())} | {
        entry.body["statement"]["object"]["bidder"]
        for entry in found
        if entry.kind in {"bid_accepted", "bid_withdrawn"}
    }
    codes |= {entry.body["winner"] for entry in found if entry.kind == "lot_awarded"}
    rows = connection.execute(select(organisations.c.code, organisations.c.name).where(organisations.c.code.in_(codes)))
    return {row.code: row.name for row in rows}


def _unknown() -> Unknown:
    return Unknown("paper_unknown", "没有这份文件。", "There is no such paper.", field="name")
