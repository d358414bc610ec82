/*
 * The check of a receipt (docs/spec/receipt.md, 1 to 4).
 *
 *   check(receipt, anchors, bidderKey)   -> {refused, statement, moment, index, proved}; anchors as parsed, bidderKey
 *       32 bytes. proved false: signed, not yet proved by the log. Refusals as in notary/receipts.py
 *   numberOf(receipt)
 */

import { hex, unhex } from "./bytes.js";
import { openCheckpoint } from "./anchors.js";
import * as forms from "./forms.js";
import { leafHash, verifyInclusion } from "./merkle.js";
import { parseProof } from "./notes.js";
import { commitmentOf } from "./record.js";
import { Refusal } from "./refusal.js";
import { objectId, verify } from "./signing.js";
import { parse as parseTime } from "./times.js";

const SIGNED = forms.record({ object: forms.object, signature: forms.text(forms.BASE_64) });
const RECEIPT = forms.record({
    type: forms.literal("sunbid/receipt/1"),
    acceptance: SIGNED,
    entry: forms.record({
        head: forms.record({
            kind: forms.literal("bid_accepted", "bid_withdrawn", "bid_refused", "auction_statement", "auction_refused"),
            lot: forms.text(forms.LOT),
            tender: forms.text(forms.TENDER),
            time: forms.text(),
        }),
        head_salt: forms.text(forms.HEX_32),
        body: forms.object,
        body_salt: forms.text(forms.HEX_32),
    }),
    proof: forms.nullable(forms.text()),
});
const STATED = {
    type: forms.text(),
    origin: forms.text(),
    demonstration: forms.boolean,
    tender: forms.text(forms.TENDER),
    lot: forms.text(forms.LOT),
    bidder: forms.text(forms.ORGANISATION),
    receipt: forms.text(forms.HEX_16),
    statement: forms.text(forms.HEX_32),
    leaf: forms.text(forms.HEX_32),
};
const ACCEPTANCE = forms.record({ ...STATED, accepted_at: forms.text() });
const REFUSAL = forms.record({ ...STATED, refused_at: forms.text(), reason: forms.text() });
const ACCEPTED = forms.record({ receipt: forms.text(forms.HEX_16), statement: SIGNED });
const REFUSED = forms.record({ receipt: forms.text(forms.HEX_16), statement: forms.text(forms.HEX_32), reason: forms.text() });
const REFUSED_IN_AUCTION = forms.record({
    receipt: forms.text(forms.HEX_16),
    statement: forms.text(forms.HEX_32),
    reason: forms.text(),
    signed: forms.nullable(SIGNED),
});
const REFUSALS = { bid_refused: REFUSED, auction_refused: REFUSED_IN_AUCTION };
const STATEMENTS = {
    bid_accepted: ["sunbid/statement/1"],
    bid_withdrawn: ["sunbid/withdrawal/1"],
    auction_statement: ["sunbid/auction-bid/1", "sunbid/auction-offer/1"],
};

export async function check(receipt, anchors, bidderKey) {
    const { acceptance, entry, proof } = forms.check(receipt, RECEIPT);
    const refused = Object.hasOwn(REFUSALS, entry.head.kind);
    const stated = await verify(acceptance, anchors.receiptKey, refused ? "sunbid/refusal/1" : "sunbid/acceptance/1");
    forms.check(stated, refused ? REFUSAL : ACCEPTANCE);
    if (stated.origin !== anchors.origin || stated.demonstration !== anchors.demonstration) {
        throw wrong("origin_wrong", "回执属于另一系统。", "The receipt is of another log.", "acceptance.object");
    }
    const moment = refused ? stated.refused_at : stated.accepted_at;
    await checkEntry(stated, moment, entry);
    await checkStatement(stated, entry, bidderKey);
    parseTime(moment, "acceptance.object");
    const index = proof === null ? null : await checkProof(stated, proof, anchors);
    return { refused, statement: stated.statement, moment, index, proved: proof !== null };
}

export function numberOf(receipt) {
    return receipt.acceptance.object.receipt;
}

async function checkEntry(stated, moment, entry) {
    if (hex(await commitmentOf(entry)) !== stated.leaf) {
        throw wrong("leaf_wrong", "记录与回执的承诺不符。", "The entry is not that of the leaf.", "entry");
    }
    const { tender, lot, time } = entry.head;
    if (tender !== stated.tender || lot !== stated.lot || time !== moment) {
        throw wrong("head_wrong", "记录与回执所述不符。", "The entry's head is not as stated.", "entry.head");
    }
}

/* The entry holds the very statement, signed with the bidder's own key; a refusal's entry its id. */
async function checkStatement(stated, { head, body }, bidderKey) {
    let found = body.statement;
    let { bidder } = stated;
    const refused = Object.hasOwn(REFUSALS, head.kind);
    if (refused) {
        forms.check(body, REFUSALS[head.kind]);
        if (body.signed) found = await objectId(body.signed.object);
    } else {
        forms.check(body, ACCEPTED);
        const [first, ...others] = STATEMENTS[head.kind];
        const { type } = body.statement.object;
        const statement = await verify(body.statement, bidderKey, others.includes(type) ? type : first);
        found = await objectId(statement);
        // In an auction the bidder has signed with its number, which the record gives to its code.
        bidder = head.kind === "auction_statement" ? bidder : statement.bidder;
    }
    const reason = !refused || (body.reason === stated.reason && body.statement === stated.statement);
    if (found !== stated.statement || bidder !== stated.bidder || body.receipt !== stated.receipt || !reason) {
        throw wrong("statement_wrong", "回执所附声明不符。", "The statement is not the one stated.", "entry.body");
    }
}

async function checkProof(stated, proof, anchors) {
    const { index, hashes, note } = parseProof(proof);
    const { size, root } = await openCheckpoint(anchors, note);
    await verifyInclusion(index, size, await leafHash(unhex(stated.leaf, 32, "leaf")), hashes, root);
    return index;
}

function wrong(reason, zh, en, field) {
    return new Refusal(reason, zh, en, field);
}
