/*
 * The form schema of the opening statement (docs/spec/envelope.md, Form schema): the check of a filled form before sealing.
 *
 *   checkForm(schema, values)   Refusal field_unknown, field_missing, not_money, not_an_integer, not_a_line,
 *                               text_too_long, not_a_choice, out_of_range, each naming `values.<name>`
 *   schemaId(schema)            -> its id in hex, which the key set names
 */

import { check as checkJson } from "./canonical.js";
import { Refusal } from "./refusal.js";
import { digest } from "./signing.js";

const MONEY = /^(?:0|[1-9][0-9]{0,12})\.[0-9]{2}$/;
const BREAKS = /[\u0009-\u000d\u001c-\u001e\u0085\u2028\u2029]/;

export function schemaId(schema) {
    return digest("sunbid/form-schema/1", schema);
}

export function checkForm({ fields }, values) {
    const unknown = Object.keys(values).find((name) => !fields.some((field) => field.name === name));
    if (unknown !== undefined) {
        const path = /^[a-z][a-z0-9_]{0,39}$/.test(unknown) ? `values.${unknown}` : "values";
        throw refuse("field_unknown", "开标一览表没有此项。", "The form has no such field.", path);
    }
    for (const field of fields) {
        const path = `values.${field.name}`;
        if (Object.hasOwn(values, field.name)) CHECKS[field.type](field, values[field.name], path);
        else if (field.required) throw refuse("field_missing", `缺少：${field.zh}。`, `Missing: ${field.en}.`, path);
    }
}

const CHECKS = {
    money({ min, max }, value, path) {
        if (typeof value !== "string" || !MONEY.test(value)) {
            const zh = '金额应写成两位小数的元，如 "3680000.00"。';
            throw refuse("not_money", zh, 'Money is written in yuan with two places, like "3680000.00".', path);
        }
        // Without its point, money is an integer of 分 and never a fraction.
        const cents = (text) => BigInt(text.replace(".", ""));
        checkRange(cents(value), min == null ? null : cents(min), max == null ? null : cents(max), path, min, max);
    },
    integer({ min, max }, value, path) {
        if (!Number.isInteger(value)) throw refuse("not_an_integer", "应为整数。", "Expected an integer.", path);
        checkRange(value, min ?? null, max ?? null, path, min, max);
    },
    text({ max_length: most }, value, path) {
        if (typeof value !== "string" || !value.trim() || BREAKS.test(value)) {
            throw refuse("not_a_line", "应为一行文字。", "Expected one line of text.", path);
        }
        checkJson(value, path);
        if ([...value].length > most) {
            throw refuse("text_too_long", `不得超过 ${most} 字。`, `At most ${most} characters.`, path);
        }
    },
    choice({ choices }, value, path) {
        if (!choices.includes(value)) {
            const allowed = choices.join(", ");
            throw refuse("not_a_choice", `只能是：${allowed}。`, `Expected one of ${allowed}.`, path);
        }
    },
};

function checkRange(value, least, most, path, min, max) {
    if ((least !== null && value < least) || (most !== null && value > most)) {
        throw refuse("out_of_range", `应在 ${min} 至 ${max} 之间。`, `Expected ${min} to ${max}.`, path);
    }
}

function refuse(reason, zh, en, field) {
    return new Refusal(reason, zh, en, field);
}
