/*
 * The one sealed offer behind a cap (docs/spec/auction.md), sealed on this machine and sent with the statement that names it.
 *
 *   sealOffer(own, said, price)  -> {receipt, refusal} as bidder.handIn; said: {origin, demonstration, tender, lot, bidder, seen, sequence}
 */

import { offer } from "./auction.js";
import { handIn, sealingFacts } from "./bidder.js";
import { b64, concat } from "./bytes.js";
import { newSecrets, seal } from "./seal.js";

export async function sealOffer(own, said, price) {
    const { record, schema } = await sealingFacts(own, said.tender, "offer");
    const { trustees: identities, demonstration } = own.anchors;
    const values = { [schema.price_field]: price };
    const pieces = [];
    const sink = { write: (bytes) => { pieces.push(Uint8Array.from(bytes)); } };
    const sealed = await seal({ record, identities, demonstration, bidder: said.bidder, values, files: [], secrets: newSecrets() }, sink);
    const envelope = b64(concat(...pieces));
    return handIn(own, `/tenders/${said.tender}/auction/bids`, offer({ ...said, sealed: sealed.id }), { envelope });
}
