"""Reads of the opening and what follows it, for everybody: the hall, the lot's page, the live page.

Made of the lot's public events alone (trading.views.lot), so before the closing there is nothing of bids in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from bidding.rows import offers, trustees
from notary import clock
from notary.rows import entries
from trading import money
from trading.draft import quorums_of
from trading.facts.opening import STATES, because
from trading.rows import organisations
from trading.rows import tenders as tender_rows
from trading.views.lot import Lot, sum_of

_OPENED = frozenset(
    {"opened", "evaluated", "publicity", "awarding", "awarded", "contracted", "completed", "terminated"}
)
_SHOWN = (
    *("lot_closed", "lot_held", "hold_lifted", "key_released", "opening_intended", "lot_opened", "opening_confirmed"),
    "lot_failed",
)


def trustee_names(connection: Connection) -> dict[str, str]:
    """The names of all trustees, by code."""
    return {row.trustee: row.name for row in connection.execute(select(trustees.c.trustee, trustees.c.name))}


def state(lot: Lot) -> str:
    """Where the opening stands: before, closed, releasing, opening, opened, ended, or held."""
    stage = lot.row.stage
    if stage in _OPENED:
        return "opened"
    if lot.row.held:
        return "held"
    if stage != "closed":
        return "before" if stage == "open" else "ended"
    if lot.last("opening_intended"):
        return "opening"
    return "releasing" if lot.last("key_released") else "closed"


def opening(lot: Lot, names: dict[str, str], received: Mapping[str, str]) -> dict[str, Any]:
    """The opening as everybody may see it now. names: of trustees; received: acceptance -> time text (see received).

    `event`: the number of public events so far; `bids`: None before the opening; `confirms`: whether bidders of this
    procedure confirm it.
    """
    opened, closed, confirmed = lot.last("lot_opened"), lot.last("lot_closed"), confirmations(lot)
    quorums = quorums_of(lot.row.content)
    bidders = {} if opened is None else {bid["bidder"]: bid["name"] for bid in opened.body["bids"]}
    return {
        "event": len(lot.events),
        "state": state(lot),
        "opens_at": clock.text(lot.row.deadline),
        "needed": len(quorums[0]) if quorums else 0,
        "trustees": _trustees(lot, names),
        "closing": None if closed is None else _closing(lot),
        "columns": columns(lot),
        "confirms": "confirm" in lot.procedure.stages.get("opened", ()),
        "bids": None if opened is None else [_bid(lot, bid, received, confirmed) for bid in opened.body["bids"]],
        "opened_at": None if opened is None else clock.text(opened.time),
        "log": [_line(one, names | bidders) for one in reversed(lot.all_of(*_SHOWN))],
    }


def confirmations(lot: Lot) -> dict[str, str]:
    """When each bidder confirmed the opening, of those who have: code -> time text."""
    found = lot.all_of("opening_confirmed")
    return {one.body["confirmation"]["object"]["bidder"]: clock.text(one.time) for one in found}


def received(connection: Connection, tender: str) -> dict[str, str]:
    """When each bid was accepted, by the commitment of its acceptance: of disclosed ones only, so after the opening."""
    found = connection.execute(
        select(entries.c.commitment, entries.c.time).where(
            entries.c.tender == tender, entries.c.kind == "bid_accepted", entries.c.disclosed.is_(True)
        )
    )
    return {row.commitment: clock.text(row.time) for row in found}


def columns(lot: Lot) -> list[dict[str, Any]]:
    """The fields of the opening statement (开标一览表): `name`, `zh`, `en`, and whether it is a figure."""
    return [
        {"name": one["name"], "zh": one["zh"], "en": one["en"], "figure": one["type"] in {"money", "integer"}}
        for one in lot.notice.body["form_schema"]["fields"]
    ]


def ranking(lot: Lot) -> dict[str, Any] | None:
    """The evaluation with bidders' names: `ranked` and `rejected`; None before it."""
    evaluated, opened = lot.last("lot_evaluated"), lot.last("lot_opened")
    if evaluated is None or opened is None:
        return None
    named = {bid["bidder"]: bid["name"] for bid in opened.body["bids"]}
    clauses = {one.id: one for one in lot.procedure.rejection.clauses}
    found = evaluated.body["evaluation"]
    return {
        "time": clock.text(evaluated.time),
        "ranked": [one | {"name": named[one["bidder"]]} for one in found["ranked"]],
        "rejected": [
            {
                "name": named[one["bidder"]],
                "bidder": one["bidder"],
                "line": one["line"],
                "clauses": [
                    {"zh": clauses[clause].zh, "en": clauses[clause].en, "cites": clauses[clause].cites}
                    for clause in one["clauses"]
                ],
            }
            for one in found["rejected"]
        ],
    }


