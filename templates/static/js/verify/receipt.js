// The receipt (docs/spec/receipt.md): what a bidder keeps, alone and held against a dossier.

import { equal, unhex } from "./bytes.js";
import { holdersOf } from "./checks_auction.js";
import { fingerprints } from "./checks_record.js";
import { objectSigned, recordId } from "./crypto.js";
import { commitmentOf } from "./dossier.js";
import { Unreadable, failed, need, notApplicable, notChecked, shown } from "./findings.js";
import { ACCEPTANCE, BODIES, ENTRY, RECEIPT, REFUSAL } from "./forms.js";
import { inForce, signerOf } from "./keys.js";
import { parseNote, verifyNote } from "./notes.js";
import { exactly, isObject, isText, misfit } from "./shapes.js";
import { hashesOf, includedRoot, leafHash } from "./tree.js";

const SIGNED = { object: isObject, signature: isText };

/** Throws Unreadable unless the value has exactly the members of a receipt. */
export function readReceipt(value) {
  if (!exactly(value, RECEIPT) || !exactly(value.entry, ENTRY)) throw new Unreadable("不是回执", "not a receipt");
  const signed = value.acceptance;
  const whole = exactly(signed, SIGNED) && [ACCEPTANCE, REFUSAL].some((shape) => exactly(signed.object, shape));
  if (!whole) throw new Unreadable("不是回执：acceptance", "not a receipt: acceptance");
  const said = signed.object;
  return { signed, said, refused: said.type === "sunbid/refusal/1", entry: value.entry, proof: value.proof };
}

async function checkSaid({ signed, said, refused, anchors }) {
  if (anchors === null) throw notChecked("没有锚点", "no anchors were given");
  const here = said.origin === anchors.origin && said.demonstration === anchors.demonstration;
  need(here, "来源或演示标记与锚点不符", "origin or demonstration are not the anchors'");
  const good = await objectSigned(signed, anchors.receiptKey);
  need(good, "回执签名不正确", "the signature is not the receipt key's");
  if (!anchors.outside) throw notChecked(...fingerprints(anchors));
  if (refused) return [`拒收：${shown(said.reason)}`, `a refusal: ${shown(said.reason)}`];
  return [`受理于 ${said.accepted_at}`, `accepted at ${said.accepted_at}`];
}

async function checkEntry({ said, refused, entry }) {
  const leaf = (await commitmentOf(entry)) === said.leaf;
  need(leaf, "条目与承诺不符", "the entry is not the leaf that was signed");
  const { head, body } = entry;
  const kinds = refused ? ["bid_refused", "auction_refused"] : ["bid_accepted", "bid_withdrawn", "auction_statement"];
  need(kinds.includes(head.kind), "条目种类不符", "the entry is of another kind");
  const fault = misfit(BODIES.get(head.kind), body);
  need(fault === null, `条目内容不成形：${fault}`, `the body has not its form: ${fault}`);
  const at = refused ? said.refused_at : said.accepted_at;
  const here = head.tender === said.tender && head.lot === said.lot && head.time === at;
  need(here, "条目的标段或时间不符", "the entry has another lot or time");
  need(body.receipt === said.receipt, "回执编号不符", "the entry has another receipt number");
}

const byAuction = ({ head }) => head.kind.startsWith("auction_");

async function checkStatement({ said, refused, entry, bidderKeys, dossier }) {
  const { body } = entry;
  if (refused) {
    const same = body.statement === said.statement && body.reason === said.reason;
    need(same, "拒收的声明或理由不符", "the entry refuses another statement or gives another reason");
    const signed = body.signed ?? null;
    const about = signed === null || (await recordId(signed.object.type, signed.object)) === said.statement;
    need(about, "所附的声明不是被拒的", "the statement that it holds is another one");
    return;
  }
  const { object } = body.statement;
  const id = await recordId(object.type, object);
  need(id === said.statement, "声明编号不符", "the statement has another id");
  // In an auction a statement names a number; whose it is the dossier tells.
  const named = byAuction(entry) ? ["tender", "lot"] : ["tender", "lot", "bidder"];
  const facts = named.every((name) => object[name] === said[name]);
  need(facts, "声明属于别处", "the statement is another bidder's or lot's");
  const keys = await ownKeys(said.bidder, bidderKeys, dossier);
  if (keys.length === 0) {
    throw notChecked("不知投标人公钥（可填写，或一并放入卷宗）", "the bidder's key is unknown (type it, or add the dossier)");
  }
  const good = (await signerOf(body.statement, keys)) !== null;
  need(good, "声明不是投标人签署", "it is not signed with the bidder's key");
}

