// An opening as it happens: texts and rows of the page are set from server-sent events, always as text. The page had
// all of it when it was loaded, so without a script it is only read again.
import { element, follow, rows, text } from "./follow.js";

function bids(told) {
  const figures = [...document.querySelector('[data-rows="bids"]').closest("table").tHead.rows[0].cells].map((cell) => cell.className);
  rows("bids", told.map((row) => {
    const made = document.createElement("tr");
    made.append(...row.map((cell, column) => element("td", cell, figures[column])));
    return made;
  }));
  for (const one of document.querySelectorAll("[data-before]")) one.hidden = true;
  for (const one of document.querySelectorAll("[data-after]")) one.hidden = false;
}

function show(told) {
  text("state", told.state.word);
  for (const one of document.querySelectorAll('[data-text="state"]')) one.className = `tag ${told.state.kind}`;
  text("released", String(told.released));
  rows("trustees", told.trustees.map((one) => {
    const made = element("li", "", one.there ? "there" : "away");
    made.append(element("strong", one.name), element("span", one.text));
    return made;
  }));
  rows("log", told.log.map(([time, what]) => {
    const made = document.createElement("li");
    made.append(element("time", time), ` ${what}`);
    return made;
  }));
  if (told.bids) bids(told.bids);
}

const place = document.querySelector("[data-live]");
if (place) follow(place, show);
