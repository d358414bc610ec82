/*
 * Key sets: the signed record of the keys of one envelope kind of one lot (docs/spec/envelope.md, Key set).
 *
 *   verify(record, {identities, demonstration})  -> KeySet after every check of a sealer
 *   parse(value)                                 -> KeySet of sound form, policy and keys, signatures unseen
 *   checkPolicy(quorums, trustees)
 *   checkSignature(value, trustee, signature)    one trustee's, over the whole key set
 *   checkReleased(keySet, trustee, privateKey)   Refusal opening_key_wrong
 *
 * KeySet: id, tender, lot, kind, origin, demonstration, formSchema, evaluationKey (bytes), quorums (lists of names),
 * trustees ({trustee, identity, openingKey}: bytes), openingKeys(q), trustee(name).
 */

import { equal, hex, unhex } from "./bytes.js";
import * as forms from "./forms.js";
import { checkPoint, publicKeyOf } from "./hpke.js";
import { Refusal } from "./refusal.js";
import { message, objectId, verifyBytes } from "./signing.js";

const MAX_QUORUMS = 12;
const SUITE = 1;
const KEY = 32;
const RECORD = forms.record({ key_set: forms.object, signatures: forms.map(forms.text()) });
const FORM = forms.record({
    demonstration: forms.boolean,
    evaluation_key: forms.text(),
    form_schema: forms.text(),
    kind: forms.text(),
    lot: forms.text(),
    origin: forms.text(),
    quorums: forms.list(forms.list(forms.text())),
    suite: forms.integer(),
    tender: forms.text(),
    trustees: forms.list(
        forms.record({ identity: forms.text(), opening_key: forms.text(), trustee: forms.text(forms.TRUSTEE) }),
    ),
    type: forms.literal("sunbid/key-set/1"),
});

export class KeySet {
    constructor(members) {
        Object.assign(this, members);
    }

    trustee(name) {
        const found = this.trustees.find((one) => one.trustee === name);
        if (!found) throw notListed(name);
        return found;
    }

    openingKeys(quorum) {
        return this.quorums[quorum].map((name) => this.trustee(name).openingKey);
    }
}

export async function verify(record, { identities, demonstration }) {
    forms.check(record, RECORD);
    const keySet = await parse(record.key_set);
    if (keySet.demonstration && !demonstration) {
        throw new Refusal(
            "demonstration_unexpected",
            "这是演示用的密钥组，不能用于真实投标。",
            "This key set is of a demonstration: nothing sealed to it is a real bid.",
            "demonstration",
        );
    }
    for (const { trustee, identity } of keySet.trustees) {
        if (!Object.hasOwn(identities, trustee) || identities[trustee] !== hex(identity)) {
            throw refuse(
                "identity_unknown",
                `受托人 ${trustee} 的身份公钥与已公布的不一致。`,
                `The identity key of trustee ${trustee} is not the published one.`,
                "trustees", { trustee },
            );
        }
    }
    await checkSignatures(record, keySet.trustees);
    return keySet;
}

export async function parse(value) {
    forms.check(value, FORM);
    if (value.suite !== SUITE) {
        throw refuse("suite_unknown", "不支持此密码套件。", "This suite is not known.", "suite", { suite: value.suite });
    }
    unhex(value.form_schema, KEY, "form_schema");
    const trustees = [];
    for (const [i, one] of value.trustees.entries()) trustees.push(await readTrustee(one, `trustees[${i}]`));
    checkPolicy(value.quorums, trustees.map((one) => one.trustee));
    const evaluationKey = await readPoint(value.evaluation_key, "evaluation_key");
    checkDistinct(trustees, evaluationKey);
    const { tender, lot, kind, origin, demonstration, quorums } = value;
    const id = await objectId(value);
    const formSchema = value.form_schema;
    return new KeySet({ id, tender, lot, kind, origin, demonstration, formSchema, evaluationKey, quorums, trustees });
}

