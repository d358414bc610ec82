/*
 * Merkle trees of RFC 6962 with SHA-256: roots and proofs made from hashes. Their checks are in js/merkle.js.
 *
 *   rootOf(leafHashes)
 *   inclusionPath(node, index, size)   the proof, through a lookup node(height, position) of complete subtrees
 *   pairs(hashes)                      the row above an even row
 *   trailingZeros(value)               how often two divides it
 */

import { sha256 } from "./bytes.js";
import { bitLength, checkIndex, nodeHash } from "./merkle.js";

export async function rootOf(leafHashes) {
    if (!leafHashes.length) return sha256(new Uint8Array(0));
    const node = async (height, position) => {
        let row = leafHashes.slice(position * 2 ** height, (position + 1) * 2 ** height);
        while (row.length > 1) row = await pairs(row);
        return row[0];
    };
    return rangeHash(node, 0, leafHashes.length);
}

export async function pairs(hashes) {
    const halves = Array.from({ length: hashes.length / 2 }, (_, i) => nodeHash(hashes[2 * i], hashes[2 * i + 1]));
    return Promise.all(halves);
}

export async function inclusionPath(node, index, size) {
    checkIndex(index, size);
    const path = [];
    for (let start = 0, end = size; end - start > 1; ) {
        const middle = start + split(end - start);
        if (index < middle) {
            path.push(await rangeHash(node, middle, end));
            end = middle;
        } else {
            path.push(await rangeHash(node, start, middle));
            start = middle;
        }
    }
    return path.reverse();
}

async function rangeHash(node, start, end) {
    const count = end - start;
    const below = split(count);
    if (2 * below === count || count === 1) {
        const height = trailingZeros(count);
        return node(height, start / 2 ** height);
    }
    return nodeHash(await rangeHash(node, start, start + below), await rangeHash(node, start + below, end));
}

/* The largest power of two smaller than the count: where RFC 6962 splits a tree. */
function split(count) {
    return count < 2 ? 0 : 2 ** (bitLength(BigInt(count - 1)) - 1);
}

export function trailingZeros(value) {
    const digits = BigInt(value).toString(2);
    return digits.length - 1 - digits.lastIndexOf("1");
}
