"""What every page has to keep, looked at in Chromium: axe-core finds nothing, nothing overflows, few bytes."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

from tests.browser.reader import WIDTHS, Reader, Readers

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
LANGUAGES = ("", "/en")
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_SHOWN = "violations => violations.map(v => [v.id, v.nodes.map(n => n.html.slice(0, 200))])"


def check(readers: Readers, url: str, path: str, cookies: Any = None) -> None:
    """Look at one page in both languages and both widths. Raises AssertionError with all that is wrong with it.

    cookies: of a session, as Playwright takes them.
    """
    wrong = []
    reader = readers.new(url)
    if cookies:
        reader.context.add_cookies(cookies)
    for width in WIDTHS:
        reader.page.set_viewport_size({"width": width, "height": 900})
        for language in LANGUAGES:
            reader.go(f"{language}{path}" or "/")
            wrong += [f"{language}{path} at {width}: {one}" for one in faults(reader, width)]
    reader.context.close()
    assert not wrong, "\n".join(wrong)


def faults(reader: Reader, width: int) -> list[str]:
    """What is wrong with the page that a reader has open."""
    found = [f"axe: {json.dumps(one, ensure_ascii=False)}" for one in violations(reader)]
    if (wide := reader.width()) > width:
        found.append(f"{wide} px wide")
    return found


def violations(reader: Reader) -> list[Any]:
    """What axe-core finds: rule and places."""
    reader.page.evaluate(_axe())
    found: list[Any] = reader.page.evaluate(
        f"options => axe.run(document, options).then(r => r.violations).then({_SHOWN})", _RULES
    )
    return found


def weight(reader: Reader) -> dict[str, int]:
    """Bytes of the page that is open, with gzip, by kind of resource; images apart."""
    total: dict[str, int] = {}
    response = reader.page.request
    # A live stream has no end, and a connection that stays is no weight.
    loaded = reader.page.evaluate("performance.getEntriesByType('resource').map(e => e.name)")
    places = ["", *(place for place in loaded if not place.endswith("/events"))]
    for place in places:
        answer = response.get(place or reader.page.url)
        kind = answer.headers["content-type"].partition(";")[0]
        if not kind.startswith("image/"):
            total[kind] = total.get(kind, 0) + len(gzip.compress(answer.body()))
    return total


@cache
def _axe() -> str:
    # The value of the script is of no use, and large.
    return f"{AXE.read_text('utf-8')};undefined"
