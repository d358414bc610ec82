// A trustee's work on one lot: offer a key, sign the key set, rehearse, release. One of them at a time, as facts.next says.

import { hex } from "./bytes.js";
import { fingerprint } from "./anchors.js";
import { act, facts, language, show, unlock } from "./page.js";
import * as shelf from "./shelf.js";
import { now, text as timeText } from "./times.js";
import * as tool from "./trustee.js";
import { missing } from "./worker.js";

const at = (id) => document.querySelector(`#${id}`);
const { tender, kind } = facts;
let own = null;

async function begin() {
    const lacks = (await missing()).filter((name) => name !== "OPFS");
    if (lacks.length) {
        at("lacks").textContent = lacks.join(", ");
        return show("unfit");
    }
    return show((await shelf.get("vaults", facts.vault)) === null ? "no-vault" : "locked");
}

const FIRST = {
    async offer() {
        await tool.offerKey(own, tender, kind);
        done("");
    },
    async sign() {
        const { keySet } = await tool.keySetToSign(own, tender, kind);
        at("key-set").textContent = fingerprint(keySet.id);
        at("members").replaceChildren(
            ...keySet.trustees.map(({ trustee, identity }) => {
                const row = document.createElement("li");
                row.append(trustee, " ");
                row.append(Object.assign(document.createElement("code"), { className: "hash", textContent: fingerprint(hex(identity)) }));
                return row;
            }),
        );
        show("checked");
    },
    async rehearse() {
        await tool.rehearse(own, tender, kind);
        done("");
    },
    async release() {
        await conditions();
    },
};

act(at("unlock"), async (form) => {
    const { client, vault, anchors } = await unlock(new FormData(form).get("passphrase"));
    own = await tool.trustee(client, vault, anchors, { ahead: BigInt(facts.ahead) });
    await FIRST[facts.next]();
});

act(at("sign"), async () => done((await tool.signKeySet(own, tender, kind)).key_set));

act(at("release"), async () => {
    await tool.release(own, tender, kind);
    done(timeText(now() + own.ahead));
});

async function conditions() {
    const found = await tool.conditions(own, tender, kind);
    at("own-time").textContent = timeText(now() + own.ahead);
    at("conditions").replaceChildren(
        ...found.map((one) => {
            const row = at("condition").content.cloneNode(true);
            row.querySelector(".what").textContent = one[language];
            row.querySelector(".why").textContent = one.refusal?.text(language) ?? "";
            row.querySelector(one.refusal === null ? ".no" : ".yes").remove();
            return row;
        }),
    );
    at("confirm").disabled = found.some((one) => one.refusal !== null);
    show("checked");
    // Where the conditions begin: whoever listens hears them before the button.
    at("checked").focus();
}

function done(told) {
    at("told").textContent = told;
    show("done");
    at("confirmed").focus();
}

if (facts.next in FIRST) begin();
