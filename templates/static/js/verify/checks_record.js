// Checks 1 to 5 of docs/spec/dossier.md: the record itself.

import { equal, hex, unhex } from "./bytes.js";
import { failed, member, need, notChecked, shown } from "./findings.js";
import { BODIES, DRAWN, PRIOR, WHOLE_LOG } from "./forms.js";
import { logKey, parseNote, verifyNote } from "./notes.js";
import { isAny, misfit } from "./shapes.js";
import { consistent, hashesOf, includedRoot, leafHash } from "./tree.js";

const AT_ONCE = 64; // entries proved side by side: WebCrypto answers from other threads

export async function checkAnchors(d) {
  const { anchors: a, frame } = d;
  need(frame.origin === a.origin, "来源与锚点不符", "the origin is not the anchors'");
  need(frame.demonstration === a.demonstration, "演示标记与锚点不符", "demonstration is not the anchors'");
  need(a.origin.endsWith("/demonstration") === a.demonstration, "来源与演示标记不符", "origin and demonstration differ");
  const { body, index } = d.one("log_opened");
  need(index === 0, "日志首条不在第 0 号", "log_opened is not leaf 0", index);
  // Its form is check 4's, so nothing of it is taken for granted here.
  const facts = member(body, "origin") === a.origin && member(body, "demonstration") === a.demonstration;
  const log = await logKey(member(body, "log_key"));
  const keys = member(body, "receipt_key") === hex(a.receiptKey) && log.name === a.log.name && equal(log.key, a.log.key);
  need(facts && keys, "日志首条与锚点不符", "the log's first entry is not the anchors'", 0);
  if (!a.outside) throw notChecked(...fingerprints(a));
  return [`来源 ${shown(a.origin)}`, `origin ${shown(a.origin)}`];
}

export function fingerprints(a) {
  const keys = [["log", hex(a.log.key)], ["receipt", hex(a.receiptKey)], ...a.trustees];
  const found = keys.map(([name, key]) => `${shown(name)} ${key}`).join(", ");
  return [`未给锚点，仅自洽；所见密钥 ${found}`, `no anchors: self-consistent only; keys found: ${found}`];
}

export async function checkCheckpoints(d) {
  need(d.frame.checkpoints.length > 0, "没有检查点", "there is no checkpoint");
  const notes = d.frame.checkpoints.map((note, i) => {
    try {
      return parseNote(note);
    } catch (error) {
      throw failed(`第 ${i} 个检查点不成形`, `checkpoint ${i} has not its form: ${shown(error.message)}`);
    }
  });
  d.notes = notes;
  const cosigned = [];
  for (const note of notes) cosigned.push(await verifyNote(note, d.anchors, d.anchors.outside));
  d.cosigned = cosigned;
  const [count, quorum] = [notes.length, d.anchors.witnessQuorum];
  return [
    `${count} 个检查点，各有至少 ${quorum} 个见证签名`,
    `${count} checkpoints, each with at least ${quorum} cosignatures`,
  ];
}

export async function checkConsistency(d) {
  need(d.notes.length > 0, "没有可读的检查点", "no checkpoint was read");
  const heads = d.notes.map((note) => [note.size, note.root]);
  need(d.frame.consistency.length === heads.length - 1, "一致性证明数目不符", "the number of proofs is wrong");
  for (const [i, proof] of d.frame.consistency.entries()) {
    const rising = heads[i][0] < heads[i + 1][0];
    const good = rising && (await consistent(heads[i], heads[i + 1], hashesOf(proof)));
    need(good, `第 ${i} 与 ${i + 1} 个检查点不一致`, `checkpoints ${i} and ${i + 1} are not consistent`);
  }
  return d.since === null ? undefined : checkSince(d.since, heads, d.anchors);
}

