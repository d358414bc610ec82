// Checks 6 and 12 of docs/spec/dossier.md: the trustees' key sets, and the release of their keys.

import { concat, equal, hex, unbase64, unhex, utf8 } from "./bytes.js";
import { exchange, exchangeKey, objectSigned, recordId, signedBy } from "./crypto.js";
import { failed, need, notApplicable, shown } from "./findings.js";
import { canonical, same } from "./json.js";

const MAX_QUORUMS = 12;
const P = 2n ** 255n - 19n;

export async function checkKeySet(d) {
  for (const entry of d.of("key_set_signed")) await checkOneKeySet(d, entry);
  if (d.byAuction() && d.notices().every(({ body }) => Object.keys(body.key_sets).length === 0)) {
    throw notApplicable("竞价，没有密封的投标", "an auction without sealed bids");
  }
  const signed = await d.signedKeySets();
  for (const { body, index } of d.notices()) {
    for (const named of Object.values(body.key_sets)) {
      const before = signed.filter((one) => one.id === named && one.entry.index < index);
      need(before.length === 1, "密钥集未先行签署", "it names a key set not signed before", index);
    }
  }
  const schema = await recordId("sunbid/form-schema/1", d.notice().body.form_schema);
  const ids = [];
  for (const kind of d.kinds()) {
    const { id, keySet } = await d.keySet(kind);
    need(keySet.form_schema === schema, "密钥集的表单格式不符", "the key set has another form schema");
    need(keySet.kind === kind, "密钥集的信封种类不符", "the key set is of another kind");
    ids.push(`${id.slice(0, 16)}…`);
  }
  for (const entry of d.of("trustee_rehearsed")) await checkRehearsal(d, entry);
  return [`密钥集 ${ids.join("、")}`, `key set ${ids.join(", ")}`];
}

async function checkOneKeySet(d, { body, index }) {
  const { key_set: keySet, signatures } = body;
  const here = ["origin", "demonstration", "tender", "lot"].every((name) => keySet[name] === d.frame[name]);
  need(here, "密钥集属于别处", "the key set is of another lot, origin or mode", index);
  need(keySet.suite === 1, "未知密码套件", "the suite is not 1", index);
  const fault = await policyFault(keySet);
  need(fault === null, `开启策略不当：${fault}`, `the policy is not sound: ${fault}`, index);
  const names = keySet.trustees.map((t) => t.trustee).sort();
  need(same(Object.keys(signatures).sort(), names), "签名不齐", "signatures are missing", index);
  const message = concat(utf8("sunbid/signed/1\n"), canonical(keySet));
  for (const { trustee, identity } of keySet.trustees) {
    const [who, known] = [shown(trustee), d.anchors.trustees.get(trustee) === identity];
    need(known, `受托人 ${who} 身份与锚点不符`, `the identity of ${who} is not the anchors'`, index);
    const good = await signedBy(unhex(identity), unbase64(signatures[trustee]), message);
    need(good, `受托人 ${who} 签名不正确`, `the signature of ${who} is wrong`, index);
  }
}

const repeats = (values) => new Set(values).size !== values.length;

/** The first rule of docs/spec/envelope.md, Key set, that a policy breaks, or null. */
async function policyFault({ quorums, trustees, evaluation_key: evaluationKey }) {
  const names = trustees.map((t) => t.trustee);
  const keys = [...trustees.map((t) => t.opening_key), evaluationKey];
  const pairs = quorums.flatMap((one, i) => quorums.filter((_, j) => j !== i).map((other) => [one, other]));
  const used = new Set(quorums.flat());
  const faults = [
    ["quorums", quorums.length < 1 || quorums.length > MAX_QUORUMS],
    ["small_quorum", quorums.some((quorum) => quorum.length < 2 || repeats(quorum))],
    ["nested_quorums", pairs.some(([one, other]) => one.every((name) => other.includes(name)))],
    ["disjoint_quorums", pairs.some(([one, other]) => !one.some((name) => other.includes(name)))],
    ["trustees", repeats(names) || used.size !== names.length || !names.every((name) => used.has(name))],
    ["equal_keys", repeats(keys) || repeats(trustees.map((t) => t.identity))],
    ["weak_key", !(await Promise.all(keys.map(strong))).every(Boolean)],
  ];
  return faults.find(([, faulty]) => faulty)?.[0] ?? null;
}

/** Whether a key is a canonical X25519 point that is not of low order. */
async function strong(key) {
  const raw = unhex(key);
  if (BigInt(`0x${hex(raw.toReversed())}`) >= P) return false;
  const pair = await exchangeKey(new Uint8Array(32).fill(0x40));
  try {
    await exchange(pair, raw);
    return true;
  } catch {
    return false;
  }
}

