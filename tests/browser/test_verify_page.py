"""The verify page: files dropped, chosen or named by their hash; the report in words; nothing leaves the machine."""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser import look
from tests.browser.reader import Readers
from tests.serving import Site, site
from tests.stage import TENDER, Stage

VECTORS = Path(__file__).parents[1] / "vectors"
PROGRAM = Path(__file__).parents[2] / "notary" / "verify.py"
CHECKS = 17


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with a published tender."""
    folder = tmp_path_factory.mktemp("verify")
    with site(folder / "home", f"sqlite:///{folder}/sunbid.db") as made:
        Stage(made, folder / "parties").publish()
        yield made


@pytest.fixture
def page(readers: Readers, running: Site) -> Page:
    return ready(readers.new(running.url).go("/en/verify"))


def ready(page: Page) -> Page:
    expect(page.locator("#verify-tool[data-ready]")).to_be_visible()
    return page


def dossier(name: str, folder: Path) -> tuple[Path, Path]:
    """A dossier of the vectors and its anchors, as files."""
    vector = json.loads((VECTORS / "dossier" / f"{name}.anchors.json").read_text("utf-8"))
    anchors = folder / "anchors.json"
    anchors.write_text(json.dumps(vector["anchors"]), "utf-8")
    return VECTORS / "dossier" / f"{name}.zip", anchors


def give(page: Page, *files: Path) -> None:
    page.set_input_files("#verify-files", list(files))


def told(page: Page, words: str) -> None:
    """Wait until the sentence of the result says this."""
    expect(page.locator("#verify-result")).to_contain_text(words)


def tags(page: Page) -> list[str]:
    """The words of the checks' results, in their order."""
    return page.locator(".verify-checks .tag").all_inner_texts()


def test_the_look(readers: Readers, running: Site) -> None:
    look.check(readers, running.url, "/verify")


@pytest.mark.parametrize("width", [1280, 320])
def test_the_look_of_a_report(readers: Readers, running: Site, tmp_path: Path, width: int) -> None:
    for path in ("/verify", "/en/verify"):
        reader = readers.new(running.url, width)
        give(ready(reader.go(path)), *dossier("bad-price_altered", tmp_path))
        expect(reader.page.locator("#verify-details")).to_be_visible()
        assert look.faults(reader, width) == []


def test_the_weight(readers: Readers, running: Site) -> None:
    """The page itself; the worker's modules come when there is something to verify."""
    reader = readers.new(running.url)
    ready(reader.go("/verify"))
    found = look.weight(reader)
    assert sum(found.values()) <= 60_000, found
    assert found["text/javascript"] <= 10_000, found


def test_a_dossier_with_its_anchors_passes(page: Page, tmp_path: Path) -> None:
    give(page, *dossier("good-award", tmp_path))
    told(page, "Passed: the dossier agrees with the anchors")
    assert tags(page) == ["passed"] * CHECKS
    expect(page.locator("#verify-demonstration")).to_have_text("DEMONSTRATION: this record is no real transaction.")
    assert page.inner_text("#verify-command") == "python -I verify.py good-award.zip --anchors anchors.json"


def test_without_anchors_and_with_them_later(page: Page, tmp_path: Path) -> None:
    file, anchors = dossier("good-award", tmp_path)
    give(page, anchors)
    told(page, "still missing")
    page.get_by_role("button", name="Remove anchors.json").click()
    expect(page.locator("#verify-result")).to_be_hidden()
    give(page, file)
    told(page, "Self-consistent only")
    assert "not checked" in tags(page)
    give(page, anchors)
    told(page, "Passed")


def test_a_dossier_that_fails_says_where(page: Page, tmp_path: Path) -> None:
    give(page, *dossier("bad-price_altered", tmp_path))
    told(page, "Failed: check 13, opening:")
    told(page, "(leaf ")
    assert tags(page)[12] == "failed"


