"""Every part stands on the gallery page, so that the tests of the look see it."""

from __future__ import annotations

import re
from pathlib import Path

from templates import pages

PAGES = Path(pages.__file__).parent / "pages"
MACRO = re.compile(r"{% macro (\w+)\(")


def test_every_part_is_called_on_the_gallery_page() -> None:
    macros = set(MACRO.findall((PAGES / "_parts.html").read_text("utf-8")))
    gallery = (PAGES / "gallery.html").read_text("utf-8")
    called = set(re.findall(r"\b(?:parts|wrong|signed)\.(\w+)\(", gallery))
    assert macros - called == set()
    named = {name for names in re.findall(r'{% call part\("([^"]+)"\)', gallery) for name in names.split()}
    assert macros - named == set(), "a part that stands there without its name"
