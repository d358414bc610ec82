/*
 * A trustee's opening keys: how they are derived from the vault's seed, and the journal of what was signed for each.
 *
 *   make(vault, tender, kind, attempt)   -> the opening {tender, kind, attempt, public_key, key_set, released}, not in the
 *                                           journal yet
 *   privateKey(vault, opening)           -> its private half
 *   latest(vault, tender, kind)          -> the newest of the journal, or null
 *   write(vault, opening, members)       stores what now holds of an opening key, and other members of the vault with it
 */

import { hex, unhex } from "./bytes.js";
import { openingKey } from "./challenge.js";
import { publicKeyOf } from "./hpke.js";
import { digest } from "./signing.js";

export async function make(vault, tender, kind, attempt) {
    const publicKey = await publicKeyOf(await derived(vault, tender, kind, attempt));
    return { tender, kind, attempt, public_key: hex(publicKey), key_set: null, released: false };
}

export async function privateKey(vault, { tender, kind, attempt }) {
    return derived(vault, tender, kind, attempt);
}

export function latest(vault, tender, kind) {
    return vault.content.openings.findLast((one) => one.tender === tender && one.kind === kind) ?? null;
}

export async function write(vault, opening, members = {}) {
    const others = vault.content.openings.filter((one) => one.public_key !== opening.public_key);
    await vault.change({ openings: [...others, opening], ...members });
}

async function derived(vault, tender, kind, attempt) {
    // The tender gives the counter: a vault restored from an old copy can never use one again for another tender.
    const counter = await digest("sunbid/opening-counter/1", { attempt, kind, tender });
    return openingKey(unhex(vault.content.seed, 32), unhex(counter, 32).subarray(0, 8));
}
