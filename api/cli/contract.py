"""``sunbid contract``: the contract after the award."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from api.cli.options import FILE, with_client
from api.cli.output import shown
from api.tools import agency, contracts
from api.tools.client import Client


@click.group()
def contract() -> None:
    """合同：登记、变更、履约、验收 · The contract: terms, changes, performance, end."""


@contract.command("register")
@shown
@with_client
@click.argument("tender")
@click.argument("content", type=FILE)
def register(client: Client, tender: str, content: Path) -> Any:
    """登记已签订的合同，立即公布 · Register the signed contract; public at once.

    \b
    sunbid contract register YZ-431102-GC-2026-0001 contract.toml
    contract.toml: price, signed_on, ends_on, documents = ["合同.pdf"]
    """
    return contracts.register(client, tender, agency.read_content(content), content.parent)


@contract.command("change")
@shown
@with_client
@click.argument("tender")
@click.argument("content", type=FILE)
def change(client: Client, tender: str, content: Path) -> Any:
    """登记补充合同 · Register a supplement.

    \b
    sunbid contract change YZ-431102-GC-2026-0001 change.toml
    change.toml: price, ends_on, reason, documents = ["补充合同.pdf"]
    """
    return contracts.change(client, tender, agency.read_content(content), content.parent)


@contract.command("perform")
@shown
@with_client
@click.argument("tender")
@click.option("--on", required=True, help="日期 · day, as 2026-12-31")
@click.option("--detail", required=True, help="内容 · what was done")
@click.option("--paid", help="付款金额（元） · amount of a payment, as 1000.00")
def perform(client: Client, tender: str, on: str, detail: str, paid: str | None) -> Any:
    """记录履约进度或付款 · Record a milestone, or a payment.

    sunbid contract perform YZ-431102-GC-2026-0001 --on 2026-12-31 --detail 预付款 --paid 1000000.00
    """
    what = "milestone" if paid is None else "payment"
    step = {"what": what, "on": on, "detail": detail, "amount": paid}
    return client.post(f"/tenders/{tender}/contract/performance", step)


@contract.command("end")
@shown
@with_client
@click.argument("tender")
@click.argument("content", type=FILE)
def end(client: Client, tender: str, content: Path) -> Any:
    """验收完成，或解除合同 · Record the acceptance that completes it, or its termination.

    \b
    sunbid contract end YZ-431102-GC-2026-0001 end.toml
    end.toml: result = "completed" | "terminated", on, detail, documents = ["验收书.pdf"]
    """
    return contracts.end(client, tender, agency.read_content(content), content.parent)


@contract.command("show")
@shown
@with_client
@click.argument("tender")
def show(client: Client, tender: str) -> Any:
    """合同与履约记录 · Terms and performance.

    sunbid contract show YZ-431102-GC-2026-0001
    """
    return client.get(f"/tenders/{tender}/contract")
