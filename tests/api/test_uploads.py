"""Uploads and what a bid makes of them, over HTTP."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Request
from sqlalchemy import select, text

from api import streams, upkeep
from api.desk import AnyRequest
from api.tools import bidder, uploads
from api.tools.bidder import Bidder
from api.tools.client import ServerRefused
from bidding import rows
from bidding.acts import submission
from bidding.acts import uploads as acts
from notary import chance, receipts, signing
from notary.errors import Malformed, Refusal
from notary.work import Lock, Work
from tests import memory
from tests.serving import site
from tests.stage import Stage
from trading.caller import Caller


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


@contextmanager
def staged(folder: Path, database_url: str) -> Iterator[Stage]:
    """A published tender on a site of its own."""
    with site(folder / "home", database_url) as running:
        made = Stage(running, folder / "parties")
        made.publish()
        yield made


def begin(stage: Stage, own: Bidder, *sizes: int) -> str:
    """A new upload."""
    body = {"kind": "bid", "part_sizes": list(sizes)}
    upload: str = own.client.post(f"/tenders/{stage.tender}/uploads", body)["upload"]
    return upload


def there(stage: Stage, upload: str) -> list[str]:
    """The keys of its parts in the store."""
    return list(stage.site.desk.store.keys(f"sealed/{upload}/"))


def quiet(_done: int, _whole: int) -> None:
    """Show no progress."""


def slow(stage: Stage, own: Bidder, upload: str) -> socket.socket:
    """A connection that announces part 0 and sends one byte of it."""
    url = httpx.URL(stage.site.url)
    head = (
        f"PUT /api/v1/uploads/{upload}/parts/0 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"
        f"Authorization: {own.client._http.headers['authorization']}\r\n"
        f"Content-Digest: sha-256=:{signing.b64(bytes(32))}:\r\n\r\nx"
    )
    connection = socket.create_connection((url.host, url.port or 80), timeout=20)
    connection.sendall(head.encode())
    return connection


def test_one_bidders_slow_senders_do_not_take_everybodys_threads(stage: Stage) -> None:
    own, other = stage.bidder(1), stage.bidder(2)
    upload = begin(stage, own, 1000, 10)
    foreign = begin(stage, other, 3, 10)
    url = f"{stage.site.url}/api/v1/uploads/{foreign}/parts/0"
    headers = {
        "Authorization": other.client._http.headers["authorization"],
        "Content-Digest": f"sha-256=:{signing.b64(hashlib.sha256(b'abc').digest())}:",
    }
    with ExitStack() as open_:
        for _ in range(streams.SENDERS):
            open_.enter_context(slow(stage, own, upload))
        stage.until(lambda: streams._senders.borrowed_tokens >= streams.OF_ONE)
        assert httpx.put(url, content=b"abc", headers=headers, timeout=20).status_code == 200
    stage.until(lambda: streams._senders.borrowed_tokens == 0)


def test_a_length_that_is_no_number_takes_no_part(stage: Stage) -> None:
    """It is refused over a socket, by whoever reads it first, and by our own check with its name."""
    own = stage.bidder(1)
    upload = begin(stage, own, 1000, 10)
    url = httpx.URL(stage.site.url)
    head = f"PUT /api/v1/uploads/{upload}/parts/0 HTTP/1.1\r\nHost: localhost\r\nContent-Length: ten\r\n\r\nx"
    with socket.create_connection((url.host, url.port or 80), timeout=60) as connection:
        connection.sendall(head.encode())
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 400")
    for value in (b"ten", b"-1", b"+1", b"1_0", "１".encode()):
        asked: AnyRequest = Request({"type": "http", "headers": [(b"content-length", value)]})  # type: ignore[arg-type]
        with pytest.raises(Malformed, match="length_wrong") as refused:
            streams.length(asked)
        assert refused.value.field == "Content-Length"


def test_who_sends_too_little_loses_its_thread(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "PIECE_SECONDS", 0.3)
    own = stage.bidder(1)
    with slow(stage, own, begin(stage, own, 1000, 10)) as connection:
        answer = connection.recv(1 << 16).decode()
    assert answer.startswith("HTTP/1.1 503")
    stage.until(lambda: streams._senders.borrowed_tokens == 0)


def test_destroyed_bytes_do_not_come_back(tmp_path: Path, database_url: str) -> None:
    with staged(tmp_path, database_url) as stage:
        own, late = stage.bidder(0), stage.bidder(1)
        path = stage.seal(own, "3600000.00")
        bidder.submit(own, path, quiet)
        stage.withdraw(own)
        with stage.site.desk.work.reading() as connection:
            upload: str = connection.scalars(select(rows.envelopes.c.upload)).one()
        unused, begun = begin(stage, late, 3, 3), begin(stage, late, 1000, 3)
        put(late, unused, 0, b"abc")
        stage.close()
        stage.until(lambda: not there(stage, upload))
        for who, number, of, data, reason in (
            (own, 0, upload, uploads.read_bid(path).part(0), "envelope_destroyed"),
            (late, 1, unused, b"abc", "deadline_passed"),
        ):
            with pytest.raises(ServerRefused) as refused:
                put(who, of, number, data)
            assert refused.value.reason == reason
        with slow(stage, late, begun) as sending:
            assert sending.recv(1 << 16).startswith(b"HTTP/1.1 409"), "refused before its bytes are read"
        assert there(stage, upload) == []
        assert [key.rpartition("/")[2] for key in there(stage, unused)] == ["000000"]
        assert upkeep.fsck(stage.site.desk.settings) == []


def test_a_part_that_was_under_way_at_the_deadline_is_deleted_again(tmp_path: Path, database_url: str) -> None:
    """It was let in before the closing; the bytes are in the store before it can be noted."""
    with staged(tmp_path, database_url) as stage:
        desk, own, late = stage.site.desk, stage.bidder(0), stage.bidder(1)
        stage.bid(own, "3600000.00")
        stage.withdraw(own)
        with desk.work.reading() as connection:
            upload = connection.scalars(select(rows.envelopes.c.upload)).one()
        unused = begin(stage, late, 3, 3)
        with desk.work.reading() as connection:
            ended, open_ = acts.load(connection, upload, own.code), acts.load(connection, unused, late.code)
        stage.close()
        stage.until(lambda: not there(stage, upload))
        for found, reason in ((ended, "envelope_destroyed"), (open_, "deadline_passed")):
            data = bytes(found.part_sizes[0])
            part = acts.store_part(desk.store, found, 0, [data], hashlib.sha256(data).hexdigest())
            assert there(stage, found.upload)
            with pytest.raises(Refusal, match=reason), desk.work.unit(Lock(found.upload)) as unit:
                acts.note_part(unit, desk.store, found, part)
            assert there(stage, found.upload) == []


def test_a_part_of_a_standing_bid_is_not_deleted_because_it_comes_twice(tmp_path: Path, sqlite_url: str) -> None:
    with staged(tmp_path, sqlite_url) as stage:
        desk, own = stage.site.desk, stage.bidder(0)
        stage.bid(own, "3600000.00")
        with desk.work.reading() as connection:
            upload = connection.scalars(select(rows.envelopes.c.upload)).one()
            found = acts.load(connection, upload, own.code)
        before = there(stage, upload)
        stage.pass_until(stage.deadline() + timedelta(seconds=1))
        with pytest.raises(Refusal, match="deadline_passed"), desk.work.unit(Lock(upload)) as unit:
            acts.note_part(unit, desk.store, found, found.parts[0])
        assert there(stage, upload) == before


def test_uploads_at_once_do_not_pass_the_limit(tmp_path: Path, database_url: str) -> None:
    """One that begins while another of the same bidder is not committed yet waits, and counts it."""
    with staged(tmp_path, database_url) as stage:
        own, work = stage.bidder(0), stage.site.desk.work
        for _ in range(acts.MAX_UNUSED - 1):
            begin(stage, own, 3, 3)
        locks = [Lock(stage.tender, shared=True), acts.own_lock(stage.tender, own.code)]
        with ThreadPoolExecutor(1) as pool:
            with work.unit(*locks) as unit:
                acts.begin(unit, Caller("", own.code, frozenset()), stage.tender, "bid", [3, 3])
                second = pool.submit(begin, stage, own, 3, 3)
                stage.until(lambda: second.done() or somebody_waits(work))
            with pytest.raises(ServerRefused, match="uploads_many"):
                second.result()


def somebody_waits(work: Work) -> bool:
    """Whether a lock is waited for; with SQLite nothing is read before a unit's turn."""
    if work.sqlite:
        return True
    with work.reading() as connection:
        waits = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return bool(connection.execute(waits).scalar_one())


