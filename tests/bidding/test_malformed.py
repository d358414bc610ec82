"""Every malformation is refused with its reason, and without the memory that it asks for."""

from __future__ import annotations

import dataclasses
import hashlib
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bidding import documents, envelope, unseal
from bidding.envelope import BLOCK
from bidding.unseal import Opened
from notary.errors import Refusal
from tests.bidding import malformations
from tests.bidding.example import BIDDER, EVALUATION_KEY, KEY_SET, VALUES, Forgery, whole_quorum

FRONT = malformations.front_cases()
OPENING = malformations.opening_cases()
DOCUMENTS = malformations.documents_cases()
GOOD, GOOD_DOCUMENTS = Forgery().made()


def open_form(part_0: bytes) -> Opened:
    return unseal.with_quorum(envelope.parse_front(part_0), KEY_SET, BIDDER, whole_quorum())


def open_all(part_0: bytes, section: bytes, folder: Path) -> None:
    front = envelope.parse_front(part_0)
    key = documents.documents_key(front, open_form(part_0), KEY_SET, EVALUATION_KEY)
    blocks = [section[at : at + BLOCK] for at in range(0, len(section), BLOCK)]
    digests = [hashlib.sha256(block).hexdigest() for block in blocks]
    documents.open_documents(front, key, digests, blocks, folder)


@contextmanager
def in_memory(most: int) -> Iterator[None]:
    """What is done needs no more bytes than that, whatever the envelope asks for."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < most


def test_the_forger_can_make_a_good_one(tmp_path: Path) -> None:
    assert open_form(GOOD).values == VALUES
    open_all(GOOD, GOOD_DOCUMENTS, tmp_path / "files")
    assert (tmp_path / "files" / "技术标.pdf").read_bytes() == b"%PDF-"


@pytest.mark.parametrize("name", FRONT)
def test_part_0_is_refused(name: str) -> None:
    reason, part_0 = FRONT[name]
    with in_memory(4 << 20), pytest.raises(Refusal) as refused:
        envelope.parse_front(part_0)
    assert refused.value.reason == reason


@pytest.mark.parametrize("name", OPENING)
def test_opening_is_refused(name: str) -> None:
    reason, part_0 = OPENING[name]
    with in_memory(12 << 20), pytest.raises(Refusal) as refused:
        open_form(part_0)
    assert refused.value.reason == reason


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_are_refused(name: str, tmp_path: Path) -> None:
    reason, part_0, section = DOCUMENTS[name]
    with in_memory(12 << 20), pytest.raises(Refusal) as refused:
        open_all(part_0, section, tmp_path / "files")
    assert refused.value.reason == reason
    assert list(tmp_path.iterdir()) == []


@given(st.integers(min_value=0, max_value=len(GOOD) * 8 - 1))
@settings(max_examples=300, deadline=None)
def test_no_bit_of_part_0_may_change(bit: int) -> None:
    changed = bytearray(GOOD)
    changed[bit // 8] ^= 1 << bit % 8
    _refused_or_only_the_documents_change(bytes(changed))


@given(st.integers(min_value=0, max_value=len(GOOD) - 1), st.binary(max_size=40), st.integers(0, 40))
@settings(max_examples=300, deadline=None)
def test_no_bytes_of_part_0_may_change(at: int, new: bytes, removed: int) -> None:
    _refused_or_only_the_documents_change(GOOD[:at] + new + GOOD[at + removed :])


@given(st.binary(max_size=2000))
def test_any_bytes_behind_the_magic_are_refused(data: bytes) -> None:
    with pytest.raises(Refusal):
        envelope.parse_front(envelope.MAGIC + data)


def _refused_or_only_the_documents_change(part_0: bytes) -> None:
    """What the header says of the documents section shows when that is opened, and in the id, which is signed."""
    try:
        found = open_form(part_0)
    except Refusal:
        assert part_0 != GOOD
        return
    assert found.values == VALUES
    good, changed = envelope.parse_front(GOOD), envelope.parse_front(part_0)
    assert dataclasses.replace(changed.header, documents=good.header.documents) == good.header
    assert changed.form_section == good.form_section
    assert (changed.envelope_id([]) == good.envelope_id([])) == (part_0 == GOOD)
