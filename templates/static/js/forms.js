/*
 * The form of what comes from outside: a value is held against a shape, and refused (field_wrong) with its field named.
 *
 *   check(value, shape)         the value itself, once it fits
 *   text(pattern?)                integer(min?)  boolean  object  literal(...values)
 *   list(shape)                 map(shape, keyPattern?)  nullable(shape)  record({name: shape}, {more})
 *
 * A shape is a function (value, path) that throws. Patterns of codes are those of notary/forms.py. In a record all members
 * are required and none else allowed; a member whose shape comes from optional(shape) may be left out.
 */

import { Refusal } from "./refusal.js";

export const HEX_16 = /^[0-9a-f]{32}$/;
export const HEX_32 = /^[0-9a-f]{64}$/;
export const BASE_64 = /^[A-Za-z0-9+/]{0,8192}={0,2}$/;
export const TENDER = /^[A-Z0-9][A-Z0-9-]{3,63}$/;
export const LOT = /^[A-Z0-9]{1,8}$/;
export const ORGANISATION = /^[0-9A-HJ-NPQRTUWXY]{18}$/;
export const TRUSTEE = /^[A-Za-z0-9][A-Za-z0-9-]{0,31}$/;
export const KIND = /^[a-z]{1,16}$/;

export function check(value, shape) {
    shape(value, "");
    return value;
}

export const text = (pattern = null) => (value, path) => {
    if (typeof value !== "string") throw wrong(path, "Expected text");
    if (pattern && !pattern.test(value)) throw wrong(path, `Expected text matching ${pattern.source}`);
};

export const integer = (least = -Infinity) => (value, path) => {
    if (!Number.isInteger(value)) throw wrong(path, "Expected an integer");
    if (value < least) throw wrong(path, `Expected an integer >= ${least}`);
};

export const boolean = (value, path) => {
    if (typeof value !== "boolean") throw wrong(path, "Expected true or false");
};

export const literal = (...allowed) => (value, path) => {
    if (!allowed.includes(value)) throw wrong(path, `Expected ${allowed.join(" or ")}`);
};

export const object = (value, path) => {
    if (value === null || typeof value !== "object" || Array.isArray(value)) throw wrong(path, "Expected an object");
};

export const nullable = (shape) => (value, path) => {
    if (value !== null) shape(value, path);
};

export const either = (one, other) => (value, path) => {
    try {
        one(value, path);
    } catch {
        other(value, path);
    }
};

export const list = (shape) => (value, path) => {
    if (!Array.isArray(value)) throw wrong(path, "Expected a list");
    value.forEach((item, i) => shape(item, `${path}[${i}]`));
};

export const map = (shape, keys = null) => (value, path) => {
    object(value, path);
    for (const [key, item] of Object.entries(value)) {
        if (keys && !keys.test(key)) throw wrong(path, `Expected keys matching ${keys.source}`);
        shape(item, `${path}[...]`);
    }
};

export const optional = (shape) => Object.assign((value, path) => shape(value, path), { optional: true });

export const record = (members, { more = false } = {}) => (value, path) => {
    object(value, path);
    for (const key of Object.keys(value)) {
        if (!more && !Object.hasOwn(members, key)) throw wrong(joined(path, key), "Unknown member");
    }
    for (const [key, shape] of Object.entries(members)) {
        if (Object.hasOwn(value, key)) shape(value[key], joined(path, key));
        else if (!shape.optional) throw wrong(joined(path, key), "Missing member");
    }
};

function joined(path, key) {
    return path ? `${path}.${key}` : key;
}

function wrong(path, told) {
    return new Refusal("field_wrong", `字段不符合要求：${path || "整体"}（${told}）。`, `${path || "The whole"}: ${told}.`, path || null);
}
