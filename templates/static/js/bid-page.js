// One lot's bid: sealed here, uploaded in parts, submitted by a signed statement, its receipt checked; or withdrawn.

import { utf8 } from "./bytes.js";
import { encrypt } from "./age.js";
import { checkForm } from "./bidform.js";
import * as bidder from "./bidder.js";
import { dumps } from "./canonical.js";
import { act, download, facts, show, unlock } from "./page.js";
import { check, numberOf } from "./receipt.js";
import * as sealed from "./sealed.js";
import * as shelf from "./shelf.js";
import { Upload, readBid } from "./upload.js";
import { twoPlaces, words } from "./upper.js";
import { missing, sealInWorker } from "./worker.js";

const at = (id) => document.querySelector(`#${id}`);
const kept = {};
let upload = null;

async function begin() {
    const lacks = await missing();
    if (lacks.length) {
        at("lacks").textContent = lacks.join(", ");
        return show("unfit");
    }
    return show((await shelf.get("vaults", facts.vault)) === null ? "no-vault" : "ready");
}

act(at("bid"), async (form) => {
    const given = new FormData(form);
    const values = valuesOf(given);
    const own = await owner(given.get("passphrase"));
    const found = await bidder.sealingFacts(own, facts.tender, facts.kind);
    checkForm(found.schema, values);
    const stopping = (event) => event.preventDefault();
    addEventListener("beforeunload", stopping);
    try {
        const name = await sealedFile(own, found, values, given.getAll("files").filter((one) => one.size), given);
        await sent(own, name);
    } catch (error) {
        show("ready");
        throw error;
    } finally {
        removeEventListener("beforeunload", stopping);
    }
});

act(at("withdraw"), async (form) => {
    const own = await owner(new FormData(form).get("passphrase"));
    await told(own, await bidder.withdraw(own, facts.tender, facts.lot));
});

act(at("confirm"), async (form) => {
    const own = await owner(new FormData(form).get("passphrase"));
    await bidder.confirm(own, facts.tender, facts.opening);
    location.search = "?done=confirmed";
});

act(at("keep"), async (_form) => {});
at("keep")?.addEventListener("click", (event) => {
    const what = event.target.value;
    if (what in kept) download(kept[what].bytes, kept[what].name);
});

at("pause")?.addEventListener("click", (event) => {
    if (upload === null) return;
    if (upload.paused) upload.resume();
    else upload.pause();
    event.target.setAttribute("aria-pressed", String(upload.paused));
});

for (const input of document.querySelectorAll("[data-money]")) {
    input.addEventListener("input", () => {
        at(`upper-${input.name}`).textContent = words(twoPlaces(input.value.trim())) ?? "";
    });
}

async function owner(passphrase) {
    return { ...(await unlock(passphrase)), code: facts.bidder };
}

/* The form's values in the types of its schema. */
function valuesOf(given) {
    const values = {};
    for (const { name, type } of facts.form) {
        const typed = (given.get(name) ?? "").trim();
        if (typed === "") continue;
        if (type === "integer") values[name] = /^[0-9]+$/.test(typed) ? Number(typed) : typed;
        else values[name] = type === "money" ? twoPlaces(typed) : typed.normalize("NFC");
    }
    return values;
}

async function sealedFile(own, { record }, values, files, given) {
    show("sealing");
    const name = `${facts.tender}.bid`;
    const done = await sealInWorker(
        { record, identities: own.anchors.trustees, demonstration: facts.demonstration, bidder: own.code, values, files },
        name,
        { progress: moved },
    );
    // The keys of this one envelope, under the same passphrase: the rescue when too few trustees come.
    kept.recovery = { bytes: await encrypt(dumps(done.recovery), given.get("passphrase")), name: `${facts.tender}.recovery.age` };
    kept.bid = { bytes: await sealed.open(name), name };
    return name;
}

async function sent(own, name) {
    show("uploading");
    const bid = await readBid(await sealed.open(name));
    upload = new Upload(own.client, bid, { progress: moved });
    const ended = await upload.run();
    await told(own, await bidder.submit(own, bid, ended, { replace: facts.standing !== null }));
}

async function told(own, receipt) {
    const found = await check(receipt, own.anchors, await own.vault.publicKey("statement"));
    const number = numberOf(receipt);
    kept.receipt = { bytes: utf8(JSON.stringify(receipt)), name: `${facts.tender}-${number.slice(0, 8)}.json` };
    if (found.refused) {
        at("refusal").textContent = number;
        download(kept.receipt.bytes, kept.receipt.name);
        return show("refused");
    }
    at("accepted").textContent = beijing(found.moment);
    at("number").textContent = number;
    show("done");
    at("confirmed").focus();
    return null;
}

function moved(done, all) {
    at("bar").value = all ? done / all : 1;
    at("amount").textContent = `${(done / 2 ** 20).toFixed(1)} / ${(all / 2 ** 20).toFixed(1)} MiB`;
}

function beijing(text) {
    const shifted = new Date(Date.parse(text) + 8 * 3_600_000).toISOString();
    return `${shifted.slice(0, 10)} ${shifted.slice(11, 23)}`;
}

if (facts.stage === "open") begin();
