/*
 * Files under a passphrase in the age format (age-encryption.org/v1, scrypt): the vault and the recovery file.
 *
 *   encrypt(bytes, passphrase)   -> the age file; Refusal passphrase_short
 *   decrypt(bytes, passphrase)   -> what is inside; Refusal passphrase_wrong, also when the file is damaged
 *   checkPassphrase(passphrase)
 *
 * scrypt is made to be slow: each call takes one to three seconds, in the thread that calls.
 */

import { Decrypter, Encrypter } from "age-encryption";

import { Refusal } from "./refusal.js";

const MIN_PASSPHRASE = 12;

export function checkPassphrase(passphrase) {
    if ([...passphrase].length < MIN_PASSPHRASE) {
        throw new Refusal(
            "passphrase_short",
            `口令至少 ${MIN_PASSPHRASE} 个字符；建议用几个不相干的词。`,
            `A passphrase has at least ${MIN_PASSPHRASE} characters; take some unrelated words.`,
            "passphrase",
        );
    }
}

export async function encrypt(bytes, passphrase) {
    checkPassphrase(passphrase);
    const encrypter = new Encrypter();
    encrypter.setPassphrase(passphrase);
    return encrypter.encrypt(bytes);
}

export async function decrypt(bytes, passphrase) {
    const decrypter = new Decrypter();
    decrypter.addPassphrase(passphrase);
    try {
        return await decrypter.decrypt(bytes);
    } catch {
        // The library has one kind of error for every way in which a file does not open.
        throw new Refusal(
            "passphrase_wrong",
            "口令不对，或文件已损坏。文件未作任何更改。",
            "The passphrase is wrong or the file is damaged. The file was not changed.",
            "passphrase",
        );
    }
}
