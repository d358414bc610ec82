"""One tender from draft to verified award, over HTTP, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving import site
from tests.stage import Stage

VERIFIER = Path(__file__).parents[2] / "notary" / "verify.py"

pytestmark = pytest.mark.story


def test_a_whole_tender_verifies(tmp_path: Path, database_url: str) -> None:
    with site(tmp_path / "home", database_url) as running:
        stage = Stage(running, tmp_path / "parties")
        stage.publish()
        prices = ["3680000.00", "3650000.00", "3700000.00", "3610000.00"]
        for number, price in enumerate(prices):
            stage.bid(stage.bidder(number), price)
        stage.bid(stage.bidder(1), "3600000.00", replace=True)
        stage.withdraw(stage.bidder(2))
        bids = stage.open()
        assert [(bid["bidder"], bid["values"]["price"]) for bid in bids] == [
            (stage.bidder(0).code, "3680000.00"),
            (stage.bidder(3).code, "3610000.00"),
            (stage.bidder(1).code, "3600000.00"),
        ]
        ranking = stage.evaluate()
        winner = stage.bidder(1).code
        assert ranking["ranked"][0]["bidder"] == winner
        stage.award(winner)
        dossier, anchors = tmp_path / "dossier.zip", tmp_path / "anchors.json"
        dossier.write_bytes(stage.dossier())
        anchors.write_text(json.dumps(stage.anchors()))
    done = subprocess.run(
        [sys.executable, "-I", VERIFIER, dossier, "--anchors", anchors], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
