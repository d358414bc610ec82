"""One running site with an open tender for all tests of the edge: they only read, or are refused.

A module whose `DATABASES` names both runs on both; others run on SQLite.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import servers
from tests.accounts import Browser, Make, Person, person
from tests.serving import site
from tests.stage import AGENCY, Stage


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test runs once on each database that its module names."""
    if "database" in metafunc.fixturenames:
        named = getattr(metafunc.module, "DATABASES", ("sqlite",))
        metafunc.parametrize("database", named, indirect=True, scope="module")


@pytest.fixture(scope="module")
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """SQLAlchemy URL of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('database')}/sunbid.db"
    else:
        with servers.postgres_database(request.getfixturevalue("postgres")) as url:
            yield url


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, database: str) -> Iterator[Stage]:
    """A published tender with one bid."""
    folder: Path = tmp_path_factory.mktemp("edge")
    with site(folder / "home", database) as running:
        made = Stage(running, folder / "parties")
        made.publish()
        made.bid(made.bidder(0), "3680000.00")
        yield made


@pytest.fixture
def browser(stage: Stage) -> Iterator[Make]:
    """Makes browsers, of nobody or signed in as somebody; attempts of others before it are forgotten."""
    made: list[Browser] = []

    def make(who: Person | None = None, *, forgetting: bool = True) -> Browser:
        if forgetting:
            with stage.site.desk.work.unit() as unit:
                unit.connection.exec_driver_sql("DELETE FROM attempts")
        made.append(Browser(stage.site))
        if who is not None:
            who.by = max(who.by, 0)
            assert made[-1].sign_in(who).status_code == 303
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def clerk(stage: Stage) -> Person:
    """Somebody of the agency, with an authenticator."""
    return person(stage.site, AGENCY, "agency")


@pytest.fixture
def bidder(stage: Stage) -> Person:
    """Somebody of a bidder, with a password alone."""
    return person(stage.site, stage.bidder(0).code, "bidder", second=False)
