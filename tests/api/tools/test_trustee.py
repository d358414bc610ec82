"""The trustee's tools against a running server: one key, one key set, and no release before its hour."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from api.tools import opening_keys, trustee
from api.tools.client import ServerRefused
from api.tools.trustee import Trustee
from api.tools.vault import Seen
from notary import signing
from notary.errors import Conflict, Held, Malformed, Refusal, Unknown
from tests.api.tools.town import TENDER, Town, new_vault


def unmet(own: Trustee) -> list[str]:
    return [one.name for one in trustee.release_conditions(own, TENDER, "bid") if not one.met]


def test_keys_are_made_signed_and_rehearsed(town: Town) -> None:
    town.draft()
    for number, own in enumerate(town.trustees.values(), 1):
        assert trustee.offer_key(own, TENDER, "bid")["complete"] is (number == 3)
    signed = [trustee.sign_key_set(own, TENDER, "bid") for own in town.trustees.values()]
    assert [one["complete"] for one in signed] == [False, False, True]
    assert len({one["key_set"] for one in signed}) == 1
    town.approve(town.clerk.post(f"/tenders/{TENDER}/publication", {}))
    for own in town.trustees.values():
        assert set(trustee.rehearse(own, TENDER, "bid")) == {"leaf"}


def test_an_opening_key_is_signed_into_one_key_set_ever(town: Town) -> None:
    town.draft()
    town.make_key_set()
    own = town.trustees["T1"]
    # As if the vault had signed another key set with this key before.
    (opening,) = own.vault.content.openings
    opening_keys.write(own.vault, msgspec.structs.replace(opening, key_set="ab" * 32))
    with pytest.raises(Conflict, match="opening_key_signed"):
        trustee.sign_key_set(own, TENDER, "bid")
    assert own.vault.content.openings[0].key_set == "ab" * 32


def test_the_journal_is_written_before_the_signature_leaves(town: Town) -> None:
    town.draft()
    for own in town.trustees.values():
        trustee.offer_key(own, TENDER, "bid")
    own = town.trustees["T1"]

    def full(_: bytes) -> None:
        raise OSError("disk full")

    own.vault._keep = full
    with pytest.raises(OSError, match="disk full"):
        trustee.sign_key_set(own, TENDER, "bid")
    assert town.clerk.get(f"/tenders/{TENDER}/key-set", kind="bid")["signatures"] == {}


def test_a_key_set_with_another_key_of_ours_is_not_signed(town: Town) -> None:
    town.draft()
    for own in town.trustees.values():
        trustee.offer_key(own, TENDER, "bid")
    own = town.trustees["T1"]
    (opening,) = own.vault.content.openings
    own.vault.change(openings=[msgspec.structs.replace(opening, public_key="00" * 32)])
    with pytest.raises(Malformed, match="opening_key_foreign"):
        trustee.sign_key_set(own, TENDER, "bid")
    foreign = replace(own, anchors=replace(own.anchors, trustees={**own.anchors.trustees, "T2": b"x" * 32}))
    with pytest.raises(Malformed, match="identity_unknown"):
        trustee.sign_key_set(foreign, TENDER, "bid")


def test_a_tool_that_broke_off_goes_on_with_the_same_key(town: Town) -> None:
    town.draft()
    own = town.trustees["T1"]
    path = f"/tenders/{TENDER}/opening-keys"
    opening = opening_keys.make(own.vault, TENDER, "bid", 0)
    opening_keys.write(own.vault, opening)
    own.client.post(path, {"trustee": "T1", "kind": "bid", "opening_key": opening.public_key})
    assert trustee.offer_key(own, TENDER, "bid")["complete"] is False
    assert own.vault.content.openings == [opening]
    with pytest.raises(ServerRefused, match="key_used"):
        trustee.offer_key(own, TENDER, "bid")


def test_a_vault_restored_from_an_old_copy_has_every_key(town: Town) -> None:
    own = town.trustees["T1"]
    old = own.vault.content
    town.publish()
    for price in ("3680000.00", "3690000.00", "3700000.00"):
        town.submitted(price)
    town.to_deadline()
    own.vault.content = old
    assert trustee.release(own, TENDER, "bid")["complete"] is False
    (opening,) = own.vault.content.openings
    assert opening.released


def test_a_key_is_not_remembered_for_one_who_never_signed(town: Town) -> None:
    town.draft()
    for code in town.trustees:
        town.offer(code)
    with pytest.raises(Unknown, match="key_set_not_signed"):
        trustee.rehearse(town.trustees["T1"], TENDER, "bid")


def test_every_tender_kind_and_attempt_has_its_own_key() -> None:
    vault = new_vault()
    made = [
        opening_keys.make(vault, tender, kind, attempt)
        for tender in ("YZ-0001", "YZ-0002")
        for kind in ("technical", "price")
        for attempt in (0, 1)
    ]
    assert len({one.public_key for one in made}) == 8
    assert opening_keys.make(new_vault(), "YZ-0001", "price", 0).public_key not in {one.public_key for one in made}


def test_a_stranger_is_no_trustee(town: Town) -> None:
    with pytest.raises(Unknown, match="not_registered"):
        trustee.trustee(town.clerk, new_vault("trustee"), town.trustees["T1"].anchors)


def test_no_key_leaves_before_the_closing_is_witnessed(town: Town) -> None:
    town.publish()
    own = town.trustees["T1"]
    with pytest.raises(ServerRefused, match="not_closed"):
        trustee.release(own, TENDER, "bid")
    for price in ("3680000.00", "3690000.00", "3700000.00"):
        town.submitted(price)
    town.to_deadline()
    assert unmet(own) == []
    answer = trustee.release(own, TENDER, "bid")
    assert answer["complete"] is False
    assert own.vault.content.openings[0].released
    assert own.vault.content.seen is not None


def test_the_own_clock_decides_not_the_servers(town: Town) -> None:
    town.publish()
    for price in ("3680000.00", "3690000.00", "3700000.00"):
        town.submitted(price)
    town.to_deadline()
    own = town.trustees["T1"]
    # A trustee that was not told of the demonstration keeps real time, which is weeks behind.
    own.client.demonstration = False
    assert unmet(own) == ["clock"]
    with pytest.raises(Held) as held:
        trustee.release(own, TENDER, "bid")
    assert held.value.facts == {"unmet": ["clock"]}


def test_too_few_bids_and_a_hold_keep_the_key_here(town: Town) -> None:
    town.publish()
    town.submitted("3680000.00")
    town.supervisor.post(f"/tenders/{TENDER}/holds", {"reason": "投诉受理期间暂停"})
    town.site.tick()
    town.supervisor.post(f"/tenders/{TENDER}/lifts", {"reason": "投诉已处理"})
    town.to_deadline()
    outcomes = list(trustee.release_due(town.trustees["T1"]))
    assert [opening.tender for opening, _ in outcomes] == [TENDER]
    assert isinstance(outcomes[0][1], Refusal)
    assert not town.trustees["T1"].vault.content.openings[0].released


def test_what_is_due_is_released_once_and_opens_the_lot(town: Town) -> None:
    town.publish()
    for price in ("3680000.00", "3690000.00", "3700000.00"):
        town.submitted(price)
    town.to_deadline()
    for code in ("T3", "T1"):
        ((_, outcome),) = trustee.release_due(town.trustees[code])
        assert not isinstance(outcome, Refusal)
        assert list(trustee.release_due(town.trustees[code])) == []
    town.site.tick()
    opening = town.clerk.get(f"/tenders/{TENDER}/opening")
    assert [bid["values"]["price"] for bid in opening["bids"]] == ["3680000.00", "3690000.00", "3700000.00"]


def test_a_log_that_forgot_what_was_seen_gets_no_key(town: Town) -> None:
    town.publish()
    for price in ("3680000.00", "3690000.00", "3700000.00"):
        town.submitted(price)
    town.to_deadline()
    own = town.trustees["T1"]
    root = signing.b64(b"another history".ljust(32))
    own.vault.change(seen=Seen(size=3, root=root))
    assert unmet(own) == ["consistent"]
    own.vault.change(seen=Seen(size=10_000, root=root))
    with pytest.raises(Malformed, match="log_shrunk"):
        trustee.release(own, TENDER, "bid")
