"""What differs between two tenders, so that both can be told from it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trading import difference

TEXTS = st.text(alphabet="路面改造3.2公里 ab,.", max_size=40)


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_off_the_pieces(before: str, after: str) -> None:
    found = difference.between({"scope": before}, {"scope": after})
    if before == after:
        assert found == []
        return
    pieces = found[0]["pieces"]
    assert "".join(text for kind, text in pieces if kind != "ins") == before
    assert "".join(text for kind, text in pieces if kind != "del") == after


def test_only_what_differs_is_named() -> None:
    before = {"scope": "路面", "deposit": "1.00", "documents": [{"name": "a"}], "ceiling": None}
    after = {"scope": "路面", "deposit": "2.00", "documents": [{"name": "b"}], "ceiling": "5.00"}
    found = {one["name"]: one["pieces"] for one in difference.between(before, after)}
    assert found["deposit"] == [("del", "1.00"), ("ins", "2.00")]
    assert found.keys() == {"deposit", "documents", "ceiling"}
    assert found["documents"] is None
    assert found["ceiling"] is None


def test_long_texts_are_shown_whole() -> None:
    found = difference.between({"scope": "路" * 5000}, {"scope": "面" * 5000})
    assert found[0]["pieces"] == [("del", "路" * 5000), ("ins", "面" * 5000)]
