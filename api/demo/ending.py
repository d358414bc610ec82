"""What the demonstration ends with: the final screen, its picture, and one object for programs."""

from __future__ import annotations

import html
import io
import os
import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from api.demo import story
from api.demo.chapters import after, proof
from api.demo.play import Play
from api.demo.show import beijing

PICTURE = "screen.svg"
_WIDTH = 92
_CELL = 12.2  # Rich's: 20 high, 0.61 as wide
_TEXT = re.compile(r'textLength="[^"]*"(?P<more>[^>]*)>(?P<text>[^<]*)<')
_LINE = 76
# As Rich's own, without its fonts from a foreign host.
_SVG = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: "DejaVu Sans Mono", "Noto Sans Mono CJK SC", "WenQuanYi Micro Hei Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width }}
.{unique_id}-title {{ font-size: 18px; font-family: sans-serif }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def verified(play: Play) -> bool:
    """Whether the verifier passed the dossier and every receipt."""
    return bool(play.verified) and all(found.exit == 0 for found in play.verified)


def facts(play: Play) -> dict[str, Any]:
    """For programs: what came of it, and where everything lies."""
    root, winner = play.folders.root, play.ranking[0]
    return {
        "tender": story.TENDER,
        "winner": winner["bidder"],
        "winner_name": _name(winner["bidder"]),
        "price": winner["price"],
        "demonstration": True,
        "directory": str(root),
        "dossier": str(proof.dossier_path(play)),
        "anchors": str(proof.anchors_path(play)),
        "receipts": str(play.folders.receipts),
        "documents": str(play.folders.documents),
        "vaults": str(play.folders.vaults),
        "log": str(play.folders.server / "log"),
    }


def screen(play: Play) -> RenderableType:
    """The final screen: what happened, who won, where everything lies, and commands that work as printed."""
    parts = (_headline(play), _chapters(play), after.ranking(play.ranking), _places(play), _commands(play))
    return Group(*(one for part in parts for one in (Text(), part)))


def picture(play: Play) -> None:
    """Record the final screen as a picture (docs/demo.svg is one)."""
    console = Console(record=True, width=_WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(screen(play))
    svg = console.export_svg(title="sunbid demo", code_format=_SVG, unique_id="sunbid")
    (play.folders.root / PICTURE).write_text(_TEXT.sub(_widened, svg), "utf-8")


def _widened(text: re.Match[str]) -> str:
    """A text of the picture with its true length: Rich counts characters, and Chinese ones are two cells wide."""
    cells = cell_len(html.unescape(text["text"]))
    return f'textLength="{cells * _CELL:g}"{text["more"]}>{text["text"]}<'


def _headline(play: Play) -> Text:
    winner = play.ranking[0]
    if not verified(play):
        return Text("✗ 核验未通过 · The verification did not pass", "bold red")
    return Text.assemble(
        ("✓ 核验通过 · Verified", "bold green"),
        (f"   {_name(winner['bidder'])}中标，¥{after.money(winner['price'])}\n", "bold"),
        "七份投标：四份有效（一份曾替换），一份撤回，一份逾期，一份作废；受托人三来其二。\n",
        ("Seven bids: four valid, one withdrawn, one late, one void; two of three trustees came.", "dim"),
    )


def _chapters(play: Play) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for one in play.show.played:
        table.add_row(Text("✓", "green"), beijing(one.moment)[:16], one.zh, Text(one.en, "dim"))
    return table


def _places(play: Play) -> Group:
    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(3):
        table.add_column(no_wrap=True, overflow="ignore")
    for zh, en, path in (
        ("公示卷宗", "dossier", proof.dossier_path(play)),
        ("核验锚点", "anchors", proof.anchors_path(play)),
        ("投标回执", "receipts", play.folders.receipts),
        ("公文", "signed papers", play.folders.documents / "papers"),
        ("投标文件", "bids' files", play.folders.documents / "bids"),
        ("密钥库", "vaults", play.folders.vaults),
        ("公开日志", "public log", play.folders.server / "log"),
    ):
        table.add_row(zh, Text(en, "dim"), Text(_short(path), "cyan"))
    return Group(Text("都在这里 · Everything lies here", "bold"), table)


def _commands(play: Play) -> Group:
    dossier, log = proof.dossier_path(play), play.folders.server / "log"
    receipt = play.folders.receipts / f"{story.WINNER.slug}-2.json"
    anchors = _words("--anchors", proof.anchors_path(play))
    sunbid = _words(Path(sys.executable).with_name("sunbid"))
    environment = _words(play.folders.server / "environment")
    commands = [
        ("核验卷宗", "verify the dossier", [f"{sunbid} verify", _words(dossier), anchors]),
        ("核验回执", "verify a receipt", [f"{sunbid} verify", _words(receipt), anchors, _words("--dossier", dossier)]),
        ("核验日志", "verify the log", [f"{sunbid} verify", _words(log), anchors]),
        ("再启动服务器", "serve it again", [f"(set -a; . {environment};", f"{sunbid} serve)"]),
    ]
    if shutil.which("pdfsig"):
        commands.append(("谁签的通知书", "who signed the letter", ["pdfsig", _words(play.papers[-1])]))
    shown = [Text("这样看 · How to look at it", "bold")]
    for zh, en, pieces in commands:
        shown.append(Text.assemble(zh, (f" {en}", "dim")))
        shown.append(Text(_folded(pieces), "cyan", no_wrap=True, overflow="ignore"))
    return Group(*shown)


def _folded(pieces: list[str]) -> str:
    """A command on one line or, where it is long, on several that the shell reads as one."""
    line = " ".join(pieces)
    return f"  {line}" if cell_len(line) <= _LINE else "  " + " \\\n    ".join(pieces)


def _words(*words: str | Path) -> str:
    """Words of a command, for a shell."""
    return shlex.join(_short(word) for word in words)


def _short(path: str | Path) -> str:
    """A path as seen from where the user is."""
    if isinstance(path, str):
        return path
    here = Path(os.path.relpath(path))
    return str(path if here.parts[:1] == ("..",) else here)


def _name(code: str) -> str:
    return next(bid.organisation.zh for bid in story.BIDS if bid.organisation.code == code)
