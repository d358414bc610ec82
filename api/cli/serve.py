"""``sunbid serve``."""

from __future__ import annotations

import click

from api import server
from api.cli.output import say, shown


@click.command("serve")
@shown
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--processes",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="回答请求的进程数，宜与处理器核数相同 · processes that answer, best one for each core",
)
def serve(host: str, port: int, processes: int) -> None:
    """启动服务器；设置取自环境变量 · Run the server; its settings are SUNBID_… variables.

    \b
    SUNBID_HOME=/var/lib/sunbid SUNBID_ORIGIN=ggzy.example/log sunbid serve --port 8080
    """
    say(f"服务器在 http://{host}:{port}，按 Ctrl-C 停止。", f"Serving at http://{host}:{port}; Ctrl-C stops it.")
    server.serve(host, port, processes)
