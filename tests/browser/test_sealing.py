"""Sealed in a browser's worker, opened by the Python side, and the other way round; what is left after a refusal."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from api.tools import uploads
from bidding import documents, keysets, unseal
from bidding.envelope import BLOCK
from bidding.files import File
from bidding.seal import Source, seal
from tests.bidding.example import (
    BIDDER,
    EVALUATION_KEY,
    KEY_SET,
    SECRETS,
    VALUE,
    VALUES,
    identities,
    opening_key,
    record,
    whole_quorum,
)
from tests.browser.modules import Modules, modules

SEAL = """async ({ js }, asked) => {
    const { sealInWorker } = await js("worker");
    const told = [];
    const files = [...document.querySelector("input").files];
    const options = { progress: (done, all) => told.push([done, all]) };
    try {
        const sealed = await sealInWorker({ ...asked, files }, "one.bid", options);
        return { sealed, told };
    } catch (error) {
        if (!error.reason) throw error;
        return { refused: error.reason, zh: error.text("zh"), en: error.text("en"), field: error.field };
    }
}"""
KEPT = """async ({ js }) => (await js("sealed")).list()"""
OPEN = """async ({ js, hex, sha256, unhex }, [record, identities, bidder, keys, evaluationKey]) => {
    const [keyset, unseal, upload] = await Promise.all(["keyset", "unseal", "upload"].map(js));
    const keySet = await keyset.verify(record, { identities, demonstration: true });
    const bid = await upload.readBid(document.querySelector("input").files[0]);
    const section = bid.blob.slice(bid.partSizes[0]);
    const digests = [];
    for (let at = 0; at < section.size; at += 8388608) {
        digests.push(hex(await sha256(new Uint8Array(await section.slice(at, at + 8388608).arrayBuffer()))));
    }
    const opened = await unseal.withQuorum(bid.front, keySet, bidder, 0, keys.map((key) => unhex(key, 32)));
    const key = await unseal.documentsKey(bid.front, opened, keySet, unhex(evaluationKey, 32));
    const files = await unseal.openDocuments(bid.front, key, digests, section);
    return {
        values: { ...opened.values },
        partSizes: bid.partSizes,
        files: await Promise.all(files.map(async ({ name, media_type, sha256: told, blob }) =>
            [name, media_type, told, hex(await sha256(new Uint8Array(await blob.arrayBuffer())))])),
    };
}"""


@pytest.fixture(name="page")
def _page(chromium: Browser, assets: str) -> Iterator[Modules]:
    with modules(chromium, assets) as found:
        yield found


def asked(**changed: Any) -> dict[str, Any]:
    return {
        "record": record(VALUE),
        "identities": identities(VALUE),
        "demonstration": True,
        "bidder": BIDDER,
        "values": VALUES,
    } | changed


def given(page: Modules, contents: dict[str, bytes], folder: Path) -> list[Path]:
    """Choose files in the page, as somebody does in the dialogue."""
    paths = []
    for name, content in contents.items():
        path = folder / name
        path.write_bytes(content)
        paths.append(path)
    page.page.locator("input").set_input_files(paths)
    return paths


def taken(page: Modules, target: Path) -> Path:
    """Save the sealed file from the browser's own files, as the page's button does."""
    save = """async ({ js }) => {
        const { open } = await js("sealed");
        const link = document.createElement("a");
        link.href = URL.createObjectURL(await open("one.bid"));
        link.download = "one.bid";
        link.click();
    }"""
    with page.page.expect_download() as download:
        page.run(save)
    download.value.save_as(target)
    return target


def noise(size: int) -> bytes:
    return hashlib.shake_256(b"noise").digest(size)


CONTENTS: list[dict[str, bytes]] = [
    {},
    {"空.txt": b""},
    {"技术标.pdf": b"%PDF-1.7", "b.bin": noise(16_384), "c.bin": noise(3 * 16_384 + 5)},
    {"exact.bin": noise(2 * (1 << 20)), "大.bin": noise(BLOCK + 12_345)},
]


@pytest.mark.parametrize("contents", CONTENTS, ids=["none", "empty", "small", "two blocks"])
def test_sealed_in_the_browser_opened_by_python(page: Modules, contents: dict[str, bytes], tmp_path: Path) -> None:
    if contents:
        given(page, contents, tmp_path)
    found = page.run(SEAL, asked())
    sealed = found["sealed"]
    path = taken(page, tmp_path / "one.bid")
    assert page.run(KEPT) == ["one.bid"]
    # What `sunbid bid submit` reads.
    bid = uploads.read_bid(path)
    data = path.read_bytes()
    assert [part["size"] for part in sealed["parts"]] == list(bid.part_sizes)
    digests = [hashlib.sha256(bid.part(number)).hexdigest() for number in range(len(bid.part_sizes))]
    assert [part["sha256"] for part in sealed["parts"]] == digests
    assert sealed["id"] == bid.front.envelope_id(digests[1:])
    assert sealed["size"] == len(data)
    opened = unseal.with_quorum(bid.front, KEY_SET, BIDDER, whole_quorum())
    assert opened.values == VALUES
    assert sealed["recovery"]["form_key"] == opened.form_key.hex()
    assert unseal.with_form_key(bid.front, KEY_SET, BIDDER, opened.form_key).values == VALUES
    key = documents.documents_key(bid.front, opened, KEY_SET, EVALUATION_KEY)
    assert sealed["recovery"]["documents_key"] == key.hex()
    section = io.BytesIO(data[bid.part_sizes[0] :])
    files = documents.open_documents(bid.front, key, digests[1:], documents.read_blocks(section), tmp_path / "opened")
    assert {file.name: (tmp_path / "opened" / file.name).read_bytes() for file in files} == contents
    if any(contents.values()):
        size = sum(len(content) for content in contents.values())
        assert found["told"][-1] == [size, size]


def test_sealed_by_python_opened_in_the_browser(page: Modules, tmp_path: Path) -> None:
    contents = {"技术标.pdf": b"%PDF-1.7", "大.bin": noise(BLOCK + 12_345)}
    path = tmp_path / "two.bid"
    sources = [
        Source(File(name=name, media_type="application/pdf", size=len(content)), io.BytesIO(content))
        for name, content in contents.items()
    ]
    with path.open("wb") as sink:
        seal(record(VALUE), sink, **asked_of_python(), sources=sources, secrets=SECRETS)
    page.page.locator("input").set_input_files(path)
    keys = [opening_key(name).hex() for name in VALUE["quorums"][0]]
    found = page.run(OPEN, [record(VALUE), identities(VALUE), BIDDER, keys, EVALUATION_KEY.hex()])
    assert found["values"] == VALUES
    assert found["partSizes"] == list(uploads.read_bid(path).part_sizes)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    assert found["files"] == [[name, "application/pdf", digest, digest] for name, digest in digests.items()]


def asked_of_python() -> dict[str, Any]:
    return {"identities": identities(VALUE), "demonstration": True, "bidder": BIDDER, "values": VALUES}


def test_two_envelopes_of_one_bid_share_nothing(page: Modules, tmp_path: Path) -> None:
    given(page, {"a.txt": b"a"}, tmp_path)
    first, second = (page.run(SEAL, asked())["sealed"] for _ in range(2))
    assert first["id"] != second["id"]
    for member in ("form_key", "documents_key", "base"):
        assert first["recovery"][member] != second["recovery"][member]


@pytest.mark.parametrize(
    ("changed", "reason", "field"),
    [
        ({"demonstration": False}, "demonstration_unexpected", "demonstration"),
        ({"identities": {}}, "identity_unknown", "trustees"),
        ({"record": {"key_set": VALUE, "signatures": {}}}, "signature_missing", "signatures"),
        ({"values": {"price": None}}, "field_wrong", "values[...]"),
        ({"values": {"remarks": "长" * (1 << 19)}}, "form_too_large", "values"),
        ({"values": {"remarks": "\u202e"}}, "text_control", "values.remarks"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_refusal_leaves_nothing(
    page: Modules, changed: dict[str, Any], reason: str, field: str, tmp_path: Path
) -> None:
    given(page, {"a.txt": b"a"}, tmp_path)
    found = page.run(SEAL, asked(**changed))
    assert (found["refused"], found["field"]) == (reason, field)
    assert found["zh"]
    assert found["en"]
    assert page.run(KEPT) == []


def test_a_file_that_cannot_be_a_name_is_refused(page: Modules) -> None:
    body = """async ({ js, refused }) => {
        const { check, described } = await js("files");
        const names = ["a.", "a ", "..", "a/b", "a\\\\b", "a:b", "", "长".repeat(86), "\\u0000"];
        const of = (name) => refused(() => check([{ name, media_type: "text/plain", size: 0 }]));
        const { name } = described({ name: "e\\u0301.txt", type: "TEXT/plain; charset=utf-8", size: 0 });
        return [await Promise.all(names.map(of)), name, described({ name: "a", type: "", size: 0 }).media_type];
    }"""
    reasons, name, media_type = page.run(body)
    assert reasons == ["file_name"] * 8 + ["text_control"]
    assert (name, media_type) == ("é.txt", "application/octet-stream")


def test_a_file_that_changes_while_it_is_sealed_is_refused(page: Modules, tmp_path: Path) -> None:
    [path] = given(page, {"a.bin": noise(1000)}, tmp_path)
    path.write_bytes(noise(2000))
    # Browsers tell a change by the second.
    os.utime(path, (path.stat().st_atime, path.stat().st_mtime + 2))
    assert page.run(SEAL, asked())["refused"] == "file_size_changed"
    assert page.run(KEPT) == []


def test_an_aborted_sealing_leaves_nothing_to_upload(page: Modules, tmp_path: Path) -> None:
    given(page, {"a.bin": noise(BLOCK)}, tmp_path)
    body = """async ({ js }, asked) => {
        const { sealInWorker } = await js("worker");
        const stop = new AbortController();
        const files = [...document.querySelector("input").files];
        const options = { signal: stop.signal, progress: () => stop.abort() };
        try {
            await sealInWorker({ ...asked, files }, "one.bid", options);
        } catch (error) {
            return error.name;
        }
    }"""
    assert page.run(body, asked()) == "AbortError"
    assert page.run(KEPT) == []
    assert page.run(SEAL, asked())["sealed"]["size"] > BLOCK
    assert page.run(KEPT) == ["one.bid"]


def test_only_the_sealing_worker_starts(page: Modules) -> None:
    """Trusted Types: no text becomes a worker's address, and the one policy lets one address through."""
    body = """async ({ js }) => {
        await js("worker");
        const thrown = (act) => { try { act(); } catch (error) { return error.name; } return null; };
        return [
            thrown(() => new Worker("/static/other.js")),
            thrown(() => trustedTypes.createPolicy("sunbid", {})),
            thrown(() => trustedTypes.createPolicy("other", {})),
        ];
    }"""
    assert page.run(body) == ["TypeError", "TypeError", "TypeError"]
    # The browser reports each to the console; these three are what the test is about.
    assert len(page.complaints) == 3
    page.complaints.clear()


def test_nothing_is_missing_in_this_browser(page: Modules) -> None:
    assert page.run("""async ({ js }) => (await js("worker")).missing()""") == []


def test_the_key_sets_of_both_sides_have_one_id(page: Modules) -> None:
    body = """async ({ js }, value) => (await (await js("keyset")).parse(value)).id"""
    assert page.run(body, VALUE) == keysets.parse(VALUE).id
