/*
 * The trustee's side: keys that never leave this device before the opening, and the conditions of giving one up.
 *
 *   trustee(client, vault, anchors, {ahead})   -> own, the trustee whose identity key is in the vault; Refusal not_registered.
 *       anchors as parsed; ahead: microseconds (BigInt) that a demonstration's clock is ahead, counted in demonstrations only
 *   offerKey(own, tender, kind)                -> {complete, key_set?}: hands over a fresh opening key and shows that its
 *       private half is here; until a key set was signed, doing it again goes on with the same key
 *   keySetToSign(own, tender, kind)            -> {value, keySet, opening} once checked, for showing before it is signed
 *   signKeySet(own, tender, kind)              -> {key_set, complete}: one key set per opening key, ever: the journal is
 *       written first. Refusal opening_key_signed and those of the checks
 *   rehearse(own, tender, kind)                -> {leaf}
 *   conditions(own, tender, kind)              -> as conditions.releaseConditions, as things stand
 *   release(own, tender, kind)                 -> {leaf, complete}; Refusal conditions_unmet {unmet}
 */

import { b64, equal, hex, unb64, unhex } from "./bytes.js";
import * as challenge from "./challenge.js";
import { checkpointOf, releaseConditions } from "./conditions.js";
import { checkSignature, parse } from "./keyset.js";
import { parseHash, parseProof } from "./notes.js";
import * as openings from "./openingkeys.js";
import { latestNotice, ofTender, read } from "./record.js";
import { Refusal } from "./refusal.js";
import { sign } from "./signing.js";
import { inclusionProof } from "./tiles.js";
import { now } from "./times.js";

const MAX_ATTEMPTS = 16;

export async function trustee(client, vault, anchors, { ahead = 0n } = {}) {
    const identity = hex(await vault.publicKey("trustee"));
    const found = Object.entries(anchors.trustees).find(([, registered]) => registered === identity);
    if (!found) {
        const zh = "本机身份公钥尚未登记为受托人，请交给管理员登记。";
        throw refuse("not_registered", zh, "The identity key here is no registered trustee's: give it to the administrator.");
    }
    return { client, vault, anchors, code: found[0], ahead: anchors.demonstration ? ahead : 0n };
}

export async function offerKey(own, tender, kind) {
    const { client, vault, code: name } = own;
    const { lot } = await client.get(`/tenders/${tender}`);
    let opening = openings.latest(vault, tender, kind);
    if (opening === null || opening.key_set !== null) {
        opening = await openings.make(vault, tender, kind, opening ? opening.attempt + 1 : 0);
        await openings.write(vault, opening);
    }
    const about = { trustee: name, kind };
    const { box } = await client.post(`/tenders/${tender}/opening-keys`, { ...about, opening_key: opening.public_key });
    const publicKey = unhex(opening.public_key, 32);
    const info = challenge.possessionInfo({ ...about, tender, lot, publicKey });
    const answered = await challenge.answer(await openings.privateKey(vault, opening), info, unb64(box, "box"));
    const possession = challenge.possession({ ...about, tender, lot, publicKey, answered });
    const signed = await sign(possession, vault.signingKey("trustee"));
    return client.post(`/tenders/${tender}/possessions`, { ...about, possession: signed });
}

export async function keySetToSign(own, tender, kind) {
    const { key_set: value } = await own.client.get(`/tenders/${tender}/key-set`, { kind });
    const keySet = await parse(value);
    const opening = checkOwn(own, keySet, tender, kind);
    if (opening.key_set !== null && opening.key_set !== keySet.id) {
        throw refuse(
            "opening_key_signed",
            "本机的这把开标密钥已签入另一密钥组，一把密钥只能签一个。",
            "This opening key stands in another key set that was signed here; one key, one key set.",
        );
    }
    return { value, keySet, opening };
}

export async function signKeySet(own, tender, kind) {
    const { value, keySet, opening } = await keySetToSign(own, tender, kind);
    await openings.write(own.vault, { ...opening, key_set: keySet.id });
    const { signature } = await sign(value, own.vault.signingKey("trustee"));
    const body = { trustee: own.code, kind, key_set: keySet.id, signature };
    return { key_set: keySet.id, ...(await own.client.post(`/tenders/${tender}/key-set-signatures`, body)) };
}

export async function rehearse(own, tender, kind) {
    const opening = await signedOpening(own, tender, kind);
    const { box, key_set: keySet } = await own.client.get(`/tenders/${tender}/rehearsal`, { trustee: own.code, kind });
    if (keySet !== opening.key_set) {
        throw wrong("key_set_differs", "服务器的密钥组不是本机签署的。", "The server's key set is not the one signed here.");
    }
    const info = challenge.rehearsalInfo(keySet, unhex(opening.public_key, 32));
    const answered = await challenge.answer(await openings.privateKey(own.vault, opening), info, unb64(box, "box"));
    const rehearsal = await sign(challenge.rehearsal({ keySet, trustee: own.code, answered }), own.vault.signingKey("trustee"));
    return own.client.post(`/tenders/${tender}/rehearsals`, { rehearsal });
}

export async function conditions(own, tender, kind) {
    return releaseConditions(await gather(own, tender, kind));
}

