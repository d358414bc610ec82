// Which of the files given is what, told by their first bytes and, of JSON, by `type`; never by their names.

import { text } from "./bytes.js";
import { Unreadable, shown } from "./findings.js";
import { parse } from "./json.js";
import { parseAnchors, parseNote } from "./notes.js";

const MAX_JSON = 8 << 20;
const NOTE = /^[^\n{]+\n[0-9]+\n[A-Za-z0-9+/]+=*\n/;
const TYPES = new Map([["sunbid/receipt/1", "receipt"], ["sunbid/anchors/1", "anchors"]]);

/** `{kind, value, name, size}`: kind is dossier, paper, receipt, anchors or since. Throws Unreadable. */
export async function recognised(file) {
  const [kind, value] = await kindOf(file);
  return { kind, value, name: file.name, size: file.size };
}

async function kindOf(file) {
  const start = new Uint8Array(await file.slice(0, 5).arrayBuffer());
  const magic = String.fromCharCode(...start);
  if (magic.startsWith("PK")) return ["dossier", file];
  if (magic === "%PDF-") return ["paper", file];
  const json = /^\s*\{/.test(magic) || magic.trim() === "";
  if (file.size > MAX_JSON) return json ? tooLarge(file) : ["paper", file];
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (json) return ofJson(bytes);
  return ofNote(bytes) ?? ["paper", file];
}

function tooLarge(file) {
  throw new Unreadable(`文件过大：${shown(file.name)}`, `too large: ${shown(file.name)}`);
}

async function ofJson(bytes) {
  const value = parse(bytes, MAX_JSON);
  const kind = TYPES.get(value?.type);
  if (kind === undefined) {
    throw new Unreadable("这个 JSON 不是回执，也不是锚点", "this JSON is neither a receipt nor anchors");
  }
  return [kind, kind === "anchors" ? await parseAnchors(bytes) : value];
}

/** An older checkpoint, or null where the bytes are none. */
function ofNote(bytes) {
  try {
    const note = text(bytes);
    return NOTE.test(note) ? ["since", parseNote(note)] : null;
  } catch {
    return null;
  }
}
