"""评标报告 (招标投标法实施条例 53；87号令 58): who gave which marks, and what came of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from notary.entries import Entry
from trading import criteria, formulas, outliers
from trading.facts.award import bids_of, method_of, why_rejected
from trading.facts.words import Facts, Occasion, beijing, day, field, paper, second, stated, sum_of, words

TITLE = words("评标报告", "Evaluation Report")
_COMMITTEE = words("评标委员会", "Evaluation committee")
_PASSED = words("通过", "passed")
_REJECTED = words("否决", "rejected")


@dataclass(frozen=True)
class Review:
    """What a report is made of. sheets: the signed ones that count, with their entries, in the order of the members.

    names: person -> name where the reader may know it, else a number (评委 1).
    """

    occasion: Occasion
    opened: Entry
    members: Sequence[Mapping[str, Any]]
    chair: str | None
    sheets: Sequence[tuple[Entry, Mapping[str, Any]]]
    rules: criteria.Criteria
    names: Mapping[str, str]

    @property
    def evaluation(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.occasion.entry.body["evaluation"]
        return found

    @property
    def bids(self) -> Mapping[str, Mapping[str, Any]]:
        return bids_of(self.opened)

    @property
    def objects(self) -> list[Mapping[str, Any]]:
        return [sheet for _, sheet in self.sheets]


def evaluation_report(occasion: Occasion, found: Sequence[Entry], people: Mapping[str, str]) -> Facts:
    """The facts of templates.facts.EvaluationReport.

    occasion: of `lot_evaluated`; found: the disclosed entries up to it; people: person -> name, empty for a reader who
    may not know them.
    """
    review = _review(occasion, found, people)
    evaluation = review.evaluation
    return paper(occasion, TITLE) | {
        "signatory": {
            "name": _COMMITTEE["zh"],
            "role": _COMMITTEE,
            "date": day(occasion.entry.time),
        },
        "summary": _summary(review),
        "method": method_of(occasion),
        "formulas": formulas.explained(occasion.notice.body["evaluation"]),
        "members": [_member(review, one) for one in review.members],
        "reviewed": [_reviewed(review, bidder) for bidder in review.bids],
        "scores": _scores(review),
        "marks": list(_marks(review)),
        "outliers": [_outlier(review, one) for one in outliers.find(review.rules, review.objects)],
        "share": outliers.SHARE,
        "arithmetic": _arithmetic(review),
        "conclusion": _conclusion(review),
        "candidates": [
            {
                "rank": one["rank"],
                "bidder": review.bids[one["bidder"]]["name"],
                "code": one["bidder"],
                "price": sum_of(one["price"]),
                "score": one["total"],
                "fields": stated(occasion.notice.body["form_schema"], review.bids[one["bidder"]]["values"]),
            }
            for one in evaluation["ranked"]
            if one["rank"] <= review.rules.candidates
        ],
    }


def _review(occasion: Occasion, found: Sequence[Entry], people: Mapping[str, str]) -> Review:
    by_kind = {entry.kind: entry for entry in found}
    seats, used = by_kind["committee_set"].body, occasion.entry.body["scores"]
    persons = [one["person"] for one in seats["members"]]
    signed = [one for one in found if one.kind == "score_signed" and one.commitment().hex() in used]
    sheets = [(one, one.body["score"]["object"]) for one in signed]
    return Review(
        occasion=occasion,
        opened=by_kind["lot_opened"],
        members=seats["members"],
        chair=seats.get("chair"),
        sheets=sorted(sheets, key=lambda one: persons.index(one[1]["expert"])),
        rules=criteria.read(occasion.notice.body["evaluation"]),
        names={person: people.get(person, f"评委 {number}") for number, person in enumerate(persons, start=1)},
    )


def _summary(review: Review) -> list[Facts]:
    experts = sum(one["role"] == "expert" for one in review.members)
    opened = sum(bid["outcome"] == "opened" for bid in review.bids.values())
    drawn = review.occasion.procedure.committee.drawn
    size = len(review.members)
    return [
        field("开标时间", "Opened at", beijing(review.opened.time)),
        field("评标完成时间", "Evaluated at", beijing(review.occasion.entry.time)),
        field(
            "评标委员会",
            "Committee",
            words(
                f"{size} 人，其中专家 {experts} 人{'，随机抽取' if drawn else ''}",
                f"{size} members, {experts} of them experts{' drawn by lot' if drawn else ''}",
            ),
        ),
        field(
            "投标",
            "Bids",
            words(f"开启 {len(review.bids)} 份，可以评审 {opened} 份", f"{len(review.bids)} opened, {opened} readable"),
        ),
    ]


def _member(review: Review, seat: Mapping[str, Any]) -> Facts:
    person = seat["person"]
    entry, sheet = next((entry, sheet) for entry, sheet in review.sheets if sheet["expert"] == person)
    role = words("招标人（采购人）代表", "the buyer's") if seat["role"] == "buyer" else words("专家", "expert")
    if person == review.chair:
        role = words(f"{role['zh']}，组长", f"{role['en']}, chair")
    return {
        "name": review.names[person],
        "role": role,
        "signed": second(entry.time),
        "leaf": entry.commitment().hex(),
        "dissent": sheet.get("dissent"),
    }


def _reviewed(review: Review, bidder: str) -> Facts:
    rejected = next((one for one in review.evaluation["rejected"] if one["bidder"] == bidder), None)
    written = [
        ground["reason"] for sheet in review.objects for ground in sheet["rejections"] if ground["bidder"] == bidder
    ]
    return {
        "bidder": review.bids[bidder]["name"],
        "result": _PASSED if rejected is None else _REJECTED,
        "reason": None if rejected is None else why_rejected(review.occasion, rejected),
        "written": list(dict.fromkeys(written)),
    }


def _columns(review: Review) -> dict[str, Facts]:
    """What each kind of points is called, in the order of the criteria."""
    found = {part.name: words(part.zh, part.en) for part in review.rules.parts}
    return found | {"quality": words("质量分", "Quality"), "price": words("价格分", "Price")}


def _scores(review: Review) -> Facts:
    ranked = review.evaluation["ranked"]
    given = {name: label for name, label in _columns(review).items() if ranked and name in ranked[0]["points"]}
    return {
        "columns": [words("报价（元）", "Price, CNY"), words("评审价（元）", "Evaluated, CNY"), *given.values()],
        "rows": [
            {
                "bidder": review.bids[one["bidder"]]["name"],
                "values": [one["price"], one["evaluated"], *(one["points"][name] for name in given)],
                "total": one["total"] or "—",
                "rank": one["rank"],
            }
            for one in ranked
        ],
    }


def _marks(review: Review) -> Iterator[Facts]:
    """Of each part, and of each amount that anybody gave, what each member gave each bid."""
    bidders = [bidder for bidder, bid in review.bids.items() if bid["outcome"] == "opened"]
    full = [
        (one, words(f"{one.zh}（满分 {one.marks}）", f"{one.en}, at most {one.marks}")) for one in review.rules.parts
    ]
    for one, label in [*full, *((one, words(one.zh, one.en)) for one in review.rules.amounts)]:
        rows = [
            [
                review.bids[bidder]["name"],
                *(sheet["scores"].get(bidder, {}).get(one.name, "—") for sheet in review.objects),
            ]
            for bidder in bidders
        ]
        if any(cell != "—" for row in rows for cell in row[1:]):
            heads = [words(review.names[sheet["expert"]]) for sheet in review.objects]
            yield {
                "title": label,
                "table": {
                    "head": [words("投标人", "Bidder"), *heads],
                    "numeric": list(range(1, len(heads) + 1)),
                    "rows": rows,
                },
            }


def _outlier(review: Review, one: outliers.Outlier) -> list[str]:
    part = _columns(review)[one.part]["zh"]
    return [review.names[one.expert], review.bids[one.bidder]["name"], part, one.mark, one.mean]


def _arithmetic(review: Review) -> list[Facts]:
    labels = {name: label["zh"] for name, label in _columns(review).items()}
    labels |= {one.name: one.zh for one in review.rules.amounts}
    labels |= {"evaluated": "评审价", "total": "总分", "mean": "平均价", "base": "评标基准价", "left out": "不计入平均"}
    evaluation = review.evaluation
    base = evaluation.get("base_lines", [])
    common = [{"bidder": "基准价 Benchmark", "lines": [_said(labels, line) for line in base]}] if base else []
    return common + [
        {
            "bidder": review.bids[one["bidder"]]["name"],
            "lines": [_said(labels, line) for line in one["lines"]],
        }
        for one in evaluation["ranked"]
    ]


def _said(labels: Mapping[str, str], line: str) -> str:
    name, colon, rest = line.partition(": ")
    return f"{labels.get(name, name)} = {rest}" if colon else line


def _conclusion(review: Review) -> list[Facts]:
    dissent = sum("dissent" in sheet for sheet in review.objects)
    drawn = review.evaluation["draw"]
    return [
        words("评标委员会成员没有不同意见。", "No member disagrees.")
        if not dissent
        else words(f"{dissent} 名成员写明了不同意见，见下表。", f"Dissent is stated by {dissent}, see below."),
        *(
            []
            if drawn is None
            else [
                words(
                    f"并列的投标人抽签次序：{'、'.join(review.bids[one]['name'] for one in drawn)}。",
                    "Equal bids were drawn in this order.",
                )
            ]
        ),
    ]
