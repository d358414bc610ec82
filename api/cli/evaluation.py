"""``sunbid open|expert|evaluate|award``: from the opening to the award."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from api.cli.options import FILE, FOLDER, kind_option, read_object, with_client, with_vault
from api.cli.output import shown
from api.tools import agency
from api.tools import expert as tool
from api.tools.client import Client
from api.tools.vault import Vault


@click.command("open")
@shown
@with_client
@with_vault
@kind_option
@click.argument("tender")
@click.option("--out", type=FOLDER, help="目录 · the folder; TENDER.documents by default")
def open_documents(
    client: Client,
    vault: Vault,
    kind: str,
    tender: str,
    out: Path | None,
) -> Any:
    """开标后用评标密钥解密各投标文件 · Decrypt the documents of opened bids with the evaluation key.

    sunbid open YZ-431102-GC-2026-0001 --out bids
    """
    return agency.open_documents(client, vault, tender, kind, out or Path(f"{tender}.documents"))


@click.group()
def expert() -> None:
    """专家评分 · Score sheets."""


@expert.command("score")
@shown
@with_client
@click.argument("tender")
def score(client: Client, tender: str) -> Any:
    """输出空白评分表 · Print a blank score sheet.

    sunbid expert score YZ-431102-GC-2026-0001 --json > scores.json
    """
    return tool.blank(client, tender)


@expert.command("sign")
@shown
@with_client
@with_vault
@click.argument("tender")
@click.argument("sheet", type=FILE)
def sign(
    client: Client,
    vault: Vault,
    tender: str,
    sheet: Path,
) -> Any:
    """签署并提交评分表 · Sign a filled sheet and hand it in.

    sunbid expert sign YZ-431102-GC-2026-0001 scores.json
    """
    return tool.sign(client, vault, tender, read_object(sheet))


@expert.command("ask")
@shown
@with_client
@click.argument("tender")
@click.argument("bidder")
@click.option("--minutes", type=int, default=30, show_default=True, help="说明的时间（分钟） · minutes to explain")
def ask(client: Client, tender: str, bidder: str, minutes: int) -> Any:
    """要求投标人说明报价 · Ask a bidder to explain its price.

    sunbid expert ask YZ-431102-GC-2026-0001 91430000MA4L00001A --minutes 30
    """
    return client.post(f"/tenders/{tender}/explanation-requests", {"bidder": bidder, "minutes": minutes})


@click.command("evaluate")
@shown
@with_client
@click.argument("tender")
@click.option("--draw", multiple=True, help="抽签所得次序中的投标人 · tied bidders in the order drawn")
def evaluate(client: Client, tender: str, draw: tuple[str, ...]) -> Any:
    """评标并输出排名及算式 · Evaluate; prints the ranking with its arithmetic.

    sunbid evaluate YZ-431102-GC-2026-0001
    """
    return client.post(f"/tenders/{tender}/evaluation", {"draw": list(draw)} if draw else {})


@click.group()
def award() -> None:
    """公示与定标 · Candidates and award."""


@award.command("candidates")
@shown
@with_client
@click.argument("tender")
def candidates(client: Client, tender: str) -> Any:
    """公示中标候选人 · Publish the candidates.

    sunbid award candidates YZ-431102-GC-2026-0001
    """
    return client.post(f"/tenders/{tender}/candidates", {})


@award.command("propose")
@shown
@with_client
@click.argument("tender")
@click.option("--winner", required=True, help="中标人代码 · code of the winner")
@click.option("--reason", help="未定第一名时的理由 · why, where it is not the first")
def propose(client: Client, tender: str, winner: str, reason: str | None) -> Any:
    """提请定标，由另一人核准 · Propose the award; another person approves it.

    sunbid award propose YZ-431102-GC-2026-0001 --winner 91430000MA4L00001A
    """
    return client.post(f"/tenders/{tender}/award", {"winner": winner, "reason": reason})
