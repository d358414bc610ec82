"""Keys that must not open: refused and named by the server, whoever asks it, and by the trustee's own tool."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from msgspec import structs

from api.tools import agency, record, trustee
from api.tools.client import ServerRefused
from bidding import hpke
from notary import chance, signing
from notary.errors import Held, Malformed
from tests.apart import barely, site_apart
from tests.stage import Stage
from tests.story import keys

pytestmark = pytest.mark.story

PRICES = ("3680000.00", "3650000.00", "3700000.00")
NUMBERS = count(1)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("town")
    with site_apart(folder / "home", f"sqlite:///{folder / 'sunbid.sqlite'}") as (running, _):
        yield Stage(running, folder / "parties")


@pytest.fixture
def stage(town: Stage) -> Stage:
    """The town with a tender of its own for the test."""
    town.tender = f"TR-{next(NUMBERS):04d}"
    return town


def published(stage: Stage) -> None:
    stage.publish(**barely(stage))
    stage.settle()
    for number, price in enumerate(PRICES):
        stage.bid(stage.bidder(number), price)


def kinds(stage: Stage) -> list[str]:
    stage.settle()
    return [entry.kind for entry in record.of_tender(stage.site.client(), stage.tender)]


def test_an_early_release_is_refused_and_leaves_nothing(stage: Stage) -> None:
    published(stage)
    stage.settle()
    assert keys.refusal(stage, "T1", keys.release(stage, "T1")) == (503, "early_release")
    with pytest.raises(ServerRefused, match="not_closed"):
        stage.release("T1")
    assert "key_released" not in kinds(stage)
    assert stage.clerk.get(f"/tenders/{stage.tender}/opening")["released"] == {}
    assert {bid["outcome"] for bid in stage.open()} == {"opened"}


def test_only_the_right_key_of_the_right_trustee_is_taken(stage: Stage) -> None:
    published(stage)
    stage.settle()
    early = keys.checkpoint(stage)
    other = stage.tender + "-B"
    stage.tender, wanted = other, stage.tender
    published(stage)
    stage.tender = wanted
    stage.close()
    others = {"tender": other, "key_set": stage.clerk.get(f"/tenders/{other}/key-set", kind="bid")["id"]}
    other_key = keys.private_key(stage.trustees["T1"], other).hex()
    neighbour = keys.private_key(stage.trustees["T2"], stage.tender).hex()
    cases: list[tuple[str, dict[str, Any], tuple[int, str]]] = [
        ("any key", {"private_key": chance.token().hex()}, (422, "opening_key_wrong")),
        ("the key of another lot", {"private_key": other_key}, (422, "opening_key_wrong")),
        ("the key of another trustee", {"private_key": neighbour}, (422, "opening_key_wrong")),
        ("a statement for another lot", {**others, "private_key": other_key}, (422, "tender_wrong")),
        ("another lot's key set", {"key_set": others["key_set"]}, (404, "key_set_unknown")),
        ("another trustee's name", {"trustee": "T2", "private_key": neighbour}, (404, "trustee_unknown")),
        ("another's signature", {"signer": "T2"}, (422, "signature_wrong")),
        ("a checkpoint before the closing", {"checkpoint": early}, (422, "checkpoint_wrong")),
        ("no checkpoint of ours", {"checkpoint": {**early, "size": early["size"] + 1}}, (422, "checkpoint_wrong")),
        ("another type", {"type": "sunbid/release/2"}, (422, "field_wrong")),
    ]
    for what, changes, expected in cases:
        assert keys.refusal(stage, "T1", keys.release(stage, "T1", **changes)) == expected, what
    assert "key_released" not in kinds(stage)
    keys.send(stage, "T1", keys.release(stage, "T1"))
    assert keys.refusal(stage, "T1", keys.release(stage, "T1")) == (409, "key_released")
    stage.settle()
    assert stage.stage() == "closed"
    keys.send(stage, "T3", keys.release(stage, "T3"))
    stage.until(lambda: stage.stage() == "opened")


def test_the_refusal_of_a_wrong_key_names_the_trustee(stage: Stage) -> None:
    published(stage)
    stage.close()
    with pytest.raises(ServerRefused) as refused:
        keys.send(stage, "T2", keys.release(stage, "T2", private_key=chance.token().hex()))
    assert (refused.value.field, refused.value.facts["trustee"]) == ("private_key", "T2")
    stage.open()


def test_an_opening_key_is_used_for_one_lot(stage: Stage) -> None:
    """An old key, offered again by hand, is refused; the tool makes another one by itself."""
    stage.draft(**barely(stage))
    own = stage.trustees["T1"]
    used = hpke.public_key(keys.private_key(own, stage.tender)).hex()
    stage.tender += "-B"
    agency.draft(stage.clerk, stage.agency_vault, stage.content(**barely(stage)), stage.folder)
    about = {"trustee": "T1", "kind": "bid", "opening_key": used}
    with pytest.raises(ServerRefused) as refused:
        own.client.post(f"/tenders/{stage.tender}/opening-keys", about)
    assert (refused.value.reason, refused.value.field) == ("key_used", "opening_key")
    trustee.offer_key(own, stage.tender, "bid")
    assert hpke.public_key(keys.private_key(own, stage.tender)).hex() != used


def test_a_key_set_that_lacks_a_signature_is_not_published(stage: Stage) -> None:
    agency.draft(stage.clerk, stage.agency_vault, stage.content(**barely(stage)), stage.folder)
    for own in stage.trustees.values():
        trustee.offer_key(own, stage.tender, "bid")
    for name in ("T1", "T2"):
        trustee.sign_key_set(stage.trustees[name], stage.tender, "bid")
    shown = stage.clerk.get(f"/tenders/{stage.tender}/key-set", kind="bid")
    forged = signing.sign(shown["key_set"], stage.trustees["T2"].vault.signing_key("trustee"))["signature"]
    body = {"trustee": "T3", "kind": "bid", "key_set": shown["id"], "signature": forged}
    with pytest.raises(ServerRefused, match="signature_wrong"):
        stage.trustees["T3"].client.post(f"/tenders/{stage.tender}/key-set-signatures", body)
    with pytest.raises(ServerRefused) as refused:
        stage.clerk.post(f"/tenders/{stage.tender}/publication", {})
    assert (refused.value.reason, refused.value.facts["trustee"]) == ("signature_missing", "T3")
    assert stage.stage() == "draft"
    trustee.sign_key_set(stage.trustees["T3"], stage.tender, "bid")
    stage.approve(stage.clerk.post(f"/tenders/{stage.tender}/publication", {}))


def test_a_hold_stops_release_and_opening_and_a_lift_lets_them_go_on(stage: Stage) -> None:
    published(stage)
    stage.close()
    stage.release("T1")
    hold(stage)
    assert keys.refusal(stage, "T2", keys.release(stage, "T2")) == (503, "on_hold")
    with pytest.raises(Held, match="conditions_unmet") as refused:
        stage.release("T2")
    assert refused.value.facts["unmet"] == ["no_hold"]
    lift(stage)
    stage.settle()  # the tool believes the record, and a lifting is in it once it has its index
    stage.release("T2")
    stage.until(lambda: stage.stage() == "opened")


def test_the_tool_does_not_release_to_a_closing_it_does_not_know(stage: Stage) -> None:
    """The server says that its log is smaller than it was: the trustee's own memory stands against it."""
    published(stage)
    stage.close()
    own = stage.trustees["T1"]
    seen = own.vault.content.seen
    assert seen is not None
    own.vault.change(seen=structs.replace(seen, size=seen.size + 10_000))
    with pytest.raises(Malformed, match="log_shrunk"):
        stage.release("T1")
    own.vault.change(seen=structs.replace(seen, root=signing.b64(chance.token())))
    with pytest.raises(Held, match="conditions_unmet") as refused:
        stage.release("T1")
    assert refused.value.facts["unmet"] == ["consistent"]
    own.vault.change(seen=seen)
    stage.open()


def hold(stage: Stage) -> None:
    stage.supervisor.post(f"/tenders/{stage.tender}/holds", {"reason": "投诉调查。"})


def lift(stage: Stage) -> None:
    stage.supervisor.post(f"/tenders/{stage.tender}/lifts", {"reason": "投诉不成立。"})
