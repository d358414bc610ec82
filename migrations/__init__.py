"""The database's history: Alembic revisions, run by `sunbid migrate` and at the start of `sunbid serve`.

There is no way down: the record is append-only, and so is what it lies in. Each revision works with the release before
it, so servers may be replaced one by one.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def upgrade(connection: Connection) -> None:
    """Bring the database of an open transaction to the newest revision: all of it with the commit, or nothing."""
    command.upgrade(_config(connection), "head")


def revisions() -> tuple[str, ...]:
    """The revisions that this release knows, the newest first: it works with that one."""
    return tuple(script.revision for script in ScriptDirectory.from_config(_config(None)).walk_revisions())


def current(connection: Connection) -> str | None:
    """The revision of the database; None of an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def _config(connection: Connection | None) -> Config:
    config = Config(attributes={"connection": connection})
    # Config reads % as the beginning of a variable.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config
