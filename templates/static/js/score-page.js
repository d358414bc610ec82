// An expert signs the sheet that the page shows, with the key in this device's vault, and hands it in by the page's form.

import { textOf, utf8 } from "./bytes.js";
import { dumps, loads } from "./canonical.js";
import { act, facts, show, unlock } from "./page.js";
import { sign } from "./signing.js";

act(document.querySelector("#sign"), async (form) => {
    const { vault } = await unlock(new FormData(form).get("passphrase"));
    const signed = await sign(loads(utf8(facts.unsigned)), vault.signingKey("score"));
    const handing = document.querySelector("#signed");
    handing.elements.signed.value = textOf(dumps(signed));
    handing.requestSubmit();
});

show("ready");
