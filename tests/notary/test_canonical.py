"""Canonical JSON beside the library of RFC 8785."""

from __future__ import annotations

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from notary import canonical
from notary.errors import Malformed

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_as_rfc_8785_has_it(value: Any) -> None:
    try:
        canonical.check(value)
    except Malformed:
        return
    assert canonical.dumps(value) == rfc8785.dumps(value)
    assert canonical.loads_canonical(rfc8785.dumps(value)) == value


def test_keys_are_sorted_by_utf_16_code_units() -> None:
    assert canonical.dumps({"\uffe5": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\uffe5":1}'.encode()


def test_controls_that_a_text_may_hold_are_escaped_as_rfc_8785_says() -> None:
    assert canonical.dumps('\t\n\r"\\/') == rb'"\t\n\r\"\\/"'


@pytest.mark.parametrize("depth", [canonical.MAX_DEPTH, canonical.MAX_DEPTH + 1, 100_000])
def test_depth_is_bounded(depth: int) -> None:
    data = b"[" * depth + b"]" * depth
    if depth <= canonical.MAX_DEPTH:
        assert canonical.loads(data) == json.loads(data)
        return
    with pytest.raises(Malformed) as refused:
        canonical.loads(data)
    assert refused.value.reason == "json_too_deep"


def test_brackets_in_texts_are_no_depth() -> None:
    data = json.dumps(["[{" * canonical.MAX_DEPTH] * 3).encode()
    assert canonical.loads(data) == json.loads(data)
