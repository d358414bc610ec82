"""The gallery of parts (its look: test_public) with forced colours and wide text spacing; pages on paper."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pypdf
import pytest

from tests.browser import look
from tests.browser.reader import WIDTHS, Readers
from tests.serving import Site, site
from tests.stage import TENDER, Stage

#: WCAG 1.4.12, at the values that it names.
SPACING = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important }"
        + " * { word-spacing: .16em !important } p { margin-bottom: 2em !important }");
    document.adoptedStyleSheets = [sheet];
}"""
#: Text that its own box cuts off: what hides its overflow and is smaller than what is in it.
CUT = """() => [...document.querySelectorAll("main *")].filter((one) => {
    const style = getComputedStyle(one);
    return !one.closest(".unseen") && style.overflowX === "hidden"
        && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1);
}).map((one) => one.outerHTML.slice(0, 120))"""
#: Tags and buttons whose words are wider than themselves.
WIDE = """() => [...document.querySelectorAll("main .tag, main button, main .button")]
    .filter((one) => one.offsetParent && one.scrollWidth > one.clientWidth + 1)
    .map((one) => one.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("gallery")
    with site(folder / "home", f"sqlite:///{folder}/sunbid.db") as running:
        Stage(running, folder / "parties").publish()
        yield running


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", look.LANGUAGES)
def test_forced_colours(readers: Readers, running: Site, language: str, width: int) -> None:
    """The colours are the reader's own: words and shapes still tell states apart, and axe has nothing to say."""
    reader = readers.new(running.url, width, forced_colors="active")
    reader.go(f"{language}/gallery")
    assert look.faults(reader, width) == []
    borders = (
        "() => [...document.querySelectorAll('.tag, .banner, .deadline')].map(o => getComputedStyle(o).borderLeftWidth)"
    )
    assert all(float(one.removesuffix("px")) >= 1 for one in reader.page.evaluate(borders))


@pytest.mark.parametrize("path", ["/gallery", f"/lots/{TENDER}", "/notices"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", look.LANGUAGES)
def test_text_spacing(readers: Readers, running: Site, path: str, language: str, width: int) -> None:
    reader = readers.new(running.url, width)
    reader.go(f"{language}{path}")
    reader.page.evaluate(SPACING)
    assert look.faults(reader, width) == []
    assert reader.page.evaluate(CUT) == []
    assert reader.page.evaluate(WIDE) == []


@pytest.mark.parametrize("path", ["/gallery", f"/lots/{TENDER}"])
def test_print(readers: Readers, running: Site, path: str) -> None:
    """On A4, what only a screen can use is left out, and what counts is there."""
    reader = readers.new(running.url)
    reader.go(path)
    printed = pypdf.PdfReader(io.BytesIO(reader.page.pdf(format="A4")))
    text = "".join(page.extract_text() for page in printed.pages)
    assert "跳到正文" not in text
    assert "开放数据" not in text.partition("部件")[0]
    if path != "/gallery":
        assert len(printed.pages) <= 3
        assert all(one in text for one in ("测试路面改造工程", TENDER, "3,980,000.00"))
