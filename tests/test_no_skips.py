"""A skipped test fails the run, in whatever way it was skipped."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WAYS = {
    "mark": "@pytest.mark.skip(reason='later')\ndef test_it(): pass",
    "call": "def test_it(): pytest.skip('later')",
    "module": "pytest.skip('later', allow_module_level=True)",
    "import": "pytest.importorskip('no_such_module')",
    "xfail": "@pytest.mark.xfail\ndef test_it(): assert False",
}


@pytest.mark.parametrize("way", WAYS)
def test_skipping_fails(way: str, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(f"import pytest\n{WAYS[way]}\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "--rootdir", str(tmp_path), str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in (1, 2), done.stdout
    assert "tests are not skipped here" in done.stdout