export function checkPolicy(quorums, trustees) {
    if (!quorums.length) throw refuse("quorums_none", "没有开启组合。", "There is no quorum.", "quorums");
    if (quorums.length > MAX_QUORUMS) {
        throw refuse("quorums_too_many", `开启组合不得超过 ${MAX_QUORUMS} 个。`, "More than 12 quorums.", "quorums");
    }
    if (new Set(trustees).size !== trustees.length) {
        throw refuse("trustee_twice", "同一受托人列出两次。", "A trustee is listed twice.", "trustees");
    }
    quorums.forEach((quorum, i) => checkQuorum(quorum, trustees, `quorums[${i}]`));
    const sets = quorums.map((quorum) => new Set(quorum));
    sets.forEach((one, i) => sets.slice(i + 1).forEach((other) => checkPair(one, other)));
    for (const trustee of trustees) {
        if (!sets.some((quorum) => quorum.has(trustee))) {
            const zh = `受托人 ${trustee} 不在任何开启组合中。`;
            throw refuse("trustee_in_no_quorum", zh, `Trustee ${trustee} is in no quorum.`, "trustees", { trustee });
        }
    }
}

export async function checkSignature(value, trustee, signature) {
    await verifyBytes(message(value), signature, trustee.identity);
}

export async function checkReleased(keySet, trustee, privateKey) {
    if (!equal(await publicKeyOf(privateKey), keySet.trustee(trustee).openingKey)) {
        throw refuse(
            "opening_key_wrong",
            `受托人 ${trustee} 公布的私钥与密钥组中的公钥不符。`,
            `The private key that trustee ${trustee} published does not belong to the public key of the key set.`,
            "private_key", { trustee },
        );
    }
}

function checkQuorum(quorum, trustees, field) {
    if (quorum.length < 2) {
        const zh = "开启组合至少要有两个受托人。";
        throw refuse("quorum_too_small", zh, "A quorum has fewer than two trustees.", field);
    }
    if (new Set(quorum).size !== quorum.length) {
        const zh = "开启组合中同一受托人出现两次。";
        throw refuse("trustee_twice_in_quorum", zh, "A trustee stands twice in one quorum.", field);
    }
    for (const name of quorum) if (!trustees.includes(name)) throw notListed(name);
}

function checkPair(one, other) {
    const common = [...one].filter((name) => other.has(name)).length;
    if (common === one.size && common === other.size) {
        throw refuse("quorum_twice", "开启组合重复。", "A quorum is named twice.", "quorums");
    }
    if (common === one.size || common === other.size) {
        throw refuse("quorum_inside_another", "开启组合互相包含。", "A quorum is inside another.", "quorums");
    }
    if (!common) {
        throw refuse("quorums_disjoint", "两个开启组合没有共同的受托人。", "Two quorums have no trustee in common.", "quorums");
    }
}

async function checkSignatures({ key_set: value, signatures }, trustees) {
    const unexpected = Object.keys(signatures).filter((name) => !trustees.some((one) => one.trustee === name)).sort();
    if (unexpected.length) {
        const zh = "密钥组有未列名者的签名。";
        const en = "The key set has a signature of somebody it does not name.";
        throw refuse("signature_unexpected", zh, en, "signatures", { trustee: unexpected[0] });
    }
    for (const one of trustees) {
        const { trustee } = one;
        if (!Object.hasOwn(signatures, trustee)) {
            const zh = `密钥组缺少受托人 ${trustee} 的签名。`;
            throw refuse("signature_missing", zh, `Trustee ${trustee} has not signed the key set.`, "signatures", { trustee });
        }
        await checkSignature(value, one, signatures[trustee]);
    }
}

function checkDistinct(trustees, evaluationKey) {
    // An evaluation key that is also an opening key would be published with it, and the documents with both.
    const keys = new Set([evaluationKey, ...trustees.map((one) => one.openingKey)].map(hex));
    if (keys.size !== trustees.length + 1) {
        throw refuse("keys_equal", "密钥组中有相同的公钥。", "Two keys of the key set are equal.", "trustees");
    }
    if (new Set(trustees.map((one) => hex(one.identity))).size !== trustees.length) {
        throw refuse("identities_equal", "两个受托人使用同一身份公钥。", "Two trustees have one identity key.", "trustees");
    }
}

async function readTrustee(found, field) {
    const identity = unhex(found.identity, KEY, `${field}.identity`);
    return { trustee: found.trustee, identity, openingKey: await readPoint(found.opening_key, `${field}.opening_key`) };
}

async function readPoint(text, field) {
    const point = unhex(text, KEY, field);
    await checkPoint(point, field);
    return point;
}

function notListed(name) {
    const zh = `受托人 ${name} 不在密钥组中。`;
    return refuse("trustee_not_listed", zh, `Trustee ${name} is not listed in the key set.`, "trustees", { trustee: name });
}

function refuse(reason, zh, en, field, facts = {}) {
    return new Refusal(reason, zh, en, field, facts);
}
