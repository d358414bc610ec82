"""A bidder and a trustee who have nothing but a browser, in one town with those who have the command line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from api.tools import bidder, trustee
from api.tools.vault import Vault
from notary import clock, receipts, signing
from notary.anchors import parse
from notary.errors import Refusal
from templates import web
from tests.api.tools.town import TENDER, Town, new_vault, town
from tests.browser.modules import Modules, modules
from trading.forms import check_form

# Who sits at the page: its vault is in memory here, js/vault.js is tested elsewhere.
SIT_DOWN = """async ({ js }, [token, content, code, ahead]) => {
    const [{ Client }, { Vault }, anchors] = await Promise.all(["client", "vault", "anchors"].map(js));
    const client = new Client({ headers: { Authorization: `Bearer ${token}` }, demonstration: true });
    const vault = new Vault(content, async () => {});
    const value = await anchors.trusted(await client.get("/anchors"), content.anchors, { demonstration: true });
    await vault.change({ anchors: value });
    globalThis.own = { client, vault, anchors: await anchors.parse(value), code, ahead: BigInt(ahead) };
}"""
BID = """async ({ js }, [tender, values]) => {
    const [bidder, bidform, worker, sealed, upload] =
        await Promise.all(["bidder", "bidform", "worker", "sealed", "upload"].map(js));
    const { record, schema, keySet } = await bidder.sealingFacts(own, tender, "bid");
    bidform.checkForm(schema, values);
    const asked = {
        record, identities: own.anchors.trustees, demonstration: true, bidder: own.code, values,
        files: [...document.querySelector("input").files],
    };
    const made = await worker.sealInWorker(asked, "own.bid");
    const bid = await upload.readBid(await sealed.open("own.bid"));
    const told = [];
    const sending = new upload.Upload(own.client, bid, { progress: (done, all) => told.push([done, all]) });
    sending.pause();
    const running = sending.run();
    const paused = sending.paused;
    sending.resume();
    const sent = await running;
    const again = await new upload.Upload(own.client, bid).run();
    const { standing } = await bidder.status(own, tender);
    const receipt = await bidder.submit(own, bid, sent, { replace: standing !== null });
    return { receipt, made, sent, again, paused, told, keySet: keySet.id };
}"""


@pytest.fixture(name="town")
def _town(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    with town(tmp_path, sqlite_url, monkeypatch) as found:
        yield found


@pytest.fixture(name="page")
def _page(chromium: Browser, town: Town) -> Iterator[Modules]:
    with modules(chromium, f"{town.site.url}/static/{web.version()}") as found:
        yield found


def token(client: Any) -> str:
    found: str = client._http.headers["Authorization"].removeprefix("Bearer ")
    return found


def plain(vault: Vault) -> Any:
    """A vault's content as its file has it."""
    kept: list[bytes] = []
    Vault(vault.content, kept.append).change()
    return json.loads(kept[0])


def sit_down(page: Modules, client: Any, vault: Vault, code: str) -> None:
    ahead = int(clock.demonstration_offset().total_seconds() * 1_000_000)
    page.run(SIT_DOWN, [token(client), plain(vault), code, str(ahead)])


def test_a_bidder_bids_replaces_and_withdraws(page: Modules, town: Town, tmp_path: Path) -> None:
    town.publish()
    code = town.organisation("湘江建设有限公司")
    vault = new_vault("statement")
    sit_down(page, town.client(code, "bidder"), vault, code)
    key = vault.public_key("statement")
    registered = page.run(
        """async ({ js }) => (await js("ownkeys")).register(own, "statement", own.code)""",
    )
    assert registered["public_key"] == key.hex()
    town.site.tick()
    files = {"技术标.pdf": b"%PDF-1.7", "大.bin": hashlib.shake_256(b"x").digest(9 << 20)}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    page.page.locator("input").set_input_files([tmp_path / name for name in files])
    anchors = parse(town.clerk.get("/anchors"))
    values = {"price": "3680000.00", "duration_days": 180, "quality": "合格"}
    first = page.run(BID, [TENDER, values])
    assert first["paused"]
    assert first["sent"] == first["again"]
    assert first["sent"]["envelope"] == first["made"]["id"]
    assert first["told"][0] == [0, first["made"]["size"]]
    assert first["told"][-1] == [first["made"]["size"]] * 2
    assert not receipts.check(first["receipt"], anchors, key).refused
    second = page.run(BID, [TENDER, {**values, "price": "3600000.00"}])
    statement = second["receipt"]["entry"]["body"]["statement"]["object"]
    assert statement["replaces"] == receipts.check(first["receipt"], anchors, key).statement
    town.site.tick()
    number = second["receipt"]["acceptance"]["object"]["receipt"]
    checked = page.run(
        """async ({ js }, number) => (await (await js("bidder")).fetchReceipt(own, number)).checked""", number
    )
    assert checked["proved"]
    workers = httpx.get(f"{town.site.url}/static/{web.version()}/js/seal-worker.js")
    assert workers.headers["content-security-policy"] == "default-src 'none'; script-src 'self'"
    refused = page.run(
        """async ({ js, refused }, tender) => {
            const bidder = await js("bidder");
            const done = await bidder.withdraw(own, tender, "1");
            return [done.entry.head.kind, await refused(() => bidder.withdraw(own, tender, "1"))];
        }""",
        TENDER,
    )
    assert refused == ["bid_withdrawn", "no_bid_stands"]


