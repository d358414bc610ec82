// An opening as it happens: texts and rows of the page are set from server-sent events, always as text. The page had
// all of it when it was loaded, so without a script it is only read again.
const place = document.querySelector("[data-live]");
const SILENCE = 60_000;
const turning = Number(place?.dataset.turn ?? 0) * 1000;
const shown = Number(place?.dataset.rowsShown ?? 0);
let heard = Date.now(), lost = false, page = 0;

function text(name, value) {
  for (const one of place.ownerDocument.querySelectorAll(`[data-text="${name}"]`)) one.textContent = value;
}

function element(name, content = "", kind = "") {
  const made = document.createElement(name);
  made.textContent = content;
  if (kind) made.className = kind;
  return made;
}

function bids(rows) {
  const body = document.querySelector('[data-rows="bids"]');
  const figures = [...body.closest("table").tHead.rows[0].cells].map((cell) => cell.className);
  body.replaceChildren(...rows.map((row) => {
    const made = document.createElement("tr");
    made.append(...row.map((cell, column) => element("td", cell, figures[column])));
    return made;
  }));
  for (const one of document.querySelectorAll("[data-before]")) one.hidden = true;
  for (const one of document.querySelectorAll("[data-after]")) one.hidden = false;
  page = 0;
  turn();
}

function show(told) {
  text("state", told.state.word);
  for (const one of document.querySelectorAll('[data-text="state"]')) one.className = `tag ${told.state.kind}`;
  text("released", String(told.released));
  document.querySelector('[data-rows="trustees"]').replaceChildren(...told.trustees.map((one) => {
    const made = element("li", "", one.there ? "there" : "away");
    made.append(element("strong", one.name), element("span", one.text));
    return made;
  }));
  document.querySelector('[data-rows="log"]')?.replaceChildren(...told.log.map(([time, what]) => {
    const made = document.createElement("li");
    made.append(element("time", time), ` ${what}`);
    return made;
  }));
  if (told.bids) bids(told.bids);
}

// On the screen of a hall nobody scrolls: a long table turns its pages by itself.
function turn() {
  if (!shown) return;
  const rows = [...document.querySelectorAll('[data-rows="bids"] tr')];
  const pages = Math.max(1, Math.ceil(rows.length / shown));
  page %= pages;
  rows.forEach((row, number) => { row.hidden = Math.floor(number / shown) !== page; });
  text("turn", pages > 1 ? `${page + 1} / ${pages}` : "");
  page += 1;
}

// How old what is shown may be; on a hall's screen a silence of a minute loads the page anew.
function watch() {
  const age = Math.round((Date.now() - heard) / 1000);
  const late = lost || age > 30;
  text("line", late ? place.dataset.lost : place.dataset.heard.replace("%d", String(age)));
  for (const one of document.querySelectorAll('[data-text="line"]')) one.classList.toggle("late", late);
  if (turning && Date.now() - heard > SILENCE) location.reload();
  // A still picture stays in a screen for good: it moves by two pixels now and then.
  if (turning) document.body.classList.toggle("shifted", Math.floor(Date.now() / 60_000) % 2 === 1);
}

if (place) {
  const source = new EventSource(place.dataset.live);
  const alive = () => { heard = Date.now(); lost = false; };
  source.addEventListener("open", alive);
  source.addEventListener("beat", alive);
  source.addEventListener("error", () => { lost = true; });
  source.addEventListener("message", (event) => { alive(); show(JSON.parse(event.data)); });
  setInterval(watch, 1000);
  if (turning) { turn(); setInterval(turn, turning); }
}
