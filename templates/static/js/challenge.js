/*
 * What a trustee's page computes: opening keys from one seed, answers to challenges (docs/spec/envelope.md, Trustees).
 *
 *   openingKey(seed, counter)                -> the private opening key; counter: 8 bytes
 *   possessionInfo({tender, lot, kind, trustee, publicKey})  rehearsalInfo(keySet, publicKey)   the info of a box; publicKey
 *       in bytes, keySet the id in hex
 *   answer(privateKey, info, box)            -> hex; Refusal box_closed, challenge_malformed. info is made here, never taken
 *       from the network: so no box of a bid opens
 *   possession({…, answered})  rehearsal({keySet, trustee, answered})   the typed objects to sign
 */

import { concat, hex, sha256, unhex, utf8 } from "./bytes.js";
import { dumps } from "./canonical.js";
import { expand, openBox } from "./hpke.js";
import { Refusal } from "./refusal.js";

const POSSESSION = "sunbid/possession/1";
const REHEARSAL = "sunbid/rehearsal/1";
const INSIDE = 32;

export async function openingKey(seed, counter) {
    return expand(seed, concat(utf8("sunbid/opening-key/1\n"), counter));
}

export function possessionInfo({ tender, lot, kind, trustee, publicKey }) {
    const about = { kind, lot, opening_key: hex(publicKey), tender, trustee };
    return concat(utf8(`${POSSESSION}\n`), dumps(about));
}

export function rehearsalInfo(keySet, publicKey) {
    return concat(utf8(`${REHEARSAL}\n`), unhex(keySet, 32, "key_set"), publicKey);
}

export async function answer(privateKey, info, box) {
    const inside = await openBox(privateKey, info, box);
    if (inside.length !== INSIDE) {
        throw new Refusal("challenge_malformed", "演练盒内容长度不对。", "A challenge holds 32 bytes.", "box");
    }
    return hex(await sha256(utf8("sunbid/answer/1\n"), inside));
}

export function possession({ tender, lot, kind, trustee, publicKey, answered }) {
    return { type: POSSESSION, tender, lot, kind, trustee, opening_key: hex(publicKey), answer: answered };
}

export function rehearsal({ keySet, trustee, answered }) {
    return { type: REHEARSAL, key_set: keySet, trustee, answer: answered };
}
