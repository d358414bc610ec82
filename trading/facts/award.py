"""中标候选人公示 and 中标通知书."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from notary import clock
from notary.entries import Entry
from trading import calendar, periods
from trading.facts.words import Facts, Occasion, beijing, day, field, full_day, paper, stated, sum_of, titled, words

_INSTANT = timedelta(microseconds=1)
_OUTCOMES = {
    "unopenable": words("投标文件无法开启", "unopenable"),
    "invalid": words("开标一览表不合格式", "its form is invalid"),
}


def candidates_notice(occasion: Occasion, opened: Entry, evaluated: Entry) -> Facts:
    """The facts of templates.facts.CandidatesNotice. opened, evaluated: `lot_opened` and `lot_evaluated`."""
    body, bids = occasion.entry.body, bids_of(opened)
    schema = occasion.notice.body["form_schema"]
    return paper(occasion, titled(occasion.procedure, "candidates")) | {
        "summary": [
            field("招标人或其代理机构", "Tenderer or its agency", occasion.agency["name"]),
            field("开标时间", "Opened at", beijing(opened.time)),
        ],
        "publicity": _publicity(occasion),
        "method": words(
            f"评标委员会按{method_of(occasion)['zh']}评审，推荐下列中标候选人，并标明顺序。",
            f"{method_of(occasion)['en']}: the committee recommends these candidates in order.",
        ),
        "candidates": [
            {
                "rank": one["rank"],
                "bidder": bids[one["bidder"]]["name"],
                "code": one["bidder"],
                "price": sum_of(one["price"]),
                "score": one["total"],
                "fields": stated(schema, bids[one["bidder"]]["values"]),
            }
            for one in body["candidates"]
        ],
        "rejected": [_rejected(occasion, bids, one) for one in evaluated.body["evaluation"]["rejected"]],
        "remedies": _remedies(occasion),
    }


def award_letter(occasion: Occasion, opened: Entry, accepted: Sequence[Entry]) -> Facts:
    """The facts of templates.facts.AwardLetter. accepted: the disclosed `bid_accepted` entries."""
    winner = bids_of(opened)[occasion.entry.body["winner"]]
    sent = next(entry.time for entry in accepted if entry.commitment().hex() == winner["accepted"])
    title, cites = occasion.notice.body["notice"]["title"], occasion.procedure.notices["award"].cites
    until = _last_day(occasion, "contract")
    return paper(occasion, titled(occasion.procedure, "award")) | {
        "winner": winner["name"],
        "winner_code": winner["bidder"],
        "priced": words("中标价", "Contract price"),
        "price": sum_of(occasion.entry.body["price"]),
        "paragraphs": [
            words(
                f"你方于{day(sent)}递交的{title}投标文件已被我方接受，确定你方为中标人（{cites}）。",
                "Your bid has been accepted; you are the winner of this tender.",
            ),
            *([] if until is None else [_contract(occasion, until)]),
        ],
        "fields": [
            *stated(occasion.notice.body["form_schema"], winner["values"]),
            *([] if until is None else [field("合同签订期限", "Contract to be signed by", until)]),
        ],
        "copies": [],
    }


def sale_confirmation(occasion: Occasion) -> Facts:
    """The facts of templates.facts.AwardLetter for the winner of an auction (成交确认书)."""
    body, terms = occasion.entry.body, occasion.notice.body["auction"]
    title, cites = occasion.notice.body["notice"]["title"], occasion.procedure.notices["award"].cites
    until = _last_day(occasion, "contract")
    return paper(occasion, titled(occasion.procedure, "award")) | {
        "winner": occasion.names[body["winner"]],
        "winner_code": body["winner"],
        "priced": words("成交价", "Price of the sale"),
        "price": sum_of(body["price"]),
        "paragraphs": [
            words(
                f"{title}竞价结束，你方报价最高，确认你方为竞得人（{cites}）。",
                "The auction has ended with your bid as the highest: you have won.",
            ),
            *([] if until is None else [_contract(occasion, until)]),
        ],
        "fields": [
            field("起始价", "Start price", sum_of(terms["start_price"])),
            *([] if until is None else [field("合同签订期限", "Contract to be signed by", until)]),
        ],
        "copies": [],
    }


def bids_of(opened: Entry) -> Mapping[str, Mapping[str, Any]]:
    """Code -> bid, of `lot_opened`."""
    return {bid["bidder"]: bid for bid in opened.body["bids"]}


def _publicity(occasion: Occasion) -> Facts:
    body = occasion.entry.body
    start, end = clock.parse(body["published_at"]), clock.parse(body["objections_until"]) - _INSTANT
    limit = occasion.procedure.limits["publicity"]
    return words(
        f"公示期自{full_day(start)}至{full_day(end)}，不少于 {limit.value} 日（{limit.cites}）。",
        f"Published for not less than {limit.value} days ({limit.cites}).",
    )


def method_of(occasion: Occasion) -> Facts:
    """The evaluation method of the notice, as the procedure calls it."""
    name = occasion.notice.body["evaluation"]["method"]
    method = next(one for one in occasion.procedure.methods if one.name == name)
    return words(method.zh, method.en)


def _rejected(occasion: Occasion, bids: Mapping[str, Mapping[str, Any]], one: Mapping[str, Any]) -> Facts:
    return {"bidder": bids[one["bidder"]]["name"], "reason": why_rejected(occasion, one)}


def why_rejected(occasion: Occasion, one: Mapping[str, Any]) -> Facts:
    """The clauses and the line of a rejection of the evaluation, in words."""
    if not one["clauses"]:
        return _OUTCOMES[one["line"]]
    listed = {clause.id: clause for clause in occasion.procedure.rejection.clauses}
    found = [listed[clause] for clause in one["clauses"]]
    zh = "；".join(f"{clause.zh}（{clause.cites}）" for clause in found)
    return words(f"{zh}：{one['line']}", "; ".join(clause.en for clause in found))


def _remedies(occasion: Occasion) -> list[Facts]:
    until = clock.parse(occasion.entry.body["objections_until"]) - _INSTANT
    publicity = occasion.procedure.limits["publicity"]
    found = [
        {
            "title": words("异议", "Objection"),
            "to": occasion.agency["name"],
            "until": f"{full_day(until)}24:00",
            "how": words("在本平台署名提出，并附证据", "on this platform, signed and with evidence"),
            "cites": publicity.cites,
        }
    ]
    complaint = occasion.procedure.limit("complaint")
    if complaint is not None:
        until_text = f"知道或者应当知道之日起 {complaint.value} 日内"
        how = words("应先提出异议", "after an objection")
        title = words("投诉", "Complaint")
        found.append({"title": title, "to": "行政监督部门", "until": until_text, "how": how, "cites": complaint.cites})
    return found


def _contract(occasion: Occasion, until: str) -> Facts:
    limit = occasion.procedure.limits["contract"]
    return words(
        f"请你方在{until}前与我方订立书面合同（{limit.cites}）。",
        f"Please conclude the written contract within {limit.value} days ({limit.cites}).",
    )


def _last_day(occasion: Occasion, limit: str) -> str | None:
    over = periods.due(occasion.procedure, calendar.china(), limit, occasion.entry.time)
    return None if over is None else full_day(over - _INSTANT)
