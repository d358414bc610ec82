// A bidder's hall: follows the auction, signs each bid with the vault's key on this machine, keeps the receipts. What is shown here decides
// nothing: the server does, by its own clock, and says why where it refuses.

import { utf8 } from "./bytes.js";
import { bid, fen, stepsAbove, yuan } from "./auction.js";
import { handIn } from "./bidder.js";
import { element } from "./follow.js";
import { follow } from "./hammer.js";
import { act, download, facts, language, show, unlock } from "./page.js";
import { numberOf } from "./receipt.js";
import { Refusal } from "./refusal.js";
import * as shelf from "./shelf.js";
import { twoPlaces, words } from "./upper.js";
import { missing } from "./worker.js";

// Whoever pressed as the price changed under the finger has not seen the new one.
const GLANCE = 700;
const at = (id) => document.querySelector(`#${id}`);
const input = at("price"), told = at("price-told"), sure = at("sure");
const step = fen(facts.step);
let { now, sequence, offered } = facts;
let own = null, changed = -Infinity, typed = false;

async function begin() {
    const lacks = await missing();
    if (lacks.length) {
        at("lacks").textContent = lacks.join(", ");
        return show("unfit");
    }
    if ((await shelf.get("vaults", facts.vault)) === null) return show("no-vault");
    follow((event) => changeTo(event.now));
    return changeTo(now);
}

function changeTo(next) {
    if (next.seen !== now.seen) {
        changed = performance.now();
        sure.close("no");
        typed &&= !outbid(next);
    }
    now = next;
    mine();
    if (now.phase === "ended") return show("over");
    if (own === null) return show("locked");
    at("one-shot").hidden = now.phase !== "offers";
    at("sure-once").hidden = now.phase !== "offers";
    if (now.phase === "offers" && offered) return show("offered");
    show(now.least === null ? "rest" : "open");
    if (!typed && now.least !== null) input.value = now.least;
    for (const button of document.querySelectorAll("[data-steps]")) button.querySelector("[data-sum]").textContent = ` ${grouped(plus(button))}`;
    return echo();
}

/* Whether what is typed would have done and does no longer; somebody in the middle of typing is left alone. */
function outbid(next) {
    const sum = fen(twoPlaces(input.value.trim()));
    const [before, after] = [now.least, next.least].map((one) => (one === null ? null : fen(one)));
    return sum === null || after === null ? false : sum < after && (before === null || sum >= before);
}

/* Whether this bidder leads, is outbid, or has won: a word and a shape beside the number that leads. */
function mine() {
    const { leading, winner } = now;
    const name = winner ? (winner === facts.number ? "won" : "lost") : leading === facts.number ? "leads" : "behind";
    at("mine").hidden = leading === null;
    at("mine").textContent = facts.words[name];
    at("mine").className = `tag ${{ won: "done", lost: "rest", leads: "done", behind: "notice" }[name]}`;
}

/* The price so many steps above the one that leads, or above the start price. */
function plus(button) {
    return yuan(fen(now.price ?? facts.start) + BigInt(button.dataset.steps) * step);
}

function above(price) {
    return stepsAbove(fen(price), fen(now.price ?? facts.start), step);
}

function echo() {
    const price = twoPlaces(input.value.trim());
    const sum = fen(price);
    const parts = sum === null ? [] : [language === "zh" ? words(price) : grouped(price)];
    if (sum !== null && now.least !== null) {
        parts.push(sum < fen(now.least) ? facts.words.low.replace("%s", grouped(now.least)) : facts.words.above.replace("%s", above(price)));
    }
    at("price-echo").textContent = parts.join(language === "zh" ? "，" : ", ");
}

function grouped(price) {
    return price.replace(/\B(?=(?:\d{3})+\.)/g, ",");
}

function set(price) {
    input.value = price;
    typed = true;
    echo();
}

input.addEventListener("input", () => {
    typed = true;
    echo();
});

