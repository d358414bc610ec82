"""A town on SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.tools.town import Town, town


@pytest.fixture(name="town")
def _town(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    with town(tmp_path, sqlite_url, monkeypatch) as found:
        yield found
