/*
 * Opening an envelope (docs/spec/envelope.md, Opening): for the self-test and the rehearsal on one's own device, and for
 * whoever checks an opened bid in a browser.
 *
 *   withQuorum(front, keySet, bidder, quorum, privateKeys)  -> Opened {values, box, formKey}
 *       Refusal header_wraps, base_wrong, wrap_closed and those of withFormKey
 *   withFormKey(front, keySet, bidder, formKey)             -> Opened; Refusal wrap_differs, form_closed, form_layout
 *   documentsKey(front, opened, keySet, evaluationKey)      -> bytes; Refusal box_closed, box_differs
 *   openDocuments(front, key, digests, section)             -> [{name, media_type, size, sha256, blob}]; section: a Blob;
 *       digests: SHA-256 in hex of its blocks. All files or none. Refusal documents_length, block_differs,
 *       documents_commitment, documents_closed, documents_layout, file_hash, and those of files.parseList
 */

import { concat, equal, hex, isZero, number, sha256 } from "./bytes.js";
import { decryptAll, opener } from "./c256.js";
import { loadsCanonical } from "./canonical.js";
import { BOX, commitmentOf, contextOf } from "./envelope.js";
import * as listing from "./files.js";
import * as forms from "./forms.js";
import { BLOCK, CHUNK, SECTION_HEAD, TAG, blockSizes, padme, plainLength } from "./padme.js";
import { Refusal } from "./refusal.js";
import { stream } from "./sha256.js";
import { KEY, deriveAll, deriveBox, openBox, unwrap } from "./wraps.js";

const FORM_AT = BOX + 4;
const MAX_FORM = 1 << 20;
const PIECE = 64 * (CHUNK + TAG);
const FORM = forms.record({
    type: forms.literal("sunbid/form/1"),
    values: forms.map(forms.either(forms.text(), forms.integer())),
});

export async function withQuorum(front, keySet, bidder, quorum, privateKeys) {
    checkBase(front, keySet, bidder);
    const context = await contextOf(front.header.base);
    const formKey = await unwrap(front.header.wraps[quorum], privateKeys, context, quorum);
    return withFormKey(front, keySet, bidder, formKey);
}

export async function withFormKey(front, keySet, bidder, formKey) {
    checkBase(front, keySet, bidder);
    const context = await contextOf(front.header.base);
    // One file key, one envelope: else bidder and one trustee could choose after the fact whether the bid opens.
    const derived = await deriveAll(formKey, keySet, context);
    const other = derived.findIndex((sealed, q) => !equal(sealed, front.header.wraps[q]));
    if (other !== -1) {
        throw refuse(
            "wrap_differs",
            "密钥封装不是由表单密钥推导而来，整份投标作废。",
            "A wrap is not the one derived from the form key: the envelope is void for every quorum.",
            `wraps[${other}]`,
        );
    }
    return openForm(front, formKey, context);
}

export async function documentsKey(front, opened, keySet, evaluationKey) {
    const context = await contextOf(front.header.base);
    const key = await openBox(opened.box, evaluationKey, context);
    const same = key.length === KEY && equal(await deriveBox(key, keySet.evaluationKey, context), opened.box);
    if (!same) {
        const zh = "评标密钥盒不是由文件密钥推导而来。";
        throw refuse("box_differs", zh, "The box is not the one derived from the documents key.");
    }
    return key;
}

export async function openDocuments(front, key, digests, section) {
    const plain = new Plain(decrypted(front, key, checked(front, digests, section)));
    const size = number(await plain.exactly(4));
    if (size > listing.MAX_LIST) throw documentsLayout();
    const found = listing.parseList(await plain.exactly(size));
    // Before anything is read: the sizes promised are those that the section has.
    if (padme(listing.plainLength(found, size)) !== plainLength(front.header.documents.length)) throw documentsLayout();
    const files = [];
    for (const file of found) files.push(await readFile(plain, file));
    for (const file of files) {
        if (hex(await plain.exactly(listing.HASH)) !== file.sha256) {
            const en = `The file ${file.name} has another hash than the bid says.`;
            throw refuse("file_hash", `文件“${file.name}”与其摘要不符。`, en, file.name);
        }
    }
    for (let rest = await plain.some(PIECE); rest.length; rest = await plain.some(PIECE)) {
        if (!isZero(rest)) throw documentsLayout();
    }
    return files;
}

function checkBase({ header: { base, wraps } }, keySet, bidder) {
    if (wraps.length !== keySet.quorums.length) {
        throw refuse("header_wraps", "密钥封装个数与密钥组不符。", "There is not one wrap for each quorum of the key set.", "wraps");
    }
    const { id, tender, lot, kind } = keySet;
    for (const [field, expected] of Object.entries({ key_set: id, tender, lot, kind, bidder })) {
        if (base[field] !== expected) {
            const zh = "信封不属于本密钥组或本投标人。";
            throw refuse("base_wrong", zh, "The envelope is not of this key set, lot or bidder.", `base.${field}`);
        }
    }
}

