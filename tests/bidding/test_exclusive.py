"""What a bid is never earlier than, on the server and for whoever checks the record."""

from __future__ import annotations

from bidding.acts.submission import EXCLUSIVE
from notary import verify


def test_a_bid_keeps_the_order_that_the_verifier_asks_for() -> None:
    """All but the acts of an auction: no key set of its lot is for bids, so no sealed bid gets as far as the lock of
    one (test_auction_http). A draw and the committee come after the deadline, and so do refusals of late bids."""
    auction = {"auction_closed", "auction_number", "auction_event", "auction_statement", "auction_refused"}
    assert len(set(EXCLUSIVE)) == len(EXCLUSIVE)
    assert set(EXCLUSIVE) == verify.EXCLUSIVE - auction