async function checkRehearsal(d, { body, index }) {
  const key = d.anchors.trustees.get(body.rehearsal.object.trustee);
  const good = key !== undefined && (await objectSigned(body.rehearsal, unhex(key)));
  need(good, "演练签名不正确", "the signature of the rehearsal is wrong", index);
}

export async function checkReleases(d) {
  const entries = d.of("key_released");
  if (d.failedEarly() && !d.byAuction()) {
    need(entries.length === 0, "失败的标段公布了密钥", "a key of a failed lot was released", entries[0]?.index ?? null);
    throw notApplicable(
      "未开标即失败或取消；是否公布过密钥卷宗看不出，请查日志的公开条目",
      "it failed or was cancelled unopened; that no key was released does not show here: look at the log",
    );
  }
  if (!d.has("key_released", "opening_intended", "lot_opened")) {
    throw notApplicable("尚无密钥公布", "no key is released yet");
  }
  const names = [];
  for (const entry of entries) names.push(await checkRelease(d, entry));
  const once = names.map((name, i) => JSON.stringify([name, entries[i].body.release.object.key_set]));
  need(!repeats(once), "受托人重复公布", "a trustee released twice");
  for (const { index } of d.of("key_released", "opening_intended", "lot_opened")) {
    const last = d.of("lot_held", "hold_lifted").findLast((hold) => hold.index < index);
    need(last?.kind !== "lot_held", "暂停期间仍开启", "made while a hold was in force", index);
  }
  await checkQuorumReleased(d, new Map(names.map((name, i) => [name, entries[i]])));
  return [`${names.length} 把密钥：${shown(names.join("、"))}`, `${names.length} keys: ${shown(names.join(", "))}`];
}

/** What trustees must see before they release: in an auction each kind of envelopes has its own. Throws a failure. */
export function closingOf(d, kind) {
  if (!d.byAuction()) return d.one("lot_closed");
  const found = d.of("auction_closed").filter(({ body }) => body.kind === kind);
  need(found.length === 1, `缺少 ${kind} 的截止记录，或者重复`, `no closing of ${kind}, or more than one`);
  return found[0];
}

/** The kind of envelopes whose key set this is; the first one where it is none's. */
async function kindOf(d, id) {
  const kinds = d.kinds();
  for (const kind of kinds) if ((await d.keySet(kind)).id === id) return kind;
  return kinds[0];
}

async function checkRelease(d, { body, index, time }) {
  const { object } = body.release;
  const kind = await kindOf(d, object.key_set);
  const [{ id, keySet }, closing] = [await d.keySet(kind), closingOf(d, kind)];
  const trustee = keySet.trustees.find((t) => t.trustee === object.trustee);
  if (trustee === undefined) throw failed("不是密钥集的受托人", "not a trustee of the key set", index);
  const signed = await objectSigned(body.release, unhex(trustee.identity));
  need(signed, "公布的签名不正确", "the trustee's signature is wrong", index);
  const here = d.isMine(object) && object.key_set === id;
  need(here, "公布的密钥属于别处", "the release is for another lot or key set", index);
  const pair = await exchangeKey(unhex(object.private_key));
  const half = hex(pair.public) === trustee.opening_key;
  need(half, "私钥与公布的公钥不符", "it is not the published key's half", index);
  const { size, root } = object.checkpoint;
  const point = unbase64(root);
  const known = d.notes.some((note) => note.size === size && equal(note.root, point));
  need(known, "所据检查点不在卷宗中", "it names a checkpoint that is not in the dossier", index);
  const holds = closing.index < size && size <= index;
  need(holds, "所据检查点不含截标", "its checkpoint lacks the closing", index);
  const { opens_at: opensAt } = d.notice(closing.index).body;
  need(time >= opensAt, "提前公布密钥", "released before the opening time", index);
  return object.trustee;
}

async function checkQuorumReleased(d, released) {
  const acts = d.of("opening_intended", "lot_opened");
  if (acts.length === 0) return; // as in an auction, which says with which quorum nowhere: each opens the same
  const { id, keySet } = await d.keySet();
  for (const { body, index } of acts) {
    need(body.key_set === id, "开启用了别的密钥集", "opened with another key set", index);
    need(body.quorum < keySet.quorums.length, "没有这组受托人", "there is no such quorum", index);
    const missing = keySet.quorums[body.quorum].filter((name) => !(released.get(name)?.index <= index));
    const [zh, en] = [shown(missing.join("、")), shown(missing.join(", "))];
    need(missing.length === 0, `缺少密钥：${zh}`, `lacking ${en}`, index);
  }
  const [intended, last] = acts.slice(-2);
  const one = last === undefined || last.body.quorum === intended.body.quorum;
  need(one, "开启与意向不符", "not the quorum intended", last?.index ?? null);
}
