"""The vectors of draws, by the server's code and by the verifier."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from notary import draws, verify
from notary.draws import Group, Pool, Reveal
from notary.errors import Refusal

VECTORS = json.loads((Path(__file__).parent / "draw/draws.json").read_text("utf-8"))
DRAWS: list[dict[str, Any]] = VECTORS["draws"]


def unhex(text: str) -> bytes:
    return bytes.fromhex(text)


def test_pseudonyms() -> None:
    for one in VECTORS["pseudonyms"]:
        assert draws.pseudonym(unhex(one["salt"]), one["person"]) == one["pseudonym"]
        assert verify.pseudonym_of(unhex(one["salt"]), one["person"]) == one["pseudonym"]


@pytest.mark.parametrize("vector", DRAWS, ids=lambda vector: vector["name"])
def test_by_the_server(vector: dict[str, Any]) -> None:
    pool = Pool(unhex(vector["pool"]), vector["size"], unhex(vector["root"]), tuple(vector["parties"]))
    for one in vector["commitments"]:
        found = draws.commitment(pool.commitment, one["party"], stands_in=one["stands_in"], value=unhex(one["value"]))
        assert found.hex() == one["commitment"]
    reveals = [Reveal(one["party"], one["stands_in"], unhex(one["value"])) for one in vector["reveals"]]
    seed = draws.seed(pool, reveals)
    assert seed.hex() == vector["seed"]
    groups = [Group(one["label"], one["count"], tuple(one["candidates"])) for one in vector["groups"]]
    assert [list(draws.drawn(seed, group)) for group in groups] == [one["order"] for one in vector["groups"]]
    assert draws.seats(seed, groups, vector["recused"]) == vector["seats"]


@pytest.mark.parametrize("vector", DRAWS, ids=lambda vector: vector["name"])
def test_by_the_verifier(vector: dict[str, Any]) -> None:
    pool = unhex(vector["pool"])
    for one in vector["commitments"]:
        value = unhex(one["value"])
        assert verify.draw_commitment(pool, one["party"], one["stands_in"], value) == one["commitment"]
    used = {one["party"]: (int(one["stands_in"]), unhex(one["value"])) for one in vector["reveals"]}
    seed = verify.draw_seed(pool, (vector["size"], unhex(vector["root"])), vector["parties"], used)
    assert seed.hex() == vector["seed"]
    for group in vector["groups"]:
        assert list(verify.drawn_order(seed, group["label"], group["candidates"])) == group["order"]
    assert verify.drawn_seats(seed, vector["groups"], vector["recused"]) == vector["seats"]


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: vector["name"])
def test_refused_by_both(vector: dict[str, Any]) -> None:
    seed, recused = unhex(vector["seed"]), vector["recused"]
    groups = [Group(one["label"], one["count"], tuple(one["candidates"])) for one in vector["groups"]]
    with pytest.raises(Refusal):
        draws.seats(seed, groups, recused)
    with pytest.raises((verify.Finding, ValueError)):
        verify.drawn_seats(seed, vector["groups"], recused)


@pytest.mark.parametrize("parties", [["a"], ["a", "a"], ["a", "b", "c"]], ids=["alone", "twice", "one value short"])
def test_a_seed_is_of_one_value_of_each_party(parties: list[str]) -> None:
    with pytest.raises(Refusal):
        draws.seed(
            Pool(bytes(32), 1, bytes(32), tuple(parties)),
            [Reveal(one, stands_in=False, value=bytes(32)) for one in "ab"],
        )
    with pytest.raises(verify.Finding):
        verify.draw_seed(bytes(32), (1, bytes(32)), parties, {one: (0, bytes(32)) for one in "ab"})
