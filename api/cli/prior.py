"""``sunbid prior``: notices before the publication, and comments on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from api.cli.options import FILE, with_client
from api.cli.output import shown
from api.tools import agency
from api.tools.client import Client


@click.group()
def prior() -> None:
    """发布前公示与意见：单一来源公示等 · Notices before the publication, and comments on them."""


@prior.command("propose")
@shown
@with_client
@click.argument("tender")
@click.argument("content", type=FILE)
def propose(client: Client, tender: str, content: Path) -> Any:
    """提请公示，由另一人核准 · Propose a prior notice; another person approves it.

    \b
    sunbid prior propose YZ-431102-CG-2026-0001 notice.toml
    notice.toml: documents = ["论证意见.pdf"]；until（可不写 · optional）；[said] 各项见程序 · its items
    """
    return agency.announce(client, tender, agency.read_content(content), content.parent)


@prior.command("show")
@shown
@with_client
@click.argument("tender", metavar="[TENDER]", required=False)
def show(client: Client, tender: str | None) -> Any:
    """查看一个项目的公示，或列出全部 · The prior notices of a tender, or all that there are.

    sunbid prior show YZ-431102-CG-2026-0001
    """
    return client.get(f"/tenders/{tender}/prior-notices") if tender else list(client.items("/prior-notices"))


@prior.command("comment")
@shown
@with_client
@click.argument("tender")
@click.argument("text", type=FILE)
def comment(client: Client, tender: str, text: Path) -> Any:
    """公示期内提出意见或者异议 · Comment on a notice while it stands.

    sunbid prior comment YZ-431102-CG-2026-0001 comment.txt
    """
    return client.post(f"/tenders/{tender}/comments", {"text": text.read_text("utf-8").strip()})


@prior.command("comments")
@shown
@with_client
@click.argument("tender")
def comments(client: Client, tender: str) -> Any:
    """列出可见的意见与答复 · The comments that one may read, with their answers.

    sunbid prior comments YZ-431102-CG-2026-0001
    """
    return list(client.items(f"/tenders/{tender}/comments"))


@prior.command("answer")
@shown
@with_client
@click.argument("tender")
@click.argument("comment")
@click.argument("answer", type=FILE)
@click.option(
    "--outcome",
    required=True,
    type=click.Choice(["upheld", "partly_upheld", "dismissed"]),
    help="成立、部分成立、不成立 · what became of it",
)
def answer(client: Client, tender: str, comment: str, answer: Path, outcome: str) -> Any:
    """公开答复一条意见 · Answer a comment in public.

    sunbid prior answer YZ-431102-CG-2026-0001 COMMENT answer.txt --outcome dismissed
    """
    body = {"comment": comment, "outcome": outcome, "answer": answer.read_text("utf-8").strip()}
    return client.post(f"/tenders/{tender}/comment-answers", body)
