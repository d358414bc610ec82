"""The form schema of the opening statement (开标一览表): which values a bid states, and the check of a filled form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from notary import canonical
from notary.errors import Malformed
from trading import money

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)


class _Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="type"):
    name: str
    zh: str
    en: str
    required: bool


class MoneyField(_Field, frozen=True, tag="money"):
    """Text in 元 with two places, from min to max, both included and written the same way."""

    min: str
    max: str

    def check(self, value: object, field: str) -> None:
        if not money.parse(self.min) <= money.parse(value, field) <= money.parse(self.max):
            raise _out_of_range(field, self.min, self.max)

    def sound(self) -> bool:
        try:
            return money.parse(self.min) <= money.parse(self.max)
        except Malformed:
            return False


class IntegerField(_Field, frozen=True, tag="integer"):
    """A JSON integer from min to max, both included."""

    min: int
    max: int

    def check(self, value: object, field: str) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            raise Malformed("not_an_integer", "应为整数。", "Expected an integer.", field=field)
        if not self.min <= value <= self.max:
            raise _out_of_range(field, self.min, self.max)

    def sound(self) -> bool:
        return self.min <= self.max


class TextField(_Field, frozen=True, tag="text"):
    """One line of 1 to max_length characters, NFC, not blank."""

    max_length: int

    def check(self, value: object, field: str) -> None:
        canonical.check(value, field)
        if not isinstance(value, str) or not value.strip() or value.splitlines() != [value] or "\t" in value:
            raise Malformed("not_a_line", "应为一行文字。", "Expected one line of text.", field=field)
        if len(value) > self.max_length:
            raise Malformed(
                "text_too_long",
                f"不得超过 {self.max_length} 字。",
                f"At most {self.max_length} characters.",
                field=field,
            )

    def sound(self) -> bool:
        return self.max_length > 0


class ChoiceField(_Field, frozen=True, tag="choice"):
    """One of the listed values."""

    choices: tuple[str, ...]

    def check(self, value: object, field: str) -> None:
        if value not in self.choices:
            allowed = ", ".join(self.choices)
            raise Malformed("not_a_choice", f"只能是：{allowed}。", f"Expected one of {allowed}.", field=field)

    def sound(self) -> bool:
        return len(set(self.choices)) == len(self.choices) > 1


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The fields in the order of the page; price_field is the one that is compared."""

    price_field: str
    fields: tuple[MoneyField | IntegerField | TextField | ChoiceField, ...]

    def problems(self) -> Iterable[str]:
        """What cannot be in this schema."""
        names = [field.name for field in self.fields]
        if len(set(names)) != len(names) or not all(map(_NAME.fullmatch, names)):
            yield "form.fields: a name is given twice or is not of its form"
        for field in self.fields:
            if not field.sound():
                yield f"form.fields.{field.name}: bounds that nothing can keep"
        if not any(f.name == self.price_field and isinstance(f, MoneyField) and f.required for f in self.fields):
            yield "form.price_field: must be a required money field"


def check_form(schema: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values, when they fit the form schema record. Raises Malformed naming the field (``values.price``)."""
    form = msgspec.convert({key: schema[key] for key in ("price_field", "fields")}, Form)
    known = {field.name for field in form.fields}
    for name in values:
        if name not in known:
            shown = name if _NAME.fullmatch(name) else None
            raise Malformed("field_unknown", "开标一览表没有此项。", "The form has no such field.", field=_path(shown))
    for field in form.fields:
        if field.name in values:
            field.check(values[field.name], f"values.{field.name}")
        elif field.required:
            path = f"values.{field.name}"
            raise Malformed("field_missing", f"缺少：{field.zh}。", f"Missing: {field.en}.", field=path)
    return dict(values)


def _path(name: str | None) -> str:
    return f"values.{name}" if name else "values"


def _out_of_range(field: str, least: object, most: object) -> Malformed:
    return Malformed("out_of_range", f"应在 {least} 至 {most} 之间。", f"Expected {least} to {most}.", field=field)
