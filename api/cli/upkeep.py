"""``sunbid admin|fsck|upload|migrate|doctor``: for whoever runs the server, on its machine."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from api import upkeep
from api.cli.output import NotWell, say, shown


@click.group()
def admin() -> None:
    """首位管理员 · The first administrator."""


@admin.command("create")
@shown
@click.option("--url", default="http://127.0.0.1:8080", show_default=True, help="服务器地址 · the server's address")
@click.option("--code", help="运营单位代码（首次必填） · code of the operator, the first time")
@click.option("--name", help="运营单位名称（首次必填） · its name, the first time")
@click.option("--region", help="行政区划代码（首次必填） · GB/T 2260, the first time")
def create(url: str, code: str | None, name: str | None, region: str | None) -> Any:
    """输出一次性链接，用以领取管理员令牌 · Print the one-time link to an administrator's token.

    \b
    sunbid admin create --code 12431100MB0000001A --name 永州市公共资源交易中心 --region 431100 > link
    sunbid token claim link
    """
    return upkeep.admin_link(url=url, code=code, name=name, region=region)


@click.command("fsck")
@shown
def fsck() -> Any:
    """核对数据库、文件与日志；有问题时退出码为 1 · Check database, files and log; exit code 1 when something is wrong.

    sunbid fsck
    """
    found = [asdict(one) for one in upkeep.fsck()]
    if found:
        return NotWell(found)
    say("✓ 数据库、文件与日志一致。", "Database, files and log agree.")
    return found


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
@shown
def doctor() -> Any:
    """检查运行环境；有问题时退出码为 1 · Check the machine; exit code 1 when something is wrong.

    sunbid doctor
    """
    found = upkeep.doctor()
    data = [asdict(one) for one in found]
    return data if all(one.well for one in found) else NotWell(data)
