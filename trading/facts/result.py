"""What a bidder that has not won is told (中标结果通知书, 未中标告知书): its own marks, rank and rejection.

What is told, and what each part is called, are the items of the procedure's notice `not_awarded`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from notary import clock
from notary.entries import Entry
from trading import calendar, objections
from trading.facts.award import bids_of, why_rejected
from trading.facts.words import Facts, Occasion, field, full_day, paper, stated, sum_of, titled, words

#: The notice of a procedure whose items these letters have; a procedure without it sends none.
NOTICE = "not_awarded"
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Told:
    """One bidder's result. occasion: of `lot_awarded`; reasons: what the committee's sheets say of its rejection.

    ranked, rejected: its element of the evaluation, exactly one of them; rank: the winner's.
    """

    occasion: Occasion
    bid: Mapping[str, Any]
    winner: Mapping[str, Any]
    ranked: Mapping[str, Any] | None
    rejected: Mapping[str, Any] | None
    rank: int
    count: int
    reasons: Sequence[str]
    objections_until: str | None


def result_letter(occasion: Occasion, found: Sequence[Entry], bidder: str) -> Facts:
    """The facts of templates.facts.ResultLetter. found: the disclosed entries up to the award; bidder: a code."""
    told = _told(occasion, found, bidder)
    notice = occasion.procedure.notices[NOTICE]
    parts = [(item, SECTIONS[item.key](told)) for item in notice.items]
    return paper(occasion, titled(occasion.procedure, NOTICE)) | {
        "bidder": told.bid["name"],
        "bidder_code": told.bid["bidder"],
        "paragraphs": [
            words(
                f"感谢贵单位参加本项目。结果已经确定，贵单位未被选定，现将结果和贵单位的评审情况告知如下（{notice.cites}）。",
                "Thank you for taking part. Another bid was accepted; this is the result, and how your own bid stood.",
            )
        ],
        "sections": [
            {"title": words(item.zh, item.en), "paragraphs": [], "fields": [], "table": None} | part
            for item, part in parts
            if part is not None
        ],
    }


def _told(occasion: Occasion, found: Sequence[Entry], bidder: str) -> Told:
    by_kind = {entry.kind: entry for entry in found}
    bids, evaluated = bids_of(by_kind["lot_opened"]), by_kind["lot_evaluated"]
    evaluation, winner = evaluated.body["evaluation"], occasion.entry.body["winner"]
    ranked = {one["bidder"]: one for one in evaluation["ranked"]}
    candidates = by_kind.get("candidates_published")
    return Told(
        occasion=occasion,
        bid=bids[bidder],
        winner=bids[winner],
        ranked=ranked.get(bidder),
        rejected=next((one for one in evaluation["rejected"] if one["bidder"] == bidder), None),
        rank=ranked[winner]["rank"],
        count=len(ranked),
        reasons=_reasons(found, evaluated.body["scores"], bidder),
        objections_until=None if candidates is None else candidates.body["objections_until"],
    )


def _reasons(found: Sequence[Entry], used: Sequence[str], bidder: str) -> list[str]:
    """What the members wrote who reject this bid, each text once; whose it is stays out."""
    sheets = [one.body["score"]["object"] for one in found if one.kind == "score_signed" and _id(one) in used]
    texts = [one["reason"] for sheet in sheets for one in sheet["rejections"] if one["bidder"] == bidder]
    return list(dict.fromkeys(texts))


def _id(entry: Entry) -> str:
    return entry.commitment().hex()


def _winner(told: Told) -> Facts:
    return {
        "fields": [
            field("单位", "Bidder", told.winner["name"]),
            field("价格", "Price", sum_of(told.occasion.entry.body["price"])),
        ]
    }


def _bid(told: Told) -> Facts | None:
    if told.bid["outcome"] != "opened":
        return None
    schema = told.occasion.notice.body["form_schema"]
    price = told.bid["values"][schema["price_field"]]
    evaluated = price if told.ranked is None else told.ranked["evaluated"]
    compared = [] if evaluated == price else [field("评审价", "Evaluated price", sum_of(evaluated))]
    return {
        "fields": [field("报价", "Price", sum_of(price)), *compared, *stated(schema, told.bid["values"])],
    }


def _marks(told: Told) -> Facts | None:
    """Its own marks (87号令 69); None where the method gives none, and of a rejected bid."""
    if told.ranked is None or not told.ranked["points"]:
        return None
    full = _full(told.occasion.notice.body["evaluation"])
    points = told.ranked["points"]
    rows = [[label, most, points[name]] for name, (label, most) in full.items() if name in points]
    head = [words("评审因素", "Criterion"), words("满分", "Full marks"), words("得分", "Marks")]
    return {
        "table": {
            "head": head,
            "numeric": [1, 2],
            "rows": [*rows, ["总分 Total", "", told.ranked["total"]]],
        }
    }


def _full(criteria: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """In the order of the criteria what each kind of points is called, and its full marks. criteria: of the notice."""
    found = {part["name"]: (f"{part['zh']} {part['en']}".strip(), part["marks"]) for part in criteria["parts"]}
    if "quality" in criteria:
        found["quality"] = ("质量 Quality", criteria["quality"]["marks"])
    return found | {"price": ("价格 Price", criteria["price_marks"])}


def _rank(told: Told) -> Facts | None:
    if told.ranked is None:
        return None
    place = words(f"第 {told.ranked['rank']} 名（共 {told.count} 名）", f"{told.ranked['rank']} of {told.count}")
    reason = told.occasion.entry.body.get("reason")
    passed = reason is not None and told.ranked["rank"] < told.rank
    return {
        "fields": [
            field("名次", "Rank", place),
            *([field("未选定排名在前者的原因", "Why a later rank was chosen", reason)] if passed else []),
        ]
    }


def _rejection(told: Told) -> Facts | None:
    if told.rejected is None:
        return None
    return {
        "paragraphs": [why_rejected(told.occasion, told.rejected)],
        "fields": [field("评委写明的理由", "What the committee wrote", reason) for reason in told.reasons],
    }


def _remedies(told: Told) -> Facts:
    occasion = told.occasion
    window = objections.result_window(
        occasion.procedure,
        calendar.china(),
        objections_until=None if told.objections_until is None else clock.parse(told.objections_until),
        awarded_at=occasion.entry.time,
    )
    complaint = occasion.procedure.limit("complaint")
    return {
        "paragraphs": [
            *([] if window is None else [_objection(occasion, window)]),
            *(
                []
                if complaint is None
                else [
                    words(
                        f"对答复不满意，或者到期没有答复的，可以依法向监督部门投诉（{complaint.cites}）。",
                        f"Who is not satisfied with the answer may complain to the supervisor ({complaint.cites}).",
                    )
                ]
            ),
        ]
    }


def _objection(occasion: Occasion, window: objections.Window) -> Facts:
    last, to = full_day(window.until - _INSTANT), occasion.agency["name"]
    if window.until <= occasion.entry.time:
        return words(
            f"对结果的异议期已于{last}届满（{window.cites}）。",
            f"The time for objections to the result is over ({window.cites}).",
        )
    return words(
        f"对结果有异议（质疑）的，可以在{last}24:00前向{to}提出（{window.cites}）。",
        f"An objection to the result may be filed with the agency until the end of that day ({window.cites}).",
    )


#: Key of an item -> what is written under it; None where it has nothing to say.
SECTIONS: Mapping[str, Callable[[Told], Facts | None]] = {
    "winner": _winner,
    "bid": _bid,
    "marks": _marks,
    "rank": _rank,
    "rejection": _rejection,
    "remedies": _remedies,
}
