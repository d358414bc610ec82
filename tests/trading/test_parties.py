"""Unified social credit codes, against python-stdnum and against real ones."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from notary.errors import Malformed
from tests.outside import outside_data
from trading import parties

SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
BODIES = st.builds(
    lambda head, region, tail: head + region + tail,
    st.text(SIGNS, min_size=2, max_size=2),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(SIGNS, min_size=9, max_size=9),
)


@given(BODIES)
def test_the_check_character_is_that_of_stdnum(body: str) -> None:
    assert parties.check_character(body) == uscc.calc_check_digit(body)
    assert parties.check_code(body + parties.check_character(body))


@given(BODIES, st.integers(0, 16), st.sampled_from(SIGNS))
def test_one_changed_sign_is_found(body: str, place: int, sign: str) -> None:
    code = body + parties.check_character(body)
    changed = code[:place] + sign + code[place + 1 :]
    if changed == code:
        return
    with pytest.raises(Malformed):
        parties.check_code(changed)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("91420000177577761K", "credit_code_wrong"),
        ("91420000177577761j", "not_a_credit_code"),
        ("91420000177577761", "not_a_credit_code"),
        ("91420000177577761JJ", "not_a_credit_code"),
        ("9142000O177577761J", "not_a_credit_code"),
        ("９1420000177577761J", "not_a_credit_code"),
        ("91420000177577761J\n", "not_a_credit_code"),
        ("", "not_a_credit_code"),
    ],
)
def test_bad_codes(code: str, reason: str) -> None:
    assert parties.check_code("91420000177577761J") == "91420000177577761J"
    with pytest.raises(Malformed) as refused:
        parties.check_code(code, "code")
    assert (refused.value.reason, refused.value.field) == (reason, "code")


if folder := outside_data():
    with (folder / "codes/uscc_from_notices.csv").open(encoding="utf-8") as file:
        REAL = [row["uscc"] for row in csv.DictReader(file)]

    @pytest.mark.parametrize("code", REAL)
    def test_real_codes_of_notices(code: str) -> None:
        assert parties.check_code(code) == code
