"""The life of one tender as its entries tell it, replayed through the stage table. Pure but for the entry rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from notary.entries import Entry
from trading import lifecycle

NOTICES = ("tender_published", "tender_amended")
#: Before the publication it may stand any number of times, and moves nothing.
PRIOR = "prior_published"
ACTS = {
    "tender_published": "approve_publication",
    "tender_amended": "amend",
    "bidders_invited": "invite",
    "lot_held": "hold",
    "hold_lifted": "lift",
    "lot_closed": "close",
    "lot_opened": "open",
    "lot_evaluated": "evaluate",
    "candidates_published": "publish_candidates",
    "lot_awarded": "approve_award",
    "lot_failed": "fail",
    "contract_registered": "register_contract",
    "contract_changed": "change_contract",
    "contract_performed": "record_performance",
    "contract_completed": "complete_contract",
    "contract_terminated": "terminate_contract",
}


#: An auction's last event moves the lot on (docs/spec/auction.md), where it sold it; where not, the failure follows.
AUCTION = "auction_event"
KINDS = (*ACTS, AUCTION, PRIOR)


@dataclass(frozen=True)
class Story:
    """Where the entries lead. broken: the kind of the first entry that the stage table does not allow, or None."""

    stage: str
    held: bool
    notice: Entry | None
    published_at: datetime | None
    broken: str | None

    @property
    def body(self) -> dict[str, Any]:
        """The latest notice's."""
        return {} if self.notice is None else self.notice.body


def tell(entries: Sequence[Entry]) -> Story:
    """The story of a tender's entries of KINDS, in the order of their serials."""
    stage, held, notice, published_at, unsold = "proposed", False, None, None, False
    for entry in entries:
        if entry.kind == PRIOR and notice is None:
            continue
        act = ACTS.get(entry.kind, "knock_down")
        if entry.kind == AUCTION:
            result = result_of(entry)
            unsold = result not in {None, "sold"}
            if result != "sold":
                continue
        following = None if entry.kind == PRIOR else _after(stage, "end_unsold" if act == "fail" and unsold else act)
        if following is None:
            return Story(stage, held, notice, published_at, entry.kind)
        stage = following
        held = {"lot_held": True, "hold_lifted": False}.get(entry.kind, held)
        if entry.kind in NOTICES:
            notice = entry
        if entry.kind == "tender_published":
            published_at = entry.time
    return Story(stage, held, notice, published_at, None)


def result_of(entry: Entry) -> str | None:
    """How an auction ended, of its last event; None of every other."""
    event = entry.body["link"]["event"]
    return "terminated" if event["event"] == "terminated" else event.get("result")


def _after(stage: str, act: str) -> str | None:
    """The next stage. A failure may be a cancellation; that an award was proposed leaves no entry."""
    if act == "fail":
        return lifecycle.TABLE.get((stage, "fail")) or lifecycle.TABLE.get((stage, "cancel"))
    if act == "approve_award":
        stage = lifecycle.TABLE.get((stage, "propose_award"), stage)
    return lifecycle.TABLE.get((stage, act))
