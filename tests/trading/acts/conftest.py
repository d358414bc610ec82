"""An office on each database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.trading.acts.office import Office


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    """An agency before its first tender; each test on SQLite and on PostgreSQL."""
    opened = Office(database_url)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def small_office(sqlite_url: str) -> Iterator[Office]:
    """The same on SQLite only, for what no database decides."""
    opened = Office(sqlite_url)
    yield opened
    opened.engine.dispose()
