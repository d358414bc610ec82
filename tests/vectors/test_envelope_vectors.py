"""The envelope vectors say what the code does; another implementation is checked with the same files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bidding import documents, envelope, keysets, unseal, wraps
from bidding.envelope import BLOCK, Front
from bidding.keysets import Quorum
from bidding.unseal import Opened
from notary.errors import Refusal
from notary.signing import b64, unb64
from tests.bidding import malformations
from tests.bidding.unsound import UNSOUND
from tests.vectors import make_envelope

VECTORS = {path.stem: json.loads(path.read_text("utf-8")) for path in make_envelope.FOLDER.glob("*.json")}
KEYS = VECTORS["keys"]


def named(prefix: str) -> list[str]:
    return sorted(name for name in VECTORS if name.startswith(prefix))


def quorums(vector: Any) -> Iterator[Quorum]:
    for number, names in enumerate(vector["record"]["key_set"]["quorums"]):
        yield Quorum(number, tuple(bytes.fromhex(vector["opening_keys"][name]) for name in names))


def key_set_of(vector: Any) -> keysets.KeySet:
    anchors = {one["trustee"]: one["identity"] for one in vector["record"]["key_set"]["trustees"]}
    return keysets.verify(vector["record"], identities=anchors, demonstration=True)


def open_form(vector: Any) -> tuple[Front, Opened]:
    front = envelope.parse_front(unb64(vector["part_0"]))
    return front, unseal.with_quorum(front, key_set_of(KEYS), KEYS["bidder"], next(quorums(KEYS)))


def unpack(front: Front, opened: Opened, vector: Any, section: bytes, folder: Path) -> None:
    key = documents.documents_key(front, opened, key_set_of(vector), bytes.fromhex(vector["evaluation_key"]))
    blocks = [section[at : at + BLOCK] for at in range(0, len(section), BLOCK)]
    digests = [hashlib.sha256(block).hexdigest() for block in blocks]
    documents.open_documents(front, key, digests, blocks, folder)


@pytest.mark.parametrize("name", named("good-"))
def test_good_envelopes_open_to_their_inputs(name: str, tmp_path: Path) -> None:
    vector = VECTORS[name]
    key_set, data = key_set_of(vector), unb64(vector["envelope"])
    size = vector["parts"][0]["size"]
    front = envelope.parse_front(data[:size])
    assert front.header.base.context().hex() == vector["context"]
    derived = wraps.derive_all(bytes.fromhex(vector["form_key"]), key_set, front.header.base.context())
    assert [b64(sealed) for sealed in derived] == [b64(sealed) for sealed in front.header.wraps] == vector["wraps"]
    assert front.envelope_id([part["sha256"] for part in vector["parts"][1:]]) == vector["id"]
    for quorum in quorums(vector):
        opened = unseal.with_quorum(front, key_set, vector["bidder"], quorum)
        assert opened.values == vector["values"]
    unpack(front, opened, vector, data[size:], tmp_path / "files")
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (tmp_path / "files").iterdir()}
    assert found == {file["name"]: file["sha256"] for file in vector["files"]}


@pytest.mark.parametrize("name", named("bad-envelope-"))
def test_bad_envelopes_are_refused(name: str) -> None:
    vector = VECTORS[name]
    with pytest.raises(Refusal) as refused:
        open_form(vector)
    assert refused.value.reason == vector["reason"]


@pytest.mark.parametrize("name", named("bad-documents-"))
def test_bad_documents_are_refused(name: str, tmp_path: Path) -> None:
    vector = VECTORS[name]
    front, opened = open_form(vector)
    with pytest.raises(Refusal) as refused:
        unpack(front, opened, KEYS, unb64(vector["documents"]), tmp_path / "files")
    assert refused.value.reason == vector["reason"]


@pytest.mark.parametrize("name", named("bad-key-set-"))
def test_bad_key_sets_are_refused(name: str) -> None:
    with pytest.raises(Refusal) as refused:
        keysets.parse(VECTORS[name]["key_set"])
    assert refused.value.reason == VECTORS[name]["reason"]


def test_the_vectors_are_those_of_the_maker() -> None:
    """Whoever adds a malformation makes the vectors again."""
    fronts = malformations.front_cases() | malformations.opening_cases()
    made = {f"bad-envelope-{name}" for name, (_, part_0) in fronts.items() if len(part_0) < make_envelope.LARGE}
    made |= {f"bad-documents-{name}" for name in malformations.documents_cases()}
    made |= {f"bad-key-set-{name}" for name in UNSOUND} | {f"good-{name}" for name in make_envelope.GOOD} | {"keys"}
    assert set(VECTORS) == made
