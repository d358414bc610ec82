// Checks 7 to 11 of docs/spec/dossier.md: statements, times, the closing list, what was destroyed, the envelopes.

import { hex, unhex } from "./bytes.js";
import { envelopeId, parseHeader } from "./envelope.js";
import { Broken, failed, need, notApplicable, notChecked } from "./findings.js";
import { same } from "./json.js";
import { checkSigner, tell } from "./keys.js";
import { microseconds } from "./shapes.js";
import { leafHash, rootOf } from "./tree.js";

export const MAX_PART = 8 << 20;
const LATENESS = 120;

export async function checkStatements(d) {
  if (!d.has("bid_accepted", "bid_withdrawn", "lot_opened")) {
    throw notApplicable("投标尚未公开", "the bids are not disclosed");
  }
  const [chains, unsure] = [await d.chains(), []];
  for (const chain of chains) {
    for (const [i, link] of chain.entries()) {
      checkStatement(d, link, chain[i - 1] ?? null);
      const { body, index } = link.entry;
      unsure.push(await checkSigner(d, body.statement, link.object.bidder, "statement", index));
    }
  }
  tell(unsure);
  const count = d.of("bid_accepted", "bid_withdrawn").length;
  return [`${count} 份声明，${chains.length} 家`, `${count} statements of ${chains.length} bidders`];
}

function checkStatement(d, { entry, object }, previous) {
  const { index } = entry;
  need(d.isMine(object), "声明属于别的标段", "the statement is for another lot", index);
  need(object.replaces === (previous?.id ?? null), "声明链断裂", "the chain breaks", index);
  if (entry.kind === "bid_withdrawn") {
    const twice = previous?.entry.kind === "bid_withdrawn";
    need(!twice, "撤回了已撤回的投标", "a withdrawal of a withdrawal", index);
    return;
  }
  const notices = d.notices(index);
  const seen = notices.some((notice) => notice.commitment === object.seen);
  need(seen, "所见公告不在此前", "it saw no notice before it", index);
  const named = notices.some((notice) => same(notice.body.key_sets, object.key_sets));
  need(named, "声明的密钥集未公布", "it names a key set that was not published", index);
  const kinds = [object.envelopes, object.key_sets].map((map) => Object.keys(map).sort());
  need(same(...kinds), "信封种类不符", "envelopes and key sets differ", index);
}

export function checkInTime(d) {
  const closing = d.reached("lot_closed");
  const { body, index } = closing;
  for (const e of d.of("bid_accepted", "bid_withdrawn")) {
    need(e.index < index, "截标后受理", "accepted after the closing", e.index);
    need(e.time < d.notice(e.index).body.deadline, "逾期受理", "accepted after the deadline in force", e.index);
    need(e.time < body.deadline, "逾期受理", "accepted after the deadline", e.index);
  }
  const { deadline } = d.notice(index).body;
  need(body.deadline === deadline, "不是最新公告的截止时间", "not the latest notice's deadline", index);
  need(closing.time >= deadline, "提前截标", "closed before the deadline", index);
  if (d.anchors.outside && d.anchors.witnessQuorum === 0) {
    return ["锚点不要求见证，截标时刻无人旁证", "the anchors ask for no witness: nobody else saw when it closed"];
  }
  return checkLateness(d, closing);
}

/** That witnesses saw what ended the bidding when it says. */
export function checkLateness(d, { index, time }) {
  if (!d.anchors.outside) throw notChecked("没有锚点，不知见证", "no anchors: the witnesses are not known");
  const first = d.notes.findIndex((note) => note.size > index);
  const times = d.cosigned[first];
  if (times === undefined) throw failed("检查点未通过核对", "the checkpoints did not pass", index);
  const late = Number(times[d.anchors.witnessQuorum - 1]) - microseconds(time) / 1e6;
  const told = Math.ceil(late);
  need(late <= LATENESS, `截标见证迟到 ${told} 秒`, `cosigned ${told} s late`, index);
  need(late >= -LATENESS, "截标时刻在见证之后", "the closing is dated after its cosignatures", index);
  const within = Math.max(told, 0);
  return [`截标后 ${within} 秒内见证`, `the closing was cosigned within ${within} s`];
}

