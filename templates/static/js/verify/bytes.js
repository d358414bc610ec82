// Bytes, hex, base64: each text has one form only (docs/spec/envelope.md, Conventions).

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** UTF-8 of a text. */
export const utf8 = (text) => encoder.encode(text);

/** Text of UTF-8 bytes. Throws where they are none. */
export const text = (bytes) => decoder.decode(bytes);

export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function equal(one, other) {
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function hex(bytes) {
  let found = "";
  for (const byte of bytes) found += HEX[byte];
  return found;
}

/** Bytes of lower-case hex. Throws RangeError. */
export function unhex(digits) {
  if (typeof digits !== "string" || !/^(?:[0-9a-f]{2})*$/.test(digits)) throw new RangeError("not lower-case hex");
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

export function base64(bytes) {
  let binary = "";
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(binary);
}

/** Bytes of standard base64 with padding, in its one form. Throws RangeError. */
export function unbase64(encoded) {
  const four = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
  if (typeof encoded !== "string" || !four.test(encoded)) throw new RangeError("not base64");
  const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  if (base64(bytes) !== encoded) throw new RangeError("base64 is not canonical");
  return bytes;
}

/** A big-endian unsigned integer of `size` bytes; `value` is a number or a BigInt. */
export function uint(value, size) {
  const bytes = new Uint8Array(size);
  for (let rest = BigInt(value), i = size - 1; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 255n);
  return bytes;
}

/** The BigInt that big-endian bytes stand for. */
export function unuint(bytes) {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
