"""What the experts signed, read against the criteria: marks, adjustments and rejections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

import msgspec

from notary.errors import Malformed
from trading import money
from trading.criteria import Criteria, Part, marks


class Ground(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An expert's opinion that a bid is to be rejected under a listed clause, with the reason in words."""

    bidder: str
    clause: str
    reason: str


class Sheet(msgspec.Struct, frozen=True):
    """The part of a signed score object (``sunbid/score/1``) that evaluation reads."""

    expert: str
    scores: dict[str, dict[str, str]]
    rejections: tuple[Ground, ...]


class Scores:
    """The sheets of all experts, in the order of their ids. Raises Malformed as :func:`check_sheet` does."""

    def __init__(self, criteria: Criteria, signed: Sequence[Mapping[str, Any]], bidders: Set[str]) -> None:
        sheets = sorted((_sheet(criteria, score, bidders) for score in signed), key=lambda sheet: sheet.expert)
        if len({sheet.expert for sheet in sheets}) != len(sheets):
            raise _wrong("expert_twice", "同一专家有两份评分", "An expert has two score sheets", "scores")
        self._criteria = criteria
        self._sheets = sheets

    @property
    def experts(self) -> int:
        """How many experts signed."""
        return len(self._sheets)

    def marks(self, bidder: str, part: Part) -> list[int]:
        """Every expert's marks in hundredths. Raises Malformed where one is missing."""
        if not self._sheets:
            raise _wrong("scores_missing", "没有专家评分", "No expert has scored", "scores")
        return [_mark(sheet, bidder, part) for sheet in self._sheets]

    def adjustments(self, bidder: str) -> list[int]:
        """The adjustments in 分 that are not zero, in the order of the criteria. Raises Malformed as :meth:`amount`."""
        amounts = [self.amount(bidder, adjustment.name) for adjustment in self._criteria.adjustments]
        return [amount for amount in amounts if amount]

    def amount(self, bidder: str, name: str) -> int:
        """The 分 that all experts give for an adjustment or a later cost; what one leaves out is zero.

        It follows from the documents, not from opinion: experts who differ must settle it and sign again.
        """
        found = {_amount(sheet, bidder, name) for sheet in self._sheets} or {0}
        if len(found) > 1:
            place = _place("*", bidder, name)
            raise _wrong("adjustments_differ", "各专家的调整额不一致", "Experts give different adjustments", place)
        return found.pop()

    def rejections(self, bidder: str) -> tuple[list[str], int]:
        """Clauses and votes where more than half of the experts reject the bid (87号令 61), else no clause."""
        named = [{ground.clause for ground in sheet.rejections if ground.bidder == bidder} for sheet in self._sheets]
        votes = sum(map(bool, named))
        return (sorted(set().union(*named)) if 2 * votes > len(named) else []), votes


def check_sheet(criteria: Criteria, score: Mapping[str, Any], bidders: Set[str]) -> None:
    """Check one expert's object when it is handed in: `bidders` are those whose bids were opened.

    Every bid that this expert does not reject needs marks for every part. Raises Malformed naming the field.
    """
    sheet = _sheet(criteria, score, bidders)
    for bidder in sorted(bidders - {ground.bidder for ground in sheet.rejections}):
        for part in criteria.parts:
            _mark(sheet, bidder, part)


def _sheet(criteria: Criteria, score: Mapping[str, Any], bidders: Set[str]) -> Sheet:
    try:
        sheet = msgspec.convert(score, Sheet)
    except msgspec.ValidationError as error:
        raise Malformed(
            "score_malformed", f"评分不合格式：{error}", f"Malformed score: {error}", field="score"
        ) from error
    names = {one.name for one in (*criteria.parts, *criteria.amounts)}
    for bidder, given in sheet.scores.items():
        if bidder not in bidders or not given.keys() <= names:
            raise _wrong(
                "score_unknown", "评分的投标人或项目不存在", "Unknown bidder or part", _place(sheet.expert, bidder)
            )
        _check_values(criteria, sheet, bidder)
    for ground in sheet.rejections:
        if ground.bidder not in bidders or ground.clause not in criteria.clauses:
            place = _place(sheet.expert, ground.bidder)
            raise _wrong("clause_unknown", "否决只能依据所列条款", "Rejection only under a listed clause", place)
    return sheet


def _check_values(criteria: Criteria, sheet: Sheet, bidder: str) -> None:
    for part in criteria.parts:
        if part.name in sheet.scores[bidder]:
            _mark(sheet, bidder, part)
    for one in criteria.amounts:
        _amount(sheet, bidder, one.name)


def _mark(sheet: Sheet, bidder: str, part: Part) -> int:
    text = sheet.scores.get(bidder, {}).get(part.name)
    place = _place(sheet.expert, bidder, part.name)
    if text is None:
        raise _wrong("scores_missing", "缺少一项评分", "A score is missing", place)
    value = marks(text, place)
    if value > part.hundredths:
        raise _wrong("score_too_high", "评分超过该项满分", "A score is above the full marks", place)
    return value


def _amount(sheet: Sheet, bidder: str, name: str) -> int:
    return money.parse_signed(sheet.scores.get(bidder, {}).get(name, "0.00"), _place(sheet.expert, bidder, name))


def _place(expert: str, bidder: str, name: str | None = None) -> str:
    return f"scores.{expert}.{bidder}" if name is None else f"scores.{expert}.{bidder}.{name}"


def _wrong(reason: str, zh: str, en: str, field: str) -> Malformed:
    return Malformed(reason, f"{zh}（{field}）。", f"{en} ({field}).", field=field)
