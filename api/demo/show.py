"""What is seen of the demonstration: chapters and steps as they pass, and below them bar, clock and countdown.

Where the output is no terminal, the same lines are printed and nothing moves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from rich.cells import cell_len
from rich.console import Console, Group
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from notary import clock
from notary.errors import Refusal
from trading.calendar import BEIJING

INDENT = 2

Tell = Callable[[str, str], None]
"""``tell(Chinese, English)`` of what came of a step."""


@dataclass(frozen=True)
class Chapter:
    """A chapter that was played. moment: when it began, by the demonstration's clock."""

    number: int
    zh: str
    en: str
    moment: datetime


class Show:
    """The display. now: the demonstration's time, None before there is one; chapters: how many there will be."""

    def __init__(self, console: Console, now: Callable[[], datetime | None], chapters: int) -> None:
        self.played: list[Chapter] = []
        self.step_zh, self.step_en = "准备", "Preparation"
        self._console = console
        self._now = now
        self._chapters = chapters
        self._under_way = False
        self._beginning: tuple[str, str] | None = None
        self._deadline: datetime | None = None
        self._spinner = Spinner("dots")
        self._live = Live(
            get_renderable=self._foot, console=console, refresh_per_second=8, transient=True, auto_refresh=True
        )

    def __enter__(self) -> Self:
        if self._console.is_terminal and not self._console.is_dumb_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def chapter(self, zh: str, en: str) -> None:
        """A chapter begins; its heading comes with its first line, when the clock is where it plays."""
        self._beginning = zh, en

    @contextmanager
    def step(self, zh: str, en: str) -> Iterator[Tell]:
        """A step: it shows as under way, and once it is done with a ✓. Gives what tells more of it, below."""
        self._begin()
        self.step_zh, self.step_en = zh, en
        self._under_way = True
        told: list[tuple[str, str]] = []
        yield lambda more_zh, more_en: told.append((more_zh, more_en))
        self._under_way = False
        self._line("✓", "green", zh, en)
        for more_zh, more_en in told:
            self._line("", "", more_zh, more_en, deeper=True)

    def absent(self, zh: str, en: str) -> None:
        """Something that did not happen."""
        self._line("○", "yellow", zh, en)

    def passed(self, days: int) -> None:
        """Time has passed in the middle of a chapter."""
        if self._beginning is None:
            told = f"{days} 天后" if days else "数小时后"
            self._line("»", "cyan", f"{told} {self._moment()}", "", style="cyan")

    def refused(self, refusal: Refusal, zh: str, en: str) -> None:
        """A refusal that belongs to the story: what was tried, and why it is not done."""
        self._begin()
        self._line("✗", "red", zh, en)
        self._line("", "", refusal.zh, refusal.en, deeper=True, style="red")

    def count_down(self, deadline: datetime | None) -> None:
        """Show how long it is until the deadline; None ends it."""
        self._deadline = deadline

    def aside(self, text: str) -> None:
        """A line below the step."""
        self._line("", "", text, "", deeper=True)

    def table(self, table: Table) -> None:
        """A table below the step."""
        self._console.print(Padding(table, (0, 0, 0, INDENT * 2)))

    def _begin(self) -> None:
        """The heading of a chapter that has just begun."""
        if self._beginning is None:
            return
        zh, en = self._beginning
        self._beginning = None
        moment = self._now() or clock.host_time()
        self.played.append(Chapter(len(self.played) + 1, zh, en, moment))
        heading = Text.assemble((f"{len(self.played):>2} {zh}", "bold"), (f"  {en} ", "dim"))
        told = f" {beijing(moment)}"
        gap = self._console.width - heading.cell_len - cell_len(told)
        heading.append("─" * max(gap, 1), "dim").append(told, "cyan")
        self._console.print()
        self._console.print(heading)

    def _line(self, mark: str, colour: str, zh: str, en: str, *, deeper: bool = False, style: str = "") -> None:
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(width=INDENT * 2 + 1 if deeper else INDENT + 1, justify="right")
        grid.add_column(overflow="fold")
        text = Text(zh, style or ("dim" if deeper else ""))
        room = self._console.width - INDENT * 2 - 4
        together = text.cell_len + len(en) + 3 <= room
        if en:
            text.append(f" · {en}" if together else f"\n{en}", "dim")
        grid.add_row(Text(mark, colour), text)
        self._console.print(grid)

    def _moment(self) -> str:
        now = self._now()
        return "" if now is None else beijing(now)

    def _foot(self) -> Group:
        bar = Table.grid(padding=(0, 1, 0, 0))
        bar.add_row(
            ProgressBar(total=self._chapters, completed=len(self.played), width=24),
            Text(f"{len(self.played)}/{self._chapters}"),
            Text(f"演示时钟 {self._moment()}", "cyan"),
        )
        doing = Table.grid(padding=(0, 1, 0, 0))
        told = f"{self.step_zh} · {self.step_en}" if self._under_way else ""
        doing.add_row(self._spinner, Text(told, no_wrap=True, overflow="ellipsis"))
        return Group(Text(), *self._countdown(), bar, doing)

    def _countdown(self) -> list[Text]:
        now = self._now()
        if self._deadline is None or now is None:
            return []
        left = max((self._deadline - now).total_seconds(), 0)
        told = f"距投标截止 {int(left // 60):02}:{int(left % 60):02} to the deadline"
        return [Text(told, "bold yellow")]


def beijing(moment: datetime) -> str:
    """``2026-12-22 09:30:05 北京``."""
    return f"{moment.astimezone(BEIJING):%Y-%m-%d %H:%M:%S} 北京"
