// A member of the committee reads the bids beside the score sheet, with the phrase that the agency has told it.

import { envelopes, openBox } from "./documents.js";
import { act, client, facts, show } from "./page.js";
import { Refusal } from "./refusal.js";
import { list } from "./shown-documents.js";

const closed = new Refusal("documents_closed", "招标人打不开这份投标的文件。", "The agency could not open this bid's documents.");
const at = (id) => document.querySelector(`#${id}`);

act(at("read"), async (form) => {
    const caller = client();
    const { box } = await caller.get(`/tenders/${facts.tender}/committee-box`);
    const keys = await openBox(box, facts.tender, new FormData(form).get("phrase"));
    const bids = (await envelopes(caller, facts.tender)).map((one) => ({ ...one, key: keys[one.id] ?? null, reason: closed }));
    list(at("bids"), { client: caller, tender: facts.tender, names: facts.names, bids });
    show("opened");
});

show("ready");
