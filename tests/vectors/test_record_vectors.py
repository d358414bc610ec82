"""The vectors of log, receipts and dossiers, by the server's code and by the verifier."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from notary import anchors, entries, merkle, notes, receipts, verify
from notary.errors import Malformed

FOLDER = Path(__file__).parent
RECEIPTS = sorted(p for p in (FOLDER / "receipt").glob("*.json") if not p.stem.startswith("held"))
HELD = sorted((FOLDER / "receipt").glob("held-*.json"))
DOSSIERS = sorted((FOLDER / "dossier").glob("*.zip"))


def load(path: Path) -> dict[str, Any]:
    """A vector."""
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def verifier_exit(vector: dict[str, Any]) -> int:
    """The exit code of the stand-alone verifier on a receipt."""
    known = verify.parse_anchors(json.dumps(vector["anchors"]).encode())
    try:
        report = verify.verify_receipt(
            json.dumps(vector["receipt"]).encode(), known, None, [bytes.fromhex(vector["bidder_key"])]
        )
    except verify.Unreadable:
        return 2
    return report.exit_code()


def test_log_vectors() -> None:
    vector = load(FOLDER / "log/log.json")
    for entry in vector["entries"]:
        salts = bytes.fromhex(entry["head_salt"]), bytes.fromhex(entry["body_salt"])
        commitment = entries.commitment(entry["head"], salts[0], entry["body"], salts[1])
        assert commitment.hex() == entry["commitment"] == vector["leaves"][entry["index"]]
        assert merkle.leaf_hash(commitment).hex() == entry["leaf_hash"]
    leaves = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in vector["leaves"]]
    assert [merkle.root(leaves[:size]).hex() for size in range(len(leaves) + 1)] == vector["roots"]
    opened = anchors.open_checkpoint(anchors.parse(vector["anchors"]), vector["checkpoint"].encode())
    assert opened.checkpoint.root.hex() == vector["roots"][opened.checkpoint.size]
    assert notes.parse_note(vector["checkpoint"].encode()).data.decode() == vector["checkpoint"]


@pytest.mark.parametrize("path", RECEIPTS, ids=lambda path: path.stem)
def test_receipt_vectors(path: Path) -> None:
    vector = load(path)
    known, key = anchors.parse(vector["anchors"]), bytes.fromhex(vector["bidder_key"])
    good = path.stem.startswith("good")
    if good:
        assert receipts.check(vector["receipt"], known, key).proved == (vector["receipt"]["proof"] is not None)
    else:
        with pytest.raises(Malformed):
            receipts.check(vector["receipt"], known, key)
    by_verifier = verifier_exit(vector)
    assert by_verifier == {"good": 0, "good-unproved": 3}[path.stem] if good else by_verifier in {1, 2}


@pytest.mark.parametrize("path", HELD, ids=lambda path: path.stem)
def test_receipts_held_against_a_dossier(path: Path) -> None:
    vector = load(path)
    known = verify.parse_anchors(json.dumps(vector["anchors"]).encode())
    keys = [bytes.fromhex(key) for key in vector["bidder_keys"]]
    receipt = json.dumps(vector["receipt"]).encode()
    report = verify.verify_receipt(receipt, known, path.with_suffix(".zip"), keys)
    assert report.exit_code() == vector["exit"]
    assert report.outcomes[4].result == {0: "passed", 1: "failed", 3: "not_checked"}[vector["exit"]]


@pytest.mark.parametrize("path", DOSSIERS, ids=lambda path: path.stem)
def test_dossier_vectors(path: Path) -> None:
    vector = load(path.with_suffix(".anchors.json"))
    known = verify.parse_anchors(json.dumps(vector["anchors"]).encode())
    if vector["check"] is None and path.stem.startswith("bad"):
        with pytest.raises(verify.Unreadable):
            verify.verify_dossier(path, known, None)
        return
    report = verify.verify_dossier(path, known, None)[1]
    failed = {outcome.number for outcome in report.outcomes if outcome.result == "failed"}
    if vector["check"] is None:
        assert report.exit_code() == 0
    elif path.stem.startswith("unsure"):
        assert report.outcomes[vector["check"] - 1].result == "not_checked"
        assert report.exit_code() == 3
    else:
        assert vector["check"] in failed
        assert report.exit_code() == 1
