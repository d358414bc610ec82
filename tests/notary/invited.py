"""Invitations in a dossier story: who is invited when, and each way in which that can be a lie.

`fault` begins with `invited`; the story calls these at its steps.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.notary import announced

if TYPE_CHECKING:
    from tests.notary.dossier_builder import Story

LEAST = 3
#: Bids, and withdraws it (tests/notary/dossier_builder.py).
WITHDRAWS = "91430000MA4LWITHDR"
#: Invited, and never bids.
SILENT = [f"91430000MA4LSILEN{number}" for number in range(3)]
GOOD = ("invited_all", "invited_further")
#: Somebody is refused as not invited, by code; rightly, or, the first bidder, though it was.
REFUSED = {"invited_refused": "91430000MA4LALIEN0", "invited_refused_wrongly": ""}
BAD = [
    "invited_too_few",
    "invited_stranger",
    "invited_behind_its_bid",
    "invited_twice",
    "invited_unlisted",
    "invited_unsaid",
    "invited_changed",
    "invited_list_dropped",
    "invited_behind_notice",
    "invited_after_deadline",
]


def notice(story: Story) -> dict[str, Any]:
    """What the publication says besides."""
    return {} if story.fault in {"", "invited_unsaid"} or not inviting(story) else {"minimum_invited": LEAST}


def inviting(story: Story) -> bool:
    """Whether the story is about invitations."""
    return story.fault.startswith("invited") or story.fault in announced.INVITING


def publish(story: Story) -> None:
    """The first list, of the publication's time."""
    if not inviting(story) or story.fault == "invited_unlisted":
        return
    first = [*story.bidders[:-1], WITHDRAWS, *SILENT]
    if story.fault == "invited_too_few":
        first = [*story.bidders[:-1]][: LEAST - 1]
    if story.fault == "invited_all" or story.fault in announced.INVITING:
        first = story.invited_first()
    if story.fault == "invited_behind_its_bid":
        first.remove(story.bidders[0])
    if story.fault == "invited_behind_notice":
        story.w.tick(60)
    invite(story, first, 0)
    if story.fault in REFUSED:
        story.refuse(REFUSED[story.fault] or story.bidders[0], "not_invited")


def amend(story: Story) -> None:
    """Further ones, invited with the amendment."""
    if not inviting(story) or story.fault in {"invited_all", "invited_unlisted", *announced.INVITING}:
        return
    if story.fault == "invited_stranger":
        return
    more = [story.bidders[-1]]
    if story.fault == "invited_too_few":
        more += [WITHDRAWS, *story.bidders[LEAST - 1 : -1]]
    if story.fault == "invited_behind_its_bid":
        more.append(story.bidders[0])
    if story.fault == "invited_twice":
        more.append(story.bidders[0])
    story.w.tick()
    invite(story, more, 2 if story.fault == "invited_list_dropped" else 1)


def late(story: Story) -> None:
    """One more, when it is too late."""
    if story.fault == "invited_after_deadline":
        story.w.now = story.deadline + timedelta(seconds=1)
        invite(story, ["91430000MA4LTOOLAT"], 2)


def invite(story: Story, bidders: list[str], number: int) -> None:
    """An entry of a list; the first one is of the time of the entry before it."""
    at = story.w.now
    reason = None if number == 0 else "补充邀请"
    body = {"bidders": sorted(bidders), "number": number, "pool": None, "reason": reason, "way": None}
    story.w.add("bidders_invited", body, at=at)
