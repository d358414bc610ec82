/*
 * The unified social credit code (统一社会信用代码, GB 32100-2015), as trading/parties.py has it.
 *
 *   checkCode(code, field)   Refusal not_a_credit_code, credit_code_wrong
 */

import { Refusal } from "./refusal.js";

const ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"; // 31 signs: no I, O, S, V, Z (table 4)
const FORM = /^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$/;

export function checkCode(code, field = null) {
    if (!FORM.test(code)) {
        const en = "A unified social credit code has 18 digits and capital letters.";
        throw new Refusal("not_a_credit_code", "统一社会信用代码应为 18 位数字和大写字母。", en, field);
    }
    let total = 0;
    let weight = 1;
    for (const sign of code.slice(0, 17)) {
        total += ALPHABET.indexOf(sign) * weight;
        weight = (weight * 3) % 31;
    }
    if (ALPHABET[(31 - (total % 31)) % 31] !== code[17]) {
        const en = "The check character of the unified social credit code is wrong: please compare it with the licence.";
        throw new Refusal("credit_code_wrong", "统一社会信用代码的校验码不对，请核对是否抄错。", en, field);
    }
}
