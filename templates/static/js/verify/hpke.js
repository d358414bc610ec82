// HPKE (RFC 9180), base mode, single shot: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, empty AAD.

import { concat, uint, utf8 } from "./bytes.js";
import { exchange, exchangeKey, expand, hmac, opener, seal } from "./crypto.js";

const KEM = concat(utf8("KEM"), uint(0x20, 2));
const SUITE = concat(utf8("HPKE"), uint(0x20, 2), uint(1, 2), uint(2, 2));
const VERSION = utf8("HPKE-v1");
const NOTHING = new Uint8Array(0);

const extract = (suite, salt, label, ikm) => hmac(salt, concat(VERSION, suite, utf8(label), ikm));
const labeled = (suite, prk, label, info, length) =>
  expand(prk, concat(uint(length, 2), VERSION, suite, utf8(label), info), length);

/** AES key and nonce of a box, of what both sides know. */
async function schedule(shared, enc, point, info) {
  const zeros = new Uint8Array(32); // HMAC pads an absent salt with zeros: this is the same key
  const prk = await extract(KEM, zeros, "eae_prk", shared);
  const secret = await labeled(KEM, prk, "shared_secret", concat(enc, point), 32);
  const ids = [extract(SUITE, zeros, "psk_id_hash", NOTHING), extract(SUITE, zeros, "info_hash", info)];
  const context = concat(Uint8Array.of(0), ...(await Promise.all(ids)));
  const inner = await extract(SUITE, secret, "secret", NOTHING);
  return Promise.all([labeled(SUITE, inner, "key", context, 32), labeled(SUITE, inner, "base_nonce", context, 12)]);
}

/** HPKE*: the ephemeral private key is given, so whoever knows the coins gets the same bytes. */
export async function sealWith(coins, point, info, message) {
  const ephemeral = await exchangeKey(coins);
  const shared = await exchange(ephemeral, point);
  const [key, nonce] = await schedule(shared, ephemeral.public, point, info);
  return concat(ephemeral.public, await seal(key, nonce, message));
}

/** What is in a box. Throws where it does not open. */
export async function open(pair, info, box) {
  const enc = box.slice(0, 32);
  const [key, nonce] = await schedule(await exchange(pair, enc), enc, pair.public, info);
  return (await opener(key))(nonce, box.slice(32));
}
