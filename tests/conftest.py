"""What all tests share: servers of their own, fresh databases, and no skipping."""

from __future__ import annotations

import gc
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from sqlalchemy import make_url

from api import upkeep
from tests import servers, serving

# Two test processes share two cores: how long an example took says nothing. Speed is the matter of bench/.
settings.register_profile("sunbid", deadline=None)
settings.load_profile("sunbid")

# Some hundred servers live and die in a test process: looking through all that lives so often took a tenth of the time.
gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """SQLAlchemy URL of a private PostgreSQL cluster: one per test process, 1.1 s, started when first wanted."""
    with servers.postgres_server() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_postgres(postgres: str) -> Iterator[str]:
    """Name of a database as `sunbid migrate` leaves it, for others to be copied from: 0.1 s instead of 0.6 s."""
    with servers.postgres_database(postgres) as url, tempfile.TemporaryDirectory() as home:
        upkeep.migrate(serving.settings(Path(home), url))
        yield str(make_url(url).database)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a file."""
    folder = tmp_path_factory.mktemp("migrated")
    file = folder / "sunbid.sqlite"
    upkeep.migrate(serving.settings(folder, f"sqlite:///{file}"))
    return file


@pytest.fixture
def postgres_url(postgres: str, migrated_postgres: str) -> Iterator[str]:
    """SQLAlchemy URL of a migrated PostgreSQL database with nothing in it."""
    with servers.postgres_database(postgres, migrated_postgres) as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path, migrated_sqlite: Path) -> str:
    """SQLAlchemy URL of a migrated SQLite file with nothing in it."""
    return f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path)}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """SQLAlchemy URL of a migrated database: each test that takes it runs on SQLite and on PostgreSQL."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """SQLAlchemy URL of a database without tables, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'sunbid.sqlite'}"
    else:
        with servers.postgres_database(request.getfixturevalue("postgres")) as url:
            yield url


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
