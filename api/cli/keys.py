"""``sunbid key``: the vault and its signing keys."""

from __future__ import annotations

from typing import Any

import click

from api.cli.options import with_trust, with_vault_file
from api.cli.output import say, shown
from api.tools import keys, trust
from api.tools.client import Client
from api.tools.vault import Purpose, Vault, VaultFile
from notary import chance
from notary.anchors import Anchors


@click.group()
def key() -> None:
    """密钥库与签名密钥 · The vault and its signing keys."""


PURPOSE = click.option(
    "--purpose",
    type=click.Choice(["statement", "score"]),
    default="statement",
    show_default=True,
    help="投标声明或专家评分 · bids or scores",
)


@key.command("init")
@shown
@with_vault_file
@PURPOSE
def init(vault_file: VaultFile, purpose: Purpose) -> Any:
    """生成签名密钥，必要时新建密钥库 · Make a signing key, and the vault where there is none.

    \b
    sunbid key init                            投标人 · a bidder
    sunbid key init --purpose score            评标专家 · an expert
    sunbid key init --recovery-copy /media/usb/vault.age
    """
    if vault_file.path.exists():
        vault = vault_file.open()
        vault.add_signing_key(purpose, chance.token())
    else:
        vault = vault_file.create(chance.token(), {purpose: chance.token()})
    say(
        f"密钥库在 {vault_file.path}。请另存一份并记住口令：没有口令无人能恢复。",
        f"The vault is {vault_file.path}. Keep a copy and the passphrase: nobody can restore it without.",
    )
    public_key = vault.public_key(purpose)
    return {"public_key": public_key.hex(), "fingerprint": trust.fingerprint(public_key)}


@key.command("register")
@shown
@with_trust
@PURPOSE
def register(client: Client, vault: Vault, anchors: Anchors, purpose: Purpose) -> Any:
    """向系统登记公钥 · Register the public key.

    sunbid key register --url https://ggzy.example --token-file bidder.token
    """
    return keys.register(client, vault, anchors, purpose)
