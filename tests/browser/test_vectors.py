"""The modules and the Python side agree on every vector: envelopes, key sets, receipts, the log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.modules import Modules, modules
from tests.vectors import make_auction, make_envelope
from tests.vectors.test_record_vectors import RECEIPTS, load

ENVELOPES = {path.stem: json.loads(path.read_text("utf-8")) for path in make_envelope.FOLDER.glob("*.json")}
KEYS = ENVELOPES["keys"]
LOG = Path(__file__).parents[1] / "vectors/log/log.json"
STATEMENTS = json.loads(make_auction.STATEMENTS.read_text("utf-8"))["statements"]

OPENING = """
    const [envelope, keyset, unseal, wraps] = await Promise.all(["envelope", "keyset", "unseal", "wraps"].map(js));
    const keySetOf = ({ record }) => {
        const identities = Object.fromEntries(record.key_set.trustees.map((one) => [one.trustee, one.identity]));
        return keyset.verify(record, { identities, demonstration: true });
    };
    const keysOf = (vector, q) => vector.record.key_set.quorums[q].map((name) => unhex(vector.opening_keys[name], 32));
    const unpack = async (front, opened, vector, section) => {
        const key = await unseal.documentsKey(front, opened, await keySetOf(vector), unhex(vector.evaluation_key, 32));
        const digests = section.length ? [hex(await sha256(section))] : [];
        return unseal.openDocuments(front, key, digests, new Blob([section]));
    };
