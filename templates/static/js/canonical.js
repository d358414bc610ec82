/*
 * Canonical JSON: RFC 8785 out, strict JSON in (docs/spec/envelope.md, Conventions).
 *
 *   dumps(value)                            the canonical bytes
 *   loads(bytes, {maxBytes})                a value of strict JSON: no duplicate keys, no fractions, 32 deep, NFC
 *   loadsCanonical(bytes, {maxBytes})       the same, and the bytes are the canonical form of what they say
 *   check(value, path)                      throws for what a signed format may not hold, naming the field
 *
 * Objects come without prototype, so no name in them means anything. Refusals: json_too_large, json_too_deep,
 * json_not_utf8, json_syntax, json_duplicate_key, json_not_canonical, number_not_integer, integer_too_large,
 * text_surrogate, text_control, text_not_nfc, not_json.
 */

import { equal, textOf, utf8 } from "./bytes.js";
import { Refusal } from "./refusal.js";

export const MAX_DEPTH = 32;
const MAX_BYTES = 1 << 20;
// Controls, and the bidirectional marks that make text read otherwise than it is stored (UAX #9, Trojan Source).
const FORBIDDEN =
    /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
const NOT_A_NUMBER = /NaN|-?Infinity/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const SPACE = /[ \t\n\r]*/y;
const ESCAPES = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const WORDS = [["true", true], ["false", false], ["null", null]];

export function dumps(value) {
    check(value);
    return utf8(encoded(value));
}

export function loads(bytes, { maxBytes = MAX_BYTES } = {}) {
    if (bytes.length > maxBytes) {
        throw new Refusal("json_too_large", `JSON 超过 ${maxBytes} 字节。`, `The JSON is larger than ${maxBytes} bytes.`);
    }
    let text;
    try {
        text = textOf(bytes);
    } catch {
        throw new Refusal("json_not_utf8", "不是有效的 UTF-8。", "The JSON is not valid UTF-8.");
    }
    const value = new Parser(text).whole();
    check(value);
    return value;
}

export function loadsCanonical(bytes, options) {
    const value = loads(bytes, options);
    if (!equal(utf8(encoded(value)), bytes)) {
        throw new Refusal("json_not_canonical", "JSON 不是规范形式（RFC 8785）。", "The JSON is not in RFC 8785 form.");
    }
    return value;
}

export function check(value, path = "") {
    if (value === null || typeof value === "boolean") return;
    if (typeof value === "string") checkText(value, path);
    else if (typeof value === "number") checkNumber(value, path);
    else if (Array.isArray(value)) value.forEach((item, i) => check(item, `${path}[${i}]`));
    else if (typeof value === "object" && isPlain(value)) {
        for (const [key, item] of Object.entries(value)) {
            checkText(key, path);
            check(item, path ? `${path}.${key}` : key);
        }
    } else throw new Refusal("not_json", "不允许的数据类型。", "A value of this type is not allowed.", path || null);
}

function isPlain(value) {
    const prototype = Object.getPrototypeOf(value);
    return prototype === null || prototype === Object.prototype;
}

function checkNumber(value, path) {
    if (!Number.isInteger(value)) {
        throw new Refusal("not_json", "不允许的数据类型。", "A value of this type is not allowed.", path || null);
    }
    if (!Number.isSafeInteger(value)) throw tooLarge(path || null);
}

function checkText(text, path) {
    if (!text.isWellFormed()) {
        throw new Refusal("text_surrogate", "文本含有孤立代理项。", "The text has a lone surrogate.", path || null);
    }
    if (FORBIDDEN.test(text)) {
        throw new Refusal(
            "text_control", "文本含有控制字符或方向控制符。", "The text has control or bidirectional characters.", path || null,
        );
    }
    if (text.normalize("NFC") !== text) {
        throw new Refusal("text_not_nfc", "文本不是 NFC 形式。", "The text is not in Unicode NFC.", path || null);
    }
}

