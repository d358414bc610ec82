/*
 * The documents of opened bids (docs/spec/envelope.md): opened by the agency, handed to its committee, read by both.
 *
 *   envelopes(client, tender)                -> [{id, bidder, parts}]
 *   keysOf({client, vault, anchors}, tender) -> [{id, bidder, key, reason}]: the documents key (hex), or why there is none;
 *       Refusal evaluation_key_missing, not_opened, key_set_wrong and those of keyset.verify
 *   phrase()                                 -> a new phrase for a committee, of 79 random bits
 *   closeBox(tender, keys, phrase)           -> base64 of the box;  openBox(box, tender, phrase) -> {id: key}; Refusal
 *       passphrase_wrong, box_wrong
 *   read(client, tender, envelope, key, progress) -> [{name, media_type, size, sha256, blob}]; Refusal envelope_wrong and
 *       those of unseal.openDocuments
 */

import * as age from "./age.js";
import { b64, hex, number, random, unb64, unhex } from "./bytes.js";
import { dumps, loads } from "./canonical.js";
import { envelopeId, parseFront } from "./envelope.js";
import * as forms from "./forms.js";
import { checkReleased, verify } from "./keyset.js";
import { ofTender } from "./record.js";
import { Refusal } from "./refusal.js";
import * as unseal from "./unseal.js";

const KIND = "bid";
const BOX = forms.record({
    type: forms.literal("sunbid/committee-box/1"),
    tender: forms.text(forms.TENDER),
    keys: forms.map(forms.text(forms.HEX_32), forms.HEX_32),
});
// Without letters and digits that look alike when they are read out or written down.
const SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
const GROUPS = 4;
const GROUP = 4;

export async function envelopes(client, tender) {
    const found = [];
    for await (const one of client.items(`/tenders/${tender}/envelopes`)) found.push(one);
    return found;
}

export async function keysOf({ client, vault, anchors }, tender) {
    const { key_set, signatures } = await client.get(`/tenders/${tender}/key-set`, { kind: KIND });
    const keySet = await verify({ key_set, signatures }, { identities: anchors.trustees, demonstration: anchors.demonstration });
    if (keySet.tender !== tender || keySet.kind !== KIND || keySet.origin !== anchors.origin) {
        throw new Refusal("key_set_wrong", "密钥组属于另一项目。", "The key set is of another tender.", "key_set");
    }
    const own = vault.content.evaluation[hex(keySet.evaluationKey)];
    if (own === undefined) {
        const en = "This device's vault has not the tender's evaluation key.";
        throw new Refusal("evaluation_key_missing", "这台设备的密钥库中没有该项目的评标密钥。", en);
    }
    const quorum = await released(client, keySet, tender);
    const found = [];
    for (const envelope of await envelopes(client, tender)) {
        found.push(await keyOf(client, tender, envelope, keySet, quorum, unhex(own, 32)));
    }
    return found;
}

async function keyOf(client, tender, envelope, keySet, { at, keys }, evaluationKey) {
    const { id, bidder } = envelope;
    try {
        const front = await frontOf(client, tender, envelope);
        const opened = await unseal.withQuorum(front, keySet, bidder, at, keys);
        return { id, bidder, key: hex(await unseal.documentsKey(front, opened, keySet, evaluationKey)), reason: null };
    } catch (error) {
        // One bidder's fault stops no other bid; what the server refuses stops all.
        if (!(error instanceof Refusal) || error.status !== undefined) throw error;
        return { id, bidder, key: null, reason: error };
    }
}

async function released(client, keySet, tender) {
    const found = new Map();
    for (const { head, body } of await ofTender(client, tender)) {
        const release = head.kind === "key_released" ? body.release.object : null;
        if (release?.key_set === keySet.id) found.set(release.trustee, unhex(release.private_key, 32));
    }
    const at = keySet.quorums.findIndex((quorum) => quorum.every((name) => found.has(name)));
    if (at === -1) throw new Refusal("not_opened", "尚未开标。", "The bids are not opened yet.");
    const keys = keySet.quorums[at].map((name) => found.get(name));
    for (const [i, name] of keySet.quorums[at].entries()) await checkReleased(keySet, name, keys[i]);
    return { at, keys };
}

export function phrase() {
    const signs = Array.from({ length: GROUPS * GROUP }, sign);
    return Array.from({ length: GROUPS }, (_, i) => signs.slice(i * GROUP, (i + 1) * GROUP).join("")).join("-");
}

/* Each sign alike often: what does not fit is drawn again. */
function sign() {
    for (;;) {
        const drawn = number(random(1)) & 31;
        if (drawn < SIGNS.length) return SIGNS[drawn];
    }
}

export async function closeBox(tender, keys, secret) {
    const held = Object.fromEntries(keys.filter(({ key }) => key !== null).map(({ id, key }) => [id, key]));
    return b64(await age.encrypt(dumps({ type: "sunbid/committee-box/1", tender, keys: held }), plain(secret)));
}

export async function openBox(box, tender, secret) {
    const found = loads(await age.decrypt(unb64(box), plain(secret)));
    forms.check(found, BOX);
    if (found.tender !== tender) {
        throw new Refusal("box_wrong", "这是另一项目的投标文件钥匙。", "The box is of another tender.", "tender");
    }
    return found.keys;
}

/* As it is read out: without regard to spaces, hyphens and small letters. */
function plain(secret) {
    return secret.toUpperCase().replaceAll(/[\s-]/g, "");
}

export async function read(client, tender, envelope, key, progress = () => {}) {
    const front = await frontOf(client, tender, envelope);
    const blocks = envelope.parts.slice(1);
    const pieces = [];
    for (const [done, { number: n }] of blocks.entries()) {
        progress(done, blocks.length);
        pieces.push(new Blob([await part(client, tender, envelope.id, n)]));
    }
    const digests = blocks.map(({ sha256 }) => sha256);
    return unseal.openDocuments(front, unhex(key, 32), digests, new Blob(pieces));
}

async function frontOf(client, tender, { id, parts }) {
    const front = parseFront(await part(client, tender, id, 0));
    if ((await envelopeId(front, parts.slice(1).map(({ sha256 }) => sha256))) !== id) {
        throw new Refusal("envelope_wrong", "信封与其编号不符。", "The envelope has another id.");
    }
    return front;
}

async function part(client, tender, id, n) {
    return client.send("GET", `/api/v1/tenders/${tender}/envelopes/${id}/parts/${n}`);
}
