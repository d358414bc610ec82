"""Anchors: strictly read; a checkpoint counts only with the log's signature and the quorum's."""

from __future__ import annotations

from typing import Any

import pytest

from notary import anchors, notes
from notary.errors import Malformed
from tests.notary.test_receipts import LOG, NOW, ORIGIN, WITNESSES, key


def written(**changes: Any) -> dict[str, Any]:
    value = {
        "type": "sunbid/anchors/1",
        "origin": ORIGIN,
        "demonstration": True,
        "log_key": notes.verifier_key(ORIGIN, notes.LOG_KEY, LOG).text,
        "receipt_key": "02" * 32,
        "witnesses": [notes.verifier_key(name, notes.WITNESS_KEY, one).text for name, one in WITNESSES.items()],
        "witness_quorum": 1,
        "trustees": {"T1": "11" * 32},
    }
    return {**value, **changes}


def test_good_anchors_are_read() -> None:
    found = anchors.parse(written())
    assert found.origin == ORIGIN
    assert found.trustees == {"T1": b"\x11" * 32}
    assert [witness.name for witness in found.witnesses] == ["w1.example", "w2.example"]


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"type": "sunbid/anchors/2"}, "field_wrong", "type"),
        ({"demonstration": False}, "origin_wrong", "origin"),
        ({"origin": "log.example"}, "origin_wrong", "origin"),
        ({"origin": "other.example/demonstration"}, "origin_wrong", "log_key"),
        ({"log_key": notes.verifier_key(ORIGIN, notes.WITNESS_KEY, LOG).text}, "vkey_type_unknown", "log_key"),
        ({"witnesses": [notes.verifier_key("w", notes.LOG_KEY, key(4)).text]}, "vkey_type_unknown", "witnesses"),
        (
            {"witnesses": [notes.verifier_key(name, notes.WITNESS_KEY, key(4)).text for name in ("w1", "w2")]},
            "witness_twice",
            "witnesses",
        ),
        ({"witness_quorum": 3}, "witness_quorum_wrong", "witness_quorum"),
        ({"witness_quorum": -1}, "witness_quorum_wrong", "witness_quorum"),
        ({"witness_quorum": True}, "field_wrong", "witness_quorum"),
        ({"trustees": {"T1": "short"}}, "field_wrong", "trustees[...]"),
        ({"more": 1}, "field_wrong", "more"),
    ],
)
def test_bad_anchors_are_refused_and_named(changes: dict[str, Any], reason: str, field: str) -> None:
    with pytest.raises(Malformed) as refusal:
        anchors.parse(written(**changes))
    assert (refusal.value.reason, refusal.value.field) == (reason, field)


@pytest.mark.parametrize(("quorum", "enough"), [(0, True), (1, True), (2, False)])
def test_a_checkpoint_needs_the_quorum(quorum: int, enough: bool) -> None:
    text = notes.Checkpoint(ORIGIN, 7, b"r" * 32).text
    signatures = (notes.sign(text, ORIGIN, LOG), notes.cosign(text, "w1.example", WITNESSES["w1.example"], NOW))
    found = anchors.parse(written(witness_quorum=quorum))
    note = notes.Note(text, signatures).data
    if enough:
        assert anchors.open_checkpoint(found, note).checkpoint.size == 7
    else:
        with pytest.raises(Malformed, match="witnesses_missing"):
            anchors.open_checkpoint(found, note)
