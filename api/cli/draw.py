"""``sunbid draw``: experts are drawn so that anybody can compute it again."""

from __future__ import annotations

from typing import Any

import click

from api.cli.options import with_client, with_trust
from api.cli.output import shown
from api.tools import draws as tool
from api.tools.client import Client
from api.tools.vault import Vault
from notary.anchors import Anchors


@click.group()
def draw() -> None:
    """随机抽取评标专家 · The draw of experts."""


@draw.command("call")
@shown
@with_client
@click.argument("tender")
@click.option(
    "--seats", type=(str, int), multiple=True, required=True, help="专业与人数，可重复 · speciality and how many"
)
@click.option("--supervisor", required=True, help="监督部门代码 · code of the supervisor's organisation")
@click.option("--operator", required=True, help="平台运营方代码 · code of the operator's organisation")
def call(client: Client, tender: str, seats: tuple[tuple[str, int], ...], supervisor: str, operator: str) -> Any:
    """招标人：公布化名的抽取名单 · The agency: put the pool into the record, under pseudonyms.

    sunbid draw call YZ-431102-GC-2026-0001 --seats 公路工程 3 --seats 工程造价 1 --supervisor 1143… --operator 9143…
    """
    groups = [{"speciality": speciality, "count": count} for speciality, count in seats]
    return client.post(f"/tenders/{tender}/draws", {"groups": groups, "supervisor": supervisor, "operator": operator})


@draw.command("show")
@shown
@with_client
@click.argument("tender")
def show(client: Client, tender: str) -> Any:
    """查看抽取的进展与结果 · How far the draws of a lot have come.

    sunbid draw show YZ-431102-GC-2026-0001
    """
    return list(client.items(f"/tenders/{tender}/draws"))


@draw.command("seated")
@shown
@with_client
@click.argument("tender")
def seated(client: Client, tender: str) -> Any:
    """招标人：抽中的人员 · The agency: who was drawn.

    sunbid draw seated YZ-431102-GC-2026-0001
    """
    return list(client.items(f"/tenders/{tender}/draws/seated"))


@draw.command("commit")
@shown
@with_trust
@click.argument("tender")
def commit(client: Client, vault: Vault, anchors: Anchors, tender: str) -> Any:
    """参与方：承诺随机值 · A party: commit to its values.

    sunbid draw commit YZ-431102-GC-2026-0001
    """
    return tool.commit(client, vault, anchors, tender)


@draw.command("reveal")
@shown
@with_trust
@click.argument("tender")
def reveal(client: Client, vault: Vault, anchors: Anchors, tender: str) -> Any:
    """参与方：公布随机值 · A party: reveal its value, or the one by which it stands in.

    sunbid draw reveal YZ-431102-GC-2026-0001
    """
    return tool.reveal(client, vault, anchors, tender)


@draw.command("withheld")
@shown
@with_client
@click.argument("tender")
@click.argument("of")
def withheld(client: Client, tender: str, of: str) -> Any:
    """招标人：记明某方未公布随机值，由替补公布 · The agency: state that a value was not revealed; another stands in.

    sunbid draw withheld YZ-431102-GC-2026-0001 11430000006123456X
    """
    return client.post(f"/tenders/{tender}/draw-withheld", {"of": of})


@draw.command("replace")
@shown
@with_client
@click.argument("tender")
@click.argument("person")
@click.option("--reason", type=click.Choice(["recused", "interested", "absent"]), required=True, help="理由 · why")
def replace(client: Client, tender: str, person: str, reason: str) -> Any:
    """招标人：抽中的人员回避或缺席，按抽取次序替补 · The agency: the next in order takes the seat of one who goes.

    sunbid draw replace YZ-431102-GC-2026-0001 5f1c… --reason absent
    """
    return client.post(f"/tenders/{tender}/draw-replacements", {"person": person, "reason": reason})


@draw.command("fail")
@shown
@with_client
@click.argument("tender")
@click.option("--reason", type=click.Choice(["abandoned", "withheld", "exhausted"]), required=True, help="理由 · why")
@click.option("--person", help="无人可替补的人员 · whose seat nobody is left to take")
def fail(client: Client, tender: str, reason: str, person: str | None) -> Any:
    """招标人：抽取无结果，可重新抽取 · The agency: a draw without result is ended; another may be called.

    sunbid draw fail YZ-431102-GC-2026-0001 --reason withheld
    """
    return client.post(f"/tenders/{tender}/draw-failures", {"reason": reason, "person": person})
