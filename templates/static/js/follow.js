/*
 * What live pages share: the events of a lot as the server tells them, always set as text; how old they are; tables that turn.
 *
 *   follow(place, show)        place: an element with data-live (address), data-heard and data-lost (words), and on the screen of a hall
 *                              data-turn (seconds) and data-rows-shown. show(told): sets what an event says
 *   text(name, value)          sets every [data-text=name]
 *   element(name, content, kind)   a new element
 *   rows(name, made)           replaces the rows of [data-rows=name]
 */

const SILENCE = 60_000;
let heard = Date.now(), lost = false, page = 0, shown = 0;

export function text(name, value) {
  for (const one of document.querySelectorAll(`[data-text="${name}"]`)) one.textContent = value;
}

export function element(name, content = "", kind = "") {
  const made = document.createElement(name);
  made.textContent = content;
  if (kind) made.className = kind;
  return made;
}

export function rows(name, made) {
  document.querySelector(`[data-rows="${name}"]`)?.replaceChildren(...made);
  if (name !== "bids") return;
  page = 0;
  turn();
}

export function follow(place, show) {
  const turning = Number(place.dataset.turn ?? 0) * 1000;
  shown = Number(place.dataset.rowsShown ?? 0);
  listen(place.dataset.live, show);
  setInterval(() => watch(place, turning), 1000);
  if (turning) { turn(); setInterval(turn, turning); }
}

// A browser tries again by itself where the line broke, and never after an answer other than 200: a server that starts anew gives some.
function listen(address, show) {
  const source = new EventSource(address);
  const alive = () => { heard = Date.now(); lost = false; };
  source.addEventListener("open", alive);
  source.addEventListener("beat", alive);
  source.addEventListener("error", () => {
    lost = true;
    // Not all at once, for all have lost it at once.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(address, show), 1000 + Math.random() * 3000);
  });
  source.addEventListener("message", (event) => { alive(); show(JSON.parse(event.data)); });
}

// On the screen of a hall nobody scrolls: a long table turns its pages by itself.
function turn() {
  if (!shown) return;
  const all = [...document.querySelectorAll('[data-rows="bids"] tr')];
  const pages = Math.max(1, Math.ceil(all.length / shown));
  page %= pages;
  all.forEach((row, number) => { row.hidden = Math.floor(number / shown) !== page; });
  text("turn", pages > 1 ? `${page + 1} / ${pages}` : "");
  page += 1;
}

// How old what is shown may be; on a hall's screen a silence of a minute loads the page anew.
function watch(place, turning) {
  const age = Math.round((Date.now() - heard) / 1000);
  const late = lost || age > 30;
  text("line", late ? place.dataset.lost : place.dataset.heard.replace("%d", String(age)));
  for (const one of document.querySelectorAll('[data-text="line"]')) one.classList.toggle("late", late);
  if (turning && Date.now() - heard > SILENCE) location.reload();
  // A still picture stays in a screen for good: it moves by two pixels now and then.
  if (turning) document.body.classList.toggle("shifted", Math.floor(Date.now() / 60_000) % 2 === 1);
}
