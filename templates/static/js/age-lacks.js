/*
 * In place of what age-encryption imports for keys other than passphrases (vendor.lock, replaced): post-quantum hybrids,
 * P-256, X25519, WebAuthn, bech32, armour. With them a sealing page would have twice its 100 KB of script. Whatever uses
 * one of them throws. Base64 without padding is needed, by the header, and stands here.
 *
 *   base64nopad {encode, decode}     strict: throws for what is not its own encoding, as age wants
 *   base64, bech32, p256, MLKEM768P256, MLKEM768X25519, scalarMult, scalarMultBase     throw when used
 */

import { b64, unb64 } from "./bytes.js";

export const base64nopad = {
    encode: (bytes) => b64(bytes).replaceAll("=", ""),
    decode(text) {
        if (text.includes("=")) throw new Error("padding where there is none");
        return unb64(text.padEnd(Math.ceil(text.length / 4) * 4, "="));
    },
};

const LACKING = new Proxy({}, { get: lacking });

export const base64 = LACKING;
export const bech32 = LACKING;
export const p256 = LACKING;
export const MLKEM768P256 = LACKING;
export const MLKEM768X25519 = LACKING;
export const scalarMult = lacking;
export const scalarMultBase = lacking;

function lacking() {
    throw new Error("not supported here: files under a passphrase only");
}
