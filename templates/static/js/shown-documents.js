/*
 * Bidders' files on a page: each bid is fetched and opened when somebody asks for it; nothing is written to the device
 * until a file is downloaded.
 *
 *   list(place, {client, tender, names, bids})    bids: [{id, bidder, parts, key, reason}]; place: the element that gets the
 *       rows. The words are those of the page's <template id="documents-words"> (data-…), the row is <template id="document-bid">.
 *
 * What a bidder sent is never a page here: text is shown as text, a picture as a picture, a PDF in the browser's own reader in
 * another window; anything else is only downloaded.
 */

import { read } from "./documents.js";
import { download, tell } from "./page.js";

const TEXT = 1 << 18;
const PICTURE = 8 << 20;
const PICTURES = ["image/jpeg", "image/png", "image/webp"];
const UNITS = ["B", "KiB", "MiB", "GiB"];
const words = () => document.querySelector("#documents-words").dataset;

export function list(place, { client, tender, names, bids }) {
    place.replaceChildren(...bids.map((bid) => row(client, tender, names[bid.bidder] ?? bid.bidder, bid)));
}

function row(client, tender, name, bid) {
    const made = document.querySelector("#document-bid").content.cloneNode(true).firstElementChild;
    made.querySelector("[data-name]").textContent = name;
    made.querySelector("[data-code]").textContent = bid.bidder;
    const button = made.querySelector("button");
    button.setAttribute("aria-label", `${button.textContent} ${name}`);
    if (!bid.key) {
        button.hidden = true;
        tell(made, bid.reason);
        return made;
    }
    button.addEventListener("click", async () => {
        button.disabled = true;
        tell(made, null);
        try {
            const files = await read(client, tender, bid, bid.key, (done, all) => {
                button.textContent = `${words().fetching} ${done} / ${all}`;
            });
            made.querySelector("ul").replaceChildren(...files.map(file));
            made.querySelector("[data-none]").hidden = files.length > 0;
            button.hidden = true;
        } catch (error) {
            button.disabled = false;
            tell(made, error);
        }
    });
    return made;
}

function file(one) {
    const made = document.createElement("li");
    const name = document.createElement("span");
    name.textContent = one.name;
    const about = document.createElement("span");
    about.className = "faint";
    about.textContent = readable(one.size);
    const hash = document.createElement("span");
    hash.className = "hash";
    hash.textContent = `SHA-256 ${one.sha256}`;
    const doing = document.createElement("span");
    doing.className = "buttons";
    doing.append(button(words().save, one.name, () => download(one.blob, one.name)));
    const shown = shower(one);
    const pane = document.createElement("div");
    pane.className = "shown";
    pane.hidden = true;
    if (shown) {
        doing.prepend(button(words().show, one.name, async (own) => {
            if (pane.hidden) pane.replaceChildren(await shown());
            pane.hidden = !pane.hidden;
            own.setAttribute("aria-expanded", String(!pane.hidden));
        }));
    } else if (one.media_type === "application/pdf") {
        const link = document.createElement("a");
        link.className = "button quiet";
        // The type is ours, not the bidder's: nothing but the browser's reader of PDF opens it.
        link.href = URL.createObjectURL(one.blob.slice(0, one.blob.size, "application/pdf"));
        link.target = "_blank";
        link.rel = "noopener";
        link.textContent = words().apart;
        link.setAttribute("aria-label", `${words().apart} ${one.name}`);
        doing.prepend(link);
    }
    made.append(name, about, hash, doing, pane);
    return made;
}

function shower({ name, media_type: type, size, blob }) {
    if (type.startsWith("text/") && size <= TEXT) {
        return async () => {
            const pre = document.createElement("pre");
            pre.tabIndex = 0;
            pre.setAttribute("aria-label", name);
            pre.textContent = await blob.text();
            return pre;
        };
    }
    if (PICTURES.includes(type) && size <= PICTURE) {
        return async () => {
            const picture = document.createElement("img");
            picture.alt = name;
            picture.src = await dataAddress(blob.slice(0, blob.size, type));
            return picture;
        };
    }
    return null;
}

/* As templates/words.py writes it: one decimal from KiB on. */
function readable(count) {
    let [unit, tenths] = [0, count * 10];
    for (; tenths >= 10_240 && unit < UNITS.length - 1; unit += 1) tenths = Math.floor(tenths / 1024);
    return unit === 0 ? `${count} B` : `${Math.floor(tenths / 10)}.${tenths % 10} ${UNITS[unit]}`;
}

function dataAddress(blob) {
    return new Promise((resolve, reject) => {
        const reader = new FileReader();
        reader.addEventListener("load", () => resolve(reader.result));
        reader.addEventListener("error", () => reject(reader.error));
        reader.readAsDataURL(blob);
    });
}

function button(word, name, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "quiet";
    made.textContent = word;
    made.setAttribute("aria-label", `${word} ${name}`);
    made.addEventListener("click", () => act(made));
    return made;
}
