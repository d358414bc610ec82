"""A stage's dossier before the verifier, in this process."""

from __future__ import annotations

import json
from pathlib import Path

from notary import verify
from tests.notary.verifying import dossier_report
from tests.stage import Stage


def anchors_of(stage: Stage) -> verify.Anchors:
    """The anchors as the verifier reads them."""
    return verify.parse_anchors(json.dumps(stage.anchors()).encode())


def check_dossier(stage: Stage, folder: Path) -> verify.Report:
    """The report on the tender's dossier, which passes."""
    report = dossier_report(folder, stage.dossier(), anchors_of(stage))
    assert report is not None
    assert report.exit_code() == 0, [outcome for outcome in report.outcomes if outcome.result != "passed"]
    return report
