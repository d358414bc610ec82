"""Each procedure of the catalogue whole, from the draft to the award, on both databases; verifier and fsck pass it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from api import upkeep
from tests.serving import site
from tests.stage import VALUES, Stage
from trading import procedures

VERIFIER = Path(__file__).parents[2] / "notary" / "verify.py"
#: What differs from the usual draft (tests/stage.py).
CHANGES = {
    "construction-open": {},
    "procurement-open": {"procedure": "procurement-open", "subject": "goods", "title": "测试校服采购"},
}

pytestmark = pytest.mark.story


def test_no_procedure_is_left_out() -> None:
    assert {one.name for one in procedures.catalogue()} == set(CHANGES) == set(VALUES)


@pytest.mark.parametrize("name", CHANGES)
def test_it_runs_whole_and_verifies(tmp_path: Path, database_url: str, name: str) -> None:
    with site(tmp_path / "home", database_url) as running:
        stage = Stage(running, tmp_path / "parties")
        stage.publish(**CHANGES[name])
        for number, price in enumerate(["3680000.00", "3650000.00", "3610000.00"]):
            stage.bid(stage.bidder(number), price)
        stage.open()
        winner = stage.evaluate()["ranked"][0]["bidder"]
        assert winner == stage.bidder(2).code
        stage.award(winner)
        assert stage.stage() == "awarded"
        dossier, anchors = tmp_path / "dossier.zip", tmp_path / "anchors.json"
        dossier.write_bytes(stage.dossier())
        anchors.write_text(json.dumps(stage.anchors()))
        settings = running.desk.settings
    done = subprocess.run(
        [sys.executable, "-I", VERIFIER, dossier, "--anchors", anchors], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert winner in done.stdout
    assert upkeep.fsck(settings) == []
