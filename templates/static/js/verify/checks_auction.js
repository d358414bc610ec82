// Check 18 of docs/spec/dossier.md: the auction, decided again from its events; and the award that follows from it.

import { checkLateness } from "./checks_bids.js";
import { checkSealed } from "./checks_sealed.js";
import { checkContract } from "./contract.js";
import { courseOf, follow, refusal } from "./course.js";
import { recordId } from "./crypto.js";
import { failed, need, notApplicable, notChecked, shown } from "./findings.js";
import { same } from "./json.js";
import { checkSigner, tell } from "./keys.js";
import { exactly, isAny, microseconds, oneOf } from "./shapes.js";
import { figures, isEvent, termsFault } from "./terms.js";

const LINK = { type: oneOf("sunbid/auction-event/1"), number: isAny, previous: isAny, event: isAny };
const eventOf = ({ body }) => body.link.event;
const idOf = ({ object }) => recordId(object.type, object);

export async function checkAuction(d) {
  const end = d.auctionEnd();
  if (end === null) throw notApplicable("竞价未结束即失败或取消", "the lot failed before its auction had ended");
  const [course, hall] = [courseOf(figures(auctionTerms(d))), await Hall.of(d)];
  for (const entry of d.of("auction_event", "auction_refused")) {
    await (entry.kind === "auction_event" ? hall.follow(course, entry) : hall.checkRefused(course, entry));
  }
  hall.checkAllUsed(course);
  checkBiddingEnd(d);
  await checkSealed(d, course.terms.reserve);
  tell(hall.unsure);
  if (d.of("auction_event").some((entry) => eventOf(entry).event === "drawn")) {
    throw notChecked("抽签本程序未核对", "not checked by this version: the draw among equal prices");
  }
  const [bids, refused] = [d.of("auction_statement").length, d.of("auction_refused").length];
  const said = shown(eventOf(end).result ?? "terminated");
  return [
    `${course.number} 个事件重算一致，${bids} 次报价，${refused} 次拒绝；${said}`,
    `${course.number} events recomputed alike, ${bids} bids, ${refused} refusals; ${said}`,
  ];
}

/** The terms that stood when the first event was recorded; no later notice changes them. Throws a failure. */
function auctionTerms(d) {
  const [first] = d.of("auction_event");
  const earlier = d.notices().filter(({ index }) => index < first.index).map((notice) => [notice, termsOf(notice)]);
  if (earlier.length === 0) d.notice(first.index);
  checkExtensions(earlier);
  const [, terms] = earlier.at(-1);
  for (const { body, index } of d.notices()) {
    const kept = index < first.index || same(body.auction ?? null, terms);
    need(kept, "竞价规则在登记后变更", "the terms were changed after the first event", index);
  }
  return terms;
}

/** What a notice states of the auction. Throws a failure. */
function termsOf({ body, index }) {
  const terms = body.auction ?? null;
  need(terms !== null, "公告没有竞价规则", "the notice states no terms of an auction", index);
  const fault = termsFault(terms);
  need(fault === null, `竞价规则不成立：${fault}`, `the terms of the auction are not sound: ${fault}`, index);
  return terms;
}

/** Before the first event an amendment moves times alone, each to a later one, once registration is over. */
function checkExtensions(earlier) {
  for (const [place, [{ time, index }, terms]] of [...earlier.entries()].slice(1)) {
    const [, old] = earlier[place - 1];
    const alike = same(withoutTimes(old), withoutTimes(terms));
    const later = alike && timesOf(old).every((moment, at) => moment < timesOf(terms)[at]);
    const after = later && time >= old.registration_until;
    need(after, "竞价规则的变更不是延长", "the terms were changed by more than an extension", index);
  }
}

const timesOf = ({ registration_until: until, opens_at: start, open }) =>
  [until, start, ...(open === null ? [] : [open.closes_at])];

const withoutTimes = (terms) => {
  const open = terms.open === null ? null : { ...terms.open, closes_at: null };
  return { ...terms, registration_until: null, opens_at: null, open };
};

/** The end of the bidding was cosigned when it says, where the anchors ask for witnesses. */
function checkBiddingEnd(d) {
  const ends = ["closed", "ended", "terminated"];
  const closed = d.of("auction_event").find((entry) => ends.includes(eventOf(entry).event));
  if (d.anchors.witnessQuorum > 0 || !d.anchors.outside) checkLateness(d, closed);
}

/** The event of a record that stands at its place behind what the course has seen. Throws a failure. */
export function placed(course, link, index = null) {
  need(isEvent(link.event), "事件不成形", "no such event", index);
  const chained = exactly(link, LINK) && link.number === course.number + 1 && link.previous === course.head;
  need(chained, "事件不相接", "the events do not chain", index);
  return link.event;
}

