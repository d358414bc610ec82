/*
 * Sealing a bid in one pass with flat memory (docs/spec/envelope.md).
 *
 *   seal({record, identities, demonstration, bidder, values, files, secrets}, sink, {progress, signal, newHash})
 *       -> {id, size, parts: [{number, size, sha256}], recovery}
 *   PIECE         bytes that are read, sealed and hashed at once
 *   newSecrets()  -> {formKey, documentsKey, nonce, formSalt, documentsSalt}: entropy of one envelope, never used again
 *   encodeForm(values)  -> the form's canonical bytes; Refusal form_too_large
 *
 * record: the signed key set; identities: the anchors' trustees (hex); values: the form; files: browser Files, or
 * {file: {name, media_type, size}, blob}. sink: an object whose write(bytes) is called in order and may give a promise.
 * progress(done, all): bytes of the files. newHash: sha256.stream, unless js/hashing.js hashes on another core. recovery is
 * secret and the caller's to keep. A file that changes while it is sealed is refused (file_size_changed); then, and on any
 * other refusal, throw away what the sink has.
 */

import { concat, equal, hex, random, sha256, u32, utf8 } from "./bytes.js";
import { encryptAll, sealer } from "./c256.js";
import { dumps } from "./canonical.js";
import { commitmentOf, contextOf, encodeFront, encodeHeader, envelopeId } from "./envelope.js";
import { described, encodeList, plainLength } from "./files.js";
import * as forms from "./forms.js";
import { verify } from "./keyset.js";
import { BLOCK, CHUNK, SALT, padme, sectionLength } from "./padme.js";
import { Refusal } from "./refusal.js";
import { stream } from "./sha256.js";
import { deriveAll, deriveBox, KEY } from "./wraps.js";

export const PIECE = 1 << 20;
const READS = 4;
const MAX_FORM = 1 << 20;
const FORM = forms.record({
    type: forms.literal("sunbid/form/1"),
    values: forms.map(forms.either(forms.text(), forms.integer())),
});

export function newSecrets() {
    return {
        formKey: random(KEY),
        documentsKey: random(KEY),
        nonce: random(16),
        formSalt: random(SALT),
        documentsSalt: random(SALT),
    };
}

export async function seal({ record, identities, demonstration, bidder, values, files, secrets }, sink, options = {}) {
    if (equal(secrets.formKey, secrets.documentsKey)) throw new Error("form key and documents key are equal");
    const keySet = await verify(record, { identities, demonstration });
    const base = baseOf(keySet, bidder, secrets.nonce);
    const context = await contextOf(base);
    const sources = files.map((one) => (one.blob ? one : { file: described(one), blob: one }));
    const listed = encodeList(sources.map((one) => one.file));
    const plain = plainLength(sources.map((one) => one.file), listed.length);
    const documents = await sealer(secrets.documentsKey, context, secrets.documentsSalt);
    const box = await deriveBox(secrets.documentsKey, keySet.evaluationKey, context);
    const formSection = await encryptAll(secrets.formKey, context, secrets.formSalt, formPlain(box, encodeForm(values)));
    const headerBytes = encodeHeader({
        base,
        form: { length: formSection.length, commitment: commitmentOf(formSection) },
        documents: { length: sectionLength(padme(plain)), commitment: commitmentOf(documents.head) },
        wraps: await deriveAll(secrets.formKey, keySet, context),
    });
    const part0 = encodeFront(headerBytes, formSection);
    await sink.write(part0);
    const blocks = new Blocks(sink);
    const pieces = plaintext(concat(u32(listed.length), listed), sources, padme(plain) - plain, options);
    await writeSection(documents, pieces, blocks);
    const first = { number: 0, size: part0.length, sha256: hex(await sha256(part0)) };
    const parts = [first, ...(await blocks.finish())];
    return {
        id: await envelopeId({ headerBytes, formSection }, parts.slice(1).map((part) => part.sha256)),
        size: parts.reduce((sum, part) => sum + part.size, 0),
        parts,
        recovery: {
            type: "sunbid/recovery/1",
            base,
            form_key: hex(secrets.formKey),
            documents_key: hex(secrets.documentsKey),
        },
    };
}

export function encodeForm(values) {
    const value = { type: "sunbid/form/1", values };
    const form = dumps(value);
    forms.check(value, FORM);
    if (form.length > MAX_FORM) throw new Refusal("form_too_large", "开标一览表超过 1 MiB。", "The form is over 1 MiB.", "values");
    return form;
}

function baseOf(keySet, bidder, nonce) {
    const { tender, lot, kind } = keySet;
    return { bidder, key_set: keySet.id, kind, lot, nonce: hex(nonce), tender };
}

