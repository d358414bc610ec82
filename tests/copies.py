"""A Sunbid that was prepared once, folder and database, and is copied for each run."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import servers


@dataclass(frozen=True)
class Original:
    """home: of a server that has stopped. database_url: a SQLite file in home, or a database nobody connects to."""

    home: Path
    database_url: str

    @contextmanager
    def copied(self, home: Path) -> Iterator[str]:
        """Copy the folder to `home`, and the database; its URL. The copy of a PostgreSQL database goes at the end."""
        shutil.copytree(self.home, home)
        if self.database_url.startswith("sqlite"):
            yield sqlite_in(home)
            return
        server, name = re.subn(r"/(\w+)\?", "/postgres?", self.database_url)[0], self._name()
        with servers.postgres_database(server, template=name) as url:
            yield url

    def _name(self) -> str:
        found = re.search(r"/(\w+)\?", self.database_url)
        assert found is not None
        return found[1]


def sqlite_in(home: Path) -> str:
    """The URL of the SQLite file in a home."""
    return f"sqlite:///{home / 'sunbid.db'}"


@contextmanager
def original(home: Path, kind: str, postgres: str) -> Iterator[Original]:
    """An empty one to prepare. kind: ``sqlite`` or ``postgresql``; postgres: the cluster's URL."""
    if kind == "sqlite":
        yield Original(home, sqlite_in(home))
        return
    with servers.postgres_database(postgres) as url:
        yield Original(home, url)