async function checkSince(since, heads, anchors) {
  await verifyNote(since, anchors, false);
  const found = heads.find(([size]) => size === since.size);
  if (found === undefined) {
    throw notChecked(`卷宗不含大小为 ${since.size} 的检查点`, `the dossier has no checkpoint of size ${since.size}`);
  }
  const same = equal(found[1], since.root);
  need(same, "与旧检查点分叉", "the log was forked: another root at the size of the older checkpoint");
  return ["与旧检查点一致", "consistent with the older checkpoint"];
}

export async function checkEntries(d) {
  need(d.notes.length > 0, "没有可读的检查点", "no checkpoint was read");
  const newest = d.notes.at(-1);
  for (let i = 0; i < d.entries.length; i += AT_ONCE) {
    const some = d.entries.slice(i, i + AT_ONCE);
    const roots = await Promise.allSettled(some.map((entry) => rootFor(entry, newest)));
    for (const [place, entry] of some.entries()) checkEntry(d, entry, d.entries[i + place - 1], roots[place], newest);
  }
  const distinct = new Set(d.entries.map((entry) => entry.commitment)).size;
  need(distinct === d.entries.length, "承诺重复", "a commitment stands twice");
  const strange = d.entries.find((entry) => !BODIES.has(entry.kind));
  if (strange !== undefined) {
    const kind = shown(strange.kind);
    throw notChecked(`未知条目种类 ${kind}`, `unknown kind of entry ${kind}`, strange.index);
  }
  return [`${d.entries.length} 条均在日志中`, `${d.entries.length} entries, all in the log`];
}

async function rootFor(entry, newest) {
  const leaf = await leafHash(unhex(entry.commitment));
  return includedRoot(entry.index, newest.size, leaf, hashesOf(entry.proof));
}

function checkEntry(d, entry, previous, settled, newest) {
  const { index, kind, head, body } = entry;
  need(index > (previous?.index ?? -1), "条目序号重复或乱序", "indices are repeated or out of order", index);
  if (settled.status === "rejected") throw settled.reason;
  const root = settled.value;
  need(root !== null && equal(root, newest.root), "条目不在日志中", "the entry is not in the log", index);
  const fault = misfit(BODIES.get(kind) ?? isAny, body);
  need(fault === null, `条目内容不成形：${fault}`, `the body has not its form: ${fault}`, index);
  const here = WHOLE_LOG.has(kind) ? head.tender === "" && head.lot === "" : d.isMine(head);
  need(here, "条目属于别的标段", "the entry is of another lot", index);
}

const STAGES = [
  "tender_published", "lot_closed", "opening_intended", "lot_opened", "lot_evaluated", "candidates_published",
  "lot_awarded", "contract_registered",
];
export const UNDER_CONTRACT = ["contract_changed", "contract_performed", "contract_completed", "contract_terminated"];
export const CONTRACT_ENDS = ["contract_completed", "contract_terminated"];
const RANKS = new Map([
  ...STAGES.map((kind, rank) => [kind, rank]),
  ["tender_amended", 0], ["bidders_invited", 0], ["bid_accepted", 0], ["bid_withdrawn", 0],
  ["opening_confirmed", STAGES.indexOf("lot_opened")],
  ["auction_number", 0], ["auction_event", 0], ["auction_statement", 0], ["auction_closed", 0],
]);
const AUCTION_STAGES = ["tender_published", "lot_awarded", "contract_registered"];
const ONCE = [...STAGES, ...CONTRACT_ENDS, "lot_failed"].filter((kind) => kind !== "opening_intended");
const COMPLAINED = ["complaint_filed", "complaint_decided", "complaint_ruled", "complaint_withdrawn"];
const EXCLUSIVE = new Set([
  ...STAGES, ...UNDER_CONTRACT, "tender_amended", "bidders_invited", "lot_held", "hold_lifted", "objection_filed",
  "objection_answered", "opening_confirmed", "explanation_asked", "explanation_given", "committee_set",
  "lot_failed",
  ...COMPLAINED, ...PRIOR,
  "auction_number", "auction_event", "auction_statement", "auction_refused", "auction_closed", ...DRAWN,
]);
const BEHIND_FAILURE = new Set([
  "document_issued", "bid_refused", "auction_refused", "trustee_rehearsed", "comment_answered", ...COMPLAINED, ...WHOLE_LOG,
]);
const AFTER = new Map([
  ["key_released", "lot_closed"], ["committee_set", "lot_closed"], ["score_signed", "lot_opened"],
  ["bid_accepted", "tender_published"], ["objection_filed", "tender_published"],
  ["objection_answered", "objection_filed"], ["opening_confirmed", "lot_opened"],
  ["auction_number", "tender_published"], ["auction_event", "tender_published"],
  ["auction_statement", "auction_event"], ["auction_refused", "tender_published"],
  ["auction_closed", "auction_event"],
  ["explanation_asked", "lot_opened"], ["explanation_given", "explanation_asked"], ["result_told", "lot_awarded"],
  ["draw_called", "lot_closed"], ...DRAWN.slice(1).map((kind) => [kind, "draw_called"]),
  ["comment_filed", "prior_published"], ["comment_answered", "comment_filed"],
  ["complaint_filed", "objection_filed"], ...COMPLAINED.slice(1).map((kind) => [kind, "complaint_filed"]),
  ...UNDER_CONTRACT.map((kind) => [kind, "contract_registered"]),
]);