def candidates(lot: Lot) -> dict[str, Any] | None:
    """The candidates with names, and until when objections are taken; None before their publication."""
    published, opened = lot.last("candidates_published"), lot.last("lot_opened")
    if published is None or opened is None:
        return None
    named = {bid["bidder"]: bid["name"] for bid in opened.body["bids"]}
    limit = lot.procedure.limit("publicity")
    return {
        "candidates": [one | {"name": named[one["bidder"]]} for one in published.body["candidates"]],
        "published_at": published.body["published_at"],
        "objections_until": published.body["objections_until"],
        "cites": None if limit is None else limit.cites,
    }


def award(lot: Lot, names: Mapping[str, str]) -> dict[str, Any] | None:
    """The winner; None before the award. names: by code, of those who took part in an auction."""
    awarded, opened = lot.last("lot_awarded"), lot.last("lot_opened")
    if awarded is None:
        return None
    winner = awarded.body["winner"]
    known = names if opened is None else {bid["bidder"]: bid["name"] for bid in opened.body["bids"]}
    return {
        "winner": winner,
        "name": known[winner],
        "price": sum_of(awarded.body["price"]),
        "reason": awarded.body.get("reason"),
        "time": clock.text(awarded.time),
    }


def bids_of(connection: Connection, bidder: str, *, limit: int = 200) -> list[dict[str, Any]]:
    """Opened bids of an organisation, the latest opening first."""
    found = connection.execute(
        select(offers.c.tender, offers.c.outcome, offers.c.price_fen, tender_rows.c.title, tender_rows.c.stage)
        .add_columns(tender_rows.c.deadline, tender_rows.c.held, organisations.c.name.label("agency_name"))
        .join(tender_rows, tender_rows.c.tender == offers.c.tender)
        .join(organisations, organisations.c.code == tender_rows.c.agency)
        .where(offers.c.bidder == bidder)
        .order_by(tender_rows.c.deadline.desc(), offers.c.tender)
        .limit(limit)
    )
    return [
        row._asdict()
        | {"deadline": clock.text(row.deadline), "price": None if row.price_fen is None else money.text(row.price_fen)}
        for row in found
    ]


def bid_count(connection: Connection, bidder: str) -> int:
    """How many bids of an organisation were opened."""
    return connection.scalar(select(func.count()).select_from(offers).where(offers.c.bidder == bidder)) or 0


def _closing(lot: Lot) -> dict[str, Any]:
    (closed,) = lot.all_of("lot_closed")
    return {"time": clock.text(closed.time), "count": closed.body["count"], "root": closed.body["root"]}


def _trustees(lot: Lot, names: Mapping[str, str]) -> list[dict[str, Any]]:
    released = {one.body["release"]["object"]["trustee"]: one for one in lot.all_of("key_released")}
    rehearsed = {one.body["rehearsal"]["object"]["trustee"] for one in lot.all_of("trustee_rehearsed")}
    codes = sorted({code for quorum in quorums_of(lot.row.content) for code in quorum})
    return [
        {
            "code": code,
            "name": names.get(code, code),
            "rehearsed": code in rehearsed,
            "released": clock.text(released[code].time) if code in released else None,
        }
        for code in codes
    ]


def _bid(
    lot: Lot, bid: Mapping[str, Any], received_: Mapping[str, str], confirmed: Mapping[str, str]
) -> dict[str, Any]:
    fields = lot.notice.body["form_schema"]["fields"]
    good = bid["outcome"] == "opened"
    return {
        "bidder": bid["bidder"],
        "name": bid["name"],
        "received": received_.get(bid["accepted"]),
        "outcome": bid["outcome"],
        "confirmed": confirmed.get(bid["bidder"]),
        "state": STATES[bid["outcome"]],
        "reason": None if good else because(bid["reason"]),
        "values": [{"money": one["type"] == "money", "text": bid["values"].get(one["name"])} for one in fields]
        if good
        else None,
    }


def _line(event: Any, names: Mapping[str, str]) -> dict[str, Any]:
    who = None
    if event.kind == "key_released":
        who = event.body["release"]["object"]["trustee"]
    elif event.kind == "opening_confirmed":
        who = event.body["confirmation"]["object"]["bidder"]
    return {
        "kind": event.kind,
        "time": clock.text(event.time),
        "who": None if who is None else names.get(who, who),
        "count": event.body["count"] if event.kind == "lot_closed" else None,
        "reason": event.body.get("reason") if event.kind == "lot_held" else event.body.get("detail"),
    }
