// Checks 13 and 14 of docs/spec/dossier.md: every envelope opened again, every score signed.

import { unhex } from "./bytes.js";
import { MAX_PART } from "./checks_bids.js";
import { checkChair, committeeOf } from "./committee.js";
import { exchangeKey } from "./crypto.js";
import { openForm } from "./envelope.js";
import { Broken, need, notApplicable, shown } from "./findings.js";
import { same } from "./json.js";
import { checkSigner, tell } from "./keys.js";
import { formFault } from "./schema.js";

export async function checkOpening(d) {
  const [opening, kind, standing] = [d.opening(), d.kind(), await d.standing()];
  const [{ bids }, { index }, { accepted }] = [opening.body, opening, d.one("lot_closed").body];
  need(same(bids.map((bid) => bid.accepted), accepted), "开标与截标清单不符", "it is not the closing list", index);
  const ends = standing.map((link) => link.entry.commitment);
  need(same(accepted, ends), "截标清单与投标链不符", "the closing list is not the ends of the chains", index);
  const blocks = new Map(d.frame.envelopes.map((one) => [one.id, one.blocks.length]));
  const [keys, schema] = [await keysOf(d, opening.body.quorum), d.notice(index).body.form_schema];
  for (const [i, bid] of bids.entries()) {
    const { object } = standing[i];
    const named = bid.bidder === object.bidder && bid.envelope === object.envelopes[kind];
    need(named, "投标人或信封不符", "bidder or envelope differ", index);
    const part = await d.archive.read(`envelopes/${bid.envelope}`, MAX_PART);
    if (!blocks.has(bid.envelope)) throw new TypeError("an envelope without its blocks");
    const found = await openedAgain(keys, part, blocks.get(bid.envelope), bid.bidder);
    checkOpened(bid, found, schema, index);
  }
  const confirmed = await checkConfirmations(d, opening);
  return [
    `${bids.length} 份投标重新开启，结果一致；${confirmed} 家确认`,
    `${bids.length} bids opened again, all alike; ${confirmed} confirmed it`,
  ];
}

/** How many confirmed the opening: each this one, signed by a bidder whose bid it opened, and once. */
async function checkConfirmations(d, { body, commitment }) {
  const opened = new Set(body.bids.filter(({ outcome }) => outcome === "opened").map(({ bidder }) => bidder));
  const [confirmed, unsure] = [new Set(), []];
  for (const { body: { confirmation }, index } of d.of("opening_confirmed")) {
    const { object } = confirmation;
    need(d.isMine(object), "确认属于别的标段", "it confirms another lot", index);
    need(object.opened === commitment, "确认的是别的开标", "it confirms another opening", index);
    need(opened.has(object.bidder), "确认人没有已开启的投标", "no bid of who confirms was opened", index);
    need(!confirmed.has(object.bidder), "同一投标人确认两次", "a bidder confirms twice", index);
    confirmed.add(object.bidder);
    unsure.push(await checkSigner(d, confirmation, object.bidder, "statement", index));
  }
  tell(unsure);
  return confirmed.size;
}

/** The key set and the released keys of the quorum used. */
async function keysOf(d, quorum) {
  const { id, keySet } = await d.keySet();
  const objects = d.of("key_released").map((entry) => entry.body.release.object);
  const released = new Map(objects.map((object) => [object.trustee, unhex(object.private_key)]));
  const pairs = keySet.quorums[quorum].map((name) => exchangeKey(released.get(name)));
  return { keySet, keySetId: id, quorum, pairs: await Promise.all(pairs) };
}

async function openedAgain(keys, part, blocks, bidder) {
  try {
    return { values: await openForm(keys, part, blocks, bidder) };
  } catch (error) {
    if (error instanceof Broken) return { broken: error.reason };
    throw error;
  }
}

function checkOpened(bid, { values, broken }, schema, index) {
  const who = shown(bid.bidder);
  if (broken !== undefined) {
    const alike = bid.outcome === "unopenable" && bid.values === null && like(bid.reason, broken);
    need(alike, `${who} 实不可开启：${broken}`, `${who} does not open: ${broken}`, index);
    return;
  }
  need(bid.outcome !== "unopenable", `${who} 实可开启`, `${who} does open`, index);
  need(same(bid.values, values), `${who} 开标内容不符`, `the values of ${who} differ`, index);
  const fault = formFault(schema, values);
  const outcome = fault === null ? "opened" : "invalid";
  need(bid.outcome === outcome, `${who} 应为 ${outcome}`, `${who} should be ${outcome} (${shown(fault)})`, index);
  need((bid.reason === null) === (fault === null), `${who} 理由不符`, `the reason of ${who} is wrong`, index);
}

/** Faults of the header count as one: which of them is named first is left to the reader's order. */
function like(reason, step) {
  return reason === step || (step.startsWith("header_") && (reason ?? "").startsWith("header_"));
}

export async function checkScores(d) {
  const [opening, scores] = [d.opening(), d.of("score_signed")];
  if (scores.length === 0) throw notApplicable("没有评分", "there are no scores");
  const [seats, unsure] = [committeeOf(d), []];
  checkChair(d, seats);
  for (const { index } of d.of("committee_set")) {
    need(index < scores[0].index, "评分后换人", "the committee was named after a score", index);
  }
  for (const { body, index } of scores) {
    const { object } = body.score;
    need(seats.has(object.expert), "评分人不是评委会成员", "signed by somebody not of the committee", index);
    unsure.push(await checkSigner(d, body.score, object.expert, "score", index));
    need(d.isMine(object), "评分属于别的标段", "the score is for another lot", index);
    const named = object.opened === opening.commitment;
    need(named, "评分所据开标不符", "the score names another opening", index);
  }
  tell(unsure);
  return [`${scores.length} 份评分`, `${scores.length} scores`];
}
