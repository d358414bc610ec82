// Counts down to every <time data-left="…"> and shows the time at every [data-face], by the server's clock; the deadline
// itself stands beside it, so nothing is lost without.
const root = document.documentElement;
const texts = JSON.parse(root.dataset.words);
const DAY = 86_400;
const FACE = new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Shanghai", timeStyle: "medium" });
let offset = 0;

function words(seconds) {
  if (seconds <= 0) return texts.over;
  const days = Math.floor(seconds / DAY), hours = Math.floor(seconds / 3600) % 24;
  const minutes = Math.floor(seconds / 60) % 60, rest = seconds % 60;
  const pad = (value) => String(value).padStart(2, "0");
  const clock = `${pad(hours)}:${pad(minutes)}:${pad(rest)}`;
  return days > 0 ? `${texts.days.replace("%d", days)} ${clock}` : clock;
}

function tick() {
  const now = Date.now() + offset;
  for (const place of document.querySelectorAll("[data-left]")) {
    place.textContent = words(Math.floor((Date.parse(place.dataset.left) - now) / 1000));
  }
  for (const face of document.querySelectorAll("[data-face]")) face.textContent = FACE.format(now);
}

// A page that is the same for everybody does not know when it is read: it asks.
async function ask() {
  const begun = Date.now();
  const answer = await fetch(root.dataset.clock, { cache: "no-store" });
  offset = Date.parse((await answer.json()).now) - (begun + Date.now()) / 2;
}

async function begin() {
  if (root.dataset.now) offset = Date.parse(root.dataset.now) - Date.now();
  else await ask();
  tick();
  for (const hidden of document.querySelectorAll("[data-script]")) hidden.hidden = false;
  setInterval(tick, 1000);
}

// Without an answer the countdowns stay hidden: none is better than a wrong one.
if (document.querySelector("[data-left], [data-face]")) begin().catch(() => {});
