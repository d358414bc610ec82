/*
 * The sealing sheet (docs/spec/envelope.md, Sealing sheet): all that the offline sealer has to know of a lot, in one file.
 *
 *   make(own, tender, kind)   -> the sheet's bytes, of facts that were checked here; own: {client, anchors (parsed)}
 *   read(bytes)               -> {anchors (parsed), record, keySet, notice, schema, tender, kind} after every check of a
 *                                sealer. What no check can tell is whether the anchors are the right ones: the trustees'
 *                                fingerprints are compared with what is on paper
 */

import { parse } from "./anchors.js";
import { checkedFacts, sealingFacts } from "./bidder.js";
import { dumps, loads } from "./canonical.js";
import * as forms from "./forms.js";
import { read as readEntry } from "./record.js";

const MAX_BYTES = 4 << 20;
const SHEET = forms.record({
    type: forms.literal("sunbid/sealing-sheet/1"),
    anchors: forms.object,
    record: forms.record({ key_set: forms.object, signatures: forms.object }),
    notice: forms.object,
});

export async function make(own, tender, kind) {
    const { record, notice } = await sealingFacts(own, tender, kind);
    return dumps({ type: "sunbid/sealing-sheet/1", anchors: own.anchors.value, record, notice: notice.shown });
}

export async function read(bytes) {
    const { anchors: value, record, notice: shown } = forms.check(loads(bytes, { maxBytes: MAX_BYTES }), SHEET);
    const anchors = await parse(value);
    const notice = await readEntry(shown);
    const { tender, kind } = record.key_set;
    return { anchors, tender, kind, ...(await checkedFacts({ record, notice, anchors, tender, kind })) };
}
