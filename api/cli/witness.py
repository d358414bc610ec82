"""``sunbid witness``: cosign a log's checkpoints, apart from the platform."""

from __future__ import annotations

from pathlib import Path

import click

from api import witness as app
from api.cli.options import FOLDER
from api.cli.output import say, shown


@click.group()
def witness() -> None:
    """见证人：核对并联署检查点 · A witness."""


@witness.command("serve")
@shown
@click.option("--name", required=True, help="见证人名称，如域名 · its name")
@click.option("--log", "logs", multiple=True, required=True, help="日志公钥（vkey） · verifier key of a log")
@click.option("--home", default=Path("witness"), show_default=True, type=FOLDER, help="密钥与状态 · key and state")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8081, show_default=True, type=click.IntRange(1, 65535))
@click.option("--demonstration", is_flag=True, help="见证演示日志 · witness demonstrations")
def serve(name: str, logs: tuple[str, ...], home: Path, host: str, port: int, *, demonstration: bool) -> None:
    """运行见证人；状态目录不可丢失或回退 · Run a witness; its state must never be lost or put back.

    sunbid witness serve --name w1.example --log 'yongzhou.example+1a2b3c4d+AQ…'
    """
    running = app.load(home, name, list(logs), demonstration=demonstration)
    say(f"见证人公钥：{running.vkey}", f"http://{host}:{port}/add-checkpoint")
    app.serve(running, host, port, demonstration=demonstration)
