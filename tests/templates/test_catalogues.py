"""Every text of the pages has its English; every placeholder of one stands in the other; nothing is left over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_dir

from templates import catalogues

TEMPLATES = Path(catalogues.__file__).parent
FOLDERS = ("pages", "mail")
HAN = re.compile(r"[\u3400-\u9fff]")
PLACE = re.compile(r"%\(\w+\)[sd]|%%")
KINDS = ("**.html", "**.txt", "**.xml")
OPTIONS = {kind: {"trimmed": "true"} for kind in KINDS}


def texts() -> Iterator[tuple[str, str]]:
    """Where each text stands, and the text."""
    methods = [(kind, "jinja2.ext:babel_extract") for kind in KINDS]
    for folder in FOLDERS:
        if (TEMPLATES / folder).is_dir():
            for path, line, message, *_ in extract_from_dir(TEMPLATES / folder, methods, options_map=OPTIONS):
                for one in message if isinstance(message, tuple) else (message,):
                    yield f"{folder}/{path}:{line}", one


def test_every_text_is_translated() -> None:
    catalogue = catalogues.whole("en")
    missing = {text: place for place, text in texts() if not (found := catalogue.get(text)) or not found.string}
    assert not missing, "\n".join(f'#: {place}\nmsgid "{text}"\nmsgstr ""\n' for text, place in missing.items())


def test_no_translation_is_left_over() -> None:
    wanted = {text for _, text in texts()}
    assert [message.id for message in catalogues.whole("en") if message.id and message.id not in wanted] == []


def test_translations_are_english_and_keep_their_places() -> None:
    pairs = [(str(message.id), str(message.string)) for message in catalogues.whole("en") if message.id]
    wrong = [zh for zh, en in pairs if HAN.search(en) or sorted(PLACE.findall(zh)) != sorted(PLACE.findall(en))]
    assert wrong == []


def test_chinese_is_the_source() -> None:
    assert [text for _, text in texts() if not HAN.search(text)] == []
