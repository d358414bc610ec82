// Part of check 18: what an auction has sealed (offers, the reserve price) was opened behind a closing that names it, as it
// is inside; or it never was (docs/spec/auction.md).

import { equal, unhex } from "./bytes.js";
import { MAX_PART } from "./checks_bids.js";
import { closingOf } from "./checks_keys.js";
import { hundredths } from "./criteria.js";
import { exchangeKey, recordId } from "./crypto.js";
import { envelopeId, openForm } from "./envelope.js";
import { Broken, failed, need, shown } from "./findings.js";
import { same } from "./json.js";
import { formFault } from "./schema.js";
import { isPrice } from "./terms.js";
import { leafHash, rootOf } from "./tree.js";

/** Kind of envelope -> the event that says what was inside; the reserve price comes after the offers. */
const OPENS = { offer: "opened", reserve: "revealed" };
/** Result of an auction -> why what it has sealed was destroyed unopened. */
const UNOPENED = { no_bids: "no_bids", too_few_bidders: "too_few", terminated: "cancelled" };
const eventOf = ({ body }) => body.link.event;
const named = (d, name) => d.of("auction_event").filter((entry) => eventOf(entry).event === name);

export async function checkSealed(d, reserve) {
  const offers = named(d, "offer").map((entry) => eventOf(entry).sealed).sort();
  need(new Set(offers).size === offers.length, "两份报价同一信封", "two offers have one envelope");
  const sealed = { offer: offers, reserve: reserve === null ? [] : [reserve] };
  const kinds = Object.keys(d.notice().body.key_sets);
  const keyed = Object.keys(sealed).every((kind) => sealed[kind].length === 0 || kinds.includes(kind));
  const [zh, en] = ["密封的内容没有密钥集，或者相反", "something sealed has no key set, or the other way round"];
  need(keyed && kinds.includes("reserve") === (reserve !== null), zh, en);
  for (const entry of d.of("auction_closed")) await checkClosing(d, entry, sealed);
  const [listed, rest] = [[], []];
  for (const [kind, name] of Object.entries(OPENS)) {
    const [event] = named(d, name);
    (event === undefined ? rest : listed).push(...sealed[kind]);
  }
  need(same(d.frame.envelopes.map(({ id }) => id), listed), "信封不符", "the envelopes are others");
  for (const [kind, name] of Object.entries(OPENS)) {
    for (const event of named(d, name)) await checkOpened(d, kind, sealed[kind], event);
  }
  checkUnopened(d, rest);
}

/** It is of the time and place at which these envelopes had to be opened, and lists all of them. */
async function checkClosing(d, { body, index, time }, sealed) {
  const { kind } = body;
  need(Object.hasOwn(sealed, kind), "未知的封套种类", "that kind of envelope is not known", index);
  const [wanted, root] = [sealed[kind], await rootOf(await Promise.all(sealed[kind].map((id) => leafHash(unhex(id)))))];
  const whole = same(body.envelopes, wanted) && body.count === wanted.length && equal(unhex(body.root), root);
  need(whole && wanted.length > 0, "待开启的清单不符", "it does not list what was sealed", index);
  // The reserve price comes after the offers, and only where there is a price that it is compared with.
  const last = named(d, kind === "reserve" && sealed.offer.length > 0 ? "opened" : "closed").at(-1);
  const bid = kind !== "reserve" || hasPrice(d);
  need(bid, "没有报价却开启保留价", "a reserve price was to be opened though nobody has bid", index);
  if (last === undefined) throw failed("竞价未截止", "the bidding was not over", index);
  const ended = body.event === (await recordId("sunbid/auction-event/1", last.body.link));
  const there = ended && time === last.time && last.index < index;
  need(there, "不是竞价截止时的记录", "it is not of the end of the bidding", index);
}

