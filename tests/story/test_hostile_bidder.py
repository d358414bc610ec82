"""What one bidder sends must not spoil the tender of the others: its record, its opening, its dossier."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from api.tools import sealing
from api.tools.client import ServerRefused
from bidding import seal
from notary import canonical, chance, signing
from tests.serving import site
from tests.stage import Stage

VERIFIER = Path(__file__).parents[2] / "notary" / "verify.py"

pytestmark = pytest.mark.story


def test_a_late_statement_of_another_lot_is_not_recorded(tmp_path: Path, sqlite_url: str) -> None:
    with site(tmp_path / "home", sqlite_url) as running:
        stage = _with_three_bids(running, tmp_path)
        stage.close()
        own = stage.bidder(0)
        statement = {
            "type": "sunbid/withdrawal/1",
            "tender": stage.tender,
            "lot": "9",
            "bidder": own.code,
            "replaces": chance.token().hex(),
            "nonce": chance.token(16).hex(),
        }
        signed = signing.sign(statement, own.vault.signing_key("statement"))
        with pytest.raises(ServerRefused) as refused:
            own.client.post(f"/tenders/{stage.tender}/withdrawals", {"statement": signed})
        assert refused.value.reason == "lot_unknown"
        for name in ("T1", "T2"):
            stage.release(name)
        stage.until(lambda: stage.stage() == "opened")
        _verify(stage, tmp_path)


def test_a_form_nested_too_deep_for_the_record_does_not_open(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep: Any = "x"
    for _ in range(30):
        deep = [deep]
    with site(tmp_path / "home", sqlite_url) as running:
        stage = _with_three_bids(running, tmp_path)
        monkeypatch.setattr(sealing, "check_form", lambda _schema, values: values)
        monkeypatch.setattr(
            seal, "encode_form", lambda values: canonical.dumps({"type": seal.FORM_TYPE, "values": values})
        )
        stage.bid(stage.bidder(3), "3600000.00", quality=deep)
        bids = stage.open()
        assert [(bid["outcome"], bid["reason"]) for bid in bids] == [
            *[("opened", None)] * 3,
            ("unopenable", "form_layout"),
        ]
        _verify(stage, tmp_path)


def _with_three_bids(running: Any, folder: Path) -> Stage:
    stage = Stage(running, folder / "parties")
    stage.publish()
    for number, price in enumerate(["3680000.00", "3650000.00", "3700000.00"]):
        stage.bid(stage.bidder(number), price)
    return stage


def _verify(stage: Stage, folder: Path) -> None:
    dossier, anchors = folder / "dossier.zip", folder / "anchors.json"
    dossier.write_bytes(stage.dossier())
    anchors.write_text(json.dumps(stage.anchors()))
    done = subprocess.run(
        [sys.executable, "-I", VERIFIER, dossier, "--anchors", anchors], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