def test_a_file_sealed_in_the_browser_is_submitted_by_the_command_line(
    page: Modules, town: Town, tmp_path: Path
) -> None:
    town.publish()
    own = town.bidder()
    sit_down(page, own.client, own.vault, own.code)
    body = """async ({ js, b64 }, [tender, values]) => {
        const [bidder, seal] = await Promise.all(["bidder", "seal"].map(js));
        const { record } = await bidder.sealingFacts(own, tender, "bid");
        const parts = [];
        const sink = { write: (bytes) => { parts.push(bytes.slice()); } };
        const { trustees: identities } = own.anchors;
        const asked = { record, identities, demonstration: true, bidder: own.code, values, files: [] };
        await seal.seal({ ...asked, secrets: seal.newSecrets() }, sink);
        return b64(new Uint8Array(await new Blob(parts).arrayBuffer()));
    }"""
    path = tmp_path / "own.bid"
    found = page.run(body, [TENDER, {"price": "3680000.00", "duration_days": 180, "quality": "合格"}])
    path.write_bytes(signing.unb64(found))
    receipt = bidder.submit(own, path, lambda _done, _all: None)
    assert not bidder.check(own, receipt).refused


def test_a_trustee_gives_keys_rehearses_and_releases(page: Modules, town: Town) -> None:
    town.draft()
    own = town.trustees["T1"]
    sit_down(page, own.client, own.vault, "T1")
    act = """async ({ js }, [name, ...args]) => {
        const trustee = await js("trustee");
        globalThis.sitting ??= await trustee.trustee(own.client, own.vault, own.anchors, own);
        try {
            return await trustee[name](sitting, ...args);
        } catch (error) {
            if (!error.reason) throw error;
            return { refused: error.reason, facts: { ...error.facts } };
        }
    }"""
    lot = [TENDER, "bid"]
    assert page.run(act, ["rehearse", *lot])["refused"] == "key_set_unknown"
    assert page.run(act, ["offerKey", *lot])["complete"] is False
    assert page.run(act, ["offerKey", *lot])["refused"] == "key_used"
    for code in ("T2", "T3"):
        town.offer(code)
    signed = page.run(act, ["signKeySet", *lot])
    for code in ("T2", "T3"):
        town.sign(code)
    town.approve(town.clerk.post(f"/tenders/{TENDER}/publication", {}))
    town.site.tick()
    assert set(page.run(act, ["rehearse", *lot])) == {"leaf"}
    bids = [town.submitted(price)[0] for price in ("3680000.00", "3690000.00", "3700000.00")]
    town.to_deadline()
    # By its own clock the hour has not come: the demonstration is ahead of it.
    page.run("""() => { sitting.ahead = 0n; return null; }""")
    early = page.run(act, ["release", *lot])
    assert (early["refused"], early["facts"]) == ("conditions_unmet", {"unmet": ["clock"]})
    sit_down(page, own.client, own.vault, "T1")
    page.run("""() => { sitting.ahead = own.ahead; return null; }""")
    conditions = page.run(act, ["conditions", *lot])
    assert [one["refusal"] for one in conditions] == [None] * 7
    assert page.run(act, ["release", *lot])["complete"] is False
    trustee.release(town.trustees["T2"], TENDER, "bid")
    town.site.tick()
    opened = town.clerk.get(f"/tenders/{TENDER}/opening")
    assert sorted(one["values"]["price"] for one in opened["bids"]) == ["3680000.00", "3690000.00", "3700000.00"]
    assert {one["bidder"] for one in opened["bids"]} == {own.code for own in bids}
    left = page.run("""() => sitting.vault.content.openings.map(({ key_set, released }) => [key_set, released])""")
    assert left == [[signed["key_set"], True]]


def test_forms_are_checked_alike(page: Modules, town: Town) -> None:
    town.publish()
    schema = next(
        one["body"]["form_schema"]
        for one in town.clerk.items(f"/tenders/{TENDER}/record")
        if one["head"]["kind"] == "tender_published"
    )
    good = {"price": "3680000.00", "duration_days": 180, "quality": "合格"}
    cases: list[dict[str, Any]] = [good, {}, {**good, "more": 1}]
    for field, values in {
        "price": ["1", "0.00", "01.00", "-1.00", "99999999999999.00", 5, None, "１.00"],
        "duration_days": [0, 1, 36500, 36501, "180", True, 10**17],
        "quality": ["", " ", "a\nb", "a\u2028b", "a\tb", "长" * 200, "长" * 201, 5, "\u202e"],
    }.items():
        cases += [{**good, field: value} for value in values]
    body = """async ({ js, refused }, [schema, cases]) => {
        const { checkForm, schemaId } = await js("bidform");
        const found = await Promise.all(cases.map((values) => refused(() => checkForm(schema, values))));
        return [found, await schemaId(schema)];
    }"""
    found, schema_id = page.run(body, [schema, cases])
    assert found == [reason_of(schema, values) for values in cases]
    assert schema_id == town.clerk.get(f"/tenders/{TENDER}/key-set", kind="bid")["key_set"]["form_schema"]


def reason_of(schema: Any, values: Any) -> str | None:
    try:
        check_form(schema, values)
    except Refusal as refusal:
        return refusal.reason
    return None
