// An auction as its events make it: each decided again by the rules of docs/spec/auction.md.
// Money in 分, times in microseconds; an event is `{event, at, …}` as `figures` of terms.js gives it.

import { outcomeOf, tied, unopened, best, hidesReserve } from "./hammer.js";

const MOST = 999_999_999_999_999;
const SECOND = 1_000_000;
const RUNNING = new Set(["open", "preparing", "timed", "offers", "turn"]);
const UNSEEN = new Set(["registered", "offer", "announced"]);

/** The state before the first event. `terms` as `figures` gives them. */
export function courseOf(terms) {
  return {
    terms, phase: "waiting", number: 0, head: null, view: null, at: null, ends: null, ground: null, left: 0,
    resumes: null, stands: new Map(), leading: null, opened: null, reserve: null, drawn: null, round: 0, turn: null,
    order: [],
  };
}

/** How long a phase has at least. */
function whole({ terms: t }, phase) {
  const seconds = {
    open: () => t.open.resume_seconds, timed: () => t.timed.countdown_seconds, offers: () => t.offers.seconds,
    turn: () => t.rounds.turn_seconds,
    preparing: () => (t.timed === null ? t.rounds.pause_seconds : t.timed.preparation_seconds),
  };
  return seconds[phase]() * SECOND;
}

/** From the highest standing price to the lowest, of equal prices the later first. */
function turnsOf({ stands }) {
  const priced = [...stands].filter(([, stand]) => stand.price !== null);
  priced.sort(([, one], [, other]) => other.price - one.price || other.place - one.place);
  return priced.map(([number]) => number);
}

/** The event that is due at a moment, when the platform was alive at another, without its time; or null. */
function dueEvent(c, now, alive) {
  if (["open", "timed"].includes(c.phase) && c.leading !== null && c.leading.price === c.terms.cap) {
    return { event: "offering" };
  }
  if (RUNNING.has(c.phase) && c.ground === null && c.ends !== null && c.at !== null) {
    const since = Math.min(Math.max(alive, c.at), c.ends);
    const still = now - since > c.terms.outage_seconds * SECOND;
    if (still && now + whole(c, c.phase) > c.ends) return { event: "interrupted", since };
  }
  const moment = dueAt(c);
  if (moment === null || now < moment) return null;
  return c.ground === null ? nextOf(c) : { event: "resumed" };
}

function dueAt(c) {
  if (c.phase === "ended") return null;
  if (c.phase === "closed") return waits(c) ? null : c.at;
  if (c.ground !== null) return c.resumes;
  return c.phase === "waiting" ? c.terms.opens_at : c.ends;
}

const waits = (c) => unopened(c).size > 0 || (hidesReserve(c) && best(c).length > 0) || tied(c).size > 0;

const NEXT = {
  waiting({ terms: t, stands }) {
    const few = t.registration_until <= t.opens_at && stands.size < t.least_bidders;
    return few ? { event: "ended", result: "too_few_bidders", winner: null, price: null } : { event: "started" };
  },
  open({ terms: { timed }, ends, stands }) {
    if (timed === null) return { event: "closed" };
    const since = timed.window_seconds === null ? 0 : ends - timed.window_seconds * SECOND;
    const bidding = [...stands.values()].filter(({ at }) => at !== null && at >= since);
    return { event: bidding.length < timed.contenders ? "closed" : "prepared" };
  },
  preparing(c) {
    if (c.terms.rounds === null) return { event: "timing" };
    const [first] = turnsOf(c);
    return first === undefined ? { event: "closed" } : { event: "turn", round: c.round + 1, bidder: first };
  },
  turn({ terms, round, order }) {
    if (order.length > 0) return { event: "turn", round, bidder: order[0] };
    return { event: round >= terms.rounds.count ? "closed" : "prepared" };
  },
  timed: () => ({ event: "closed" }),
  offers: () => ({ event: "closed" }),
  closed: outcomeOf,
};
const nextOf = (c) => NEXT[c.phase](c);

