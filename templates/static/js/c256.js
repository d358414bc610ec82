/*
 * C2SP chunked encryption v1 with SHA-512 and AES-256-GCM (docs/spec/envelope.md, C256), on WebCrypto.
 *
 *   sealer(key, context, salt)   -> Sealer: head (salt and commitment, 56 bytes), encrypt(chunks), last(rest)
 *   opener(key, context, head)   -> Opener: decrypt(chunks), last(rest); Refusal section_closed
 *   encryptAll(key, context, salt, plain)  decryptAll(key, context, section)      for small sections
 *
 * Chunks of one call are worked on side by side: WebCrypto computes in threads of its own, and copies its input when it is
 * called, so a caller may fill its buffer anew while it waits. A Sealer or Opener counts its chunks: calls come in order.
 */

import { concat, equal, utf8 } from "./bytes.js";
import { expand } from "./hpke.js";
import { CHUNK, SALT, SECTION_HEAD, TAG } from "./padme.js";
import { Refusal } from "./refusal.js";

const INFO = utf8("c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0");
const NONCE = 12;

export async function sealer(key, context, salt) {
    const { cipher, nonce, commitment } = await derived(key, context, salt, "encrypt");
    return new Sealer(cipher, nonce, concat(salt, commitment));
}

export async function opener(key, context, head) {
    if (head.length < SECTION_HEAD) throw closed();
    const { cipher, nonce, commitment } = await derived(key, context, head.subarray(0, SALT), "decrypt");
    if (!equal(commitment, head.subarray(SALT, SECTION_HEAD))) throw closed();
    return new Opener(cipher, nonce);
}

export async function encryptAll(key, context, salt, plain) {
    const one = await sealer(key, context, salt);
    const whole = plain.length - (plain.length % CHUNK);
    return concat(one.head, ...(await one.encrypt(plain.subarray(0, whole))), await one.last(plain.subarray(whole)));
}

export async function decryptAll(key, context, section) {
    const one = await opener(key, context, section);
    const chunks = section.subarray(SECTION_HEAD);
    const whole = chunks.length - (chunks.length % (CHUNK + TAG));
    return concat(...(await one.decrypt(chunks.subarray(0, whole))), await one.last(chunks.subarray(whole)));
}

class Counted {
    constructor(cipher, nonce) {
        this.cipher = cipher;
        this.nonce = nonce;
        this.count = 0;
    }

    next() {
        const iv = new DataView(this.nonce.slice().buffer);
        iv.setUint32(NONCE - 8, iv.getUint32(NONCE - 8) ^ Math.floor(this.count / 2 ** 32));
        iv.setUint32(NONCE - 4, iv.getUint32(NONCE - 4) ^ this.count);
        this.count += 1;
        return { name: "AES-GCM", iv };
    }

    each(bytes, size, act) {
        const done = [];
        for (let at = 0; at < bytes.length; at += size) done.push(act(bytes.subarray(at, at + size)));
        return Promise.all(done);
    }
}

class Sealer extends Counted {
    constructor(cipher, nonce, head) {
        super(cipher, nonce);
        this.head = head;
    }

    encrypt(chunks) {
        return this.each(chunks, CHUNK, (chunk) => this.last(chunk));
    }

    async last(rest) {
        return new Uint8Array(await crypto.subtle.encrypt(this.next(), this.cipher, rest));
    }
}

class Opener extends Counted {
    decrypt(chunks) {
        return this.each(chunks, CHUNK + TAG, (chunk) => this.last(chunk));
    }

    async last(rest) {
        try {
            return new Uint8Array(await crypto.subtle.decrypt(this.next(), this.cipher, rest));
        } catch (error) {
            throw error.name === "OperationError" ? closed() : error;
        }
    }
}

async function derived(key, context, salt, use) {
    const made = await expand(key, concat(INFO, salt, context), 32 + NONCE + 32, "SHA-512");
    return {
        cipher: await crypto.subtle.importKey("raw", made.subarray(0, 32), "AES-GCM", false, [use]),
        nonce: made.slice(32, 32 + NONCE),
        commitment: made.slice(32 + NONCE),
    };
}

function closed() {
    return new Refusal("section_closed", "该部分无法解密。", "The section does not decrypt.");
}