/** Whether somebody has bid, or made an offer that counts. */
function hasPrice(d) {
  const { cap, start_price: start } = d.notice().body.auction;
  const least = hundredths(cap ?? start);
  const opened = named(d, "opened").flatMap((entry) => Object.values(eventOf(entry).prices));
  return named(d, "bid").length > 0 || opened.some((price) => price !== null && hundredths(price) >= least);
}

/** The prices are those inside, and there was a closing before. */
async function checkOpened(d, kind, envelopes, event) {
  const { index } = event;
  need(closingOf(d, kind).index < index, "开启之前没有截止记录", "opened without a closing before it", index);
  const keys = await keysOf(d, kind, index);
  const sealers = new Map(named(d, "offer").map((entry) => [eventOf(entry).sealed, eventOf(entry).bidder]));
  const agency = d.notice().body.notice.agency.code;
  const inside = {};
  for (const envelope of envelopes) {
    const sealer = sealers.get(envelope) ?? agency;
    inside[sealer] = await priceInside(d, envelope, keys, sealer, index);
  }
  const { prices, price } = eventOf(event);
  const told = shown(Object.entries(inside).map(([who, sum]) => `${who}: ${sum}`).join(", "));
  const alike = same(inside, kind === "offer" ? prices : { [agency]: price });
  need(alike, `封套内的价格为 ${told}`, `the prices inside are ${told}`, index);
}

/** The key set of a kind, and the keys of a whole quorum released before an index. Throws a failure. */
async function keysOf(d, kind, index) {
  const { id, keySet } = await d.keySet(kind);
  const released = new Map();
  for (const entry of d.of("key_released")) {
    const { key_set: set, trustee, private_key: key } = entry.body.release.object;
    if (entry.index < index && set === id) released.set(trustee, unhex(key));
  }
  const quorum = keySet.quorums.findIndex((names) => names.every((name) => released.has(name)));
  need(quorum >= 0, "没有完整的密钥组合", "no whole quorum had released its keys", index);
  const pairs = await Promise.all(keySet.quorums[quorum].map((name) => exchangeKey(released.get(name))));
  return { keySet, keySetId: id, quorum, pairs };
}

/** Each was destroyed for what the auction came to, and nothing else was. */
function checkUnopened(d, envelopes) {
  const reason = UNOPENED[eventOf(d.auctionEnd()).result ?? "terminated"];
  const stated = d.notice(d.of("auction_event")[0].index).commitment;
  const taken = d.of("auction_statement").map((entry) => [entry.body.statement.object.sealed, entry.commitment]);
  const accepted = new Map(taken);
  const gone = d.of("envelope_destroyed");
  const ids = gone.map(({ body }) => body.envelope).sort();
  const [zh, en] = ["未开启的封套没有销毁，或者相反", "what was not opened was not destroyed, or the other way round"];
  need(same(ids, [...envelopes].sort()), zh, en);
  for (const { body, index } of gone) {
    const kind = accepted.has(body.envelope) ? "offer" : "reserve";
    const right = body.accepted === (accepted.get(body.envelope) ?? stated) && body.kind === kind && body.reason === reason;
    need(right, "销毁的理由不符", "it was destroyed for another reason", index);
  }
}

/** The price (text in 元) in an envelope, opened again; null for one that does not open, or holds none. */
async function priceInside(d, envelope, keys, sealer, index) {
  const { blocks } = d.frame.envelopes.find((one) => one.id === envelope);
  const part = await d.archive.read(`envelopes/${envelope}`, MAX_PART);
  const { form_schema: schema } = d.notice().body;
  const found = await orBroken(() => envelopeId(part, blocks));
  need(found !== null, "信封不成形", "the envelope has not its form", index);
  need(blocks.length > 0 && found === envelope, "信封与编号不符", "it is not what its id says", index);
  const values = await orBroken(() => openForm(keys, part, blocks.length, sealer));
  if (values === null || formFault(schema, values) !== null) return null;
  const price = values[schema.price_field] ?? null;
  return isPrice(price) ? price : null;
}

async function orBroken(read) {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Broken) return null;
    throw error;
  }
}
