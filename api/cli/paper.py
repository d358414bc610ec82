"""``sunbid paper``: notices, records and letters as PDF, signed by their authors."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from api.cli.options import FILE, with_client
from api.cli.output import shown
from api.tools import papers
from api.tools.client import Client
from notary.certificates import Identity


@click.group()
def paper() -> None:
    """公文：列出、签署 · Papers."""


@paper.command("list")
@shown
@with_client
@click.argument("tender")
def list_papers(client: Client, tender: str) -> Any:
    """列出一个项目的公文 · The papers of a tender.

    sunbid paper list YZ-431102-GC-2026-0001
    """
    return list(client.items(f"/tenders/{tender}/papers"))


def _signing(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of whoever signs on this machine."""
    for option in (
        click.option("--location", default="", help="地点 · place"),
        click.option("--reason", default="以作者名义签发", show_default=True, help="理由 · reason"),
        click.option("--issuer", "issuers", multiple=True, type=FILE, help="签发者证书 · certificates of its issuers"),
        click.option("--key", required=True, type=FILE, help="私钥文件（PEM） · file with its private key"),
        click.option("--certificate", required=True, type=FILE, help="证书（PEM） · X.509 certificate"),
    ):
        command = option(command)
    return command


@paper.command("sign")
@shown
@with_client
@click.argument("tender")
@click.argument("name")
@_signing
def sign(
    client: Client,
    tender: str,
    name: str,
    certificate: Path,
    key: Path,
    issuers: tuple[Path, ...],
    reason: str,
    location: str,
) -> Any:
    """在本机签署公文（PAdES）并交回 · Sign a paper on this machine and hand it in.

    sunbid paper sign YZ-431102-GC-2026-0001 notice --certificate agency.pem --key agency.key
    """
    identity = _identity(certificate, key, issuers)
    return papers.sign(client, tender, name, identity, reason=reason, location=location)


@paper.command("results")
@shown
@with_client
@click.argument("tender")
def list_results(client: Client, tender: str) -> Any:
    """列出告知未中标单位的通知书 · The letters to those who have not won, as far as you may read them.

    sunbid paper results YZ-431102-GC-2026-0001
    """
    return list(client.items(f"/tenders/{tender}/result-letters"))


@paper.command("tell")
@shown
@with_client
@click.argument("tender")
@_signing
def tell(
    client: Client,
    tender: str,
    certificate: Path,
    key: Path,
    issuers: tuple[Path, ...],
    reason: str,
    location: str,
) -> Any:
    """签署并交回所有未签的通知书 · Sign every letter to a loser that is not signed yet, and hand it in.

    sunbid paper tell YZ-431102-GC-2026-0001 --certificate agency.pem --key agency.key
    """
    identity = _identity(certificate, key, issuers)
    return papers.tell(client, tender, identity, reason=reason, location=location)


@paper.command("result")
@shown
@with_client
@click.argument("tender")
@click.argument("bidder")
@click.option("--out", required=True, type=Path, help="写入的文件 · file to write")
def fetch_result(client: Client, tender: str, bidder: str, out: Path) -> Any:
    """下载一家的通知书 · Save the letter to one bidder (yours, or any of them as agency or supervisor).

    sunbid paper result YZ-431102-GC-2026-0001 91430000MA4L0000XX --out 通知书.pdf
    """
    return _saved(client.read(f"/tenders/{tender}/result-letters/{quote(bidder)}"), out)


@paper.command("report")
@shown
@with_client
@click.argument("tender")
@click.option("--out", required=True, type=Path, help="写入的文件 · file to write")
def fetch_report(client: Client, tender: str, out: Path) -> Any:
    """下载评标报告 · Save the evaluation report; agency and supervisor read the members' names in it.

    sunbid paper report YZ-431102-GC-2026-0001 --out 评标报告.pdf
    """
    return _saved(client.read(f"/tenders/{tender}/evaluation-report"), out)


def _saved(data: bytes, out: Path) -> dict[str, str]:
    out.write_bytes(data)
    return {"file": str(out), "sha256": hashlib.sha256(data).hexdigest()}


def _identity(certificate: Path, key: Path, issuers: tuple[Path, ...]) -> Identity:
    return Identity(certificate.read_bytes(), key.read_bytes(), tuple(one.read_bytes() for one in issuers))
