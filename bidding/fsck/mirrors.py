"""Tables of sealed bids that repeat their entries."""

from __future__ import annotations

from typing import Any

from bidding.acts.submission import NONE
from bidding.rows import (
    auction_closings,
    auction_envelopes,
    auction_events,
    auction_numbers,
    auction_statements,
    closings,
    envelopes,
    opening_confirmations,
    openings,
    refusals,
    rehearsals,
    releases,
    statements,
    trustees,
)
from notary import canonical, signing
from notary.entries import Entry
from notary.fsck.mirrors import Mirror


def _trustee(entry: Entry) -> dict[str, Any] | None:
    if entry.body["purpose"] != "trustee":
        return None
    return {
        "trustee": entry.body["owner"],
        "identity": entry.body["public_key"],
        "registered_at": entry.time,
    }


def _rehearsal(entry: Entry) -> dict[str, Any]:
    answered = entry.body["rehearsal"]["object"]
    return {
        "key_set": answered["key_set"],
        "trustee": answered["trustee"],
        "challenge": answered["answer"],
        "rehearsed_at": entry.time,
    }


def _statement(entry: Entry) -> dict[str, Any]:
    signed = entry.body["statement"]
    said = signed["object"]
    return {
        "statement": signing.object_id(said),
        "tender": entry.tender,
        "bidder": said["bidder"],
        "withdrawal": entry.kind == "bid_withdrawn",
        "replaces": said["replaces"] or NONE,
        "signed": canonical.dumps(signed).decode(),
        "receipt": entry.body["receipt"],
        "accepted_at": entry.time,
    }


def _refusal(entry: Entry) -> dict[str, Any]:
    same = {name: entry.body[name] for name in ("receipt", "statement", "reason")}
    return {"tender": entry.tender, "refused_at": entry.time, **same}


def _destroyed(entry: Entry) -> dict[str, Any] | None:
    return None if "kind" in entry.body else {"envelope": entry.body["envelope"]}


def _destroyed_in_auction(entry: Entry) -> dict[str, Any] | None:
    if "kind" not in entry.body:
        return None
    return {"envelope": entry.body["envelope"], "kind": entry.body["kind"], "tender": entry.tender}


def _auction_closing(entry: Entry) -> dict[str, Any]:
    return {"tender": entry.tender, "kind": entry.body["kind"], "closed_at": entry.time}


def _closing(entry: Entry) -> dict[str, Any]:
    same = {name: entry.body[name] for name in ("count", "root")}
    return {"tender": entry.tender, "closed_at": entry.time, **same}


def _release(entry: Entry) -> dict[str, Any]:
    said = entry.body["release"]["object"]
    same = {name: said[name] for name in ("key_set", "trustee", "private_key")}
    return {"tender": entry.tender, "released_at": entry.time, **same}


def _intent(entry: Entry) -> dict[str, Any]:
    return {"key_set": entry.body["key_set"], "quorum": entry.body["quorum"], "intended_at": entry.time}


def _opening(entry: Entry) -> dict[str, Any]:
    same = {name: entry.body[name] for name in ("key_set", "quorum")}
    return {"tender": entry.tender, "opened_at": entry.time, **same}


def _confirmation(entry: Entry) -> dict[str, Any]:
    signed = entry.body["confirmation"]
    return {
        "tender": entry.tender,
        "bidder": signed["object"]["bidder"],
        "signed": canonical.dumps(signed).decode(),
        "confirmed_at": entry.time,
    }


def _number(entry: Entry) -> dict[str, Any]:
    same = {name: entry.body[name] for name in ("bidder", "organisation")}
    return {"tender": entry.tender, "given_at": entry.time, **same}


def _event(entry: Entry) -> dict[str, Any]:
    link = entry.body["link"]
    return {
        "tender": entry.tender,
        "number": link["number"],
        "event": signing.object_id(link),
        "link": canonical.dumps(link).decode(),
        "at": entry.time,
    }


def _auction_statement(entry: Entry) -> dict[str, Any]:
    signed = entry.body["statement"]
    said = signed["object"]
    return {
        "statement": signing.object_id(said),
        "tender": entry.tender,
        "bidder": said["bidder"],
        "sequence": said["sequence"],
        "signed": canonical.dumps(signed).decode(),
        "receipt": entry.body["receipt"],
        "accepted_at": entry.time,
    }


MIRRORS = {
    "trustees": Mirror(trustees, ("key_registered",), _trustee),
    "rehearsals": Mirror(rehearsals, ("trustee_rehearsed",), _rehearsal),
    "statements": Mirror(statements, ("bid_accepted", "bid_withdrawn"), _statement),
    "refusals": Mirror(refusals, ("bid_refused", "auction_refused"), _refusal),
    "destroyed": Mirror(envelopes, ("envelope_destroyed",), _destroyed, column="destroyed_leaf"),
    "closings": Mirror(closings, ("lot_closed",), _closing),
    "releases": Mirror(releases, ("key_released",), _release),
    "intents": Mirror(openings, ("opening_intended",), _intent, column="tender", of="tender"),
    "openings": Mirror(openings, ("lot_opened",), _opening),
    "confirmations": Mirror(opening_confirmations, ("opening_confirmed",), _confirmation),
    "auction_numbers": Mirror(auction_numbers, ("auction_number",), _number),
    "auction_events": Mirror(auction_events, ("auction_event",), _event),
    "auction_closings": Mirror(auction_closings, ("auction_closed",), _auction_closing),
    "auction_destroyed": Mirror(
        auction_envelopes, ("envelope_destroyed",), _destroyed_in_auction, column="destroyed_leaf"
    ),
    "auction_statements": Mirror(auction_statements, ("auction_statement",), _auction_statement),
}