/** The keys given and those that they have endorsed; of a stranger, those that the dossier has for the bidder. */
async function ownKeys(bidder, given, d) {
  if (d === null) return given;
  if (given.length === 0) return d.keysOf(bidder, "statement", Infinity);
  return [...given, ...(await inForce(d, bidder, "statement", Infinity, given))];
}

async function checkProof({ said, proof, anchors }) {
  if (proof === null) throw notChecked("已签名，尚无日志证明", "signed, not yet proved");
  const cut = proof.indexOf("\n\n");
  const [title, place, ...hashes] = proof.slice(0, Math.max(cut, 0)).split("\n");
  const number = /^index (0|[1-9][0-9]{0,15})$/.exec(place ?? "");
  if (title !== "c2sp.org/tlog-proof@v1" || number === null) throw failed("不是日志证明", "not a log proof");
  const [note, index] = [parseNote(proof.slice(cut + 2)), Number(number[1])];
  const root = await includedRoot(index, note.size, await leafHash(unhex(said.leaf)), hashesOf(hashes));
  const leads = root !== null && equal(root, note.root);
  need(leads, "证明不通向检查点", "the proof does not lead to the checkpoint", index);
  if (!anchors?.outside) throw notChecked("没有锚点，检查点未核对", "no anchors: the checkpoint is not checked");
  await verifyNote(note, anchors, true);
  return [`日志第 ${index} 条`, `leaf ${index}`];
}

async function checkDossier(receipt) {
  const { said, refused, bidderKeys, dossier: d, dossierOutcomes } = receipt;
  if (d === null) throw notApplicable("未给卷宗", "no dossier was given");
  const bad = dossierOutcomes.find((outcome) => outcome.result === "failed");
  // Check 7 of the dossier fails of the very key that this is about: the evidence goes before it.
  const asked = d.isMine(said) && !refused && (bad === undefined || bad.number === 7);
  const foreign = asked ? await foreignKey(receipt) : null;
  need(foreign === null || bidderKeys.length === 0, ...REPLACED_BY_ANOTHER);
  needSound(dossierOutcomes);
  need(d.isMine(said), "卷宗属于别的标段", "the dossier is another lot's");
  if (byAuction(receipt.entry)) return checkInAuction(receipt);
  if (refused) {
    checkNotInvited(said, d);
    throw notApplicable("拒收不进截标清单", "a refusal is in no closing list");
  }
  if (!d.has("lot_closed")) throw notApplicable("尚未截标", "the lot is not closed");
  const standing = d.one("lot_closed").body.accepted.includes(said.leaf);
  if (!standing && !d.has("bid_accepted", "bid_withdrawn", "lot_opened")) {
    throw notChecked("投标尚未公开", "the bids are not disclosed");
  }
  const found = standing ? ["在截标清单中", "in the closing list"] : await ended(said, d);
  if (foreign !== null) {
    throw notChecked(
      `后来的声明由另一密钥 ${foreign} 签署，请给出投标人全部公钥`,
      `a later statement is signed with another key, ${foreign}: give all keys of the bidder`,
    );
  }
  if (dossierOutcomes.some((o) => o.result === "not_checked")) {
    throw notChecked("卷宗有未核对的项", "not everything of the dossier was checked");
  }
  return found;
}

/** Who was refused for not being invited was not invited by then. */
function checkNotInvited(said, d) {
  if (said.reason !== "not_invited") return;
  const before = d.of("bidders_invited").filter(({ time }) => time < said.refused_at);
  const wrong = before.some(({ body }) => body.bidders.includes(said.bidder));
  const zh = "已被邀请却以未被邀请拒收：回执与卷宗即为证据";
  need(!wrong, zh, "refused as not invited, but it was invited: receipt and dossier are the evidence");
}

