"""What the server checks before it takes a bid, asked with requests made by hand: no tool stands between.

Every refusal is named, with its field, and leaves no entry.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from api.tools import keys
from api.tools.bidder import Bidder
from api.tools.client import ServerRefused
from bidding.acts.uploads import MAX_UNUSED
from bidding.envelope import BLOCK, MAX_PART_0, parse_front
from notary import chance, signing
from tests.bidding import hand, malformations
from tests.bidding.hand import (
    OTHER_TENDER,
    UNKNOWN,
    Expected,
    Town,
    begin,
    envelope_of,
    lodged,
    parts_of,
    put,
    remade,
)
from tests.bidding.malformations import Header
from tests.stage import vault


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with hand.made(tmp_path_factory.mktemp("town")) as found:
        yield found


# Uploads.


@pytest.mark.parametrize(
    ("sizes", "reason"),
    [
        ([0, 10], "field_wrong"),
        ([100], "field_wrong"),
        ([MAX_PART_0 + 1, 10], "part_sizes_wrong"),
        ([100, BLOCK + 1], "part_sizes_wrong"),
        ([100, BLOCK - 1, 10], "part_sizes_wrong"),
        ([100, 10, BLOCK], "part_sizes_wrong"),
    ],
)
def test_sizes_that_no_envelope_has(town: Town, sizes: list[int], reason: str) -> None:
    own = town.bidder()
    body = {"kind": "bid", "part_sizes": sizes}
    with pytest.raises(ServerRefused) as refused:
        own.client.post(f"/tenders/{town.stage.tender}/uploads", body)
    assert (refused.value.status, refused.value.reason) == (422, reason)
    assert str(refused.value.field).startswith("part_sizes")


def test_a_bid_that_is_too_large(town: Town) -> None:
    sizes = [100, *[BLOCK] * 1024]
    town.refused((413, "bid_too_large", "part_sizes"), begin, town.bidder(), town.stage.tender, sizes)


def test_uploads_too_large_in_all(town: Town) -> None:
    own, sizes = town.bidder(), [100, *[BLOCK] * 1023]
    for _ in range(2):
        begin(own, town.stage.tender, sizes)
    town.refused((413, "uploads_large", "part_sizes"), begin, own, town.stage.tender, sizes)


def test_uploads_too_many(town: Town) -> None:
    own = town.bidder()
    for _ in range(MAX_UNUSED):
        begin(own, town.stage.tender, [100, 10])
    town.refused((413, "uploads_many", None), begin, own, town.stage.tender, [100, 10])
    begin(own, OTHER_TENDER, [100, 10])


def test_an_upload_for_no_tender(town: Town) -> None:
    town.refused((404, "tender_unknown", "tender"), begin, town.bidder(), "YZ-0", [100, 10])


def test_parts_that_were_not_declared_or_are_not_as_declared(town: Town) -> None:
    own, other = town.bidder(), town.bidder()
    upload = begin(own, town.stage.tender, [100, 10])
    cases: list[tuple[Expected, Callable[[], Any]]] = [
        ((404, "part_undeclared", "number"), partial(put, own, upload, 2, bytes(10))),
        ((422, "part_size_wrong", "Content-Length"), partial(put, own, upload, 0, bytes(99))),
        ((422, "part_size_wrong", "Content-Length"), partial(put, own, upload, 1, bytes(11))),
        ((422, "digest_missing", "Content-Digest"), partial(put, own, upload, 1, bytes(10), "md5=:AA==:")),
        ((422, "digest_missing", "Content-Digest"), partial(put, own, upload, 1, bytes(10), "sha-256=:AAAA:")),
        ((422, "digest_missing", "Content-Digest"), partial(own.client.put, f"/uploads/{upload}/parts/1", bytes(10))),
        ((422, "digest_wrong", "sha256"), partial(put, own, upload, 1, bytes(10), f"sha-256=:{'A' * 43}=:")),
        ((404, "upload_unknown", "upload"), partial(put, own, UNKNOWN, 0, bytes(100))),
        ((404, "upload_unknown", "upload"), partial(put, other, upload, 0, bytes(100))),
        ((404, "upload_unknown", "upload"), partial(other.client.get, f"/uploads/{upload}")),
    ]
    for expected, act in cases:
        town.refused(expected, act)
    assert own.client.get(f"/uploads/{upload}")["parts"] == []


@pytest.mark.parametrize("size", [9, 11])
def test_a_part_whose_length_is_not_said_before(town: Town, size: int) -> None:
    """Sent in chunks (RFC 9112, 7.1), so that only the bytes themselves tell."""
    own = town.bidder()
    upload = begin(own, town.stage.tender, [100, 10])
    digest = signing.b64(hashlib.sha256(bytes(size)).digest())
    answer = own.client._http.put(
        f"/api/v1/uploads/{upload}/parts/1",
        content=(bytes(1) for _ in range(size)),
        headers={"Content-Digest": f"sha-256=:{digest}:"},
    )
    assert "content-length" not in answer.request.headers
    problem = answer.json()
    assert (answer.status_code, problem["reason"], problem["field"]) == (422, "part_size_wrong", "body")
    assert own.client.get(f"/uploads/{upload}")["parts"] == []


# Statements.


def test_a_replaced_key_no_longer_signs(town: Town) -> None:
    """Once an organisation's keys were given up as lost, whoever has them can neither bid nor withdraw."""
    own = town.bidder()
    upload, envelope = town.uploaded(own)
    fresh = vault()
    fresh.add_signing_key("statement", chance.token())
    proof = keys.proof(fresh, own.anchors, own.code, "statement")
    town.stage.administrator.post("/keys/replacements", {"proof": proof, "reason": "凭公函核实，密钥丢失"})
    refused = (409, "key_replaced", "signature")
    town.refused(refused, town.submit, own, upload, town.statement(own, envelope))


