"""How every command speaks: data on stdout, messages on stderr in Chinese and then English, an exit code."""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from api.tools.client import ServerRefused, Unreachable
from notary.errors import Held, Refusal

REFUSED = 1
TRY_AGAIN = 3

Command = Callable[..., Any]


@dataclass(frozen=True)
class NotWell:
    """Data that says that something is wrong: shown as any other, with exit code 1."""

    data: Any


def shown(function: Command) -> Command:
    """The command prints what it returns, as text or (``--json``) as one JSON value; a refusal sets the exit code."""

    @click.option("--json", "as_json", is_flag=True, help="以 JSON 输出 · data as one JSON object")
    @functools.wraps(function)
    def command(*, as_json: bool, **arguments: Any) -> None:
        try:
            result = function(**arguments)
            show(result.data if isinstance(result, NotWell) else result, as_json=as_json)
        except Refusal as refusal:
            tell(refusal, as_json=as_json)
            raise click.exceptions.Exit(exit_code(refusal)) from refusal
        except OSError as error:
            click.echo(f"{error.filename or ''}: {error.strerror or error}", err=True)
            raise click.exceptions.Exit(REFUSED) from error
        if isinstance(result, NotWell):
            raise click.exceptions.Exit(REFUSED)

    return command


def exit_code(refusal: Refusal) -> int:
    """3 when trying again later may succeed, else 1."""
    later = isinstance(refusal, Held | Unreachable) or (isinstance(refusal, ServerRefused) and refusal.busy)
    return TRY_AGAIN if later else REFUSED


def show(result: Any, *, as_json: bool) -> None:
    """Print data on stdout."""
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))
    elif isinstance(result, list):
        _show_list(result)
    elif isinstance(result, dict):
        _show_object(result)
    elif result is not None:
        click.echo(result)


def tell(refusal: Refusal, *, as_json: bool) -> None:
    """Print a refusal on stderr."""
    if as_json:
        told = {"reason": refusal.reason, "zh": refusal.zh, "en": refusal.en, "field": refusal.field}
        click.echo(json.dumps({**refusal.facts, **told, "cites": refusal.cites}, ensure_ascii=False), err=True)
        return
    cites = f"（{refusal.cites}）" if refusal.cites else ""
    field = f" [{refusal.field}]" if refusal.field else ""
    click.echo(f"✗ {refusal.zh}{cites}{field}", err=True)
    click.echo(f"  {refusal.en} ({refusal.reason})", err=True)
    for name, value in refusal.facts.items():
        click.echo(f"  {name}: {_text(value)}", err=True)


def say(zh: str, en: str) -> None:
    """Print a message on stderr."""
    click.echo(zh, err=True)
    click.echo(en, err=True)


def _show_object(result: dict[str, Any]) -> None:
    for name, value in result.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            click.echo(f"{name}:")
            _show_list(value)
        else:
            click.echo(f"{name}: {_text(value)}")


def _show_list(rows: list[Any]) -> None:
    if not rows or not isinstance(rows[0], dict):
        for row in rows:
            click.echo(_text(row))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in rows[0]:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(_text(row.get(name)) for name in rows[0]))
    # Nothing is cut off where a program reads.
    width = None if sys.stdout.isatty() else 10_000
    Console(width=width, highlight=False, markup=False, no_color="NO_COLOR" in os.environ).print(table)


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "是 yes" if value else "否 no"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
