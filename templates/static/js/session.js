// Tells the reader two minutes before the session ends, and lets it go on with one key (WCAG 2.2.1). The times are the
// server's; other tabs of the same browser that load a page make the session last longer, and say so here.
const box = document.querySelector("[data-session]");
const WARN = 120_000;
const channel = "BroadcastChannel" in window ? new BroadcastChannel("sunbid-session") : null;
const ends = Date.now() + Date.parse(box.dataset.ends) - Date.parse(document.documentElement.dataset.now);
let until = 0, timer = 0;

function used(idle) {
  // A minute less: the server notes the use of a session only that often.
  until = Math.min(Date.now() + (idle - 60) * 1000, ends);
  box.hidden = true;
  clearTimeout(timer);
  timer = setTimeout(look, Math.max(until - Date.now() - WARN, 0));
}

function look() {
  const over = Date.now() >= until;
  box.hidden = false;
  box.querySelector("[data-session-soon]").hidden = over;
  box.querySelector("[data-session-over]").hidden = !over;
  box.querySelector("button").hidden = over || until >= ends;
  if (!over) timer = setTimeout(look, until - Date.now());
}

async function extend(event) {
  event.preventDefault();
  const form = event.currentTarget;
  const body = new URLSearchParams(new FormData(form));
  const answer = await fetch(form.action, { method: "POST", body });
  if (!answer.ok) return form.submit();
  const { idle } = await answer.json();
  used(idle);
  channel?.postMessage(idle);
}

channel?.addEventListener("message", (event) => used(event.data));
box.querySelector("form").addEventListener("submit", extend);
const idle = Number(box.dataset.idle);
used(idle);
channel?.postMessage(idle);
