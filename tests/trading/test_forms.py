"""The opening statement: each kind of bad value is refused with its field."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notary import canonical
from notary.errors import Malformed
from tests.trading.examples import CONSTRUCTION, PROCUREMENT
from trading.forms import check_form

WORKS = CONSTRUCTION.form_schema
GOODS = PROCUREMENT.form_schema
FILLED = {"price": "3680000.00", "duration_days": 180, "quality": "合格"}


def refusal(schema: dict[str, Any], values: Any) -> tuple[str, str | None]:
    with pytest.raises(Malformed) as refused:
        check_form(schema, values)
    return refused.value.reason, refused.value.field


def test_a_filled_form() -> None:
    assert check_form(WORKS, FILLED) == FILLED
    longest = FILLED | {"duration_days": 36500, "price": "9999999999999.99", "quality": "合" * 200}
    assert check_form(WORKS, longest) == longest
    everything = FILLED | {"deposit": "0.00", "validity_days": 90}
    assert check_form(WORKS, everything) == everything
    goods = {"price": "0.01", "delivery_days": 1, "supplier_size": "small", "brand": "某品牌", "warranty_months": 0}
    assert check_form(GOODS, goods) == goods


@pytest.mark.parametrize(
    "price",
    ["NaN", "1E+999", "３６８.００", "-1.00", "0.1234567", "368", 368, None, True, "368.00 ", "10000000000000.00"],
)
def test_bad_numbers(price: Any) -> None:
    assert refusal(WORKS, FILLED | {"price": price}) == ("not_money", "values.price")


@pytest.mark.parametrize(
    ("changed", "reason", "field"),
    [
        ({"price": "0.00"}, "out_of_range", "values.price"),
        ({"duration_days": 0}, "out_of_range", "values.duration_days"),
        ({"duration_days": 36501}, "out_of_range", "values.duration_days"),
        ({"duration_days": "180"}, "not_an_integer", "values.duration_days"),
        ({"duration_days": True}, "not_an_integer", "values.duration_days"),
        ({"quality": ""}, "not_a_line", "values.quality"),
        ({"quality": "　"}, "not_a_line", "values.quality"),
        ({"quality": 1}, "not_a_line", "values.quality"),
        ({"quality": "合格\n优良"}, "not_a_line", "values.quality"),
        ({"quality": "合格\u2028优良"}, "not_a_line", "values.quality"),
        ({"quality": "合" * 201}, "text_too_long", "values.quality"),
        ({"quality": "合格\u202e"}, "text_control", "values.quality"),
        ({"quality": "e\u0301"}, "text_not_nfc", "values.quality"),
        ({"colour": "red"}, "field_unknown", "values.colour"),
        ({"../../x": "red"}, "field_unknown", "values"),
    ],
)
def test_bad_values(changed: dict[str, Any], reason: str, field: str) -> None:
    assert refusal(WORKS, FILLED | changed) == (reason, field)


@pytest.mark.parametrize("name", ["price", "duration_days", "quality"])
def test_required_fields(name: str) -> None:
    values = {key: value for key, value in FILLED.items() if key != name}
    assert refusal(WORKS, values) == ("field_missing", f"values.{name}")


def test_choices() -> None:
    values = {"price": "1.00", "delivery_days": 1, "supplier_size": "tiny"}
    assert refusal(GOODS, values) == ("not_a_choice", "values.supplier_size")
    assert refusal(GOODS, values | {"supplier_size": ["small"]}) == ("not_a_choice", "values.supplier_size")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*FILLED, "deposit", "validity_days", "other"]), VALUES, max_size=5))
def test_wild_values_are_refused_or_kept(values: dict[str, Any]) -> None:
    try:
        kept = check_form(WORKS, values)
    except Malformed as refused:
        kept, named = values, refused.field
    else:
        named = "none"
    assert kept == values
    assert named


def test_the_schema_is_canonical_and_dated() -> None:
    assert canonical.loads_canonical(canonical.dumps(WORKS)) == WORKS
    assert (WORKS["type"], WORKS["procedure"], WORKS["since"]) == (
        "sunbid/form-schema/1",
        "construction-open",
        "2022-09-01",
    )
