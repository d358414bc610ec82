"""Facts in, pages out: HTML in one language. No session, no clock, no network; every text of the facts is escaped."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import msgspec
import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from templates import catalogues, vendor, web, words

LANGUAGES = words.LANGUAGES
_PAGES = Path(__file__).resolve().parent / "pages"
# Lots whose cards are kept in each language, some 2 KiB each.
_CARDS = 2048
_TIME = Markup('<time datetime="{}">{}</time>')


@dataclass(frozen=True)
class Reader:
    """Who reads. name: as registered; csrf: the token that every form of the page carries.

    idle: after how many seconds without a page the session ends; ends: the time text at which it ends in any case.
    """

    name: str
    organisation: str
    roles: tuple[str, ...]
    csrf: str
    idle: int
    ends: str


@dataclass(frozen=True)
class Shell:
    """What is around a page's facts.

    path: of the page, without language prefix; query: with its ``?`` or empty. now: the server's time text (UTC).
    key: what the keys of the page's forms begin with, so that each is done once. done: what was done just before.
    mistakes: field -> words and citation, for the summary of errors; typed: what the refused form had.
    libraries: the page carries the import map of vendored libraries.
    help_line: telephone and hours of whoever helps, or empty.
    """

    language: str
    path: str
    query: str
    now: str
    demonstration: bool
    key: str
    reader: Reader | None = None
    done: str = ""
    mistakes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)
    libraries: bool = False
    help_line: str = ""

    @property
    def other(self) -> str:
        """The same page in the other language."""
        return address(self.path, "en" if self.language == "zh" else "zh") + self.query


@dataclass(frozen=True)
class ImportMap:
    """text: JSON, a constant of the release; source: its hash, as a content security policy names it."""

    text: str
    source: str


@cache
def import_map() -> ImportMap:
    """The inline import map of pages whose scripts use vendored libraries."""
    text = json.dumps(vendor.import_map(f"/static/{web.version()}/"), separators=(",", ":"))
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return ImportMap(text, f"sha256-{digest}")


def html(name: str, facts: Mapping[str, Any], shell: Shell) -> str:
    """The page of a template of ``templates/pages`` (``public/front``). A fact that is missing is an error."""
    return _environment(shell.language).get_template(f"{name}.html").render({**facts, "shell": shell})


def feed(facts: Mapping[str, Any], shell: Shell) -> str:
    """The Atom feed of a list."""
    return _environment(shell.language).get_template("public/feed.xml").render({**facts, "shell": shell})


def live(name: str, facts: Mapping[str, Any], language: str) -> str:
    """A state as JSON on one line, in the words of the page that shows it: ``public/live``, ``public/auction_live``."""
    found: str = _environment(language).get_template(f"{name}.json").render(facts)
    return " ".join(found.split())


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_PAGES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(catalogues.translations(language), newstyle=True)  # type: ignore[attr-defined]  # of the extension
    environment.policies["ext.i18n.trimmed"] = True
    environment.globals |= {
        "language": language,
        "asset": web.address,
        "card": _cards(environment),
        "qr": _qr,
        "url": lambda path: address(path, language),
        "import_map": lambda: Markup(import_map().text),  # nosec B704  # JSON of our own lock, no text of strangers
    }
    environment.filters |= {
        "moment": lambda text: _time(text, words.moment(text, language)),
        "day": lambda text: _time(text, words.day(text, language)),
        "short": lambda text: _time(text, words.short(text)),
        "stamp": lambda text: words.short(text, seconds=True),
        "second": lambda text: _time(text, words.short(text, seconds=True)),
        "money": words.money,
        "number": lambda value: words.number(value, language),
        "size": words.size,
        "words": lambda pair: words.pick(pair, language),
    }
    return environment


def address(path: str, language: str) -> str:
    """A page's path in a language: Chinese stands at the root, English under ``/en``."""
    return path if language == "zh" else f"/en{path}".removesuffix("/") or "/en"


def _qr(text: str) -> Markup:
    """A code to scan, as an image in the page. The text is drawn, never written, so nothing is escaped."""
    drawn = segno.make(text, error="m").svg_inline(border=2, omitsize=True, svgclass=None, lineclass=None)
    return Markup(drawn)  # nosec B704  # the library's own elements: the text is in them as dots only


def _cards(environment: Environment) -> Callable[..., Markup]:
    """The macro of a lot in a list, kept: most of a list is its cards, and the same few lots stand in most lists."""

    @lru_cache(_CARDS)
    def made(facts: bytes, level: int) -> Markup:
        shown: Markup = environment.get_template("public/_card.html").module.card(*msgspec.json.decode(facts), level)  # type: ignore[attr-defined]  # a macro of the template
        return shown

    def card(one: Mapping[str, Any], regions: Mapping[str, Any], level: int = 2) -> Markup:
        return made(msgspec.json.encode([one, regions.get(one["region"])]), level)

    return card


def _time(text: str, shown: str) -> Markup:
    return _TIME.format(words.machine(text), shown)
