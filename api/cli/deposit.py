"""``sunbid deposit``: deposits, from the bank's file to the refund."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from api.cli.options import FILE, with_client
from api.cli.output import shown
from api.tools.client import Client
from notary import forms
from trading import deposit_csv, deposits, spreadsheet


@click.group()
def deposit() -> None:
    """保证金：到账、保函、退还 · Deposits: transfers, guarantees, refunds."""


@deposit.command("import")
@shown
@with_client
@click.argument("file", type=FILE)
def import_(client: Client, file: Path) -> Any:
    """导入银行流水 CSV，重复导入无妨 · Take the bank's CSV; taking it twice does no harm.

    \b
    sunbid deposit import 2026-12-01.csv
    columns: 流水号,付款账号,付款人,金额,到账时间,项目编号,统一社会信用代码
    """
    found = [forms.plain(one) for one in deposit_csv.read_transfers(file.read_bytes())]
    return client.post("/deposits", {"transfers": found})


@deposit.command("assign")
@shown
@with_client
@click.argument("reference")
@click.argument("tender")
@click.argument("organisation")
@click.option("--reason", required=True, help="依据 · from what one knows it")
def assign(client: Client, reference: str, tender: str, organisation: str, reason: str) -> Any:
    """把银行未注明的款项归入项目 · Say for which lot and whom a transfer is.

    sunbid deposit assign 20261201000123 YZ-431102-GC-2026-0001 91430000000000010C --reason 付款附言
    """
    given = {"tender": tender, "organisation": organisation, "reason": reason}
    return client.post(f"/deposits/{reference}/assignment", given)


@deposit.command("guarantee")
@shown
@with_client
@click.argument("tender")
@click.argument("organisation")
@click.option("--number", required=True, help="保函编号 · of the letter")
@click.option("--issuer", required=True, help="出具人 · who has issued it")
@click.option("--amount", required=True, help="金额（元） · as 50000.00")
@click.option("--expires-on", required=True, help="有效至 · last day it holds, as 2027-03-31")
def guarantee(client: Client, tender: str, organisation: str, **given: str) -> Any:
    """登记保函、保证保险 · Note a letter of guarantee or an insurance.

    sunbid deposit guarantee TENDER ORGANISATION --number … --issuer … --amount 50000.00 --expires-on 2027-03-31
    """
    return client.post(f"/tenders/{tender}/guarantees", {"organisation": organisation, **given})


@deposit.command("list")
@shown
@with_client
@click.option("--csv", "file", type=click.Path(path_type=Path), help="写成退款清单 · write the refunds for the bank")
def list_(client: Client, file: Path | None) -> Any:
    """待归入的款项，应退还的保证金 · What waits to be assigned, and what is to go back.

    sunbid deposit list --csv refunds.csv
    """
    found = client.get("/deposits")
    if file is not None:
        file.write_bytes(spreadsheet.write(deposits.REFUND_COLUMNS, map(deposits.refund_line, found["refunds"])))
    return found


@deposit.command("pay")
@shown
@with_client
@click.argument("file", type=FILE)
def pay(client: Client, file: Path) -> Any:
    """登记银行已退还的保证金 · Note what the bank has paid back.

    \b
    sunbid deposit pay paid.csv
    columns: 原流水号,退款流水号,退款日期,退款金额（本息合计 · with interest），原因（可不填 · optional）
    """
    found = [forms.plain(one) for one in deposit_csv.read_payments(file.read_bytes())]
    return client.post("/deposits/payments", {"payments": found})


@deposit.command("show")
@shown
@with_client
@click.argument("tender")
def show(client: Client, tender: str) -> Any:
    """项目的保证金（开标后，招标人、采购人和监督部门） · All deposits of a lot, after its opening.

    sunbid deposit show YZ-431102-GC-2026-0001
    """
    return client.get(f"/tenders/{tender}/deposits")


@deposit.command("own")
@shown
@with_client
@click.argument("tender")
def own(client: Client, tender: str) -> Any:
    """本单位在该项目交纳的保证金 · Your own deposit for a lot.

    sunbid deposit own YZ-431102-GC-2026-0001
    """
    return client.get(f"/tenders/{tender}/deposits/own")


@deposit.command("keep")
@shown
@with_client
@click.argument("tender")
@click.argument("reference")
@click.option("--ground", required=True, type=click.Choice(sorted(deposits.GROUNDS)), help="法定情形 · by the law")
@click.option("--reason", required=True, help="事实 · the facts")
def keep(client: Client, tender: str, reference: str, ground: str, reason: str) -> Any:
    """不予退还 · Keep a deposit.

    sunbid deposit keep YZ-431102-GC-2026-0001 20261201000123 --ground refused --reason 逾期未签订合同
    """
    return client.post(f"/tenders/{tender}/deposits/{reference}/keeping", {"ground": ground, "reason": reason})
