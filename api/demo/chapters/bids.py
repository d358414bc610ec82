"""Seven sealed bids: one is replaced, one withdrawn, one comes late, one is spoiled on purpose."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from api.demo import attachments, story
from api.demo.play import KIND, Play
from api.demo.show import beijing
from api.demo.story import Bid
from api.tools import bidder as tool
from api.tools import sealing, uploads
from api.tools import trustee as trustee_tool
from bidding.envelope import Front
from notary.errors import Conflict

_BY_FATE = {bid.fate: bid for bid in story.BIDS}


def sealed(play: Play) -> None:
    """Everybody seals on the own machine; those who hand in on the day before get their receipts."""
    play.at(story.SEALING)
    with play.show.step("七家投标人在本机密封投标文件", "Seven bidders seal on their own machines") as tell:
        for bid in story.BIDS:
            _seal(play, bid, bid.price, bid.organisation.slug)
        _spoil(_path(play, _BY_FATE["spoils"].organisation.slug))
        tell("夕照公司故意改动一组密钥封装，想留一手", "Xizhao alters a wrap on purpose, to keep a choice")
    for bid in story.BIDS:
        if bid.fate != "late":
            zh, en = bid.organisation.zh, bid.organisation.en
            with play.show.step(f"{zh}递交", f"{en} submits") as tell:
                receipt = _submit(play, bid, bid.organisation.slug)
                tell(f"回执 {receipt[:16]}…，签名当场核对", "receipt, its signature checked on the spot")
    with play.show.step("在此之前，份数、名称和大小无人可见", "Nobody sees how many bids there are, or whose") as tell:
        opening = play.clerk.get(f"/tenders/{story.TENDER}/opening")
        if opening["bids"] is not None:
            raise Conflict("bids_seen", "开标前即可看到投标。", "Bids are seen before the opening.")
        tell("招标人此刻查询开标情况：无", "the agency asks, and is told nothing")


def last_minute(play: Play) -> None:
    """The minute before the deadline, in real time."""
    first = _BY_FATE["replaces"]
    _seal(play, first, story.REPLACED_PRICE, _again(first))
    play.at(play.before(seconds=60))
    play.show.count_down(play.deadline)
    _replaced(play)
    _withdrawn(play)
    _uploaded_only(play)
    play.wait_until(play.before(seconds=10))
    play.refused(
        "not_closed",
        lambda: trustee_tool.release(play.cast.trustees["T1"], story.TENDER, KIND),
        "公证处试图提前释放密钥：其本机程序拒绝",
        "The notary tries to release early: its own tool refuses",
    )
    play.wait_until(play.deadline)
    play.show.count_down(None)
    play.wait_until(play.deadline + timedelta(seconds=2))
    _refused(play)


def _replaced(play: Play) -> None:
    bid = _BY_FATE["replaces"]
    play.wait_until(play.before(seconds=45))
    with play.show.step(f"{bid.organisation.zh}以新标替换旧标", f"{bid.organisation.en} replaces its bid") as tell:
        receipt = _submit(play, bid, _again(bid), again=True)
        tell(f"新回执 {receipt[:16]}…；旧标将销毁", "a new receipt; the old bid will be destroyed")


def _withdrawn(play: Play) -> None:
    play.wait_until(play.before(seconds=30))
    bid = _BY_FATE["withdraws"]
    own = play.cast.bidders[bid.organisation.slug]
    with play.show.step(f"{bid.organisation.zh}撤回投标", f"{bid.organisation.en} withdraws"):
        _keep(play, bid, f"{bid.organisation.slug}-withdrawal", tool.withdraw(own, story.TENDER))


def _uploaded_only(play: Play) -> None:
    play.wait_until(play.before(seconds=20))
    bid = _BY_FATE["late"]
    own, path = play.cast.bidders[bid.organisation.slug], _path(play, bid.organisation.slug)
    with play.show.step(
        f"{bid.organisation.zh}传完文件，却迟迟不签署声明", f"{bid.organisation.en} uploads, signs nothing"
    ):
        uploads.upload(own.client, uploads.read_bid(path), _quietly)


def _refused(play: Play) -> None:
    bid = _BY_FATE["late"]
    own, path = play.cast.bidders[bid.organisation.slug], _path(play, bid.organisation.slug)
    zh, en = f"{bid.organisation.zh}此时递交：拒收", f"{bid.organisation.en} submits now: refused"
    with play.show.step(zh, en) as tell:
        receipt = tool.submit(own, path, _quietly)
        checked = tool.check(own, receipt)
        if not checked.refused:
            raise Conflict("late_accepted", "逾期投标被受理。", "A late bid was accepted.")
        _keep(play, bid, f"{bid.organisation.slug}-refusal", receipt)
        tell(f"{beijing(checked.moment)}，附签名凭证（招标投标法 28）", "with a signed refusal")


def _seal(play: Play, bid: Bid, price: str, name: str) -> None:
    own = play.cast.bidders[bid.organisation.slug]
    target = _path(play, name)
    target.parent.mkdir(parents=True, exist_ok=True)
    sealing.seal_bid(
        own.client,
        own.anchors,
        tender=story.TENDER,
        kind=KIND,
        bidder=own.code,
        values=bid.values(price),
        files=[play.folders.attachments / name / attachments.METHOD],
        target=target,
    )


def _spoil(path: Path) -> None:
    """Alter the wrap for T1 and T2: other quorums could still open the bid, so whoever comes would decide its fate."""
    bid = uploads.read_bid(path)
    header = bid.front.header
    first = header.wraps[0]
    altered = replace(header, wraps=(first[:-1] + bytes([first[-1] ^ 1]), *header.wraps[1:]))
    part_0 = Front(altered, altered.encoded(), bid.front.form_section).encoded()
    path.write_bytes(part_0 + path.read_bytes()[bid.part_sizes[0] :])


def _submit(play: Play, bid: Bid, name: str, *, again: bool = False) -> str:
    own = play.cast.bidders[bid.organisation.slug]
    return _keep(play, bid, name, tool.submit(own, _path(play, name), _quietly, replace=again))


def _keep(play: Play, bid: Bid, name: str, receipt: dict[str, Any]) -> str:
    """Keep a receipt as it is now; its log proof joins it later. Gives its number."""
    number = tool.number_of(receipt)
    tool.store(receipt, play.folders.receipts / f"{name}.json")
    play.receipts[name] = bid.organisation.slug, number
    return number


def _again(bid: Bid) -> str:
    """The name of a bidder's second bid."""
    return f"{bid.organisation.slug}-2"


def _path(play: Play, name: str) -> Path:
    return play.folders.bids / name / f"{story.TENDER}.bid"


def _quietly(_done: int, _whole: int) -> None:
    """The files are small: their upload needs no bar."""
