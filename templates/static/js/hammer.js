/*
 * An auction as it happens: texts and rows of the page are set from server-sent events, always as text. The page had all of it when it
 * was loaded, so without a script it is only read again.
 *
 *   follow(more)   follows the auction of the page's [data-live]; more(told) is called after each event was shown
 *
 * Two things are read out, the price and the phase, and no more often than anybody can listen: [data-said].
 */

import { element, follow as stream, rows, text } from "./follow.js";

const LISTENING = 3000;
let saying = 0;

export function follow(more = () => {}) {
  stream(document.querySelector("[data-live]"), (told) => {
    show(told);
    more(told);
  });
}

function show({ kind, counts, at, texts, said, bids, log }) {
  for (const [name, value] of Object.entries(texts)) text(name, value);
  for (const one of document.querySelectorAll('[data-text="phase"]')) one.className = `tag ${kind}`;
  for (const one of document.querySelectorAll("[data-counts]")) one.hidden = !counts;
  // The clock of the page (clock.js) counts down to whatever stands here.
  for (const one of document.querySelectorAll(".auction [data-left]")) one.dataset.left = at;
  rows("bids", bids.map(([number, price, time]) => {
    const made = document.createElement("tr");
    made.append(element("td", number), element("td", price, "figure"), element("td", time, "last"));
    return made;
  }));
  rows("log", log.map(([time, what]) => {
    const made = document.createElement("li");
    made.append(element("time", time), ` ${what}`);
    return made;
  }));
  clearTimeout(saying);
  saying = setTimeout(() => say(said), saying ? LISTENING : 0);
}

function say(said) {
  for (const one of document.querySelectorAll("[data-said]")) if (one.textContent !== said) one.textContent = said;
}
