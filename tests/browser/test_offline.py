"""The offline sealer, opened as a file: it connects to nothing, and what it seals is submitted by the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from api.tools import bidder, sealed_file, uploads
from bidding import keysets, unseal
from notary.anchors import parse
from templates import offline, web
from tests.api.tools.town import TENDER, Town, town
from tests.browser import look
from tests.browser.modules import modules
from tests.browser.test_roles import sit_down

PASSPHRASE = "correct horse battery"
SHEET = """async ({ js, textOf }, tender) => textOf(await (await js("sheet")).make(own, tender, "bid"))"""


@pytest.fixture(name="town")
def _town(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    with town(tmp_path, sqlite_url, monkeypatch) as found:
        yield found


@pytest.fixture(name="page")
def _page(chromium: Browser, tmp_path: Path) -> Iterator[Page]:
    path = tmp_path / "sealer.html"
    path.write_bytes(offline.page())
    context = chromium.new_context(viewport={"width": 320, "height": 900})
    page = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri())
    yield page
    assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []
    assert complaints == []
    context.close()


def sheet_of(chromium: Browser, town: Town, own: bidder.Bidder) -> Any:
    with modules(chromium, f"{town.site.url}/static/{web.version()}") as found:
        sit_down(found, own.client, own.vault, own.code)
        return json.loads(found.run(SHEET, TENDER))


def choose(page: Page, name: str, path: Path) -> None:
    page.locator(f"#{name}").set_input_files(path)


def fill(page: Page, **fields: str) -> None:
    for name, text in fields.items():
        page.locator(f"#{name.replace('_of_', '-')}").fill(text)


def test_a_bid_sealed_offline_is_submitted(page: Page, chromium: Browser, town: Town, tmp_path: Path) -> None:
    town.publish()
    own = town.bidder()
    sheet = tmp_path / "sheet.json"
    sheet.write_text(json.dumps(sheet_of(chromium, town, own), ensure_ascii=False), "utf-8")
    document = tmp_path / "技术标.pdf"
    document.write_bytes(b"%PDF-1.7")
    choose(page, "sheet", sheet)
    page.get_by_label("已逐一核对").check()
    fill(page, code=own.code, passphrase=PASSPHRASE, again=PASSPHRASE)
    for name, text in {"price": "3680000.00", "duration_days": "180", "quality": "合格"}.items():
        page.locator(f"#field-{name}").fill(text)
    choose(page, "files", document)
    page.screenshot(path=tmp_path / "offline.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.locator("#bid button").click()
    page.locator("#done").wait_for(timeout=120_000)
    saved = {}
    for button in ("save-bid", "save-recovery"):
        with page.expect_download() as download:
            page.locator(f"#{button}").click()
        saved[button] = tmp_path / download.value.suggested_filename
        download.value.save_as(saved[button])
    assert {path.name for path in saved.values()} == {f"{TENDER}.bid", f"{TENDER}.recovery.age"}
    receipt = bidder.submit(own, saved["save-bid"], lambda _done, _all: None)
    assert not bidder.check(own, receipt).refused
    recovery = json.loads(sealed_file.decrypt(saved["save-recovery"].read_bytes(), PASSPHRASE))
    front = uploads.read_bid(saved["save-bid"]).front
    key_set = keysets.parse(own.client.get(f"/tenders/{TENDER}/key-set", kind="bid")["key_set"])
    opened = unseal.with_form_key(front, key_set, own.code, bytes.fromhex(recovery["form_key"]))
    assert opened.values == {"price": "3680000.00", "duration_days": 180, "quality": "合格"}
    assert parse(own.client.get("/anchors")).origin == key_set.origin


def test_a_wrong_sheet_or_entry_is_told_and_nothing_is_sealed(
    page: Page, chromium: Browser, town: Town, tmp_path: Path
) -> None:
    town.publish()
    own = town.bidder()
    good = sheet_of(chromium, town, own)
    told = page.locator("#told")
    wrong: list[tuple[Any, str]] = [
        ({**good, "more": 1}, "more"),
        ({**good, "record": {**good["record"], "signatures": {}}}, "has not signed"),
        ({**good, "anchors": {**good["anchors"], "trustees": {}}}, "not the published one"),
        ({**good, "notice": {**good["notice"], "body": {**good["notice"]["body"], "key_sets": {}}}}, "do not seal"),
    ]
    for number, (value, expected) in enumerate(wrong):
        # A browser tells nothing when the very same file is chosen again.
        sheet = tmp_path / f"sheet{number}.json"
        sheet.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
        choose(page, "sheet", sheet)
        told.get_by_text(expected).wait_for()
        assert page.locator("#bid").is_hidden()
    sheet = tmp_path / "sheet.json"
    sheet.write_text(json.dumps(good, ensure_ascii=False), "utf-8")
    choose(page, "sheet", sheet)
    page.get_by_label("已逐一核对").check()
    fill(page, code=f"{own.code[:17]}{'0' if own.code[17] != '0' else '1'}", passphrase="short", again="short")
    for name, text in {"price": "3680000", "duration_days": "180", "quality": "合格"}.items():
        page.locator(f"#field-{name}").fill(text)
    for name, text, expected in [
        ("code", own.code, "check character"),
        ("field-price", "3680000.00", "two places"),
        ("passphrase", PASSPHRASE, "at least 12"),
        ("again", PASSPHRASE, "differ"),
    ]:
        page.locator("#bid button").click()
        told.get_by_text(expected).wait_for()
        page.locator(f"#{name}").fill(text)
    assert page.locator("#done").is_hidden()


def test_it_may_connect_to_nothing(chromium: Browser, tmp_path: Path) -> None:
    path = tmp_path / "sealer.html"
    path.write_bytes(offline.page())
    context = chromium.new_context()
    page = context.new_page()
    page.goto(path.as_uri())
    tried = page.evaluate("""async () => {
        const failed = (act) => new Promise((resolve) => { act(() => resolve("blocked"), () => resolve("open")); });
        const image = await failed((no, yes) => {
            const one = new Image();
            one.onerror = no;
            one.onload = yes;
            one.src = "http://127.0.0.1:9/x.png";
        });
        const fetched = await fetch("http://127.0.0.1:9/").then(() => "open", () => "blocked");
        const violations = [];
        addEventListener("securitypolicyviolation", (event) => violations.push(event.effectiveDirective));
        await fetch("http://127.0.0.1:9/").catch(() => {});
        try { new WebSocket("ws://127.0.0.1:9/"); } catch { violations.push("threw"); }
        await new Promise((resolve) => setTimeout(resolve));
        return { image, fetched, violations: [...new Set(violations)], secure: isSecureContext };
    }""")
    context.close()
    assert (tried["image"], tried["fetched"], tried["secure"]) == ("blocked", "blocked", True)
    assert "connect-src" in tried["violations"]


def test_axe_finds_nothing(chromium: Browser, tmp_path: Path) -> None:
    path = tmp_path / "sealer.html"
    path.write_bytes(offline.page())
    # axe-core itself could not come in otherwise.
    context = chromium.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto(path.as_uri())
    page.evaluate("for (const one of document.querySelectorAll('[hidden]')) one.hidden = false;")
    page.evaluate(look._axe())
    found = page.evaluate("axe.run(document).then((r) => r.violations.map((v) => [v.id, v.nodes.map((n) => n.html)]))")
    context.close()
    assert found == []


def test_the_script_has_no_way_out() -> None:
    """What CSP does not govern is not in it, nor what it does."""
    text = offline.page().decode()
    for way in ("RTCPeerConnection", "fetch(", "XMLHttpRequest", "WebSocket", "sendBeacon", "window.open"):
        assert way not in text, way


def test_the_file_depends_on_the_release_alone() -> None:
    first = offline.page()
    offline.page.cache_clear()
    assert offline.page() == first
    assert first.count(b"<script>") == 1
