// A dossier as read: its frame, its entries, and what the checks ask of them (docs/spec/dossier.md).

import { concat, hex, unhex, utf8 } from "./bytes.js";
import { recordId, sha } from "./crypto.js";
import { Unreadable, failed, need, notApplicable, notChecked, shown } from "./findings.js";
import { BODIES, DRAWN, ENTRY, FRAME, PRIOR } from "./forms.js";
import { canonical, parseCanonical } from "./json.js";
import { logKey } from "./notes.js";
import { exactly, isCount, isHex32, isObject, isText, misfit } from "./shapes.js";
import { openArchive } from "./zip.js";

const MAX_FRAME = 64 << 20;
const LISTED = { id: isHex32, blocks: [isHex32] };
const DISCLOSED_ENTRY = { ...ENTRY, index: isCount, proof: [isText] };

/** The commitment of an entry with its salts, in hex. */
export async function commitmentOf(entry) {
  const part = (name) => sha(utf8(`sunbid/${name}/1\n`), unhex(entry[`${name}_salt`]), canonical(entry[name]));
  return hex(await sha(utf8("sunbid/leaf/1\n"), concat(await part("head"), await part("body"))));
}

async function parseEntry(value) {
  if (!exactly(value, DISCLOSED_ENTRY)) {
    throw new Unreadable("卷宗中的条目不成形", "an entry of the dossier has not its form");
  }
  const { index, head, body, proof } = value;
  return { index, head, body, proof, kind: head.kind, time: head.time, commitment: await commitmentOf(value) };
}

export class Dossier {
  constructor(archive, frame, entries, anchors, since, given) {
    Object.assign(this, { archive, frame, entries, anchors, since, given });
    this.notes = [];
    this.cosigned = [];
    this.cache = new Map();
    this.byKind = Map.groupBy(entries, (entry) => entry.kind);
  }

  /** Entries of these kinds, by their indices. */
  of(...kinds) {
    const found = kinds.flatMap((kind) => this.byKind.get(kind) ?? []);
    return kinds.length > 1 ? found.sort((one, other) => one.index - other.index) : found;
  }

  has(...kinds) {
    return kinds.some((kind) => this.byKind.has(kind));
  }

  /** The only entry of a kind. Throws a failure. */
  one(kind) {
    const found = this.of(kind);
    need(found.length > 0, `缺少 ${kind}`, `there is no ${kind}`);
    need(found.length === 1, `${kind} 重复`, `more than one ${kind}`, found.at(-1).index);
    return found[0];
  }

  /** The only entry of a stage; not applicable where the record has not come to it. */
  reached(kind) {
    if (!this.has(kind)) throw notApplicable(`记录尚无 ${kind}`, `the record has no ${kind}`);
    return this.one(kind);
  }

  /** Whether candidates are published before the award, as the latest notice says; so where there is none. */
  publicity() {
    return this.notices().at(-1)?.body.publicity ?? true;
  }

  /** Whether an auction decides the lot: a notice states its terms, or its entries are there. */
  byAuction() {
    const named = this.notices().some(({ body }) => Object.hasOwn(body, "auction"));
    return named || [...this.byKind.keys()].some((kind) => kind.startsWith("auction_"));
  }

  /** The entry of the event that ended the auction, or null. */
  auctionEnd() {
    const last = this.of("auction_event").at(-1);
    return ["ended", "terminated"].includes(last?.body.link.event.event) ? last : null;
  }

  /** Whether a notice says that the experts are drawn. */
  asksDraw() {
    return this.notices().some(({ body }) => Object.hasOwn(body, "drawn"));
  }

  /** Whether experts are drawn: a notice says so, the record has a draw, or says of a committee that it was drawn. */
  drawn() {
    const named = this.of("committee_set").flatMap(({ body }) => (Array.isArray(body.members) ? body.members : []));
    const salted = named.some((one) => isObject(one) && Object.hasOwn(one, "salt"));
    return this.asksDraw() || salted || [...this.byKind.keys()].some((kind) => DRAWN.includes(kind));
  }

  /** Whether bidders are invited: a notice says so, or an entry says who is. */
  inviting() {
    return this.has("bidders_invited") || this.notices().some(({ body }) => Object.hasOwn(body, "minimum_invited"));
  }

  /** Whether there was a prior notice: the publication names one, or an entry is about one. */
  announced() {
    return this.has(...PRIOR) || this.notices().some(({ body }) => Object.hasOwn(body, "prior"));
  }

  failedEarly() {
    return this.has("lot_failed") && !this.has("lot_opened");
  }

  /** The opening; not applicable before it, and where the lot failed without one. */
  opening() {
    if (this.failedEarly()) {
      throw notApplicable("标段未开标即失败或取消", "the lot failed or was cancelled before the opening");
    }
    return this.reached("lot_opened");
  }

  /** Publication and amendments, those before an index where one is given. */
  notices(before = Infinity) {
    return this.of("tender_published", "tender_amended").filter((notice) => notice.index < before);
  }

