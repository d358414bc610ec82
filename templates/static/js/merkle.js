/*
 * Merkle trees of RFC 6962 with SHA-256: the checks of proofs, which js/trees.js makes. Hashes are 32 bytes,
 * numbers safe integers.
 *
 *   leafHash(data)  nodeHash(left, right)
 *   verifyInclusion(index, size, leaf, proof, root)
 *   verifyConsistency(size1, size2, proof, root1, root2)
 *
 * Refusals: index_beyond_size, sizes_out_of_order, hash_length_wrong, proof_length_wrong, root_wrong.
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

export async function verifyConsistency(size1, size2, proof, root1, root2) {
    if (!(size1 >= 0 && size1 <= size2) || (size1 === 0 && size2 > 0)) {
        throw refuse("sizes_out_of_order", "日志大小次序不对。", "The sizes are out of order.", "size");
    }
    if (size1 === size2) {
        checkLength(proof, 0);
        checkRoot(root1, root2);
        return;
    }
    checkHashes([root1, ...proof]);
    const [old, grown] = await rootsFromConsistency(size1, size2, proof, root1);
    checkRoot(old, root1);
    checkRoot(grown, root2);
}

/* The walk starts at the largest complete subtree that ends the old tree: its hash is the proof's first, but for an old
   tree that is complete itself (a power of two): then it is the old root and not sent. */
async function rootsFromConsistency(size1, size2, proof, root1) {
    const height = trailingZeros(size1);
    const path = size1 === 2 ** height ? [root1, ...proof] : proof;
    const last = BigInt(size1 - 1) >> BigInt(height);
    const inner = bitLength(last ^ (BigInt(size2 - 1) >> BigInt(height)));
    checkLength(path, 1 + inner + ones(last >> BigInt(inner)));
    let old = path[0];
    let grown = path[0];
    for (const [step, hash] of path.slice(1).entries()) {
        if (step >= inner || bit(last, step)) {
            old = await nodeHash(hash, old);
            grown = await nodeHash(hash, grown);
        } else grown = await nodeHash(grown, hash);
    }
    return [old, grown];
}

export function bitLength(value) {
    return value === 0n ? 0 : value.toString(2).length;
}

function ones(value) {
    return value.toString(2).replaceAll("0", "").length;
}

function bit(value, place) {
    return (BigInt(value) >> BigInt(place)) & 1n;
}

export function trailingZeros(value) {
    const digits = BigInt(value).toString(2);
    return digits.length - 1 - digits.lastIndexOf("1");
}

export function checkIndex(index, size) {
    if (!(index >= 0 && index < size)) {
        throw refuse("index_beyond_size", "叶序号不在树内。", "The leaf's index is not within the tree.", "index");
    }
}

function checkHashes(hashes) {
    if (hashes.some((hash) => hash.length !== HASH)) {
        throw refuse("hash_length_wrong", "哈希应为 32 字节。", "A hash must have 32 bytes.", "proof");
    }
}

function checkLength(proof, length) {
    if (proof.length !== length) {
        throw refuse("proof_length_wrong", "证明的哈希个数不对。", "The proof has the wrong number of hashes.", "proof");
    }
}

function checkRoot(found, expected) {
    if (!equal(found, expected)) throw refuse("root_wrong", "与树根不符。", "It does not lead to the root.", "proof");
}

function refuse(reason, zh, en, field) {
    return new Refusal(reason, zh, en, field);
}
