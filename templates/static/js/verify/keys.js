// Which of an owner's registered keys are the owner's own (docs/spec/log.md, Keys in force). Keys are hex here.

import { unhex } from "./bytes.js";
import { objectSigned } from "./crypto.js";
import { failed, need, notChecked, shown } from "./findings.js";
import { ENDORSEMENT } from "./forms.js";
import { same } from "./json.js";
import { misfit } from "./shapes.js";

/** The first of some keys that signed an object, or null. */
export async function signerOf(signed, keys) {
  for (const key of keys) if (await objectSigned(signed, unhex(key))) return key;
  return null;
}

/** Whence an owner's keys have their force: those given, else its first one, which is on trust. */
function rootsOf(d, owner, purpose) {
  const given = d.keysOf(owner, purpose, Infinity).filter((key) => d.given.includes(key));
  const first = d.registrations(owner, purpose).slice(0, 1).filter(({ body }) => !Object.hasOwn(body, "reason"));
  return given.length > 0 ? given : first.map(({ body }) => body.public_key);
}

/** The roots among an owner's keys below an index, and those that a key in force has endorsed. */
export async function inForce(d, owner, purpose, before, roots) {
  const found = [];
  for (const { body, index } of d.registrations(owner, purpose)) {
    if (index >= before) continue;
    const endorsed = async () => Boolean(body.endorsement) && (await signerOf(body.endorsement, found)) !== null;
    if (roots.includes(body.public_key) || (await endorsed())) found.push(body.public_key);
  }
  return found;
}

/** Each endorsement is of this key, by an earlier one of its owner. Throws a failure. */
async function checkEndorsements(d, owner, purpose) {
  for (const { body, index } of d.registrations(owner, purpose)) {
    const endorsement = body.endorsement ?? null;
    if (endorsement === null) continue;
    need(misfit(ENDORSEMENT, endorsement) === null, "背书不成形", "the endorsement has not its form", index);
    const { origin } = d.anchors;
    const about = { type: "sunbid/endorsement/1", origin, owner, public_key: body.public_key, purpose };
    need(same(endorsement.object, about), "背书的不是这把密钥", "it endorses something else", index);
    const good = (await signerOf(endorsement, d.keysOf(owner, purpose, index))) !== null;
    need(good, "背书不是先前的密钥签署", "endorsed by no earlier key of its owner", index);
  }
}

/**
 * That a key registered before signed an object. Throws a failure. Gives what is *not checked* where nothing but the
 * registration makes that key the owner's, else null.
 */
export async function checkSigner(d, signed, owner, purpose, index) {
  const key = await signerOf(signed, d.keysOf(owner, purpose, index));
  if (key === null) throw failed("签名不是其登记的密钥", "not signed with a key registered for its owner before", index);
  await checkEndorsements(d, owner, purpose);
  const roots = rootsOf(d, owner, purpose);
  if ((await inForce(d, owner, purpose, index, roots)).includes(key)) return null;
  const given = roots.some((root) => d.given.includes(root));
  need(!given, "不是所给的密钥签署", "signed with a key that is not among those given", index);
  const who = shown(owner);
  return notChecked(
    `${who} 的密钥 ${key} 未经其先前的密钥背书，是否为其本人所有不得而知`,
    `no earlier key of ${who} endorsed ${key}: only its owner can say whose it is`,
    index,
  );
}

/** Throw the first of these findings that is one. */
export function tell(findings) {
  const first = findings.find((finding) => finding !== null);
  if (first !== undefined) throw first;
}
