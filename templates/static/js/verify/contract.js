// The contract against the award (check 16 of docs/spec/dossier.md).

import { CONTRACT_ENDS, UNDER_CONTRACT } from "./checks_record.js";
import { hundredths } from "./criteria.js";
import { need } from "./findings.js";

const EIGHT_HOURS = 8 * 3600 * 1000;

/** It repeats the award; each entry follows the one before, payments stay within the price, nothing follows its end. */
export function checkContract(d, award) {
  const first = d.one("contract_registered");
  const { body, index } = first;
  const agency = d.notice(index).body.notice.agency.code;
  const same = body.award === award.commitment && body.winner === award.body.winner && body.agency === agency;
  need(same, "合同不是中标人与招标人的", "the contract is not between the winner and the agency", index);
  need(body.price === award.body.price, "合同价格不是中标价格", "not the price of the award", index);
  const days = beijingDay(award.time) <= body.signed_on && body.signed_on <= beijingDay(first.time);
  need(days, "合同签订日不可能", "signed on a day that cannot be", index);
  const standing = { latest: first.commitment, price: hundredths(body.price), paid: 0n, ended: false };
  for (const entry of d.of(...UNDER_CONTRACT)) follow(standing, entry);
}

function follow(standing, { kind, body, commitment, index }) {
  need(!standing.ended, "合同终了之后仍有行为", "an act after the contract's end", index);
  const next = body.previous === standing.latest;
  need(next, "合同记录不接前一条", "it does not follow the one before", index);
  standing.latest = commitment;
  if (kind === "contract_changed") {
    standing.price = hundredths(body.price);
  } else if (kind === "contract_performed") {
    need((body.amount === null) === (body.what === "milestone"), "付款无金额", "an amount is amiss", index);
    standing.paid += body.amount === null ? 0n : hundredths(body.amount);
  }
  need(standing.paid <= standing.price, "付款超过合同价格", "more was paid than the price", index);
  standing.ended = CONTRACT_ENDS.includes(kind);
}

/** The day in Beijing (UTC+8) of a time of the record, which is exact to the microsecond. */
function beijingDay(time) {
  return new Date(Date.parse(`${time.slice(0, 23)}Z`) + EIGHT_HOURS).toISOString().slice(0, 10);
}