/** Of a bid or an offer as signed: the first reason for which it is refused, or null. */
export function refusal(c, now, said) {
  const [stand, offer] = [c.stands.get(said.bidder), Object.hasOwn(said, "sealed")];
  if (stand === undefined) return "not_registered";
  if (said.sequence <= stand.sequence) return "replayed";
  const misplaced = untimely(c, now) ?? unlike(c, offer);
  if (misplaced !== null) return misplaced;
  if (said.seen !== c.view) return "view_stale";
  if (offer) return stand.sealed === null ? null : "offered_already";
  return (c.terms.rounds === null ? riseRefused : fallRefused)(c, said, stand);
}

function untimely(c, now) {
  if (c.phase === "closed" || c.phase === "ended") return "after_end";
  if (c.ground !== null) return "suspended";
  if (c.phase === "waiting") return "not_started";
  if (c.ends !== null && now >= c.ends) return "after_end";
  return c.phase === "preparing" ? "preparing" : null;
}

function unlike(c, offer) {
  if (offer === (c.phase === "offers")) return null;
  return offer ? "takes_bids" : "takes_offers";
}

const firstOf = (faults) => faults.find(([, faulty]) => faulty)?.[0] ?? null;

function riseRefused({ terms: t, leading }, { bidder, price }) {
  return firstOf([
    ["below_start", price < t.start_price],
    ["not_above_by_step", leading !== null && price < leading.price + t.step],
    ["not_a_multiple", t.multiples && (price - t.start_price) % t.step !== 0],
    ["above_cap", price > (t.cap ?? MOST)],
    ["leading_already", leading !== null && leading.bidder === bidder && !t.leader_may_raise],
  ]);
}

function fallRefused({ terms: t, turn }, { bidder, price }, stand) {
  return firstOf([
    ["not_your_turn", stand.price === null || turn !== bidder],
    ["not_below_by_step", price <= 0 || price > stand.price - t.step],
    ["not_a_multiple", t.multiples && (stand.price - price) % t.step !== 0],
  ]);
}

const lacks = (c, id, effects) => !c.terms.grounds.some((g) => g.id === id && effects.includes(g.effect));
const over = (c) => ["not_running", c.phase === "closed" || c.phase === "ended"];

/** The faults of what people do, by the event: `[[reason, faulty], …]`, the first counts. */
const ACTS = {
  registered(c, { at, bidder, price }) {
    const quote = (price !== null) !== (c.terms.rounds !== null) || (price !== null && price > c.terms.start_price);
    const late = at >= c.terms.registration_until;
    return [over(c), ["registration_over", late], ["number_taken", c.stands.has(bidder)], ["quote_wrong", quote]];
  },
  stopped: (c, { ground }) => [
    over(c), ["stopped_already", c.ground !== null], ["ground_unknown", lacks(c, ground, ["freeze", "suspend"])],
  ],
  announced: (c, { at, resumes_at: resumes }) => [
    over(c), ["not_stopped", c.ground === null], ["resumes_in_the_past", resumes <= at],
  ],
  resumed: (c) => [over(c), ["not_stopped", c.ground === null], ["ground_unknown", lacks(c, c.ground, ["freeze"])]],
  terminated: (c, { ground }) => [
    ["not_running", c.phase === "ended"], ["ground_unknown", lacks(c, ground, ["terminate"])],
  ],
  opened(c, { prices }) {
    const sealed = unopened(c);
    const differ = prices.size !== sealed.size || ![...sealed].every((number) => prices.has(number));
    return [["nothing_to_open", c.phase !== "closed" || sealed.size === 0], ["offers_differ", differ]];
  },
  revealed(c) {
    const ready = c.phase === "closed" && hidesReserve(c) && unopened(c).size === 0 && best(c).length > 0;
    return [["nothing_to_open", !ready]];
  },
  drawn(c, { bidder }) {
    const ready = c.phase === "closed" && unopened(c).size === 0 && !hidesReserve(c) && tied(c).has(bidder);
    return [["nothing_to_draw", !ready]];
  },
};
const actRefused = (c, event) => firstOf(ACTS[event.event]?.(c, event) ?? [["not_due", true]]);

