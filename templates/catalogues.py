"""gettext: Chinese is the source, English is in ``templates/locale/en/*.po``, one file for each area of the pages."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

_LOCALE = Path(__file__).resolve().parent / "locale"


@cache
def translations(language: str) -> NullTranslations:
    """What Jinja's ``_`` looks texts up in. The source language needs no catalogue."""
    if language == "zh":
        return NullTranslations()
    packed = io.BytesIO()
    write_mo(packed, whole(language))
    packed.seek(0)
    return Translations(packed)


def whole(language: str) -> Catalog:
    """All areas of a language in one catalogue. Raises ValueError where two areas translate one text differently."""
    made = Catalog(locale=language)
    for path in sorted((_LOCALE / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                known = made.get(message.id, message.context) if message.id else None
                if known is not None and known.string != message.string:
                    raise ValueError(f"{path.name}: {message.id!r} is translated otherwise in another area")
                if message.id:
                    made[message.id] = message
    return made
