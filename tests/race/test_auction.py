"""An auction over two server processes: all bid in the last moments of each countdown, and many watch (39号令 17)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench import auction
from bench.figures import QUICK

pytestmark = pytest.mark.race

SIZES = replace(QUICK, auction_bidders=24, auction_seconds=30, watchers=40)


def test_last_moments(postgres_url: str, tmp_path: Path) -> None:
    """What was accepted is the record, which the verifier decides again; all watchers end in the same state."""
    fought, seen = auction.run(SIZES, tmp_path, postgres_url, burst=20)
    assert fought.answers["accepted"] == len(fought.accepted) >= 20
    for refusal in ("409 view_stale", "409 replayed", "409 not_above_by_step", "409 not_registered", "422 not_money"):
        assert fought.answers.get(refusal), fought.answers
    assert len(seen.ends) == SIZES.watchers