def test_chinese_words(readers: Readers, running: Site, tmp_path: Path) -> None:
    page = ready(readers.new(running.url).go("/verify"))
    give(page, *dossier("bad-wrong_key", tmp_path))
    told(page, "未通过：第 12 项“密钥公布”")
    expect(page.locator("#verify-demonstration")).to_contain_text("【演示】")


DROP = """([id, name, data]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], name));
  document.getElementById(id).dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, cancelable: true }));
}"""


def test_dropped_files(page: Page, tmp_path: Path) -> None:
    for file in dossier("good-award", tmp_path):
        page.evaluate(DROP, ["verify-drop", file.name, base64.b64encode(file.read_bytes()).decode()])
    told(page, "Passed")


def test_with_the_keyboard_alone(page: Page) -> None:
    # The page's script shows the field; whoever tabs before that has left its place behind.
    page.wait_for_function("document.getElementById('verify-files').checkVisibility()")
    # Listened for from the start: a browser told to catch the dialogue just before the key may still miss it.
    with page.expect_file_chooser():
        for _ in range(30):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == "verify-files":
                break
        assert page.evaluate("document.activeElement.id") == "verify-files"
        page.keyboard.press("Space")


def receipt_files(name: str, folder: Path) -> tuple[list[Path], str]:
    vector = json.loads((VECTORS / "receipt" / f"{name}.json").read_text("utf-8"))
    files = []
    for part in ("anchors", "receipt"):
        files.append(folder / f"{part}-{name}.json")
        files[-1].write_text(json.dumps(vector[part]), "utf-8")
    return files, vector["bidder_key"]


def test_a_receipt(page: Page, tmp_path: Path) -> None:
    files, key = receipt_files("good", tmp_path)
    give(page, *files)
    told(page, "Not a pass: check 3, statement")
    page.locator("summary").click()
    page.fill("#verify-key", key)
    give(page, files[1])
    told(page, "Passed: the receipt is genuine")
    assert tags(page) == ["passed"] * 4 + ["not applicable"]
    assert key in page.inner_text("#verify-command")
    give(page, receipt_files("bad-signature", tmp_path)[0][1])
    told(page, "Failed: check 1, signature")


def test_a_paper_beside_its_dossier(page: Page, tmp_path: Path) -> None:
    file, anchors = dossier("good-award", tmp_path)
    with zipfile.ZipFile(file) as archive:
        name = next(n for n in archive.namelist() if n.startswith("documents/"))
        data = archive.read(name)
    paper = tmp_path / "letter.pdf"
    paper.write_bytes(data)
    give(page, file, anchors, paper)
    told(page, "Passed: this file is the one that the record names.")
    assert tags(page) == ["passed"] * (3 + CHECKS)
    changed = tmp_path / "changed.pdf"
    changed.write_bytes(data + b" ")
    give(page, changed)
    told(page, "Failed: check 3, named: no entry of the record names this file")
    page.get_by_role("button", name="Remove changed.pdf").click()
    page.locator("summary").click()
    page.fill("#verify-hash", name.removeprefix("documents/"))
    page.get_by_role("button", name="Check the hash").click()
    told(page, "Passed: this file is the one that the record names.")


def test_a_hash_in_the_record_of_this_site(readers: Readers, running: Site) -> None:
    """Before the closing there is no dossier: what the site says is shown as its word, not as proved."""
    items = httpx.get(f"{running.url}/api/v1/tenders/{TENDER}/record").json()["items"]
    notice = next(one for one in items if one["head"]["kind"] == "tender_published")
    document = notice["body"]["documents"][0]
    page = ready(readers.new(running.url).go(f"/en/verify?tender={TENDER}"))
    page.locator("summary").click()
    page.get_by_role("button", name="Fetch this site's record").click()
    expect(page.locator("#verify-asked")).to_contain_text("Not closed yet")
    page.fill("#verify-hash", document["sha256"].upper())
    page.get_by_role("button", name="Check the hash").click()
    told(page, "Not a pass: check 2, record: only this site's word")
    expect(page.locator(".verify-checks")).to_contain_text(document["name"])
    page.fill("#verify-hash", hashlib.sha256(b"another").hexdigest())
    page.get_by_role("button", name="Check the hash").click()
    told(page, "no entry of the record names this file")
    page.fill("#verify-tender", "YZ-0")
    page.get_by_role("button", name="Fetch this site's record").click()
    expect(page.locator("#verify-asked")).to_contain_text("no public record")


