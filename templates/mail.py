"""Facts in, letters out: subject, plain text and HTML in one language. Each kind is a template in ``templates/mail``.

A kind's template only says what there is to say (`subject`, `paragraphs`, `quotes`, `facts`, `link`); `_letter.txt` and
`_letter.html` set it. What others wrote stands there as text: in HTML escaped, and nowhere with signs that turn the
direction of writing or end a line of the header.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from templates import catalogues, pages, words

_MAIL = Path(__file__).resolve().parent / "mail"
_LONGEST_SUBJECT = 150
address = pages.address
LANGUAGES = words.LANGUAGES


@dataclass(frozen=True)
class Words:
    """A letter in its two forms, what its subject says, and who it is from."""

    language: str
    sender: str
    subject: str
    text: str
    html: str


def letter(kind: str, facts: Mapping[str, Any], language: str, *, site: str, demonstration: bool) -> Words:
    """The letter of a kind. site: where its links lead. A fact that is missing is an error."""
    known = {**_clean(facts), "site": site, "demonstration": demonstration}
    plain = _environment(language, "txt")
    said = plain.get_template(f"{kind}.html").make_module(known)
    subject = plain.get_template("_subject.txt").render({**known, "subject": said.subject})  # type: ignore[attr-defined]  # set there
    sender = plain.from_string("{{ _('阳光标公共资源交易') }}").render()
    return Words(
        language, sender, _subject(subject), _set(kind, known, language, "txt"), _set(kind, known, language, "html")
    )


def _set(kind: str, facts: Mapping[str, Any], language: str, form: str) -> str:
    environment = _environment(language, form)
    said = environment.get_template(f"{kind}.html").make_module(dict(facts))
    return environment.get_template(f"_letter.{form}").render({**facts, "said": said}).strip() + "\n"


@cache
def _environment(language: str, form: str) -> Environment:
    environment = Environment(  # nosec B701  # plain text has nothing to escape; HTML is escaped
        loader=FileSystemLoader(_MAIL),
        autoescape=form == "html",
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(catalogues.translations(language), newstyle=True)  # type: ignore[attr-defined]  # of the extension
    environment.policies["ext.i18n.trimmed"] = True
    environment.globals |= {"language": language, "url": lambda path: address(path, language)}
    environment.filters |= {"moment": lambda text: words.moment(text, language)}
    return environment


def _clean(value: Any) -> Any:
    """The same facts without signs that nobody sees, line ends apart."""
    if isinstance(value, str):
        return "".join(_sign(sign) for sign in value)
    if isinstance(value, Mapping):
        return {key: _clean(one) for key, one in value.items()}
    return [_clean(one) for one in value] if isinstance(value, list) else value


def _sign(sign: str) -> str:
    category = unicodedata.category(sign)
    if sign == "\n" or category in {"Zl", "Zp"}:
        return "\n"
    return "" if category.startswith("C") else sign


def _subject(text: str) -> str:
    """One line of what stands there, not too long.

    Without the beginning of an encoded word (RFC 2047): Python's email library decodes one in a subject that it is
    given, and what comes out, with line ends and all, becomes header.
    """
    line = " ".join(text.split()).replace("=?", "= ?")
    return line if len(line) <= _LONGEST_SUBJECT else f"{line[: _LONGEST_SUBJECT - 1]}…"
