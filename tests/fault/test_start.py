"""A database that may forget, one that was set back, clocks that are wrong: the system stops, and says why."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from api import build
from notary import clock
from notary.errors import Held
from tests import servers
from tests.copies import original
from tests.serving import Site, settings, site
from tests.stage import Stage

pytestmark = pytest.mark.fault


@pytest.fixture(scope="module")
def cluster() -> Iterator[Path]:
    """A PostgreSQL of its own, to be run with dangerous settings."""
    with servers.postgres_cluster() as folder:
        yield folder


@pytest.mark.parametrize(
    ("setting", "value"),
    [("fsync", "off"), ("full_page_writes", "off"), ("synchronous_commit", "off"), ("synchronous_commit", "local")],
)
def test_a_forgetful_database_is_refused(cluster: Path, setting: str, value: str, tmp_path: Path) -> None:
    with servers.postgres_running(cluster, **{setting: value}) as url, pytest.raises(Held) as held:
        build.desk(settings(tmp_path, url))
    assert held.value.reason == "database_not_durable"
    assert held.value.facts == {"setting": setting}


def test_a_durable_database_is_taken(cluster: Path, tmp_path: Path) -> None:
    with servers.postgres_running(cluster) as url, site(tmp_path / "home", url, ticking=False) as running:
        running.tick()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_old_copy_of_the_database_does_not_go_on(kind: str, postgres: str, tmp_path: Path) -> None:
    """R-04. The world has seen more than the database knows: to go on would be another log under the same name."""
    with original(tmp_path / "home", kind, postgres) as made:
        with site(made.home, made.database_url, ticking=False) as running:
            _grow(running)
        with made.copied(tmp_path / "copy") as old_url:
            with site(made.home, made.database_url, ticking=False) as running:
                _grow(running)
                shown = running.desk.log.published()
            with site(made.home, old_url, ticking=False) as running:
                _refused(running, "log_behind", 1)
                assert running.desk.log.published() == shown
            # The log's files are as old as the database: the witness still knows better.
            shutil.copytree(made.home / "witness", tmp_path / "copy" / "witness", dirs_exist_ok=True)
            with site(tmp_path / "copy", old_url, ticking=False) as running:
                _refused(running, "log_behind", 1)
                _refused(running, "log_forked", 2)
                _refused(running, "log_forked", 1)


def test_a_clock_behind_the_log_stops_it(database_url: str, tmp_path: Path) -> None:
    with site(tmp_path / "home", database_url, ticking=False) as running:
        _grow(running)
        shown = running.desk.log.published()
        (tmp_path / "home" / "clock").write_text("-60", "ascii")
        _refused(running, "clock_behind_log", 1)
        assert running.desk.log.published() == shown


def test_while_clocks_disagree_nothing_is_closed(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record goes on meanwhile. With SQLite there is only one clock."""
    with site(tmp_path / "home", postgres_url, ticking=False) as running:
        stage = Stage(running, tmp_path / "parties")
        stage.publish()
        stage.pass_until(stage.deadline() + timedelta(seconds=1))
        host_time = clock.host_time
        with monkeypatch.context() as wrong:
            wrong.setattr(clock, "host_time", lambda: host_time() - timedelta(seconds=1.5))
            with pytest.raises(Held, match="clocks_disagree"):
                running.tick()
        assert stage.stage() == "open"
        stage.settle()
        running.tick()
        assert stage.stage() == "failed"


def _grow(running: Site, count: int = 3) -> None:
    """Make a few entries, and publish them."""
    with running.desk.work.unit() as unit:
        for _ in range(count):
            unit.record("trial", "", "", {}, disclosed=True)
    running.tick()


def _refused(running: Site, reason: str, count: int) -> None:
    with pytest.raises(Held, match=reason):
        _grow(running, count)
