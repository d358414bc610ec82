"""Money as text, as 分, and in Chinese capitals."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notary.errors import Malformed
from trading import money

SUMS = st.integers(0, money.MOST)


@given(SUMS)
def test_text_and_back(fen: int) -> None:
    assert money.parse(money.text(fen)) == fen
    assert Decimal(money.text(fen)) * 100 == fen


@given(st.integers(1, money.MOST))
def test_signed_text_and_back(fen: int) -> None:
    assert money.parse_signed(money.text(-fen)) == -fen


BAD = [
    "NaN", "nan", "Infinity", "1E+999", "1e5", "-1.00", "+1.00", "1", "1.0", "1.000", "1.0000000", ".50", "01.00",
    "00.00", " 1.00", "1.00 ", "1.00\n", "1,000.00", "１.００", "1．00", "٣.٠٠", "10000000000000.00", "", "0x1.00",
    "1.00元", "1_0.00", 1, 1.0, None, True, ["1.00"],
]  # fmt: skip


@pytest.mark.parametrize("value", BAD, ids=repr)
def test_what_is_not_money_is_refused_with_its_field(value: object) -> None:
    with pytest.raises(Malformed) as refused:
        money.parse(value, "values.price")
    assert (refused.value.reason, refused.value.field) == ("not_money", "values.price")


@pytest.mark.parametrize("value", ["-0.00", "--1.00", "- 1.00", "-1", "−1.00", None])
def test_what_is_not_signed_money_is_refused(value: object) -> None:
    with pytest.raises(Malformed):
        money.parse_signed(value, "amount")


@given(st.text(max_size=20))
def test_any_text_is_refused_or_exact(text: str) -> None:
    try:
        fen = money.parse(text)
    except Malformed:
        return
    assert money.text(fen) == text


@pytest.mark.parametrize("fen", [money.MOST + 1, -money.MOST - 1])
def test_a_sum_that_the_form_cannot_write_is_refused(fen: int) -> None:
    with pytest.raises(ValueError, match="range"):
        money.text(fen)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        # The examples of 《正确填写票据和结算凭证的基本规定》.
        ("1409.50", "壹仟肆佰零玖元伍角"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("1680.32", "壹仟陆佰捌拾元零叁角贰分"),
        ("107000.53", "壹拾万柒仟元零伍角叁分"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        # Zeros at every joint.
        ("0.00", "零元整"),
        ("0.05", "伍分"),
        ("0.50", "伍角"),
        ("0.55", "伍角伍分"),
        ("10.00", "壹拾元整"),
        ("3680000.00", "叁佰陆拾捌万元整"),
        ("10001.00", "壹万零壹元整"),
        ("100000000.00", "壹亿元整"),
        ("100000001.00", "壹亿零壹元整"),
        ("100005000.00", "壹亿零伍仟元整"),
        ("100100000.00", "壹亿零壹拾万元整"),
        ("1000010000.00", "壹拾亿零壹万元整"),
        ("1000000000100.00", "壹万亿零壹佰元整"),
        ("9999999999999.99", "玖万亿玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
    ],
)
def test_words(text: str, words: str) -> None:
    assert money.words(money.parse(text)) == words


def read_words(words: str) -> int:
    """The 分 of Chinese capitals, read from right to left by place."""
    values = {"分": 1, "角": 10, "元": 100}
    total, unit, place = 0, 1, 1
    for sign in reversed(words.replace("整", "").replace("万亿", "兆")):
        if sign in values:
            unit, place = values[sign], 1
        elif sign in "万亿兆":
            unit, place = 100 * 10 ** {"万": 4, "亿": 8, "兆": 12}[sign], 1
        elif sign in "拾佰仟":
            place = 10 ** ("拾佰仟".index(sign) + 1)
        else:
            total += "零壹贰叁肆伍陆柒捌玖".index(sign) * unit * place
    return total


@given(SUMS)
def test_words_read_back(fen: int) -> None:
    words = money.words(fen)
    assert read_words(words) == fen
    assert "零零" not in words


@pytest.mark.parametrize("fen", [-1, money.MOST + 1])
def test_no_words_out_of_range(fen: int) -> None:
    with pytest.raises(ValueError, match="range"):
        money.words(fen)