function formPlain(box, form) {
    const plain = new Uint8Array(padme(box.length + 4 + form.length));
    plain.set(concat(box, u32(form.length), form));
    return plain;
}

/* The pieces of the plaintext in order: list, files, their hashes, zeros. */
async function* plaintext(start, sources, padding, { progress, signal, newHash = stream }) {
    yield start;
    const all = sources.reduce((sum, one) => sum + one.file.size, 0);
    const hashes = [];
    let done = 0;
    for (const source of sources) {
        const hash = newHash();
        for await (const piece of filePieces(source)) {
            signal?.throwIfAborted();
            done += piece.length;
            // Whoever takes the piece starts its encryption first: that goes on in other threads while this one hashes.
            yield piece;
            await hash.update(piece);
            progress?.(done, all);
        }
        hashes.push(await hash.digest());
    }
    yield concat(...hashes);
    for (let left = padding; left > 0; left -= PIECE) yield new Uint8Array(Math.min(left, PIECE));
}

/* A file's bytes, the next pieces being read while one is worked on. */
async function* filePieces({ file, blob }) {
    if (blob.size !== file.size) throw sizeChanged(file);
    const reading = [];
    for (let at = 0, asked = 0; at < file.size; at += PIECE) {
        for (; asked < Math.min(at + READS * PIECE, file.size); asked += PIECE) reading.push(read(blob, asked));
        const piece = await taken(reading.shift(), file);
        if (piece.byteLength !== Math.min(PIECE, file.size - at)) throw sizeChanged(file);
        yield new Uint8Array(piece);
    }
}

function read(blob, at) {
    const piece = blob.slice(at, at + PIECE).arrayBuffer();
    // Told when it is awaited; until then a failure is nobody's unhandled rejection.
    piece.catch(() => {});
    return piece;
}

async function taken(reading, file) {
    try {
        return await reading;
    } catch (error) {
        // What browsers say of a file that was changed or removed since it was chosen.
        throw ["NotReadableError", "NotFoundError"].includes(error.name) ? sizeChanged(file) : error;
    }
}

async function writeSection(documents, pieces, blocks) {
    await blocks.add([documents.head]);
    let waiting = new Uint8Array(0);
    let running = Promise.resolve([]);
    for await (const piece of pieces) {
        // One batch behind: this piece is given to the cipher before the last one is waited for.
        const before = running;
        const first = waiting.length ? Math.min(piece.length, CHUNK - waiting.length) : 0;
        if (first) waiting = concat(waiting, piece.subarray(0, first));
        const whole = first + Math.floor((piece.length - first) / CHUNK) * CHUNK;
        const full = waiting.length === CHUNK ? documents.encrypt(waiting) : Promise.resolve([]);
        const rest = documents.encrypt(piece.subarray(first, whole));
        running = Promise.all([full, rest]).then((both) => both.flat());
        if (waiting.length === CHUNK || !waiting.length) waiting = piece.slice(whole);
        await blocks.add(await before);
    }
    await blocks.add(await running);
    await blocks.add([await documents.last(waiting)]);
}

/* The documents section cut into blocks: each is hashed and written when it is full. */
class Blocks {
    constructor(sink) {
        this.sink = sink;
        this.buffer = new Uint8Array(BLOCK);
        this.filled = 0;
        this.parts = [];
    }

    async add(chunks) {
        for (const bytes of chunks) {
            const fits = Math.min(bytes.length, BLOCK - this.filled);
            this.buffer.set(bytes.subarray(0, fits), this.filled);
            this.filled += fits;
            if (this.filled === BLOCK) {
                await this.cut();
                this.buffer.set(bytes.subarray(fits));
                this.filled = bytes.length - fits;
            }
        }
    }

    async finish() {
        if (this.filled) await this.cut();
        return Promise.all(this.parts.map(async (part) => ({ ...part, sha256: hex(await part.sha256) })));
    }

    async cut() {
        const block = this.buffer.subarray(0, this.filled);
        // The digest copies its input when it is called, so the buffer is free again once the sink has it.
        this.parts.push({ number: this.parts.length + 1, size: this.filled, sha256: sha256(block) });
        await this.sink.write(block);
        this.filled = 0;
    }
}

function sizeChanged(file) {
    return new Refusal(
        "file_size_changed",
        `文件“${file.name}”在封标过程中有变，未完成封标，请重试。`,
        `The file ${file.name} changed while it was sealed: nothing was sealed, try again.`,
        "files",
        { name: file.name },
    );
}
