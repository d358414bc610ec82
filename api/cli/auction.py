"""``sunbid auction``: applications, admission, live bids, and what stops an auction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from api.cli.bid import WAIT, with_bidder
from api.cli.options import FILE, TARGET, with_client, with_trust
from api.cli.output import shown
from api.tools import auction as tool
from api.tools import bidder
from api.tools.bidder import Bidder
from api.tools.client import Client
from api.tools.vault import Vault
from notary.anchors import Anchors

GROUND = click.option("--ground", required=True, help="公告所列事由 · a ground of the notice's list")


@click.group()
def auction() -> None:
    """竞价：挂牌、拍卖 · Auctions: listings and rising bids."""


@auction.command("show")
@shown
@with_client
@click.argument("tender")
def show(client: Client, tender: str) -> Any:
    """竞价现在的状态 · The auction as it stands.

    sunbid auction show YZ-431102-TD-2026-0001
    """
    return client.get(f"/tenders/{tender}/auction")


@auction.command("reserve")
@shown
@with_trust
@click.argument("tender")
@click.argument("price")
def reserve(client: Client, vault: Vault, anchors: Anchors, tender: str, price: str) -> Any:
    """出让人：在本机密封保留价并提交，最后一次报价之前任何人都不能开启 · The grantor: seal the reserve price.

    It is sealed here, to the trustees whom the draft names; nobody opens it before the last bid. Sealing it again
    replaces it, until the publication is asked for.

    sunbid auction reserve YZ-431102-TD-2026-0001 1200000.00
    """
    del vault
    envelope, _ = tool.seal_reserve(client, anchors, tender, price)
    return {"envelope": envelope}


@auction.command("apply")
@shown
@with_client
@click.argument("tender")
@click.argument("statement", type=FILE)
def apply(client: Client, tender: str, statement: Path) -> Any:
    """竞买人：提交竞买申请 · A bidder: apply to take part.

    sunbid auction apply YZ-431102-TD-2026-0001 竞买申请书.txt
    """
    text = statement.read_text("utf-8")
    return client.post(f"/tenders/{tender}/auction/applications", {"statement": text})


@auction.command("applications")
@shown
@with_client
@click.argument("tender")
def applications(client: Client, tender: str) -> Any:
    """出让人：收到的竞买申请 · The agency: who has applied.

    sunbid auction applications YZ-431102-TD-2026-0001
    """
    return list(client.items(f"/tenders/{tender}/auction/applications"))


@auction.command("admit")
@shown
@with_client
@click.argument("tender")
@click.argument("application")
@click.option("--refuse", "clause", help="不予受理的事由 · refuse it, on this ground of the procedure")
@click.option("--reason", help="不予受理的理由 · why it is refused")
def admit(client: Client, tender: str, application: str, clause: str | None, reason: str | None) -> Any:
    """出让人：资格和保证金已核对，发给随机号牌；或者不予受理 · The agency: admit an applicant, or refuse it.

    \b
    sunbid auction admit YZ-431102-TD-2026-0001 5f1c…
    sunbid auction admit YZ-431102-TD-2026-0001 5f1c… --refuse no_deposit --reason 保证金未到账
    """
    told = {"application": application, "clause": clause, "reason": reason}
    return client.post(f"/tenders/{tender}/auction/admissions", told)


@auction.command("own")
@shown
@with_client
@click.argument("tender")
def own_(client: Client, tender: str) -> Any:
    """竞买人：本单位的申请、号牌和回执 · A bidder: its application, number and receipts.

    sunbid auction own YZ-431102-TD-2026-0001
    """
    return client.get(f"/tenders/{tender}/auction/own")


@auction.command("bid")
@shown
@with_bidder
@click.argument("tender")
@click.argument("price")
@click.option("--receipt", "target", type=TARGET, help="回执文件 · where to keep the receipt; TENDER.receipt.json")
@WAIT
def bid(own: Bidder, tender: str, price: str, target: Path | None, wait: int) -> Any:
    """竞买人：按现在的状态签名报价 · A bidder: sign a bid on the auction as it stands.

    sunbid auction bid YZ-431102-TD-2026-0001 1010000.00
    """
    return _kept(own, tool.bid(own, tender, price), target or Path(f"{tender}.receipt.json"), wait)


@auction.command("offer")
@shown
@with_bidder
@click.argument("tender")
@click.argument("price")
@click.option("--receipt", "target", type=TARGET, help="回执文件 · where to keep the receipt; TENDER.receipt.json")
@WAIT
def offer(own: Bidder, tender: str, price: str, target: Path | None, wait: int) -> Any:
    """竞买人：达到最高限价后，在本机密封唯一一次报价并提交 · A bidder: seal the one offer behind the cap, and send it.

    Nobody opens it before the offers are closed; a second one is refused.

    sunbid auction offer YZ-431102-TD-2026-0001 2050000.00
    """
    answer, _ = tool.offer(own, tender, price)
    return _kept(own, answer, target or Path(f"{tender}.receipt.json"), wait)


def _kept(own: Bidder, answer: dict[str, Any], path: Path, wait: int) -> dict[str, Any]:
    """The receipt with its proof, stored; and what it says."""
    receipt, checked = bidder.proved_receipt(own, bidder.number_of(answer), seconds=wait)
    bidder.store(receipt, path)
    reason = receipt["acceptance"]["object"].get("reason")
    return {"accepted": not checked.refused, "at": bidder.moment(checked), "reason": reason, "receipt": str(path)}


@auction.command("stop")
@shown
@with_client
@click.argument("tender")
@GROUND
def stop(client: Client, tender: str, ground: str) -> Any:
    """出让人、监督部门：冻结或者中止 · Agency or supervisor: freeze or suspend.

    sunbid auction stop YZ-431102-TD-2026-0001 --ground inquiry
    """
    return client.post(f"/tenders/{tender}/auction/stops", {"ground": ground})


@auction.command("announce")
@shown
@with_client
@click.argument("tender")
@click.argument("moment")
def announce(client: Client, tender: str, moment: str) -> Any:
    """公告恢复时间 · Say when it goes on.

    sunbid auction announce YZ-431102-TD-2026-0001 2026-12-20T01:00:00.000000Z
    """
    return client.post(f"/tenders/{tender}/auction/announcements", {"resumes_at": moment})


@auction.command("resume")
@shown
@with_client
@click.argument("tender")
def resume(client: Client, tender: str) -> Any:
    """解除冻结，立即恢复 · Let a frozen auction go on.

    sunbid auction resume YZ-431102-TD-2026-0001
    """
    return client.post(f"/tenders/{tender}/auction/resumptions", {})


@auction.command("terminate")
@shown
@with_client
@click.argument("tender")
@GROUND
def terminate(client: Client, tender: str, ground: str) -> Any:
    """监督部门：依公告所列事由终止 · The supervisor: end it without a result.

    sunbid auction terminate YZ-431102-TD-2026-0001 --ground planning
    """
    return client.post(f"/tenders/{tender}/auction/terminations", {"ground": ground})
