// A small purchase on one page: its evaluation key is made as it is sent, unless one stands there already.

import { makeEvaluationKey } from "./evaluation-key.js";
import { act, show } from "./page.js";

const form = document.querySelector("#small");
const key = form.elements.evaluation_key;
const passphrase = document.querySelector("#small-passphrase");

act(form, async () => {
    if (key.value === "") key.value = await makeEvaluationKey(passphrase.value);
    form.submit();
});

if (key.value === "") {
    key.required = false;
    show("ready");
} else {
    passphrase.required = false;
    show("given");
}