/** What was accepted or refused in an auction stands in its dossier, and the number is this bidder's. */
function checkInAuction({ said, refused, dossier: d, dossierOutcomes }) {
  if (d.auctionEnd() === null) throw notApplicable("竞价尚未结束", "the auction has not ended");
  const found = d.of("auction_statement", "auction_refused").find(({ commitment }) => commitment === said.leaf);
  if (found === undefined) {
    const zh = "受理或拒绝的报价被遗漏：回执与卷宗即为证据";
    throw failed(zh, "a bid was dropped: receipt and dossier are the evidence");
  }
  const signed = refused ? found.body.signed : found.body.statement;
  const mine = signed === null || holdersOf(d).get(signed.object.bidder) === said.bidder;
  need(mine, "号牌不是该投标人的", "the number is not this bidder's");
  if (dossierOutcomes.some((o) => o.result === "not_checked")) {
    throw notChecked("卷宗有未核对的项", "not everything of the dossier was checked");
  }
  return ["在竞价记录中", "in the auction's record"];
}

const REPLACED_BY_ANOTHER = [
  "投标被并非投标人的密钥替换或撤回：回执与卷宗即为证据",
  "a key that is not the bidder's ended the bid: receipt and dossier are the evidence",
];

/**
 * The key of a later statement of the chain that is neither the bidder's nor endorsed by one of the bidder's, or null.
 * The bidder's are those given; else the one that signed this statement.
 */
async function foreignKey({ said, entry, bidderKeys, dossier: d }) {
  const registered = d.keysOf(said.bidder, "statement", Infinity);
  const roots = bidderKeys.length > 0 ? bidderKeys : await signersOf(entry.body.statement, registered);
  const own = [...roots, ...(await inForce(d, said.bidder, "statement", Infinity, roots))];
  const chain = (await d.chains()).find(([first]) => first.object.bidder === said.bidder) ?? [];
  const place = chain.findIndex((link) => link.id === said.statement);
  for (const link of place < 0 ? [] : chain.slice(place + 1)) {
    const { statement } = link.entry.body;
    if ((await signerOf(statement, own)) === null) return (await signerOf(statement, registered)) ?? "?";
  }
  return null;
}

async function signersOf(signed, keys) {
  const found = await Promise.all(keys.map((key) => objectSigned(signed, unhex(key))));
  return keys.filter((_, i) => found[i]);
}

/** Why a statement that is not in the closing list had not to be there. Throws a failure where nothing says so. */
async function ended(said, d) {
  const links = (await d.chains()).flat();
  if (links.some((link) => link.object.replaces === said.statement)) {
    return ["已被后来的声明替换", "a later statement replaces it"];
  }
  const own = links.find((link) => link.entry.commitment === said.leaf);
  if (own?.entry.kind === "bid_withdrawn") return ["撤回在卷宗中", "the withdrawal is in the dossier"];
  const unused = ({ body }) => body.reason === "key_set_changed" && body.accepted === said.leaf;
  if (d.of("envelope_destroyed").some(unused)) return ["密钥集已变更", "its key set is no longer in force"];
  const zh = "受理的投标被遗漏：回执与卷宗即为证据";
  throw failed(zh, "an accepted bid was dropped: receipt and dossier are the evidence");
}

/** A dossier with a failed check proves nothing. Throws a failure. */
export function needSound(outcomes) {
  const bad = outcomes.find((outcome) => outcome.result === "failed");
  need(bad === undefined, `卷宗第 ${bad?.number} 项失败`, `check ${bad?.number} of the dossier failed`);
}

export const RECEIPT_CHECKS = [
  ["回执签名", "signature", checkSaid],
  ["条目", "entry", checkEntry],
  ["声明", "statement", checkStatement],
  ["日志证明", "proof", checkProof],
  ["与卷宗核对", "dossier", checkDossier],
];
