"""What a search finds a tender by."""

from __future__ import annotations

import pytest

from trading import terms


def test_chinese_is_cut_into_pairs() -> None:
    assert terms.of_text("路面改造") == ("路面", "面改", "改造")
    assert terms.of_text("路") == ("路",)


def test_words_numbers_and_codes_stay_whole() -> None:
    assert terms.of_text("Road works 2026年") == ("road", "works", "2026", "年")
    assert terms.of_text("YZ-431102-GC-2026-0001") == ("yz", "431102", "gc", "2026", "0001")


def test_full_and_half_width_and_both_cases_are_the_same() -> None:
    assert terms.of_text("ＲＯＡＤ　１２") == terms.of_text("road 12")


def test_a_text_has_each_term_once() -> None:
    assert terms.of_text("工程工程") == ("工程", "程工")


@pytest.mark.parametrize(
    ("query", "found"), [("路 排水", ("排水",)), ("路", ("路",)), ("  ", ()), ("—、。", ()), ("a", ("a",))]
)
def test_a_single_sign_counts_only_alone(query: str, found: tuple[str, ...]) -> None:
    assert terms.of_query(query) == found


def test_a_query_has_an_end() -> None:
    assert len(terms.of_query("一二三四五六七八九十" * 20)) <= terms.MOST_TERMS
    assert all(len(term) <= 40 for term in terms.of_text("x" * 1000))


def test_a_region_lies_in_what_it_lies_in() -> None:
    assert terms.of_region("431102") == ("in:43", "in:4311", "in:431102")
    assert terms.in_region("431100") == "in:4311"
    assert terms.in_region("430000") == "in:43"
    assert terms.in_region("431102") in terms.of_region("431102")


def test_facets_are_no_words() -> None:
    """Nobody finds by words what only a filter may ask for."""
    facets = {terms.in_region("431102"), terms.of_agency("91"), terms.of_winner("91"), terms.of_category("x")}
    assert facets.isdisjoint(terms.of_query(" ".join(facets)))
