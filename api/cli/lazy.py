"""Commands that are imported when they are called: ``sunbid --help`` answers at once."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """A group of commands by name. commands_at: name to ``module:attribute`` and the line that help shows."""

    def __init__(self, *args: Any, commands_at: dict[str, tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self._commands_at = commands_at

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of work."""
        return list(self._commands_at)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name."""
        if cmd_name not in self._commands_at:
            return None
        module, _, attribute = self._commands_at[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing any."""
        with formatter.section("命令 · Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self._commands_at.items()])
