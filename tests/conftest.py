"""What all tests share: servers of their own, fresh databases, and no skipping."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests import servers

# Two test processes share two cores: how long an example took says nothing. Speed is the matter of bench/.
settings.register_profile("sunbid", deadline=None)
settings.load_profile("sunbid")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """SQLAlchemy URL of a private PostgreSQL cluster: one per test process, 1.1 s, started when first wanted."""
    with servers.postgres_server() as url:
        yield url


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    """SQLAlchemy URL of an empty PostgreSQL database."""
    with servers.postgres_database(postgres) as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """SQLAlchemy URL of an empty SQLite file."""
    return f"sqlite:///{tmp_path / 'sunbid.sqlite'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """SQLAlchemy URL of an empty database: each test that takes it runs on SQLite and on PostgreSQL."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture(scope="session")
def redis() -> Iterator[str]:
    """URL of a private Redis, started when first wanted."""
    with servers.redis_server() as url:
        yield url


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse_to_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_to_skip(report)
    return report


def _refuse_to_skip(report: Any) -> None:
    """A skipped test, or one expected to fail, looks like a passed one in a long list: it fails."""
    if report.outcome == "skipped":
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: tests are not skipped here ({report.longrepr})"
        vars(report).pop("wasxfail", None)