def test_statements_that_are_not_the_bidders_own(town: Town) -> None:
    own, other = town.bidder(), town.bidder()
    upload, envelope = town.uploaded(own)
    about_own = town.statement(own, envelope)
    about_other = {**about_own, "bidder": other.code}
    cases: list[tuple[Expected, Callable[[], Any]]] = [
        ((422, "bidder_wrong", "statement.bidder"), partial(town.submit, own, upload, about_other)),
        ((422, "signature_wrong", "signature"), partial(town.submit, own, upload, about_other, signer=other)),
        ((422, "signature_wrong", "signature"), partial(town.submit, own, upload, about_own, signer=other)),
        ((404, "upload_unknown", "upload"), partial(town.submit, other, upload, about_other)),
    ]
    for expected, act in cases:
        town.refused(expected, act)
    town.submit(own, upload, about_own)


@pytest.mark.parametrize(
    ("expected", "changes"),
    [
        ((422, "tender_wrong", "statement.tender"), {"tender": OTHER_TENDER}),
        ((404, "lot_unknown", "statement.lot"), {"lot": "2"}),
        ((422, "kinds_differ", "uploads"), {"envelopes": {}}),
        ((422, "kinds_differ", "uploads"), {"key_sets": {}}),
        ((409, "key_set_changed", "statement.key_sets.bid"), {"key_sets": {"bid": "00" * 32}}),
        ((409, "notice_not_latest", "statement.seen"), {"seen": "00" * 32}),
        ((409, "chain_broken", "statement.replaces"), {"replaces": "00" * 32}),
        ((422, "envelope_wrong", "uploads.bid"), {"envelopes": {"bid": "00" * 32}}),
    ],
)
def test_a_statement_that_is_not_of_this_lot(town: Town, expected: Expected, changes: dict[str, Any]) -> None:
    own = town.bidder()
    upload, envelope = town.uploaded(own)
    town.refused(expected, town.submit, own, upload, town.statement(own, envelope, **changes))
    town.submit(own, upload, town.statement(own, envelope))


def test_statements_chain(town: Town) -> None:
    """Each ends the one before it: there are no two first ones, and none ends what has been ended."""
    own = town.bidder()
    first = town.bid(own)
    broken = (409, "chain_broken", "statement.replaces")
    upload, envelope = town.uploaded(own)

    def again(replaces: str | None) -> Any:
        return town.submit(own, upload, town.statement(own, envelope, replaces=replaces))

    assert town.refused(broken, again, None)["latest"] == first
    town.refused(broken, again, "00" * 32)
    town.refused(broken, town.withdraw, own, "00" * 32)
    second = town.bid(own, replaces=first)
    for ended in (None, first):
        assert town.refused(broken, again, ended)["latest"] == second
    town.refused(broken, town.withdraw, own, first)
    town.refused((404, "lot_unknown", "statement.lot"), town.withdraw, own, second, lot="2")
    town.refused((422, "tender_wrong", "statement.tender"), town.withdraw, own, second, tender=OTHER_TENDER)
    town.refused(
        (422, "bidder_wrong", "statement.bidder"), town.withdraw, own, second, bidder=town.stage.bidder(0).code
    )
    town.withdraw(own, second)
    withdrawal = own.client.get(f"/tenders/{town.stage.tender}/bids/own")["latest"]
    town.refused((409, "nothing_to_withdraw", "statement"), town.withdraw, own, withdrawal)
    again(withdrawal)


