"""``sunbid bid``: seal, submit, replace, withdraw, and the receipts."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from api.cli.options import FILE, TARGET, Command, kind_option, passphrase, read_object, with_client, with_trust
from api.cli.output import NotWell, say, shown
from api.tools import bidder, sealing, trust
from api.tools.bidder import Bidder
from api.tools.client import Client
from api.tools.sealed_file import check_passphrase
from api.tools.uploads import Progress
from api.tools.vault import Vault
from notary.anchors import Anchors
from notary.errors import Forbidden, Refusal, TooLate
from notary.receipts import Checked

WAIT = click.option(
    "--wait",
    default=bidder.PROOF_SECONDS,
    show_default=True,
    type=click.IntRange(0, 3600),
    help="等待日志证明的秒数 · seconds to wait for the log proof",
)


def with_bidder(function: Command) -> Command:
    """Give the command `own`, the bidder at work."""

    @with_trust
    @functools.wraps(function)
    def command(*, client: Client, vault: Vault, anchors: Anchors, **arguments: Any) -> Any:
        return function(own=bidder.bidder(client, vault, anchors), **arguments)

    return command


@click.group()
def bid() -> None:
    """投标：密封、递交、撤回、回执 · Seal, submit, replace, withdraw, receipts."""


@bid.command("seal")
@shown
@with_bidder
@kind_option
@click.argument("tender")
@click.argument("files", nargs=-1, type=FILE)
@click.option("--form", required=True, type=FILE, help="开标一览表（JSON） · the form")
@click.option("--out", type=TARGET, help="封标文件 · the sealed file; TENDER.bid by default")
@click.option("--recovery", type=TARGET, help="恢复文件 · the recovery file; TENDER.recovery.age by default")
@click.option("--recovery-passphrase-file", type=FILE, help="恢复文件的口令 · its passphrase; asked for by default")
def seal(
    own: Bidder,
    kind: str,
    tender: str,
    files: tuple[Path, ...],
    form: Path,
    out: Path | None,
    recovery: Path | None,
    recovery_passphrase_file: Path | None,
) -> Any:
    """在本机密封投标文件，不上传任何内容 · Seal a bid on this machine; nothing is sent.

    \b
    sunbid bid seal YZ-431102-GC-2026-0001 --form form.json 技术标.pdf 商务标.pdf
    form.json: {"price": "3680000.00", "duration_days": 180, "quality": "合格"}
    """
    bidder.check_invited(own, tender)
    _, key_set = sealing.checked_key_set(own.client, own.anchors, tender, kind)
    say(
        "密钥受托人的身份公钥，请与其书面公布的核对：",
        "The trustees' identity keys; compare them with what is on paper:",
    )
    for trustee in key_set.trustees:
        click.echo(f"  {trustee.trustee}  {trust.fingerprint(trustee.identity)}", err=True)
    target, rescue = out or Path(f"{tender}.bid"), recovery or Path(f"{tender}.recovery.age")
    told = passphrase(recovery_passphrase_file, no_input=not sys.stdin.isatty(), new=True)
    check_passphrase(told)
    sealing.check_free(rescue)
    sealed = sealing.seal_bid(
        own.client,
        own.anchors,
        tender=tender,
        kind=kind,
        bidder=own.code,
        values=read_object(form),
        files=files,
        target=target,
    )
    sealing.store_recovery(sealed, rescue, told)
    return {"envelope": sealed.id, "size": sealed.size, "file": str(target), "recovery": str(rescue)}


@bid.command("submit")
@shown
@with_bidder
@click.argument("sealed", type=FILE)
@click.option("--receipt", type=TARGET, help="回执文件 · the receipt's file; FILE.receipt.json by default")
@WAIT
def submit(own: Bidder, sealed: Path, receipt: Path | None, wait: int) -> Any:
    """上传封标文件并递交 · Upload a sealed file and submit it. After a break just run it again.

    sunbid bid submit YZ-431102-GC-2026-0001.bid
    """
    return _submit(own, sealed, receipt, wait, replace=False)


@bid.command("replace")
@shown
@with_bidder
@click.argument("sealed", type=FILE)
@click.option("--receipt", type=TARGET, help="回执文件 · the receipt's file; FILE.receipt.json by default")
@WAIT
def replace(own: Bidder, sealed: Path, receipt: Path | None, wait: int) -> Any:
    """用新的封标文件替换已递交的投标 · Put a new sealed file in the place of the bid that stands.

    sunbid bid replace second.bid
    """
    return _submit(own, sealed, receipt, wait, replace=True)


@bid.command("status")
@shown
@with_bidder
@click.argument("tender")
def status(own: Bidder, tender: str) -> Any:
    """查询本单位的投标 · What stands of one's own.

    sunbid bid status YZ-431102-GC-2026-0001
    """
    found, strange = bidder.status(own, tender), bidder.unknown_keys(own)
    if not strange:
        return found
    say(
        "✗ 警告：有本密钥库不认识的公钥以本单位名义登记，其持有人能替换或撤回本单位的投标。"
        "不是本单位的，请立即书面投诉；是的，执行 sunbid key know。",
        "WARNING: keys that this vault does not know are registered in your organisation's name; their holders can "
        "replace or withdraw your bid. Not yours: complain in writing at once. Yours: run sunbid key know.",
    )
    return NotWell(found | {"unknown_keys": strange})


@bid.command("withdraw")
@shown
@with_bidder
@click.argument("tender")
@click.option("--receipt", type=TARGET, help="回执文件 · the receipt's file; TENDER.withdrawal.receipt.json by default")
@WAIT
def withdraw(own: Bidder, tender: str, receipt: Path | None, wait: int) -> Any:
    """撤回投标 · Withdraw the bid that stands.

    sunbid bid withdraw YZ-431102-GC-2026-0001
    """
    return _kept(own, bidder.withdraw(own, tender), receipt or Path(f"{tender}.withdrawal.receipt.json"), wait)


@bid.command("confirm")
@shown
@with_bidder
@click.argument("tender")
@click.option("--opened", help="核对过的开标摘要 · the opening's hash, once its record was looked at")
def confirm(own: Bidder, tender: str, opened: str | None) -> Any:
    """核对并确认开标记录；不确认不影响投标 · Look at the opening, and confirm it. Nobody has to.

    \b
    sunbid bid confirm YZ-431102-GC-2026-0001
    sunbid bid confirm YZ-431102-GC-2026-0001 --opened 5f0c…
    """
    if opened is not None:
        return bidder.confirm(own, tender, opened)
    found = bidder.opening(own, tender)
    say(
        f"尚未签署。核对无误的，执行 sunbid bid confirm {tender} --opened {found['opened']}",
        f"Nothing is signed yet. If all is right: sunbid bid confirm {tender} --opened {found['opened']}",
    )
    return found


@bid.command("receipt")
@shown
@with_bidder
@click.argument("number")
@click.option("--out", type=TARGET, help="回执文件 · the file; NUMBER.receipt.json by default")
@WAIT
def fetch_receipt(own: Bidder, number: str, out: Path | None, wait: int) -> Any:
    """取回带日志证明的回执并核对 · Fetch a receipt with its log proof, and check it.

    sunbid bid receipt 8d0f6c27b9a14e53a0c4d1f2e3b59687
    """
    return _prove(own, number, out or Path(f"{number}.receipt.json"), wait)


def _submit(own: Bidder, sealed: Path, receipt: Path | None, wait: int, *, replace: bool) -> dict[str, Any]:
    with _progress(sealed.stat().st_size) as progress:
        answer = bidder.submit(own, sealed, progress, replace=replace)
    return _kept(own, answer, receipt or sealed.with_name(f"{sealed.name}.receipt.json"), wait)


def _kept(own: Bidder, answer: dict[str, Any], path: Path, seconds: int) -> dict[str, Any]:
    """Keep the receipt at once as it is, then again with its proof."""
    bidder.store(answer, path)
    return _prove(own, bidder.number_of(answer), path, seconds)


def _prove(own: Bidder, number: str, path: Path, seconds: int) -> dict[str, Any]:
    receipt, checked = bidder.proved_receipt(own, number, seconds=seconds)
    bidder.store(receipt, path)
    if checked.refused:
        raise _refusal(receipt["acceptance"]["object"]["reason"], checked, path)
    _tell(checked)
    return {
        "receipt": number,
        "accepted_at": bidder.moment(checked),
        "statement": checked.statement,
        "proved": checked.proved,
        "index": checked.index,
        "file": str(path),
    }


_WHY = {
    "deadline_passed": ("截止时间已过", "The deadline has passed"),
    "lot_ended": ("标段已终止", "The lot has ended"),
    "not_invited": ("贵单位不在邀请之列", "Your organisation is not invited"),
}


def _refusal(reason: str, checked: Checked, path: Path) -> Refusal:
    kind = Forbidden if reason == "not_invited" else TooLate
    zh, en = _WHY[reason]
    return kind(
        reason,
        f"{zh}，投标被拒收；系统签署的拒收凭证在 {path}。",
        f"{en}: the bid is refused. The signed refusal is in {path}.",
        refused_at=bidder.moment(checked),
        receipt=str(path),
    )


def _tell(checked: Checked) -> None:
    if checked.proved:
        say("✓ 已受理，日志证明核对无误。", "Accepted, and its log proof holds.")
    else:
        say(
            "已受理；日志证明尚未到，请稍后执行 sunbid bid receipt。",
            "Accepted; its log proof is not there yet: run sunbid bid receipt later.",
        )


@contextmanager
def _progress(size: int) -> Iterator[Progress]:
    """A bar on stderr where that is a terminal."""
    with click.progressbar(length=size, label="上传 Upload", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        yield lambda done, _all: bar.update(done - bar.pos)


@bid.command("asked")
@shown
@with_client
@click.argument("tender")
def asked(client: Client, tender: str) -> Any:
    """报价说明的要求和答复 · Requests to explain a price, and what was said, as far as you may read them.

    sunbid bid asked YZ-431102-GC-2026-0001
    """
    return client.get(f"/tenders/{tender}/explanations")["items"]


@bid.command("explain")
@shown
@with_client
@click.argument("tender")
@click.argument("file", type=FILE)
def explain(client: Client, tender: str, file: Path) -> Any:
    """说明报价（文本文件） · Explain your price, when the committee asks: a text file.

    sunbid bid explain YZ-431102-GC-2026-0001 说明.txt
    """
    return client.post(f"/tenders/{tender}/explanations", {"text": file.read_text("utf-8")})
