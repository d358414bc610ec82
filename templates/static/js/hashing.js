/*
 * SHA-256 of files beside their sealing: a worker of the sealing worker hashes while that one encrypts and writes. Of the
 * three, the hash takes longest, and WebCrypto has none for streams.
 *
 *   hashing(size)   -> newHash for seal.seal: () => {update(bytes), digest()}, as sha256.stream but with promises; at most
 *                      size bytes at a time, one file after the other. The worker ends with the one that started it.
 */

const WORKER = new URL("./hash-worker.js", import.meta.url).href;

// Pieces that may wait for their hash: as many as are sealed while a full block is hashed and written, which takes longest.
const AHEAD = 6;

export function hashing(size) {
    const worker = new Worker(WORKER, { type: "module" });
    const waiting = [];
    worker.addEventListener("message", ({ data }) => waiting.shift().resolve(data));
    worker.addEventListener("error", ({ message }) => {
        for (const one of waiting.splice(0)) one.reject(new Error(`the hashing worker failed: ${message}`));
    });
    const ask = (message, buffers) => {
        const answer = Promise.withResolvers();
        waiting.push(answer);
        worker.postMessage(message, buffers);
        return answer.promise;
    };
    // Filled again and again: left to be collected, the pieces' memory would pile up (483 MiB instead of 255 were seen).
    const rooms = Array.from({ length: AHEAD }, () => Promise.resolve(new Uint8Array(size)));
    return () => ({
        async update(piece) {
            const room = await rooms.shift();
            room.set(piece);
            const back = ask({ bytes: room, length: piece.length }, [room.buffer]);
            // Told when it is awaited; until then a failure is nobody's unhandled rejection.
            back.catch(() => {});
            rooms.push(back);
        },
        digest: () => ask({}, []),
    });
}
