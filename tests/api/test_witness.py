"""The witness over HTTP: raw bodies, exact statuses and content types of C2SP tlog-witness."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from litestar.testing import TestClient

from api import witness as app
from notary import merkle, notes
from notary import witness as protocol
from notary.errors import Forbidden, Malformed

ORIGIN = "log.example/demonstration"
LOG = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
LOG_KEY = notes.verifier_key(ORIGIN, notes.LOG_KEY, LOG)
LEAVES = [merkle.leaf_hash(bytes([n]) * 32) for n in range(9)]


@pytest.fixture
def http(tmp_path: Path) -> Iterator[TestClient]:
    witness = app.load(tmp_path, "w1.example", [LOG_KEY.text], demonstration=True)
    with TestClient(app.create(witness, demonstration=True)) as client:
        yield client


def request(old: int, size: int, leaves: list[bytes] = LEAVES, key: Ed25519PrivateKey = LOG) -> bytes:
    text = notes.Checkpoint(ORIGIN, size, merkle.root(leaves[:size])).text
    note = notes.Note(text, (notes.sign(text, ORIGIN, key),))
    return protocol.request_body(old, merkle.consistency_proof(leaves[:size], old), note.data)


def add(http: TestClient, body: bytes) -> tuple[int, str, bytes]:
    # As a log sends it: no content type at all.
    answer = http.post("/add-checkpoint", content=body)
    return answer.status_code, answer.headers["content-type"], answer.content


def test_a_checkpoint_is_cosigned_and_then_served(http: TestClient) -> None:
    status, content_type, body = add(http, request(0, 5))
    assert (status, content_type) == (200, protocol.TEXT)
    text = notes.Checkpoint(ORIGIN, 5, merkle.root(LEAVES[:5])).text
    served = http.get(f"/{protocol.origin_hash(ORIGIN)}/checkpoint")
    assert served.status_code == 200
    assert served.text.startswith(text)
    assert body in served.content


@pytest.mark.parametrize(
    ("body", "status", "content_type"),
    [
        (request(3, 9), 409, protocol.SIZE),
        (request(0, 5, key=Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)), 403, protocol.TEXT),
        (request(5, 9, leaves=[*LEAVES[:4], *LEAVES[:5]]), 422, protocol.TEXT),
        (request(0, 5).replace(b"log.example", b"xyz.example"), 404, protocol.TEXT),
        (b"old 5\nnonsense", 400, protocol.TEXT),
        (b"", 400, protocol.TEXT),
    ],
)
def test_what_is_not_cosigned_has_its_own_status(http: TestClient, body: bytes, status: int, content_type: str) -> None:
    assert add(http, request(0, 5))[0] == 200
    assert add(http, body)[:2] == (status, content_type)


def test_the_right_size_is_told_to_one_who_has_it_wrong(http: TestClient) -> None:
    add(http, request(0, 5))
    assert protocol.size_from_answer(add(http, request(0, 9))[2]) == 5
    assert add(http, request(5, 9))[0] == 200


def test_nothing_is_served_for_a_log_never_seen(http: TestClient) -> None:
    assert http.get(f"/{protocol.origin_hash('other.example')}/checkpoint").status_code == 404
    assert http.get("/nonsense/checkpoint").status_code == 404


def test_a_clock_that_went_back_cosigns_nothing(http: TestClient) -> None:
    assert add(http, request(0, 5))[0] == 200
    with time_machine.travel("2020-01-01T00:00:00Z"):
        status, content_type, body = add(http, request(5, 9))
    assert (status, content_type) == (503, protocol.TEXT)
    assert body.startswith(b"clock_behind: ")


def test_the_key_stays_the_same_over_restarts(tmp_path: Path) -> None:
    vkeys = {app.load(tmp_path, "w1.example", [LOG_KEY.text], demonstration=True).vkey for _ in range(2)}
    assert len(vkeys) == 1


def test_a_witness_of_real_logs_takes_no_demonstration(tmp_path: Path) -> None:
    with pytest.raises(Forbidden, match="demonstration_unexpected"):
        app.load(tmp_path, "w1.example", [LOG_KEY.text], demonstration=False)
    with pytest.raises(Malformed, match="vkey_malformed"):
        app.load(tmp_path, "w1.example", ["nonsense"], demonstration=True)
