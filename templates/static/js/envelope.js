/*
 * The envelope's format: header, context, id, part 0 (docs/spec/envelope.md, Layout, Envelope id and parts).
 *
 *   contextOf(base)                  -> the 32 bytes that bind sections and boxes to a base {bidder, key_set, …}
 *   encodeHeader(header)             -> canonical bytes; header: {base, form, documents, wraps}, form and documents
 *                                       {length, commitment (bytes)}, wraps bytes. Refusal header_too_large
 *   encodeFront(headerBytes, form)   -> part 0 from the header's bytes and the form section
 *   parseFront(part0)                -> {header, headerBytes, formSection}
 *                                       Refusal header_layout, header_json, header_members, header_length
 *   parseHeader(bytes)               -> header
 *   frontLength(start)               -> the length of part 0, from the first bytes of a file (MAX_START are enough)
 *   envelopeId(front, blocks)        -> hex; blocks: the SHA-256 in hex of each block of the documents section
 *   commitmentOf(start)              -> the key commitment in the first bytes of a section
 */

import { b64, concat, equal, hex, number, sha256, u32, unb64, unhex, utf8 } from "./bytes.js";
import { dumps, loadsCanonical } from "./canonical.js";
import * as forms from "./forms.js";
import { SALT, SECTION_HEAD } from "./padme.js";
import { Refusal } from "./refusal.js";

export const MAGIC = utf8("sunbid/envelope/1\n");
export const BOX = 80;
const MAX_HEADER = 262_144;
const HEADER_AT = MAGIC.length + 4;
export const MAX_START = HEADER_AT + MAX_HEADER;

const SECTION = forms.record({ commitment: forms.text(), length: forms.integer(0) });
const BASE = ["bidder", "key_set", "kind", "lot", "nonce", "tender"];
const HEADER = forms.record({
    base: forms.record(Object.fromEntries(BASE.map((name) => [name, forms.text()]))),
    documents: SECTION,
    form: SECTION,
    wraps: forms.list(forms.record({ quorum: forms.integer(), sealed: forms.text() })),
});

export async function contextOf(base) {
    return sha256(utf8("sunbid/context/1\n"), dumps(base));
}

export function encodeHeader({ base, documents, form, wraps }) {
    const section = ({ length, commitment }) => ({ commitment: hex(commitment), length });
    const bytes = dumps({
        base,
        documents: section(documents),
        form: section(form),
        wraps: wraps.map((sealed, quorum) => ({ quorum, sealed: b64(sealed) })),
    });
    if (bytes.length > MAX_HEADER) {
        throw refuse("header_too_large", "信封头部超过 256 KiB。", "The envelope's header is over 256 KiB.");
    }
    return bytes;
}

export function encodeFront(headerBytes, formSection) {
    return concat(MAGIC, u32(headerBytes.length), headerBytes, formSection);
}

export function parseFront(part0) {
    const end = headerEnd(part0);
    const headerBytes = part0.slice(HEADER_AT, end);
    const formSection = part0.slice(end);
    const header = parseHeader(headerBytes);
    if (formSection.length !== header.form.length) {
        const zh = "报价表长度与头部不符。";
        throw refuse("header_length", zh, "The form section has not the length that the header says.", "form.length");
    }
    return { header, headerBytes, formSection };
}

export function frontLength(start) {
    const end = headerEnd(start);
    return end + parseHeader(start.slice(HEADER_AT, end)).form.length;
}

export function parseHeader(bytes) {
    let value;
    try {
        value = loadsCanonical(bytes, { maxBytes: MAX_HEADER });
    } catch (error) {
        throw because(error, "header_json", "信封头部不是规范 JSON。", "The header is not canonical JSON.");
    }
    try {
        return readHeader(value);
    } catch (error) {
        throw because(error, "header_members", "信封头部成员不符。", "The header's members are not those of the format.");
    }
}

export async function envelopeId({ headerBytes, formSection }, blocks) {
    const hashes = await Promise.all([sha256(headerBytes), sha256(formSection)]);
    return hex(await sha256(utf8("sunbid/envelope-id/1\n"), ...hashes, ...blocks.map((one) => unhex(one, 32, "blocks"))));
}

export function commitmentOf(start) {
    return start.slice(SALT, SECTION_HEAD);
}

function headerEnd(start) {
    if (!equal(start.subarray(0, MAGIC.length), MAGIC)) {
        throw refuse("header_layout", "不是阳光标信封（第 1 版）。", "This is no Sunbid envelope of version 1.");
    }
    const size = number(start.subarray(MAGIC.length, HEADER_AT));
    if (start.length < HEADER_AT || size > MAX_HEADER || start.length < HEADER_AT + size) {
        throw refuse("header_layout", "信封头部长度不对。", "The header's length is over 256 KiB or over the file.");
    }
    return HEADER_AT + size;
}

function readHeader(value) {
    forms.check(value, HEADER);
    unhex(value.base.key_set, 32, "base.key_set");
    unhex(value.base.nonce, 16, "base.nonce");
    return {
        base: value.base,
        form: readSection(value.form, "form"),
        documents: readSection(value.documents, "documents"),
        wraps: value.wraps.map(readWrap),
    };
}

function readSection({ length, commitment }, field) {
    return { length, commitment: unhex(commitment, 32, `${field}.commitment`) };
}

function readWrap({ quorum, sealed }, place) {
    const field = `wraps[${place}]`;
    if (quorum !== place) throw refuse("header_members", "封装次序不对。", "The wraps are not in order.", `${field}.quorum`);
    return unb64(sealed, `${field}.sealed`);
}

function because(error, reason, zh, en) {
    return error instanceof Refusal ? new Refusal(reason, zh, en, error.field, { because: error.reason }) : error;
}

function refuse(reason, zh, en, field = null) {
    return new Refusal(reason, zh, en, field);
}
