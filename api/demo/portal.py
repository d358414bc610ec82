"""After the story: the portal is served, with a lot in every stage and an opening a few minutes away."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from api.demo import attachments, panel, story
from api.demo.cast import Person
from api.demo.lots import LONG, LOTS, Lot, content
from api.demo.play import KIND, Play
from api.demo.site import until
from api.tools import agency, expert, sealing
from api.tools import bidder as tool
from api.tools import trustee as trustee_tool
from api.tools.client import Client, ServerRefused

#: How far away the opening is when everything else is ready; sealing the bids takes some of it.
SOON = timedelta(minutes=6)
_PACE = 2.0


def lots(play: Play) -> None:
    """Everything up to a lot in every stage. The server runs again, on the same addresses."""
    play.site.start()
    start = play.clock.now()
    for lot in LOTS:
        if lot.fate not in {"open", "drafted"}:
            _publish(play, lot, start, start + LONG + (SOON if lot.fate == "soon" else timedelta()))
            _bid(play, lot)
    _cancel(play, _of("cancelled"))
    play.clock.forward(start + LONG + timedelta(seconds=2))
    _hold(play, play.cast.supervisor, _of("held"))
    _to_publicity(play, _of("publicity"))
    now = play.clock.now()
    _publish(play, _of("open"), now, now + LONG)
    _bid(play, _of("open"))
    _ask(play, _of("open"))
    _draft(play, _of("drafted"), now, now + LONG)


def serve(play: Play, console: Console) -> None:
    """Tell where the portal is, and keep it until Ctrl-C; two trustees release when the lot's hour has come."""
    console.print(f"\n[bold]门户 · Portal[/]  [link={play.site.url}]{play.site.url}[/link]")
    console.print("  首页可以任何身份进入；几分钟后有一个项目开标。按 Ctrl-C 结束。")
    console.print("  Enter as anybody on the front page; a lot opens in a few minutes. Ctrl-C ends it.", style="dim")
    console.print(f"  邮件写在文件夹里，不发出 · Mail is written into a folder: {play.site.folders.mail}", style="dim")
    with _releasing(play):
        threading.Event().wait()


@contextmanager
def _releasing(play: Play) -> Iterator[None]:
    over = threading.Event()
    own = [play.cast.trustees[one.name] for one in story.TRUSTEES if one.comes]

    def run() -> None:
        while not over.wait(_PACE):
            for trustee in own:
                for _ in trustee_tool.release_due(trustee):
                    pass

    thread = threading.Thread(target=run, name="trustees", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _of(fate: str) -> Lot:
    return next(lot for lot in LOTS if lot.fate == fate)


def _folder(play: Play) -> Path:
    return play.folders.attachments / "tender"


def _draft(play: Play, lot: Lot, now: datetime, deadline: datetime) -> None:
    made = content(lot, now, deadline, [attachments.TENDER_DOCUMENTS])
    agency.draft(play.clerk, play.cast.agency_vault, made, _folder(play))


def _publish(play: Play, lot: Lot, now: datetime, deadline: datetime) -> None:
    _draft(play, lot, now, deadline)
    for own in play.cast.trustees.values():
        trustee_tool.offer_key(own, lot.tender, KIND)
    for own in play.cast.trustees.values():
        trustee_tool.sign_key_set(own, lot.tender, KIND)
    _approve(play, lot, play.clerk.post(f"/tenders/{lot.tender}/publication", {}))
    until(lambda: play.clerk.get(f"/tenders/{lot.tender}/record")["items"] or None)


def _approve(play: Play, lot: Lot, proposed: dict[str, Any]) -> None:
    body = {"proposal": proposed["proposal"], "content": proposed["content"]}
    play.second.post(f"/tenders/{lot.tender}/approvals", body)


def _bid(play: Play, lot: Lot) -> None:
    for bid, price in zip(story.BIDS, lot.prices, strict=False):
        own = play.cast.bidders[bid.organisation.slug]
        path = play.folders.bids / bid.organisation.slug / f"{lot.tender}.bid"
        sealing.seal_bid(
            own.client,
            own.anchors,
            tender=lot.tender,
            kind=KIND,
            bidder=own.code,
            values=bid.values(price),
            files=[],
            target=path,
        )
        receipt = tool.submit(own, path, lambda _done, _whole: None)
        tool.store(receipt, play.folders.receipts / f"{lot.tender}-{bid.organisation.slug}.json")


def _cancel(play: Play, lot: Lot) -> None:
    body = {"reason": "cancelled", "detail": "规划调整，停车场改址。"}
    _approve(play, lot, play.clerk.post(f"/tenders/{lot.tender}/failure", body))


def _hold(play: Play, supervisor: Person, lot: Lot) -> None:
    until(lambda: _tried(play.clerk, f"/tenders/{lot.tender}/closing"))
    supervisor.client.post(f"/tenders/{lot.tender}/holds", {"reason": "受理对招标文件的投诉，处理期间暂停。"})


def _to_publicity(play: Play, lot: Lot) -> None:
    path = f"/tenders/{lot.tender}"
    until(lambda: _tried(play.clerk, f"{path}/closing"))
    for one in story.TRUSTEES:
        if one.comes:
            trustee_tool.release(play.cast.trustees[one.name], lot.tender, KIND)
    until(lambda: play.clerk.get(f"{path}/opening")["bids"])
    panel.call(play.cast, lot.tender)
    panel.commit(play.cast, lot.tender)
    panel.reveal(play.cast, lot.tender)
    for person, vault in panel.seat(play.cast, lot.tender):
        expert.sign(person.client, vault, lot.tender, {"scores": {}, "rejections": []})
    play.clerk.post(f"{path}/evaluation", {"draw": None})
    play.clerk.post(f"{path}/candidates", {})


def _ask(play: Play, lot: Lot) -> None:
    path = f"/tenders/{lot.tender}"
    first, second = (play.cast.bidders[bid.organisation.slug].client for bid in story.BIDS[1:3])
    asked = first.post(f"{path}/questions", {"question": "支管接驳处的既有检查井是否由本标段一并修复？"})
    play.clerk.post(f"{path}/answers", {"question": asked["question"], "answer": "是，工程量清单第 14 项已列。"})
    second.post(f"{path}/questions", {"question": "夜间施工许可由谁办理？"})


def _tried(client: Client, path: str) -> Any:
    try:
        return client.get(path)
    except ServerRefused:
        return None
