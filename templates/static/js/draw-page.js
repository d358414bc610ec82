// A party's part in a draw of experts: commit, then reveal, with the key for draws in this device's vault.

import { act, facts, show, unlock } from "./page.js";
import * as shelf from "./shelf.js";
import * as tool from "./draws.js";
import { missing } from "./worker.js";

const at = (id) => document.querySelector(`#${id}`);
const STEPS = { commit: tool.commit, reveal: tool.reveal };
/* The public record may be seconds behind the page. */
const PATIENCE = 20;

async function begin() {
    const lacks = (await missing()).filter((name) => name !== "OPFS");
    if (lacks.length) {
        at("lacks").textContent = lacks.join(", ");
        return show("unfit");
    }
    return show((await shelf.get("vaults", facts.vault)) === null ? "no-vault" : "locked");
}

act(at("unlock"), async (form) => {
    const own = await unlock(new FormData(form).get("passphrase"));
    await patiently(() => STEPS[facts.next](own, facts.tender));
    show("done");
    at("confirmed").focus();
});

async function patiently(work) {
    for (let waited = 0; ; waited += 1) {
        try {
            return await work();
        } catch (error) {
            if (error.reason !== "not_out" || waited === PATIENCE) throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, 1000));
    }
}

if (facts.next in STEPS) begin();
