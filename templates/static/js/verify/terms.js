// What a notice states of an auction, and the forms of its events (docs/spec/auction.md).

import {
  exactly, isBool, isHex32, isMoney, isObject, isText, isTime, mapOf, microseconds, misfit, oneOf, orNull,
} from "./shapes.js";

export const between = (least, most) => (value) => Number.isSafeInteger(value) && value >= least && value <= most;
export const isNumber = (value) => isText(value) && /^[0-9]{1,6}$/.test(value);
export const isSequence = between(1, 2 ** 31 - 1);
const isSlug = (value) => isText(value) && /^[a-z][a-z0-9_]{0,39}$/.test(value);
const isSeconds = between(1, 30 * 24 * 3600);
export const isPrice = (value) => isMoney(value) && value !== "0.00";

const GROUND = {
  id: isSlug, effect: oneOf("freeze", "suspend", "terminate"), cites: isText, zh: isText, en: isText,
};
const PARTS = {
  open: { closes_at: isTime, soft_close_seconds: between(0, 24 * 3600), resume_seconds: isSeconds },
  timed: {
    contenders: between(2, 1000), window_seconds: orNull(isSeconds), preparation_seconds: isSeconds,
    countdown_seconds: isSeconds,
  },
  offers: { seconds: isSeconds },
  rounds: { count: between(1, 9), pause_seconds: isSeconds, turn_seconds: isSeconds },
};
const KINDS = {
  english: ["open"], listing: ["open", "timed"], sealed_offer: ["offers"], descending_rounds: ["rounds"],
};
const TERMS = {
  type: oneOf("sunbid/auction-terms/1"), kind: oneOf(...Object.keys(KINDS)), start_price: isPrice, step: isPrice,
  multiples: isBool, leader_may_raise: isBool, cap: orNull(isPrice), reserve: orNull(isHex32),
  least_bidders: between(1, 1000), registration_until: isTime, opens_at: isTime,
  ...Object.fromEntries(Object.keys(PARTS).map((part) => [part, orNull(isObject)])),
  ties: oneOf("earlier", "draw"), outage_seconds: isSeconds, grounds: [isObject],
};

const WHO = { bidder: isNumber };
const SIGNED = { ...WHO, sequence: isSequence, statement: isHex32 };
const RESULT = oneOf("sold", "no_bids", "below_reserve", "too_few_bidders");
const EVENTS = new Map(Object.entries({
  registered: { ...WHO, price: orNull(isPrice) }, started: {}, bid: { ...SIGNED, price: isPrice },
  prepared: {}, timing: {}, offering: {}, offer: { ...SIGNED, sealed: isHex32 },
  turn: { ...WHO, round: between(1, 9) }, stopped: { ground: isSlug }, announced: { resumes_at: isTime },
  resumed: {}, interrupted: { since: isTime }, closed: {}, opened: { prices: mapOf(orNull(isPrice)) },
  revealed: { price: orNull(isPrice) }, drawn: WHO, terminated: { ground: isSlug },
  ended: { result: RESULT, winner: orNull(isNumber), price: orNull(isPrice) },
}));

export const isEvent = (event) =>
  EVENTS.has(event.event) && exactly(event, { event: isText, at: isTime, salt: isHex32, ...EVENTS.get(event.event) });

const SUMS = new Set(["cap", "price", "start_price", "step"]);
const MOMENTS = new Set(["at", "closes_at", "opens_at", "registration_until", "resumes_at", "since"]);
const fen = (money) => (money === null ? null : Number(money.replace(".", "")));

/** The same with money in 分 and times in microseconds, by the names of the members. */
export function figures(value) {
  const told = Object.entries(value).map(([name, item]) => [name, figure(name, item)]);
  return Object.fromEntries(told);
}

function figure(name, item) {
  if (SUMS.has(name)) return fen(item);
  if (MOMENTS.has(name)) return item === null ? null : microseconds(item);
  if (name === "prices") return new Map(Object.entries(item).map(([who, price]) => [who, fen(price)]));
  return isObject(item) ? figures(item) : item;
}

/** The first member of an auction's terms that is wrong, or null. */
export function termsFault(terms) {
  if (!exactly(terms, TERMS)) return misfit(TERMS, terms) ?? "members";
  const parts = Object.keys(PARTS).filter((part) => terms[part] !== null);
  const due = new Set([...KINDS[terms.kind], ...(terms.cap === null ? [] : ["offers"])]);
  if (parts.length !== due.size || !parts.every((part) => due.has(part))) return "kind";
  if (!parts.every((part) => exactly(terms[part], PARTS[part]))) return "parts";
  const ids = new Set(terms.grounds.map((ground) => ground.id));
  if (!terms.grounds.every((ground) => exactly(ground, GROUND)) || ids.size !== terms.grounds.length) return "grounds";
  return pricesFault(figures(terms)) ?? timesFault(figures(terms));
}

function pricesFault({ cap, start_price: start, step, open, rounds, reserve }) {
  if (cap !== null && (open === null || cap <= start || (cap - start) % step !== 0)) return "cap";
  if (rounds !== null && reserve !== null) return "reserve";
  return rounds !== null && step >= start ? "step" : null;
}

function timesFault({ open, opens_at: opensAt, registration_until: until, least_bidders: least }) {
  const last = open === null ? opensAt : open.closes_at;
  if (open !== null && last <= opensAt) return "open.closes_at";
  return (least > 1 && until > opensAt) || until > last ? "registration_until" : null;
}
