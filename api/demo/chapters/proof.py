"""The end: everything is fetched, all programs are stopped, and a stranger verifies what is left, offline."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from api.demo import story
from api.demo.play import PATH, Play, Verified
from api.demo.site import until
from api.tools import bidder as tool
from api.tools import conditions, record
from api.tools.client import Client
from notary.errors import Held

_AT_ONCE = 2


def verification(play: Play) -> None:
    """Dossier and receipts against the anchors, by the verifier that shares no code with the server."""
    stranger = play.cast.public()
    with play.show.step("回执取得日志证明", "Receipts get their log proofs"):
        for name, (slug, number) in play.receipts.items():
            receipt, _ = tool.proved_receipt(play.cast.bidders[slug], number)
            tool.store(receipt, play.folders.receipts / f"{name}.json")
    with play.show.step("下载公示卷宗", "A stranger fetches the dossier") as tell:
        dossier = dossier_path(play)
        until(lambda: _recorded(stranger, len(play.papers)))
        stranger.save(f"{PATH}/dossier", dossier)
        tell(f"{dossier.stat().st_size / 1024:.0f} KiB", "all that a verifier needs")
    with play.show.step("停止服务器和见证人，此后离线", "Server and witnesses stop: offline from here"):
        if not play.portal:
            play.cast.close()
        play.site.stop()
    with play.show.step("各方密钥库以口令加密存盘", "The parties' vaults are written, each encrypted") as tell:
        tell(f"{play.vaults.finish()} 个密钥库", "in vaults, with their passphrase, as this is a demonstration")
    with play.show.step("sunbid verify 核验卷宗", "sunbid verify: the dossier") as tell:
        found = _verify(play, dossier)
        tell(f"{found.passed} 项检查通过", f"{found.passed} checks passed")
        _note(play, found, tell)
    with play.show.step("逐张核验回执，并与卷宗对照", "Every receipt, held against the dossier") as tell:
        paths = sorted(play.folders.receipts.glob("*.json"))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for found in pool.map(lambda path: _verify(play, path, "--dossier", str(dossier)), paths):
                _note(play, found, tell)
        tell(f"{len(paths)} 张，含拒收凭证一张", f"{len(paths)}, one of them a refusal")
    with play.show.step("核对公文的电子签名", "The signatures of the papers") as tell:
        from notary import documents

        for path in play.papers:
            documents.check_pdf(path.read_bytes(), [play.root], play.clock.now())
        tell(f"{len(play.papers)} 份 PDF 均由招标人签名", f"{len(play.papers)} papers, all signed by the agency")
    with play.show.step(
        "把卷宗副本中的中标价改动一个字节再核验", "One byte of the winning price altered in a copy"
    ) as tell:
        found = _verify_altered(play, dossier)
        if found.exit == 0:
            raise Held("tampering_passed", "改动未被发现。", "The alteration was not found.")
        for zh, en in found.not_passed[:1]:
            tell(f"不通过：{zh}", en)


def dossier_path(play: Play) -> Path:
    """Where the dossier lies, under the name that the papers print."""
    return play.folders.dossier / f"{story.TENDER}.zip"


def anchors_path(play: Play) -> Path:
    """Where the anchors lie, apart from the dossier."""
    return play.folders.anchors / "anchors.json"


def verifier() -> Path:
    """The stand-alone verifier: one file, to be copied anywhere."""
    found = importlib.util.find_spec("notary.verify")
    if found is None or found.origin is None:
        raise Held("verifier_missing", "找不到核验程序。", "notary/verify.py is missing.")
    return Path(found.origin)


def _recorded(stranger: Client, papers: int) -> bool | None:
    """True once the published checkpoint covers the whole record, the last paper included."""
    found = record.of_tender(stranger, story.TENDER)
    checkpoint = conditions.checkpoint_of(stranger.read_static("/log/checkpoint"))
    issued = [entry for entry in found if entry.kind == "document_issued"]
    covered = all(entry.index is not None and entry.index < checkpoint.size for entry in found)
    return True if covered and len(issued) == papers else None


def _verify(play: Play, path: Path, *more: str) -> Verified:
    """Run the verifier as a stranger would: apart, with nothing of ours on its path."""
    command = [sys.executable, "-I", str(verifier()), str(path), "--anchors", str(anchors_path(play)), "--json", *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # nosec B603  # our own program
    said = json.loads(done.stdout)
    checks = said.get("checks", [])
    wrong = [one for one in checks if one["result"] in {"failed", "not_checked"}]
    return Verified(
        passed=sum(one["result"] == "passed" for one in checks),
        not_passed=[
            (f"{one['number']} {one['name_zh']}（{one['zh']}）", f"{one['name']}: {one['en']}") for one in wrong
        ],
        exit=done.returncode,
    )


def _verify_altered(play: Play, dossier: Path) -> Verified:
    """A copy in which one digit of the winner's price is another one, wherever it stands."""
    price = play.ranking[0]["price"]
    other = price.replace("6", "5", 1)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / dossier.name
        with zipfile.ZipFile(dossier) as old, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as new:
            for name in old.namelist():
                new.writestr(name, old.read(name).replace(price.encode(), other.encode(), 1))
        return _verify(play, copy)


def _note(play: Play, found: Verified, tell: Callable[[str, str], None]) -> None:
    play.verified.append(found)
    for zh, en in found.not_passed:
        tell(f"✗ {zh}", en)
