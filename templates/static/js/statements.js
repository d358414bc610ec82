/*
 * What a bidder signs (docs/spec/log.md, The signed objects inside).
 *
 *   statement({tender, lot, bidder, kind, envelope, keySet, seen, replaces})   a bid; replaces: the id of the statement
 *       that it ends, or null; seen: the commitment (hex) of the latest notice; keySet: its id
 *   withdrawal({tender, lot, bidder, replaces})
 *   confirmation({tender, lot, bidder, opened})   opened: the commitment (hex) of the opening
 *   keyProof({origin, owner, publicKey, purpose})   by which a key is registered; purpose: statement, trustee, score
 *
 * They give the typed object, to be signed with signing.sign. Each has a nonce of its own where the format has one.
 */

import { hex, random } from "./bytes.js";

const NONCE = 16;

export function statement({ tender, lot, bidder, kind, envelope, keySet, seen, replaces }) {
    return {
        type: "sunbid/statement/1",
        tender,
        lot,
        bidder,
        envelopes: { [kind]: envelope },
        key_sets: { [kind]: keySet },
        seen,
        replaces,
        nonce: hex(random(NONCE)),
    };
}

export function withdrawal({ tender, lot, bidder, replaces }) {
    return { type: "sunbid/withdrawal/1", tender, lot, bidder, replaces, nonce: hex(random(NONCE)) };
}

export function confirmation({ tender, lot, bidder, opened }) {
    return { type: "sunbid/confirmation/1", tender, lot, bidder, opened };
}

export function keyProof({ origin, owner, publicKey, purpose }) {
    return { type: "sunbid/key/1", origin, owner, public_key: hex(publicKey), purpose };
}
