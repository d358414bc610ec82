/*
 * Signed objects (docs/spec/log.md): Ed25519 over a label and canonical JSON. Keys are 32 bytes.
 *
 *   sign(value, privateKey)              -> {object, signature}
 *   verify(signed, publicKey, type)      -> the object inside; Refusal not_signed_object, type_wrong, signature_wrong
 *   verifyBytes(bytes, signature, publicKey, field)       signature in base64
 *   verifies(bytes, signature, publicKey)                 signature in bytes -> true or false
 *   publicKeyOf(privateKey)              -> its public half
 *   message(value)  digest(label, value)  objectId(value)  the bytes signed; a record's id in hex; that of a typed object
 */

import { b64, base64url, concat, hex, sha256, unb64, utf8 } from "./bytes.js";
import { dumps } from "./canonical.js";
import { Refusal } from "./refusal.js";

const LABEL = utf8("sunbid/signed/1\n");
// PrivateKeyInfo of an Ed25519 key up to its 32 bytes (RFC 8410 section 7): WebCrypto takes private keys in no rawer form.
const PKCS8 = Uint8Array.from([0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20]);

export function message(value) {
    return concat(LABEL, dumps(value));
}

export async function digest(label, value) {
    return hex(await sha256(utf8(`${label}\n`), dumps(value)));
}

export async function objectId(value) {
    return digest(value.type, value);
}

export async function sign(value, privateKey) {
    const key = await imported(privateKey, false);
    const signature = await crypto.subtle.sign("Ed25519", key, message(value));
    return { object: value, signature: b64(new Uint8Array(signature)) };
}

export async function publicKeyOf(privateKey) {
    const { x } = await crypto.subtle.exportKey("jwk", await imported(privateKey, true));
    return base64url(x);
}

export async function verify(signed, publicKey, type) {
    const value = signed?.object;
    if (Object.keys(signed ?? {}).sort().join() !== "object,signature" || value === null || typeof value !== "object") {
        throw new Refusal("not_signed_object", "不是签名对象。", "Not a signed object.");
    }
    if (value.type !== type) throw new Refusal("type_wrong", `应为 ${type}。`, `Expected ${type}.`, "type");
    await verifyBytes(message(value), signed.signature, publicKey);
    return value;
}

export async function verifyBytes(bytes, signature, publicKey, field = "signature") {
    let right;
    try {
        right = await verifies(bytes, unb64(signature, field), publicKey);
    } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        right = false;
    }
    if (!right) throw new Refusal("signature_wrong", "签名不正确。", "The signature does not verify.", field);
}

export async function verifies(bytes, signature, publicKey) {
    let key;
    try {
        key = await crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
    } catch (error) {
        if (error.name === "DataError") return false; // no point of the curve
        throw error;
    }
    return crypto.subtle.verify("Ed25519", key, signature, bytes);
}

function imported(privateKey, extractable) {
    return crypto.subtle.importKey("pkcs8", concat(PKCS8, privateKey), "Ed25519", extractable, ["sign"]);
}
