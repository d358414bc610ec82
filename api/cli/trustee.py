"""``sunbid trustee``: one-time opening keys, and the conditions under which one is given up."""

from __future__ import annotations

import functools
import signal
import threading
from pathlib import Path
from typing import Any

import click

from api.cli.options import (
    FILE,
    Command,
    anchors_option,
    kind_option,
    read_object,
    with_client,
    with_trust,
    with_vault_file,
)
from api.cli.output import say, shown
from api.tools import keys, trust
from api.tools import trustee as tool
from api.tools.client import Client
from api.tools.conditions import Condition
from api.tools.trustee import Trustee
from api.tools.vault import Opening, Vault, VaultFile
from notary import chance
from notary.anchors import Anchors, parse
from notary.errors import Refusal


def with_trustee(function: Command) -> Command:
    """Give the command `own`, the trustee at work."""

    @with_trust
    @functools.wraps(function)
    def command(*, client: Client, vault: Vault, anchors: Anchors, **arguments: Any) -> Any:
        return function(own=tool.trustee(client, vault, anchors), **arguments)

    return command


@click.group()
def trustee() -> None:
    """密钥受托人：开标密钥与公布条件 · Opening keys and their release."""


@trustee.command("init")
@shown
@with_client
@with_vault_file
@anchors_option
@click.argument("code")
def init(client: Client, vault_file: VaultFile, anchors_file: Path | None, code: str) -> Any:
    """新建密钥库和身份密钥，输出登记用的文件 · Make vault and identity key; prints what the administrator registers.

    sunbid trustee init T1 --url https://ggzy.example --json > T1.json
    """
    seen = trust.seen(client, read_object(anchors_file) if anchors_file else None)
    vault = vault_file.create(chance.token(), {"trustee": chance.token()}, anchors=seen)
    identity = vault.public_key("trustee")
    say(
        f"身份公钥指纹，请以书面形式公布：{trust.fingerprint(identity)}",
        "That is the fingerprint of the identity key: publish it on paper too.",
    )
    return {"trustee": code, "identity": identity.hex(), "proof": keys.proof(vault, parse(seen), code, "trustee")}


@trustee.command("add")
@shown
@with_client
@click.argument("registration", type=FILE)
@click.option("--name", required=True, help="名称 · name")
@click.option("--organisation", required=True, help="单位代码 · code of its organisation")
@click.option("--operator", is_flag=True, help="属于平台运营方 · it belongs to whoever runs the platform")
def add(client: Client, registration: Path, name: str, organisation: str, *, operator: bool) -> Any:
    """管理员登记受托人 · Register a trustee, as the administrator.

    sunbid trustee add T1.json --name 公证处 --organisation 12431100MB0000003C
    """
    body = {**read_object(registration), "name": name, "organisation": organisation, "operator": operator}
    return client.post("/trustees", body)


@trustee.command("keys")
@shown
@with_trustee
@kind_option
@click.argument("tender")
def offer(own: Trustee, kind: str, tender: str) -> Any:
    """为一个项目交出新的一次性公钥 · Hand over a fresh one-time public key for a tender.

    sunbid trustee keys YZ-431102-GC-2026-0001
    """
    return tool.offer_key(own, tender, kind)


@trustee.command("sign")
@shown
@with_trustee
@kind_option
@click.argument("tender")
def sign(own: Trustee, kind: str, tender: str) -> Any:
    """核对并签署密钥组 · Check the whole key set and sign it.

    sunbid trustee sign YZ-431102-GC-2026-0001
    """
    return tool.sign_key_set(own, tender, kind)


@trustee.command("rehearse")
@shown
@with_trustee
@kind_option
@click.argument("tender")
def rehearse(own: Trustee, kind: str, tender: str) -> Any:
    """开标演练：证明密钥仍在，不交出密钥 · Show that the key is still here, and give none away.

    sunbid trustee rehearse YZ-431102-GC-2026-0001
    """
    return tool.rehearse(own, tender, kind)


@trustee.command("release")
@shown
@with_trustee
@kind_option
@click.argument("tender")
@click.option("--dry-run", is_flag=True, help="只核对条件 · check the conditions only")
def release(own: Trustee, kind: str, tender: str, *, dry_run: bool) -> Any:
    """在本机核对条件后公布开标私钥 · Check the conditions here, then release the opening key.

    \b
    sunbid trustee release YZ-431102-GC-2026-0001 --dry-run
    sunbid trustee release YZ-431102-GC-2026-0001
    """
    found = tool.release_conditions(own, tender, kind)
    for condition in found:
        _print(condition)
    if dry_run:
        return [{"condition": one.name, "met": one.met} for one in found]
    return tool.release(own, tender, kind)


@trustee.command("serve")
@shown
@with_client
@with_vault_file
@click.option(
    "--every", default=5, show_default=True, type=click.IntRange(1, 600), help="间隔秒数 · seconds between looks"
)
@click.option("--once", is_flag=True, help="只做一轮 · one look, then end")
def serve(client: Client, vault_file: VaultFile, every: int, *, once: bool) -> Any:
    """守候：条件满足即公布密钥 · Stay, and release every key whose conditions are met.

    sunbid trustee serve --passphrase-file /etc/sunbid/passphrase
    """
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    vault = vault_file.open()
    while not ended.is_set():
        if vault_file.changed():
            vault = vault_file.open()
        _look(client, vault)
        if once:
            break
        ended.wait(every)


def _look(client: Client, vault: Vault) -> None:
    try:
        own = tool.trustee(client, vault, trust.trusted(client, vault))
        for opening, outcome in tool.release_due(own):
            _report(opening, outcome)
    except Refusal as refusal:
        # One bad moment (no network, another program has the vault) must not end the watch.
        say(f"… {refusal.zh}", f"  {refusal.en}")


def _report(opening: Opening, outcome: dict[str, Any] | Refusal) -> None:
    if isinstance(outcome, Refusal):
        say(f"… {opening.tender} {opening.kind}：{outcome.zh}", f"  {outcome.en}")
    else:
        say(f"✓ {opening.tender} {opening.kind}：开标私钥已公布。", "  The opening key is released.")


def _print(condition: Condition) -> None:
    mark = "✓" if condition.met else "✗"
    click.echo(f"{mark} {condition.zh} · {condition.en}", err=True)
    if condition.refusal:
        click.echo(f"    {condition.refusal.zh} {condition.refusal.en}", err=True)