input.addEventListener("keydown", (event) => {
    const way = { ArrowUp: step, ArrowDown: -step, PageUp: 5n * step, PageDown: -5n * step }[event.key];
    const sum = fen(twoPlaces(input.value.trim()));
    if (way === undefined || sum === null || sum + way < 0n) return;
    event.preventDefault();
    set(yuan(sum + way));
});

for (const button of document.querySelectorAll("[data-steps]")) {
    button.addEventListener("click", () => {
        set(plus(button));
        input.focus();
    });
}

act(at("enter"), async (form) => {
    own = { ...(await unlock(new FormData(form).get("passphrase"))), code: facts.bidder };
    form.reset();
    changeTo(now);
    input.focus();
});

act(at("offer"), async () => {
    input.removeAttribute("aria-invalid");
    try {
        await offer();
    } catch (error) {
        input.setAttribute("aria-invalid", "true");
        // The alert is read out by itself; the next bid is typed here.
        setTimeout(() => input.focus());
        throw error;
    }
});

async function offer() {
    const price = twoPlaces(input.value.trim());
    if (fen(price) === null) throw new Refusal("not_money", "请填写金额，例如 1010000 或 1010000.00。", "Write a sum, like 1010000 or 1010000.00.");
    if (performance.now() - changed < GLANCE) throw moved();
    const { seen } = now;
    const once = now.phase === "offers";
    // What is sealed nobody can refuse for being too low.
    if (once && fen(price) < fen(now.least)) throw low();
    if ((once || above(price) > facts.jump) && !(await confirmed(price))) return;
    if (seen !== now.seen) throw moved();
    const { origin, demonstration } = own.anchors;
    sequence += 1;
    const { tender, lot, number: bidder } = facts;
    const said = { origin, demonstration, tender, lot, bidder, seen, sequence };
    const { receipt, refusal } = once ? await sealed(said, price) : await handIn(own, `/tenders/${tender}/auction/bids`, bid({ ...said, price }));
    keep(receipt, price, refusal);
    offered ||= once && (refusal === null || refusal.reason === "offered_already");
    if (offered) changeTo(now);
    if (refusal !== null) {
        // This number has bid elsewhere since the page was loaded.
        if (refusal.reason === "replayed") ({ sequence } = await own.client.get(`/tenders/${tender}/auction/own`));
        throw refusal;
    }
    typed = false;
}

/* What seals is loaded only where something is sealed. */
async function sealed(said, price) {
    const { sealOffer } = await import("./offer.js");
    return sealOffer(own, said, price);
}

/* Asks once more before a jump, and before an offer. Its first button is the way back, so that a key pressed twice confirms nothing. */
async function confirmed(price) {
    at("sure-price").textContent = grouped(price);
    at("sure-upper").textContent = words(price);
    at("sure-steps").textContent = facts.words.above.replace("%s", above(price));
    sure.returnValue = "no";
    sure.showModal();
    await new Promise((resolve) => { sure.addEventListener("close", resolve, { once: true }); });
    input.focus();
    return sure.returnValue === "yes";
}

function low() {
    return new Refusal("below_cap", "一次性报价不得低于最高限价。", "An offer is not below the cap.");
}

function moved() {
    return new Refusal(
        "price_moved", "价格刚刚变化，未报价；请看清后再按一次。", "The price has just changed; nothing was sent. Look at it and press again.",
    );
}

function keep(receipt, price, refusal) {
    const number = numberOf(receipt);
    const { accepted_at: accepted, refused_at: refused } = receipt.acceptance.object;
    const item = document.createElement("li");
    const button = element("button", `${facts.words.save} ${number.slice(0, 8)}…`, "quiet");
    button.type = "button";
    button.addEventListener("click", () => download(utf8(JSON.stringify(receipt)), `${facts.tender}-${number.slice(0, 8)}.json`));
    const tag = refusal === null ? element("span", facts.words.taken, "tag done") : element("span", facts.words.refused, "tag alarm");
    item.append(element("time", beijing(accepted ?? refused)), ` ${grouped(price)} `, tag, " ", button);
    at("kept").prepend(item);
}

function beijing(moment) {
    return new Date(Date.parse(moment) + 8 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");
}

begin();
