// The page of keys: create, save, prove by loading the file again, register; restore; see what is registered.

import { hex, utf8 } from "./bytes.js";
import { fingerprint } from "./anchors.js";
import { dumps, loads } from "./canonical.js";
import * as ownkeys from "./ownkeys.js";
import { act, believed, download, facts, show, unlock } from "./page.js";
import { Refusal } from "./refusal.js";
import * as shelf from "./shelf.js";
import { sign } from "./signing.js";
import { keyProof } from "./statements.js";
import * as vaults from "./vault.js";
import { missing } from "./worker.js";

const FILE = `sunbid-recovery-${facts.vault.slice(0, 8)}.age`;
const at = (id) => document.querySelector(`#${id}`);
let passphrase = null;
let own = null;

async function begin() {
    const lacks = await missing();
    if (lacks.length) {
        at("lacks").textContent = lacks.join(", ");
        return show("unfit");
    }
    return show((await shelf.get("vaults", facts.vault)) === null ? "none" : "locked");
}

act(at("create"), async (form) => {
    const given = new FormData(form);
    if (given.get("passphrase") !== given.get("again")) {
        throw new Refusal("passphrase_differs", "两次输入的口令不同。", "The two passphrases differ.", "again");
    }
    passphrase = given.get("passphrase");
    const purposes = facts.purposes.map((one) => one.purpose);
    own = await believed(await vaults.create(facts.vault, passphrase, { purposes }));
    await shelf.persist();
    show("save");
});

act(at("save"), async () => {
    download(await vaults.file(facts.vault), FILE);
    show("prove");
});

act(at("prove"), async (form) => {
    const file = form.elements.file.files[0];
    await vaults.proveRecovery(facts.vault, new Uint8Array(await file.arrayBuffer()), passphrase);
    await registerAll();
});

at("prove-file").addEventListener("change", () => at("prove").requestSubmit());

act(at("restore"), async (form) => {
    const given = new FormData(form);
    passphrase = given.get("passphrase");
    const bytes = new Uint8Array(await given.get("file").arrayBuffer());
    own = await believed(await vaults.restore(facts.vault, bytes, passphrase));
    await shelf.persist();
    await completed();
});

act(at("unlock"), async (form) => {
    passphrase = new FormData(form).get("passphrase");
    own = await unlock(passphrase);
    await completed();
});

act(at("register"), async () => registerAll());

act(at("endorsed"), async (form) => {
    const { purpose, owner, registered } = unendorsed();
    const endorsement = loads(utf8(new FormData(form).get("endorsement")));
    await ownkeys.register(own, purpose, owner, endorsement);
    noteRegistered(registered, hex(await own.vault.publicKey(purpose)));
    await registerAll();
});

act(at("endorse"), async (form) => {
    const given = new FormData(form);
    const { purpose, owner } = facts.purposes.find((one) => one.purpose === given.get("purpose"));
    const signed = await ownkeys.endorse(own, owner, given.get("public_key").trim(), purpose);
    form.querySelector("output").textContent = new TextDecoder().decode(dumps(signed));
});

act(at("know"), async (form) => {
    await own.vault.know(new FormData(form).get("public_key").trim());
    form.reset();
});

act(at("identity"), async (form) => {
    const trustee = new FormData(form).get("trustee");
    const publicKey = await own.vault.publicKey("trustee");
    const proof = await sign(
        keyProof({ origin: own.anchors.origin, owner: trustee, publicKey, purpose: "trustee" }),
        own.vault.signingKey("trustee"),
    );
    download(dumps({ trustee, identity: hex(publicKey), proof }), `trustee-${trustee}.json`);
});

act(at("again"), async () => download(await vaults.file(facts.vault), FILE));

/* A vault made for other work gets what this reader signs with: then the recovery file has to be saved again. */
async function completed() {
    const lacking = facts.purposes.filter(({ purpose }) => !Object.hasOwn(own.vault.content.signing, purpose));
    for (const { purpose } of lacking) await own.vault.addSigningKey(purpose);
    return lacking.length ? show("save") : opened("open");
}

/* Keys that a server registers by itself; a trustee's identity is registered by the administrator, who sees its owner. */
async function registerAll() {
    for (const { purpose, owner, registered } of facts.purposes) {
        const mine = hex(await own.vault.publicKey(purpose));
        if (purpose === "trustee" || registered.some((one) => one.public_key === mine)) continue;
        if (registered.length) {
            at("new-key").textContent = mine;
            return opened("unendorsed");
        }
        await ownkeys.register(own, purpose, owner);
        noteRegistered(registered, mine);
    }
    return opened("done");
}

function noteRegistered(registered, publicKey) {
    registered.push({ public_key: publicKey });
    const row = at("row-registered").content.cloneNode(true);
    row.querySelector("span").textContent = publicKey;
    at("registered").append(row);
    at("none")?.remove();
}

function unendorsed() {
    return facts.purposes.find(
        ({ purpose, registered }) =>
            purpose !== "trustee" && !registered.some((one) => one.public_key === at("new-key").textContent),
    );
}

async function opened(state) {
    const list = at("fingerprints");
    list.replaceChildren();
    let lacking = 0;
    for (const { purpose, registered } of facts.purposes) {
        const mine = hex(await own.vault.publicKey(purpose));
        const there = purpose === "trustee" ? facts.trustees.some((one) => one.identity === mine) : registered.some((one) => one.public_key === mine);
        const row = at(`row-${purpose}`).content.cloneNode(true);
        row.querySelector("code").textContent = fingerprint(mine);
        row.querySelector(there ? ".no" : ".yes").remove();
        lacking += there || purpose === "trustee" ? 0 : 1;
        list.append(row);
    }
    at("register").hidden = lacking === 0;
    show(state);
}

begin();
