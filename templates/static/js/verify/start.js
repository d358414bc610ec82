// Starts the verifier's worker from a page under Trusted Types, and asks whether this browser can verify at all.

const WORKER = new URL("./worker.js", import.meta.url).href;

// The policy that pages allow by name. It lets through this one address, so nothing else ever starts as a worker.
const POLICY = globalThis.trustedTypes?.createPolicy("sunbid", {
  createScriptURL(url) {
    if (url !== WORKER) throw new TypeError("only the verifier's worker may be started");
    return url;
  },
});

/**
 * Verify in a worker: `given` is `{files, served, sha256, bidderKeys}`. `heard` takes what it tells on the way: `{found}`
 * for the kind of each file, `{number, of}` for each check. The promise gives `{report}`, `{unreadable, name}` or
 * `{wanting: true}`; it is rejected when `signal` stops it.
 */
export function verifyInWorker(given, heard, signal) {
  const worker = new Worker(POLICY?.createScriptURL(WORKER) ?? WORKER, { type: "module" });
  const answer = new Promise((resolve, reject) => {
    worker.addEventListener("message", ({ data }) => (data.end ? resolve(data.end) : heard(data)));
    worker.addEventListener("error", (event) => reject(new Error(`the verifier failed: ${event.message}`)));
    signal.addEventListener("abort", () => reject(signal.reason));
  });
  worker.postMessage(given);
  return answer.finally(() => worker.terminate());
}

/** Whether this browser has the keys, signatures and streams that verifying takes. */
export async function able() {
  try {
    await crypto.subtle.generateKey({ name: "X25519" }, false, ["deriveBits"]);
    await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign"]);
    new DecompressionStream("deflate-raw");
    return typeof Map.groupBy === "function";
  } catch {
    return false;
  }
}
