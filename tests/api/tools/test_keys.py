"""Which keys that stand in a bidder's name its vault knows."""

from __future__ import annotations

from typing import Any

import pytest

from api.tools import keys
from api.tools.keys import Registered
from api.tools.vault import Vault, new
from notary import anchors, chance, signing
from notary.anchors import Anchors
from tests.notary.world import World

OWNER = "91430000MA4L00000A"


@pytest.fixture(scope="module")
def believed() -> Anchors:
    return anchors.parse(World(1).anchors())


def vault() -> Vault:
    return new(chance.token(), {"statement": chance.token()}, lambda _: None)


def key_of(one: Vault) -> str:
    return one.public_key("statement").hex()


def entry(public_key: str, endorsement: dict[str, Any] | None = None) -> Registered:
    return Registered(public_key, "statement", "00" * 32, "2026-09-01T01:00:00.000000Z", endorsement, None)


def test_known_are_ones_own_those_one_has_endorsed_and_those_that_these_have(believed: Anchors) -> None:
    first, second, third, stranger = vault(), vault(), vault(), vault()
    by_first = keys.endorse(first, believed, OWNER, key_of(second), "statement")
    by_second = keys.endorse(second, believed, OWNER, key_of(third), "statement")
    listed = [entry(key_of(first)), entry(key_of(second), by_first), entry(key_of(third), by_second)]
    assert keys.unknown(listed, first, believed, OWNER, "statement") == []
    assert keys.unknown(listed, second, believed, OWNER, "statement") == [listed[0]]
    second.know(key_of(first))
    assert keys.unknown(listed, second, believed, OWNER, "statement") == []
    listed.append(entry(key_of(stranger)))
    assert keys.unknown(listed, first, believed, OWNER, "statement") == listed[3:]
    first.know(key_of(stranger))
    assert keys.unknown(listed, first, believed, OWNER, "statement") == []


@pytest.mark.parametrize("changed", [{"owner": "x"}, {"origin": "x"}, {"purpose": "score"}, {"more": "x"}])
def test_an_endorsement_of_something_else_counts_for_nothing(believed: Anchors, changed: dict[str, str]) -> None:
    own, stranger = vault(), vault()
    value = keys.endorse(own, believed, OWNER, key_of(stranger), "statement")["object"] | changed
    own.change(known=())
    listed = [entry(key_of(stranger), signing.sign(value, own.signing_key("statement")))]
    assert keys.unknown(listed, own, believed, OWNER, "statement") == listed


def test_a_strangers_endorsement_counts_for_nothing(believed: Anchors) -> None:
    """Neither of itself, nor of the bidder's own key: the operator could say that it was there first."""
    own, stranger = vault(), vault()
    itself = keys.endorse(stranger, believed, OWNER, key_of(stranger), "statement")
    ours = keys.endorse(stranger, believed, OWNER, key_of(own), "statement")
    listed = [entry(key_of(stranger), itself), entry(key_of(own), ours)]
    assert keys.unknown(listed, own, believed, OWNER, "statement") == listed[:1]
