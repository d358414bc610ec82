/*
 * HPKE base mode, suite 1 of docs/spec/envelope.md (RFC 9180: X25519, HKDF-SHA256, AES-256-GCM, single shot, empty AAD),
 * with the ephemeral key given. Keys are 32 bytes.
 *
 *   seal(ephemeral, publicKey, info, message)  -> the box: encapsulated key, then ciphertext
 *   openBox(privateKey, info, box)             -> what is inside; Refusal box_closed
 *   schedule(ephemeral, publicKey, info)       -> {enc, key, nonce} of the sender
 *   publicKeyOf(privateKey)                    -> its public half
 *   checkPoint(point, field)                   Refusal key_not_canonical, key_low_order
 *   expand(key, info, size?, hash?)            -> HKDF-Expand (RFC 5869), 32 bytes with SHA-256 unless told
 */

import { concat, u16, utf8 } from "./bytes.js";
import { Refusal } from "./refusal.js";

const KEM = concat(utf8("KEM"), u16(0x20));
const SUITE = concat(utf8("HPKE"), u16(0x20), u16(1), u16(2));
const VERSION = utf8("HPKE-v1");
const NONE = new Uint8Array(0);
const BASE_MODE = Uint8Array.of(0);
const ENC = 32;
const TAG = 16;
// PrivateKeyInfo of an X25519 key up to its 32 bytes (RFC 8410 section 7).
const PKCS8 = Uint8Array.from([0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20]);
// The point of u = 9 (RFC 7748 section 4.1): WebCrypto derives no public key, but an exchange with it does.
const BASE_POINT = Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 9 : 0));
const FIELD_PRIME = 2n ** 255n - 19n;
// Every X25519 scalar is a multiple of 8, so any one finds the points of low order.
const PROBE = new Uint8Array(32).fill(1);

export async function seal(ephemeral, publicKey, info, message) {
    const { enc, key, nonce } = await schedule(ephemeral, publicKey, info);
    const aead = await aesKey(key, "encrypt");
    return concat(enc, new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce }, aead, message)));
}

export async function openBox(privateKey, info, box) {
    try {
        if (box.length < ENC + TAG) throw closed();
        const enc = box.subarray(0, ENC);
        const exchanged = await exchange(privateKey, enc);
        const { key, nonce } = await keys(exchanged, enc, await publicKeyOf(privateKey), info);
        const iv = { name: "AES-GCM", iv: nonce };
        return new Uint8Array(await crypto.subtle.decrypt(iv, await aesKey(key, "decrypt"), box.subarray(ENC)));
    } catch (error) {
        // A point of low order and a wrong tag are both told as OperationError.
        throw error.name === "OperationError" ? closed() : error;
    }
}

export async function schedule(ephemeral, publicKey, info) {
    const enc = await publicKeyOf(ephemeral);
    return { enc, ...(await keys(await exchange(ephemeral, publicKey), enc, publicKey, info)) };
}

export async function publicKeyOf(privateKey) {
    return exchange(privateKey, BASE_POINT);
}

export async function checkPoint(point, field) {
    if (point.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n) >= FIELD_PRIME) {
        throw new Refusal("key_not_canonical", "公钥不是规范编码。", "The public key is not in its canonical form.", field);
    }
    try {
        await exchange(PROBE, point);
    } catch (error) {
        if (error.name !== "OperationError") throw error;
        const zh = "公钥是低阶点，不可使用。";
        throw new Refusal("key_low_order", zh, "The public key is a point of low order.", field);
    }
}

export async function expand(key, info, size = 32, hash = "SHA-256") {
    // WebCrypto only has HKDF as a whole, extraction included; Expand alone is an HMAC or a few (RFC 5869 section 2.3).
    const mac = await hmacKey(key, hash);
    const blocks = [];
    for (let made = NONE, length = 0; length < size; length += made.length) {
        const counter = Uint8Array.of(blocks.length + 1);
        made = new Uint8Array(await crypto.subtle.sign("HMAC", mac, concat(made, info, counter)));
        blocks.push(made);
    }
    return concat(...blocks).subarray(0, size);
}

/* RFC 9180 sections 4.1 (the shared secret) and 5.1 (KeySchedule, base mode: no psk). */
async function keys(exchanged, enc, publicKey, info) {
    const prk = await extract(KEM, NONE, "eae_prk", exchanged);
    const shared = await labeledExpand(KEM, prk, "shared_secret", concat(enc, publicKey), 32);
    const pskHash = await extract(SUITE, NONE, "psk_id_hash", NONE);
    const about = concat(BASE_MODE, pskHash, await extract(SUITE, NONE, "info_hash", info));
    const secret = await extract(SUITE, shared, "secret", NONE);
    return {
        key: await labeledExpand(SUITE, secret, "key", about, 32),
        nonce: await labeledExpand(SUITE, secret, "base_nonce", about, 12),
    };
}

async function extract(suite, salt, label, ikm) {
    // HMAC fills its key up with zeros, so no salt and 32 zeros are the same; WebCrypto takes no empty key.
    const mac = await hmacKey(salt.length ? salt : new Uint8Array(32), "SHA-256");
    return new Uint8Array(await crypto.subtle.sign("HMAC", mac, concat(VERSION, suite, utf8(label), ikm)));
}

function labeledExpand(suite, prk, label, info, size) {
    return expand(prk, concat(u16(size), VERSION, suite, utf8(label), info), size);
}

async function exchange(privateKey, publicKey) {
    const own = await crypto.subtle.importKey("pkcs8", concat(PKCS8, privateKey), "X25519", false, ["deriveBits"]);
    const other = await crypto.subtle.importKey("raw", publicKey, "X25519", false, []);
    return new Uint8Array(await crypto.subtle.deriveBits({ name: "X25519", public: other }, own, 256));
}

function aesKey(key, use) {
    return crypto.subtle.importKey("raw", key, "AES-GCM", false, [use]);
}

function hmacKey(key, hash) {
    return crypto.subtle.importKey("raw", key, { name: "HMAC", hash }, false, ["sign"]);
}

function closed() {
    return new Refusal("box_closed", "密封盒无法用此私钥打开。", "This key does not open the box.");
}