def test_there_is_nothing_to_withdraw_before_the_first_bid(town: Town) -> None:
    own = town.bidder()
    town.refused((409, "chain_broken", "statement.replaces"), town.withdraw, own, "00" * 32)


# Statement and upload.


def test_uploads_that_are_not_this_bids(town: Town) -> None:
    own, other = town.bidder(), town.bidder()
    sealed = town.seal(own)
    parts, envelope = parts_of(sealed), envelope_of(sealed)
    foreign, _ = town.uploaded(other)
    unknown = (404, "upload_unknown", "uploads.bid")
    cases = [
        ((404, "upload_unknown", "upload"), UNKNOWN),
        ((404, "upload_unknown", "upload"), foreign),
        (unknown, lodged(own, OTHER_TENDER, parts)),
        (unknown, lodged(own, town.stage.tender, parts, kind="price")),
    ]
    for expected, upload in cases:
        town.refused(expected, town.submit, own, upload, town.statement(own, envelope))


def test_an_upload_of_which_a_part_is_missing(town: Town) -> None:
    own = town.bidder()
    sealed = town.seal(own)
    parts = parts_of(sealed)
    for missing in range(len(parts)):
        upload = begin(own, town.stage.tender, [len(part) for part in parts])
        for number, part in enumerate(parts):
            if number != missing:
                put(own, upload, number, part)
        statement = town.statement(own, envelope_of(sealed))
        town.refused(
            (409, "upload_incomplete", "uploads.bid"),
            town.submit,
            own,
            upload,
            statement,
        )


def test_parts_that_are_not_as_the_header_says(town: Town) -> None:
    """One byte less or more behind part 0, or a whole block; the statement names what was uploaded."""
    own = town.bidder()
    sealed = town.seal(own)
    first, last = parts_of(sealed)
    for rest in ([last[:-1]], [last + b"\0"], [bytes(BLOCK), last]):
        upload = lodged(own, town.stage.tender, [first, *rest])
        envelope = sealed.front.envelope_id([hashlib.sha256(part).hexdigest() for part in rest])
        town.refused(
            (422, "part_sizes_wrong", "uploads.bid"),
            town.submit,
            own,
            upload,
            town.statement(own, envelope),
        )


def test_an_envelope_that_is_not_the_one_that_was_signed(town: Town) -> None:
    own = town.bidder()
    sealed = town.seal(own)
    first, last = parts_of(sealed)
    flipped = lodged(own, town.stage.tender, [first, last[:-1] + bytes([last[-1] ^ 1])])
    wrong = (422, "envelope_wrong", "uploads.bid")
    town.refused(wrong, town.submit, own, flipped, town.statement(own, envelope_of(sealed)))
    upload = lodged(own, town.stage.tender, [first, last])
    another = envelope_of(town.seal(own))
    town.refused(wrong, town.submit, own, upload, town.statement(own, another))


def test_an_envelope_is_one_bid(town: Town) -> None:
    """Neither the same upload nor the same bytes under another upload make a second one; nor do those of another."""
    own, other = town.bidder(), town.bidder()
    sealed = town.seal(own)
    parts, envelope = parts_of(sealed), envelope_of(sealed)
    upload = lodged(own, town.stage.tender, parts)
    first = town.statement(own, envelope)
    town.submit(own, upload, first)
    replacing = town.statement(own, envelope, replaces=signing.object_id(first))
    copied = lodged(own, town.stage.tender, parts)
    for used in (upload, copied):
        town.refused(
            (409, "already_there", None),
            town.submit,
            own,
            used,
            replacing,
        )
    stolen = lodged(other, town.stage.tender, parts)
    town.refused((422, "base_wrong", "base.bidder"), town.submit, other, stolen, town.statement(other, envelope))


# Envelopes.


