// An agency's evaluation key, made on this device: its public half goes into the draft, the private one into the vault.

import { act, believed, download, facts, show, unlock } from "./page.js";
import * as shelf from "./shelf.js";
import * as vaults from "./vault.js";

act(document.querySelector("#make"), async (form) => {
    const passphrase = new FormData(form).get("passphrase");
    const there = await shelf.get("vaults", facts.vault);
    const { vault } =
        there === null
            ? await believed(await vaults.create(facts.vault, passphrase, { purposes: [] }))
            : await unlock(passphrase);
    await shelf.persist();
    // Stored in the vault before anybody sees the public half.
    document.querySelector("[name=evaluation_key]").value = await vault.addEvaluationKey();
    download(await vaults.file(facts.vault), `sunbid-recovery-${facts.vault.slice(0, 8)}.age`);
    show("made");
});

show("ready");
