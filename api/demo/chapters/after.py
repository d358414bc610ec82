"""From the deadline to the award letter."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from rich.table import Table

from api.demo import panel, story
from api.demo.cast import Member
from api.demo.play import KIND, PATH, Play
from api.demo.show import beijing
from api.demo.site import until
from api.tools import agency, bidder, expert
from api.tools import trustee as trustee_tool
from api.tools.client import Client, ServerRefused
from notary import clock
from notary.errors import Held

_NAMES = {bid.organisation.code: bid.organisation for bid in story.BIDS}
_WAITING = frozenset({"not_closed", "closing_not_cosigned"})


def opening(play: Play) -> None:
    """The closing is cosigned; two of three trustees release; everything opens at once."""
    stranger = play.cast.public()
    with play.show.step(
        "服务器截标，清单固定，两名见证人联署", "Closed: the list is fixed and cosigned by two witnesses"
    ) as tell:
        closing = until(lambda: _closing(stranger))
        count, root = closing["entry"]["body"]["count"], closing["entry"]["body"]["root"]
        tell(f"{count} 份投标，树根 {root[:16]}…，日志第 {closing['index']} 条", f"{count} bids stand, none opened yet")
    for one in story.TRUSTEES:
        zh, en = one.organisation.zh, one.organisation.en
        if one.comes:
            with play.show.step(f"{one.name} {zh}核对七项条件，释放密钥", f"{en} checks and releases its key"):
                trustee_tool.release(play.cast.trustees[one.name], story.TENDER, KIND)
        else:
            play.show.absent(f"{one.name} {zh}始终没有出现", f"{en} never shows up: two of three are enough")
    with play.show.step("全部投标同时开启，一份也不例外", "All bids are opened at once, or none") as tell:
        play.bids = until(lambda: stranger.get(f"{PATH}/opening")["bids"])
        void = [_NAMES[bid["bidder"]] for bid in play.bids if bid["outcome"] != "opened"]
        tell(
            f"{len(play.bids) - len(void)} 份有效；{void[0].zh}封装被动过，对任何组合均作废",
            f"{void[0].en}'s is void for every quorum",
        )
    play.show.table(_opened(play.bids))
    _confirmed(play)
    with play.show.step("开标记录由招标人签名", "The opening record, signed"):
        play.issue("opening_record", "开标记录")


def _confirmed(play: Play) -> None:
    """Two of those whose bids were opened confirm the record; the others need not, and nothing waits for them."""
    winner, other = story.WINNER, next(bid.organisation for bid in story.BIDS if bid.fate == "stands")
    for organisation in (winner, other):
        own = play.cast.bidders[organisation.slug]
        zh, en = organisation.zh, organisation.en
        with play.show.step(f"{zh}核对开标记录，签名确认", f"{en} looks at the record and confirms it") as tell:
            opened = until(partial(_shown, own))["opened"]
            bidder.confirm(own, story.TENDER, opened)
            tell(f"开标记录 {opened[:16]}…；其他投标人可以不确认", "nobody has to, and nothing waits for the others")


def evaluation(play: Play) -> None:
    """Documents opened by the evaluation key; five signed score sheets; the ranking with its arithmetic."""
    with play.show.step("招标人用评标密钥解密各家文件", "The agency decrypts the documents with its key") as tell:
        folder = play.folders.documents / "bids"
        found = agency.open_documents(play.clerk, play.cast.agency_vault, story.TENDER, KIND, folder)
        files = sum(len(one["files"]) for one in found)
        tell(f"{files} 份文件；作废的投标无法解密", f"{files} files; the void bid stays closed")
    members = _drawn(play)
    with play.show.step("五名评委各自评分并签名", "Five members score and sign, each alone"):
        for number, (person, vault) in enumerate(members):
            expert.sign(person.client, vault, story.TENDER, {"scores": _scores(number), "rejections": []})
    with play.show.step("综合评估法计算排名，附算式", "Weighted scoring, with its arithmetic"):
        play.ranking = play.clerk.post(f"{PATH}/evaluation", {"draw": None})["ranked"]
    play.show.table(ranking(play.ranking))
    for line in play.ranking[0]["lines"]:
        play.show.aside(line)


def _drawn(play: Play) -> list[Member]:
    """Four experts are drawn, by nobody's choice: three parties draw together."""
    with play.show.step("专家库名单以化名公布，写入日志", "The pool is published, under pseudonyms") as tell:
        called = panel.call(play.cast, story.TENDER)
        able, away = called["groups"][0]["candidates"], called["excluded"]
        tell(f"{able} 人可抽；{away} 人曾在投标人处任职，除外", f"{able} can be drawn, {away} are left out")
    with play.show.step("招标人、监督部门、交易中心各自承诺随机值", "Three parties commit, each to values of its own"):
        panel.commit(play.cast, story.TENDER)
    with play.show.step("三方公布随机值，抽出四名专家", "They reveal: four experts are drawn") as tell:
        made = panel.reveal(play.cast, story.TENDER)
        tell(f"种子 {made['seed'][:16]}…，任何人都能重新抽取", "anybody can draw again and gets the same")
    with play.show.step("组成评标委员会：抽中的专家和招标人代表", "Committee: those drawn, one of the tenderer's"):
        return panel.seat(play.cast, story.TENDER)


