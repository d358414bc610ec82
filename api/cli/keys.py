"""``sunbid key``: the vault and its signing keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from api.cli.options import FILE, TARGET, read_object, with_client, with_trust, with_vault, with_vault_file
from api.cli.output import NotWell, say, shown
from api.tools import keys, trust
from api.tools.client import Client
from api.tools.vault import Purpose, Vault, VaultFile
from notary import canonical, chance, signing
from notary.anchors import Anchors


@click.group()
def key() -> None:
    """密钥库与签名密钥 · The vault and its signing keys."""


PURPOSE = click.option(
    "--purpose",
    type=click.Choice(["statement", "score", "draw"]),
    default="statement",
    show_default=True,
    help="投标声明、专家评分或抽取 · bids, scores or draws",
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
    sunbid key init --purpose draw             抽取专家的参与方 · a party of draws
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
@click.option("--endorsement", type=FILE, help="先前公钥的背书 · from sunbid key endorse; not for the first key")
def register(client: Client, vault: Vault, anchors: Anchors, purpose: Purpose, endorsement: Path | None) -> Any:
    """向系统登记公钥 · Register the public key.

    \b
    sunbid key register --url https://ggzy.example --token-file bidder.token
    sunbid key register --endorsement endorsement.json       第二把公钥 · a second key
    """
    return keys.register(client, vault, anchors, purpose, read_object(endorsement) if endorsement else None)


@key.command("list")
@shown
@with_trust
@PURPOSE
def list_keys(client: Client, vault: Vault, anchors: Anchors, purpose: Purpose) -> Any:
    """查看以本单位名义登记的公钥 · The keys registered in one's name; exit code 1 where the vault knows one not.

    sunbid key list
    """
    found = keys.registered(client, purpose)
    strange = keys.unknown(found, vault, anchors, keys.owner_of(client, purpose), purpose)
    rows = [
        {
            "public_key": one.public_key,
            "registered_at": one.registered_at,
            "endorsed": one.endorsement is not None,
            "reason": one.reason,
            "known": one not in strange,
        }
        for one in found
    ]
    return NotWell(rows) if strange else rows


@key.command("endorse")
@shown
@with_trust
@PURPOSE
@click.argument("public_key")
@click.option("--out", type=TARGET, required=True, help="背书文件 · the file for the other key's holder")
def endorse(client: Client, vault: Vault, anchors: Anchors, purpose: Purpose, public_key: str, out: Path) -> Any:
    """为本单位的另一把公钥背书 · Say that another key is one's own organisation's, too.

    sunbid key endorse 5f1c… --out endorsement.json
    """
    signed = keys.endorse(vault, anchors, keys.owner_of(client, purpose), public_key, purpose)
    out.write_bytes(canonical.dumps(signed))
    return {"endorsement": str(out)}


@key.command("know")
@shown
@with_vault
@click.argument("public_key")
def know(vault: Vault, public_key: str) -> Any:
    """记下：这把公钥也是本单位的 · Remember that this key is one's own, too: held by a colleague, or lost.

    sunbid key know 5f1c…
    """
    signing.unhex(public_key, 32, "public_key")
    vault.know(public_key)
    return {"known": list(vault.content.known)}


@key.command("proof")
@shown
@with_trust
@PURPOSE
@click.option("--out", type=TARGET, required=True, help="持有证明文件 · the file for the administrator")
def proof(client: Client, vault: Vault, anchors: Anchors, purpose: Purpose, out: Path) -> Any:
    """所有公钥都已丢失时，为新公钥出具持有证明 · Show possession of a new key, where all others are lost.

    sunbid key proof --out proof.json
    """
    out.write_bytes(canonical.dumps(keys.proof(vault, anchors, keys.owner_of(client, purpose), purpose)))
    return {"proof": str(out)}


@key.command("replace")
@shown
@with_client
@click.argument("proof_file", metavar="PROOF", type=FILE)
@click.option(
    "--reason", required=True, help="经核实的原因，公开 · what was seen; it is public, with no names of people"
)
def replace(client: Client, proof_file: Path, reason: str) -> Any:
    """管理员：为丢失全部公钥者登记新公钥 · Register a key for an owner who has lost all of them.

    sunbid key replace proof.json --reason "凭公函和当面核验"
    """
    return client.post("/keys/replacements", {"proof": read_object(proof_file), "reason": reason})
