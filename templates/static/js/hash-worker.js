/*
 * A module worker that hashes the files of a bid, on another core than the one that seals them (js/hashing.js).
 *
 * In:   {bytes, length} for the next bytes of a file, the first `length` of them; {} ends the file and begins the next
 * Out:  one answer to each, in order: the bytes, given back to be filled again; or the file's SHA-256
 */

import { stream } from "./sha256.js";

let hash = stream();

addEventListener("message", ({ data: { bytes, length } }) => {
    if (bytes) {
        hash.update(bytes.subarray(0, length));
        postMessage(bytes, [bytes.buffer]);
    } else {
        postMessage(hash.digest());
        hash = stream();
    }
});
