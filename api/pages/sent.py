"""What a form of a page sent: fields of one line or of several, strictly read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import parse_qsl

from notary import canonical, forms
from notary.errors import Malformed
from notary.forms import Form

T = TypeVar("T", bound=Form)
_MOST = 2000


@dataclass(frozen=True)
class Sent:
    """fields: name -> text, of a name given several times the last; lists: name -> all its texts.

    key: the form's idempotency key; csrf: the session's token; body: the bytes as they came.
    """

    fields: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]]
    key: str
    csrf: str
    body: bytes

    def text(self, name: str) -> str:
        """A field without white space around it; empty where it is missing."""
        return self.fields.get(name, "").strip()

    def wanted(self, name: str) -> str:
        """A field that may not be empty. Raises Malformed (field_empty)."""
        text = self.text(name)
        if not text:
            raise Malformed("field_empty", "这一项必须填写。", "This has to be filled in.", field=name)
        return text

    def filled(self, form: type[T]) -> T:
        """A form of texts, none of them empty. Raises Malformed with the field named."""
        return forms.convert({name: self.wanted(name) for name in form.__struct_fields__}, form)

    def ticked(self, name: str) -> bool:
        """Whether a box is ticked."""
        return name in self.fields


def read(body: bytes) -> Sent:
    """A form's ``application/x-www-form-urlencoded`` bytes. Raises Malformed with the field named."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            errors="strict",
            max_num_fields=_MOST,
        )
    except ValueError as error:
        raise Malformed("form_wrong", "表单内容无法识别。", "The form cannot be read.") from error
    return of_pairs(pairs, body)


def of_pairs(pairs: Iterable[tuple[str, str]], body: bytes) -> Sent:
    """What stands in these names and texts. body: what tells this request from another under the same key."""
    lists: dict[str, tuple[str, ...]] = {}
    for name, text in pairs:
        # Browsers send lines with CR LF; the record has LF only.
        plain = text.replace("\r\n", "\n")
        canonical.check(plain, name)
        lists[name] = (*lists.get(name, ()), plain)
    fields = {name: texts[-1] for name, texts in lists.items()}
    return Sent(fields, lists, fields.pop("key", ""), fields.pop("csrf", ""), body)