export function checkOrder(d) {
  for (const kind of ONCE) need(d.of(kind).length < 2, `${kind} 重复`, `more than one ${kind}`);
  const due = stagesDue(d);
  checkStages(d, due);
  checkRanks(d);
  need(d.has("tender_published"), "缺少 tender_published", "there is no tender_published");
  checkTimes(d.entries);
  checkAmendments(d.notices());
  checkHolds(d.of("lot_held", "hold_lifted"));
  checkObjections(d);
  checkComplaints(d.entries);
  const stage = STAGES.findLast((kind) => d.has(kind));
  return [`至 ${stage}`, `up to ${stage}`];
}

/** The stages that the lot's notices call for, in their order. Throws a failure where its bidding has no end. */
function stagesDue(d) {
  if (d.byAuction()) {
    need(d.auctionEnd() !== null || d.has("lot_failed"), "竞价没有结束", "the auction has not ended");
    return AUCTION_STAGES;
  }
  need(d.has("lot_closed", "lot_failed"), "缺少 lot_closed", "there is no lot_closed");
  return STAGES.filter((kind) => d.publicity() || kind !== "candidates_published");
}

function checkStages(d, due) {
  const alike = new Set(d.notices().map(({ body }) => body.publicity)).size < 2;
  need(alike, "公告关于公示的说法前后不同", "the notices differ in whether candidates are published");
  for (const kind of STAGES) need(due.includes(kind) || !d.has(kind), `本程序没有 ${kind}`, `the procedure has no ${kind}`);
  for (const [i, stage] of due.entries()) {
    const whole = !d.has(stage) || due.slice(0, i).every((before) => d.has(before));
    need(whole, `${stage} 之前缺阶段`, `a stage before ${stage} is missing`);
  }
}

function checkRanks(d) {
  const after = d.byAuction() ? new Map([...AFTER, ["key_released", "auction_closed"]]) : AFTER;
  let rank = 0;
  const seen = new Set();
  for (const { kind, index } of d.entries) {
    const allowed = !seen.has("lot_failed") || BEHIND_FAILURE.has(kind) || !BODIES.has(kind);
    need(allowed, "失败之后仍有行为", "an act after the lot failed", index);
    const own = RANKS.get(kind) ?? rank;
    need(own >= rank, `${kind} 次序不对`, `${kind} is out of order`, index);
    need(!after.has(kind) || seen.has(after.get(kind)), `${kind} 过早`, `${kind} is too early`, index);
    rank = Math.max(rank, own);
    seen.add(kind);
  }
}

