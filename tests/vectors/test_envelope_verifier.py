"""The stand-alone verifier, which shares no code with the server, comes to the same outcome and reason."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from notary import verify
from notary.signing import object_id, unb64
from tests.vectors.test_envelope_vectors import KEYS, VECTORS, named


def opener(vector: Any, number: int) -> verify.Opener:
    key_set = vector["record"]["key_set"]
    private = (bytes.fromhex(vector["opening_keys"][name]) for name in key_set["quorums"][number])
    keys = tuple(X25519PrivateKey.from_private_bytes(key) for key in private)
    return verify.Opener(key_set, object_id(key_set), number, keys)


@pytest.mark.parametrize("name", named("good-"))
def test_good_envelopes_open(name: str) -> None:
    vector = VECTORS[name]
    part_0 = unb64(vector["envelope"])[: vector["parts"][0]["size"]]
    blocks = [part["sha256"] for part in vector["parts"][1:]]
    assert verify.envelope_id(part_0, blocks) == vector["id"]
    for number in range(len(vector["record"]["key_set"]["quorums"])):
        assert opener(vector, number).open(part_0, len(blocks), vector["bidder"]) == vector["values"]


@pytest.mark.parametrize("name", named("bad-envelope-"))
def test_bad_envelopes_do_not(name: str) -> None:
    vector = VECTORS[name]
    with pytest.raises(verify.Broken) as broken:
        opener(KEYS, 0).open(unb64(vector["part_0"]), 1, KEYS["bidder"])
    assert verify.like(vector["reason"], broken.value.reason)
