"""``sunbid dossier|verify|log``: the public record."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from api.cli.options import TARGET, with_client
from api.cli.output import say, shown
from api.tools.client import Client
from api.tools.sealing import check_free
from notary import notes
from notary.signing import b64


@click.command("dossier")
@shown
@with_client
@click.argument("tender")
@click.option("--out", type=TARGET, help="文件 · the file; TENDER.dossier.zip by default")
def dossier(client: Client, tender: str, out: Path | None) -> Any:
    """下载公示卷宗 · Fetch the public file of a tender.

    sunbid dossier YZ-431102-GC-2026-0001 --out dossier.zip
    """
    target = out or Path(f"{tender}.dossier.zip")
    check_free(target)
    client.save(f"/tenders/{tender}/dossier", target)
    return {"dossier": str(target), "size": target.stat().st_size}


@click.command(
    "verify", context_settings={"ignore_unknown_options": True, "allow_extra_args": True}, add_help_option=False
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def verify(arguments: tuple[str, ...]) -> None:
    """离线核验卷宗或回执 · Verify a dossier or receipt offline.

    The verifier is a program of its own that shares no code with the server; it runs apart, and its exit code is ours.
    """
    found = importlib.util.find_spec("notary.verify")
    if found is None or found.origin is None:
        raise click.ClickException("notary/verify.py is missing")
    command = [sys.executable, "-I", found.origin, *arguments]
    done = subprocess.run(command, check=False)  # nosec B603  # our own program, with the user's own words
    raise click.exceptions.Exit(done.returncode)


@click.group()
def log() -> None:
    """公开日志 · The public log."""


@log.command("show")
@shown
@with_client
@click.argument("index", required=False, type=click.IntRange(0))
def show(client: Client, index: int | None) -> Any:
    """显示检查点，或一条已公开的记录 · The checkpoint, or one disclosed entry.

    \b
    sunbid log show
    sunbid log show 17
    """
    if index is not None:
        return client.get(f"/log/entries/{index}")
    note = notes.parse_note(client.read_static("/log/checkpoint"))
    checkpoint = notes.parse_checkpoint(note.text)
    say("签名未核对；核验请用 sunbid verify。", "Signatures are not checked here; sunbid verify does that.")
    return {
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": b64(checkpoint.root),
        "signed_by": [signature.name for signature in note.signatures],
    }
