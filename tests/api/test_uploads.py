"""Uploads and what a bid makes of them, over HTTP."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.tools import uploads
from api.tools.bidder import Bidder
from api.tools.client import ServerRefused
from notary import chance, signing
from notary.errors import Malformed
from tests import memory
from tests.stage import Stage


def boasting(stage: Stage, own: Bidder) -> tuple[bytes, bytes, str]:
    """Part 0 of a sealed bid whose header promises 2^53 - 1 bytes of documents, its one block, its id."""
    bid = uploads.read_bid(stage.seal(own, "3600000.00"))
    section = replace(bid.front.header.documents, length=2**53 - 1)
    header = replace(bid.front.header, documents=section)
    front = replace(bid.front, header=header, header_bytes=header.encoded())
    block = bid.part(1)
    return front.encoded(), block, front.envelope_id([hashlib.sha256(block).hexdigest()])


def put(own: Bidder, upload: str, number: int, data: bytes) -> dict[str, Any]:
    """Send a part."""
    digest = signing.b64(hashlib.sha256(data).digest())
    return own.client.put(f"/uploads/{upload}/parts/{number}", data, headers={"Content-Digest": f"sha-256=:{digest}:"})


def statement(stage: Stage, own: Bidder, envelope: str, replaces: str | None = None) -> dict[str, Any]:
    """A signed statement for an envelope."""
    key_set = own.client.get(f"/tenders/{stage.tender}/key-set", kind="bid")["id"]
    said = {
        "type": "sunbid/statement/1",
        "tender": stage.tender,
        "lot": "1",
        "bidder": own.code,
        "envelopes": {"bid": envelope},
        "key_sets": {"bid": key_set},
        "seen": own.client.get(f"/tenders/{stage.tender}")["notice"],
        "replaces": replaces,
        "nonce": chance.token(16).hex(),
    }
    return signing.sign(said, own.vault.signing_key("statement"))


def test_a_header_that_promises_petabytes_takes_no_memory(stage: Stage) -> None:
    own = stage.bidder(1)
    front, block, envelope = boasting(stage, own)
    begun = own.client.post(f"/tenders/{stage.tender}/uploads", {"kind": "bid", "part_sizes": [len(front), len(block)]})
    for number, data in enumerate((front, block)):
        put(own, begun["upload"], number, data)
    body = {"statement": statement(stage, own, envelope), "uploads": {"bid": begun["upload"]}}
    with memory.bounded(), pytest.raises(ServerRefused) as refused:
        own.client.post(f"/tenders/{stage.tender}/bids", body)
    assert (refused.value.reason, refused.value.field) == ("part_sizes_wrong", "uploads.bid")


def test_nor_does_it_on_the_bidders_own_machine(stage: Stage, tmp_path: Path) -> None:
    front, block, _ = boasting(stage, stage.bidder(1))
    path = tmp_path / "boasting.bid"
    path.write_bytes(front + block)
    with memory.bounded(), pytest.raises(Malformed, match="bid_length"):
        uploads.read_bid(path)