/**
 * Decide an event again and apply it: why it should not be there, or null. `said`: what was signed for a bid or an
 * offer, null for any other event.
 */
export function follow(c, event, id, said) {
  const { at } = event;
  if (c.at !== null && at < c.at) return "clock_behind";
  const due = dueEvent(c, at, event.since ?? at);
  if (due !== null && !alike({ ...due, at, salt: event.salt }, event)) return `due: ${due.event}`;
  const reason = due !== null ? null : said === null ? actRefused(c, event) : refusal(c, at, said);
  if (reason === null) apply(c, event, id);
  return reason;
}

function alike(one, other) {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}

function apply(c, event, id) {
  Object.assign(c, { number: c.number + 1, head: id, at: event.at });
  if (!UNSEEN.has(event.event)) c.view = id;
  ON[event.event](c, event);
}

function begin(c, phase, now) {
  Object.assign(c, { phase, ends: now + whole(c, phase) });
}

const ON = {
  registered(c, { at, bidder, price }) {
    const [place, since] = price === null ? [0, null] : [c.number, at];
    c.stands.set(bidder, { sequence: 0, price, place, at: since, sealed: null });
  },
  started(c, { at }) {
    if (c.terms.open === null) begin(c, c.terms.offers === null ? "preparing" : "offers", at);
    else {
      const late = at - c.terms.opens_at;
      const more = late > c.terms.outage_seconds * SECOND ? late : 0;
      Object.assign(c, { phase: "open", ends: c.terms.open.closes_at + more });
    }
  },
  bid(c, { at, bidder, price, sequence }) {
    Object.assign(c.stands.get(bidder), { price, sequence, place: c.number, at });
    if (c.phase === "turn") {
      Object.assign(c, { turn: null, ends: at });
      return;
    }
    c.leading = { price, place: c.number, bidder };
    if (c.phase === "timed") begin(c, "timed", at);
    else c.ends = Math.max(c.ends, at + c.terms.open.soft_close_seconds * SECOND);
  },
  offer(c, { at, bidder, sealed, sequence }) {
    Object.assign(c.stands.get(bidder), { sealed, sequence, place: c.number, at });
  },
  prepared(c, { at }) {
    c.turn = null;
    begin(c, "preparing", at);
  },
  timing: (c, { at }) => begin(c, "timed", at),
  offering: (c, { at }) => begin(c, "offers", at),
  turn(c, { at, round, bidder }) {
    const order = round === c.round ? c.order : turnsOf(c);
    Object.assign(c, { round, turn: bidder, order: order.slice(order.indexOf(bidder) + 1) });
    begin(c, "turn", at);
  },
  stopped: (c, { at, ground }) => Object.assign(c, { ground, resumes: null, left: c.ends === null ? 0 : c.ends - at }),
  announced: (c, { resumes_at: resumes }) => Object.assign(c, { resumes }),
  resumed(c, { at }) {
    c.ground = null;
    if (RUNNING.has(c.phase)) c.ends = at + Math.max(c.left, whole(c, c.phase));
  },
  interrupted: (c, { at }) => Object.assign(c, { ends: at + whole(c, c.phase) }),
  closed: (c, { at }) => Object.assign(c, { phase: "closed", ends: at, turn: null }),
  opened: (c, { prices }) => Object.assign(c, { opened: prices }),
  // What does not open is no reserve price.
  revealed: (c, { price }) => Object.assign(c, { reserve: price ?? 0 }),
  drawn: (c, { bidder }) => Object.assign(c, { drawn: bidder }),
  ended: (c) => Object.assign(c, { phase: "ended" }),
  terminated: (c) => Object.assign(c, { phase: "ended" }),
};
