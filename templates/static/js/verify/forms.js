// The forms of what stands in the record (docs/spec/log.md, Kinds of entry and Members of the bodies).

import {
  isAny, isBool, isCount, isDay, isHex16, isHex32, isMoney, isNull, isObject, isText, isTime, mapOf, misfit, oneOf,
  orNull,
} from "./shapes.js";
import { isNumber, isSequence } from "./terms.js";

const signed = (type, members) => ({ object: { type: oneOf(type), ...members }, signature: isText });

export const LOT = { tender: isText, lot: isText };
const KEY_SET = {
  demonstration: isBool, evaluation_key: isHex32, form_schema: isHex32, kind: isText, ...LOT, origin: isText,
  quorums: [[isText]], suite: isCount, type: oneOf("sunbid/key-set/1"),
  trustees: [{ identity: isHex32, opening_key: isHex32, trustee: isText }],
};
const DOCUMENT = { media_type: isText, name: isText, sha256: isHex32, size: isCount };
const NOTICE = {
  deadline: isTime, documents: [DOCUMENT], evaluation: { method: isText }, form_schema: isObject,
  key_sets: mapOf(isHex32), minimum_bids: isCount, notice: { agency: { code: isText, name: isText } }, number: isCount, opens_at: isTime,
  previous: orNull(isHex32), procedure: isText, procedure_version: isAny, publicity: isBool,
};
const BID = {
  accepted: isHex32, bidder: isText, name: isText, envelope: isHex32, reason: orNull(isText),
  outcome: oneOf("opened", "invalid", "unopenable"), values: orNull(isObject),
};
const STATEMENT = signed("sunbid/statement/1", {
  ...LOT, bidder: isText, envelopes: mapOf(isHex32), key_sets: mapOf(isHex32), seen: isHex32,
  replaces: orNull(isHex32), nonce: isHex16,
});
const WITHDRAWAL = signed("sunbid/withdrawal/1", { ...LOT, bidder: isText, replaces: isHex32, nonce: isHex16 });
const RELEASE = signed("sunbid/release/1", {
  ...LOT, key_set: isHex32, trustee: isText, private_key: isHex32, checkpoint: { root: isText, size: isCount },
});
const REHEARSAL = signed("sunbid/rehearsal/1", { key_set: isHex32, trustee: isText, answer: isHex32 });
const SCORE = signed("sunbid/score/1", {
  ...LOT, expert: isText, opened: isHex32, scores: mapOf(mapOf(isText)),
  rejections: [{ bidder: isText, clause: isText, reason: isText }],
});
const CONFIRMATION = signed("sunbid/confirmation/1", { ...LOT, bidder: isText, opened: isHex32 });
const DRAW = { ...LOT, draw: isHex32, party: isText };
const DRAW_COMMITMENT = signed("sunbid/draw-commitment/1", {
  ...DRAW, own: isHex32, stands_in: isHex32, checkpoint: { root: isText, size: isCount },
});
const DRAW_REVEAL = signed("sunbid/draw-reveal/1", { ...DRAW, of: isText, value: isHex32 });

/** In `key_registered`, where the owner has a key for the purpose already; its form is a matter of checks 7 and 14. */
export const ENDORSEMENT = signed("sunbid/endorsement/1", {
  origin: isText, owner: isText, public_key: isHex32, purpose: oneOf("statement", "score", "draw"),
});

const SAID_IN_AUCTION = { origin: isText, demonstration: isBool, ...LOT, bidder: isNumber, seen: isHex32 };
const AUCTION_BID = signed("sunbid/auction-bid/1", { ...SAID_IN_AUCTION, price: isMoney, sequence: isSequence });
const AUCTION_OFFER = signed("sunbid/auction-offer/1", { ...SAID_IN_AUCTION, sealed: isHex32, sequence: isSequence });
const isAuctionStatement = (value) => [AUCTION_BID, AUCTION_OFFER].some((shape) => misfit(shape, value) === null);
const isRefused = oneOf(
  "not_registered", "replayed", "after_end", "suspended", "not_started", "preparing", "takes_offers", "takes_bids",
  "view_stale", "below_start", "not_above_by_step", "not_a_multiple", "above_cap", "leading_already",
  "not_your_turn", "not_below_by_step", "offered_already",
);