// JSON.stringify writes strings and integers as RFC 8785 does; sort() orders by UTF-16 code units, as it wants.
function encoded(value) {
    if (Array.isArray(value)) return `[${value.map(encoded).join(",")}]`;
    if (value === null || typeof value !== "object") return JSON.stringify(value);
    const members = Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${encoded(value[key])}`);
    return `{${members.join(",")}}`;
}

class Parser {
    constructor(text) {
        this.text = text;
        this.at = 0;
    }

    whole() {
        this.space();
        const value = this.value(0);
        this.space();
        if (this.at !== this.text.length) throw this.syntax();
        return value;
    }

    value(depth) {
        const first = this.text[this.at];
        if (first === "{" || first === "[") {
            if (depth === MAX_DEPTH) throw tooDeep();
            return first === "{" ? this.object(depth + 1) : this.array(depth + 1);
        }
        if (first === '"') return this.string();
        for (const [word, meaning] of WORDS) {
            if (this.text.startsWith(word, this.at)) {
                this.at += word.length;
                return meaning;
            }
        }
        return this.number();
    }

    object(depth) {
        const found = Object.create(null);
        this.at += 1;
        this.space();
        if (this.taken("}")) return found;
        do {
            this.space();
            const key = this.text[this.at] === '"' ? this.string() : this.fail();
            if (Object.hasOwn(found, key)) throw duplicate(key);
            this.space();
            this.take(":");
            this.space();
            found[key] = this.value(depth);
            this.space();
        } while (this.taken(","));
        this.take("}");
        return found;
    }

    array(depth) {
        const found = [];
        this.at += 1;
        this.space();
        if (this.taken("]")) return found;
        do {
            this.space();
            found.push(this.value(depth));
            this.space();
        } while (this.taken(","));
        this.take("]");
        return found;
    }

    string() {
        this.at += 1;
        let found = "";
        for (;;) {
            found += this.matched(PLAIN)[0];
            if (this.taken('"')) return found;
            this.take("\\");
            found += this.escape();
        }
    }

    escape() {
        const mark = this.text[this.at];
        this.at += 1;
        if (mark !== undefined && Object.hasOwn(ESCAPES, mark)) return ESCAPES[mark];
        const digits = this.text.slice(this.at, this.at + 4);
        if (mark !== "u" || !/^[0-9a-fA-F]{4}$/.test(digits)) throw this.syntax();
        this.at += 4;
        return String.fromCharCode(Number.parseInt(digits, 16));
    }

    number() {
        if (this.matched(NOT_A_NUMBER)) throw notInteger();
        const found = this.matched(NUMBER);
        if (!found) throw this.syntax();
        if (found[1] !== undefined || found[2] !== undefined) throw notInteger();
        if (found[0].length > 17) throw tooLarge(null);
        // Up to 17 digits a rounded number is beyond 2^53 - 1 exactly when the written one is.
        return Number(found[0]) + 0;
    }

    matched(pattern) {
        pattern.lastIndex = this.at;
        const found = pattern.exec(this.text);
        if (found) this.at = pattern.lastIndex;
        return found;
    }

    space() {
        this.matched(SPACE);
    }

    taken(character) {
        const there = this.text[this.at] === character;
        if (there) this.at += 1;
        return there;
    }

    take(character) {
        if (!this.taken(character)) throw this.syntax();
    }

    fail() {
        throw this.syntax();
    }

    syntax() {
        const line = this.text.slice(0, this.at).split("\n").length;
        return new Refusal("json_syntax", `JSON 语法错误（第 ${line} 行）。`, `JSON syntax error on line ${line}.`);
    }
}

function tooDeep() {
    return new Refusal("json_too_deep", `JSON 嵌套超过 ${MAX_DEPTH} 层。`, `JSON nests over ${MAX_DEPTH} deep.`);
}

function tooLarge(field) {
    return new Refusal("integer_too_large", "整数超出范围。", "The integer is out of range.", field);
}

function notInteger() {
    return new Refusal(
        "number_not_integer",
        '数字必须是整数；金额请写成文本，如 "1234.50"。',
        'Numbers must be integers; write money as text, like "1234.50".',
    );
}

function duplicate(key) {
    const shown = key.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, "").slice(0, 80);
    return new Refusal("json_duplicate_key", `键重复：${shown}`, `The key ${shown} occurs twice.`, shown);
}
