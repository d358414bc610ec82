/*
 * Times of the record: `2026-11-23T01:30:00.000000Z`, RFC 3339 in UTC with six decimals (notary/clock.py).
 *
 *   parse(text, field)   -> microseconds since 1970 as BigInt; Refusal not_a_time
 *   text(microseconds)   -> the text
 *   now()                -> by this device's own clock
 */

import { Refusal } from "./refusal.js";

const FORM = /^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})\.([0-9]{6})Z$/;

export function parse(value, field = null) {
    const found = FORM.exec(value);
    const seconds = found ? Date.parse(`${found[1]}Z`) : Number.NaN;
    // Date.parse lets the 30th of February pass as the 2nd of March.
    if (Number.isNaN(seconds) || new Date(seconds).toISOString().slice(0, 19) !== found[1]) {
        const en = "A time looks like 2026-11-23T01:30:00.000000Z (UTC).";
        throw new Refusal("not_a_time", "时间应为 2026-11-23T01:30:00.000000Z 的形式（UTC）。", en, field);
    }
    return BigInt(seconds) * 1000n + BigInt(found[2]);
}

export function text(microseconds) {
    const whole = new Date(Number(microseconds / 1000n)).toISOString();
    return `${whole.slice(0, 19)}.${String(microseconds % 1_000_000n).padStart(6, "0")}Z`;
}

export function now() {
    return BigInt(Date.now()) * 1000n;
}