export const DRAWN = [
  "draw_called", "draw_committed", "draw_revealed", "draw_withheld", "draw_made", "draw_replaced", "draw_failed",
];

export const PRIOR = ["prior_published", "comment_filed", "comment_answered"];

export const BODIES = new Map(Object.entries({
  log_opened: { demonstration: isBool, log_key: isText, origin: isText, receipt_key: isHex32 },
  key_registered: { owner: isText, public_key: isHex32, purpose: oneOf("statement", "trustee", "score", "draw") },
  key_set_signed: { key_set: KEY_SET, signatures: mapOf(isText) },
  tender_published: { ...NOTICE, previous: isNull },
  tender_amended: { ...NOTICE, previous: isHex32, reason: isText },
  question_answered: { answer: isAny, question: isAny },
  objection_filed: {
    against: oneOf("documents", "opening", "result"), answer_by: orNull(isTime), commitment: isHex32,
    objection: isHex16, suspends: isBool,
  },
  objection_answered: {
    answer: orNull(isText), commitment: isHex32, objection: isHex16, outcome: oneOf("upheld", "partly_upheld", "dismissed"),
  },
  bidders_invited: {
    bidders: [isText], number: isCount, pool: orNull(isCount), reason: orNull(isText), way: orNull(isText),
  },
  prior_published: {
    binding: isBool, documents: [DOCUMENT], kept: [isText], number: isCount, previous: orNull(isHex32),
    notice: { agency: { code: isText, name: isText }, said: mapOf(isText) }, procedure: isText,
    procedure_version: isAny, until: isTime,
  },
  comment_filed: { answer_by: orNull(isTime), comment: isHex16, commitment: isHex32, notice: isHex32 },
  comment_answered: {
    answer: isText, comment: isHex16, commitment: isHex32, outcome: oneOf("upheld", "partly_upheld", "dismissed"),
  },
  complaint_filed: { commitment: isHex32, complaint: isHex16, decide_by: orNull(isTime), objection: isHex16 },
  complaint_decided: {
    commitment: isHex32, complaint: isHex16, rule_by: orNull(isTime), suspended_until: orNull(isTime), suspends: isBool,
    taken_up: isBool,
  },
  complaint_ruled: {
    complaint: isHex16, outcome: oneOf("upheld", "partly_upheld", "dismissed"), ruling: isText,
  },
  complaint_withdrawn: { complaint: isHex16 },
  bid_accepted: { receipt: isHex16, statement: STATEMENT },
  bid_withdrawn: { receipt: isHex16, statement: WITHDRAWAL },
  bid_refused: { reason: isText, receipt: isHex16, statement: isHex32 },
  envelope_destroyed: {
    accepted: isHex32, envelope: isHex32,
    reason: oneOf("replaced", "withdrawn", "too_few", "no_bids", "cancelled", "key_set_changed"),
  },
  trustee_rehearsed: { rehearsal: REHEARSAL },
  lot_closed: { accepted: [isHex32], count: isCount, deadline: isTime, root: isHex32 },
  lot_held: { by: isText, reason: isText },
  hold_lifted: { by: isText, reason: isText },
  key_released: { release: RELEASE },
  opening_intended: { key_set: isHex32, quorum: isCount },
  lot_opened: { bids: [BID], key_set: isHex32, quorum: isCount },
  opening_confirmed: { confirmation: CONFIRMATION },
  score_signed: { score: SCORE },
  draw_called: {
    excluded: [{ candidate: isHex32, reason: isText }], parties: [isText],
    groups: [{ candidates: [isHex32], count: isCount, label: isText, speciality: isText }],
  },
  draw_committed: { commitment: DRAW_COMMITMENT },
  draw_revealed: { reveal: DRAW_REVEAL },
  draw_withheld: { draw: isHex32, of: isText, party: isText },
  draw_made: { draw: isHex32, seats: [[isHex32]], seed: isHex32 },
  draw_replaced: { draw: isHex32, gone: isHex32, reason: isText, seated: isHex32 },
  draw_failed: { draw: isHex32, gone: orNull(isHex32), reason: oneOf("abandoned", "withheld", "exhausted") },
  committee_set: { members: [{ person: isText, role: oneOf("expert", "buyer") }] },
  lot_evaluated: { evaluation: isObject, scores: [isHex32] },
  candidates_published: { candidates: [isObject], objections_until: isTime, published_at: isTime },
  lot_awarded: { price: isMoney, winner: isText },
  contract_registered: {
    agency: isText, award: isHex32, documents: [DOCUMENT], ends_on: isDay, price: isMoney, signed_on: isDay,
    winner: isText,
  },
  contract_changed: { documents: [DOCUMENT], ends_on: isDay, previous: isHex32, price: isMoney, reason: isText },
  contract_performed: {
    amount: orNull(isMoney), detail: isText, on: isDay, previous: isHex32, what: oneOf("milestone", "payment"),
  },
  contract_completed: { detail: isText, documents: [DOCUMENT], on: isDay, previous: isHex32 },
  contract_terminated: { detail: isText, documents: [DOCUMENT], on: isDay, previous: isHex32 },
  document_issued: { ...DOCUMENT, author: isText, entry: isHex32 },
  explanation_asked: { answer_by: isTime, bidder: isText, opened: isHex32 },
  explanation_given: { asked: isHex32, commitment: isHex32 },
  result_told: {
    author: isText, award: isHex32, bidder: isText, media_type: isText, sha256: isHex32, size: isCount,
  },
  lot_failed: { reason: isText, detail: isAny },
  auction_number: { bidder: isNumber, organisation: isText },
  auction_event: {
    link: {
      type: oneOf("sunbid/auction-event/1"), number: isCount, previous: orNull(isHex32),
      event: { event: isText, at: isTime, salt: isHex32 },
    },
  },
  auction_closed: { count: isCount, envelopes: [isHex32], event: isHex32, kind: isText, root: isHex32 },
  auction_statement: { receipt: isHex16, statement: isAuctionStatement },
  auction_refused: { reason: isRefused, receipt: isHex16, signed: orNull(isAuctionStatement), statement: isHex32 },
}));