def candidates(play: Play) -> None:
    """Three candidates, public for at least three days."""
    play.at(story.CANDIDATES)
    with play.show.step("公示三名中标候选人", "Three candidates are published") as tell:
        body = play.clerk.post(f"{PATH}/candidates", {})
        play.objections_until = clock.parse(body["objections_until"])
        tell(
            f"异议期至 {beijing(play.objections_until)[:16]}，逢周末顺延",
            "objections until then: a weekend is in between",
        )
    with play.show.step("候选人公示由招标人签名", "The candidates' notice, signed"):
        play.issue("candidates_notice", "中标候选人公示")
    play.at(story.HASTY_AWARD)
    play.refused(
        "rule_broken",
        lambda: play.clerk.post(f"{PATH}/award", {"winner": story.WINNER.code, "reason": None}),
        "公示期未满就想定标：规则不准",
        "An award before the period is over: refused by rule",
    )


def award(play: Play) -> None:
    """Two persons award; the letter goes out."""
    play.at(play.objections_until + timedelta(hours=9))
    with play.show.step("公示期满无异议，李慧提请定标", "No objection: one person proposes the award"):
        proposed = play.clerk.post(f"{PATH}/award", {"winner": play.ranking[0]["bidder"], "reason": None})
    with play.show.step("王建国核准", "Another person approves") as tell:
        entry = play.approve(proposed)["entry"]["body"]
        winner = _NAMES[entry["winner"]]
        tell(f"{winner.zh}中标，¥{money(entry['price'])}", f"{winner.en} wins")
    with play.show.step("中标通知书由招标人签名", "The award letter, signed"):
        play.issue("award_letter", "中标通知书")


def ranking(ranked: list[dict[str, Any]]) -> Table:
    """The ranking as a table."""
    table = _table("名次", "投标人 Bidder", "评标价（元）", "价格", "技术", "商务", "总分")
    for one in ranked:
        points = one["points"]
        row = [points["price"], points["technical"], points["business"], one["total"]]
        style = "bold green" if one["rank"] == 1 else ""
        table.add_row(str(one["rank"]), _NAMES[one["bidder"]].zh, money(one["evaluated"]), *row, style=style)
    return table


def _opened(bids: list[dict[str, Any]]) -> Table:
    table = _table("投标人 Bidder", "报价（元） Price", "工期 Days", "结果 Outcome")
    for bid in bids:
        values = bid["values"]
        name = _NAMES[bid["bidder"]].zh
        if values is None:
            table.add_row(name, "—", "—", "作废 void", style="red")
        else:
            table.add_row(name, money(values["price"]), str(values["duration_days"]), "已开启 opened")
    return table


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for name in names:
        right = any(mark in name for mark in ("价", "分", "术", "务", "Days"))
        table.add_column(name, justify="right" if right else "left", no_wrap=True)
    return table


def money(yuan: str) -> str:
    """``3680000.00`` as ``3,680,000.00``."""
    whole, _, cents = yuan.partition(".")
    return f"{int(whole):,}.{cents}"


def _scores(member: int) -> dict[str, dict[str, str]]:
    """One member's marks of the bids that were opened."""
    return {
        bid.organisation.code: {part: marks[member] for part, marks in bid.marks.items()}
        for bid in story.BIDS
        if bid.marks
    }


def _shown(own: bidder.Bidder) -> dict[str, Any] | None:
    """The opening as its bidder sees it, once it stands in the public record."""
    try:
        return bidder.opening(own, story.TENDER)
    except Held:
        return None


def _closing(stranger: Client) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = stranger.get(f"{PATH}/closing")
    except ServerRefused as refusal:
        if refusal.reason in _WAITING:
            return None
        raise
    return found
