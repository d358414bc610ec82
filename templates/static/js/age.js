/*
 * Files under a passphrase in the age format (age-encryption.org/v1, scrypt): the vault and the recovery file.
 *
 *   encrypt(bytes, passphrase)   -> the age file; Refusal passphrase_short
 *   decrypt(bytes, passphrase)   -> what is inside; Refusal passphrase_wrong, also when the file is damaged,
 *                                   and vault_slow where no browser has the patience that its writer asked for
 *   checkPassphrase(passphrase)
 *
 * scrypt is made to be slow: each call takes one to three seconds, in the thread that calls.
 */

import { Decrypter, Encrypter } from "age-encryption";

import { Refusal } from "./refusal.js";

const MIN_PASSPHRASE = 12;
// The library refuses more as if the passphrase were wrong. A very fast machine's command line may write more.
const MAX_LOG_N = 20;
const HEAD = /^age-encryption\.org\/v1\n-> scrypt [A-Za-z0-9+/]+ ([0-9]{1,2})\n/;

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
    checkPatience(bytes);
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

function checkPatience(bytes) {
    const found = HEAD.exec(new TextDecoder("latin1").decode(bytes.subarray(0, 200)));
    if (found && Number(found[1]) > MAX_LOG_N) {
        throw new Refusal(
            "vault_slow",
            `该文件的口令运算强度（2^${found[1]}）超过浏览器的上限（2^${MAX_LOG_N}）。文件未作任何更改；请用命令行打开，或在另一台电脑上重新保存。`,
            `This file asks for more work (2^${found[1]}) than a browser does (2^${MAX_LOG_N}). It was not changed: open it by the command line, or save it anew on another machine.`,
            "passphrase",
        );
    }
}
