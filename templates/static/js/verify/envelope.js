// Part 0 of an envelope: its id, and its opening with the released keys (docs/spec/envelope.md, Opening).

import { base64, concat, equal, hex, unbase64, unhex, uint, unuint, utf8 } from "./bytes.js";
import { expand, opener, sha } from "./crypto.js";
import { Broken } from "./findings.js";
import { open, sealWith } from "./hpke.js";
import { canonical, parseCanonical } from "./json.js";
import { exactly, isBase64, isCount, isHex16, isHex32, isObject, isText, oneOf } from "./shapes.js";

const MAGIC = utf8("sunbid/envelope/1\n");
const MAX_HEADER = 262_144;
const MAX_FORM = 1 << 20;
const BLOCK = 8_388_608;
const CHUNK = 16_384 + 16;
const BASE = { bidder: isText, key_set: isHex32, kind: isText, lot: isText, nonce: isHex16, tender: isText };
const SECTION = { commitment: isHex32, length: isCount };
const SECTIONS = { base: BASE, documents: SECTION, form: SECTION };
const WRAP = { quorum: isCount, sealed: isBase64 };
const FORM = { type: oneOf("sunbid/form/1"), values: isObject };

/** Header bytes and form section of part 0. Throws Broken. */
function cut(part) {
  const end = 22 + Number(unuint(part.slice(18, 22)));
  if (!equal(part.slice(0, 18), MAGIC) || end - 22 > MAX_HEADER || part.length < Math.max(22, end)) {
    throw new Broken("header_layout");
  }
  return [part.slice(22, end), part.slice(end)];
}

/** The envelope's id, of part 0 and the hashes of its blocks. Throws Broken. */
export async function envelopeId(part, blocks) {
  const hashes = await Promise.all(cut(part).map((section) => sha(section)));
  return hex(await sha(utf8("sunbid/envelope-id/1\n"), ...hashes, ...blocks.map(unhex)));
}

/** Header and form section, by the steps of the specification in their order. Throws Broken. */
export function parseHeader(part, blocks, quorums) {
  const [raw, form] = cut(part);
  const header = orBroken("header_json", () => parseCanonical(raw, MAX_HEADER));
  const whole = exactly(header, { ...SECTIONS, wraps: [WRAP] });
  const members = whole && Object.entries(SECTIONS).every(([name, shape]) => exactly(header[name], shape));
  if (!members || !header.wraps.every((wrap, q) => exactly(wrap, WRAP) && wrap.quorum === q)) {
    throw new Broken("header_members");
  }
  const counted = Math.max(1, Math.ceil(header.documents.length / BLOCK));
  if (header.form.length !== form.length || counted !== blocks) throw new Broken("header_length");
  if (header.wraps.length !== quorums) throw new Broken("header_wraps");
  return { header, form };
}

function orBroken(reason, read) {
  try {
    return read();
  } catch {
    throw new Broken(reason);
  }
}

const wrapInfo = (context, quorum, place) =>
  concat(utf8("sunbid/wrap/1\n"), context, utf8("form"), uint(quorum, 2), uint(place, 2));

async function unwrap(sealed, context, quorum, pairs) {
  let inside = unbase64(sealed);
  for (const [place, pair] of pairs.entries()) {
    try {
      inside = await open(pair, wrapInfo(context, quorum, place), inside);
    } catch {
      throw new Broken("wrap_closed");
    }
  }
  if (inside.length !== 32) throw new Broken("wrap_closed");
  return inside;
}

/** The wrap of one quorum, derived again from the form key: its coins come from that key, so its bytes are fixed. */
async function wrapAgain(formKey, context, quorum, points) {
  let inside = formKey;
  for (let place = points.length - 1; place >= 0; place--) {
    const info = wrapInfo(context, quorum, place);
    const coins = await expand(formKey, concat(utf8("sunbid/coins/1\n"), info), 32);
    inside = await sealWith(coins, points[place], info, inside);
  }
  return inside;
}

/** C2SP chunked encryption v1 with SHA-512 and AES-256-GCM. Throws Broken. */
async function openSection(key, context, section) {
  const [salt, commitment, body] = [section.slice(0, 24), section.slice(24, 56), section.subarray(56)];
  const info = concat(utf8("c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0"), salt, context);
  const keys = await expand(key, info, 76, "SHA-512");
  if (section.length < 72 || !equal(keys.slice(44), commitment) || body.length % CHUNK < 16) {
    throw new Broken("form_closed");
  }
  const [decrypt, nonce] = [await opener(keys.slice(0, 32)), unuint(keys.slice(32, 44))];
  const chunks = [];
  for (let i = 0; i * CHUNK < body.length; i++) {
    try {
      chunks.push(await decrypt(uint(nonce ^ BigInt(i), 12), body.subarray(CHUNK * i, CHUNK * (i + 1))));
    } catch {
      throw new Broken("form_closed");
    }
  }
  return concat(...chunks);
}

const log2 = (number) => 31 - Math.clz32(number);

function padme(length) {
  if (length < 2) return length;
  const exponent = log2(length);
  const mask = 2 ** (exponent - (log2(exponent) + 1)) - 1;
  return length + mask - ((length + mask) & mask);
}

/** The values of a form section's plaintext. Throws Broken. */
function formValues(plain) {
  const end = 84 + Number(unuint(plain.slice(80, 84)));
  const padded = plain.length >= 84 && end - 84 <= MAX_FORM && plain.length >= end && plain.length === padme(end);
  if (!padded || plain.subarray(end).some((byte) => byte !== 0)) throw new Broken("form_layout");
  const form = orBroken("form_layout", () => parseCanonical(plain.slice(84, end), MAX_FORM));
  const values = exactly(form, FORM) ? Object.values(form.values) : [null];
  if (!values.every((value) => isText(value) || Number.isSafeInteger(value))) throw new Broken("form_layout");
  return form.values;
}

/**
 * The values of a bid's form. `keys` is `{keySet, keySetId, quorum, pairs}`: the key set, and the private keys of the
 * quorum used. Throws Broken with the step that failed.
 */
export async function openForm(keys, part, blocks, bidder) {
  const { header, form } = parseHeader(part, blocks, keys.keySet.quorums.length);
  const { kind, lot, tender } = keys.keySet;
  const expected = { kind, lot, tender, bidder, key_set: keys.keySetId };
  if (Object.entries(expected).some(([name, value]) => header.base[name] !== value)) throw new Broken("base_wrong");
  const context = await sha(utf8("sunbid/context/1\n"), canonical(header.base));
  const formKey = await unwrap(header.wraps[keys.quorum].sealed, context, keys.quorum, keys.pairs);
  const points = new Map(keys.keySet.trustees.map((t) => [t.trustee, unhex(t.opening_key)]));
  const again = keys.keySet.quorums.map((names, quorum) =>
    wrapAgain(formKey, context, quorum, names.map((name) => points.get(name))),
  );
  const wraps = (await Promise.all(again)).map(base64);
  if (wraps.some((wrap, quorum) => wrap !== header.wraps[quorum].sealed)) throw new Broken("wrap_differs");
  if (hex(form.slice(24, 56)) !== header.form.commitment) throw new Broken("form_closed");
  return formValues(await openSection(formKey, context, form));
}
