// An agency opens the documents of the bids with the evaluation key in this device's vault, and hands them to its committee.

import { closeBox, envelopes, keysOf, phrase } from "./documents.js";
import { act, client, facts, show, unlock } from "./page.js";
import { list } from "./shown-documents.js";

const at = (id) => document.querySelector(`#${id}`);
let keys = [];

act(at("open"), async (form) => {
    keys = await keysOf(await unlock(new FormData(form).get("passphrase")), facts.tender);
    const found = new Map(keys.map((one) => [one.id, one]));
    const bids = (await envelopes(client(), facts.tender)).map((one) => ({ ...one, ...found.get(one.id) }));
    list(at("bids"), { client: client(), tender: facts.tender, names: facts.names, bids });
    show("opened");
});

act(at("hand"), async () => {
    const secret = phrase();
    const box = await closeBox(facts.tender, keys, secret);
    await client().post(`/tenders/${facts.tender}/committee-box`, { box });
    at("phrase").textContent = secret;
    show("handed");
});

show("ready");
