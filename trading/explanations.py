"""Explanations of low prices (报价合理性说明): the committee asks, the bidder answers within the time it gives. Pure.

A price that lies far below the others' rejects nobody: only a bidder that was asked and has explained, or has let the
time pass, may be rejected on that ground (财库〔2026〕2号；评标委员会和评标方法暂行规定 21).
"""

from __future__ import annotations

from datetime import datetime

ASKED, GIVEN = "explanation_asked", "explanation_given"
TYPE = "sunbid/explanation/1"
#: Minutes that a committee gives at least where the law states no time, and at most: a day.
LEAST = 30
MOST = 24 * 60


def may_reject(answer_by: datetime | None, given_at: datetime | None, now: datetime) -> bool:
    """Whether a price may be called abnormally low: answer_by None where the bidder was not asked."""
    return answer_by is not None and (given_at is not None or now >= answer_by)
