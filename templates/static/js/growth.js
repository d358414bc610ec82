/*
 * That a log has only grown: the check of consistency proofs (RFC 6962, 2.1.2). Hashes are 32 bytes, sizes safe integers.
 *
 *   verifyConsistency(size1, size2, proof, root1, root2)
 *
 * Refusals: sizes_out_of_order, hash_length_wrong, proof_length_wrong, root_wrong.
 */

import { bit, bitLength, checkHashes, checkLength, checkRoot, nodeHash, ones, refuse } from "./merkle.js";
import { trailingZeros } from "./trees.js";

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
