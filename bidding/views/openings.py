"""Reads of closings, openings and opened envelopes. Nothing about bids before the opening is in any of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from bidding.acts import auction_sealed, reading
from bidding.acts.opening import KIND, opened_body
from bidding.rows import (
    closings,
    key_sets,
    offers,
    opening_confirmations,
    openings,
    parts,
    refusals,
    rehearsals,
    releases,
    statements,
    trustees,
)
from bidding.rows import envelopes as envelope_rows
from notary import clock, record
from notary.errors import Held, Unknown
from notary.publish import Log, index_of
from trading import criteria, money
from trading import draft as drafts
from trading.acts import stages
from trading.caller import Caller
from trading.low_price import abnormally_low


def closing(connection: Connection, log: Log, tender: str, kind: str) -> dict[str, Any]:
    """The closing with its log proof under a cosigned checkpoint: what trustees check before they release.

    kind: of the envelopes; in an auction each has a closing of its own. Raises Unknown before the closing, Held until
    its checkpoint is out.
    """
    row = stages.load_published(connection, tender)
    if stages.procedure_of(row).auction is not None:
        leaf = auction_sealed.closing_leaf(connection, tender, kind)
    else:
        leaf = connection.scalar(select(closings.c.leaf).where(closings.c.tender == tender))
    if leaf is None:
        raise Unknown("not_closed", "尚未截标。", "The lot has not closed.", field="tender")
    index = index_of(connection, leaf)
    proof = None if index is None else log.proof(index)
    if proof is None:
        raise Held(
            "closing_not_cosigned",
            "截标记录尚未进入经见证的检查点，请稍候。",
            "The closing does not stand in a cosigned checkpoint yet; wait a moment.",
        )
    least = stages.procedure_of(row).limit("min_bidders")
    return {
        "entry": record.load(connection, leaf).disclosed(),
        "index": index,
        "proof": proof.text,
        "minimum_bids": 0 if least is None else least.value,
        "opens_at": clock.text(row.deadline),
        "stage": row.stage,
        "held": row.held,
    }


def opening(connection: Connection, tender: str) -> dict[str, Any]:
    """The state of the opening: trustees, rehearsals, releases; after it the bids as disclosed, and who confirmed."""
    row = stages.load_published(connection, tender)
    rehearsed = connection.execute(
        select(rehearsals.c.trustee)
        .join(key_sets, key_sets.c.key_set == rehearsals.c.key_set)
        .where(key_sets.c.tender == tender, rehearsals.c.rehearsed_at.is_not(None))
        .order_by(rehearsals.c.trustee)
    )
    released = connection.execute(select(releases.c.trustee, releases.c.released_at).where(releases.c.tender == tender))
    seen = connection.scalar(select(offers.c.statement).where(offers.c.tender == tender).limit(1))
    return {
        "stage": row.stage,
        "held": row.held,
        "opens_at": clock.text(row.deadline),
        "rehearsed": [one.trustee for one in rehearsed],
        "released": {one.trustee: clock.text(one.released_at) for one in released},
        "bids": None if seen is None else opened_body(connection, tender)["bids"],
        "abnormally_low": _abnormally_low(connection, row),
        "confirmed": _confirmed(connection, row),
    }


def _confirmed(connection: Connection, row: stages.Tender) -> dict[str, str] | None:
    """When each bidder confirmed the opening, of those who have; None where the procedure asks nobody to."""
    if "confirm" not in stages.procedure_of(row).stages.get("opened", ()):
        return None
    table = opening_confirmations.c
    found = connection.execute(
        select(table.bidder, table.confirmed_at).where(table.tender == row.tender).order_by(table.confirmed_at)
    )
    return {one.bidder: clock.text(one.confirmed_at) for one in found}


def _abnormally_low(connection: Connection, row: stages.Tender) -> dict[str, list[str]]:
    """Bids whose price asks for an explanation (财库〔2026〕2号): for the committee, and no rejection by itself."""
    found = connection.execute(
        select(offers.c.bidder, offers.c.price_fen).where(
            offers.c.tender == row.tender, offers.c.price_fen.is_not(None)
        )
    )
    prices = {one.bidder: one.price_fen for one in found}
    procedure = stages.procedure_of(row)
    if not prices or procedure.sells:
        return {}
    cap = money.parse(row.content["ceiling"] or row.content["budget"])
    raised = criteria.read(drafts.composed_criteria(drafts.read(row.content), procedure)).raised
    return abnormally_low(procedure, prices, cap, raised)


def envelopes(connection: Connection, caller: Caller, tender: str) -> list[dict[str, Any]]:
    """The envelopes of the opened bids and their parts, for the tender's agency and its committee."""
    reading.check_reader(connection, caller, tender)
    rows = connection.execute(
        select(envelope_rows.c.envelope, statements.c.bidder, parts.c.number, parts.c.size, parts.c.sha256)
        .join(statements, statements.c.statement == envelope_rows.c.statement)
        .join(offers, offers.c.statement == statements.c.statement)
        .join(parts, parts.c.upload == envelope_rows.c.upload)
        .where(offers.c.tender == tender, envelope_rows.c.kind == KIND)
        .order_by(offers.c.position, parts.c.number)
    )
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        one = found.setdefault(row.envelope, {"id": row.envelope, "bidder": row.bidder, "parts": []})
        one["parts"].append({"number": row.number, "sha256": row.sha256, "size": row.size})
    return list(found.values())


def envelope_part(connection: Connection, caller: Caller, tender: str, envelope: str, number: int) -> tuple[str, int]:
    """Upload and size of one part of an opened envelope. Raises Unknown before the opening, and for a foreign one."""
    reading.check_reader(connection, caller, tender)
    number = min(max(number, -1), record.MOST)
    row = connection.execute(
        select(envelope_rows.c.upload, parts.c.size)
        .join(offers, offers.c.statement == envelope_rows.c.statement)
        .join(parts, parts.c.upload == envelope_rows.c.upload)
        .where(offers.c.tender == tender, envelope_rows.c.envelope == envelope, parts.c.number == number)
    ).one_or_none()
    if row is None:
        raise Unknown("envelope_unknown", "没有这个封套。", "There is no such envelope.", field="envelope")
    return row.upload, row.size


def paper_facts(connection: Connection, tender: str) -> dict[str, Any]:
    """What paper says that only bidding knows: the trustees' names, and the bids refused before the opening."""
    opened_at = connection.scalar(select(openings.c.opened_at).where(openings.c.tender == tender))
    before = select(refusals.c.bidder, refusals.c.refused_at, refusals.c.reason).where(refusals.c.tender == tender)
    refused = (
        connection.execute(
            before.where(refusals.c.refused_at <= opened_at).order_by(refusals.c.refused_at, refusals.c.receipt)
        ).all()
        if opened_at is not None
        else []
    )
    known = connection.execute(select(trustees.c.trustee, trustees.c.name, trustees.c.identity))
    return {
        "trustees": {row.trustee: {"name": row.name, "identity": row.identity} for row in known},
        "refused": [
            {"bidder": row.bidder, "moment": clock.text(row.refused_at), "reason": row.reason} for row in refused
        ],
    }
