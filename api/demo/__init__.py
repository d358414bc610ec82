"""``sunbid demo``: a whole construction tender, played by all its parties over HTTP (the story: api.demo.chapters)."""

from __future__ import annotations

import json
import os
import signal
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from rich.console import Console

from api.demo import ending, story
from api.demo import portal as portal_
from api.demo.chapters import CHAPTERS
from api.demo.play import Play
from api.demo.show import Show
from api.demo.site import CLOCK, DemonstrationClock, Folders, Site
from api.demo.vaults import Vaults
from notary import clock
from notary.errors import Refusal

FAILED = 1
INTERRUPTED = 130


def run(once: bool, json_output: bool, directory: Path | None, portal: bool) -> int:
    """Play it; the exit code: 0 when the verification passed, else 1. With json_output stdout has one object, last.

    once: without the real-time minute. directory: where everything is put; a new folder in ``demo/`` by default.
    portal: serve the portal afterwards, until Ctrl-C.
    """
    root = (directory or Path("demo") / f"{clock.host_time():%Y%m%d-%H%M%S}").resolve()
    console = Console(stderr=json_output, highlight=False)
    if root.exists() and any(root.iterdir()):
        console.print(f"✗ 目录 {root} 不是空的，未作任何更改。\n  It is not empty; nothing was changed.", style="red")
        return FAILED
    try:
        with _play(root, console, once=once, portal=portal) as play:
            code = _played(play, console)
            if portal and code == 0:
                code = _serve(play, console)
    except OSError as error:
        console.print(f"✗ {error.filename}: {error.strerror}", style="red", markup=False)
        return FAILED
    if json_output:
        found = ending.facts(play) if play.ranking else {"directory": str(root)}
        print(json.dumps(found | {"verified": code == 0}, ensure_ascii=False), flush=True)  # noqa: T201  # data goes to stdout
    return code


@contextmanager
def _play(root: Path, console: Console, *, once: bool, portal: bool) -> Iterator[Play]:
    """Everything that must be stopped again is, whatever happens."""
    folders = Folders(root)
    os.environ[CLOCK] = str(root / "clock")
    story_clock = DemonstrationClock(root / "clock")
    story_clock.forward(story.START)
    signal.signal(signal.SIGTERM, _interrupt)
    site, vaults = Site(folders), Vaults(folders.vaults)
    behind = ThreadPoolExecutor(1)
    try:
        with Show(console, story_clock.now, len(CHAPTERS)) as show:
            yield Play(show, folders, story_clock, site, vaults, behind, once, portal)
    finally:
        site.stop()
        vaults.close()
        behind.shutdown(cancel_futures=True)


def _played(play: Play, console: Console) -> int:
    console.print("[bold]阳光标演示[/] · Sunbid demonstration", highlight=False)
    console.print("演示记录没有法律效力：演示二字写入日志名和每个密钥组。", style="dim")
    console.print("Nothing made here can pass for real: log origin and key sets say so.", style="dim")
    try:
        for zh, en, chapter in CHAPTERS:
            play.show.chapter(zh, en)
            chapter(play)
    except KeyboardInterrupt:
        _tell(play, console, "演示中断。", "Interrupted.")
        return INTERRUPTED
    except Refusal as refusal:
        _tell(play, console, refusal.zh, f"{refusal.en} ({refusal.reason})")
        return FAILED
    except Exception as error:  # noqa: BLE001  # the user is told in words; the whole of it is kept in a file
        (play.folders.logs / "failure.txt").write_text(traceback.format_exc(), "utf-8")
        _tell(play, console, f"{type(error).__name__}: {error}", f"More in {play.folders.logs / 'failure.txt'}")
        return FAILED
    ending.picture(play)
    console.print(ending.screen(play), crop=False)
    return 0 if ending.verified(play) else FAILED


def _serve(play: Play, console: Console) -> int:
    """The portal, until Ctrl-C; the story is over and verified, whatever becomes of it. The exit code."""
    try:
        with play.show.step("为门户准备各阶段的项目", "Lots in every stage, for the portal"):
            portal_.lots(play)
        portal_.serve(play, console)
    except KeyboardInterrupt:
        console.print("\n门户已停止。 The portal has stopped.")
    except Refusal as refusal:
        _tell(play, console, refusal.zh, f"{refusal.en} ({refusal.reason})")
        return FAILED
    return 0


def _tell(play: Play, console: Console, zh: str, en: str) -> None:
    """Which step failed, and what was kept."""
    console.print(f"✗ {play.show.step_zh} · {play.show.step_en}", style="bold red", markup=False)
    console.print(f"  {zh}\n  {en}", style="red", markup=False)
    console.print(f"  已有的都保留在 {play.folders.root}\n  What there is was kept there.", markup=False)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
