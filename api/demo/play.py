"""What the chapters share: the site, the parties, the clock, the display, and what came of the acts so far."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from api.demo import story
from api.demo.cast import Cast
from api.demo.show import Show
from api.demo.site import DemonstrationClock, Folders, Site
from api.demo.vaults import Vaults
from api.tools.client import Client
from notary.certificates import Identity
from notary.errors import Conflict, Refusal

PATH = f"/tenders/{story.TENDER}"
KIND = "bid"
_GLANCE = 0.05
_LONG = timedelta(hours=1)


@dataclass(frozen=True)
class Verified:
    """What the stand-alone verifier said: how many checks passed, which did not (Chinese, English), its exit code."""

    passed: int
    not_passed: list[tuple[str, str]]
    exit: int


@dataclass
class Play:
    """behind: for what may go on beside the play; once: time jumps over the last minute too; portal: served at last."""

    show: Show
    folders: Folders
    clock: DemonstrationClock
    site: Site
    vaults: Vaults
    behind: ThreadPoolExecutor
    once: bool
    portal: bool
    cast: Cast = field(init=False)
    identity: Identity = field(init=False)
    root: bytes = b""
    deadline: datetime = story.FIRST_DEADLINE
    receipts: dict[str, tuple[str, str]] = field(default_factory=dict)
    bids: list[dict[str, Any]] = field(default_factory=list)
    ranking: list[dict[str, Any]] = field(default_factory=list)
    objections_until: datetime = story.CANDIDATES
    papers: list[Path] = field(default_factory=list)
    attachments: Future[None] = field(init=False)
    verified: list[Verified] = field(default_factory=list)

    @property
    def clerk(self) -> Client:
        """Who proposes at the agency."""
        return self.cast.agency[0].client

    @property
    def second(self) -> Client:
        """Who approves at the agency."""
        return self.cast.agency[1].client

    def at(self, moment: datetime) -> None:
        """Days or weeks pass on the demonstration clock."""
        before = self.clock.now()
        self.clock.forward(moment)
        if moment - before > _LONG:
            self.show.passed((moment - before).days)

    def wait_until(self, moment: datetime) -> None:
        """Let real time pass until a moment; with `once` jump."""
        if self.once:
            self.clock.forward(moment)
        while self.clock.now() < moment:
            time.sleep(_GLANCE)

    def before(self, **time_left: int) -> datetime:
        """A moment this long before the deadline."""
        return self.deadline - timedelta(**time_left)

    def approve(self, proposed: dict[str, Any]) -> dict[str, Any]:
        """The second person approves exactly what was proposed."""
        body = {"proposal": proposed["proposal"], "content": proposed["content"]}
        done: dict[str, Any] = self.second.post(f"{PATH}/approvals", body)
        return done

    def refused(self, reason: str, act: Callable[[], object], zh: str, en: str) -> None:
        """Somebody tries what must be refused for this reason. Raises Conflict (not_refused) when it is done."""
        try:
            act()
        except Refusal as refusal:
            if refusal.reason != reason:
                raise
            self.show.refused(refusal, zh, en)
        else:
            raise Conflict("not_refused", f"本应拒绝而未拒绝：{zh}。", f"This should have been refused: {en}.")

    def issue(self, name: str, zh: str) -> None:
        """The agency signs a paper on its own machine and hands it in; the signed file is kept too."""
        from api.tools import papers

        papers.sign(self.clerk, story.TENDER, name, self.identity, reason=zh, location="阳光市")
        path = self.folders.documents / "papers" / f"{len(self.papers) + 1}-{zh}.pdf"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(self.clerk.read(f"{PATH}/papers/{name}"))
        self.papers.append(path)
