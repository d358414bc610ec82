// Hashes, signatures and key exchange by the browser's WebCrypto; nothing of our own below these names.

import { concat, hex, unbase64, unhex, utf8 } from "./bytes.js";
import { canonical } from "./json.js";

const subtle = globalThis.crypto.subtle;

/** SHA-256 of the parts one after the other. */
export async function sha(...parts) {
  return new Uint8Array(await subtle.digest("SHA-256", parts.length === 1 ? parts[0] : concat(...parts)));
}

/** Whether an Ed25519 signature verifies. */
export async function signedBy(key, signature, message) {
  if (key.length !== 32 || signature.length !== 64) return false;
  const known = await subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  return subtle.verify({ name: "Ed25519" }, known, signature, message);
}

/** Whether a signed object (docs/spec/log.md) carries the signature of `key`. */
export async function objectSigned(signed, key) {
  return signedBy(key, unbase64(signed.signature), concat(utf8("sunbid/signed/1\n"), canonical(signed.object)));
}

/** The id of an object: H(type, newline, J(object)) in hex. */
export async function recordId(type, value) {
  return hex(await sha(utf8(`${type}\n`), canonical(value)));
}

export async function hmac(key, message, hash = "SHA-256") {
  const known = await subtle.importKey("raw", key, { name: "HMAC", hash }, false, ["sign"]);
  return new Uint8Array(await subtle.sign("HMAC", known, message));
}

/** HKDF-Expand (RFC 5869). */
export async function expand(prk, info, length, hash = "SHA-256") {
  let out = new Uint8Array(0);
  let block = out;
  for (let i = 1; out.length < length; i++) {
    block = await hmac(prk, concat(block, info, Uint8Array.of(i)), hash);
    out = concat(out, block);
  }
  return out.slice(0, length);
}

const PKCS8_X25519 = unhex("302e020100300506032b656e04220420");

/** An X25519 key pair of 32 private bytes: `{key, public}`. */
export async function exchangeKey(bytes) {
  const algorithm = { name: "X25519" };
  if (bytes.length !== 32) throw new RangeError("an X25519 key has 32 bytes");
  const key = await subtle.importKey("pkcs8", concat(PKCS8_X25519, bytes), algorithm, true, ["deriveBits"]);
  const { x } = await subtle.exportKey("jwk", key);
  return { key, public: unbase64(`${x.replaceAll("-", "+").replaceAll("_", "/")}=`) };
}

/** The shared secret of X25519. Throws where it would be zeros (a point of low order). */
export async function exchange(pair, point) {
  if (point.length !== 32) throw new RangeError("an X25519 point has 32 bytes");
  const peer = await subtle.importKey("raw", point, { name: "X25519" }, false, []);
  const secret = new Uint8Array(await subtle.deriveBits({ name: "X25519", public: peer }, pair.key, 256));
  if (secret.every((byte) => byte === 0)) throw new RangeError("a point of low order");
  return secret;
}

const aes = (key, use) => subtle.importKey("raw", key, { name: "AES-GCM" }, false, [use]);

/** A function that opens AES-256-GCM boxes of one key: (nonce, ciphertext) to plaintext. It throws where one does not open. */
export async function opener(key) {
  const known = await aes(key, "decrypt");
  return async (iv, sealed) => {
    if (sealed.length < 16) throw new RangeError("shorter than its tag");
    return new Uint8Array(await subtle.decrypt({ name: "AES-GCM", iv }, known, sealed));
  };
}

export async function seal(key, iv, message) {
  return new Uint8Array(await subtle.encrypt({ name: "AES-GCM", iv }, await aes(key, "encrypt"), message));
}
