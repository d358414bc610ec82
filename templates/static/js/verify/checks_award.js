// Checks 15 to 17 of docs/spec/dossier.md: ranking, award, documents.

import { hex } from "./bytes.js";
import { checkAuctionAward } from "./checks_auction.js";
import { CONTRACT_ENDS } from "./checks_record.js";
import { checkCommittee } from "./committee.js";
import { checkContract } from "./contract.js";
import { checkExplanations } from "./explanations.js";
import { sha } from "./crypto.js";
import { evaluate } from "./evaluation.js";
import { member, need, shown } from "./findings.js";
import { same } from "./json.js";

const MAX_DOCUMENT = 256 << 20;

export function checkRanking(d) {
  const [opening, evaluated] = [d.opening(), d.reached("lot_evaluated")];
  checkExplanations(d, opening, evaluated);
  const [{ evaluation: recorded }, { index }] = [evaluated.body, evaluated];
  const criteria = d.notice(opening.index).body.evaluation;
  const again = evaluate(criteria, opening.body.bids, usedScores(d, evaluated), recorded.draw ?? null);
  for (const [name, value] of Object.entries(again)) {
    const alike = Object.hasOwn(recorded, name) && same(value, recorded[name]);
    need(alike, `重算结果不同：${name}`, `recomputed otherwise: ${name}`, index);
  }
  const whole = Object.keys(recorded).length === Object.keys(again).length;
  need(whole, "评审结果有多余内容", "the evaluation has other members", index);
  const [count, best] = [again.ranked.length, shown(again.ranked[0]?.bidder ?? "—")];
  return [`${count} 家排名重算一致，第一名 ${best}`, `${count} ranked again alike, first ${best}`];
}

/** The scores that the evaluation names: the last of each expert who signed before it, none left out. */
function usedScores(d, { body, index }) {
  const before = d.of("score_signed").filter((entry) => entry.index < index);
  const last = [...new Map(before.map((entry) => [entry.body.score.object.expert, entry])).values()];
  const all = same([...body.scores].sort(), last.map((entry) => entry.commitment).sort());
  need(all, "评审采用的评分不是各专家最后一份", "not the last score of every expert was used", index);
  const scores = last.map((entry) => entry.body.score.object);
  checkCommittee(d, scores.map((score) => score.expert), index);
  return scores;
}

export function checkAward(d) {
  if (d.byAuction()) return checkAuctionAward(d);
  d.opening();
  const evaluated = d.reached("lot_evaluated");
  const ranked = member(evaluated.body.evaluation, "ranked");
  const expected = firstOf(ranked, member(d.notice(evaluated.index).body.evaluation, "candidates"));
  const until = d.publicity() ? checkPublicity(d, expected) : "";
  if (!d.has("lot_awarded")) return ["尚未定标", "not awarded yet"];
  const award = d.one("lot_awarded");
  const { winner, price, reason } = award.body;
  const found = expected.find((c) => member(c, "bidder") === winner && member(c, "price") === price);
  need(found !== undefined, "中标人或价格不是候选人的", "winner or price are no candidate's", award.index);
  const why = found.rank === 1 || (typeof reason === "string" && reason.trim() !== "");
  need(why, "未取第一名且无理由", "not the first, and no reason", award.index);
  const late = award.time >= until;
  need(late, "公示期内定标", "awarded within the publicity period", award.index);
  if (d.has("contract_registered")) checkContract(d, award);
  return [`中标 ${shown(winner)} ${price}`, `awarded to ${shown(winner)}, ${price}`];
}

/** Until when the candidates are public; not applicable where they are not yet. */
function checkPublicity(d, expected) {
  const { body, index, time } = d.reached("candidates_published");
  need(same(body.candidates, expected), "候选人不是排名前列", "the candidates are not the first of the ranking", index);
  need(body.published_at === time, "公示时间不是条目时间", "not published when it says", index);
  const rising = body.published_at < body.objections_until;
  need(rising, "公示期倒置", "it ends before it begins", index);
  return body.objections_until;
}

function firstOf(ranked, last) {
  const ranks = [last, ...ranked.map((one) => member(one, "rank"))];
  if (!ranks.every(Number.isSafeInteger)) throw new TypeError("a rank is no integer");
  return ranked.filter((one) => one.rank <= last);
}

/** Every document that an entry names: `[{index, document}]`. */
export function namedDocuments(d) {
  const contract = d.of("contract_registered", "contract_changed", ...CONTRACT_ENDS);
  const listing = [...d.of("prior_published"), ...d.notices(), ...contract];
  const published = listing.flatMap(({ index, body }) => body.documents.map((document) => ({ index, document })));
  return [...published, ...d.of("document_issued").map(({ index, body }) => ({ index, document: body }))];
}

export async function checkDocuments(d) {
  const acts = new Map(d.entries.map((entry) => [entry.commitment, entry.index]));
  for (const { body, index } of d.of("document_issued")) {
    const before = (acts.get(body.entry) ?? index) < index;
    need(before, "文书所述行为不在卷宗中", "the act that it states is not in the dossier", index);
  }
  const told = checkResults(d);
  const named = namedDocuments(d);
  const wanted = new Set(["dossier.json", ...named.map(({ document }) => `documents/${document.sha256}`)]);
  for (const { id } of d.frame.envelopes) wanted.add(`envelopes/${id}`);
  const extra = d.archive.names().filter((name) => !wanted.has(name)).sort();
  need(extra.length === 0, `多余文件 ${extra[0]}`, `a file that no entry names: ${extra[0]}`);
  const open = d.has("lot_opened", "auction_closed") || d.frame.envelopes.length === 0;
  need(open, "开标前不应有信封", "there are envelopes before the opening");
  const sizes = new Map();
  for (const { index, document } of named) {
    if (!sizes.has(document.sha256)) sizes.set(document.sha256, await hashed(d.archive, document.sha256, index));
    const alike = sizes.get(document.sha256) === document.size;
    need(alike, "文件大小不符", "the document has another size", index);
  }
  if (told === 0) return [`${sizes.size} 份文件`, `${sizes.size} documents`];
  return [
    `${sizes.size} 份文件；${told} 家未中标单位已获告知`, `${sizes.size} documents; ${told} of the losers told`,
  ];
}

/** How many of those who have not won were told so, each once. The letters are not in the dossier. */
function checkResults(d) {
  const letters = d.of("result_told");
  if (letters.length === 0) return 0;
  const [award, seen] = [d.one("lot_awarded"), new Set()];
  const bidders = d.one("lot_opened").body.bids.map((bid) => bid.bidder);
  const agency = d.notices()[0].body.notice.agency.code;
  for (const { body, index } of letters) {
    need(body.award === award.commitment, "通知书不接本次定标", "it tells of another award", index);
    const lost = body.bidder !== award.body.winner && bidders.includes(body.bidder);
    need(lost, "收件人不是未中标的投标人", "it is to nobody who has lost", index);
    need(!seen.has(body.bidder), "同一单位告知两次", "one bidder is told twice", index);
    need(body.author === agency, "通知书不是招标人的", "it is not the agency's", index);
    seen.add(body.bidder);
  }
  return seen.size;
}

/** The size of a document, once its hash is right. */
async function hashed(archive, sha256, index) {
  const bytes = await archive.read(`documents/${sha256}`, MAX_DOCUMENT);
  need(hex(await sha(bytes)) === sha256, "文件哈希不符", "the document has another hash", index);
  return bytes.length;
}
