"""``sunbid tender``: from draft to deadline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from api.cli.options import FILE, read_object, with_client, with_vault
from api.cli.output import shown
from api.tools import agency
from api.tools.client import Client
from api.tools.vault import Vault


@click.group()
def tender() -> None:
    """招标：拟稿、公告、澄清、核准 · Tenders up to their deadline."""


@tender.command("draft")
@shown
@with_client
@with_vault
@click.argument("content", type=FILE)
def draft(client: Client, vault: Vault, content: Path) -> Any:
    """由 TOML 或 JSON 文件拟稿，并上传其中列出的文件 · Make a draft; uploads the documents it names.

    \b
    sunbid tender draft tender.toml
    tender.toml: documents = ["招标文件.pdf"]  # 评标密钥自动生成并存入密钥库 · the evaluation key is made
    """
    return {"tender": agency.draft(client, vault, agency.read_content(content), content.parent)}


@tender.command("key")
@shown
@with_vault
def key(vault: Vault) -> Any:
    """生成评标密钥存入密钥库，打印公钥 · Make an evaluation key, kept in the vault; prints its public half.

    sunbid tender key
    """
    return {"evaluation_key": agency.evaluation_key(vault)}


@tender.command("publish")
@shown
@with_client
@click.argument("code", metavar="TENDER")
def publish(client: Client, code: str) -> Any:
    """提请发布，由另一人核准 · Ask for publication; another person approves it.

    sunbid tender publish YZ-431102-GC-2026-0001
    """
    return client.post(f"/tenders/{code}/publication", {})


@tender.command("amend")
@shown
@with_client
@click.argument("code", metavar="TENDER")
@click.argument("content", type=FILE)
def amend(client: Client, code: str, content: Path) -> Any:
    """提请修改或澄清，由另一人核准 · Propose an amendment; another person approves it.

    \b
    sunbid tender amend YZ-431102-GC-2026-0001 amendment.toml
    amendment.toml: reason, affects_bids, changes, deadline（可不写 · may be left out）
    """
    return agency.amend(client, code, agency.read_content(content), content.parent)


@tender.command("approve")
@shown
@with_client
@click.argument("code", metavar="TENDER")
@click.option("--proposal", required=True, help="提请编号 · id of the proposal")
@click.option("--content", required=True, help="所见内容的哈希 · hash of what you have seen")
def approve(client: Client, code: str, proposal: str, content: str) -> Any:
    """核准他人的提请 · Approve what another person proposed.

    sunbid tender approve YZ-431102-GC-2026-0001 --proposal ID --content HASH
    """
    return client.post(f"/tenders/{code}/approvals", {"proposal": proposal, "content": content})


@tender.command("ask")
@shown
@with_client
@click.argument("code", metavar="TENDER")
@click.argument("question", type=FILE)
def ask(client: Client, code: str, question: Path) -> Any:
    """提问，公布时不显示提问人 · Ask; the asker is not shown.

    sunbid tender ask YZ-431102-GC-2026-0001 question.txt
    """
    return client.post(f"/tenders/{code}/questions", {"question": question.read_text("utf-8").strip()})


@tender.command("questions")
@shown
@with_client
@click.argument("code", metavar="TENDER")
def questions(client: Client, code: str) -> Any:
    """列出提问与答复 · Questions and answers.

    sunbid tender questions YZ-431102-GC-2026-0001
    """
    return list(client.items(f"/tenders/{code}/questions"))


@tender.command("answer")
@shown
@with_client
@click.argument("code", metavar="TENDER")
@click.argument("question")
@click.argument("answer", type=FILE)
def answer(client: Client, code: str, question: str, answer: Path) -> Any:
    """公开答复一个提问 · Answer a question in public.

    sunbid tender answer YZ-431102-GC-2026-0001 QUESTION answer.txt
    """
    body = {"question": question, "answer": answer.read_text("utf-8").strip()}
    return client.post(f"/tenders/{code}/answers", body)


@tender.command("show")
@shown
@with_client
@click.argument("code", metavar="[TENDER]", required=False)
def show(client: Client, code: str | None) -> Any:
    """查看一个项目，或列出全部 · Show one tender, or list them all.

    sunbid tender show YZ-431102-GC-2026-0001
    """
    return client.get(f"/tenders/{code}") if code else list(client.items("/tenders"))


@tender.command("committee")
@shown
@with_client
@click.argument("code", metavar="TENDER")
@click.argument("members", type=FILE)
def committee(client: Client, code: str, members: Path) -> Any:
    """登记评标委员会 · Set the evaluation committee, after the closing.

    \b
    sunbid tender committee YZ-431102-GC-2026-0001 committee.json
    committee.json: {"members": [{"person": "…", "role": "expert"}]}
    """
    return client.post(f"/tenders/{code}/committee", read_object(members))


@tender.command("invite")
@shown
@with_client
@click.argument("code", metavar="TENDER")
@click.argument("content", type=FILE)
def invite(client: Client, code: str, content: Path) -> Any:
    """提请增加被邀请人，由另一人核准 · Propose to invite more bidders; another person approves it.

    \b
    sunbid tender invite YZ-431102-GC-2026-0001 further.toml
    further.toml: bidders, reason, way, pool（后两项依程序 · the last two as the procedure asks）
    """
    return client.post(f"/tenders/{code}/invitations", agency.read_content(content))


@tender.command("invited")
@shown
@with_client
@click.argument("code", metavar="TENDER")
def invited(client: Client, code: str) -> Any:
    """列出本单位项目的被邀请人 · Who is invited, for the agency alone before the opening.

    sunbid tender invited YZ-431102-GC-2026-0001
    """
    return list(client.items(f"/tenders/{code}/invitations"))


@tender.command("fail")
@shown
@with_client
@click.argument("code", metavar="TENDER")
@click.option("--reason", required=True, help="原因代号 · slug of the reason")
@click.option("--detail", required=True, help="说明 · in words")
def fail(client: Client, code: str, reason: str, detail: str) -> Any:
    """终止项目 · End a tender without an award.

    sunbid tender fail YZ-431102-GC-2026-0001 --reason cancelled --detail 资金未落实
    """
    return client.post(f"/tenders/{code}/failure", {"reason": reason, "detail": detail})


@tender.command("hold")
@shown
@with_client
@click.argument("code", metavar="TENDER")
@click.option("--reason", required=True, help="理由 · why")
def hold(client: Client, code: str, reason: str) -> Any:
    """责令暂停（监督部门） · Put on hold, as the supervisor.

    sunbid tender hold YZ-431102-GC-2026-0001 --reason 投诉受理期间暂停
    """
    return client.post(f"/tenders/{code}/holds", {"reason": reason})


@tender.command("lift")
@shown
@with_client
@click.argument("code", metavar="TENDER")
@click.option("--reason", required=True, help="理由 · why")
def lift(client: Client, code: str, reason: str) -> Any:
    """解除暂停（监督部门） · Lift a hold, as the supervisor.

    sunbid tender lift YZ-431102-GC-2026-0001 --reason 投诉已处理
    """
    return client.post(f"/tenders/{code}/lifts", {"reason": reason})
