"""The bidder's tools against a running server."""

from __future__ import annotations

import copy
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from api.tools import bidder, uploads
from api.tools.client import Client, ServerRefused, Unreachable
from bidding.envelope import BLOCK
from notary.errors import Conflict, Malformed
from tests.api.tools.town import TENDER, Town


def quiet(_done: int, _all: int) -> None:
    """No progress wanted."""


def test_a_bid_is_submitted_replaced_withdrawn_and_submitted_again(town: Town) -> None:
    town.publish()
    own = town.bidder()
    with pytest.raises(Conflict, match="no_bid_stands"):
        bidder.withdraw(own, TENDER)
    first = bidder.submit(own, town.sealed(own, "3680000.00"), quiet)
    second = town.sealed(own, "3650000.00")
    with pytest.raises(Conflict, match="bid_stands"):
        bidder.submit(own, second, quiet)
    replaced = bidder.submit(own, second, quiet, replace=True)
    withdrawn = bidder.withdraw(own, TENDER)
    assert bidder.status(own, TENDER)["standing"] is None
    again = bidder.submit(own, town.sealed(own, "3640000.00"), quiet)
    town.site.tick()
    statements = [bidder.check(own, receipt).statement for receipt in (first, replaced, withdrawn, again)]
    assert [one["statement"] for one in bidder.status(own, TENDER)["statements"]] == statements
    assert bidder.status(own, TENDER)["standing"] == statements[-1]


def test_a_receipt_gets_its_proof_with_the_next_checkpoint(town: Town) -> None:
    town.publish()
    own, receipt = town.submitted("3680000.00")
    number = bidder.number_of(receipt)
    _, unproved = bidder.proved_receipt(own, number, seconds=0)
    assert not unproved.proved
    town.site.tick()
    proved, checked = bidder.proved_receipt(own, number, seconds=0)
    assert checked.proved
    assert (proved["acceptance"], proved["entry"]) == (receipt["acceptance"], receipt["entry"])


def test_a_bid_that_comes_too_late_has_a_signed_refusal(town: Town) -> None:
    town.publish()
    own = town.bidder()
    sealed = town.sealed(own, "3680000.00")
    bid = uploads.read_bid(sealed)
    uploads.upload(own.client, bid, quiet)
    town.to_deadline()
    checked = bidder.check(own, bidder.submit(own, sealed, quiet))
    assert checked.refused
    assert bidder.status(own, TENDER)["standing"] is None


def test_a_break_in_the_upload_goes_on_where_it_was(town: Town, tmp_path: Path) -> None:
    town.publish()
    own = town.bidder()
    document = tmp_path / "技术标.pdf"
    document.write_bytes(bytes(2 * BLOCK + 1000))
    sealed = town.sealed(own, "3680000.00", document)
    bid = uploads.read_bid(sealed)
    assert len(bid.part_sizes) == 4
    upload, envelope = uploads.upload(own.client, bid, quiet)
    again, there = uploads._begin_or_continue(own.client, bid)
    assert (again, sorted(there)) == (upload, [0, 1, 2, 3])
    seen = []
    assert uploads.upload(own.client, bid, lambda done, all_: seen.append((done, all_))) == (upload, envelope)
    assert seen[-1] == (sealed.stat().st_size, sealed.stat().st_size)


def test_an_upload_that_broke_after_two_parts_sends_the_other_two(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.publish()
    own = town.bidder()
    document = tmp_path / "技术标.pdf"
    document.write_bytes(bytes(2 * BLOCK + 1000))
    bid = uploads.read_bid(town.sealed(own, "3680000.00", document))
    put, turn, sent = Client.put, threading.Lock(), list[str]()

    def broken(client: Client, path: str, *given: Any, **named: Any) -> Any:
        with turn:
            if len(sent) == 2:
                raise Unreachable("unreachable", "断网。", "The network is gone.")
            sent.append(path)
        return put(client, path, *given, **named)

    monkeypatch.setattr(Client, "put", broken)
    with pytest.raises(Unreachable):
        uploads.upload(own.client, bid, quiet)
    upload, there = uploads._begin_or_continue(own.client, bid)
    assert sorted(f"/uploads/{upload}/parts/{number}" for number in there) == sorted(sent)
    first, resumed = set(sent), list[str]()

    def counted(client: Client, path: str, *given: Any, **named: Any) -> Any:
        with turn:
            resumed.append(path)
        return put(client, path, *given, **named)

    monkeypatch.setattr(Client, "put", counted)
    assert uploads.upload(own.client, bid, quiet)[0] == upload
    assert sorted(resumed) == sorted({f"/uploads/{upload}/parts/{number}" for number in range(4)} - first)
    assert len(resumed) == 2


def test_an_upload_that_the_server_forgot_is_begun_anew(town: Town) -> None:
    town.publish()
    own = town.bidder()
    sealed = town.sealed(own, "3680000.00")
    sealed.with_name(f"{sealed.name}.upload").write_text(json.dumps({"upload": "ab" * 16}, separators=(",", ":")))
    assert not bidder.check(own, bidder.submit(own, sealed, quiet)).refused


@pytest.mark.parametrize("cut", [slice(0, 10), slice(0, 400), slice(0, -1), slice(5, None)])
def test_a_sealed_file_that_is_not_whole_is_not_sent(town: Town, cut: slice) -> None:
    town.publish()
    own = town.bidder()
    sealed = town.sealed(own, "3680000.00")
    sealed.write_bytes(sealed.read_bytes()[cut])
    with pytest.raises(Malformed):
        bidder.submit(own, sealed, quiet)


def test_another_bidders_file_is_not_sent(town: Town) -> None:
    town.publish()
    sealed = town.sealed(town.bidder(), "3680000.00")
    with pytest.raises(Malformed, match="bidder_wrong"):
        bidder.submit(town.bidder(), sealed, quiet)


def test_a_form_that_breaks_the_schema_is_not_sealed(town: Town) -> None:
    town.publish()
    own = town.bidder()
    before = sorted(town.folder.iterdir())
    with pytest.raises(Malformed) as refusal:
        town.sealed(own, "3680000.001")
    assert refusal.value.field == "values.price"
    assert sorted(town.folder.iterdir()) == before


def test_a_receipt_for_something_else_is_not_believed(town: Town) -> None:
    town.publish()
    own, receipt = town.submitted("3680000.00")
    other, _ = town.submitted("3690000.00")
    with pytest.raises(Malformed, match="signature_wrong"):
        bidder.check(other, receipt)
    altered = copy.deepcopy(receipt)
    altered["acceptance"]["object"]["accepted_at"] = "2026-01-01T00:00:00.000000Z"
    with pytest.raises(Malformed, match="signature_wrong"):
        bidder.check(own, altered)


def test_another_bidders_receipt_is_not_shown(town: Town) -> None:
    town.publish()
    _, receipt = town.submitted("3680000.00")
    with pytest.raises(ServerRefused) as refused:
        bidder.proved_receipt(town.bidder(), bidder.number_of(receipt), seconds=0)
    assert refused.value.status == 404
