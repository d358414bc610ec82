// The Merkle tree of RFC 6962; proofs are checked as in RFC 9162 2.1.3 and 2.1.4.

import { equal, unbase64 } from "./bytes.js";
import { sha } from "./crypto.js";

export const leafHash = (data) => sha(Uint8Array.of(0), data);
const nodeHash = (left, right) => sha(Uint8Array.of(1), left, right);
const half = (number) => Math.floor(number / 2); // sizes may pass 2^31, where >> would cut them

/** The root of a tree of these leaf hashes. */
export async function rootOf(leaves) {
  if (leaves.length === 0) return sha(new Uint8Array(0));
  if (leaves.length === 1) return leaves[0];
  let left = 1;
  while (2 * left < leaves.length) left *= 2;
  return nodeHash(await rootOf(leaves.slice(0, left)), await rootOf(leaves.slice(left)));
}

/** The hashes of a proof in base64. Throws RangeError. */
export function hashesOf(proof) {
  const hashes = proof.map(unbase64);
  if (hashes.some((hash) => hash.length !== 32)) throw new RangeError("a proof holds hashes of 32 bytes");
  return hashes;
}

/** The root to which an inclusion proof leads, or null for a proof of another length. */
export async function includedRoot(index, size, leaf, proof) {
  if (!(index >= 0 && index < size)) return null;
  let [place, last, root] = [index, size - 1, leaf];
  for (const step of proof) {
    if (last === 0) return null;
    const right = place % 2 === 1 || place === last;
    root = right ? await nodeHash(step, root) : await nodeHash(root, step);
    [place, last] = climbed(place, last, right);
  }
  return last === 0 ? root : null;
}

/** One level up; from a right node on as long as it stands alone on its edge. */
function climbed(place, last, right) {
  while (right && place !== 0 && place % 2 === 0) [place, last] = [half(place), half(last)];
  return [half(place), half(last)];
}

/** Whether `proof` leads from the head `[size, root]` of an older tree to that of a newer one. */
export async function consistent([size1, root1], [size2, root2], proof) {
  if (!(size1 > 0 && size1 <= size2)) return false;
  if (size1 === size2) return proof.length === 0 && equal(root1, root2);
  let [place, last] = [size1 - 1, size2 - 1];
  while (place % 2 === 1) [place, last] = [half(place), half(last)];
  const path = place === 0 ? [root1, ...proof] : proof; // a full tree of 2^n leaves is its own first step
  if (path.length === 0) return false;
  let [left, right] = [path[0], path[0]];
  for (const step of path.slice(1)) {
    if (last === 0) return false;
    const onRight = place % 2 === 1 || place === last;
    if (onRight) left = await nodeHash(step, left);
    right = onRight ? await nodeHash(step, right) : await nodeHash(right, step);
    [place, last] = climbed(place, last, onRight);
  }
  return last === 0 && equal(left, root1) && equal(right, root2);
}
