/*
 * Uploading a sealed envelope in parts: three at a time, each with its digest, and only those not there yet.
 *
 *   readBid(blob)       -> {blob, front, partSizes}: a .bid file, its front read strictly; Refusal bid_length and those of
 *                          the header
 *   new Upload(client, bid, {progress, signal})
 *       run()           -> {upload, envelope}: ids, once all parts are there
 *       pause()  resume()  paused     parts on their way arrive, no further one begins
 *
 * progress(done, all): bytes that are there, bytes in all. Which upload a file has is kept in the browser (js/shelf.js), so
 * after a break, or in another tab, it goes on where it was. Throws what the client throws.
 */

import { b64, hex, sha256 } from "./bytes.js";
import { MAX_START, envelopeId, frontLength, parseFront } from "./envelope.js";
import { blockSizes } from "./padme.js";
import { Refusal } from "./refusal.js";
import * as shelf from "./shelf.js";

const PARALLEL = 3;
const ROOM = "uploads";

export async function readBid(blob) {
    const size = frontLength(await bytesOf(blob.slice(0, MAX_START)));
    const front = parseFront(await bytesOf(blob.slice(0, size)));
    const partSizes = [size, ...blockSizes(front.header.documents.length)];
    if (partSizes.reduce((sum, one) => sum + one, 0) !== blob.size) {
        throw new Refusal("bid_length", "封标文件不完整。", "The sealed file is cut short or too long.", blob.name ?? null);
    }
    return { blob, front, partSizes };
}

export class Upload {
    constructor(client, bid, { progress = () => {}, signal = null } = {}) {
        this.client = client;
        this.bid = bid;
        this.progress = progress;
        this.signal = signal;
        this.gate = null;
    }

    get paused() {
        return this.gate !== null;
    }

    pause() {
        this.gate ??= Promise.withResolvers();
    }

    resume() {
        this.gate?.resolve();
        this.gate = null;
    }

    async run() {
        const { front, partSizes } = this.bid;
        const { upload, there } = await this.begun();
        const digests = new Array(partSizes.length);
        const numbers = partSizes.keys();
        let done = 0;
        const all = this.bid.blob.size;
        const work = async () => {
            for (const number of numbers) {
                await this.allowed();
                digests[number] = await this.send(upload, number, there.get(number));
                done += partSizes[number];
                this.progress(done, all);
            }
        };
        this.progress(0, all);
        await Promise.all(Array.from({ length: PARALLEL }, work));
        return { upload, envelope: await envelopeId(front, digests.slice(1)) };
    }

    async allowed() {
        while (this.gate) {
            const stopped = Promise.withResolvers();
            this.signal?.addEventListener("abort", stopped.resolve, { once: true });
            await Promise.race([this.gate.promise, stopped.promise]);
            this.signal?.throwIfAborted();
        }
        this.signal?.throwIfAborted();
    }

    async send(upload, number, there) {
        const bytes = await bytesOf(this.part(number));
        const digest = await sha256(bytes);
        if (there !== hex(digest)) {
            const headers = { "Content-Digest": `sha-256=:${b64(digest)}:` };
            await this.client.put(`/uploads/${upload}/parts/${number}`, bytes, headers, { signal: this.signal });
        }
        return hex(digest);
    }

    part(number) {
        const { blob, partSizes } = this.bid;
        const at = partSizes.slice(0, number).reduce((sum, one) => sum + one, 0);
        return blob.slice(at, at + partSizes[number]);
    }

    /* The upload's id, and the digests of the parts that are there by number. */
    async begun() {
        const { front: { header: { base } }, partSizes } = this.bid;
        const key = hex(await sha256(await bytesOf(this.part(0))));
        const kept = await shelf.get(ROOM, key);
        if (kept !== null) {
            try {
                const found = await this.client.get(`/uploads/${kept}`, {}, { signal: this.signal });
                return { upload: found.upload, there: new Map(found.parts.map((part) => [part.number, part.sha256])) };
            } catch (error) {
                if (error.status !== 404) throw error;
            }
        }
        const body = { kind: base.kind, part_sizes: partSizes };
        const { upload } = await this.client.post(`/tenders/${base.tender}/uploads`, body, { signal: this.signal });
        await shelf.put(ROOM, key, upload);
        return { upload, there: new Map() };
    }
}

async function bytesOf(blob) {
    return new Uint8Array(await blob.arrayBuffer());
}