  /** The latest of them. Throws a failure. */
  notice(before = Infinity) {
    const found = this.notices(before).at(-1);
    if (found === undefined) {
      throw failed("此前没有公告", "there is no notice before it", before === Infinity ? null : before);
    }
    return found;
  }

  /** The lot's only envelope kind; version 1 knows no lots with several. */
  kind() {
    const kinds = Object.keys(this.notice().body.key_sets);
    if (kinds.length !== 1) throw notChecked("一个标段有多种信封", "the lot has not one envelope kind");
    return kinds[0];
  }

  once(name, make) {
    if (!this.cache.has(name)) this.cache.set(name, make());
    return this.cache.get(name);
  }

  /** Every signed key set with its id: `[{id, entry}]`. */
  signedKeySets() {
    const identified = async (entry) => ({ entry, id: await recordId("sunbid/key-set/1", entry.body.key_set) });
    return this.once("key sets", () => Promise.all(this.of("key_set_signed").map(identified)));
  }

  /** The kinds of the lot's envelopes; only an auction may have several. */
  kinds() {
    return this.byAuction() ? Object.keys(this.notice().body.key_sets) : [this.kind()];
  }

  /** The key set of a kind of envelopes in the latest notice, of the only one where none is named: `{id, keySet}`. */
  async keySet(kind = this.kind()) {
    const id = this.notice().body.key_sets[kind];
    const found = (await this.signedKeySets()).find((one) => one.id === id);
    if (found === undefined) throw failed("公布的密钥集不在卷宗中", "the published key set is not in the dossier");
    return { id, keySet: found.entry.body.key_set };
  }

  /** Entries of the keys of an owner for a purpose, by their indices. */
  registrations(owner, purpose) {
    const named = this.once("registered", () =>
      Map.groupBy(this.of("key_registered"), ({ body }) => JSON.stringify([body.owner, body.purpose])),
    );
    return named.get(JSON.stringify([owner, purpose])) ?? [];
  }

  /** Keys (hex) registered for an owner and purpose below an index. */
  keysOf(owner, purpose, before) {
    const found = this.registrations(owner, purpose).filter((entry) => entry.index < before);
    return found.map((entry) => entry.body.public_key);
  }

  /** Statements and withdrawals of each bidder, `[{entry, object, id}]`, in the order of their indices. */
  chains() {
    return this.once("chains", async () => {
      const linked = this.of("bid_accepted", "bid_withdrawn").map(async (entry) => {
        const { object } = entry.body.statement;
        return { entry, object, id: await recordId(object.type, object) };
      });
      return [...Map.groupBy(await Promise.all(linked), (link) => link.object.bidder).values()];
    });
  }

  /** The ends of the chains that are bids to the key sets in force, in the order of their leaves. */
  async standing() {
    const inForce = canonical(this.notice().body.key_sets).join();
    const ends = (await this.chains()).map((chain) => chain.at(-1));
    const bids = ends.filter(
      ({ entry, object }) => entry.kind === "bid_accepted" && canonical(object.key_sets).join() === inForce,
    );
    return bids.sort((one, other) => one.entry.index - other.entry.index);
  }

  /** Whether a head or a signed object names this tender and lot. */
  isMine({ tender, lot }) {
    return tender === this.frame.tender && lot === this.frame.lot;
  }
}

/** Throws Unreadable. `anchors` and `since` (an older checkpoint) may be null; `given` are a bidder's own keys in hex. */
export async function readDossier(blob, anchors, since, given) {
  const archive = await openArchive(blob);
  let data;
  try {
    data = await archive.read("dossier.json", MAX_FRAME);
  } catch (error) {
    throw new Unreadable("没有可读的 dossier.json", `no readable dossier.json: ${shown(error.message)}`);
  }
  const frame = parseCanonical(data, MAX_FRAME);
  if (!exactly(frame, FRAME) || !frame.envelopes.every((one) => exactly(one, LISTED))) {
    const where = misfit(FRAME, frame) ?? "members";
    throw new Unreadable(`不是卷宗（${where}）`, `not a dossier (${where})`);
  }
  const entries = [];
  for (const value of frame.entries) entries.push(await parseEntry(value));
  return new Dossier(archive, frame, entries, anchors ?? (await foundAnchors(frame, entries)), since, given);
}

/** What the dossier says of itself, for a look at its self-consistency: proves nothing. Throws Unreadable. */
async function foundAnchors(frame, entries) {
  const sets = entries.filter((e) => e.kind === "key_set_signed" && misfit(BODIES.get(e.kind), e.body) === null);
  const trustees = sets.flatMap((e) => e.body.key_set.trustees.map((t) => [t.trustee, t.identity]));
  try {
    const { body, kind } = entries[0];
    if (kind !== "log_opened") throw new RangeError("it does not begin with log_opened");
    return {
      origin: frame.origin, demonstration: frame.demonstration, log: await logKey(body.log_key),
      receiptKey: unhex(body.receipt_key), witnesses: [], witnessQuorum: 0, trustees: new Map(trustees), outside: false,
    };
  } catch {
    throw new Unreadable("没有锚点，卷宗亦无日志首条", "no anchors, and no first entry of the log");
  }
}
