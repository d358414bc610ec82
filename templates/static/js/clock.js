// Counts down to every <time data-left="…"> by the server's clock; the words stand beside it, so nothing is lost without.
const offset = Date.parse(document.documentElement.dataset.now) - Date.now();
const texts = JSON.parse(document.documentElement.dataset.words);
const DAY = 86_400;

function words(seconds) {
  if (seconds <= 0) return texts.over;
  const days = Math.floor(seconds / DAY), hours = Math.floor(seconds / 3600) % 24;
  const minutes = Math.floor(seconds / 60) % 60, rest = seconds % 60;
  const pad = (value) => String(value).padStart(2, "0");
  const clock = `${pad(hours)}:${pad(minutes)}:${pad(rest)}`;
  return days > 0 ? `${texts.days.replace("%d", days)} ${clock}` : clock;
}

function tick() {
  for (const place of document.querySelectorAll("[data-left]")) {
    place.textContent = words(Math.floor((Date.parse(place.dataset.left) - Date.now() - offset) / 1000));
  }
}

if (document.querySelector("[data-left]")) {
  tick();
  setInterval(tick, 1000);
}
