/*
 * The list of files in the documents section (docs/spec/envelope.md, Documents section).
 *
 *   encodeList(files)             -> canonical bytes; files: [{name, media_type, size}]
 *   parseList(bytes)              -> files; Refusal field_wrong, those of canonical JSON and of check
 *   plainLength(files, listed)    -> length of the section's plaintext without padding; listed: the list's length
 *   check(files)                  Refusal files_too_many, file_name, file_name_twice, file_media_type, file_size
 *   described(file)               -> {name, media_type, size} of a browser's File
 */

import { utf8 } from "./bytes.js";
import { check as checkJson, dumps, loadsCanonical } from "./canonical.js";
import * as forms from "./forms.js";
import { Refusal } from "./refusal.js";

export const MAX_LIST = 1 << 20;
export const HASH = 32;
const MAX_FILES = 1000;
const MAX_NAME = 255;
const MEDIA_TYPE = /^[a-z0-9][a-z0-9.+-]{0,62}\/[a-z0-9][a-z0-9.+-]{0,62}$/;
const UNKNOWN_TYPE = "application/octet-stream";
const LIST = forms.record({
    files: forms.list(forms.record({ name: forms.text(), media_type: forms.text(), size: forms.integer() })),
    type: forms.literal("sunbid/files/1"),
});

export function encodeList(files) {
    check(files);
    return dumps({ files, type: "sunbid/files/1" });
}

export function parseList(bytes) {
    const { files } = forms.check(loadsCanonical(bytes, { maxBytes: MAX_LIST }), LIST);
    check(files);
    return files;
}

export function plainLength(files, listed) {
    return 4 + listed + files.reduce((sum, file) => sum + file.size, 0) + HASH * files.length;
}

export function check(files) {
    if (files.length > MAX_FILES) {
        throw refuse("files_too_many", `文件不得超过 ${MAX_FILES} 个。`, "More than 1,000 files.", "files");
    }
    const names = new Set();
    files.forEach(({ name, media_type: type, size }, i) => {
        checkName(name, `files[${i}].name`);
        if (names.has(name)) throw refuse("file_name_twice", "文件名重复。", "Two files have one name.", `files[${i}].name`);
        names.add(name);
        if (!MEDIA_TYPE.test(type)) {
            const en = "A media type looks like application/pdf.";
            throw refuse("file_media_type", "媒体类型不对。", en, `files[${i}].media_type`);
        }
        if (size < 0) throw refuse("file_size", "文件大小不对。", "A size is not negative.", `files[${i}].size`);
    });
}

export function described({ name, type, size }) {
    // Some systems give names in decomposed form; the list takes only NFC.
    const essence = type.split(";")[0].trim().toLowerCase();
    return { name: name.normalize("NFC"), media_type: MEDIA_TYPE.test(essence) ? essence : UNKNOWN_TYPE, size };
}

function checkName(name, field) {
    checkJson(name, field);
    const size = utf8(name).length;
    const plain = size >= 1 && size <= MAX_NAME && !/[\p{Cc}/\\:]/u.test(name) && name !== ".." && !/[. ]$/.test(name);
    if (!plain) {
        throw refuse(
            "file_name",
            "文件名须为 1 至 255 字节，不含控制字符、/、\\、:，且不以点或空格结尾。",
            "A file name has 1 to 255 bytes, no control characters, /, \\ or :, and ends in no dot or space.",
            field,
        );
    }
}

function refuse(reason, zh, en, field) {
    return new Refusal(reason, zh, en, field);
}
