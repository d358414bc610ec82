// Part of check 18: the reserve price of an auction is that of its envelope, opened behind a closing that names it; or it
// was never opened (docs/spec/auction.md).

import { equal, unhex } from "./bytes.js";
import { MAX_PART } from "./checks_bids.js";
import { exchangeKey, recordId } from "./crypto.js";
import { envelopeId, openForm } from "./envelope.js";
import { Broken, failed, need } from "./findings.js";
import { same } from "./json.js";
import { formFault } from "./schema.js";
import { isPrice } from "./terms.js";
import { leafHash, rootOf } from "./tree.js";

/** Result of an auction -> why the reserve price was destroyed unopened. */
const UNOPENED = { no_bids: "no_bids", too_few_bidders: "too_few", terminated: "cancelled" };
const eventOf = ({ body }) => body.link.event;

export async function checkReserve(d, reserve) {
  const [events, closings] = [d.of("auction_event"), d.of("auction_closed")];
  const named = new Map(events.map((entry) => [eventOf(entry).event, entry]));
  const gone = d.of("envelope_destroyed").filter(({ body }) => body.envelope === reserve);
  if (reserve === null) {
    need(closings.length === 0 && !d.has("key_released"), "没有保留价却公布密钥", "there is nothing to open");
    return;
  }
  const kinds = Object.keys(d.notice().body.key_sets);
  need(same(kinds, ["reserve"]), "保留价没有密钥集", "the reserve price has no key set");
  for (const entry of closings) await checkClosing(entry, reserve, named.get("closed"));
  const revealed = named.get("revealed");
  const listed = d.frame.envelopes.map(({ id }) => id);
  need(same(listed, revealed === undefined ? [] : [reserve]), "信封不符", "other envelopes");
  if (revealed === undefined) {
    checkDestroyed(d, gone, events);
    return;
  }
  const { index } = revealed;
  const before = closings.length === 1 && closings[0].index < index;
  need(before, "揭示之前没有截止记录", "revealed without a closing before it", index);
  need(gone.length === 0, "已开启的保留价又称销毁", "it was opened, and is called destroyed", index);
  const price = await priceInside(d, reserve, index);
  const told = eventOf(revealed).price;
  need(price === told, `保留价应为 ${price}`, `the reserve price inside is ${price}`, index);
}

/** It is of the time and place of the end of the bidding, and names the one envelope to be opened. */
async function checkClosing({ body, index, time }, reserve, closed) {
  need(body.kind === "reserve", "未知的封套种类", "that kind of envelope is not known", index);
  const root = await rootOf([await leafHash(unhex(reserve))]);
  const listed = same(body.envelopes, [reserve]) && body.count === 1 && equal(unhex(body.root), root);
  need(listed, "待开启的不是公告写明的保留价", "it is not the reserve price that the notice names", index);
  if (closed === undefined) throw failed("竞价未截止", "the bidding was not over", index);
  const ended = body.event === (await recordId("sunbid/auction-event/1", closed.body.link));
  const there = ended && time === closed.time && closed.index < index;
  need(there, "不是竞价截止时的记录", "it is not of the end of the bidding", index);
}

function checkDestroyed(d, gone, events) {
  need(gone.length === 1, "保留价未开启也未销毁", "the reserve price was neither opened nor destroyed");
  const [{ body, index }] = gone;
  const stated = d.notice(events[0].index).commitment;
  const why = UNOPENED[eventOf(d.auctionEnd()).result ?? "terminated"];
  const good = body.accepted === stated && body.kind === "reserve" && body.reason === why;
  need(good, "销毁的理由不符", "it was destroyed for another reason", index);
}

/** The price (text in 元) in an envelope, opened again; null for one that does not open, or holds none. */
async function priceInside(d, envelope, index) {
  const { id, keySet } = await d.keySet();
  const released = new Map();
  for (const entry of d.of("key_released").filter((one) => one.index < index)) {
    const { trustee, private_key: key } = entry.body.release.object;
    released.set(trustee, unhex(key));
  }
  const quorum = keySet.quorums.findIndex((names) => names.every((name) => released.has(name)));
  need(quorum >= 0, "没有完整的密钥组合", "no whole quorum had released its keys", index);
  const pairs = await Promise.all(keySet.quorums[quorum].map((name) => exchangeKey(released.get(name))));
  const { blocks } = d.frame.envelopes.find((one) => one.id === envelope);
  const part = await d.archive.read(`envelopes/${envelope}`, MAX_PART);
  const { body } = d.notice();
  const found = await orBroken(() => envelopeId(part, blocks));
  need(found !== null, "信封不成形", "the envelope has not its form", index);
  need(blocks.length > 0 && found === envelope, "信封与编号不符", "it is not what its id says", index);
  const keys = { keySet, keySetId: id, quorum, pairs };
  const values = await orBroken(() => openForm(keys, part, blocks.length, body.notice.agency.code));
  if (values === null || formFault(body.form_schema, values) !== null) return null;
  const price = values[body.form_schema.price_field] ?? null;
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
