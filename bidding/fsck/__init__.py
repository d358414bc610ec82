"""fsck of sealed bids: every receipt kept, every envelope in its place, every opening as it was recorded."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from bidding.fsck.auction_sealed import check_sealed
from bidding.fsck.auctions import check_auctions
from bidding.fsck.deposits import check_deposits
from bidding.fsck.keysets import check_key_sets, check_named, check_signatures
from bidding.fsck.lots import check_lots
from bidding.fsck.mirrors import MIRRORS
from bidding.fsck.receipts import check_answers, check_receipts
from bidding.fsck.sealed import check_envelopes, check_statements_have_envelopes, check_store, check_uploads
from bidding.fsck.signed import check_releases, check_signed
from notary.anchors import Anchors
from notary.findings import Finding
from notary.fsck.mirrors import check_mirror
from notary.store import Store


def checks(connection: Connection, store: Store, known: Anchors) -> dict[str, Iterator[Finding]]:
    """Every check of this room by its name; they run when they are read."""
    mirrored = {name: check_mirror(connection, one) for name, one in MIRRORS.items()}
    return mirrored | {
        "receipts": check_receipts(connection, known),
        "answers": check_answers(connection),
        "key_sets": check_key_sets(connection, known),
        "named_key_sets": check_named(connection),
        "signatures": check_signatures(connection),
        "lots": check_lots(connection),
        "uploads": check_uploads(connection, store),
        "envelopes": check_envelopes(connection, store),
        "statements_envelopes": check_statements_have_envelopes(connection),
        "signed": check_signed(connection),
        "released": check_releases(connection),
        "auctions": check_auctions(connection),
        "auction_sealed": check_sealed(connection),
        "deposits": check_deposits(connection),
        "store": check_store(connection, store),
    }
