"""``sunbid org|person|token``: what the administrator registers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from api.cli.options import FILE, TARGET, default_token_file, with_client
from api.cli.output import say, shown
from api.tools.client import Client
from api.tools.files import write_private

ROLES = ["agency", "bidder", "trustee", "expert", "supervisor", "administrator"]


@click.group()
def org() -> None:
    """登记单位 · Organisations."""


@org.command("add")
@shown
@with_client
@click.option("--code", required=True, help="统一社会信用代码 · its code")
@click.option("--name", required=True, help="名称 · its name")
@click.option("--region", required=True, help="行政区划代码 · GB/T 2260")
def add_organisation(client: Client, code: str, name: str, region: str) -> Any:
    """登记一个单位 · Register an organisation.

    sunbid org add --code 91430000MA4L00001A --name 湘江建设 --region 431102
    """
    return client.post("/organisations", {"code": code, "name": name, "region": region})


@click.group()
def person() -> None:
    """登记人员 · People."""


@person.command("add")
@shown
@with_client
@click.option("--organisation", required=True, help="单位代码 · code of the organisation")
@click.option("--name", required=True, help="姓名 · name")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(ROLES), help="角色，可多个 · roles")
def add_person(client: Client, organisation: str, name: str, roles: tuple[str, ...]) -> Any:
    """登记一个人 · Register a person.

    sunbid person add --organisation 91430000MA4L00001A --name 张三 --role bidder
    """
    return client.post("/people", {"organisation": organisation, "name": name, "roles": list(roles)})


@person.command("expert")
@shown
@with_client
@click.argument("person_id", metavar="PERSON")
@click.option("--speciality", "specialities", multiple=True, required=True, help="专业，可多个 · a speciality")
@click.option("--employer", "employers", multiple=True, help="任职单位代码[:最后一日] · an employer's code[:last day]")
@click.option("--suspended", is_flag=True, help="暂停 · not to be drawn or seated")
def set_expert(
    client: Client, person_id: str, specialities: tuple[str, ...], employers: tuple[str, ...], suspended: bool
) -> Any:
    """专家入库或更新 · Take an expert into the pool, or say anew all that it knows of one.

    sunbid person expert PERSON --speciality 公路工程 --employer 91430000MA4L00001A:2025-06-30
    """
    worked = [dict(zip(("employer", "until"), one.split(":", 1), strict=False)) for one in employers]
    body = {"specialities": list(specialities), "employments": worked, "suspended": suspended}
    return client.post(f"/people/{person_id}/expert", body)


@click.group()
def token() -> None:
    """访问令牌 · Tokens."""


@token.command("issue")
@shown
@with_client
@click.argument("person_id", metavar="PERSON")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 366), help="有效天数 · days")
@click.option("--out", type=TARGET, help="把令牌写入文件 · write the token to this file instead")
def issue(client: Client, person_id: str, days: int, out: Path | None) -> Any:
    """发给一个人令牌 · Issue a token to a person.

    sunbid token issue PERSON --days 30 --out bidder.token
    """
    return _kept(client.post(f"/people/{person_id}/tokens", {"days": days}), out)


@token.command("claim")
@shown
@with_client
@click.argument("claim_file", type=FILE)
@click.option("--out", type=TARGET, help="令牌文件 · the token's file; by default where every command looks")
def claim(client: Client, claim_file: Path, out: Path | None) -> Any:
    """用一次性链接换取令牌 · Turn a one-time link into a token.

    sunbid token claim link.txt
    """
    # A link such as https://example/claims#secret, or the secret alone.
    secret = claim_file.read_text("utf-8").strip().rpartition("#")[2]
    return _kept(client.post("/claims", {"claim": secret}), out or default_token_file())


def _kept(answer: dict[str, Any], out: Path | None) -> dict[str, Any]:
    if out is None:
        return answer
    write_private(out, answer["token"].encode("ascii"))
    say(f"令牌已写入 {out}（仅本人可读）。", f"The token is in {out}, for its owner only.")
    return {name: value for name, value in answer.items() if name != "token"}
