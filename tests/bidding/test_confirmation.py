"""Confirmation of the opening by its bidders: signed, once, of this opening, and nothing waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api import upkeep
from api.tools import bidder, keys, record
from api.tools.bidder import Bidder
from api.tools.uploads import read_bid
from bidding.envelope import Front
from notary import chance, signing
from notary.errors import Conflict, Held
from tests.bidding.hand import Expected, Town
from tests.serving import site
from tests.stage import Stage, vault

PRICES = ("3680000.00", "3650000.00", "3700000.00", "3710000.00")
STRANGER, WITHDRAWN, SPOILED = 10, 11, 12


@pytest.fixture(name="stage", scope="module")
def _stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A published lot with bids of 0 to 3; one has withdrawn, one has spoiled its own, one never bid."""
    folder = tmp_path_factory.mktemp("town")
    with site(folder / "home", f"sqlite:///{folder / 'sunbid.db'}") as running:
        stage = Stage(running, folder / "parties")
        stage.publish()
        stage.bidder(STRANGER)
        for number, price in enumerate(PRICES):
            stage.bid(stage.bidder(number), price)
        stage.bid(stage.bidder(WITHDRAWN), PRICES[0])
        stage.withdraw(stage.bidder(WITHDRAWN))
        path = stage.seal(stage.bidder(SPOILED), PRICES[0])
        spoil(path)
        bidder.submit(stage.bidder(SPOILED), path, lambda _done, _whole: None)
        yield stage


@pytest.fixture(scope="module")
def town(stage: Stage) -> Town:
    """The same lot, opened and in the public record; before that nothing could be confirmed."""
    before = Town(stage)
    about = {"opened": "ab" * 32}
    for number in (0, STRANGER):
        before.refused((409, "act_not_in_stage", None), confirm, stage, stage.bidder(number), **about)
    with pytest.raises(Held):
        bidder.opening(stage.bidder(0), stage.tender)
    stage.open()
    stage.settle()
    return before


def spoil(path: Path) -> None:
    """Alter a wrap, so that no quorum opens it."""
    bid = read_bid(path)
    first, *others = bid.front.header.wraps
    altered = replace(bid.front.header, wraps=(first[:-1] + bytes([first[-1] ^ 1]), *others))
    part_0 = Front(altered, altered.encoded(), bid.front.form_section).encoded()
    path.write_bytes(part_0 + path.read_bytes()[bid.part_sizes[0] :])


def confirm(stage: Stage, own: Bidder, *, signer: Bidder | None = None, **changes: Any) -> Any:
    """Sign and send by hand."""
    about = {"tender": stage.tender, "lot": "1", "bidder": own.code, **changes}
    signed = signing.sign({"type": "sunbid/confirmation/1", **about}, (signer or own).vault.signing_key("statement"))
    return own.client.post(f"/tenders/{stage.tender}/confirmations", {"confirmation": signed})


def opened(stage: Stage) -> str:
    """The commitment of the opening."""
    found: str = bidder.opening(stage.bidder(0), stage.tender)["opened"]
    return found


def test_a_bidder_confirms_what_it_has_looked_at(town: Town) -> None:
    stage, own = town.stage, town.stage.bidder(0)
    shown = bidder.opening(own, stage.tender)
    assert (shown["bids"], shown["own"]["values"]["price"]) == (len(PRICES) + 1, PRICES[0])
    with pytest.raises(Conflict, match="opening_other"):
        bidder.confirm(own, stage.tender, "00" * 32)
    leaf = bidder.confirm(own, stage.tender, shown["opened"])["leaf"]
    stage.settle()
    (entry,) = (one for one in record.of_tender(own.client, stage.tender) if one.commitment.hex() == leaf)
    said = entry.body["confirmation"]
    assert entry.kind == "opening_confirmed"
    assert said["object"]["opened"] == shown["opened"]
    assert signing.verifies(said, own.vault.public_key("statement"))
    assert stage.site.client().get(f"/tenders/{stage.tender}/opening")["confirmed"][own.code] == entry.head["time"]
    town.refused((409, "confirmed_already", None), bidder.confirm, own, stage.tender, shown["opened"])


@pytest.mark.parametrize(
    ("expected", "changes"),
    [
        ((422, "tender_wrong", "confirmation.tender"), {"tender": "YZ-431102-GC-2026-0002"}),
        ((404, "lot_unknown", "confirmation.lot"), {"lot": "2"}),
        ((422, "bidder_wrong", "confirmation.bidder"), {"bidder": "91430000MA4000000A"}),
        ((409, "opening_other", "confirmation.opened"), {"opened": "00" * 32}),
        ((422, "field_wrong", "opened"), {"opened": None}),
        ((422, "field_wrong", "type"), {"type": "sunbid/withdrawal/1"}),
    ],
)
def test_another_thing_is_not_confirmed(town: Town, expected: Expected, changes: dict[str, Any]) -> None:
    own = town.stage.bidder(1)
    town.refused(expected, confirm, town.stage, own, **{"opened": opened(town.stage), **changes})


@pytest.mark.parametrize("number", [STRANGER, WITHDRAWN, SPOILED])
def test_who_has_no_opened_bid_has_nothing_to_confirm(town: Town, number: int) -> None:
    own = town.stage.bidder(number)
    refused = (409, "no_opened_bid", "confirmation.bidder")
    town.refused(refused, confirm, town.stage, own, opened=opened(town.stage))


def test_the_signature_is_the_bidders_own(town: Town) -> None:
    own, other = town.stage.bidder(1), town.stage.bidder(2)
    about = {"opened": opened(town.stage)}
    town.refused((422, "signature_wrong", "signature"), confirm, town.stage, own, signer=other, **about)
    fresh = vault()
    fresh.add_signing_key("statement", chance.token())
    proof = keys.proof(fresh, own.anchors, own.code, "statement")
    town.stage.administrator.post("/keys/replacements", {"proof": proof, "reason": "凭公函核实，密钥丢失"})
    town.refused((409, "key_replaced", "signature"), confirm, town.stage, own, **about)
    with pytest.raises(Conflict, match="key_unknown"):
        bidder.confirm(own, town.stage.tender, about["opened"])


def test_an_objection_and_a_hold_do_not_keep_one_from_confirming(town: Town) -> None:
    """Nor does a confirmation, or that there is none, keep the evaluation from going on; then it is too late."""
    stage, path = town.stage, f"/tenders/{town.stage.tender}"
    said = {"against": "opening", "facts": "唱标有误", "basis": "开标记录", "request": "更正"}
    objection = stage.bidder(2).client.post(f"{path}/objections", said)["objection"]
    stage.supervisor.post(f"{path}/holds", {"reason": "受理投诉"})
    bidder.confirm(stage.bidder(2), stage.tender, opened(stage))
    stage.supervisor.post(f"{path}/lifts", {"reason": "投诉不成立"})
    stage.clerk.post(f"{path}/objection-answers", {"objection": objection, "outcome": "dismissed", "answer": "无误。"})
    stage.evaluate()
    town.refused((409, "act_not_in_stage", None), bidder.confirm, stage.bidder(3), stage.tender, opened(stage))
    confirmed = stage.site.client().get(f"{path}/opening")["confirmed"]
    assert set(confirmed) >= {stage.bidder(2).code}
    assert upkeep.fsck(stage.site.desk.settings) == []
