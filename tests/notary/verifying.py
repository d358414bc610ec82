"""Runs the verifier in this process on bytes, as `python -I notary/verify.py` would."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from notary import verify
from tests.notary.world import World


def anchors_of(world: World) -> verify.Anchors:
    return verify.parse_anchors(json.dumps(world.anchors()).encode())


def dossier_report(
    folder: Path, dossier: bytes, anchors: verify.Anchors | None, since: verify.Note | None = None
) -> verify.Report | None:
    """The report on a dossier, or None when it cannot be read."""
    path = folder / "dossier.zip"
    path.write_bytes(dossier)
    try:
        return verify.verify_dossier(path, anchors, since)[1]
    except verify.Unreadable:
        return None


def failed(report: verify.Report) -> set[int]:
    return {outcome.number for outcome in report.outcomes if outcome.result == "failed"}


def refused(report: verify.Report | None) -> bool:
    """Whether the verifier said so: unreadable, or a failed check that is named."""
    if report is None:
        return True
    named = [o for o in report.outcomes if o.result == "failed"]
    return report.exit_code() == 1 and all(o.zh and o.en for o in named)


def results(report: verify.Report | None) -> dict[int, str]:
    assert report is not None
    return {outcome.number: outcome.result for outcome in report.outcomes}


def run(*arguments: Any) -> int:
    return verify.main([str(argument) for argument in arguments])
