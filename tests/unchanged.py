"""Whether anything was changed: all rows of all tables, before and after."""

from __future__ import annotations

from typing import Any

from sqlalchemy import inspect

from tests.stage import Stage

#: What looking at a page may leave behind: when a session was last used, and who looked. Checkpoints
#: follow the entries, which are compared.
LEFT = {"sessions", "access_log", "checkpoints"}


def kept(stage: Stage) -> dict[str, list[Any]]:
    """All rows of all tables, without what looking may leave."""
    stage.settle()
    with stage.site.desk.work.reading() as connection:
        names = [name for name in inspect(connection).get_table_names() if name not in LEFT]
        return {name: list(connection.exec_driver_sql(f'SELECT * FROM "{name}"').all()) for name in names}


def changed(stage: Stage, before: dict[str, list[Any]]) -> list[str]:
    """The tables that are not as they were."""
    after = kept(stage)
    return [name for name in after if sorted(map(repr, after[name])) != sorted(map(repr, before[name]))]
