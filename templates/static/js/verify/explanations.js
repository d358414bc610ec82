// Explanations of low prices (docs/spec/dossier.md, 15): nobody is rejected for one before it could explain it.

import { need } from "./findings.js";

const MINUTE = 60_000;

/** Each request gives the time that the notice says, each explanation came in it, and no sheet rejects before. */
export function checkExplanations(d, opening, evaluated) {
  const terms = d.notice(opening.index).body.explanation ?? null;
  const [asked, heard] = [new Map(), new Set()];
  for (const entry of d.of("explanation_asked", "explanation_given", "score_signed")) {
    if (entry.kind === "explanation_asked") {
      checkRequest(entry, terms, opening, evaluated);
      need(!asked.has(entry.body.bidder), "同一投标人要求说明两次", "one bidder is asked twice", entry.index);
      asked.set(entry.body.bidder, entry);
    } else if (entry.kind === "explanation_given") {
      const of = [...asked.values()].find((one) => one.commitment === entry.body.asked);
      const fits = of !== undefined && !heard.has(of.commitment);
      need(fits, "说明没有对应的要求", "nobody asked for it", entry.index);
      need(entry.time < of.body.answer_by, "说明迟到", "it came too late", entry.index);
      heard.add(of.commitment);
    } else if (terms !== null) {
      for (const { bidder, clause } of entry.body.score.object.rejections) {
        const of = asked.get(bidder);
        const may = of !== undefined && (heard.has(of.commitment) || entry.time >= of.body.answer_by);
        const right = clause !== terms.clause || may;
        need(right, "报价过低的否决未经说明", "rejected for a low price before it could explain", entry.index);
      }
    }
  }
}

function checkRequest({ body, index, time }, terms, opening, evaluated) {
  need(terms !== null, "本程序没有报价说明", "the notice knows no explanations", index);
  need(index < evaluated.index, "评标之后才要求说明", "asked after the evaluation", index);
  const bidders = opening.body.bids.filter((bid) => bid.outcome === "opened").map((bid) => bid.bidder);
  need(bidders.includes(body.bidder), "被要求说明的不是投标人", "it asks nobody whose bid was opened", index);
  need(body.opened === opening.commitment, "不是本次开标", "it is about another opening", index);
  // Microseconds are the same on both sides of a whole number of minutes: what is below a millisecond is compared as text.
  const late = Date.parse(body.answer_by) - Date.parse(time);
  const least = terms.minutes * MINUTE;
  const enough = late > least || (late === least && body.answer_by.slice(23) >= time.slice(23));
  need(enough, "说明的时间不足", "it gives too little time", index);
}
