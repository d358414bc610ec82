// The ranking, computed again from what is public (docs/spec/evaluation.md). Amounts are BigInt in hundredths.

import { amountsOf, checkCriteria, checkScoresKnown, fullOf, hundredths, isScored, METHODS } from "./criteria.js";
import { member, need, notChecked, shown } from "./findings.js";
import { isMarks } from "./shapes.js";

const MOST = 10n ** 15n; // 9999999999999.99 in hundredths, and one more

const amount = (value) => {
  const [sign, digits] = [value < 0n ? "-" : "", String(value < 0n ? -value : value).padStart(3, "0")];
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}`;
};
const halfUp = (numerator, denominator) => (2n * numerator + denominator) / (2n * denominator);
const sum = (values) => values.reduce((total, value) => total + value, 0n);

/** By code point, where JavaScript's own order is by UTF-16 unit. */
export function byCodePoint(one, other) {
  const [a, b] = [[...one], [...other]];
  const place = a.findIndex((character, i) => character !== b[i]);
  if (place < 0) return a.length - b.length;
  return place >= b.length ? 1 : a[place].codePointAt(0) - b[place].codePointAt(0);
}

/** The evaluation object. Throws a failure where there is no ranking; *not checked* for methods not known here. */
export function evaluate(criteria, bids, scores, draw) {
  const { method } = criteria;
  if (!METHODS.includes(method)) throw notChecked(`未知评审方法 ${shown(method)}`, `unknown method ${shown(method)}`);
  checkCriteria(criteria);
  const experts = [...scores].sort((one, other) => byCodePoint(one.expert, other.expert));
  checkScoresKnown(criteria, new Set(bids.map((bid) => bid.bidder)), experts);
  const [offers, rejected] = [[], []];
  for (const bid of bids) {
    const rejection = rejectionOf(criteria, bid, experts);
    if (rejection !== null) {
      rejected.push(rejection);
      continue;
    }
    const offer = priced(criteria, bid, experts);
    if (isScored(criteria)) mark(criteria, offer, experts);
    const below = belowQuality(criteria, offer);
    if (below === null) offers.push(offer);
    else rejected.push(below);
  }
  const { base, lines } = baseOf(criteria, offers.map((offer) => offer.evaluated));
  if (isScored(criteria)) for (const offer of offers) addUp(criteria, offer, base);
  const { ranked, tied } = inOrder(criteria, offers, draw);
  return {
    type: "sunbid/evaluation/1", method, base: base === null ? null : amount(base), ranked: ranked.map(element),
    rejected, tied, draw, ...(lines.length > 0 && { base_lines: lines }),
  };
}

const priceOf = (criteria, bid) => hundredths(member(bid.values, criteria.price_field));

/** Steps 1 to 3. */
function rejectionOf(criteria, { bidder, outcome, values }, experts) {
  if (outcome !== "opened") return { bidder, clauses: [], line: outcome };
  const named = experts.map((e) => e.rejections.filter((r) => r.bidder === bidder).map((r) => r.clause));
  const against = named.filter((clauses) => clauses.length > 0).length;
  const [clauses, lines] = [new Set(), []];
  if (2 * against > experts.length) {
    for (const clause of named.flat()) clauses.add(clause);
    lines.push(`${against} / ${experts.length}`);
  }
  const price = priceOf(criteria, { values });
  if (criteria.ceiling !== null && price > hundredths(criteria.ceiling)) {
    clauses.add(criteria.over_ceiling);
    lines.push(`${amount(price)} > ${criteria.ceiling}`);
  }
  if (Object.hasOwn(criteria, "floor") && price < hundredths(criteria.floor.price)) {
    clauses.add(criteria.floor.clause);
    lines.push(`${amount(price)} < ${criteria.floor.price}`);
  }
  return lines.length > 0 ? { bidder, clauses: [...clauses].sort(byCodePoint), line: lines.join("; ") } : null;
}

const given = (expert, bidder, name) => {
  const own = Object.hasOwn(expert.scores, bidder) ? expert.scores[bidder] : {};
  return Object.hasOwn(own, name) ? own[name] : null;
};

/** Step 4. */
function priced(criteria, bid, experts) {
  const [bidder, who, price] = [bid.bidder, shown(bid.bidder), priceOf(criteria, bid)];
  const lines = [];
  const amounts = amountsOf(criteria).map((one) => {
    const found = new Set(experts.map((expert) => hundredths(given(expert, bidder, one.name) ?? "0.00")));
    need(found.size <= 1, `专家对 ${who} 的调整不同`, `the adjustments of ${who} differ`);
    const each = [...found][0] ?? 0n;
    if (!Object.hasOwn(one, "first") || each === 0n) return each;
    const { value, line } = presentValue(criteria.life_cycle.discount, one, each);
    lines.push(line);
    return value;
  });
  const added = amounts.filter((value) => value !== 0n);
  const evaluated = price + sum(added);
  need(evaluated > 0n && evaluated < MOST, "评审价超出范围", `the evaluated price of ${who} is out of range`);
  const terms = added.map((value) => (value < 0n ? ` - ${amount(-value)}` : ` + ${amount(value)}`)).join("");
  lines.push(`evaluated: ${amount(price)}${terms}${terms && ` = ${amount(evaluated)}`}`);
  return { bidder, price, evaluated, lines, points: new Map(), total: null, rank: 0 };
}

/** What a sum in each year of a later cost is worth now, and its line. */
function presentValue(discount, { name, first, last }, each) {
  const growth = 10000n + hundredths(discount);
  let [shares, denominator] = [0n, 1n];
  for (let year = 1; year <= last; year++) {
    denominator *= growth;
    shares = shares * growth + (year >= first ? 10000n ** BigInt(year) : 0n);
  }
  if (first === 0) shares += denominator;
  const size = halfUp((each < 0n ? -each : each) * shares, denominator);
  need(size < MOST, "现值超出范围", "a present value is out of range");
  const value = each < 0n ? -size : size;
  const base = `${growth / 10000n}.${String(growth % 10000n).padStart(4, "0")}`;
  const factor = first < last ? `(${base}^-${first} + … + ${base}^-${last})` : `${base}^-${first}`;
  return { value, line: `${name}: ${amount(each)} × ${factor} = ${amount(value)}` };
}

/** The rejection of a bid below the least quality, or null. */
function belowQuality({ quality }, { bidder, points }) {
  if (quality === undefined) return null;
  const reached = sum([...points.values()]);
  if (reached >= hundredths(quality.least)) return null;
  return { bidder, clauses: [quality.clause], line: `quality: ${amount(reached)} < ${quality.least}` };
}

/** The price that the others are compared with, and how it was computed where it is not simply one of the prices. */
function baseOf(criteria, prices) {
  if (prices.length === 0) return { base: null, lines: [] };
  const rising = [...prices].sort((one, other) => (one < other ? -1 : Number(one > other)));
  if (Object.hasOwn(criteria, "benchmark")) return benchmarkOf(criteria, rising);
  return { base: Object.hasOwn(criteria, "floor") ? rising.at(-1) : rising[0], lines: [] };
}

function benchmarkOf({ benchmark, ceiling }, rising) {
  const step = benchmark.trim.findLast(({ bids }) => bids <= rising.length) ?? { highest: 0, lowest: 0 };
  const end = rising.length - step.highest;
  const kept = rising.slice(step.lowest, end);
  const out = [...rising.slice(0, step.lowest), ...rising.slice(end)];
  const mean = halfUp(sum(kept), BigInt(kept.length));
  const share = hundredths(benchmark.ceiling_share);
  const rest = 10000n - share;
  let total = mean * hundredths(benchmark.mean_factor) * rest;
  let terms = `${amount(mean)} × ${benchmark.mean_factor}%`;
  if (share > 0n) {
    total += hundredths(ceiling) * hundredths(benchmark.ceiling_factor) * share;
    terms += ` × ${amount(rest)}% + ${ceiling} × ${benchmark.ceiling_factor}% × ${benchmark.ceiling_share}%`;
  }
  const base = halfUp(total, 100000000n);
  need(base < MOST, "评标基准价超出范围", "the benchmark is out of range");
  const lines = out.length > 0 ? [`left out: ${out.map(amount).join(", ")}`] : [];
  lines.push(`mean: (${kept.map(amount).join(" + ")}) / ${kept.length} = ${amount(mean)}`);
  return { base, lines: [...lines, `base: ${terms} = ${amount(base)}`] };
}

/** The points of a price (lowest / price: 87号令 55), and how they are computed. */
function pricePoints(criteria, evaluated, base) {
  const full = hundredths(criteria.price_marks);
  if (!Object.hasOwn(criteria, "benchmark")) {
    const [part, whole] = Object.hasOwn(criteria, "floor") ? [evaluated, base] : [base, evaluated];
    return { points: halfUp(full * part, whole), terms: `${amount(full)} × ${amount(part)} / ${amount(whole)}` };
  }
  const each = evaluated >= base ? criteria.benchmark.above : criteria.benchmark.below;
  const [high, low] = evaluated >= base ? [evaluated, base] : [base, evaluated];
  const left = full * base - hundredths(each) * (high - low) * 100n;
  const taken = `${each} × (${amount(high)} - ${amount(low)}) / ${amount(base)} × 100`;
  return { points: left > 0n ? halfUp(left, base) : 0n, terms: `max(0.00, ${amount(full)} - ${taken})` };
}

/** Step 5: points of the parts. */
function mark(criteria, offer, experts) {
  need(experts.length > 0, "没有评分", "there are no scores");
  for (const { name, marks } of criteria.parts) {
    const texts = experts.map((expert) => given(expert, offer.bidder, name));
    const who = shown(offer.bidder);
    const good = texts.every((text) => isMarks(text) && hundredths(text) <= hundredths(marks));
    need(good, `${who} 的评分缺失或超分`, `marks of ${who} are missing or too many`);
    const points = halfUp(sum(texts.map(hundredths)), BigInt(experts.length));
    offer.points.set(name, points);
    offer.lines.push(`${name}: (${texts.join(" + ")}) / ${experts.length} = ${amount(points)}`);
  }
}

/** Step 5: points of the parts together where they weigh, of the price, and the total. */
function addUp(criteria, offer, base) {
  let added = [...offer.points.values()];
  if (Object.hasOwn(criteria, "quality")) {
    const [full, { marks }] = [fullOf(criteria.parts), criteria.quality];
    const weighed = halfUp(hundredths(marks) * sum(added), full);
    offer.lines.push(`quality: ${marks} × (${added.map(amount).join(" + ")}) / ${amount(full)} = ${amount(weighed)}`);
    offer.points.set("quality", weighed);
    added = [weighed];
  }
  const { points, terms } = pricePoints(criteria, offer.evaluated, base);
  offer.points.set("price", points);
  offer.lines.push(`price: ${terms} = ${amount(points)}`);
  added.push(points);
  offer.total = sum(added);
  offer.lines.push(`total: ${added.map(amount).join(" + ")} = ${amount(offer.total)}`);
}

/** Steps 6 and 7: offers by rank, and the groups that stay equal. */
function inOrder(criteria, offers, draw) {
  const ties = criteria.ties.filter((tie) => tie !== "draw");
  const rankedBy = ({ evaluated }) => (Object.hasOwn(criteria, "floor") ? -evaluated : evaluated);
  const keyOf = (offer) => [
    offer.total === null ? rankedBy(offer) : -offer.total,
    ...ties.map((tie) => (tie === "price" ? rankedBy(offer) : -offer.points.get(tie))),
  ];
  const sorted = offers.map((offer) => ({ offer, key: keyOf(offer) })).sort((a, b) => byKey(a.key, b.key));
  const groups = [...Map.groupBy(sorted, ({ key }) => key.join()).values()].map((group) => group.map((o) => o.offer));
  const tied = groups.filter((group) => group.length > 1).map((group) => group.map((offer) => offer.bidder));
  if (draw !== null) checkDraw(criteria, draw, tied.flat());
  const ranked = [];
  for (const group of groups) {
    if (draw !== null && group.length > 1) group.sort((a, b) => draw.indexOf(a.bidder) - draw.indexOf(b.bidder));
    const first = ranked.length + 1;
    for (const [place, offer] of group.entries()) ranked.push({ ...offer, rank: draw === null ? first : first + place });
  }
  return { ranked, tied: draw === null ? tied : [] };
}

function byKey(one, other) {
  const place = one.findIndex((value, i) => value !== other[i]);
  if (place < 0) return 0;
  return one[place] < other[place] ? -1 : 1;
}

function checkDraw(criteria, draw, members) {
  const list = Array.isArray(draw) && draw.every((name) => typeof name === "string") ? draw : [];
  const all = list.length === members.length && members.every((name) => list.includes(name));
  const good = members.length > 0 && criteria.ties.includes("draw") && all;
  need(good, "抽签名单不是并列各家", "the draw is not of exactly the tied bidders");
}

function element({ rank, bidder, price, evaluated, total, points, lines }) {
  return {
    rank, bidder, price: amount(price), evaluated: amount(evaluated), total: total === null ? null : amount(total),
    points: Object.fromEntries([...points].map(([name, value]) => [name, amount(value)])), lines,
  };
}
