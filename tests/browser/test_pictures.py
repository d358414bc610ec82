"""The pictures of docs/pictures: pages photographed in Chromium, and kept when SUNBID_PICTURES names a folder."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser import desks
from tests.browser.reader import Reader, Readers
from tests.browser.test_parties import bidder_of, entered, make_keys
from tests.browser.test_public import OPEN, WAITING, award_and_begin, publish
from tests.browser.test_verify_page import give, ready, told
from tests.serving import site
from tests.stage import TENDER, Stage

HELD = "YZ-431102-GC-2026-0004"
DOCS = Path(__file__).parents[2] / "docs"
#: A field that takes the focus scrolls to itself, some frames after the page is there: back up, until it stays.
TOP = """async () => {
    const frame = () => new Promise(requestAnimationFrame);
    for (let calm = 0; calm < 10; calm += 1) {
        await frame();
        if (scrollY > 0) {
            scrollTo({ top: 0, behavior: "instant" });
            calm = 0;
        }
    }
}"""
#: More than a page without its style has; a blank one has one.
COLOURS = 40
#: Bytes of one picture.
HEAVY = 80_000
PUBLIC = {
    "front": ("/", 1280),
    "front-320": ("/", 320),
    "notices": ("/notices", 1280),
    "lot": (f"/lots/{OPEN}", 1280),
    "opening": (f"/openings/{TENDER}", 1280),
    "releasing": (f"/openings/{WAITING}", 1280),
    "hall": (f"/hall?lot={TENDER}", 1920),
    "gallery": ("/gallery", 1280),
}
DESKS = {
    "agency": ("agency", "/agency"),
    "agency-lot": ("agency", f"/agency/lots/{OPEN}"),
    "supervisor": ("supervisor", "/supervisor"),
}
NAMES = {*PUBLIC, *DESKS, "bid", "verify"}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A lot that was awarded, one whose opening has begun, one that is held, and one that takes bids."""
    folder: Path = tmp_path_factory.mktemp("pictures")
    with site(folder / "home", f"sqlite:///{folder}/sunbid.db") as running:
        made = Stage(running, folder / "parties")
        made.publish(title="滨江路道路改造工程")
        award_and_begin(made)
        publish(made, HELD, "公交站台改造工程", 30)
        made.supervisor.post(f"/tenders/{HELD}/holds", {"reason": "受理投诉，核查资格条件。"})
        publish(made, OPEN, "排水管网改造工程", 34)
        yield made


def picture(name: str, reader: Reader) -> None:
    """Take what a reader sees. Raises AssertionError if it is blank, too heavy, or not among the documents."""
    assert name in NAMES
    reader.page.evaluate(TOP)
    taken = Image.open(io.BytesIO(reader.page.screenshot(animations="disabled"))).convert("RGB")
    small = io.BytesIO()
    taken.quantize(64).save(small, "PNG", optimize=True)
    colours = taken.getcolors(taken.width * taken.height)
    assert reader.page.evaluate("scrollY") == 0
    assert colours is not None
    assert len(colours) > COLOURS
    assert len(small.getvalue()) <= HEAVY
    if folder := os.environ.get("SUNBID_PICTURES"):
        (Path(folder) / f"{name}.png").write_bytes(small.getvalue())


def test_the_documents_show_each_picture_and_no_other() -> None:
    kept = {path.name for path in (DOCS / "pictures").iterdir()}
    shown = re.findall(r"\]\(pictures/([^)]+)\)", (DOCS / "pictures.md").read_text("utf-8"))
    assert sorted(shown) == sorted(kept) == sorted(f"{name}.png" for name in NAMES)


def test_the_first_page_shows_some_of_them() -> None:
    shown = re.findall(r"\]\(docs/pictures/([\w-]+)\.png\)", (DOCS.parent / "README.md").read_text("utf-8"))
    assert len(shown) == 4
    assert set(shown) <= NAMES


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_page(readers: Readers, stage: Stage, name: str) -> None:
    path, width = PUBLIC[name]
    stage.site.desk.kept.forget()
    reader = readers.new(stage.site.url, width)
    reader.go(path)
    expect(reader.page.locator("h1").first).to_be_visible()
    picture(name, reader)


@pytest.mark.parametrize("name", DESKS)
def test_a_desk(readers: Readers, stage: Stage, name: str) -> None:
    role, path = DESKS[name]
    picture(name, desks.somebody(readers, stage.site, role).at(path, scripts=True))


def test_a_bid_before_it_is_sealed(readers: Readers, stage: Stage, tmp_path: Path) -> None:
    reader = entered(readers, stage.site, bidder_of(stage.site, 50))
    make_keys(reader.page, stage.site.url, tmp_path)
    reader.go(f"/bidder/lots/{OPEN}")
    reader.page.locator("[name=duration_days]").fill("150")
    reader.page.locator("[name=quality]").fill("合格")
    reader.page.locator("[name=price]").fill("3700000")
    expect(reader.page.locator("#upper-price")).to_have_text("人民币叁佰柒拾万元整")
    picture("bid", reader)


def test_a_dossier_that_was_verified(readers: Readers, stage: Stage, tmp_path: Path) -> None:
    stage.tender = TENDER
    files = tmp_path / f"{TENDER}.zip", tmp_path / "anchors.json"
    files[0].write_bytes(stage.dossier())
    files[1].write_text(json.dumps(stage.anchors()), "utf-8")
    reader = readers.new(stage.site.url)
    give(ready(reader.go("/verify")), *files)
    told(reader.page, "通过")
    picture("verify", reader)
