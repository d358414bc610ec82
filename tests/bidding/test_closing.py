"""A lot that ends at its closing: what was sealed is destroyed openly, and who had bid is told to nobody."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.serving import site
from tests.stage import Stage

VERIFIER = Path(__file__).parents[2] / "notary" / "verify.py"


def test_too_few_bids_are_destroyed_and_nobody_is_told_whose_they_were(tmp_path: Path, sqlite_url: str) -> None:
    with site(tmp_path / "home", sqlite_url) as running:
        stage = Stage(running, tmp_path / "parties")
        stage.publish()
        own = stage.bidder(0)
        stage.bid(own, "3680000.00")
        stage.bid(own, "3670000.00", replace=True)
        stage.close()
        dossier, anchors = tmp_path / "dossier.zip", tmp_path / "anchors.json"
        dossier.write_bytes(stage.dossier())
        anchors.write_text(json.dumps(stage.anchors()))
        assert stage.stage() == "failed"
        items = running.client().get(f"/tenders/{stage.tender}/record")["items"]
    kinds = [item["head"]["kind"] for item in items]
    assert kinds[-4:] == ["envelope_destroyed", "lot_closed", "envelope_destroyed", "lot_failed"]
    assert own.code not in json.dumps(items)
    done = subprocess.run(
        [sys.executable, "-I", VERIFIER, dossier, "--anchors", anchors], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
