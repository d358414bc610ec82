"""Canonical JSON beside the library of RFC 8785."""

from __future__ import annotations

import json
import time
from contextlib import suppress
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


def processor_seconds(data: bytes) -> float:
    """What it takes to read or refuse these bytes, in this thread alone."""
    begun = time.thread_time()
    with suppress(Malformed):
        canonical.loads(data)
    return time.thread_time() - begun


def test_a_text_without_an_end_is_looked_through_once() -> None:
    """It took the square of its length: 18 s of processor for 64 KB, and 1 MB is let in."""
    assert processor_seconds(b"[]" * 33 + b'"' + b'\\"' * 32_000) < 1


def test_a_long_key_over_many_values_costs_no_more_than_a_short_one() -> None:
    short, long = (b'{"' + b"a" * size + b'":[' + b"0," * 100_000 + b"0]}" for size in (1, 400_000))
    assert processor_seconds(long) < 10 * processor_seconds(short)


def test_a_refusal_names_where_it_is() -> None:
    for value, path in (({"a": [{"b": 2**60}]}, "a[0].b"), ([1, ["\ufeff"]], "[1][0]"), ({"a": {"\0": 1}}, "a")):
        for own in ("", "form"):
            with pytest.raises(Malformed) as refused:
                canonical.check(value, own)
            assert refused.value.field == (f"{own}.{path}".replace(".[", "[") if own else path)
