"""Signatures of statements, by the library behind ours and behind the verifier, against other people's vectors."""

from __future__ import annotations

import json
from typing import Any

import pytest

from notary import signing
from notary.errors import Malformed
from tests.outside import outside_data

OUTSIDE = outside_data()
if OUTSIDE:
    ED25519 = json.loads((OUTSIDE / "vectors" / "wycheproof" / "ed25519_test.json").read_text())
    TESTS = [(group["publicKey"]["pk"], test) for group in ED25519["testGroups"] for test in group["tests"]]

    @pytest.mark.parametrize(("public_key", "test"), TESTS)
    def test_wycheproof_signatures(public_key: str, test: dict[str, Any]) -> None:
        """Among them signatures cut, made longer, with S over the order: taken or refused, and never a fault."""
        message, signature = bytes.fromhex(test["msg"]), signing.b64(bytes.fromhex(test["sig"]))
        if test["result"] == "valid":
            signing.verify_bytes(message, signature, bytes.fromhex(public_key))
            return
        with pytest.raises(Malformed, match="signature_wrong"):
            signing.verify_bytes(message, signature, bytes.fromhex(public_key))
