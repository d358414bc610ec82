"""A skipped test fails the run, in whatever way it was skipped."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
WAYS = {
    "mark": "@pytest.mark.skip(reason='later')\ndef test_it(): pass",
    "call": "def test_it(): pytest.skip('later')",
    "module": "pytest.skip('later', allow_module_level=True)",
    "import": "pytest.importorskip('no_such_module')",
    "xfail": "@pytest.mark.xfail\ndef test_it(): assert False",
}


def test_skipping_fails(tmp_path: Path) -> None:
    for way, body in WAYS.items():
        (tmp_path / f"test_{way}.py").write_text(f"import pytest\n{body}\n")
    options = ["-q", "--continue-on-collection-errors", "-p", "tests.conftest", "--rootdir", str(tmp_path)]
    command = [sys.executable, "-m", "pytest", *options, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout
    refused = {line for line in done.stdout.splitlines() if "tests are not skipped here" in line}
    assert [way for way in WAYS if not any(f"test_{way}.py" in line for line in refused)] == []
    assert "passed" not in done.stdout
