"""Prior notices in a dossier story: what was announced, commented on and answered, and each lie about it.

`fault` begins with `prior`; the story calls these at its steps.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.notary.world import text

if TYPE_CHECKING:
    from tests.notary.dossier_builder import Story

#: Also about who is invited (tests/notary/invited.py).
INVITING = ("prior_bidders", "prior_others_invited")
GOOD = ("prior_plain", "prior_again", "prior_bidders", "prior_unbinding")
BAD = [
    "prior_too_soon",
    "prior_unnamed",
    "prior_names_first",
    "prior_unchained",
    "prior_without_period",
    "prior_behind_publication",
    "prior_dropped",
    "prior_title_changed",
    "prior_title_amended",
    "prior_others_invited",
    "prior_unanswered",
    "prior_answered_late",
    "prior_upheld",
    "prior_comment_late",
    "prior_comment_on_earlier",
    "prior_comment_twice",
    "prior_answer_twice",
]
_AGAIN = {"prior_again", "prior_names_first", "prior_unchained", "prior_comment_on_earlier"}
_PERIOD = timedelta(days=7)


def announcing(story: Story) -> bool:
    """Whether the story is about prior notices."""
    return story.fault.startswith("prior")


def announce(story: Story) -> None:
    """Everything before the publication."""
    if not announcing(story):
        return
    story.announced = []
    if story.fault == "prior_dropped":
        story.announced.append(story.w.rng.randbytes(32).hex())
        return
    _publish(story)
    if story.fault in _AGAIN:
        _answer(story, _comment(story), "upheld")
        story.w.tick(3600)
        _publish(story)
    comment = _comment(story, again=story.fault == "prior_comment_on_earlier")
    if story.fault == "prior_comment_twice":
        story.w.add("comment_filed", story.w.entries[-1]["body"])
    if story.fault not in {"prior_unanswered", "prior_answered_late", "prior_unbinding"}:
        for _ in range(2 if story.fault == "prior_answer_twice" else 1):
            _answer(story, comment, "upheld" if story.fault == "prior_upheld" else "dismissed")
    story.waiting = comment
    story.w.now += timedelta(days=1) if story.fault == "prior_too_soon" else _PERIOD
    if story.fault == "prior_comment_late":
        _answer(story, _comment(story), "dismissed")


def notice(story: Story) -> dict[str, Any]:
    """What the publication says besides."""
    if not announcing(story) or story.fault == "prior_unnamed":
        return {}
    return {"prior": story.announced[0 if story.fault == "prior_names_first" else -1]}


def after(story: Story) -> None:
    """What comes behind the publication, and should not."""
    if story.fault == "prior_answered_late":
        _answer(story, story.waiting, "dismissed")
    if story.fault == "prior_behind_publication":
        _publish(story)


def amended(story: Story) -> None:
    """The amendment changes what was announced."""
    if story.fault == "prior_title_amended":
        story.notice["notice"] = story.notice["notice"] | {"title": "道路工程二期"}


def _publish(story: Story) -> None:
    bidders = {"bidders": sorted(story.invited_first())} if story.fault in INVITING else {}
    if story.fault == "prior_others_invited":
        bidders = {"bidders": bidders["bidders"][1:]}
    unchained = story.fault == "prior_unchained" or not story.announced
    until = story.w.now - _PERIOD if story.fault == "prior_without_period" else story.w.now + _PERIOD
    body = {
        "binding": story.fault != "prior_unbinding",
        "documents": [story.document(f"论证意见{len(story.announced)}.pdf")],
        "kept": ["title", *bidders],
        "notice": {
            "agency": {"code": "91430000MA4LAGENCY", "name": "永州市某局"},
            "ground": None, "said": {"reason": "只能从唯一供应商处采购。"},
            "title": "桥梁工程" if story.fault == "prior_title_changed" else "道路工程", **bidders,
        },
        "number": len(story.announced),
        "previous": None if unchained else story.announced[-1],
        "procedure": "procurement-single-source",
        "procedure_version": "1",
        "until": text(until),
    }  # fmt: skip
    story.announced.append(story.w.add("prior_published", body))


def _comment(story: Story, *, again: bool = False) -> str:
    comment: str = story.w.rng.randbytes(16).hex()
    body = {
        "answer_by": None,
        "comment": comment,
        "commitment": story.w.rng.randbytes(32).hex(),
        "notice": story.announced[0 if again else -1],
    }
    story.w.add("comment_filed", body)
    return comment


def _answer(story: Story, comment: str, outcome: str) -> None:
    commitment = story.w.rng.randbytes(32).hex()
    body = {"answer": "另有两家供应商。", "comment": comment, "commitment": commitment, "outcome": outcome}
    story.w.add("comment_answered", body)
