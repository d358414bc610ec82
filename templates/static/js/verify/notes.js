// Checkpoints and anchors (C2SP signed-note, tlog-checkpoint, tlog-cosignature; docs/spec/log.md, Anchors).

import { base64, concat, equal, hex, unbase64, unhex, unuint, utf8 } from "./bytes.js";
import { sha, signedBy } from "./crypto.js";
import { Unreadable, need, shown } from "./findings.js";
import { ANCHORS } from "./forms.js";
import { parse } from "./json.js";
import { exactly, misfit } from "./shapes.js";

const MIB = 1 << 20;
const LOG_KEY = 1;
const WITNESS_KEY = 4;

/** A vkey of the log: `{name, id, key}`. Throws RangeError. */
export const logKey = (vkey) => noteKey(vkey, LOG_KEY);

async function noteKey(vkey, algorithm) {
  const [name, id, ...rest] = vkey.split("+");
  const material = unbase64(rest.join("+"));
  const expected = (await sha(utf8(`${name}\n`), material)).slice(0, 4);
  if (name === "" || material.length !== 33 || material[0] !== algorithm || id !== hex(expected)) {
    throw new RangeError(`not a verifier key of type ${algorithm}: ${shown(vkey)}`);
  }
  return { name, id: expected, key: material.slice(1) };
}

/** A checkpoint of three lines and its signature lines: `{body, origin, size, root, lines}`. Throws RangeError. */
export function parseNote(note) {
  const cut = note.lastIndexOf("\n\n");
  const rows = note.slice(0, cut).split("\n");
  const lines = note.slice(cut + 2).split("\n");
  if (cut < 0 || rows.length !== 3 || lines.pop() !== "" || lines.length < 1 || lines.length > 64) {
    throw new RangeError("not a checkpoint");
  }
  const [origin, digits, root] = rows;
  const size = Number(digits);
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(digits) || !Number.isSafeInteger(size) || unbase64(root).length !== 32) {
    throw new RangeError("not a checkpoint");
  }
  return { body: utf8(`${rows.join("\n")}\n`), origin, size, root: unbase64(root), lines: lines.map(signatureLine) };
}

function signatureLine(line) {
  const [dash, name, encoded, ...rest] = line.split(" ");
  if (dash !== "—" || !name || encoded === undefined || rest.length > 0) throw new RangeError("not a signature line");
  const signature = unbase64(encoded);
  if (signature.length < 5) throw new RangeError("not a signature line");
  return { name, id: signature.slice(0, 4), signature: signature.slice(4) };
}

/** What a verifier knows from outside. Throws Unreadable. */
export async function parseAnchors(bytes) {
  const value = parse(bytes, MIB);
  if (!exactly(value, ANCHORS)) {
    const where = misfit(ANCHORS, value) ?? "members";
    throw new Unreadable(`不是锚点文件（${where}）`, `not an anchors file (${where})`);
  }
  const { log, witnesses } = await keysOf(value);
  const distinct = (member) => new Set(witnesses.map(member)).size === witnesses.length;
  const apart = distinct((w) => hex(w.key)) && distinct((w) => w.name);
  if (!apart || value.witness_quorum > witnesses.length || log.name !== value.origin) {
    throw new Unreadable("锚点自相矛盾", "the anchors contradict themselves");
  }
  if (value.origin.endsWith("/demonstration") !== value.demonstration) {
    throw new Unreadable("锚点的来源与演示标记不符", "origin and demonstration of the anchors differ");
  }
  return {
    origin: value.origin, demonstration: value.demonstration, log, receiptKey: unhex(value.receipt_key), witnesses,
    witnessQuorum: value.witness_quorum, trustees: new Map(Object.entries(value.trustees)), outside: true,
  };
}

async function keysOf(value) {
  try {
    const witnesses = value.witnesses.map((vkey) => noteKey(vkey, WITNESS_KEY));
    return { log: await noteKey(value.log_key, LOG_KEY), witnesses: await Promise.all(witnesses) };
  } catch (error) {
    throw new Unreadable("锚点中的密钥不正确", `a key in the anchors is wrong: ${shown(error.message)}`);
  }
}

/**
 * Seconds (BigInt) of the witnesses' cosignatures, rising. With `onlyKnown` a line of another key fails (dossier.md).
 * Throws a failure where the log's signature or the witness quorum is missing.
 */
export async function verifyNote(note, anchors, onlyKnown) {
  const [zh, en] = [`（大小 ${note.size}）`, ` (size ${note.size})`];
  need(note.origin === anchors.origin, `检查点来源不符${zh}`, `the checkpoint has another origin${en}`);
  const times = new Map();
  let logs = 0;
  for (const line of note.lines) {
    const known = [anchors.log, ...anchors.witnesses].find((k) => k.name === line.name && equal(k.id, line.id));
    if (known === undefined) {
      need(!onlyKnown, `检查点有未知签名${zh}`, `it has a line of an unknown key${en}`);
    } else if (known === anchors.log) {
      logs += 1;
      const good = await signedBy(known.key, line.signature, note.body);
      need(good, `日志签名不正确${zh}`, `the log's signature is wrong${en}`);
    } else {
      need(!times.has(base64(known.key)), `见证签名重复${zh}`, `a witness signed twice${en}`);
      times.set(base64(known.key), await cosignedAt(known, line.signature, note));
    }
  }
  need(logs === 1, `缺少日志签名${zh}`, `the checkpoint needs one signature of the log${en}`);
  const enough = times.size >= anchors.witnessQuorum;
  need(enough, `见证签名不足${zh}`, `too few witnesses cosigned${en}: ${times.size}`);
  return [...times.values()].sort((one, other) => (one < other ? -1 : Number(one > other)));
}

async function cosignedAt(witness, signature, note) {
  const time = unuint(signature.slice(0, 8));
  const message = concat(utf8(`cosignature/v1\ntime ${time}\n`), note.body);
  const good = time < 1n << 63n && (await signedBy(witness.key, signature.slice(8), message));
  need(good, `见证签名不正确：${shown(witness.name)}`, `the cosignature of ${shown(witness.name)} is wrong`);
  return time;
}
