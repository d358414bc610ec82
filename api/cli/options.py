"""Options that many commands share, turned into what the tools work with. No secret is ever an option's value."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from api.tools import trust
from api.tools.client import Client
from api.tools.vault import Vault, VaultFile
from notary import canonical
from notary.errors import Malformed, Unknown

MAX_ANCHORS = 1 << 20

Command = Callable[..., Any]
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
TARGET = click.Path(dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)


def with_client(function: Command) -> Command:
    """Give the command `client`."""

    @click.option("--url", envvar="SUNBID_URL", required=True, help="服务器地址 · the server [SUNBID_URL]")
    @click.option("--token-file", envvar="SUNBID_TOKEN_FILE", type=FILE, help="令牌文件 · file with the token")
    @click.option("--demonstration", is_flag=True, help="确认这是演示系统 · it is a demonstration, and you know it")
    @functools.wraps(function)
    def command(*, url: str, token_file: Path | None, demonstration: bool, **arguments: Any) -> Any:
        path = token_file or default_token_file()
        token = path.read_text("ascii").strip() if token_file or path.exists() else None
        with Client(url, token, demonstration=demonstration) as client:
            return function(client=client, **arguments)

    return command


def with_vault_file(function: Command) -> Command:
    """Give the command `vault_file`, not opened yet; it asks for the passphrase where there is a terminal."""

    @click.option(
        "--vault", "vault_path", envvar="SUNBID_VAULT", type=TARGET, help="密钥库文件 · the vault [SUNBID_VAULT]"
    )
    @click.option("--passphrase-file", envvar="SUNBID_PASSPHRASE_FILE", type=FILE, help="口令文件 · file with it")
    @click.option("--recovery-copy", type=TARGET, help="每次改动时另存一份 · a second copy at each change")
    @click.option("--no-input", is_flag=True, help="不询问 · never ask")
    @functools.wraps(function)
    def command(
        *,
        vault_path: Path | None,
        passphrase_file: Path | None,
        recovery_copy: Path | None,
        no_input: bool,
        **rest: Any,
    ) -> Any:
        vault = vault_path or default_vault()
        told = passphrase(passphrase_file, no_input=no_input, new=not vault.exists())
        return function(vault_file=VaultFile(vault, told, recovery_copy), **rest)

    return command


def with_vault(function: Command) -> Command:
    """Give the command `vault`, opened."""

    @with_vault_file
    @functools.wraps(function)
    def command(*, vault_file: VaultFile, **arguments: Any) -> Any:
        return function(vault=vault_file.open(), **arguments)

    return command


def with_trust(function: Command) -> Command:
    """Give the command `client`, `vault` and the `anchors` that the party believes."""

    @with_client
    @with_vault
    @anchors_option
    @functools.wraps(function)
    def command(*, client: Client, vault: Vault, anchors_file: Path | None, **arguments: Any) -> Any:
        anchors = trust.trusted(client, vault, read_object(anchors_file) if anchors_file else None)
        return function(client=client, vault=vault, anchors=anchors, **arguments)

    return command


def anchors_option(function: Command) -> Command:
    """Give the command `anchors_file`."""
    return click.option(
        "--anchors", "anchors_file", envvar="SUNBID_ANCHORS", type=FILE, help="锚点文件 · anchors [SUNBID_ANCHORS]"
    )(function)


def kind_option(function: Command) -> Command:
    """Give the command `kind`, the envelope kind."""
    return click.option("--kind", default="bid", show_default=True, help="信封种类 · kind of envelope")(function)


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises Malformed."""
    value = canonical.loads(path.read_bytes(), max_bytes=MAX_ANCHORS)
    if not isinstance(value, dict):
        raise Malformed("not_an_object", "文件内容应为 JSON 对象。", "The file holds no JSON object.", field=path.name)
    return value


def passphrase(path: Path | None, *, no_input: bool, new: bool) -> str:
    """The passphrase: from the file, else asked for, twice when it is new. Raises Unknown (passphrase_missing)."""
    if path:
        return path.read_text("utf-8").removesuffix("\n")
    if no_input or not sys.stdin.isatty():
        raise Unknown(
            "passphrase_missing",
            "没有口令：请用 --passphrase-file 指定口令文件。",
            "There is no passphrase: name a file with --passphrase-file.",
            field="passphrase",
        )
    told: str = click.prompt("口令 Passphrase", hide_input=True, confirmation_prompt=new, err=True)
    return told


def default_vault() -> Path:
    """``$XDG_DATA_HOME/sunbid/vault.age``."""
    return _base("XDG_DATA_HOME", ".local/share") / "vault.age"


def default_token_file() -> Path:
    """``$XDG_CONFIG_HOME/sunbid/token``."""
    return _base("XDG_CONFIG_HOME", ".config") / "token"


def _base(variable: str, otherwise: str) -> Path:
    return Path(os.environ.get(variable) or Path.home() / otherwise) / "sunbid"
