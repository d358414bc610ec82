"""``sunbid paper``: notices, records and letters as PDF, signed by their authors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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


@paper.command("sign")
@shown
@with_client
@click.argument("tender")
@click.argument("name")
@click.option("--certificate", required=True, type=FILE, help="证书（PEM） · X.509 certificate")
@click.option("--key", required=True, type=FILE, help="私钥文件（PEM） · file with its private key")
@click.option("--issuer", "issuers", multiple=True, type=FILE, help="签发者证书 · certificates of its issuers")
@click.option("--reason", default="以作者名义签发", show_default=True, help="理由 · reason")
@click.option("--location", default="", help="地点 · place")
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
    identity = Identity(certificate.read_bytes(), key.read_bytes(), tuple(one.read_bytes() for one in issuers))
    return papers.sign(client, tender, name, identity, reason=reason, location=location)
