/*
 * The page of the offline sealer (templates/offline): reads a sealing sheet, shows its form, seals, and lets the file and
 * the recovery file be saved. It exports nothing and needs no network, no worker and no storage of the browser: what is
 * sealed goes block by block into a Blob, which browsers keep on disk when it is large.
 */

import { checkForm } from "./bidform.js";
import { checkPassphrase, encrypt } from "./age.js";
import { fingerprint } from "./anchors.js";
import { dumps } from "./canonical.js";
import { checkCode } from "./creditcode.js";
import { plain, Refusal } from "./refusal.js";
import { newSecrets, seal } from "./seal.js";
import { read } from "./sheet.js";

const $ = (id) => document.getElementById(id);
let sheet = null;

// Choosing the same file again, mended meanwhile, counts as a change.
$("sheet").addEventListener("click", () => {
    $("sheet").value = "";
});
$("sheet").addEventListener("change", () => guarded(showSheet));
$("compared").addEventListener("change", () => {
    $("bid").hidden = !$("compared").checked;
});
$("bid").addEventListener("submit", (event) => {
    event.preventDefault();
    guarded(sealBid);
});

async function showSheet() {
    sheet = null;
    for (const id of ["bid", "done", "trustees"]) $(id).hidden = true;
    $("compared").checked = false;
    $("facts").replaceChildren();
    const [file] = $("sheet").files;
    if (!file) return;
    sheet = await read(new Uint8Array(await file.arrayBuffer()));
    const { anchors, notice, keySet } = sheet;
    fact("系统", "System", anchors.origin);
    if (anchors.demonstration) fact("注意", "Note", "演示系统，所封投标无效 · a demonstration: the bid does not count");
    fact("项目", "Tender", `${sheet.tender} ${notice.body.notice.title ?? ""}`);
    fact("投标截止（北京时间）", "Deadline (Beijing time)", beijing(notice.body.deadline));
    $("trustees").querySelector("ul").replaceChildren(...keySet.trustees.map(({ trustee }) => {
        const item = element("li", `${trustee} `);
        item.append(element("code", fingerprint(anchors.trustees[trustee])));
        return item;
    }));
    $("trustees").hidden = false;
    $("fields").replaceChildren(...sheet.schema.fields.map(field));
}

async function sealBid() {
    const button = $("bid").querySelector("button");
    button.disabled = true;
    $("done").hidden = true;
    try {
        await work();
    } finally {
        button.disabled = false;
        $("state").textContent = "";
        $("progress").hidden = true;
    }
}

async function work() {
    const bidder = $("code").value.trim().toUpperCase();
    checkCode(bidder, "code");
    const values = filled();
    checkForm(sheet.schema, values);
    const passphrase = $("passphrase").value;
    checkPassphrase(passphrase);
    if (passphrase !== $("again").value) {
        throw new Refusal("passphrases_differ", "两次输入的口令不同。", "The two passphrases differ.", "passphrase");
    }
    const { anchors, record } = sheet;
    const asked = { record, identities: anchors.trustees, demonstration: anchors.demonstration, bidder, values };
    const parts = [];
    const sink = { write: (bytes) => { parts.push(new Blob([bytes])); } };
    const progress = (done, all) => {
        $("progress").hidden = false;
        $("progress").value = all ? done / all : 1;
    };
    $("state").textContent = "正在密封… Sealing…";
    const sealed = await seal({ ...asked, files: [...$("files").files], secrets: newSecrets() }, sink, { progress });
    $("state").textContent = "正在加密恢复文件，约需几秒… Encrypting the recovery file, a few seconds…";
    // The words are shown before scrypt holds this thread.
    await new Promise((resolve) => { requestAnimationFrame(() => setTimeout(resolve)); });
    const recovery = await encrypt(dumps(sealed.recovery), passphrase);
    offer("save-bid", new Blob(parts), `${sheet.tender}.bid`);
    offer("save-recovery", new Blob([recovery]), `${sheet.tender}.recovery.age`);
    $("envelope").textContent = sealed.id;
    $("command").textContent = `sunbid bid submit ${sheet.tender}.bid`;
    $("done").hidden = false;
    $("done").scrollIntoView();
}

async function guarded(act) {
    $("told").hidden = true;
    try {
        await act();
    } catch (error) {
        const { zh, en } = plain(error);
        $("told").replaceChildren(zh, Object.assign(element("span", en), { lang: "en" }));
        $("told").hidden = false;
        $("told").scrollIntoView();
    }
}

function field({ type, name, zh, en, required, choices }) {
    const label = element("label", zh);
    label.htmlFor = `field-${name}`;
    label.append(Object.assign(element("span", en), { lang: "en" }));
    const input = element(type === "choice" ? "select" : "input");
    if (type === "choice") input.append(element("option"), ...choices.map((choice) => element("option", choice)));
    else input.inputMode = { money: "decimal", integer: "numeric" }[type] ?? "text";
    input.id = `field-${name}`;
    input.required = required;
    const paragraph = element("p");
    paragraph.append(label, input);
    return paragraph;
}

/* What was typed; what was left empty is left out. */
function filled() {
    const values = {};
    for (const { type, name } of sheet.schema.fields) {
        const text = $(`field-${name}`).value.trim().normalize("NFC");
        if (text) values[name] = type === "integer" && /^-?[0-9]{1,15}$/.test(text) ? Number(text) : text;
    }
    return values;
}

function offer(id, blob, name) {
    const link = $(id);
    if (link.href) URL.revokeObjectURL(link.href);
    link.href = URL.createObjectURL(blob);
    link.download = name;
}

function fact(zh, en, text) {
    const term = element("dt", zh);
    term.append(Object.assign(element("span", en), { lang: "en" }));
    $("facts").append(term, element("dd", text));
}

function beijing(time) {
    const options = { timeZone: "Asia/Shanghai", dateStyle: "full", timeStyle: "short" };
    return new Date(time).toLocaleString("zh-CN", options);
}

function element(name, text = "") {
    return Object.assign(document.createElement(name), { textContent: text });
}
