// A draft's section of trustees: the public half of an evaluation key that is made here goes into its field.

import { makeEvaluationKey } from "./evaluation-key.js";
import { act, show } from "./page.js";

act(document.querySelector("#make"), async (form) => {
    const made = await makeEvaluationKey(new FormData(form).get("passphrase"));
    document.querySelector("[name=evaluation_key]").value = made;
    show("made");
});

show("ready");
