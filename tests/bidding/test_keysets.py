"""Key sets: what a sealer refuses, each by its name; quorums of any sound policy open, anything less does not."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable
from itertools import chain, combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bidding import envelope, hpke, keysets, unseal, wraps
from bidding.keysets import Quorum
from notary import canonical, signing
from notary.errors import Refusal
from tests.bidding import example
from tests.bidding.example import BIDDER, FORM_KEY, THREE_PAIRS, VALUES, key_set_value, record, trustee_entry
from tests.bidding.unsound import UNSOUND, any_four_of_six, entry, policy

Change = Callable[[dict[str, Any]], Any]


@pytest.mark.parametrize("name", UNSOUND)
def test_unsound_key_sets_are_refused(name: str) -> None:
    reason, value = UNSOUND[name]
    with pytest.raises(Refusal) as refused:
        keysets.parse(value)
    assert refused.value.reason == reason
    assert refused.value.field


def test_sound_key_sets_are_read() -> None:
    key_set = keysets.parse(key_set_value())
    assert key_set.quorums == THREE_PAIRS
    assert key_set.id == hashlib.sha256(b"sunbid/key-set/1\n" + canonical.dumps(key_set_value())).hexdigest()
    assert len(keysets.parse(key_set_value(any_four_of_six(12))).quorums) == 12


def test_the_operators_trustees_are_no_quorum() -> None:
    keysets.check_policy(THREE_PAIRS, ["T1", "T2", "T3"], operators=["T1"])
    with pytest.raises(Refusal) as refused:
        keysets.check_policy(THREE_PAIRS, ["T1", "T2", "T3"], operators=["T1", "T3"])
    assert (refused.value.reason, refused.value.field) == ("quorum_of_operator", "quorums[1]")


def _drop_signature(signed: dict[str, Any]) -> None:
    del signed["signatures"]["T2"]


def _flip_signature(signed: dict[str, Any]) -> None:
    signature = bytearray(signing.unb64(signed["signatures"]["T3"]))
    signature[40] ^= 1
    signed["signatures"]["T3"] = signing.b64(bytes(signature))


def _swap_signatures(signed: dict[str, Any]) -> None:
    signatures = signed["signatures"]
    signatures["T1"], signatures["T2"] = signatures["T2"], signatures["T1"]


UNSIGNED: dict[str, tuple[str, Change]] = {
    "signature-missing": ("signature_missing", _drop_signature),
    "signature-of-others": ("signature_unexpected", lambda r: r["signatures"].update(T4=r["signatures"]["T1"])),
    "signature-bit": ("signature_wrong", _flip_signature),
    "signature-empty": ("signature_wrong", lambda r: r["signatures"].update(T1="")),
    "signatures-swapped": ("signature_wrong", _swap_signatures),
    "signature-not-base64": ("not_base64", lambda r: r["signatures"].update(T1="*")),
    "key-changed-after-signing": ("signature_wrong", lambda r: r["key_set"].update(form_schema="00" * 32)),
    "lot-changed-after-signing": ("signature_wrong", lambda r: r["key_set"].update(lot="2")),
    "record-member-unknown": ("field_wrong", lambda r: r.update(more=1)),
    "signatures-list": ("field_wrong", lambda r: r.update(signatures=[])),
    "identity-not-of-the-anchors": (
        "identity_unknown",
        lambda r: r["key_set"]["trustees"][0].update(identity=trustee_entry("T9")["identity"]),
    ),
    "trustee-not-of-the-anchors": ("identity_unknown", lambda r: r.update(record(policy("T1 T7", "T2 T7", "T1 T2")))),
}


@pytest.mark.parametrize("name", UNSIGNED)
def test_records_not_signed_by_all_are_refused(name: str) -> None:
    reason, change = UNSIGNED[name]
    changed = copy.deepcopy(record(example.VALUE))
    change(changed)
    with pytest.raises(Refusal) as refused:
        keysets.verify(changed, identities=example.identities(example.VALUE), demonstration=True)
    assert refused.value.reason == reason


def test_demonstration_must_be_expected() -> None:
    real = key_set_value(demonstration=False, origin="yongzhou.example")
    anchors = example.identities(example.VALUE)
    with pytest.raises(Refusal, match="demonstration_unexpected"):
        keysets.verify(record(example.VALUE), identities=anchors, demonstration=False)
    assert not keysets.verify(record(real), identities=anchors, demonstration=False).demonstration


@st.composite
def sound_policies(draw: st.DrawFn) -> list[tuple[str, ...]]:
    """Up to 12 quorums of up to 5 trustees, each two of them overlapping, none inside another."""
    names = [f"T{i}" for i in range(1, draw(st.integers(2, 5)) + 1)]
    subsets = list(chain.from_iterable(combinations(names, size) for size in range(2, len(names) + 1)))
    chosen: list[tuple[str, ...]] = []
    for quorum in draw(st.permutations(subsets)):
        one = set(quorum)
        sound = all(one & set(other) and not one <= set(other) and not one >= set(other) for other in chosen)
        if sound and len(chosen) < 12:
            chosen.append(tuple(draw(st.permutations(quorum))))
    return chosen


@given(sound_policies())
@settings(max_examples=25, deadline=None)
def test_exactly_the_quorums_open(quorums: list[tuple[str, ...]]) -> None:
    value = key_set_value(quorums)
    key_set = keysets.parse(value)
    done, data = example.sealed(value=value)
    front = example.front_of(done, data)
    names = [one.trustee for one in key_set.trustees]
    for present in chain.from_iterable(combinations(names, size) for size in range(len(names) + 1)):
        quorum = keysets.complete_quorum(key_set, {name: example.opening_key(name) for name in present})
        if not any(set(one) <= set(present) for one in quorums):
            assert quorum is None
            continue
        assert quorum is not None
        assert unseal.with_quorum(front, key_set, BIDDER, quorum).values == VALUES


@given(st.permutations(["T1", "T2", "T3"]), st.integers(0, 2))
@settings(max_examples=20, deadline=None)
def test_keys_that_are_no_quorum_do_not_unwrap(names: list[str], number: int) -> None:
    """Not even past the check of whole quorums: fewer keys, keys in another order, keys of others."""
    done, data = example.sealed()
    front = example.front_of(done, data)
    right = example.KEY_SET.quorums[number]
    for keys in (names[:1], names[:2], names, list(reversed(right)), list(right[:1]), []):
        if tuple(keys) != right:
            quorum = Quorum(number, tuple(example.opening_key(name) for name in keys))
            with pytest.raises(Refusal, match="wrap_closed"):
                unseal.with_quorum(front, example.KEY_SET, BIDDER, quorum)


def test_a_wrong_key_is_its_trustees_fault() -> None:
    for wrong in (example.opening_key("T2", counter=1), example.opening_key("T1"), bytes(32)):
        with pytest.raises(Refusal) as refused:
            keysets.complete_quorum(example.KEY_SET, {"T1": example.opening_key("T1"), "T2": wrong})
        assert (refused.value.reason, refused.value.facts) == ("opening_key_wrong", {"trustee": "T2"})
    with pytest.raises(Refusal, match="trustee_not_listed"):
        keysets.check_released(example.KEY_SET, "T9", example.opening_key("T9"))


def test_another_lots_keys_do_not_open() -> None:
    """The same trustees, another lot: other opening keys, and another context."""
    others = [
        entry(name, opening_key=hpke.public_key(example.opening_key(name, 1)).hex()) for name in ("T1", "T2", "T3")
    ]
    other = keysets.parse(key_set_value(lot="2", trustees=others))
    done, data = example.sealed()
    front = example.front_of(done, data)
    keys = {name: example.opening_key(name, 1) for name in ("T1", "T2")}
    with pytest.raises(Refusal, match="opening_key_wrong"):
        keysets.complete_quorum(example.KEY_SET, keys)
    quorum = keysets.complete_quorum(other, keys)
    assert quorum is not None
    with pytest.raises(Refusal, match="base_wrong"):
        unseal.with_quorum(front, other, BIDDER, quorum)
    with pytest.raises(Refusal, match="wrap_closed"):
        unseal.with_quorum(front, example.KEY_SET, BIDDER, quorum)


def test_an_envelope_copied_under_another_bidder_does_not_open() -> None:
    part_0, _ = example.Forgery(base=example.base(bidder="91430000MA4L00002B")).made()
    front = envelope.parse_front(part_0)
    for number in range(3):
        with pytest.raises(Refusal, match="base_wrong"):
            unseal.with_quorum(front, example.KEY_SET, BIDDER, example.whole_quorum(number))
        with pytest.raises(Refusal, match="wrap_closed"):
            unseal.with_quorum(front, example.KEY_SET, "91430000MA4L00002B", example.whole_quorum(number))


@pytest.mark.parametrize("bad", [0, 1, 2])
def test_one_bad_wrap_is_void_for_every_quorum(bad: int) -> None:
    other_key = hashlib.sha256(b"another bid").digest()
    context = example.base().context()
    made = list(wraps.derive_all(FORM_KEY, example.KEY_SET, context))
    made[bad] = wraps.derive_all(other_key, example.KEY_SET, context)[bad]
    front = envelope.parse_front(example.Forgery(wraps=tuple(made)).made()[0])
    for number in range(3):
        with pytest.raises(Refusal, match="wrap_differs"):
            unseal.with_quorum(front, example.KEY_SET, BIDDER, example.whole_quorum(number))
    with pytest.raises(Refusal, match="wrap_differs"):
        unseal.with_form_key(front, example.KEY_SET, BIDDER, FORM_KEY)