def test_the_dossier_of_this_site(readers: Readers, tmp_path: Path) -> None:
    """A whole tender of a running server, fetched by its number; the anchors come as a file."""
    with site(tmp_path / "home", f"sqlite:///{tmp_path}/sunbid.db") as running:
        stage = Stage(running, tmp_path / "parties")
        stage.publish()
        for number, price in enumerate(["3680000.00", "3650000.00", "3700000.00"]):
            stage.bid(stage.bidder(number), price)
        receipt = stage.bid(stage.bidder(1), "3600000.00", replace=True)
        stage.open()
        stage.evaluate()
        stage.award(stage.bidder(1).code)
        # The dossier ends at the newest checkpoint that is out.
        stage.settle()
        anchors, mine = tmp_path / "anchors.json", tmp_path / "receipt.json"
        anchors.write_text(json.dumps(stage.anchors()), "utf-8")
        mine.write_text(json.dumps(receipt), "utf-8")
        page = ready(readers.new(running.url).go(f"/en/verify?tender={TENDER}"))
        give(page, anchors)
        told(page, "still missing")
        page.locator("summary").click()
        page.get_by_role("button", name="Fetch this site's record").click()
        told(page, "Passed: the dossier agrees with the anchors")
        assert tags(page)[:16] == ["passed"] * 16
        give(page, mine)
        expect(page.locator(".verify-checks").first).to_contain_text("in the closing list")


@pytest.mark.parametrize("data", [b"PK\3\4nonsense", b'{"type": "x"}', b"{", b""])
def test_what_cannot_be_read(page: Page, tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "strange <b>.bin"
    file.write_bytes(data)
    give(page, file)
    told(page, "Cannot be read")
    expect(page.locator("#verify-details")).to_be_hidden()


def test_nothing_is_uploaded(page: Page, tmp_path: Path) -> None:
    sent: list[Any] = []
    page.context.on("request", lambda request: sent.append((request.method, request.url, request.post_data)))
    give(page, *dossier("good-award", tmp_path))
    told(page, "Passed")
    assert sent
    assert all(method == "GET" and "/static/" in url and body is None for method, url, body in sent)


def test_a_file_changed_after_it_was_chosen(page: Page, tmp_path: Path) -> None:
    file, anchors = dossier("good-award", tmp_path)
    give(page, anchors)
    told(page, "still missing")
    anchors.write_bytes(anchors.read_bytes() + b" ")
    give(page, file)
    told(page, "Cannot be read “anchors.json”: it was changed or moved after it was chosen")


def test_no_other_worker_can_be_started(readers: Readers, running: Site) -> None:
    reader = readers.new(running.url)
    page = ready(reader.go("/verify"))
    start = page.locator("script[src*='verify/page.js']").get_attribute("src")
    assert start
    refused = """async (module) => {
      try { new Worker(module.replace("page.js", "ask.js"), { type: "module" }); return "started"; }
      catch (error) { return error.name; }
    }"""
    assert page.evaluate(refused, start) == "TypeError"
    assert ["TrustedScriptURL" in complaint for complaint in reader.complaints] == [True]
    reader.complaints.clear()


def test_without_scripts(readers: Readers, running: Site) -> None:
    page = readers.new(running.url, java_script_enabled=False).go("/en/verify")
    expect(page.get_by_text("Your browser runs no scripts.")).to_be_visible()
    expect(page.locator("#verify-tool")).to_be_hidden()
    expect(page.locator("#verify-command")).to_be_visible()
    href = page.get_by_role("link", name="verify.py").get_attribute("href")
    program = httpx.get(f"{running.url}{href}")
    assert program.content == PROGRAM.read_bytes()
    assert program.headers["content-disposition"].startswith("attachment")
    assert hashlib.sha256(program.content).hexdigest() in page.content()
