/*
 * The boxes of an envelope, all derived from the key inside (docs/spec/envelope.md, Keys, boxes and coins).
 *
 *   deriveAll(formKey, keySet, context)                 -> the wrap of every quorum, in the key set's order
 *   unwrap(sealed, privateKeys, context, quorum)        -> the form key; Refusal wrap_closed
 *   deriveBox(documentsKey, evaluationKey, context)     -> the evaluation box (80 bytes)
 *   openBox(box, privateKey, context)                   -> the documents key; Refusal box_closed
 *   coins(key, info)                                    -> the ephemeral private key of a box
 */

import { concat, u16, utf8 } from "./bytes.js";
import * as hpke from "./hpke.js";
import { Refusal } from "./refusal.js";

export const KEY = 32;
const WRAP = utf8("sunbid/wrap/1\n");
const FORM = utf8("form");
const EVALUATION = utf8("sunbid/evaluation/1\n");
const COINS = utf8("sunbid/coins/1\n");

export async function deriveAll(formKey, keySet, context) {
    return Promise.all(keySet.quorums.map((_, q) => derive(formKey, keySet.openingKeys(q), context, q)));
}

export async function unwrap(sealed, privateKeys, context, quorum) {
    let inside = sealed;
    try {
        for (const [position, privateKey] of privateKeys.entries()) {
            inside = await hpke.openBox(privateKey, wrapInfo(context, quorum, position), inside);
        }
    } catch (error) {
        throw error instanceof Refusal ? closed(quorum) : error;
    }
    if (inside.length !== KEY) throw closed(quorum);
    return inside;
}

export async function deriveBox(documentsKey, evaluationKey, context) {
    const info = concat(EVALUATION, context);
    return hpke.seal(await coins(documentsKey, info), evaluationKey, info, documentsKey);
}

export async function openBox(box, privateKey, context) {
    return hpke.openBox(privateKey, concat(EVALUATION, context), box);
}

export async function coins(key, info) {
    return hpke.expand(key, concat(COINS, info));
}

async function derive(formKey, openingKeys, context, quorum) {
    let sealed = formKey;
    for (let position = openingKeys.length - 1; position >= 0; position -= 1) {
        const info = wrapInfo(context, quorum, position);
        sealed = await hpke.seal(await coins(formKey, info), openingKeys[position], info, sealed);
    }
    return sealed;
}

function wrapInfo(context, quorum, position) {
    return concat(WRAP, context, FORM, u16(quorum), u16(position));
}

function closed(quorum) {
    return new Refusal(
        "wrap_closed",
        "该投标的密钥封装无法打开。",
        "The wrap of the form key does not open with the quorum's keys.",
        `wraps[${quorum}]`,
        { quorum },
    );
}
