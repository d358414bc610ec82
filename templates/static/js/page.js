/*
 * What the scripts of signed-in pages share: the page's facts, the caller's client, its vault, and telling what happened.
 *
 *   facts                     what the page's element #facts carries (data-facts), with csrf, demonstration and vault
 *   language                  "zh" or "en"
 *   client()                  a Client of this site, signed in as the page's reader
 *   show(state)               shows the elements whose data-when names this state, hides the others
 *   unlock(passphrase)        -> {client, vault, anchors}; the anchors are those kept in the vault, or seen now for the first time
 *   act(form, work)           runs work(form) when it is sent; its button rests meanwhile; a refusal is told in the form
 *   download(bytes, name)     hands a file to the reader
 *   painted()                 a promise for after the next picture, so that slow work does not hide what was just said
 */

import * as anchors from "./anchors.js";
import { Client } from "./client.js";
import { hex } from "./bytes.js";
import { dumps } from "./canonical.js";
import { Refusal, plain } from "./refusal.js";
import * as vaults from "./vault.js";

const place = document.querySelector("#facts");

export const facts = place ? JSON.parse(place.dataset.facts) : {};
export const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";

export function client() {
    return new Client({ demonstration: facts.demonstration, headers: { "Sunbid-Csrf": facts.csrf } });
}

export function show(state) {
    for (const element of document.querySelectorAll("[data-when]")) {
        element.hidden = !element.dataset.when.split(" ").includes(state);
    }
}

export async function unlock(passphrase) {
    await painted();
    const vault = await vaults.open(facts.vault, passphrase);
    return believed(vault);
}

/* With the anchors to work with: a key that changed since the vault saw it first stops everything. */
export async function believed(vault) {
    const caller = client();
    const kept = vault.content.anchors;
    const value = await anchors.trusted(await caller.get("/anchors"), kept, { demonstration: facts.demonstration });
    if (kept === null || hex(dumps(kept)) !== hex(dumps(value))) await vault.change({ anchors: value });
    return { client: caller, vault, anchors: await anchors.parse(value) };
}

export function act(form, work) {
    form?.addEventListener("submit", async (event) => {
        event.preventDefault();
        const button = event.submitter ?? form.querySelector("button");
        button.disabled = true;
        form.setAttribute("aria-busy", "true");
        tell(form, null);
        try {
            await work(form);
        } catch (error) {
            tell(form, error);
        } finally {
            button.disabled = false;
            form.removeAttribute("aria-busy");
        }
    });
}

export function tell(form, error) {
    const told = form.querySelector("[role=alert]");
    told.hidden = error === null;
    told.textContent = error === null ? "" : words(error);
    if (error !== null) {
        told.focus();
        // Whoever looks for a fault finds the whole of it; a refusal is no fault.
        if (!(error instanceof Refusal)) console.warn(error);
    }
}

export function words(error) {
    return error instanceof Refusal ? error.text(language) : plain(error)[language];
}

export function download(bytes, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(bytes instanceof Blob ? bytes : new Blob([bytes]));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export function painted() {
    return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}
