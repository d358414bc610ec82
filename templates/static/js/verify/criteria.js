// The criteria of docs/spec/evaluation.md and what score objects may name.

import { need, shown } from "./findings.js";
import { isCount, isMarks, isMoney, isText, misfit, oneOf, orNull } from "./shapes.js";

export const METHODS = ["lowest_evaluated_price", "comprehensive"];
const NAMED = { name: isText, zh: isText, en: isText };
const CRITERIA = {
  type: oneOf("sunbid/criteria/1"), method: oneOf(...METHODS), price_field: isText, price_marks: orNull(isMarks),
  parts: [{ ...NAMED, marks: isMarks }], adjustments: [NAMED], ceiling: orNull(isMoney), over_ceiling: isText,
  clauses: [isText], ties: [isText], candidates: isCount,
};
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
  const { parts, adjustments, ties, price_marks: priceMarks } = criteria;
  const own = parts.map((part) => part.name);
  const names = [...own, ...adjustments.map((adjustment) => adjustment.name)];
  const lowest = criteria.method === "lowest_evaluated_price";
  const good =
    names.every((name) => /^[a-z][a-z0-9_]{0,39}$/.test(name) && !RESERVED.includes(name)) &&
    distinct(names) &&
    parts.every((part) => hundredths(part.marks) > 0n) &&
    ties.every((tie) => tie === "price" || tie === "draw" || own.includes(tie)) &&
    distinct(ties) &&
    !ties.slice(0, -1).includes("draw") &&
    (priceMarks === null) === lowest &&
    (parts.length === 0) === lowest &&
    criteria.clauses.includes(criteria.over_ceiling) &&
    criteria.candidates >= 1 &&
    criteria.candidates <= 100;
  need(good, "评审标准自相矛盾", "the criteria contradict themselves");
}

/** Experts name only bidders, parts, adjustments and clauses that there are. Throws a failure. */
export function checkScoresKnown(criteria, bidders, experts) {
  const names = new Set([...criteria.parts, ...criteria.adjustments].map((one) => one.name));
  need(distinct(experts.map((e) => e.expert)), "同一专家两份评分", "two scores of one expert");
  for (const { expert, scores, rejections } of experts) {
    const scored = Object.entries(scores).every(
      ([bidder, own]) => bidders.has(bidder) && Object.keys(own).every((name) => names.has(name)),
    );
    const rejected = rejections.every((r) => bidders.has(r.bidder) && criteria.clauses.includes(r.clause));
    need(scored && rejected, "评分含未知内容", `unknown bidder, part or clause: ${shown(expert)}`);
  }
}