"""
GOOD = (
    "async ({ js, unhex, hex, sha256, b64, unb64 }, vector) => {"
    + OPENING
    + """
    const data = unb64(vector.envelope);
    const size = vector.parts[0].size;
    const front = envelope.parseFront(data.slice(0, size));
    const keySet = await keySetOf(vector);
    const context = await envelope.contextOf(front.header.base);
    const derived = await wraps.deriveAll(unhex(vector.form_key, 32), keySet, context);
    const values = [];
    let opened;
    for (const q of keySet.quorums.keys()) {
        opened = await unseal.withQuorum(front, keySet, vector.bidder, q, keysOf(vector, q));
        values.push({ ...opened.values });
    }
    const files = await unpack(front, opened, vector, data.slice(size));
    return {
        context: hex(context),
        derived: derived.map(b64),
        found: front.header.wraps.map(b64),
        id: await envelope.envelopeId(front, vector.parts.slice(1).map((part) => part.sha256)),
        front: b64(envelope.encodeFront(envelope.encodeHeader(front.header), front.formSection)),
        values,
        files: files.map(({ name, size, sha256 }) => ({ name, size, sha256 })),
        sizes: files.map((file) => file.blob.size),
    };
}"""
)
BAD = (
    "async ({ js, refused, unhex, hex, sha256, unb64 }, [keys, vector]) => {"
    + OPENING
    + """
    return refused(async () => {
        const front = envelope.parseFront(unb64(vector.part_0));
        const opened = await unseal.withQuorum(front, await keySetOf(keys), keys.bidder, 0, keysOf(keys, 0));
        if (vector.documents !== undefined) await unpack(front, opened, keys, unb64(vector.documents));
    });
}"""
)
BAD_KEY_SET = """async ({ js, refused }, value) => {
    const { parse } = await js("keyset");
    return refused(() => parse(value));
}"""
RECEIPT = """async ({ js, refused, unhex }, vector) => {
    const [{ check }, { parse }] = await Promise.all(["receipt", "anchors"].map(js));
    const known = await parse(vector.anchors);
    let proved = null;
    const reason = await refused(async () => {
        ({ proved } = await check(vector.receipt, known, unhex(vector.bidder_key, 32)));
    });
    return { reason, proved };
}"""
LOG_VECTORS = """async ({ js, hex, unhex }, vector) => {
    const [record, merkle, trees, anchors] = await Promise.all(["record", "merkle", "trees", "anchors"].map(js));
    const strip = ({ head, head_salt, body, body_salt }) => ({ head, head_salt, body, body_salt });
    const leaves = await Promise.all(vector.leaves.map((leaf) => merkle.leafHash(unhex(leaf, 32))));
    const roots = [];
    for (let size = 0; size <= leaves.length; size += 1) roots.push(hex(await trees.rootOf(leaves.slice(0, size))));
    const { size, root } = await anchors.openCheckpoint(await anchors.parse(vector.anchors), vector.checkpoint);
    return {
        commitments: await Promise.all(vector.entries.map(async (one) => hex(await record.commitmentOf(strip(one))))),
        leaves: leaves.map(hex),
        roots,
        checkpoint: [size, hex(root)],
    };
}"""

SAID = """async ({ js, unhex }, { private_key: key, signed: { object } }) => {
    const [auction, signing] = await Promise.all(["auction", "signing"].map(js));
    const value = "price" in object ? auction.bid(object) : auction.offer(object);
    return { id: await signing.objectId(value), signed: await signing.sign(value, unhex(key, 32)) };
}"""
COUNTED = """async ({ js }, [texts, [least, step]]) => {
    const { fen, yuan, stepsAbove } = await js("auction");
    const sums = texts.map(fen);
    return sums.map((one) => (one === null ? null : [yuan(one), stepsAbove(one, fen(least), fen(step))]));
}"""


@pytest.fixture(name="page", scope="module")
def _page(chromium: Browser, assets: str) -> Iterator[Modules]:
    with modules(chromium, assets) as found:
        yield found


def named(prefix: str) -> list[str]:
    return sorted(name for name in ENVELOPES if name.startswith(prefix))


@pytest.mark.parametrize("name", named("good-"))
def test_good_envelopes_open_to_their_inputs(page: Modules, name: str) -> None:
    vector = ENVELOPES[name]
    found = page.run(GOOD, vector)
    assert found["context"] == vector["context"]
    assert found["derived"] == found["found"] == vector["wraps"]
    assert found["id"] == vector["id"]
    assert vector["envelope"].startswith(found["front"].rstrip("=")[:-1])
    assert found["values"] == [vector["values"]] * len(vector["record"]["key_set"]["quorums"])
    assert found["files"] == vector["files"]
    assert found["sizes"] == [file["size"] for file in vector["files"]]


@pytest.mark.parametrize("name", named("bad-envelope-") + named("bad-documents-"))
def test_bad_envelopes_are_refused_for_the_same_reason(page: Modules, name: str) -> None:
    assert page.run(BAD, [KEYS, ENVELOPES[name]]) == ENVELOPES[name]["reason"]


@pytest.mark.parametrize("name", named("bad-key-set-"))
def test_bad_key_sets_are_refused_for_the_same_reason(page: Modules, name: str) -> None:
    assert page.run(BAD_KEY_SET, ENVELOPES[name]["key_set"]) == ENVELOPES[name]["reason"]


@pytest.mark.parametrize("path", RECEIPTS, ids=lambda path: path.stem)
def test_receipts(page: Modules, path: Path) -> None:
    vector = load(path)
    found = page.run(RECEIPT, vector)
    if path.stem.startswith("good"):
        assert found == {"reason": None, "proved": vector["receipt"]["proof"] is not None}
    else:
        assert found["reason"] is not None


def test_the_log(page: Modules) -> None:
    vector: dict[str, Any] = load(LOG)
    found = page.run(LOG_VECTORS, vector)
    assert found["commitments"] == [entry["commitment"] for entry in vector["entries"]]
    for entry in vector["entries"]:
        assert vector["leaves"][entry["index"]] == entry["commitment"]
        assert found["leaves"][entry["index"]] == entry["leaf_hash"]
    assert found["roots"] == vector["roots"]
    size, root = found["checkpoint"]
    assert vector["roots"][size] == root


@pytest.mark.parametrize("vector", STATEMENTS, ids=lambda vector: str(vector["id"][:8]))
def test_statements_in_an_auction(page: Modules, vector: dict[str, Any]) -> None:
    """The object from its members, its id and its signature: Ed25519 gives one signature only."""
    assert page.run(SAID, vector) == {"id": vector["id"], "signed": vector["signed"]}


def test_sums_of_a_hall(page: Modules) -> None:
    texts = [
        "1000000.00",
        "999999.99",
        "990000.00",
        "1009999.99",
        "1010000.00",
        "9999999999999.99",
        "0.01",
        "1",
        "01.00",
    ]
    found = page.run(COUNTED, [texts, ["1000000.00", "10000.00"]])
    assert [one and one[0] for one in found] == [*texts[:7], None, None]
    assert [one[1] for one in found[:7]] == [0, -1, -1, 0, 1, 999_999_899, -100]
