// An agency's evaluation key, made on this device: the private half goes into the vault before anybody sees the public one.

import { believed, download, facts, unlock } from "./page.js";
import * as shelf from "./shelf.js";
import * as vaults from "./vault.js";

/* The public half; the recovery file with the private one is downloaded. */
export async function makeEvaluationKey(passphrase) {
    const there = await shelf.get("vaults", facts.vault);
    const { vault } =
        there === null
            ? await believed(await vaults.create(facts.vault, passphrase, { purposes: [] }))
            : await unlock(passphrase);
    await shelf.persist();
    const made = await vault.addEvaluationKey();
    download(await vaults.file(facts.vault), `sunbid-recovery-${facts.vault.slice(0, 8)}.age`);
    return made;
}