/** Kinds of entries that concern the whole log: their heads name no lot. */
export const WHOLE_LOG = new Set(["log_opened", "key_registered"]);
const HEAD = { kind: isText, ...LOT, time: isTime };
export const ENTRY = { head: HEAD, head_salt: isHex32, body: isObject, body_salt: isHex32 };
export const FRAME = {
  type: oneOf("sunbid/dossier/1"), origin: isText, demonstration: isBool, ...LOT, checkpoints: [isText],
  consistency: [[isText]], entries: [isObject], envelopes: [isObject],
};
export const ANCHORS = {
  type: oneOf("sunbid/anchors/1"), origin: isText, demonstration: isBool, log_key: isText, receipt_key: isHex32,
  witnesses: [isText], witness_quorum: isCount, trustees: mapOf(isHex32),
};

const SAID = {
  origin: isText, demonstration: isBool, ...LOT, bidder: isText, receipt: isHex16, statement: isHex32, leaf: isHex32,
};
export const ACCEPTANCE = { ...SAID, type: oneOf("sunbid/acceptance/1"), accepted_at: isTime };
export const REFUSAL = { ...SAID, type: oneOf("sunbid/refusal/1"), refused_at: isTime, reason: isText };
export const RECEIPT = {
  type: oneOf("sunbid/receipt/1"), acceptance: isObject, entry: isObject, proof: orNull(isText),
};
