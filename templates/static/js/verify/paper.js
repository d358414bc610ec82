// A paper, or only its SHA-256: is it one that an entry of the record names? With a dossier this is proved; of the
// entries that a server sends it is only said.

import { namedDocuments } from "./checks_award.js";
import { need, notApplicable, notChecked, shown } from "./findings.js";
import { BODIES, ENTRY } from "./forms.js";
import { needSound } from "./receipt.js";
import { isHex32, misfit } from "./shapes.js";

const NOTICES = ["tender_published", "tender_amended"];

function checkHash({ sha256, size }) {
  need(isHex32(sha256), "不是 SHA-256（64 位十六进制）", "not a SHA-256 in hex");
  const bytes = size === null ? ["", ""] : [`，${size} 字节`, `, ${size} bytes`];
  return [`SHA-256 ${sha256}${bytes[0]}`, `SHA-256 ${sha256}${bytes[1]}`];
}

function checkRecord({ dossier, dossierOutcomes, served }) {
  if (dossier === null && served === null) {
    throw notChecked("没有卷宗，也未查询本站记录", "no dossier was given, and this site's record was not asked");
  }
  if (dossier === null) {
    throw notChecked("仅为本站所述，未经证明：请一并放入卷宗", "only this site's word, not proved: add the dossier");
  }
  needSound(dossierOutcomes);
  if (dossierOutcomes.some((o) => o.result === "not_checked")) {
    throw notChecked("卷宗有未核对的项", "not everything of the dossier was checked");
  }
  return ["卷宗核对通过", "the dossier passed"];
}

function checkNamed({ sha256, size, dossier, served }) {
  if (dossier === null && served === null) throw notApplicable("没有记录可查", "there is no record to look in");
  const named = dossier === null ? servedDocuments(served) : namedDocuments(dossier);
  const found = named.find(({ document }) => document.sha256 === sha256);
  const zh = "记录中没有条目载明此文件：它不是记录中的文书，或已被改动";
  need(found !== undefined, zh, "no entry of the record names this file: it is no paper of it, or was changed");
  const { index, document } = found;
  need(size === null || document.size === size, "文件大小不符", "the document has another size", index);
  const issued = document.author === undefined ? ["", ""] : [`，${shown(document.author)} 出具`, `, issued by ${shown(document.author)}`];
  const place = index === null ? ["", ""] : [`，日志第 ${index} 条`, `, leaf ${index}`];
  const name = shown(document.name);
  return [`${name}${issued[0]}${place[0]}`, `${name}${issued[1]}${place[1]}`];
}

/** Documents named by entries that a server sent, each entry held against its form. Throws a failure. */
function servedDocuments(entries) {
  const found = [];
  for (const { index = null, ...entry } of entries) {
    if (misfit(ENTRY, entry) !== null || !BODIES.has(entry.head.kind)) continue;
    if (misfit(BODIES.get(entry.head.kind), entry.body) !== null) continue;
    if (entry.head.kind === "document_issued") found.push({ index, document: entry.body });
    if (NOTICES.includes(entry.head.kind)) {
      found.push(...entry.body.documents.map((document) => ({ index, document })));
    }
  }
  return found;
}

export const PAPER_CHECKS = [
  ["哈希", "hash", checkHash],
  ["所据记录", "record", checkRecord],
  ["载明", "named", checkNamed],
];
