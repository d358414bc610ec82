/*
 * A module worker that seals into this browser's private files (OPFS), so that the page stays free and its memory flat.
 *
 * In:   {seal: {record, identities, demonstration, bidder, values, files}, name}    files: browser Files; name: of the file
 * Out:  {progress: {done, all}}, then {sealed: {id, size, parts, recovery}} or {refusal} (refusal.plain)
 *
 * The sealed file is under `name` in the folder FOLDER when `sealed` comes, and not at all after a refusal or a break.
 * recovery is secret. Ended (terminate) in between, a file with another name stays behind until the next sealing.
 */

import { hashing } from "./hashing.js";
import { plain } from "./refusal.js";
import { newSecrets, PIECE, seal } from "./seal.js";
import { create } from "./sealed.js";

const LEAST_STEP = 8 << 20;

addEventListener("message", async ({ data }) => {
    try {
        postMessage({ sealed: await work(data) });
    } catch (error) {
        postMessage({ refusal: plain(error) });
    }
});

async function work({ seal: asked, name }) {
    const newHash = hashing(PIECE);
    const target = await create(name);
    let told = -LEAST_STEP;
    const progress = (done, all) => {
        if (done < all && done - told < LEAST_STEP) return;
        told = done;
        postMessage({ progress: { done, all } });
    };
    try {
        const sealed = await seal({ ...asked, secrets: newSecrets() }, target, { progress, newHash });
        await target.finish();
        return sealed;
    } catch (error) {
        await target.discard();
        throw error;
    }
}