export async function checkClosing(d) {
  const { body, index } = d.reached("lot_closed");
  const root = await rootOf(await Promise.all(body.accepted.map((commitment) => leafHash(unhex(commitment)))));
  need(body.count === body.accepted.length, "家数不符", "the count is wrong", index);
  need(body.root === hex(root), "截标清单的根不符", "the root of the closing list is wrong", index);
  const opening = d.has("key_released", "opening_intended", "lot_opened");
  const enough = body.count >= d.notice(index).body.minimum_bids;
  need(enough || !opening, "投标不足仍开标", "opened with too few bids", index);
  if (!d.has("lot_opened", "bid_accepted")) {
    return [`${body.count} 家，投标尚未公开`, `${body.count} bids, not disclosed`];
  }
  const standing = (await d.standing()).map((link) => link.entry);
  const listed = new Set(body.accepted);
  for (const { commitment, index: left } of standing) {
    need(listed.has(commitment), "有效投标不在截标清单", "a bid was left out", left);
  }
  const whole = same(body.accepted, standing.map((entry) => entry.commitment));
  need(whole, "截标清单与投标链不符", "the closing list is not the ends of the chains", index);
  return [`${body.count} 家`, `${body.count} bids`];
}

export async function checkDestroyed(d) {
  const found = new Map();
  for (const e of d.of("envelope_destroyed")) {
    const key = `${e.body.accepted} ${e.body.envelope}`;
    need(!found.has(key), "同一信封销毁两次", "an envelope was destroyed twice", e.index);
    found.set(key, e);
  }
  // What an auction has sealed is looked at with it.
  if (!d.byAuction()) await (d.failedEarly() ? checkAllDestroyed : checkExplained)(d, found);
  return [`${found.size} 个信封已销毁`, `${found.size} envelopes destroyed`];
}

function checkAllDestroyed(d, found) {
  const destroyed = new Set([...found.values()].map((e) => e.body.accepted));
  for (const { body, index } of d.of("lot_closed")) {
    const all = body.accepted.every((commitment) => destroyed.has(commitment));
    need(all, "失败标段的信封未销毁", "an envelope of the failed lot was not destroyed", index);
  }
}

async function checkExplained(d, found) {
  const expected = await replacedEnvelopes(d);
  for (const [key, e] of found) {
    const why = expected.get(key);
    need(why?.reason === e.body.reason, "销毁无据", "nothing explains why it was destroyed", e.index);
    need(why.accepted.index < e.index, "受理前已销毁", "destroyed before its acceptance", e.index);
    need(e.index < d.one("lot_closed").index, "截标后才销毁", "destroyed only after the closing", e.index);
  }
  for (const [key, { accepted }] of expected) {
    need(found.has(key), "被替换或撤回的信封未销毁", "its envelope was not destroyed", accepted.index);
  }
}

/** Each envelope that does not stand: its acceptance, and why. */
async function replacedEnvelopes(d) {
  const chains = await d.chains();
  const standing = new Set(chains.length > 0 ? (await d.standing()).map((link) => link.id) : []);
  const expected = new Map();
  for (const chain of chains) {
    for (const [i, { entry, object, id }] of chain.entries()) {
      if (entry.kind !== "bid_accepted" || standing.has(id)) continue;
      const after = { bid_accepted: "replaced", bid_withdrawn: "withdrawn" }[chain[i + 1]?.entry.kind];
      for (const envelope of Object.values(object.envelopes)) {
        expected.set(`${entry.commitment} ${envelope}`, { accepted: entry, reason: after ?? "key_set_changed" });
      }
    }
  }
  return expected;
}

export async function checkEnvelopes(d) {
  const [opening, kind] = [d.opening(), d.kind()];
  const [standing, listed, { bids }] = [await d.standing(), d.frame.envelopes, opening.body];
  const ids = standing.map((link) => link.object.envelopes[kind]);
  need(same(listed.map((one) => one.id), ids), "信封与声明不符", "the envelopes are not those of the statements");
  need(new Set(ids).size === ids.length, "两份投标同一信封", "two bids have one envelope");
  if (bids.length !== ids.length) throw new RangeError("the opening has another number of bids");
  for (const [i, link] of standing.entries()) await checkEnvelope(d, link, listed[i], bids[i].outcome);
  return [`${listed.length} 个信封`, `${listed.length} envelopes`];
}

async function checkEnvelope(d, { entry, object }, { id, blocks }, outcome) {
  const { index } = entry;
  const part = await d.archive.read(`envelopes/${id}`, MAX_PART);
  const found = await ofForm(() => envelopeId(part, blocks), index);
  need(blocks.length > 0 && found === id, "信封与编号不符", "it is not what its id says", index);
  if (outcome === "unopenable") return;
  const { keySet } = await d.keySet();
  const { header } = parseHeader(part, blocks.length, keySet.quorums.length);
  need(header.base.bidder === object.bidder, "信封属于别的投标人", "it is another bidder's", index);
}

async function ofForm(read, index) {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    throw failed("信封不成形", `the envelope has not its form: ${error.reason}`, index);
  }
}
