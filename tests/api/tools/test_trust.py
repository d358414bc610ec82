"""Which anchors are believed: given ones, else the first seen; no key may change behind one's back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from api.tools import trust
from api.tools import vault as vaults
from api.tools.client import Client
from api.tools.vault import Vault
from notary.errors import Conflict, Forbidden
from tests.api.tools.answering import Answering, answering
from tests.notary.test_anchors import written


@pytest.fixture
def server() -> Iterator[Answering]:
    with answering() as found:
        yield found


@pytest.fixture
def vault() -> Vault:
    return vaults.new(b"\x01" * 32, {}, lambda _: None)


def believe(server: Answering, vault: Vault, shown: dict[str, Any], given: dict[str, Any] | None = None) -> None:
    server.give("/api/v1/anchors", (200, shown))
    with Client(server.url, demonstration=True) as client:
        trust.trusted(client, vault, given)


def test_the_first_anchors_seen_are_kept(server: Answering, vault: Vault) -> None:
    believe(server, vault, written())
    assert vault.content.anchors == written()
    believe(server, vault, written(trustees={"T1": "11" * 32, "T2": "22" * 32}))
    assert vault.content.anchors == written(trustees={"T1": "11" * 32, "T2": "22" * 32})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"trustees": {"T1": "33" * 32}}, "trustees.T1"),
        ({"trustees": {"T2": "11" * 32}}, "trustees.T1"),
        ({"receipt_key": "03" * 32}, "receipt_key"),
        ({"witness_quorum": 0}, "witness_quorum"),
    ],
)
def test_a_key_that_changes_is_refused_and_nothing_is_kept(
    server: Answering, vault: Vault, changes: dict[str, Any], field: str
) -> None:
    believe(server, vault, written())
    with pytest.raises(Conflict) as refusal:
        believe(server, vault, written(**changes))
    assert (refusal.value.reason, refusal.value.field) == ("anchors_changed", field)
    assert vault.content.anchors == written()


def test_anchors_from_outside_come_before_everything(server: Answering, vault: Vault) -> None:
    believe(server, vault, written())
    believe(server, vault, written(), given=written(receipt_key="04" * 32))
    assert vault.content.anchors == written(receipt_key="04" * 32)


def test_a_demonstration_is_refused_by_those_who_were_not_told(server: Answering, vault: Vault) -> None:
    server.give("/api/v1/anchors", (200, written()))
    with Client(server.url) as client, pytest.raises(Forbidden, match="demonstration_unexpected"):
        trust.trusted(client, vault)
    assert vault.content.anchors is None
