// The rehearsal on the bidder's own device: a false lot with false trustees, sealed and opened again, nothing sent.

import { equal, hex, random, sha256 } from "./bytes.js";
import * as hpke from "./hpke.js";
import { parse } from "./keyset.js";
import { act, facts, show } from "./page.js";
import { Refusal } from "./refusal.js";
import * as sealed from "./sealed.js";
import { publicKeyOf, sign } from "./signing.js";
import * as unseal from "./unseal.js";
import { readBid } from "./upload.js";
import { missing, sealInWorker } from "./worker.js";

const SIZE = 64 << 20;
const PIECE = 1 << 16;
const NAME = "rehearsal";
const at = (id) => document.querySelector(`#${id}`);

async function begin() {
    const lacks = await missing();
    if (lacks.length) {
        at("lacks").textContent = lacks.join(", ");
        return show("unfit");
    }
    return show("ready");
}

act(at("rehearse"), async () => {
    show("running");
    try {
        const speed = await rehearsed();
        at("speed").textContent = speed.toFixed(0);
        show("done");
    } catch (error) {
        show("ready");
        throw error;
    } finally {
        await sealed.remove(NAME);
    }
});

async function rehearsed() {
    const { record, identities, opening, evaluation } = await falseLot();
    const piece = random(PIECE);
    const file = new File(new Array(SIZE / PIECE).fill(piece), "rehearsal.bin", { type: "application/octet-stream" });
    const bidder = "91110000600037341L";
    const begun = performance.now();
    await sealInWorker(
        { record, identities, demonstration: facts.demonstration, bidder, values: { price: "1.00" }, files: [file] },
        NAME,
        { progress: (done, all) => { at("bar").value = done / all; } },
    );
    const seconds = (performance.now() - begun) / 1000;
    await compare(await sealed.open(NAME), await parse(record.key_set), bidder, opening, evaluation, file);
    return SIZE / 2 ** 20 / seconds;
}

async function compare(blob, keySet, bidder, opening, evaluation, file) {
    const { front, partSizes } = await readBid(blob);
    const found = await unseal.withQuorum(front, keySet, bidder, 0, opening);
    const key = await unseal.documentsKey(front, found, keySet, evaluation);
    const section = blob.slice(partSizes[0]);
    const digests = await blockDigests(section, partSizes.slice(1));
    const [out] = await unseal.openDocuments(front, key, digests, section);
    const [before, after] = await Promise.all([file, out.blob].map(async (one) => sha256(new Uint8Array(await one.arrayBuffer()))));
    if (found.values.price !== "1.00" || !equal(before, after)) {
        throw new Refusal("rehearsal_differs", "打开的内容与密封前不同。", "What was opened is not what was sealed.");
    }
}

async function blockDigests(section, sizes) {
    const found = [];
    let begin = 0;
    for (const size of sizes) {
        found.push(hex(await sha256(new Uint8Array(await section.slice(begin, begin + size).arrayBuffer()))));
        begin += size;
    }
    return found;
}

/* A key set of two trustees that this page makes up; its keys are forgotten with the page. */
async function falseLot() {
    const names = ["R1", "R2"];
    const secrets = names.map(() => ({ identity: random(32), opening: random(32) }));
    const trustees = await Promise.all(
        names.map(async (trustee, number) => ({
            trustee,
            identity: hex(await publicKeyOf(secrets[number].identity)),
            opening_key: hex(await hpke.publicKeyOf(secrets[number].opening)),
        })),
    );
    const evaluation = random(32);
    const keySet = {
        type: "sunbid/key-set/1",
        demonstration: facts.demonstration,
        evaluation_key: hex(await hpke.publicKeyOf(evaluation)),
        form_schema: hex(random(32)),
        kind: "bid",
        lot: "1",
        origin: facts.demonstration ? "rehearsal.example/demonstration" : "rehearsal.example/log",
        quorums: [names],
        suite: 1,
        tender: "REHEARSAL-0001",
        trustees,
    };
    const signatures = {};
    for (const [number, name] of names.entries()) {
        signatures[name] = (await sign(keySet, secrets[number].identity)).signature;
    }
    const identities = Object.fromEntries(trustees.map((one) => [one.trustee, one.identity]));
    return { record: { key_set: keySet, signatures }, identities, opening: secrets.map((one) => one.opening), evaluation };
}

begin();
