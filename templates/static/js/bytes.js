/*
 * Bytes: text, hex, base64, big-endian numbers, comparing, one-shot SHA-256. All bytes are Uint8Array.
 *
 *   utf8(text)  textOf(bytes)             the latter throws TypeError for what is not UTF-8; a BOM stays
 *   hex(bytes)  unhex(text, size, field)  lower case only; Refusal not_hex
 *   b64(bytes)  unb64(text, field)        standard base64 with padding, its one right spelling; Refusal not_base64
 *   base64url(text)                       the bytes of base64url without padding, as JWK has it
 *   u16(n)  u32(n)  u64(n)  number(bytes) big-endian
 *   concat(...parts)  equal(a, b)  isZero(bytes)
 *   sha256(...parts)  sha512(...parts)    a promise of the hash of the parts, one behind the other
 *   random(size)                          the only source of entropy here
 */

import { Refusal } from "./refusal.js";

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const PIECE = 0x8000;

export const utf8 = (text) => ENCODER.encode(text);
export const textOf = (bytes) => DECODER.decode(bytes);

export function hex(bytes) {
    let text = "";
    for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
    return text;
}

export function unhex(text, size, field = null) {
    if (typeof text !== "string" || text.length !== 2 * size || !/^[0-9a-f]*$/.test(text)) {
        throw new Refusal(
            "not_hex", `应为 ${size} 字节的小写十六进制。`, `Expected ${size} bytes of lower-case hex.`, field,
        );
    }
    return Uint8Array.from({ length: size }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

export function b64(bytes) {
    let binary = "";
    for (let at = 0; at < bytes.length; at += PIECE) {
        binary += String.fromCharCode(...bytes.subarray(at, at + PIECE));
    }
    return btoa(binary);
}

export function unb64(text, field = null) {
    if (typeof text !== "string" || !BASE64.test(text)) throw notBase64(field);
    const bytes = fromBinary(atob(text));
    if (b64(bytes) !== text) throw notBase64(field);
    return bytes;
}

export function base64url(text) {
    return fromBinary(atob(text.replaceAll("-", "+").replaceAll("_", "/")));
}

export const u16 = (n) => bigEndian(n, 2);
export const u32 = (n) => bigEndian(n, 4);
export const u64 = (n) => bigEndian(n, 8);

export function number(bytes) {
    let value = 0;
    for (const byte of bytes) value = value * 256 + byte;
    return value;
}

export function concat(...parts) {
    const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
    let at = 0;
    for (const part of parts) {
        whole.set(part, at);
        at += part.length;
    }
    return whole;
}

export function equal(a, b) {
    return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export function isZero(bytes) {
    return bytes.every((byte) => byte === 0);
}

export async function sha256(...parts) {
    return digest("SHA-256", parts);
}

export async function sha512(...parts) {
    return digest("SHA-512", parts);
}

export function random(size) {
    return crypto.getRandomValues(new Uint8Array(size));
}

async function digest(name, parts) {
    const whole = parts.length === 1 ? parts[0] : concat(...parts);
    return new Uint8Array(await crypto.subtle.digest(name, whole));
}

function bigEndian(n, size) {
    const bytes = new Uint8Array(size);
    let left = BigInt(n);
    for (let i = size - 1; i >= 0; i -= 1) {
        bytes[i] = Number(left & 0xffn);
        left >>= 8n;
    }
    return bytes;
}

function fromBinary(binary) {
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function notBase64(field) {
    return new Refusal("not_base64", "不是规范的 base64。", "Not base64 in its canonical form.", field);
}