/** Numbers, statements and refusals of an auction, held against its course. */
class Hall {
  static async of(d) {
    const hall = new Hall();
    Object.assign(hall, { d, unsure: [], numbers: new Map(), statements: new Map() });
    for (const entry of d.of("auction_number")) {
      need(!hall.numbers.has(entry.body.bidder), "号牌重复", "a number is given twice", entry.index);
      hall.numbers.set(entry.body.bidder, entry);
    }
    const holders = new Set([...hall.numbers.values()].map(({ body }) => body.organisation));
    need(holders.size === hall.numbers.size, "同一单位两个号牌", "an organisation has two numbers");
    const stated = d.of("auction_statement");
    for (const entry of stated) hall.statements.set(await idOf(entry.body.statement), entry);
    need(hall.statements.size === stated.length, "声明重复", "a statement stands twice");
    return hall;
  }

  /** One event at its place, decided again. */
  async follow(course, { body: { link }, index, time }) {
    const event = placed(course, link, index);
    need(event.at === time, "事件时间不是条目时间", "it did not happen when its entry says", index);
    const signs = event.event === "bid" || event.event === "offer";
    const said = signs ? await this.said(event, index, time) : null;
    const reason = follow(course, figures(event), await recordId("sunbid/auction-event/1", link), said);
    const [zh, en] = [`第 ${link.number} 个事件不合规则`, `event ${link.number} is against the rules`];
    need(reason === null, `${zh}（${reason}）`, `${en} (${reason})`, index);
    if (event.event === "registered") {
      const number = this.numbers.get(event.bidder);
      const held = number !== undefined && number.index < index && number.time === time;
      need(held, "号牌没有登记单位", "nobody holds the number that it registers", index);
    }
  }

  /** What the bidder signed for an accepted bid or offer; it is what the event says. Throws a failure. */
  async said(event, index, time) {
    const stated = this.statements.get(event.statement);
    if (stated === undefined) throw failed("报价没有签署的声明", "nobody signed this bid", index);
    this.statements.delete(event.statement);
    const { statement } = stated.body;
    const { object } = statement;
    const mine = event.event === "bid" ? "price" : "sealed";
    const alike = Object.hasOwn(object, mine) && ["bidder", mine, "sequence"].every((m) => object[m] === event[m]);
    need(alike, "报价与签署的声明不符", "the bid is not what its bidder has signed", index);
    need(stated.time === time, "声明与报价时间不同", "statement and bid have another time", stated.index);
    await this.checkSigned(statement, stated.index);
    return figures(object);
  }

  async checkSigned(signed, index) {
    const { d } = this;
    const here = ["origin", "demonstration", "tender", "lot"].every((m) => signed.object[m] === d.frame[m]);
    need(here, "声明属于别处", "the statement is for another lot, origin or mode", index);
    const holder = this.numbers.get(signed.object.bidder);
    if (holder === undefined) throw failed("声明的号牌无人持有", "nobody holds the number of the statement", index);
    this.unsure.push(await checkSigner(d, signed, holder.body.organisation, "statement", index));
  }

  /** The reason is the first that applied then. What was said without a number is not in the record. */
  async checkRefused(course, { body, index, time }) {
    const { reason, signed, statement } = body;
    if (signed === null) {
      need(reason === "not_registered", "拒绝未附声明", "the refused statement is not there", index);
      return;
    }
    need((await idOf(signed)) === statement, "拒绝的是别的声明", "it refuses another statement", index);
    await this.checkSigned(signed, index);
    const found = refusal(course, microseconds(time), figures(signed.object));
    const told = found ?? "—";
    need(found === reason, `拒绝的理由不实，应为 ${told}`, `refused for what was not so (${told})`, index);
  }

  checkAllUsed(course) {
    for (const { index } of this.statements.values()) {
      throw failed("受理的报价没有进入竞价", "an accepted bid is not in the auction", index);
    }
    for (const [number, { index }] of this.numbers) {
      need(course.stands.has(number), "号牌没有登记", "a number was given and not registered", index);
    }
  }
}

/** Organisations by the numbers that they hold. */
export const holdersOf = (d) => new Map(d.of("auction_number").map(({ body }) => [body.bidder, body.organisation]));

/** The award is to whom the auction was sold, at that price. */
export function checkAuctionAward(d) {
  const end = d.auctionEnd();
  if (end === null) throw notApplicable("竞价未结束即失败或取消", "the lot failed before its auction had ended");
  const { result, winner: number, price: last } = eventOf(end);
  const sold = result === "sold";
  if (!d.has("lot_awarded")) {
    return sold ? ["尚未确认成交", "not awarded yet"] : ["没有成交，没有定标", "not sold, and not awarded"];
  }
  const award = d.one("lot_awarded");
  need(sold, "没有成交却定标", "awarded though the auction sold to nobody", award.index);
  const { winner, price } = award.body;
  const alike = winner === holdersOf(d).get(number) && price === last;
  need(alike, "定标与竞价结果不符", "the award is not what the auction came to", award.index);
  if (d.has("contract_registered")) checkContract(d, award);
  return [`成交 ${shown(winner)} ${price}`, `sold to ${shown(winner)}, ${price}`];
}
