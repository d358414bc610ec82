"""How one text became another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.differences import pieces


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("改造 3.2 公里。", "改造 3.6 公里。", [("same", "改造 "), ("out", "3.2"), ("in", "3.6"), ("same", " 公里。")]),
        ("一样", "一样", [("same", "一样")]),
        ("", "新的", [("in", "新的")]),
        ("旧的", "", [("out", "旧的")]),
    ],
)  # fmt: skip
def test_pieces(old: str, new: str, found: list[tuple[str, str]]) -> None:
    assert pieces(old, new) == found


@given(st.text(max_size=200), st.text(max_size=200))
def test_both_texts_are_whole_in_it(old: str, new: str) -> None:
    found = pieces(old, new)
    assert "".join(text for kind, text in found if kind != "in") == old
    assert "".join(text for kind, text in found if kind != "out") == new


def test_long_texts_are_compared_by_sentences() -> None:
    old = "第一句话。" * 2000
    found = pieces(old, old + "新的一句。")
    assert found == [("same", old), ("in", "新的一句。")]
