"""A lot with many bidders, whose bids are sealed and uploaded and only have to be accepted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.crowd import Submission, enrol, lodge, lot_of
from bidding.acts import submission
from bidding.acts.submission import Prepared
from bidding.statements import Signed
from notary import chance, signing
from notary.anchors import Anchors, parse
from tests.stage import Stage
from trading.caller import Caller


@dataclass(frozen=True)
class Entrant:
    """A bidder with a bid, and with the withdrawal that may follow it."""

    caller: Caller
    public_key: bytes
    bid: Prepared
    withdrawal: Prepared


@dataclass(frozen=True)
class Field:
    """All that a race needs, once the server has stopped."""

    tender: str
    anchors: Anchors
    entrants: tuple[Entrant, ...]


def field(stage: Stage, count: int) -> Field:
    """Publish the lot and bring `count` bidders to the line."""
    stage.publish()
    desk = stage.site.desk
    lot = lot_of(desk, stage.tender)
    made = lodge(desk, lot, enrol(desk, count))
    return Field(stage.tender, parse(stage.anchors()), tuple(_entrants(stage, made)))


def _entrants(stage: Stage, made: Sequence[Submission]) -> list[Entrant]:
    desk, found = stage.site.desk, []
    with desk.work.reading() as connection:
        for one in made:
            caller = Caller("", one.rival.code, frozenset({"bidder"}))
            bid = submission.prepare_bid(
                connection, desk.store, caller, stage.tender, Signed(**one.body["statement"]), one.body["uploads"]
            )
            withdrawal = submission.prepare_withdrawal(connection, caller, stage.tender, _withdrawal(one, bid))
            found.append(Entrant(caller, one.rival.key.public_key().public_bytes_raw(), bid, withdrawal))
    return found


def _withdrawal(one: Submission, bid: Prepared) -> Signed:
    statement = {
        "type": "sunbid/withdrawal/1",
        "tender": bid.statement.tender,
        "lot": bid.statement.lot,
        "bidder": one.rival.code,
        "replaces": bid.id,
        "nonce": chance.token(16).hex(),
    }
    return Signed(**signing.sign(statement, one.rival.key))