@pytest.fixture(scope="module")
def senders(town: Town) -> Iterator[Bidder]:
    """Bidders, each of whom may have so many uploads that come to nothing."""
    return (own for own in iter(town.bidder, None) for _ in range(MAX_UNUSED))


@pytest.mark.parametrize("name", malformations.front_cases())
def test_part_0_is_refused_with_its_reason(town: Town, senders: Iterator[Bidder], name: str) -> None:
    reason, part_0 = malformations.front_cases()[name]
    own, parts = next(senders), [part_0, bytes(4208)]
    if not part_0:
        with pytest.raises(ServerRefused) as refused:
            lodged(own, town.stage.tender, parts)
        assert (refused.value.reason, refused.value.field) == ("field_wrong", "part_sizes[0]")
        return
    upload, before = lodged(own, town.stage.tender, parts), town.entries()
    with pytest.raises(ServerRefused) as refused:
        town.submit(own, upload, town.statement(own, "00" * 32))
    assert (refused.value.status, refused.value.reason) == (422, reason)
    assert town.entries() == before


def changed(path: str, value: Any) -> Callable[[Header], None]:
    def change(header: Header) -> None:
        *way, last = path.split(".")
        target = header
        for step in way:
            target = target[step]
        target[last] = value

    return change


#: Refused at once: whom the envelope is for stands in its open part.
REFUSED: dict[str, tuple[str, str, Callable[[Header], None]]] = {
    "other-key-set": ("base_wrong", "base.key_set", changed("base.key_set", "00" * 32)),
    "other-tender": ("base_wrong", "base.tender", changed("base.tender", OTHER_TENDER)),
    "other-lot": ("base_wrong", "base.lot", changed("base.lot", "2")),
    "other-kind": ("base_wrong", "base.kind", changed("base.kind", "price")),
    "other-bidder": ("base_wrong", "base.bidder", changed("base.bidder", "91430000MA4L00002B")),
    "wrap-missing": ("header_wraps", "wraps", lambda header: header["wraps"].pop()),
    "wraps-none": ("header_wraps", "wraps", changed("wraps", [])),
}
#: Taken, because only the keys can tell, and unopenable.
TAKEN: dict[str, tuple[str, Callable[[Header], None]]] = {
    "other-nonce": ("wrap_closed", changed("base.nonce", "00" * 16)),
    "wrap-empty": ("wrap_closed", lambda header: header["wraps"][0].update(sealed="")),
    "wrap-of-another-quorum": (
        "wrap_closed",
        lambda header: header["wraps"][0].update(sealed=header["wraps"][1]["sealed"]),
    ),
    "wrap-empty-of-another-quorum": ("wrap_differs", lambda header: header["wraps"][2].update(sealed="")),
    "form-commitment-other": ("form_closed", changed("form.commitment", "00" * 32)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_envelope_for_somebody_else(town: Town, name: str) -> None:
    reason, field, change = REFUSED[name]
    own = town.bidder()
    parts, envelope = remade(town.seal(own), change)
    upload = lodged(own, town.stage.tender, parts)
    town.refused((422, reason, field), town.submit, own, upload, town.statement(own, envelope))


def test_what_only_the_keys_can_tell_is_taken_and_does_not_open(tmp_path: Path) -> None:
    with hand.made(tmp_path) as town:
        expected: dict[str, tuple[str, str | None]] = {}
        for reason, change in TAKEN.values():
            own = town.bidder()
            parts, envelope = remade(town.seal(own), change)
            town.submit(own, lodged(own, town.stage.tender, parts), town.statement(own, envelope))
            expected[own.code] = ("unopenable", reason)
        own = town.bidder()
        first, last = parts_of(town.seal(own))
        flipped = first[:-20] + bytes([first[-20] ^ 1]) + first[-19:]
        envelope = parse_front(flipped).envelope_id([hashlib.sha256(last).hexdigest()])
        town.submit(own, lodged(own, town.stage.tender, [flipped, last]), town.statement(own, envelope))
        expected[own.code] = ("unopenable", "form_closed")
        for _ in range(3):
            own = town.bidder()
            town.bid(own)
            expected[own.code] = ("opened", None)
        assert {bid["bidder"]: (bid["outcome"], bid["reason"]) for bid in town.stage.open()} == expected
        late = town.bidder()
        town.refused((409, "deadline_passed", "tender"), begin, late, town.stage.tender, [100, 10])