async function openForm({ header, formSection }, formKey, context) {
    if (!equal(commitmentOf(formSection), header.form.commitment)) {
        const zh = "开标一览表的密钥承诺与头部不符。";
        throw refuse("form_closed", zh, "The form section's key commitment is not the header's.", "form.commitment");
    }
    const plain = await told(decryptAll(formKey, context, formSection), "form_closed", "开标一览表无法解密。");
    const size = number(plain.subarray(BOX, FORM_AT));
    const end = FORM_AT + size;
    if (size > MAX_FORM || plain.length !== padme(end) || !isZero(plain.subarray(end))) throw formLayout(null, null);
    try {
        const value = loadsCanonical(plain.subarray(FORM_AT, end), { maxBytes: MAX_FORM });
        return { values: forms.check(value, FORM).values, box: plain.slice(0, BOX), formKey };
    } catch (error) {
        throw error instanceof Refusal ? formLayout(error.field, error.reason) : error;
    }
}

/* The plaintext of the documents section, pulled in order. */
class Plain {
    constructor(pieces) {
        this.pieces = pieces;
        this.rest = new Uint8Array(0);
    }

    async some(limit) {
        while (!this.rest.length) {
            const { value, done } = await this.pieces.next();
            if (done) break;
            this.rest = value;
        }
        const taken = this.rest.subarray(0, limit);
        this.rest = this.rest.subarray(taken.length);
        return taken;
    }

    async exactly(size) {
        const held = [];
        for (let left = size; left > 0; ) {
            const piece = await this.some(left);
            if (!piece.length) throw documentsLayout();
            held.push(piece);
            left -= piece.length;
        }
        return concat(...held);
    }
}

async function readFile(plain, file) {
    const hash = stream();
    const pieces = [];
    for (let left = file.size; left > 0; ) {
        const piece = await plain.some(left);
        if (!piece.length) throw documentsLayout();
        hash.update(piece);
        // A Blob per piece: the browser keeps them on disk when there are many, not in the page's memory.
        pieces.push(new Blob([piece]));
        left -= piece.length;
    }
    return { ...file, sha256: hex(hash.digest()), blob: new Blob(pieces, { type: file.media_type }) };
}

async function* decrypted({ header }, key, blocks) {
    const { value: first = new Uint8Array(0) } = await blocks.next();
    const context = await contextOf(header.base);
    const cipher = await readable(opener(key, context, first));
    const size = CHUNK + TAG;
    let waiting = first.subarray(SECTION_HEAD);
    for (;;) {
        const end = waiting.length - (waiting.length % size);
        for (let at = 0; at < end; at += PIECE) {
            yield concat(...(await readable(cipher.decrypt(waiting.subarray(at, Math.min(end, at + PIECE))))));
        }
        const { value: block, done } = await blocks.next();
        waiting = waiting.subarray(end);
        if (done) break;
        waiting = concat(waiting, block);
    }
    yield await readable(cipher.last(waiting));
}

function readable(opening) {
    return told(opening, "documents_closed", "投标文件无法解密。");
}

/* The blocks, each only after its hash was checked: damage in storage is told from a bidder's fault. */
async function* checked({ header: { documents } }, digests, section) {
    const sizes = blockSizes(documents.length);
    if (section.size !== documents.length || digests.length < sizes.length) {
        const en = "The documents section has not the length that the header says.";
        throw refuse("documents_length", "投标文件长度与信封头部不符。", en);
    }
    for (const i of sizes.keys()) {
        const block = new Uint8Array(await section.slice(i * BLOCK, (i + 1) * BLOCK).arrayBuffer());
        if (hex(await sha256(block)) !== digests[i]) {
            const en = `Part ${i + 1} has another hash: fetch it again.`;
            throw refuse("block_differs", `第 ${i + 1} 部分与其摘要不符，请重新取得。`, en, `blocks[${i + 1}]`);
        }
        if (i === 0 && !equal(commitmentOf(block), documents.commitment)) {
            const en = "The documents section's key commitment is not the header's.";
            throw refuse("documents_commitment", "投标文件的密钥承诺与头部不符。", en);
        }
        yield block;
    }
}

async function told(opening, reason, zh) {
    try {
        return await opening;
    } catch (error) {
        throw error.reason === "section_closed" ? refuse(reason, zh, "The section does not decrypt.") : error;
    }
}

function documentsLayout() {
    return refuse("documents_layout", "投标文件部分的内容不符合格式。", "The documents section's content is not of its form.");
}

function formLayout(field, because) {
    const en = "The form section's content is not of its form.";
    return new Refusal("form_layout", "开标一览表的内容不符合格式。", en, field, { because });
}

function refuse(reason, zh, en, field = null) {
    return new Refusal(reason, zh, en, field);
}
