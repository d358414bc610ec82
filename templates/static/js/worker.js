/*
 * Starting the sealing worker from a page that enforces Trusted Types.
 *
 *   sealInWorker(asked, name, {progress, signal})   -> {id, size, parts, recovery}; asked: {record, identities,
 *       demonstration, bidder, values, files}, as for seal.seal; name: under which js/sealed.js has the file afterwards
 *   missing()   -> what this browser lacks for sealing: a list of names, empty when it has all
 */

import { revived } from "./refusal.js";

const WORKER = new URL("./seal-worker.js", import.meta.url).href;

// The policy that pages allow by name. It lets through this one address, so nothing else ever starts as a worker.
const POLICY = globalThis.trustedTypes?.createPolicy("sunbid", {
    createScriptURL(url) {
        if (url !== WORKER) throw new TypeError("only the sealing worker may be started");
        return url;
    },
});

export function sealInWorker(asked, name, { progress = () => {}, signal = null } = {}) {
    signal?.throwIfAborted();
    const worker = new Worker(POLICY ? POLICY.createScriptURL(WORKER) : WORKER, { type: "module" });
    const { promise, resolve, reject } = Promise.withResolvers();
    worker.addEventListener("message", ({ data }) => {
        if (data.progress) progress(data.progress.done, data.progress.all);
        else if (data.sealed) resolve(data.sealed);
        else reject(revived(data.refusal));
    });
    worker.addEventListener("error", (event) => reject(new Error(`the sealing worker failed: ${event.message}`)));
    signal?.addEventListener("abort", () => reject(signal.reason));
    worker.postMessage({ seal: asked, name });
    return promise.finally(() => worker.terminate());
}

export async function missing() {
    const found = [];
    if (!globalThis.crypto?.subtle) return ["WebCrypto"];
    for (const name of ["X25519", "Ed25519"]) {
        try {
            await crypto.subtle.generateKey(name, false, name === "X25519" ? ["deriveBits"] : ["sign", "verify"]);
        } catch {
            found.push(name);
        }
    }
    if (!navigator.storage?.getDirectory) found.push("OPFS");
    if (typeof Promise.withResolvers !== "function") found.push("ES2024");
    return found;
}
