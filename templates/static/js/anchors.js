/*
 * Anchors (docs/spec/log.md, Anchors): the keys that one believes, given from outside or seen first and kept ever after.
 *
 *   parse(value)                      -> Anchors {origin, demonstration, logKey, receiptKey, witnesses, witnessQuorum,
 *                                        trustees (name to hex), value}
 *   trusted(shown, kept, {given, demonstration})  -> the anchors' JSON to work with and to keep: `given` wins over all;
 *       else those that the server shows, which must agree with the kept ones: no key may change, trustees may be added.
 *       Refusal anchors_changed, demonstration_unexpected
 *   openCheckpoint(anchors, note)     -> checkpoint {origin, size, root} signed by the log and a quorum of witnesses
 *   fingerprint(hex)                  -> in groups of four digits, for comparing by eye
 */

import { hex, unhex } from "./bytes.js";
import { dumps } from "./canonical.js";
import * as forms from "./forms.js";
import * as notes from "./notes.js";
import { Refusal } from "./refusal.js";

const DEMONSTRATION = "/demonstration";
const FORM = forms.record({
    type: forms.literal("sunbid/anchors/1"),
    origin: forms.text(),
    demonstration: forms.boolean,
    log_key: forms.text(),
    receipt_key: forms.text(forms.HEX_32),
    witnesses: forms.list(forms.text()),
    witness_quorum: forms.integer(),
    trustees: forms.map(forms.text(forms.HEX_32), forms.TRUSTEE),
});

export async function parse(value) {
    forms.check(value, FORM);
    const { origin, demonstration, witness_quorum: witnessQuorum, trustees } = value;
    if (origin.endsWith(DEMONSTRATION) !== demonstration) {
        const zh = `演示日志的名称须以 ${DEMONSTRATION} 结尾，其他日志不得如此。`;
        throw refuse("origin_wrong", zh, `The origin of a demonstration, and no other, ends in ${DEMONSTRATION}.`, "origin");
    }
    const logKey = await vkey(value.log_key, notes.LOG, "log_key");
    if (logKey.name !== origin) {
        throw refuse("origin_wrong", "日志公钥不属于该日志。", "The log key is not that of the origin.", "log_key");
    }
    const witnesses = await Promise.all(value.witnesses.map((text) => vkey(text, notes.WITNESS, "witnesses")));
    checkWitnesses(witnesses, witnessQuorum);
    const receiptKey = unhex(value.receipt_key, 32, "receipt_key");
    return { origin, demonstration, logKey, receiptKey, witnesses, witnessQuorum, trustees, value };
}

export async function trusted(shown, kept, { given = null, demonstration = false } = {}) {
    const value = given ?? shown;
    const found = await parse(value);
    if (found.demonstration && !demonstration) {
        const zh = "这是演示系统，在其中所做的一切都无效力。";
        throw refuse("demonstration_unexpected", zh, "This server is a demonstration: nothing done in it counts.", "demonstration");
    }
    if (given === null && kept !== null) checkSame(kept, value);
    return value;
}

export async function openCheckpoint(anchors, note) {
    const { checkpoint, cosignatures } = await notes.openCheckpoint(note, anchors.logKey, anchors.witnesses);
    if (cosignatures < anchors.witnessQuorum) {
        throw refuse(
            "witnesses_missing",
            `检查点只有 ${cosignatures} 个见证签名，需要 ${anchors.witnessQuorum} 个。`,
            `The checkpoint has ${cosignatures} cosignatures; ${anchors.witnessQuorum} are needed.`,
            "signature",
        );
    }
    return checkpoint;
}

export function fingerprint(digits) {
    return digits.match(/.{4}/g).join(" ");
}

function checkSame(kept, found) {
    for (const member of Object.keys(kept).filter((name) => name !== "trustees").sort()) {
        if (hex(dumps(kept[member])) !== hex(dumps(found[member]))) throw changed(member);
    }
    for (const [trustee, identity] of Object.entries(kept.trustees)) {
        if (found.trustees[trustee] !== identity) throw changed(`trustees.${trustee}`);
    }
}

async function vkey(text, type, field) {
    const key = await notes.parseVkey(text);
    if (key.type !== type) throw refuse("vkey_type_unknown", "公钥用途不对。", "The key is not of the type wanted here.", field);
    return key;
}

function checkWitnesses(witnesses, quorum) {
    if (new Set(witnesses.map((key) => hex(key.publicKey))).size !== witnesses.length) {
        throw refuse("witness_twice", "同一见证人列出两次。", "A witness is listed twice.", "witnesses");
    }
    if (quorum < 0 || quorum > witnesses.length) {
        throw refuse("witness_quorum_wrong", "见证人数不足法定数。", "The quorum is above the witnesses.", "witness_quorum");
    }
}

function changed(member) {
    return refuse(
        "anchors_changed",
        `服务器公布的密钥（${member}）与本机记录的不一致。请停止操作，经其他渠道核对。`,
        `A key that the server shows (${member}) is not the one kept here. Stop, and compare it by another way.`,
        member,
    );
}

function refuse(reason, zh, en, field) {
    return new Refusal(reason, zh, en, field);
}
