// The criteria of docs/spec/evaluation.md and what score objects may name.

import { need, shown } from "./findings.js";
import { exactly, isCount, isMarks, isMoney, isText, misfit, oneOf, orNull } from "./shapes.js";

/** Methods and what their criteria hold: whether experts give marks, and the member that only this method has. */
const SHAPES = {
  lowest_evaluated_price: { scored: false, own: null },
  life_cycle_cost: { scored: false, own: "life_cycle" },
  comprehensive: { scored: true, own: null },
  comprehensive_benchmark: { scored: true, own: "benchmark" },
  quality_cost: { scored: true, own: "quality" },
  highest_price: { scored: false, own: "floor" },
  highest_comprehensive: { scored: true, own: "floor" },
};
export const METHODS = Object.keys(SHAPES);
export const isScored = (criteria) => SHAPES[criteria.method].scored;
const NAMED = { name: isText, zh: isText, en: isText };
const CRITERIA = {
  type: oneOf("sunbid/criteria/1"), method: oneOf(...METHODS), price_field: isText, price_marks: orNull(isMarks),
  parts: [{ ...NAMED, marks: isMarks }], adjustments: [NAMED], ceiling: orNull(isMoney), over_ceiling: isText,
  clauses: [isText], ties: [isText], candidates: isCount,
};
const TRIM = { bids: isCount, highest: isCount, lowest: isCount };
const BENCHMARK = {
  trim: [TRIM], mean_factor: isMarks, ceiling_factor: isMarks, ceiling_share: isMarks, above: isMarks, below: isMarks,
};
const COST = { ...NAMED, first: isCount, last: isCount };
const LIFE_CYCLE = { discount: isMarks, costs: [COST] };
const QUALITY = { marks: isMarks, least: isMarks, clause: isText };
const FLOOR = { price: isMoney, clause: isText };
const RESERVED = ["price", "draw", "total", "evaluated"];

/** Money or marks in hundredths. Throws RangeError. */
export function hundredths(text) {
  const good = isText(text) && /^-?(?:0|[1-9][0-9]{0,12})\.[0-9]{2}$/.test(text) && text !== "-0.00";
  if (!good) throw new RangeError(`not an amount: ${shown(text)}`);
  return BigInt(text.replace(".", ""));
}

const distinct = (values) => new Set(values).size === values.length;

/** Throws a failure. */
export function checkCriteria(criteria) {
  const fault = misfit(CRITERIA, criteria);
  need(fault === null, "评审标准不成形", `the criteria have not their form: ${fault}`);
  const { parts, ties, price_marks: priceMarks } = criteria;
  const { scored, own: particular } = SHAPES[criteria.method];
  const held =
    Object.keys(OWN).every((name) => Object.hasOwn(criteria, name) === (name === particular)) &&
    (particular === null || OWN[particular](criteria));
  need(held, "评审标准自相矛盾", "the criteria contradict themselves");
  const own = parts.map((part) => part.name);
  const names = [...own, ...amountsOf(criteria).map((one) => one.name)];
  const weighed = particular === "quality" ? ["quality"] : [];
  const taken = [...RESERVED, ...weighed];
  const good =
    names.every((name) => /^[a-z][a-z0-9_]{0,39}$/.test(name) && !taken.includes(name)) &&
    distinct(names) &&
    parts.every((part) => hundredths(part.marks) > 0n) &&
    ties.every((tie) => ["price", "draw", ...weighed, ...own].includes(tie)) &&
    distinct(ties) &&
    !ties.slice(0, -1).includes("draw") &&
    (priceMarks !== null) === scored &&
    (parts.length > 0) === scored &&
    criteria.clauses.includes(criteria.over_ceiling) &&
    criteria.candidates >= 1 &&
    criteria.candidates <= 100;
  need(good, "评审标准自相矛盾", "the criteria contradict themselves");
}

function holdsBenchmark({ benchmark, ceiling }) {
  if (!exactly(benchmark, BENCHMARK) || !benchmark.trim.every((step) => exactly(step, TRIM))) return false;
  const [share, none] = [hundredths(benchmark.ceiling_share), 0n];
  const factors = [benchmark.mean_factor, benchmark.ceiling_factor].map(hundredths);
  return (
    benchmark.trim.every(({ bids, highest, lowest }) => highest + lowest > 0 && highest + lowest < bids) &&
    benchmark.trim.every(({ bids }, i) => i === 0 || benchmark.trim[i - 1].bids < bids) &&
    factors.every((factor) => factor >= 5000n && factor <= 20000n) &&
    (share === none || (share <= 10000n && ceiling !== null)) &&
    hundredths(benchmark.above) + hundredths(benchmark.below) > none
  );
}

const holdsLifeCycle = ({ life_cycle: terms }) =>
  exactly(terms, LIFE_CYCLE) &&
  hundredths(terms.discount) <= 5000n &&
  terms.costs.length > 0 &&
  terms.costs.every((cost) => exactly(cost, COST) && cost.first <= cost.last && cost.last <= 100);

const holdsQuality = ({ quality, parts, clauses }) =>
  exactly(quality, QUALITY) &&
  hundredths(quality.marks) > 0n &&
  hundredths(quality.least) <= fullOf(parts) &&
  clauses.includes(quality.clause);

const holdsFloor = ({ floor, clauses }) => exactly(floor, FLOOR) && clauses.includes(floor.clause);

const OWN = { benchmark: holdsBenchmark, life_cycle: holdsLifeCycle, quality: holdsQuality, floor: holdsFloor };

/** The full marks of all parts together. */
export const fullOf = (parts) => parts.reduce((total, part) => total + hundredths(part.marks), 0n);

/** What experts give sums for: adjustments, then later costs. */
export const amountsOf = (criteria) => [...criteria.adjustments, ...(criteria.life_cycle?.costs ?? [])];

/** Experts name only bidders, parts, adjustments and clauses that there are. Throws a failure. */
export function checkScoresKnown(criteria, bidders, experts) {
  const names = new Set([...criteria.parts, ...amountsOf(criteria)].map((one) => one.name));
  need(distinct(experts.map((e) => e.expert)), "同一专家两份评分", "two scores of one expert");
  for (const { expert, scores, rejections } of experts) {
    const scored = Object.entries(scores).every(
      ([bidder, own]) => bidders.has(bidder) && Object.keys(own).every((name) => names.has(name)),
    );
    const rejected = rejections.every((r) => bidders.has(r.bidder) && criteria.clauses.includes(r.clause));
    need(scored && rejected, "评分含未知内容", `unknown bidder, part or clause: ${shown(expert)}`);
  }
}
