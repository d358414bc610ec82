/*
 * Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint, tlog-cosignature), log proofs (tlog-proof).
 *
 *   parseVkey(text)                          -> {name, type, publicKey, id}; type LOG or WITNESS
 *   parseNote(text)                          -> {text, signatures: [{name, id, value}]}; nothing is verified
 *   parseCheckpoint(text)                    -> {origin, size, root}
 *   openCheckpoint(note, logKey, witnesses)  -> {checkpoint, cosignatures}: signatures of known keys all verified
 *   parseProof(text)                         -> {index, hashes, note (text)}
 *
 * Refusals as in notary/notes.py and notary/proofs.py.
 */

import { concat, equal, hex, number, sha256, unb64, unhex, utf8 } from "./bytes.js";
import { HASH, MAX_PROOF } from "./merkle.js";
import { Refusal } from "./refusal.js";
import { verifies } from "./signing.js";

export const LOG = 1;
export const WITNESS = 4;
const MAX_NOTE = 1 << 18;
const MAX_SIGNATURES = 64;
const TIME = 8;
// The last second of the year 9999, as in notary/notes.py.
const LAST_SECOND = 253_402_300_799;
const PROOF = "c2sp.org/tlog-proof@v1";

export async function parseVkey(text) {
    const [name, id, material, ...more] = text.split("+");
    const rest = [material, ...more].join("+");
    if (material === undefined) throw refuse("vkey_malformed", "验证公钥格式不对。", "A vkey is <name>+<hex id>+<base64 key>.", "vkey");
    checkName(name);
    const told = unhex(id, 4, "vkey");
    const bytes = unb64(rest, "vkey");
    if (bytes[0] !== LOG && bytes[0] !== WITNESS) {
        throw refuse("vkey_type_unknown", "不支持的公钥类型。", "A key of this type is not supported.", "vkey");
    }
    if (bytes.length !== 1 + HASH) throw refuse("vkey_malformed", "公钥应为 32 字节。", "The public key must have 32 bytes.", "vkey");
    const real = (await sha256(utf8(`${name}\n`), bytes)).slice(0, 4);
    if (!equal(real, told)) throw refuse("vkey_id_wrong", "公钥编号与公钥不符。", "The key id is not that of the key.", "vkey");
    return { name, type: bytes[0], publicKey: bytes.slice(1), id: hex(real) };
}

export function parseNote(whole) {
    if (utf8(whole).length > MAX_NOTE) throw refuse("note_too_large", "签名文本过大。", "The note is too large.");
    if (/[\u0000-\u0009\u000b-\u001f]/.test(whole)) {
        throw refuse("note_control", "签名文本含有控制字符。", "The note has control characters.");
    }
    // The last blank line parts text and signatures: the text may hold blank lines of its own.
    const at = whole.lastIndexOf("\n\n");
    if (at === -1 || !whole.endsWith("\n") || at + 2 >= whole.length) {
        throw refuse("note_malformed", "签名文本格式不对。", "A note is text, a blank line, and signature lines.");
    }
    const signatures = whole.slice(at + 2, -1).split("\n").map(parseSignature);
    if (signatures.length > MAX_SIGNATURES) throw refuse("note_signatures_many", "签名过多。", "The note has too many signatures.");
    return { text: whole.slice(0, at + 1), signatures };
}

export function parseCheckpoint(text) {
    const lines = text.split("\n");
    if (lines.length < 4 || lines.pop() !== "" || lines.includes("")) {
        throw refuse("checkpoint_malformed", "检查点格式不对。", "A checkpoint is at least three lines, none empty.");
    }
    const [origin, size, root] = lines;
    return { origin, size: parseDecimal(size, "size"), root: parseHash(root, "root") };
}

export async function openCheckpoint(note, logKey, witnesses) {
    const parsed = parseNote(note);
    const found = await openNote(parsed, [logKey, ...witnesses]);
    if (!found.includes(logKey)) {
        throw refuse("note_unsigned", "没有日志的签名。", "The log has not signed the checkpoint.", "signature");
    }
    const checkpoint = parseCheckpoint(parsed.text);
    if (checkpoint.origin !== logKey.name) {
        throw refuse("origin_wrong", "检查点属于另一日志。", "The checkpoint is of another log.", "origin");
    }
    return { checkpoint, cosignatures: found.filter((key) => key !== logKey).length };
}

export function parseProof(text) {
    const at = text.indexOf("\n\n");
    const lines = text.slice(0, Math.max(at, 0)).split("\n");
    const header = lines.shift();
    const index = lines.shift() ?? "";
    if (at === -1 || header !== PROOF || !index.startsWith("index ") || lines.length > MAX_PROOF) {
        throw refuse("proof_malformed", "日志证明格式不对。", `A log proof begins with ${PROOF} and the index.`, "proof");
    }
    const note = text.slice(at + 2);
    parseCheckpoint(parseNote(note).text);
    const hashes = lines.map((line) => parseHash(line, "proof"));
    return { index: parseDecimal(index.slice("index ".length), "index"), hashes, note };
}

export function parseHash(text, field) {
    const bytes = unb64(text, field);
    if (bytes.length !== HASH) throw refuse("hash_length_wrong", "哈希应为 32 字节。", "A hash must have 32 bytes.", field);
    return bytes;
}

/* The known keys whose signatures the note has, each verified. */
async function openNote({ text, signatures }, known) {
    const found = [];
    for (const signature of signatures) {
        const key = known.find((one) => one.name === signature.name && one.id === signature.id);
        if (!key || found.includes(key)) continue;
        if (!(await right(text, signature.value, key))) {
            throw refuse("note_signature_wrong", "已知密钥的签名不正确。", "A known key's signature is wrong.", "signature");
        }
        found.push(key);
    }
    if (!found.length) throw refuse("note_unsigned", "没有已知密钥的签名。", "No signature is by a known key.", "signature");
    return found;
}

async function right(text, value, key) {
    if (key.type === LOG) return verifies(utf8(text), value, key.publicKey);
    const seconds = number(value.subarray(0, TIME));
    if (seconds > LAST_SECOND) return false;
    return verifies(utf8(`cosignature/v1\ntime ${seconds}\n${text}`), value.subarray(TIME), key.publicKey);
}

function parseSignature(line) {
    const [dash, name, ...rest] = line.split(" ");
    const value = rest.join(" ");
    if (dash !== "—" || !value) {
        throw refuse("note_malformed", "签名行格式不对。", "A signature line is — <name> <base64>.", "signature");
    }
    checkName(name);
    const bytes = unb64(value, "signature");
    if (bytes.length < 5) throw refuse("note_malformed", "签名行过短。", "A signature is a key id and more.", "signature");
    return { name, id: hex(bytes.subarray(0, 4)), value: bytes.slice(4) };
}

function checkName(name) {
    if (!name || /[+\s\u0000-\u001f]/u.test(name)) {
        throw refuse("key_name_malformed", "密钥名为空或含空格、加号。", "A key name has no spaces or plus.", "name");
    }
}

function parseDecimal(text, field) {
    if (/^(?:0|[1-9][0-9]{0,18})$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
    throw refuse("not_a_decimal", "应为不带前导零的十进制数。", "Expected a decimal without leading zeroes.", field);
}

function refuse(reason, zh, en, field = null) {
    return new Refusal(reason, zh, en, field);
}
