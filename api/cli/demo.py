"""``sunbid demo``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from api import demo as play
from api.cli.options import FOLDER


@click.command("demo")
@click.option("--once", is_flag=True, help="不等最后一分钟，做完即止 · without the real-time minute; ends by itself")
@click.option("--json", "as_json", is_flag=True, help="最后一行为 JSON · the last line is one JSON object")
@click.option(
    "--portal/--no-portal",
    default=None,
    help="之后开放门户，按 Ctrl-C 结束 · then serve the portal, until Ctrl-C; in a terminal by default",
)
@click.option("--directory", type=FOLDER, help="存放目录 · where everything is put; a new folder by default")
def demo(directory: Path | None, *, once: bool, as_json: bool, portal: bool | None) -> None:
    """演示一个工程项目：公告、澄清、密封投标、开标、评标、定标、核验 · Play a whole construction tender.

    \b
    sunbid demo
    sunbid demo --once --json
    """
    wanted = not once and not as_json and sys.stdout.isatty() if portal is None else portal
    raise click.exceptions.Exit(play.run(once, as_json, directory, wanted))
