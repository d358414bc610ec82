"""Reads of one lot for everybody: what was done, from the entries that were public from the moment of the act.

Of bids there is nothing in them before the closing, and before the opening only what the closing says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from notary import clock
from notary.entries import Entry
from notary.rows import AnyRow, entries
from trading import calendar, complaints, contracts, formulas, invitations, money, periods, prior
from trading.acts import awards, stages
from trading.acts import papers as paper_acts
from trading.acts.stages import Tender
from trading.draft import quorums_of
from trading.procedures import Procedure

#: Kinds that are disclosed with their act (docs/spec/log.md). Their number is the number of a lot's public events.
PUBLIC_KINDS = (
    *prior.KINDS,
    "tender_published",
    "tender_amended",
    invitations.KIND,
    "question_answered",
    "objection_filed",
    "objection_answered",
    *complaints.KINDS,
    "trustee_rehearsed",
    "lot_closed",
    "lot_held",
    "hold_lifted",
    "key_released",
    "opening_intended",
    "lot_opened",
    "opening_confirmed",
    "lot_evaluated",
    "candidates_published",
    "lot_awarded",
    *contracts.KINDS,
    "document_issued",
    "lot_failed",
)
NOTICE_KINDS = ("tender_published", "tender_amended")
_STEPS = ("notice", "bids", "opening", "evaluation", "publicity", "award", "contract", "performance")
#: The same where an auction decides.
_AUCTION_STEPS = ("notice", "auction", "award", "contract", "performance")
#: The step that a stage is in; the first of these that the procedure has, the end where it has none.
_NOW: Mapping[str, tuple[str, ...]] = {
    "open": ("auction", "bids"),
    "sold": ("award",),
    "closed": ("opening",),
    "opened": ("evaluation",),
    "evaluated": ("evaluation",),
    "publicity": ("publicity",),
    "awarding": ("award",),
    "awarded": ("contract",),
    "contracted": ("performance",),
    "completed": (),
}
#: What an entry says to people, the first that it has.
_SAID = ("detail", "reason", "answer", "ruling")
#: Where a lot is that an auction has sold.
_SOLD = frozenset({"sold", "awarding", "awarded", "contracted", "completed", "terminated"})
#: What ends a lot otherwise than by the completed contract.
_ENDS = ("lot_failed", "contract_terminated")
_BEGUN = {
    "bids": "lot_closed",
    "opening": "lot_opened",
    "evaluation": "lot_evaluated",
    "publicity": "candidates_published",
    "award": "lot_awarded",
    "contract": "contract_registered",
    "performance": "contract_completed",
}


@dataclass(frozen=True)
class Lot:
    """A published lot: its row, its procedure, and its public events in their order."""

    row: Tender
    procedure: Procedure
    events: Sequence[Entry]

    def all_of(self, *kinds: str) -> list[Entry]:
        """The events of some kinds."""
        return [event for event in self.events if event.kind in kinds]

    def last(self, kind: str) -> Entry | None:
        """The latest event of a kind."""
        return next((event for event in reversed(self.events) if event.kind == kind), None)

    @property
    def published_at(self) -> datetime:
        """When its first notice was published."""
        return self.all_of("tender_published")[0].time

    @property
    def agency(self) -> str:
        """The name of the agency, as it published."""
        return str(self.notice.body["notice"]["agency"]["name"])

    @property
    def notice(self) -> Entry:
        """The notice in force."""
        return self.all_of(*NOTICE_KINDS)[-1]


def load(connection: Connection, tender: str) -> Lot:
    """The lot of a published tender. Raises Unknown."""
    row = stages.load_published(connection, tender)
    found = connection.execute(select(entries).where(*_public(tender)).order_by(entries.c.serial))
    return Lot(row, stages.procedure_of(row), [_event(one) for one in found])


def event_counts(connection: Connection, tenders: Iterable[str]) -> dict[str, int]:
    """How many public events each of some tenders has."""
    found = connection.execute(
        select(entries.c.tender, func.count())
        .where(entries.c.tender.in_(tenders), entries.c.kind.in_(PUBLIC_KINDS), entries.c.disclosed.is_(True))
        .group_by(entries.c.tender)
    )
    return {tender: number for tender, number in found}  # noqa: C416  # of rows, which dict() does not take as pairs


def head(lot: Lot) -> dict[str, Any]:
    """What stands above every page of a lot."""
    row, procedure = lot.row, lot.procedure
    return {
        "tender": row.tender,
        "title": row.title,
        "title_en": row.content["title_en"],
        "agency": {"code": row.agency, "name": lot.agency},
        "procedure": {
            "name": procedure.name,
            "zh": procedure.zh,
            "en": procedure.en,
            "version": row.procedure_version,
        },
        "region": row.content["region"],
        "stage": row.stage,
        "held": row.held,
        "number": row.number,
        "deadline": clock.text(row.deadline),
        "published_at": clock.text(lot.published_at),
        "changed_at": clock.text(lot.events[-1].time),
    }


def steps(lot: Lot) -> list[dict[str, Any]]:
    """The timeline: `name`, `state` (past, now or coming) and `time` or None. A lot that failed ends where it did."""
    times, now = _times(lot), _NOW.get(lot.row.stage)
    names = _STEPS if lot.procedure.auction is None else _AUCTION_STEPS
    if now is None:
        past = [{"name": one, "state": "past", "time": times[one]} for one in names if one in times]
        return [*past, {"name": "ended", "state": "now", "time": clock.text(lot.events[-1].time)}]
    wanting = {"publicity": ("publicity",), "contracted": ("contract", "performance")}
    without = {name for stage, steps in wanting.items() if stage not in lot.procedure.stages for name in steps}
    at = next((place for place, name in enumerate(names) if name in now), len(names))
    states = {name: "past" if place < at else "now" if place == at else "coming" for place, name in enumerate(names)}
    return [{"name": name, "state": states[name], "time": times.get(name)} for name in names if name not in without]


def terms(lot: Lot) -> dict[str, Any]:
    """What the notice in force asks and promises."""
    content, procedure = lot.row.content, lot.procedure
    quorums = quorums_of(content)
    method = next((one for one in procedure.methods if one.name == lot.notice.body["evaluation"]["method"]), None)
    return {
        "scope": content["scope"],
        "qualification": content["qualification"],
        "funding": content["funding"],
        "budget": sum_of(content["budget"]),
        "ceiling": sum_of(content["ceiling"]),
        "sells": procedure.sells,
        "floor": sum_of(lot.notice.body["evaluation"].get("floor", {}).get("price")),
        "deposit": sum_of(content["deposit"]),
        "validity_days": content["validity_days"],
        "documents_offered_until": content["documents_offered_until"],
        "questions_until": content["questions_until"],
        "method": method and {"zh": method.zh, "en": method.en, "cites": method.cites},
        "formula": formulas.explained(lot.notice.body["evaluation"]),
        "trustees": sorted({code for quorum in quorums for code in quorum}),
        "needed": len(quorums[0]) if quorums else 0,
        "basis": list(procedure.legal_basis),
        "invitation": invitation(lot),
        "valuation": _valuation(lot),
    }


def _valuation(lot: Lot) -> dict[str, Any] | None:
    """What it was appraised at, and what a start price below that rests on; None where nothing was appraised."""
    asked, told = lot.procedure.valuation, lot.row.content.get("valuation")
    if asked is None or told is None:
        return None
    return {**told, "appraisal": sum_of(told["appraisal"]), "cites": asked.cites}


def sale_publicity(connection: Connection, lot: Lot) -> dict[str, str] | None:
    """Until when a sale is public before it may be confirmed: `until`, `cites`; None where there is no such period."""
    limit = lot.procedure.limit("sale_publicity")
    ended = awards.sold_at(connection, lot.row.tender) if limit and lot.row.stage in _SOLD else None
    if limit is None or ended is None:
        return None
    until = periods.due(lot.procedure, calendar.china(), "sale_publicity", ended)
    return None if until is None else {"until": clock.text(until), "cites": limit.cites}


def invitation(lot: Lot) -> dict[str, Any] | None:
    """Of a lot to which bidders are invited: `least`, `cites`, and `bidders`, the codes, None before the opening.

    None where everybody may bid.
    """
    asked = lot.procedure.invitation
    if asked is None:
        return None
    lists = lot.all_of(invitations.KIND)
    bidders = [code for one in lists for code in one.body["bidders"]]
    return {"least": lot.notice.body["minimum_invited"], "cites": asked.cites, "bidders": bidders if lists else None}


def papers(lot: Lot) -> list[dict[str, Any]]:
    """The papers that the acts so far call for; `sha256` and `issued` of those that their author has signed."""
    issued = {one.body["name"]: one for one in lot.all_of("document_issued")}
    return [
        {
            "name": paper.name,
            "issued": clock.text(issued[paper.name].time) if paper.name in issued else None,
            "sha256": issued[paper.name].body["sha256"] if paper.name in issued else None,
            "unsigned": paper.name not in issued,
        }
        for paper in paper_acts.called_for(lot.row, lot.events)
    ]


def documents(lot: Lot) -> list[dict[str, Any]]:
    """The documents of the notice in force, with address."""
    return [
        {"name": one["name"], "size": one["size"], "sha256": one["sha256"], "href": document_path(lot, one["sha256"])}
        for one in lot.notice.body["documents"]
    ]


def document_path(lot: Lot, sha256: str) -> str:
    """Where a document of a lot is downloaded."""
    return f"/lots/{lot.row.tender}/documents/{sha256}"


def document(lot: Lot, sha256: str) -> Mapping[str, Any] | None:
    """A document of any notice of the lot, or of its contract."""
    kinds = (prior.KIND, *NOTICE_KINDS, *contracts.WITH_DOCUMENTS)
    named = [one for event in lot.all_of(*kinds) for one in event.body["documents"]]
    return next((one for one in reversed(named) if one["sha256"] == sha256), None)


def answers(lot: Lot) -> list[dict[str, Any]]:
    """Questions and answers, the latest first."""
    return [
        {"text": one.body["question"], "answer": one.body["answer"], "time": clock.text(one.time)}
        for one in reversed(lot.all_of("question_answered"))
    ]


def history(lot: Lot) -> list[dict[str, Any]]:
    """Notices, objections, complaints, holds, an early end, the latest first: kind, time, and what else is said."""
    kinds = (
        *prior.KINDS,
        *NOTICE_KINDS,
        "objection_filed",
        "objection_answered",
        *complaints.KINDS,
        "lot_held",
        "hold_lifted",
        *_ENDS,
    )
    return [
        {
            "kind": one.kind,
            "time": clock.text(one.time),
            "number": one.body.get("number"),
            "reason": next((one.body[name] for name in _SAID if one.body.get(name)), None),
            "against": one.body.get("against"),
            "outcome": one.body.get("outcome"),
            "taken_up": one.body.get("taken_up"),
            "suspends": one.body.get("suspends"),
            "changed": one.body.get("changed", []),
        }
        for one in reversed(lot.all_of(*kinds))
    ]


def sum_of(text: str | None) -> dict[str, str] | None:
    """Money in figures and 大写."""
    return None if text is None else {"yuan": text, "upper": f"人民币{money.words(money.parse(text))}"}


def _public(tender: str) -> Sequence[Any]:
    return (entries.c.tender == tender, entries.c.kind.in_(PUBLIC_KINDS), entries.c.disclosed.is_(True))


def _event(row: AnyRow) -> Entry:
    # The row was checked when it was written and cannot change; another strict check took a third of a page's time.
    salts = bytes.fromhex(row.head_salt), bytes.fromhex(row.body_salt)
    return Entry(row.kind, row.tender, row.lot, row.time, msgspec.json.decode(row.body), *salts)


def _times(lot: Lot) -> dict[str, str]:
    """When each step was done, as far as it was; and when those come whose hour is fixed."""
    deadline, content = clock.text(lot.row.deadline), lot.row.content
    fixed = {"bids": deadline, "opening": deadline} if lot.row.stage in {"open", "closed"} else {"bids": deadline}
    if lot.procedure.auction is not None:
        fixed = {"auction": content["auction"]["opens_at"]}
    done = {name: event for name, kind in _BEGUN.items() if (event := lot.last(kind)) is not None}
    begun = {"notice": clock.text(lot.published_at)} | {name: clock.text(event.time) for name, event in done.items()}
    return begun if lot.row.stage not in _NOW else begun | fixed
