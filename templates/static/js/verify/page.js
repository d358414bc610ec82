// The verify page: takes what is dropped, chosen or pasted, and shows the report. All DOM of the verifier is here.

import { ask } from "./ask.js";
import { able, verifyInWorker } from "./start.js";
import {
  DEMONSTRATION, KINDS, LACKING, READING, REMOVE, RESULTS, WANTING, command, sentence, unreadable, working,
} from "./words.js";

const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
const inWords = (both) => both[language];
const place = (name) => document.getElementById(`verify-${name}`);

/** What was given: files with their kinds (null until read), the site's entries, a pasted hash. */
const given = { files: [], served: null, sha256: null };
let running = null;

function element(name, options = {}, ...children) {
  const { text = null, ...attributes } = options;
  const made = document.createElement(name);
  if (text !== null) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const bidderKeys = () => place("key").value.toLowerCase().match(/\b[0-9a-f]{64}\b/g) ?? [];

function say({ kind = "going", ...both }) {
  const [result, words] = [place("result"), inWords(both)];
  result.className = `banner ${kind}`;
  result.firstElementChild.textContent = words;
  result.hidden = false;
}

function showFiles() {
  const rows = given.files.map((one) => {
    const kind = one.kind === null ? "" : inWords(KINDS[one.kind]);
    const about = element("span", { class: "about", text: one.file.name }, element("small", { text: kind }));
    const remove = element("button", { type: "button", class: "quiet", text: inWords(REMOVE) });
    remove.setAttribute("aria-label", `${inWords(REMOVE)} ${one.file.name}`);
    remove.addEventListener("click", () => {
      given.files = given.files.filter((other) => other !== one);
      showFiles();
      run();
      place("files").focus();
    });
    return element("li", {}, about, remove);
  });
  place("given").replaceChildren(...rows);
  const named = given.files.filter((one) => one.kind !== null).map((one) => [one.kind, one.file.name]);
  place("command").textContent = command(Object.fromEntries(named), bidderKeys());
}

/** Of each kind the last one given counts. */
function knowKinds(kinds) {
  for (const [i, kind] of kinds.entries()) given.files[i].kind = kind;
  given.files = given.files.filter((one, i) => !given.files.slice(i + 1).some((later) => later.kind === one.kind));
  showFiles();
}

function checkRow(check) {
  const words = check[language];
  const at = check.index === null ? "" : ` #${check.index}`;
  const name = `${check.number}. ${language === "zh" ? check.name_zh : check.name}`;
  const about = element("span", { class: "about", text: name }, element("small", { text: `${words}${at}` }));
  const result = RESULTS[check.result];
  return element("li", {}, about, element("span", { class: `tag ${result.tag}`, text: inWords(result) }));
}

function showReport(report) {
  say(sentence(report));
  place("demonstration").hidden = !report.demonstration;
  place("demonstration").textContent = inWords(DEMONSTRATION);
  const lists = [report, report.beside].filter(Boolean);
  const shown = lists.flatMap((one) => [
    element("h3", { text: inWords(KINDS[one.kind]) }),
    element("ol", { class: "tasks verify-checks" }, ...one.checks.map(checkRow)),
  ]);
  place("checks").replaceChildren(...shown);
  place("details").hidden = false;
}

function clear() {
  place("details").hidden = true;
  place("demonstration").hidden = true;
  place("checks").replaceChildren();
}

function heard({ found, number, of }) {
  if (found !== undefined) knowKinds(found);
  else say(working(number, of));
}

/** Verify what is there now; an earlier run that is still going is stopped. */
async function run() {
  running?.abort(new DOMException("something else was given", "AbortError"));
  clear();
  place("result").hidden = true;
  if (given.files.length === 0 && given.sha256 === null) return;
  const mine = new AbortController();
  running = mine;
  say(READING);
  const files = given.files.map((one) => one.file);
  const { served, sha256 } = given;
  try {
    const told = (news) => running === mine && heard(news);
    const end = await verifyInWorker({ files, served, sha256, bidderKeys: bidderKeys() }, told, mine.signal);
    if (end.report) showReport(end.report);
    else say(end.wanting ? { ...WANTING, kind: "notice" } : unreadable(end.unreadable, end.name));
  } catch (error) {
    if (error.name !== "AbortError") say({ zh: error.message, en: error.message, kind: "alarm" });
  }
}

function take(files) {
  given.files.push(...[...files].map((file) => ({ file, kind: null })));
  showFiles();
  run();
}

function dropping(zone) {
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    take(event.dataTransfer.files);
  });
}

function choosing(input) {
  input.addEventListener("change", () => {
    take(input.files);
    input.value = "";
  });
}

function pasting(form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    given.sha256 = place("hash").value.replace(/[\s:]/g, "").toLowerCase() || null;
    showFiles();
    run();
  });
}

function asking(form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const told = place("asked");
    told.textContent = inWords(READING);
    try {
      const answer = await ask(place("tender").value.trim());
      given.served = answer.served ?? null;
      if (answer.dossier) given.files.push({ file: answer.dossier, kind: null });
      told.textContent = told.dataset[answer.absent ? "absent" : answer.dossier ? "dossier" : "record"];
      showFiles();
      run();
    } catch {
      told.textContent = told.dataset.failed;
    }
  });
}

async function begin() {
  place("scriptless").hidden = true;
  place("tool").hidden = false;
  if (!(await able())) {
    say({ ...LACKING, kind: "alarm" });
    return;
  }
  dropping(place("drop"));
  choosing(place("files"));
  pasting(place("paste"));
  asking(place("ask"));
  showFiles();
  place("tool").dataset.ready = "true";
}

begin();
