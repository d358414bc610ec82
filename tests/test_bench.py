"""The bench runs, with sizes too small to say anything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_bench_measures_everything() -> None:
    command = [sys.executable, "-m", "bench", "--quick"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    figures = [line.split(" | ")[0].removeprefix("| ") for line in done.stdout.splitlines() if line.startswith("| ")]
    assert figures[1:] == [
        "acceptance",
        "acceptance, p50",
        "acceptance, p99",
        "upload",
        "memory of the client, uploading 9 MiB",
        "memory of the server, taking 9 MiB",
        "sealing",
        "opening documents",
        "memory of sealing 9 MiB",
        "memory of opening 9 MiB",
        "sealing in a browser",
        "memory of the page, sealing 2 MiB",
        "verifier, log of 1,000",
        "evaluation of 3 bids, 2 criteria, 3 experts",
        "the same, recomputed by the verifier",
        "verifier, dossier of 3 bids",
        "decision in an auction, 5 bidders, 5 watchers, p99",
        "change at the watchers, 5 bidders, 5 watchers, p99",
        "opening of 4 bids, PostgreSQL",
        "lists and searches made anew, 50 notices, 16 clients, 2 processes, p95, PostgreSQL",
        "lots made anew, 50 notices, 16 clients, 2 processes, p95, PostgreSQL",
        "kept page, 2 processes, PostgreSQL",
        "lists and searches made anew, 50 notices, 16 clients, 2 processes, p95, SQLite",
        "lots made anew, 50 notices, 16 clients, 2 processes, p95, SQLite",
        "kept page, 2 processes, SQLite",
        "draw of 7 out of 20 experts, 3 replaced, SQLite",
        "event at the last of 5 live readers",
        "opening of 4 bids, SQLite",
    ]
