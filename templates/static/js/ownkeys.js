/*
 * Keys registered in one's name (docs/spec/log.md, Keys in force): whoever registers keys could speak for a bidder, so a later
 * key needs the endorsement of an earlier one, and a key that the vault does not know stops every act.
 *
 *   registered(client, purpose)                  -> what the server says that is registered for the caller
 *   endorse(own, owner, publicKey, purpose)      -> the signed endorsement of another key (hex) by the vault's
 *   register(own, purpose, owner, endorsement)   the vault's key; endorsement: of an earlier key, or null for the first one
 *   checkKnown(own, owner, purpose)              Refusal key_unknown {keys}
 */

import { hex, unb64, unhex } from "./bytes.js";
import { dumps } from "./canonical.js";
import { Refusal } from "./refusal.js";
import { message, sign, verifies } from "./signing.js";
import { keyProof } from "./statements.js";

const TYPE = "sunbid/endorsement/1";

export async function registered(client, purpose) {
    const found = [];
    for await (const one of client.items("/keys")) if (one.purpose === purpose) found.push(one);
    return found;
}

export async function endorse({ vault, anchors }, owner, publicKey, purpose) {
    unhex(publicKey, 32, "public_key");
    await vault.know(publicKey);
    return sign(about(anchors, owner, publicKey, purpose), vault.signingKey(purpose));
}

export async function register({ client, vault, anchors }, purpose, owner, endorsement = null) {
    const publicKey = await vault.publicKey(purpose);
    const proof = await sign(keyProof({ origin: anchors.origin, owner, publicKey, purpose }), vault.signingKey(purpose));
    const body = { public_key: hex(publicKey), purpose, proof };
    const answer = await client.post("/keys", endorsement === null ? body : { ...body, endorsement });
    if (endorsement !== null) {
        for (const one of await registered(client, purpose)) {
            if (await by(endorsement, one.public_key)) await vault.know(one.public_key);
        }
    }
    return answer;
}

export async function checkKnown({ client, vault, anchors }, owner, purpose = "statement") {
    const known = new Set([hex(await vault.publicKey(purpose)), ...vault.known]);
    const strange = [];
    for (const one of await registered(client, purpose)) {
        if (await endorsed(one, about(anchors, owner, one.public_key, purpose), known)) known.add(one.public_key);
        if (!known.has(one.public_key)) strange.push(one.public_key);
    }
    if (strange.length) {
        throw new Refusal(
            "key_unknown",
            "有一把公钥以本单位名义登记，而本密钥库不认识它：其持有人能以本单位名义替换或撤回投标。"
                + "如不是本单位的，请立即书面投诉并留存本提示；如是，请在“我的密钥”页确认后再试。",
            "A key is registered in your organisation's name that this vault does not know: its holder can replace or withdraw "
                + "your bid. If it is not yours, complain in writing at once and keep this message; if it is, confirm it on the "
                + "page of your keys and try again.",
            null,
            { keys: strange },
        );
    }
}

async function endorsed({ endorsement }, wanted, known) {
    if (!endorsement || hex(dumps(endorsement.object)) !== hex(dumps(wanted))) return false;
    for (const key of known) if (await by(endorsement, key)) return true;
    return false;
}

async function by({ object, signature }, key) {
    return verifies(message(object), unb64(signature, "signature"), unhex(key, 32));
}

function about(anchors, owner, publicKey, purpose) {
    return { type: TYPE, origin: anchors.origin, owner, public_key: publicKey, purpose };
}
