"""Key sets that must be refused, each with its reason."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from tests.bidding.example import key_set_value, trustee_entry

PRIME = (2**255 - 19).to_bytes(32, "little").hex()
LOW_ORDER = (325606250916557431795983626356110631294008115727848805560023387167927233504).to_bytes(32, "little").hex()


def entry(name: str, **changed: str) -> dict[str, str]:
    return trustee_entry(name) | changed


def any_four_of_six(count: int) -> list[list[str]]:
    return [list(quorum) for quorum in combinations(["T1", "T2", "T3", "T4", "T5", "T6"], 4)][:count]


def policy(*quorums: str) -> dict[str, Any]:
    """A key set with these quorums, ``policy("T1 T2", "T1 T3")``, naming all six trustees that they mention."""
    return key_set_value([quorum.split() for quorum in quorums])


T = [trustee_entry(name) for name in ("T1", "T2", "T3")]


def third(**changed: str) -> dict[str, Any]:
    """The example's key set with members of its third trustee changed."""
    return key_set_value(trustees=[*T[:2], entry("T3", **changed)])


UNSOUND: dict[str, tuple[str, dict[str, Any]]] = {
    "no-quorum": ("quorums_none", key_set_value(quorums=[])),
    "thirteen-quorums": ("quorums_too_many", key_set_value(any_four_of_six(13))),
    "one-trustee-alone": ("quorum_too_small", policy("T1")),
    "empty-quorum": ("quorum_too_small", key_set_value(quorums=[[]])),
    "one-alone-among-pairs": ("quorum_too_small", policy("T1 T2", "T1")),
    "same-quorum-twice": ("quorum_twice", policy("T1 T2", "T2 T1")),
    "quorum-inside-another": ("quorum_inside_another", policy("T1 T2", "T1 T2 T3")),
    "disjoint-quorums": ("quorums_disjoint", policy("T1 T2", "T3 T4")),
    "disjoint-among-others": ("quorums_disjoint", policy("T1 T2", "T2 T3", "T3 T4")),
    "trustee-in-no-quorum": ("trustee_in_no_quorum", key_set_value(quorums=[["T1", "T2"]], trustees=T)),
    "trustee-not-listed": ("trustee_not_listed", key_set_value(trustees=T[:2])),
    "trustee-listed-twice": ("trustee_twice", key_set_value(trustees=[*T, T[0]])),
    "trustee-twice-in-a-quorum": ("trustee_twice_in_quorum", policy("T1 T1")),
    "equal-opening-keys": (
        "keys_equal",
        third(opening_key=T[0]["opening_key"]),
    ),
    "evaluation-key-is-an-opening-key": ("keys_equal", key_set_value(evaluation_key=T[0]["opening_key"])),
    "equal-identities": ("identities_equal", third(identity=T[0]["identity"])),
    "opening-key-not-canonical": (
        "key_not_canonical",
        third(opening_key=PRIME),
    ),
    "opening-key-low-order": ("key_low_order", third(opening_key=LOW_ORDER)),
    "evaluation-key-zero": ("key_low_order", key_set_value(evaluation_key="00" * 32)),
    "evaluation-key-not-canonical": ("key_not_canonical", key_set_value(evaluation_key="ff" * 32)),
    "opening-key-upper-case": ("not_hex", third(opening_key="AB" * 32)),
    "identity-short": ("not_hex", third(identity="ab" * 31)),
    "form-schema-no-hash": ("not_hex", key_set_value(form_schema="none")),
    "suite-2": ("suite_unknown", key_set_value(suite=2)),
    "other-type": ("field_wrong", key_set_value(type="sunbid/key-set/2")),
    "member-unknown": ("field_wrong", key_set_value(more=1)),
    "demonstration-missing": ("field_wrong", {k: v for k, v in key_set_value().items() if k != "demonstration"}),
    "demonstration-no-boolean": ("field_wrong", key_set_value(demonstration=1)),
    "trustee-member-unknown": ("field_wrong", third(operator="no")),
}
