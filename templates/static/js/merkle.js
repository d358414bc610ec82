/*
 * Merkle trees of RFC 6962 with SHA-256: the check that a leaf is in a tree. Proofs are made by
 * js/trees.js, that a tree has grown is checked by js/growth.js. Hashes are 32 bytes,
 * numbers safe integers.
 *
 *   leafHash(data)  nodeHash(left, right)
 *   verifyInclusion(index, size, leaf, proof, root)
 *
 * Refusals: index_beyond_size, hash_length_wrong, proof_length_wrong, root_wrong.
 */

import { equal, sha256 } from "./bytes.js";
import { Refusal } from "./refusal.js";

export const HASH = 32;
export const MAX_PROOF = 63;
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export const leafHash = (data) => sha256(LEAF, data);
export const nodeHash = (left, right) => sha256(NODE, left, right);

export async function verifyInclusion(index, size, leaf, proof, root) {
    checkIndex(index, size);
    checkHashes([leaf, ...proof]);
    // The proof first climbs while the leaf's subtree has right neighbours inside the tree, then only takes left ones.
    const inner = bitLength(BigInt(index) ^ BigInt(size - 1));
    checkLength(proof, inner + ones(BigInt(index) >> BigInt(inner)));
    let subtree = leaf;
    for (const [height, hash] of proof.entries()) {
        const left = height >= inner || bit(index, height);
        subtree = await (left ? nodeHash(hash, subtree) : nodeHash(subtree, hash));
    }
    checkRoot(subtree, root);
}

export function bitLength(value) {
    return value === 0n ? 0 : value.toString(2).length;
}

export function ones(value) {
    return value.toString(2).replaceAll("0", "").length;
}

export function bit(value, place) {
    return (BigInt(value) >> BigInt(place)) & 1n;
}

export function checkIndex(index, size) {
    if (!(index >= 0 && index < size)) {
        throw refuse("index_beyond_size", "叶序号不在树内。", "The leaf's index is not within the tree.", "index");
    }
}

export function checkHashes(hashes) {
    if (hashes.some((hash) => hash.length !== HASH)) {
        throw refuse("hash_length_wrong", "哈希应为 32 字节。", "A hash must have 32 bytes.", "proof");
    }
}

export function checkLength(proof, length) {
    if (proof.length !== length) {
        throw refuse("proof_length_wrong", "证明的哈希个数不对。", "The proof has the wrong number of hashes.", "proof");
    }
}

export function checkRoot(found, expected) {
    if (!equal(found, expected)) throw refuse("root_wrong", "与树根不符。", "It does not lead to the root.", "proof");
}

export function refuse(reason, zh, en, field) {
    return new Refusal(reason, zh, en, field);
}