export async function release(own, tender, kind) {
    const evidence = await gather(own, tender, kind);
    const unmet = (await releaseConditions(evidence)).filter((one) => one.refusal !== null);
    if (unmet.length) {
        const zh = `条件未满足，密钥未公布：${unmet.map((one) => `应${one.zh}`).join("；")}。`;
        const en = `Not released, this does not hold: ${unmet.map((one) => one.en).join("; ")}.`;
        throw new Refusal("conditions_unmet", zh, en, null, { unmet: unmet.map((one) => one.name) });
    }
    const opening = await signedOpening(own, tender, kind);
    const { size, root } = checkpointOf(evidence.checkpoint);
    const checkpoint = { root: b64(root), size };
    const statement = {
        type: "sunbid/release/1",
        tender,
        lot: evidence.keySet.lot,
        key_set: evidence.keySet.id,
        trustee: own.code,
        private_key: hex(await openings.privateKey(own.vault, opening)),
        checkpoint,
    };
    const signed = await sign(statement, own.vault.signingKey("trustee"));
    const answered = await own.client.post(`/tenders/${tender}/releases`, { release: signed });
    await openings.write(own.vault, { ...opening, released: true }, { seen: checkpoint });
    return answered;
}

async function gather(own, tender, kind) {
    const { client, vault, anchors } = own;
    const opening = await signedOpening(own, tender, kind);
    const found = await client.get(`/tenders/${tender}/closing`, { kind });
    const keySet = await parse((await client.get(`/tenders/${tender}/key-set`, { kind })).key_set);
    const record = await ofTender(client, tender);
    const notice = latestNotice(record);
    const proof = parseProof(found.proof);
    const { size } = checkpointOf(proof.note);
    const { seen } = vault.content;
    return {
        keySet,
        signed: opening.key_set,
        anchors,
        closing: await read({ ...found.entry, index: proof.index }),
        closingProof: proof.hashes,
        notice,
        noticeProof: await noticeProof(client, notice.index, size),
        checkpoint: proof.note,
        lastSeen: seen && { size: seen.size, root: unb64(seen.root, "root") },
        consistency: seen ? await consistency(client, seen.size, size) : [],
        held: found.held,
        record,
        now: now() + own.ahead,
    };
}

/* Made here from the log's public tiles. */
async function noticeProof(client, index, size) {
    if (index === null || index >= size) {
        throw refuse("not_published", "公告尚未进入检查点，请稍后再试。", "The notice is in no checkpoint yet.");
    }
    return inclusionProof((path) => client.readStatic(`/log/${path}`), index, size);
}

async function consistency(client, oldSize, size) {
    if (oldSize > size) {
        const en = "The log is shorter than it was: report this to the supervisor at once.";
        throw refuse("log_shrunk", "日志比上次所见的短，请立即报告监督部门。", en);
    }
    const { proof } = await client.get("/log/consistency", { old: oldSize, new: size });
    return proof.map((text) => parseHash(text, "proof"));
}

/* The opening key with which this trustee stands in the key set, all of which is as it should be. */
function checkOwn({ anchors, vault, code: name }, keySet, tender, kind) {
    if (keySet.tender !== tender || keySet.kind !== kind) {
        throw wrong("key_set_tender", "密钥组属于另一项目。", "The key set is of another tender.");
    }
    if (keySet.origin !== anchors.origin || keySet.demonstration !== anchors.demonstration) {
        throw wrong("origin_wrong", "密钥组属于另一系统。", "The key set is of another log.");
    }
    if (keySet.trustees.some((one) => anchors.trustees[one.trustee] !== hex(one.identity))) {
        throw wrong("identity_unknown", "有受托人的身份公钥不符。", "A trustee's identity key is not the known one.");
    }
    const opening = openings.latest(vault, tender, kind);
    if (opening === null || opening.public_key !== hex(keySet.trustee(name).openingKey)) {
        throw wrong("opening_key_foreign", "密钥组中的公钥不是本机的。", "The opening key is not one of this vault.");
    }
    return opening;
}

/* The opening key that stands in the key set this trustee signed. */
async function signedOpening(own, tender, kind) {
    const opening = openings.latest(own.vault, tender, kind);
    return opening === null || opening.key_set === null ? remembered(own, tender, kind) : opening;
}

/* Puts back into a vault that was restored from an older copy what it signed since: the signature is the proof. */
async function remembered({ client, vault, code: name }, tender, kind) {
    const found = await client.get(`/tenders/${tender}/key-set`, { kind });
    const keySet = await parse(found.key_set);
    const named = keySet.trustee(name);
    if (!Object.hasOwn(found.signatures, name) || !equal(named.identity, await vault.publicKey("trustee"))) throw notSigned();
    await checkSignature(found.key_set, named, found.signatures[name]);
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
        const opening = await openings.make(vault, tender, kind, attempt);
        if (opening.public_key === hex(named.openingKey)) {
            const signed = { ...opening, key_set: keySet.id };
            await openings.write(vault, signed);
            return signed;
        }
    }
    throw notSigned();
}

function notSigned() {
    return refuse("key_set_not_signed", "本机没有为该项目签署密钥组。", "No key set of that tender was signed here.");
}

function wrong(reason, zh, en) {
    return refuse(reason, zh, en, "key_set");
}

function refuse(reason, zh, en, field = null) {
    return new Refusal(reason, zh, en, field);
}