/** No time falls, but between acts that are made side by side (log.md, Members of the bodies). */
function checkTimes(entries) {
  let [highest, exclusive] = ["", ""];
  for (const { kind, time, index } of entries) {
    if (WHOLE_LOG.has(kind)) continue;
    const floor = EXCLUSIVE.has(kind) ? highest : exclusive;
    need(time >= floor, "时间倒退", "its time is before that of an earlier entry", index);
    if (time > highest) highest = time;
    if (EXCLUSIVE.has(kind)) exclusive = time;
  }
}

function checkAmendments(notices) {
  for (const [i, { body, index }] of notices.entries()) {
    const previous = i === 0 ? null : notices[i - 1].commitment;
    const good = body.number === i && body.previous === previous;
    need(good, "公告与变更不相接", "the notices do not chain", index);
  }
}

const OBJECTED = { documents: "tender_published", opening: "lot_opened", result: "lot_evaluated" };

/** Each answer has its objection, each objection at most one; while one that suspends waits, nothing goes on. */
function checkObjections(d) {
  const { entries } = d;
  const [waiting, filed, seen] = [new Map(), new Set(), new Set()];
  for (const { kind, body, index } of entries) {
    const stopped = STAGES.includes(kind) && [...waiting.values()].some(Boolean);
    need(!stopped, "异议未答复即继续", `${kind} before an objection was answered`, index);
    if (kind === "objection_filed") {
      const { against, objection, suspends } = body;
      need(!filed.has(objection), "异议编号重复", "an objection stands twice", index);
      const staged = seen.has(OBJECTED[against]) && !(against === "documents" && seen.has("lot_closed"));
      // What an auction has come to is known at its end; nobody evaluates.
      const end = against === "result" ? d.auctionEnd() : null;
      const timely = staged || (end !== null && end.index < index);
      need(timely, "异议与阶段不符", "the objection is not of its stage", index);
      waiting.set(objection, suspends);
      filed.add(objection);
    }
    if (kind === "objection_answered") {
      need(waiting.delete(body.objection), "答复没有对应的异议", "it answers no objection that waits", index);
    }
    seen.add(kind);
  }
}

/** What befalls a complaint, and how it stands before. */
const COMPLAINT_STEPS = new Map([
  ["complaint_decided", ["waits"]], ["complaint_ruled", ["taken up"]], ["complaint_withdrawn", ["waits", "taken up"]],
]);

/** Each is about an objection of its own, in its order; while one suspends the lot, nothing goes on. */
function checkComplaints(entries) {
  const [objected, stands, stopped] = [new Set(), new Map(), new Map()];
  for (const entry of entries) {
    const { kind, body, index, time } = entry;
    const held = STAGES.includes(kind) && [...stopped.values()].some((until) => until === null || time < until);
    need(!held, "投诉暂停期间继续", `${kind} while a complaint suspends the lot`, index);
    if (kind === "objection_filed") objected.add(body.objection);
    if (kind === "complaint_filed") {
      const fresh = !stands.has(body.complaint) && objected.delete(body.objection);
      need(fresh, "投诉没有对应的异议", "the complaint is about no objection of its own", index);
      stands.set(body.complaint, "waits");
    }
    if (COMPLAINT_STEPS.has(kind)) checkComplaintStep(entry, stands, stopped);
  }
}

function checkComplaintStep({ kind, body, index }, stands, stopped) {
  const takenUp = kind === "complaint_decided" && body.taken_up;
  const waited = COMPLAINT_STEPS.get(kind).includes(stands.get(body.complaint));
  need(waited, "投诉的处理次序不对", `${kind} of a complaint that does not wait for it`, index);
  stands.set(body.complaint, takenUp ? "taken up" : "over");
  stopped.delete(body.complaint);
  if (body.suspends) {
    need(takenUp, "不予受理却暂停", "a complaint that is not taken up suspends the lot", index);
    stopped.set(body.complaint, body.suspended_until);
  }
}

function checkHolds(holds) {
  let held = false;
  for (const { kind, index } of holds) {
    need(held || kind === "lot_held", "解除了没有的暂停", "it lifts a hold that is not there", index);
    held = kind === "lot_held";
  }
}