def test_a_bidder_makes_so_many_bids_and_no_more(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that stands stays good, and can always be withdrawn."""
    monkeypatch.setattr(submission, "MAX_STATEMENTS", 3)
    with staged(tmp_path, sqlite_url) as stage:
        own = stage.bidder(0)
        for price in ("3680000.00", "3670000.00", "3660000.00"):
            stage.bid(own, price, replace=price != "3680000.00")
        with pytest.raises(ServerRefused) as refused:
            stage.bid(own, "3650000.00", replace=True)
        assert (refused.value.status, refused.value.reason) == (413, "statements_many")
        assert len(bidder.status(own, stage.tender)["statements"]) == 3
        stage.withdraw(own)
        with pytest.raises(ServerRefused, match="statements_many"):
            stage.bid(own, "3650000.00")


def test_a_lot_that_ended_before_its_deadline_says_so(tmp_path: Path, sqlite_url: str) -> None:
    with staged(tmp_path, sqlite_url) as stage:
        own = stage.bidder(0)
        path = stage.seal(own, "3600000.00")
        uploads.upload(own.client, uploads.read_bid(path), quiet)
        body = {"reason": "cancelled", "detail": "规划调整。"}
        stage.approve(stage.clerk.post(f"/tenders/{stage.tender}/failure", body))
        receipt = bidder.submit(own, path, quiet)
        said = receipt["acceptance"]["object"]
        assert (said["type"], said["reason"]) == (receipts.REFUSAL, "lot_ended")
        assert receipt["entry"]["body"]["reason"] == "lot_ended"
        with pytest.raises(ServerRefused, match="lot_ended"):
            begin(stage, own, 3, 3)
        stage.pass_until(stage.deadline() + timedelta(seconds=1))
        again = bidder.submit(own, path, quiet)
        assert again["acceptance"]["object"]["reason"] == "deadline_passed"
