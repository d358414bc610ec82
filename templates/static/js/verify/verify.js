// What was given, in; a report, out. No page, no network: docs/spec/dossier.md, receipt.md.

import { hex } from "./bytes.js";
import { checkAuction } from "./checks_auction.js";
import { checkAward, checkDocuments, checkRanking } from "./checks_award.js";
import { checkClosing, checkDestroyed, checkEnvelopes, checkInTime, checkStatements } from "./checks_bids.js";
import { checkDraw } from "./checks_draw.js";
import { checkInvitation } from "./checks_invitation.js";
import { checkKeySet, checkReleases } from "./checks_keys.js";
import { checkOpening, checkScores } from "./checks_opening.js";
import { checkPrior } from "./checks_prior.js";
import { checkAnchors, checkCheckpoints, checkConsistency, checkEntries, checkOrder } from "./checks_record.js";
import { sha } from "./crypto.js";
import { readDossier } from "./dossier.js";
import { Unreadable, run } from "./findings.js";
import { PAPER_CHECKS } from "./paper.js";
import { RECEIPT_CHECKS, readReceipt } from "./receipt.js";

const MAX_DOCUMENT = 256 << 20;

export const DOSSIER_CHECKS = [
  ["锚点", "anchors", checkAnchors],
  ["检查点", "checkpoints", checkCheckpoints],
  ["一致性", "consistency", checkConsistency],
  ["条目", "entries", checkEntries],
  ["次序", "order", checkOrder],
  ["密钥集", "key set", checkKeySet],
  ["声明", "statements", checkStatements],
  ["按时", "in time", checkInTime],
  ["截标清单", "closing list", checkClosing],
  ["销毁", "destroyed", checkDestroyed],
  ["信封", "envelopes", checkEnvelopes],
  ["密钥公布", "releases", checkReleases],
  ["开标", "opening", checkOpening],
  ["评分", "scores", checkScores],
  ["排名", "ranking", checkRanking],
  ["定标", "award", checkAward],
  ["文件", "documents", checkDocuments],
];
const AUCTION_CHECK = ["竞价", "auction", checkAuction];
const DRAW_CHECK = ["抽取", "draw", checkDraw];
const INVITATION_CHECK = ["邀请", "invitation", checkInvitation];
const PRIOR_CHECK = ["事前公示", "prior notice", checkPrior];

/** The exit code that the offline verifier would have: 0 passed, 1 failed, 3 self-consistent only or not checked. */
function exitCode(outcomes, anchored) {
  const results = new Set(outcomes.map((outcome) => outcome.result));
  if (results.has("failed")) return 1;
  return anchored && !results.has("not_checked") ? 0 : 3;
}

const report = (kind, demonstration, checks, anchored) => ({
  kind, demonstration, checks, anchored, exit: exitCode(checks, anchored),
});

async function verifyDossier({ dossier, anchors, since, bidderKeys }, progress) {
  const d = await readDossier(dossier, anchors, since, bidderKeys);
  const besides = [
    d.byAuction() ? AUCTION_CHECK : null, d.drawn() ? DRAW_CHECK : null, d.inviting() ? INVITATION_CHECK : null,
    d.announced() ? PRIOR_CHECK : null,
  ];
  const outcomes = await run([...DOSSIER_CHECKS, ...besides], d, 4, progress);
  return { d, report: report("dossier", d.frame.demonstration, outcomes, anchors !== null) };
}

/** The dossier that a receipt or a paper is held against, where one was given. */
async function besides(given, progress) {
  if (given.dossier === null) return { dossier: null, beside: null, dossierOutcomes: [], anchors: given.anchors };
  const { d, report: beside } = await verifyDossier(given, progress);
  return { dossier: d, beside, dossierOutcomes: beside.checks, anchors: given.anchors ?? d.anchors };
}

async function verifyReceipt(given, progress) {
  const read = readReceipt(given.receipt);
  const found = await besides(given, progress);
  const outcomes = await run(RECEIPT_CHECKS, { ...read, bidderKeys: given.bidderKeys, ...found }, 2);
  return { ...report("receipt", read.said.demonstration, outcomes, given.anchors !== null), beside: found.beside };
}

async function verifyPaper(given, progress) {
  const { paper, sha256 } = given;
  if ((paper?.size ?? 0) > MAX_DOCUMENT) throw new Unreadable("文件超过 256 MiB", "the file is larger than 256 MiB");
  const hash = paper === null ? sha256 : hex(await sha(await paper.arrayBuffer()));
  const found = await besides(given, progress);
  const context = { sha256: hash, size: paper?.size ?? null, served: given.served, ...found };
  const outcomes = await run(PAPER_CHECKS, context, 1);
  const demonstration = found.beside?.demonstration ?? given.anchors?.demonstration ?? false;
  return { ...report("paper", demonstration, outcomes, given.anchors !== null), sha256: hash, beside: found.beside };
}

const NOTHING = {
  anchors: null, dossier: null, receipt: null, paper: null, since: null, served: null, sha256: null, bidderKeys: [],
};

/**
 * What is given: `anchors` (read by parseAnchors), `since` (read by parseNote), `dossier` and `paper` (a Blob),
 * `receipt` (JSON), `served` (entries that a server sent), `sha256` and `bidderKeys` (hex). A receipt goes before a
 * paper, a paper before a dossier alone; the report on a dossier given with them is `beside`. Throws Unreadable.
 */
export async function verify(some, progress = () => {}) {
  const given = { ...NOTHING, ...some };
  if (given.receipt !== null) return verifyReceipt(given, progress);
  if (given.paper !== null || given.sha256 !== null) return verifyPaper(given, progress);
  if (given.dossier !== null) return (await verifyDossier(given, progress)).report;
  throw new Unreadable("没有可核验的文件", "there is nothing to verify");
}
