"""``sunbid demo``."""

from __future__ import annotations

from pathlib import Path

import click

from api import demo as play
from api.cli.options import FOLDER


@click.command("demo")
@click.option("--once", is_flag=True, help="不等最后一分钟，做完即止 · without the real-time minute; ends by itself")
@click.option("--json", "as_json", is_flag=True, help="最后一行为 JSON · the last line is one JSON object")
@click.option("--directory", type=FOLDER, help="存放目录 · where everything is put; a new folder by default")
def demo(directory: Path | None, *, once: bool, as_json: bool) -> None:
    """演示一个工程项目：公告、澄清、密封投标、开标、评标、定标、核验 · Play a whole construction tender.

    \b
    sunbid demo
    sunbid demo --once --json
    """
    raise click.exceptions.Exit(play.run(once, as_json, directory))
