"""``sunbid admin|fsck|upload|migrate|doctor``: for whoever runs the server, on its machine."""

from __future__ import annotations

from typing import Any

import click

from api import upkeep
from api.cli.output import REFUSED, show, shown

AS_JSON = click.option("--json", "as_json", is_flag=True, help="以 JSON 输出 · data as JSON")


@click.group()
def admin() -> None:
    """首位管理员 · The first administrator."""


@admin.command("create")
@shown
def create() -> Any:
    """输出一次性链接，用以领取管理员令牌 · Print the one-time link to an administrator's token.

    sunbid admin create > link.txt && sunbid token claim link.txt
    """
    return upkeep.admin_link()


@click.command("fsck")
@AS_JSON
def fsck(*, as_json: bool) -> None:
    """核对数据库、文件与日志；有问题时退出码为 1 · Check database, files and log; exit code 1 when something is wrong.

    sunbid fsck
    """
    _report(upkeep.fsck(), as_json=as_json)


@click.group()
def upload() -> None:
    """未用的上传 · Uploads that nobody used."""


@upload.command("gc")
@shown
def collect() -> Any:
    """清除截标后未用的上传 · Remove uploads that no bid used.

    sunbid upload gc
    """
    return upkeep.upload_gc()


@click.command("migrate")
@shown
def migrate() -> Any:
    """升级数据库 · Bring the database up to date.

    sunbid migrate
    """
    return upkeep.migrate()


@click.command("doctor")
@AS_JSON
def doctor(*, as_json: bool) -> None:
    """检查运行环境；有问题时退出码为 1 · Check the machine; exit code 1 when something is wrong.

    sunbid doctor
    """
    _report(upkeep.doctor(), as_json=as_json)


def _report(problems: list[Any], *, as_json: bool) -> None:
    show(problems, as_json=as_json)
    if problems:
        raise click.exceptions.Exit(REFUSED)
    click.echo("✓ 未发现问题 · nothing is wrong", err=True)
